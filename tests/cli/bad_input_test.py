#!/usr/bin/env python3
"""Bad input: each is one clear error, nothing is lost, and the database goes on working.

Usage: bad_input_test.py PATH-TO-KODIAK. Beside cli_test.py, which has wrong usage, wrong paths and damaged databases.
"""
import csv
import io
import os
import subprocess
import sys
import tempfile
import unittest

KODIAK = ''


class BadInput(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='kodiak-bad-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.db = self.path('t.kodiak')
        self.run_program('sql', self.db, '-c', 'CREATE TABLE kept(a INTEGER PRIMARY KEY); INSERT INTO kept VALUES (1)')

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), 'wb') as file:
            file.write(content)
        return self.path(name)

    def run_program(self, *arguments, stdin=b'', code=0):
        done = subprocess.run([KODIAK, *arguments], input=stdin, capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode(errors='replace') + done.stdout.decode())
        return (done.stderr if code else done.stdout).decode(errors='replace')

    def refused(self, sqlstate, sql, *options):
        """One error with that code, and the table as it was."""
        err = self.run_program('sql', self.db, *options, stdin=sql if isinstance(sql, bytes) else sql.encode(), code=1)
        self.assertIn(f'ERROR {sqlstate}', err)
        self.assertEqual(err.count('ERROR '), 1, err)
        self.assertNotIn('XX000', err)
        self.assert_intact()
        return err

    def assert_intact(self):
        out = self.run_program('sql', self.db, '--format', 'csv', '-c', 'SELECT a FROM kept')
        self.assertEqual(out, 'a\n1\n')

    def patch(self, name, old, new):
        file = os.path.join(self.db, name)
        with open(file, 'rb') as source:
            content = source.read()
        self.assertIn(old, content)
        with open(file, 'wb') as target:
            target.write(content.replace(old, new, 1))

    def test_a_newer_format_is_named_and_left_alone(self):
        self.patch('CURRENT', b'kodiak 1', b'kodiak 9')
        err = self.run_program('sql', self.db, '-c', 'INSERT INTO kept VALUES (2)', code=1)
        self.assertRegex(err, 'newer')
        self.assertRegex(self.run_program('check', self.db, code=1), 'newer')
        self.patch('CURRENT', b'kodiak 9', b'kodiak 1')
        self.assert_intact()

    def test_a_damaged_pointer_names_its_file(self):
        self.patch('CURRENT', b'manifest', b'manifold')
        self.assertIn('CURRENT', self.run_program('sql', self.db, '-c', 'SELECT 1', code=1))
        self.patch('CURRENT', b'manifold', b'manifest')
        self.assert_intact()

    def test_missing_parts_are_damage_for_readers_too(self):
        manifest = next(name for name in os.listdir(self.db) if name.startswith('manifest-'))
        for part in ('CURRENT', manifest):
            os.rename(os.path.join(self.db, part), self.path('away'))
            for words in (['sql', self.db, '-c', 'SELECT 1'], ['check', self.db],
                          ['sql', self.db, '--read-only', '-c', 'SELECT 1']):
                out = self.run_program(*words, code=1)
                self.assertIn('XX001', out)
                self.assertIn(part, out)
            os.rename(self.path('away'), os.path.join(self.db, part))
        self.assert_intact()

    def test_a_reader_beside_a_writer_sees_the_last_durable_state(self):
        writer = subprocess.Popen([KODIAK, 'sql', self.db], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        writer.stdin.write(b'INSERT INTO kept VALUES (2);\nBEGIN; INSERT INTO kept VALUES (3);\n')
        for _ in range(3):
            writer.stdout.readline()
        out = self.run_program('sql', self.db, '--read-only', '--format', 'csv', '-c', 'SELECT a FROM kept ORDER BY a')
        self.assertEqual(out, 'a\n1\n2\n')
        self.assertIn('25006', self.run_program('sql', self.db, '--read-only', '-c', 'DROP TABLE kept', code=1))
        second = self.run_program('sql', self.db, '-c', 'SELECT 1', code=1)
        self.assertIn(f'held by process {writer.pid}', second)
        self.assertIn('hint: End that process, or open the database read-only.', second)
        writer.communicate(b'COMMIT;\n')
        out = self.run_program('sql', self.db, '--read-only', '--format', 'csv', '-c', 'SELECT count(*) AS n FROM kept')
        self.assertEqual(out, 'n\n3\n')

    def test_hostile_paths_are_catalog_names(self):
        for name in ('a b', "it's", 'say "x"', 'SELECT', 'main', 'temp', 'system', '漢字', 'a;b', '--', '.hidden',
                     'x.y.z'):
            db = self.path(name + '.kodiak')
            self.run_program('sql', db, '-c', 'CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (7)')
            self.assertEqual(self.run_program('sql', db, '--format', 'csv', '-c', 'SELECT a FROM t'), 'a\n7\n', name)

    def test_hostile_identifiers_survive(self):
        names = ['a"b', "a'b", 'select', ' ', '漢字', ';', '--', '/*', '$$', 'x' * 3000, '🦆', '\\', '%s', 'a.b', '\t']
        for name in names:
            quoted = '"' + name.replace('"', '""') + '"'
            text = (f'CREATE TABLE {quoted} ({quoted} INTEGER PRIMARY KEY); INSERT INTO {quoted} VALUES (1); '
                    f'UPSERT INTO {quoted} VALUES (1), (2);')
            self.run_program('sql', self.db, stdin=text.encode())
            out = self.run_program('sql', self.db, '--format', 'csv', stdin=f'SELECT {quoted} FROM {quoted};'.encode())
            self.assertEqual(next(csv.reader(io.StringIO(out, newline=''))), [name])
            self.assertEqual(out.replace('\r', '').split('\n')[-3:], ['1', '2', ''])
            err = self.run_program('sql', self.db, stdin=f'INSERT INTO {quoted} VALUES (1);'.encode(), code=1)
            self.assertIn('23505', err)
        self.run_program('check', self.db)
        self.assert_intact()

    def test_empty_and_null_names_are_refused(self):
        self.refused('42601', 'CREATE TABLE "" (a INTEGER)')
        self.refused('42601', 'SELECT 1 AS ""')

    def test_invalid_utf8_is_refused_wherever_it_stands(self):
        self.refused('22P02', b"SELECT '\xff'")
        self.refused('22P02', b'SELECT 1 AS "\xc3\x28"')
        file = self.write('bad.csv', b'a\n\xff\xfe\n')
        self.run_program('import', self.db, 'imported', file, code=1)
        self.assertIn('42P01', self.run_program('sql', self.db, '-c', 'SELECT * FROM imported', code=1))
        self.assert_intact()

    def test_zero_bytes_do_not_cut_a_statement(self):
        self.run_program('sql', self.db, stdin=b"INSERT INTO kept VALUES (2)\0; DROP TABLE kept;", code=1)
        self.assert_intact()

    def test_unfinished_text_is_an_error_at_its_start(self):
        for text in ("SELECT 'abc", 'SELECT "abc', 'SELECT $tag$ abc', 'SELECT /* abc', 'SELECT (1', 'SELECT $$'):
            self.refused('42601', text)

    def test_deep_nesting_is_refused_or_answered(self):
        depth = 5000
        for text in ('SELECT ' + '(' * depth + '1' + ')' * depth, 'SELECT ' + '[' * depth + '1' + ']' * depth,
                     'SELECT ' + '- ' * depth + '1', 'SELECT ' + 'NOT ' * depth + 'true',
                     'SELECT ' + 'CASE WHEN true THEN ' * depth + '1' + ' END' * depth,
                     'SELECT 1 WHERE ' + 'true AND (' * depth + 'true' + ')' * depth,
                     'SELECT * FROM ' + '(SELECT * FROM ' * depth + 'kept' + ')' * depth,
                     'CREATE TABLE deep(a ' + 'STRUCT(s ' * depth + 'INTEGER' + ')' * depth + ')'):
            done = subprocess.run([KODIAK, 'sql', self.db], input=text.encode(), capture_output=True, check=False,
                                  timeout=120)
            self.assertIn(done.returncode, (0, 1), text[:40])
            self.assertNotIn(b'XX000', done.stderr, text[:40])
        self.assert_intact()

    def test_a_megabyte_of_one_value(self):
        text = "SELECT length('" + 'x' * (1 << 20) + "') AS n"
        self.assertEqual(self.run_program('sql', self.db, '--format', 'csv', stdin=text.encode()), 'n\n1048576\n')
        self.refused('42703', 'SELECT ' + 'c' * (1 << 20))

    def test_overflow_is_an_error(self):
        self.refused('22003', 'SELECT 9223372036854775807 + 1::BIGINT')
        self.refused('22003', 'SELECT CAST(300 AS TINYINT)')
        self.refused('22003', "INSERT INTO kept VALUES (99999999999)")
        self.refused('22003', 'SELECT CAST(1e300 AS FLOAT)')
        self.refused('22003', 'SELECT 170141183460469231731687303715884105727 + 1::HUGEINT')
        self.refused('22003', 'SELECT CAST(12345.6 AS DECIMAL(4,1))')

    def test_absurd_numbers_are_refused(self):
        for text in ('SELECT * FROM kept LIMIT -1', 'CREATE TABLE d(a DECIMAL(99, 2))', "SELECT DATE '9999999-01-01'",
                     'CREATE TABLE e(a INTEGER[-1])', 'CREATE SEQUENCE s INCREMENT 0', 'SELECT $99999999999',
                     "SELECT repeat('x', 9000000000000)"):
            done = subprocess.run([KODIAK, 'sql', self.db, '-c', text], capture_output=True, check=False, timeout=120)
            self.assertEqual(done.returncode, 1, text)
            self.assertNotIn(b'XX000', done.stderr, text)
        self.assert_intact()

    def test_an_open_quote_does_not_turn_quoting_off(self):
        good = b'i,v\n1,"x1"\n2,"x ""2"""\n3,"two\nlines"\n'
        self.run_program('import', self.db, 'good', self.write('good.csv', good))
        out = self.run_program('sql', self.db, '--format', 'csv', '-c', 'SELECT v FROM good WHERE i = 1')
        self.assertEqual(out, 'v\nx1\n')
        for name, content in (('open.csv', b'i,v\n1,"x1"\n2,"x2"\n3,"x3\n'), ('only.csv', b'i,v\n1,"a\n')):
            out = self.run_program('import', self.db, 'bad', self.write(name, content), code=1)
            self.assertIn('22P02', out)
            self.assertIn(f'{name}": a quote in line {4 if name == "open.csv" else 2} is not closed', out)
        late = b''.join(b'%d,"x%s\n' % (i, b'' if i == 30000 else b'"') for i in range(40000))
        out = self.run_program('import', self.db, 'bad', self.write('late.csv', b'i,v\n' + late), code=1)
        self.assertIn('Line: 30002', out)
        self.assertIn('unterminated quote', out)
        # An inch in a value, or a file without any quoting.
        self.run_program('import', self.db, 'inch', self.write('inch.csv', b'i,v\n1,5" pipe\n2,7" pipe\n'))
        self.run_program('import', self.db, 'tabs', self.write('tabs.tsv', b'i\tv\n1\t"a\n'))
        self.assert_intact()

    def test_malformed_files_are_named(self):
        for name, content in (('x.parquet', b'PAR1 not really PAR1'), ('x.json', b'{"a": [1, '),
                              ('empty.parquet', b'')):
            file = self.write(name, content)
            self.assertIn(name, self.run_program('import', self.db, 'imported', file, code=1))
        self.assert_intact()


if __name__ == '__main__':
    KODIAK = sys.argv.pop(1)
    unittest.main()
