#!/usr/bin/env python3
"""The examples in README.md and docs/language/time_travel.md run as they are written.

Usage: examples_test.py PATH-TO-KODIAK PATH-TO-KODIAK-VERIFY PATH-TO-THE-SOURCES.
"""
import csv
import os
import re
import subprocess
import sys
import tempfile
import unittest

KODIAK = VERIFY = SOURCES = ''


def read(*parts):
    with open(os.path.join(SOURCES, *parts), encoding='utf-8') as file:
        return file.read()


class Examples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='kodiak-docs-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_program(self, *words, stdin=''):
        done = subprocess.run(words, input=stdin.encode(), capture_output=True, timeout=120, check=False,
                              cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def test_two_minutes(self):
        block = re.search(r'\$ ./build/release/kodiak sql shop.kodiak\n(.*?)\n\n\$', read('README.md'), re.DOTALL)
        out = self.run_program(KODIAK, 'sql', 'shop.kodiak', stdin=block.group(1))
        self.assertIn('inserted 1, updated 1', out)
        self.assertIn('109.00', out)
        self.assertIn('written to order2.proof', out)
        self.assertIn('the proof holds', self.run_program(VERIFY, 'order2.proof'))
        self.assertEqual(self.run_program(KODIAK, 'check', 'shop.kodiak'), 'shop.kodiak: all is well\n')

    def test_time_travel(self):
        page = read('docs', 'language', 'time_travel.md')
        self.run_program(KODIAK, 'sql', 'shop.kodiak', '-c',
                         'CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER);'
                         'CREATE TABLE user_events (id INTEGER);'
                         'CREATE TABLE dw (id INTEGER, total INTEGER);'
                         "INSERT INTO orders VALUES (7, 10);" + ''.join(
                             f'UPDATE orders SET total = {i} WHERE id = 7;' for i in range(100)) +
                         'CREATE SNAPSHOT before_import;')
        log = self.run_program(KODIAK, 'timeline', 'log', 'shop.kodiak', '--limit', '1000', '--format', 'csv')
        ids = {row['seq']: row['id'] for row in csv.DictReader(log.splitlines())}
        examples = '\n'.join(re.findall(r'```sql\n(.*?)```', page, re.DOTALL))
        self.assertGreater(examples.count(';'), 15)
        # Times and ids of the page are of another database.
        examples = re.sub(r"COMMIT '01[0-9A-Z]{24}'", f"COMMIT '{ids['42']}'", examples)
        examples = examples.replace("AS OF '2026-01-31 12:00:00'", "AS OF '2200-01-31 12:00:00'")
        examples = examples.replace("now() - INTERVAL '1 hour'", "now() + INTERVAL '1 hour'")
        examples = examples.replace('AS OF 1640995200', 'AS OF 7258118400')
        out = self.run_program(KODIAK, 'sql', 'shop.kodiak', stdin=examples)
        self.assertIn('order7.proof', out)
        self.assertIn('the proof holds', self.run_program(VERIFY, 'order7.proof'))


if __name__ == '__main__':
    KODIAK, VERIFY, SOURCES = (os.path.abspath(path) for path in sys.argv[1:4])
    unittest.main(argv=sys.argv[:1])
