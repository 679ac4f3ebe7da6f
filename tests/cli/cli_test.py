#!/usr/bin/env python3
"""The program on its command line: exit codes, formats, streaming from stdin, import, bad input.

Usage: cli_test.py PATH-TO-KODIAK. Each test gets an empty folder; no network, no clock.
"""
import csv
import io
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import unittest

KODIAK = ''


class Program(unittest.TestCase):
    """A test with a folder of its own, and ways to run the program."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='kodiak-cli-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.db = self.path('t.kodiak')

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        mode = 'wb' if isinstance(text, bytes) else 'w'
        with open(self.path(name), mode) as file:
            file.write(text)
        return self.path(name)

    def run_program(self, *arguments, stdin='', code=0):
        done = subprocess.run([KODIAK, *arguments], input=stdin.encode(), capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode(errors='replace') + done.stdout.decode())
        return done.stdout.decode(), done.stderr.decode(errors='replace')

    def sql(self, text, *options, code=0):
        out, err = self.run_program('sql', self.db, '-c', text, *options, code=code)
        return err if code else out

    def rows(self, text):
        return list(csv.reader(io.StringIO(self.sql(text, '--format', 'csv'))))[1:]


class Usage(Program):
    def test_wrong_usage_is_code_2_and_names_the_help(self):
        for words in ([], ['sqll', 'x'], ['sql'], ['sql', 'a', 'b'], ['sql', 'a', '--frmat', 'csv'],
                      ['import', 'a', 'b'], ['sql', 'a', '--format', 'xml'], ['sql', 'a', '-c'],
                      ['sql', 'a', '--read-only=yes'],
                      ['sql', 'a', '-c', 'SELECT 1', '-f', 'x'], ['sql', 'a', '-c', '1', '-c', '2'],
                      ['help', 'nothing']):
            _, err = self.run_program(*words, code=2)
            self.assertIn('kodiak help', err)

    def test_near_words_are_suggested(self):
        self.assertIn('"format"', self.run_program('sql', 'a', '--frmat', 'csv', code=2)[1])
        self.assertIn('"check"', self.run_program('chekc', 'a', code=2)[1])

    def test_help_shows_every_command_and_option(self):
        out, _ = self.run_program('help')
        for command in ('sql', 'import', 'check', 'version', 'help'):
            self.assertIn('kodiak ' + command, out)
            self.assertIn('usage: kodiak ' + command, self.run_program('help', command)[0])
            self.assertEqual(self.run_program('help', command)[0], self.run_program(command, '--help')[0])
        self.assertEqual(out, self.run_program('--help')[0])
        self.assertIn('jsonl', self.run_program('help', 'sql')[0])

    def test_version(self):
        self.assertRegex(self.run_program('version')[0], r'^kodiak \d+\.\d+\.\d+ \(DuckDB \d+\.\d+\.\d+\)\n$')

    def test_wrong_usage_creates_nothing(self):
        self.run_program('sql', self.db, '--nope', code=2)
        self.run_program('sql', self.db, '-f', self.path('missing.sql'), code=1)
        self.run_program('import', self.db, 't', self.path('missing.csv'), code=1)
        self.assertEqual(os.listdir(self.folder), [])


class Formats(Program):
    QUERY = "SELECT 1 AS n, 'a,\"b\"' AS t, NULL AS e, '' AS empty, true AS b"

    def test_csv_is_rfc_4180(self):
        self.assertEqual(self.sql(self.QUERY, '--format', 'csv'), 'n,t,e,empty,b\n1,"a,""b""",,"",true\n')
        self.assertEqual(self.sql("SELECT E'x\\ny' AS \"a,b\"", '--format', 'csv'), '"a,b"\n"x\ny"\n')

    def test_json_is_typed_and_exact(self):
        text = ("SELECT 170141183460469231731687303715884105727 AS huge, 0.10::DECIMAL(30,2) AS d, NULL AS n, "
                "true AS b, [1, NULL] AS l, {'a': 'x, y', 'b': [{'c': 1}]} AS s, MAP {'k': 2} AS m, "
                "'nan'::DOUBLE AS f, "
                "'{\"j\": [1]}'::JSON AS j, E'q\"\\n' AS t, DATE '2020-01-02' AS day, [] AS empty, 1.5::FLOAT AS r, "
                "['it''s', 'NULL', 'a=b'] AS texts")
        out = self.sql(text, '--format', 'json')
        self.assertIn('"huge":170141183460469231731687303715884105727,"d":0.10,', out)
        row = json.loads(out)[0]
        self.assertEqual((row['n'], row['b'], row['l'], row['m'], row['f']), (None, True, [1, None], {'k': 2}, 'nan'))
        self.assertEqual(row['s'], {'a': 'x, y', 'b': [{'c': 1}]})
        self.assertEqual((row['j'], row['t'], row['day']), ({'j': [1]}, 'q"\n', '2020-01-02'))
        self.assertEqual((row['empty'], row['r'], row['texts']), ([], 1.5, ["it's", 'NULL', 'a=b']))

    def test_json_is_one_array_per_answer_and_jsonl_one_object_per_line(self):
        self.assertEqual(self.sql('FROM range(2) r(i); SELECT 1 AS a WHERE false', '--format', 'json'),
                         '[{"i":0},\n{"i":1}]\n[]\n')
        self.assertEqual(self.sql('FROM range(2) r(i)', '--format', 'jsonl'), '{"i":0}\n{"i":1}\n')

    def test_columns_of_one_name_stay_apart_in_json(self):
        self.assertEqual(json.loads(self.sql('SELECT 1 AS a, 2 AS a', '--format', 'jsonl')), {'a': 1, 'a_1': 2})

    def test_box(self):
        self.assertEqual(self.sql("SELECT 7 AS n, '漢字' AS t UNION ALL SELECT 10, NULL ORDER BY 1"),
                         '┌───────┬─────────┐\n│   n   │    t    │\n│ int32 │ varchar │\n├───────┼─────────┤\n'
                         '│     7 │ 漢字    │\n│    10 │ NULL    │\n├───────┴─────────┤\n│     2 rows      │\n'
                         '└─────────────────┘\n')
        self.assertIn('0 rows', self.sql('SELECT 1 AS a WHERE false'))
        self.assertIn('x\\ny\\t', self.sql("SELECT E'x\\ny\\t'"))

    def test_box_says_how_many_rows_it_hides(self):
        out = self.sql('FROM range(1000000)')
        self.assertIn('1,000,000 rows (100,000 shown)', out)
        self.assertIn('999999', out)

    def test_markdown_and_line(self):
        self.assertEqual(self.sql("SELECT 1 AS n, 'a|b' AS t", '--format', 'markdown'),
                         '| n | t |\n|---:|---|\n| 1 | a\\|b |\n')
        self.assertEqual(self.sql("SELECT 1 AS n, NULL AS long", '--format', 'line'), '   n = 1\nlong = NULL\n')

    def test_only_box_and_line_answer_what_has_no_rows(self):
        text = ('CREATE OR REPLACE TABLE t(a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 1), (2, 2); '
                'UPSERT INTO t VALUES (2, 3), (3, 3)')
        self.assertEqual(self.sql(text), 'CREATE TABLE\nINSERT 2\ninserted 1, updated 1\n')
        for name in ('csv', 'json', 'jsonl', 'markdown'):
            self.assertEqual(self.sql(text, '--format', name), '')


class Errors(Program):
    def test_position_caret_and_code(self):
        err = self.sql('SELECT 1;\nSELECT nam FROM (SELECT 1 AS name)', code=1)
        self.assertIn('ERROR 42703', err)
        self.assertIn('line 2, column 8', err)
        self.assertIn('  2 | SELECT nam FROM (SELECT 1 AS name)\n    |        ^', err)

    def test_first_error_stops_the_script_and_earlier_answers_stand(self):
        done = subprocess.run([KODIAK, 'sql', self.db, '--format', 'csv', '-c', 'SELECT 1 AS a; SELEC 2; SELECT 3'],
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, b'a\n1\n'))

    def test_script_file_is_named(self):
        file = self.write('s.sql', 'SELECT 1;\n  SELECT x;')
        _, err = self.run_program('sql', self.db, '-f', file, code=1)
        self.assertIn('s.sql:2:10', err)

    def test_error_as_json(self):
        error = json.loads(self.sql('SELECT x', '--format', 'json', code=1))['error']
        self.assertEqual((error['sqlstate'], error['line'], error['column']), ('42703', 1, 8))

    def test_commit_of_a_failed_transaction_is_an_error(self):
        self.sql('CREATE TABLE t(a INT PRIMARY KEY)')
        err = self.run_program('sql', self.db, stdin='BEGIN; INSERT INTO t VALUES (1); SELECT x;', code=1)[1]
        self.assertIn('42703', err)
        self.assertEqual(self.rows('SELECT count(*) FROM t'), [['0']])

    def test_bad_paths(self):
        file = self.write('file', 'x')
        self.assertIn('58P02', self.run_program('sql', file, '-c', 'SELECT 1', code=1)[1])
        os.mkdir(self.path('dir'))
        self.write('dir/other.txt', 'x')
        self.assertIn('58P02', self.run_program('sql', self.path('dir'), '-c', 'SELECT 1', code=1)[1])
        self.assertEqual(os.listdir(self.path('dir')), ['other.txt'])
        for words in (['check', self.db], ['sql', self.db, '--read-only', '-c', 'SELECT 1']):
            self.assertIn('58P01', self.run_program(*words, code=1)[1])
        self.assertFalse(os.path.exists(self.db))

    def test_read_only_refuses_writes(self):
        self.sql('CREATE TABLE t(a INT)')
        for text in ('INSERT INTO t VALUES (1)', 'CREATE TABLE u(a INT)', 'DROP TABLE t',
                     'UPSERT INTO t KEY (a) VALUES (1)'):
            self.assertIn('25006', self.sql(text, '--read-only', code=1))
        self.assertEqual(self.sql('SELECT count(*) AS n FROM t', '--read-only', '--format', 'csv'), 'n\n0\n')

    def test_invalid_utf8_is_one_clear_error(self):
        file = self.write('bad.sql', b"SELECT '\xff\xfe'")
        self.assertIn('22P02', self.run_program('sql', self.db, '-f', file, code=1)[1])

    def test_huge_and_deep_statements(self):
        values = ','.join(f'({i})' for i in range(150000))
        self.assertEqual(self.run_program('sql', self.db, '--format', 'csv',
                                          stdin=f'SELECT count(*) AS n FROM (VALUES {values});')[0], 'n\n150000\n')
        deep = 'SELECT ' + '(' * 20000 + '1' + ')' * 20000
        self.assertIn('ERROR', self.run_program('sql', self.db, stdin=deep, code=1)[1])
        self.sql('SELECT 1')


class Streaming(Program):
    def start(self, *options):
        process = subprocess.Popen([KODIAK, 'sql', self.db, *options], bufsize=0, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        return process

    def answer(self, process, statement, lines):
        # Unbuffered, so that select() knows of every byte that was not read yet.
        process.stdin.write(statement.encode())
        read = []
        for _ in range(lines):
            ready, _, _ = select.select([process.stdout], [], [], 60)
            self.assertTrue(ready, 'no answer to ' + statement)
            read.append(process.stdout.readline().decode())
        return read

    def test_each_answer_comes_before_the_next_statement(self):
        process = self.start('--format', 'csv')
        self.assertEqual(self.answer(process, 'SELECT 1 AS a;', 2), ['a\n', '1\n'])
        self.assertEqual(self.answer(process, 'SELECT 2\n AS b; SELECT', 2), ['b\n', '2\n'])
        process.stdin.write(b' 3')
        process.stdin.close()
        self.assertEqual(process.stdout.read(), b'3\n3\n')
        self.assertEqual(process.wait(), 0)

    def test_acknowledged_rows_survive_kill(self):
        process = self.start()
        self.answer(process, 'CREATE TABLE t(a INT PRIMARY KEY);', 1)
        for i in range(20):
            self.assertEqual(self.answer(process, f'INSERT INTO t VALUES ({i});', 1), ['INSERT 1\n'])
        self.answer(process, 'BEGIN; INSERT INTO t VALUES (100);', 2)
        process.kill()
        process.stdin.close()
        process.wait()
        self.assertEqual(self.rows('SELECT count(*), max(a) FROM t'), [['20', '19']])
        self.run_program('check', self.db)

    def test_a_second_writer_is_told_who_holds_the_database(self):
        process = self.start()
        self.answer(process, 'CREATE TABLE t AS SELECT 42 AS a;', 1)
        err = self.sql('SELECT 1', code=1)
        self.assertIn('55006', err)
        self.assertIn(str(process.pid), err)
        self.assertEqual(self.sql('FROM t', '--read-only', '--format', 'csv'), 'a\n42\n')
        process.stdin.close()
        process.wait()

    def test_an_open_transaction_at_the_end_is_rolled_back_with_a_warning(self):
        self.sql('CREATE TABLE t(a INT)')
        _, err = self.run_program('sql', self.db, stdin='BEGIN; INSERT INTO t VALUES (1);')
        self.assertIn('rolled back', err)
        self.assertEqual(self.rows('FROM t'), [])

    def test_a_closed_pipe_ends_quietly(self):
        process = self.start('--format', 'csv')
        process.stdin.write(b'FROM range(100000000);')
        process.stdin.close()
        self.assertEqual(process.stdout.readline(), b'range\n')
        process.stdout.close()
        self.assertEqual(process.wait(), -signal.SIGPIPE)
        self.assertEqual(process.stderr.read(), b'')
        self.sql('SELECT 1')


class Import(Program):
    def import_files(self, table, *files, options=(), code=0):
        return self.run_program('import', self.db, table, *files, *options, code=code)

    def test_csv_creates_then_appends_by_name(self):
        first = self.write('a.csv', 'id,name,born\n1,Ann,2001-02-03\n2,Bob,\n')
        self.assertIn('2 rows imported into new table people', self.import_files('people', first)[0])
        second = self.write('b.csv', 'name,id\n007,3\n')
        self.assertIn('1 row appended to people', self.import_files('people', second)[0])
        self.assertEqual(self.rows('FROM people ORDER BY id'),
                         [['1', 'Ann', '2001-02-03'], ['2', 'Bob', ''], ['3', '007', '']])
        self.assertEqual(self.rows("SELECT data_type FROM duckdb_columns() WHERE table_name = 'people'"),
                         [['BIGINT'], ['VARCHAR'], ['DATE']])

    def test_types_are_found_in_late_rows(self):
        file = self.write('late.csv', 'a\n' + '1\n' * 30000 + 'x\n')
        self.import_files('late', file)
        self.assertEqual(self.rows('SELECT count(*), max(a) FROM late'), [['30001', 'x']])

    def test_a_file_without_header_fits_by_position(self):
        self.sql('CREATE TABLE t(a INT, b VARCHAR)')
        self.import_files('t', self.write('n.csv', '1,x\n2,y\n'))
        self.assertEqual(self.rows('FROM t'), [['1', 'x'], ['2', 'y']])

    def test_parquet_json_and_several_files(self):
        self.sql(f"COPY (SELECT 1 AS a, 'p' AS b) TO '{self.path('x.parquet')}'")
        os.rename(self.path('x.parquet'), self.path('no_extension'))
        json_file = self.write('x.jsonl', '{"b": "j", "a": 2}\n')
        csv_file = self.write('x.csv', 'b,a\nc,3\n')
        out, _ = self.import_files('t', self.path('no_extension'), json_file, csv_file)
        self.assertIn('3 rows', out)
        self.assertEqual(self.rows('FROM t ORDER BY a'), [['1', 'p'], ['2', 'j'], ['3', 'c']])

    def test_an_import_is_all_or_nothing(self):
        good = self.write('good.csv', 'a\n1\n')
        bad = self.write('bad.csv', 'a,b\n1,2\n')
        self.sql('CREATE TABLE t(a INT)')
        err = self.import_files('t', good, bad, code=1)[1]
        self.assertIn('"b"', err)
        self.assertEqual(self.rows('FROM t'), [])
        wrong = self.write('wrong.csv', 'a\n1\nx\n')
        self.import_files('t', wrong, code=1)
        self.assertEqual(self.rows('FROM t'), [])

    def test_null_text_and_hostile_names(self):
        file = self.write('na.csv', 'a\nNA\n5\n')
        self.import_files('odd name', file, options=('--null', 'NA'))
        self.assertEqual(self.rows('SELECT sum(a) FROM "odd name"'), [['5']])
        quote = self.write("it's.csv", 'a\n1\n')
        self.import_files('"dot.ted"', quote)
        self.assertEqual(self.rows('FROM "dot.ted"'), [['1']])

    def test_bad_files_are_named(self):
        for name, content in (('x.bin', 'abc'), ('bad.parquet', 'PAR1 not really'), ('bad.json', '{"a": ')):
            _, err = self.import_files('t', self.write(name, content), code=1)
            self.assertIn(name, err)
        self.assertIn('58P01', self.import_files('t', self.path('none.csv'), code=1)[1])
        self.assertIn('directory', self.import_files('t', self.folder, code=1)[1])


class Check(Program):
    def test_a_sound_database_and_a_damaged_one(self):
        self.sql("CREATE TABLE t AS SELECT range AS a, 'text ' || range AS b FROM range(300000); CHECKPOINT")
        self.assertIn('all is well', self.run_program('check', self.db)[0])
        largest = max((os.path.join(folder, name) for folder, _, names in os.walk(self.db) for name in names),
                      key=os.path.getsize)
        with open(largest, 'r+b') as file:
            file.seek(os.path.getsize(largest) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 0xFF]))
        done = subprocess.run([KODIAK, 'check', self.db], capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(os.path.basename(largest).encode(), done.stdout + done.stderr)


if __name__ == '__main__':
    KODIAK = os.path.abspath(sys.argv.pop(1))
    unittest.main()
