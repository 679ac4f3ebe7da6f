#!/usr/bin/env python3
"""History on the command line: log, show, heads, verify, proofs that a stranger checks, changes.

Usage: timeline_test.py PATH-TO-KODIAK PATH-TO-KODIAK-VERIFY PATH-TO-KODIAK_VERIFY.PY.
"""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

KODIAK = VERIFY = VERIFY_PY = ''


class Timeline(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='kodiak-timeline-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.db = os.path.join(self.folder, 'shop.kodiak')
        self.run_program('sql', self.db, '-c',
                         "CREATE TABLE orders (id INTEGER, part VARCHAR, total INTEGER, PRIMARY KEY (id, part));"
                         "INSERT INTO orders VALUES (7, 'a', 10), (8, 'b', 20);"
                         "BEGIN; UPDATE orders SET total = 11 WHERE id = 7; COMMIT MESSAGE 'raise' AUTHOR 'ada';"
                         "DELETE FROM orders WHERE id = 8")

    def run_program(self, *words, code=0, program=None):
        done = subprocess.run([*(program or [KODIAK]), *words], capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode() + done.stdout.decode())
        return done.stdout.decode(), done.stderr.decode()

    def table(self, *words):
        out, _ = self.run_program(*words, '--format', 'csv')
        return list(csv.DictReader(io.StringIO(out)))

    def verified(self, proof, code=0):
        out, _ = self.run_program(proof, code=code, program=[VERIFY])
        self.run_program(proof, code=code, program=[sys.executable, VERIFY_PY])
        return out

    def file(self, name):
        return os.path.join(self.folder, name)

    def test_log_and_show_tell_of_each_commit(self):
        log = self.table('timeline', 'log', self.db)
        self.assertEqual([int(row['seq']) for row in log], [5, 4, 3, 2, 1])
        self.assertEqual((log[1]['author'], log[1]['message'], log[1]['changed_rows']), ('ada', 'raise', '1'))
        self.assertEqual(len(self.table('timeline', 'log', self.db, '--limit', '2')), 2)
        by_number = self.table('timeline', 'show', self.db, '4')
        # Ids of one millisecond differ in their last letters only: the shortest beginning that no other has.
        ids = [row['id'] for row in log]
        beginning = next(ids[1][:n] for n in range(6, 27) if sum(one.startswith(ids[1][:n]) for one in ids) == 1)
        by_id = self.table('timeline', 'show', self.db, beginning.lower())
        self.assertEqual(by_number, by_id)
        parent = self.table('timeline', 'show', self.db, '3')[0]['identity']
        self.assertEqual(by_number[0]['parents'], '[' + parent + ']')

    def test_proofs_of_rows_and_commits_hold_for_a_stranger(self):
        for name, words in {'now': ['--row', 'orders', '--key', "7, 'a'"],
                            'then': ['--row', 'orders', '--key', "8, 'b'", '--as-of', '3'],
                            'commit': ['4']}.items():
            path = self.file(name + '.proof')
            out, _ = self.run_program('timeline', 'proof', self.db, *words, '--out', path)
            self.assertIn('written to', out)
            self.assertIn('the proof holds', self.verified(path))
            # On standard output the same bytes: one line feed more would be another spelling, which is refused.
            again, _ = self.run_program('timeline', 'proof', self.db, *words)
            with open(path, encoding='utf-8') as file:
                self.assertEqual(again, file.read())

    def test_a_signed_proof_names_its_signer(self):
        key, path = self.file('key'), self.file('signed.proof')
        public = self.run_program('timeline', 'key', key)[0].strip()
        self.assertEqual(self.run_program('timeline', 'key', key)[0].strip(), public)
        self.run_program('timeline', 'proof', self.db, '4', '--sign', key, '--out', path)
        self.verified(path)
        other = self.run_program('timeline', 'key', self.file('other'))[0].strip()
        for program in ([VERIFY], [sys.executable, VERIFY_PY]):
            self.run_program(path, '--key', public, program=program)
            self.run_program(path, '--key', other, code=1, program=program)
        _, err = self.run_program('timeline', 'proof', self.db, '4', '--sign', path, code=1)
        self.assertIn('22P02', err)

    def test_a_changed_proof_is_refused(self):
        path = self.file('order.proof')
        self.run_program('timeline', 'proof', self.db, '--row', 'orders', '--key', "7, 'a'", '--out', path)
        with open(path, encoding='utf-8') as file:
            text = file.read()
        honest, proof = json.loads(text), json.loads(text)
        row = proof['rows'][0]['row']
        proof['rows'][0]['row'] = row[:-1] + ('0' if row[-1] != '0' else '1')
        for changed, code in ((proof, 1), (honest, 0)):
            with open(path, 'w', encoding='utf-8') as file:
                file.write(json.dumps(changed, separators=(',', ':')) + '\n')
            self.verified(path, code=code)

    def test_proofs_outlive_checkpoint_and_later_commits(self):
        path = self.file('old.proof')
        self.run_program('timeline', 'proof', self.db, '--row', 'orders', '--key', "7, 'a'", '--out', path)
        self.run_program('sql', self.db, '-c', "CHECKPOINT; UPDATE orders SET total = 12; CHECKPOINT")
        self.verified(path)
        with open(path, encoding='utf-8') as file:
            size = json.load(file)['head']['size']
        growth = self.file('growth.proof')
        self.run_program('sql', self.db, '-c', f"PROVE CONSISTENCY FROM {size} TO {size + 1} INTO '{growth}'")
        self.verified(growth)

    def test_changes_are_proven_whole(self):
        path = self.file('changes.proof')
        self.run_program('sql', self.db, '-c', "CREATE TABLE a (id INTEGER); CREATE TABLE z (id INTEGER);"
                         "BEGIN; INSERT INTO a SELECT * FROM range(50); INSERT INTO z SELECT * FROM range(70);"
                         "UPDATE orders SET total = 5; INSERT INTO orders SELECT x, 'p', x FROM range(100, 140) r(x);"
                         "COMMIT; INSERT INTO z VALUES (1); CHECKPOINT; INSERT INTO a VALUES (1)")
        for table in ('a', 'orders', 'z'):
            self.run_program('sql', self.db, '-c', f"PROVE CHANGES {table} SINCE COMMIT 1 INTO '{path}'")
            self.assertIn('these are all changes of table', self.verified(path))
            with open(path, encoding='utf-8') as file:
                honest = json.load(file)
            contents = [i for i, row in enumerate(honest['rows']) if 'row' in row]
            self.assertEqual(len(contents), {'a': 51, 'orders': 45, 'z': 71}[table])
            for dropped in (contents[0], contents[len(contents) // 2], contents[-1]):
                proof = json.loads(json.dumps(honest))
                del proof['rows'][dropped]
                with open(path, 'w', encoding='utf-8') as file:
                    file.write(json.dumps(proof, separators=(',', ':')) + '\n')
                self.verified(path, code=1)
        out, _ = self.run_program('sql', self.db, '--format', 'csv', '-c',
                                  'SELECT proof FROM (GET CHANGES FROM orders SINCE COMMIT 3 WITH PROOF)')
        proofs = [row['proof'] for row in csv.DictReader(io.StringIO(out))]
        self.assertEqual(len(proofs), 43)
        for proof in proofs[::10]:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(proof)
            self.verified(path)

    def test_verify_finds_the_timeline_whole(self):
        out, _ = self.run_program('timeline', 'verify', self.db)
        self.assertIn('all commits hold', out)
        heads = self.table('timeline', 'heads', self.db)
        self.assertEqual(heads[-1]['size'], '5')

    def test_changes_follow_the_commits(self):
        changes = self.table('changes', self.db, 'orders')
        self.assertEqual([(row['op'], row['commit_seq']) for row in changes],
                         [('INSERT', '3'), ('INSERT', '3'), ('UPDATE', '4'), ('DELETE', '5')])
        changes = self.table('changes', self.db, 'orders', '--since', '3', '--until', '4')
        self.assertEqual([row['new'] for row in changes], ["{'id': 7, 'part': a, 'total': 11}"])

    def test_snapshots_are_made_listed_and_dropped(self):
        self.run_program('snapshot', 'create', self.db, 'Before raise', '--at', '3', '--message', "ada's")
        rows = self.table('snapshot', 'list', self.db)
        self.assertEqual([(row['name'], row['commit_seq'], row['message'], row['holds']) for row in rows],
                         [('Before raise', '3', "ada's", 'true')])
        out, _ = self.run_program('sql', self.db, '--format', 'csv', '-c',
                                  'SELECT count(*) AS n FROM orders AS OF SNAPSHOT "Before raise"')
        self.assertEqual(out, 'n\n2\n')
        self.run_program('snapshot', 'drop', self.db, 'Before raise')
        self.assertEqual(self.table('snapshot', 'list', self.db), [])

    def test_a_watermark_follows_what_was_written(self):
        self.run_program('watermark', 'create', self.db, 'etl', 'orders', '--at', '3')
        out, _ = self.run_program('changes', self.db, 'orders', '--watermark', 'etl')
        self.assertEqual([json.loads(line)['op'] for line in out.splitlines()], ['UPDATE', 'DELETE'])
        out, _ = self.run_program('changes', self.db, 'orders', '--watermark', 'etl')
        self.assertEqual(out, '')
        row = self.table('watermark', 'list', self.db)[0]
        self.assertEqual((row['name'], row['tables'], row['commit_seq']), ('etl', '[main.orders]', '6'))
        _, err = self.run_program('watermark', 'advance', self.db, 'etl', '--at', '3', code=1)
        self.assertIn('KD008', err)
        self.run_program('watermark', 'advance', self.db, 'etl', '--at', '3', '--force')
        self.run_program('watermark', 'drop', self.db, 'etl')

    def test_a_follower_that_is_killed_writes_each_change_once(self):
        out = self.file('orders.jsonl')
        wanted = 4
        for batch in range(5):
            follower = subprocess.Popen([KODIAK, 'changes', self.db, 'orders', '--follow', '--every-ms', '1',
                                         '--out', out], stderr=subprocess.PIPE)
            self.run_program('sql', self.db, '-c',
                             f"INSERT INTO orders SELECT x, 'n', x "
                             f"FROM range({batch * 100 + 100}, {batch * 100 + 200}) r(x)")
            wanted += 100
            deadline = time.monotonic() + 30
            while batch == 4 and time.monotonic() < deadline and self.lines(out) < wanted:
                time.sleep(0.05)
            follower.kill()
            follower.communicate()
            with open(out, 'ab') as file:  # as if it had been cut short in the middle of a line
                file.write(b'{"commit_seq":')
        self.run_program('changes', self.db, 'orders', '--out', out)
        with open(out, encoding='utf-8') as file:
            rows = [json.loads(line) for line in file]
        places = [(row['commit_seq'], row['row_id']) for row in rows]
        self.assertEqual((len(places), len(set(places))), (wanted, wanted))
        self.assertEqual(places, sorted(places, key=lambda place: place[0]))

    @staticmethod
    def lines(path):
        if not os.path.exists(path):
            return 0
        with open(path, 'rb') as file:
            return file.read().count(b'\n')

    def test_a_follower_refuses_another_history(self):
        out = self.file('orders.jsonl')
        self.run_program('changes', self.db, 'orders', '--out', out)
        other = os.path.join(self.folder, 'other.kodiak')
        self.run_program('sql', other, '-c', 'CREATE TABLE orders (id INTEGER)')
        _, err = self.run_program('changes', other, 'orders', '--out', out, code=1)
        self.assertIn('KD009', err)
        with open(out, 'w', encoding='utf-8') as file:
            file.write('dear diary\n')
        _, err = self.run_program('changes', self.db, 'orders', '--out', out, code=1)
        self.assertIn('not a file of changes', err)

    def head(self, path):
        return self.table('timeline', 'heads', path)[-1]['id']

    def test_a_backup_proves_the_same_head_and_is_brought_up_to_date(self):
        backup, again = self.file('backup'), self.file('again.kodiak')
        out, _ = self.run_program('backup', self.db, backup)
        self.assertIn(self.head(self.db), out)
        self.assertEqual(self.head(backup), self.head(self.db))
        self.run_program('sql', self.db, '-c', "INSERT INTO orders SELECT x, 'big', x FROM range(200000) r(x);"
                         "CHECKPOINT; INSERT INTO orders VALUES (-1, 'hot', 1)")
        _, err = self.run_program('backup', self.db, backup, code=1)
        self.assertIn('42710', err)
        self.run_program('backup', self.db, backup, '--incremental')
        out, _ = self.run_program('backup', self.db, backup, '--incremental')
        self.assertNotIn(' 0 files kept', out)
        self.assertEqual(self.head(backup), self.head(self.db))
        self.assertEqual(self.run_program('check', backup)[0], backup + ': all is well\n')
        self.run_program('restore', backup, again)
        self.assertEqual(self.head(again), self.head(self.db))
        _, err = self.run_program('restore', backup, again, code=1)
        self.assertIn('42710', err)
        then = self.file('then.kodiak')
        self.run_program('restore', backup, then, '--as-of', '3')
        out, _ = self.run_program('sql', then, '--format', 'csv', '-c', 'SELECT id, total FROM orders ORDER BY id')
        self.assertEqual(out, 'id,total\n7,10\n8,20\n')
        # One history goes on from the backup, the other one has left it.
        self.run_program('backup', then, backup, '--incremental')
        _, err = self.run_program('backup', self.db, backup, '--incremental', code=1)
        self.assertIn('KD009', err)

    def test_a_damaged_backup_is_not_restored(self):
        backup = self.file('backup')
        self.run_program('sql', self.db, '-c',
                         "INSERT INTO orders SELECT x, 'big', x FROM range(100000) r(x); CHECKPOINT")
        self.run_program('backup', self.db, backup)
        path = max((os.path.join(backup, 'data', name) for name in os.listdir(os.path.join(backup, 'data'))),
                   key=os.path.getsize)
        with open(path, 'r+b') as file:
            file.seek(os.path.getsize(path) // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))
        _, err = self.run_program('restore', backup, self.file('new.kodiak'), code=1)
        self.assertIn('KD009', err)

    def test_a_backup_beside_a_writer_is_whole(self):
        writer = subprocess.Popen([KODIAK, 'sql', self.db], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            writer.stdin.write(b'CREATE TABLE n (i INTEGER);\n' + b''.join(
                b'INSERT INTO n SELECT %d FROM range(3000);\n' % i + (b'CHECKPOINT;\n' if i % 5 == 0 else b'')
                for i in range(400)))
            writer.stdin.flush()
            for number in range(3):
                backup = self.file(f'backup{number}')
                self.run_program('backup', self.db, backup)
                self.assertEqual(self.run_program('check', backup)[0], backup + ': all is well\n')
        finally:
            writer.kill()
            writer.communicate()

    def test_statements_make_and_restore_backups(self):
        backup, again = self.file("it's a backup"), self.file('again.kodiak')
        quoted = "'" + backup.replace("'", "''") + "'"
        out, _ = self.run_program('sql', self.db, '-c', f"BACKUP DATABASE TO {quoted};"
                                  "INSERT INTO orders VALUES (1, 'x', 1);"
                                  f"BACKUP DATABASE TO {quoted} INCREMENTAL;"
                                  f"RESTORE DATABASE FROM {quoted} TO '{again}' AS OF COMMIT 3")
        self.assertEqual(out.count(' commits, head '), 3)
        out, _ = self.run_program('sql', again, '--format', 'csv', '-c', 'SELECT count(*) AS n FROM orders')
        self.assertEqual(out, 'n\n2\n')

    def test_what_is_not_there_is_said(self):
        for words, text in ((['timeline', 'proof', self.db, '99'], 'KD003'),
                            (['timeline', 'proof', self.db, '--row', 'orders', '--key', "1, 'x'"], '58P01'),
                            (['timeline', 'proof', self.db, '--row', 'nothing', '--key', '1'], '42P01'),
                            (['timeline', 'proof', self.db, '--row', 'orders', '--key', '7'], '42P10'),
                            (['timeline', 'log', self.file('none.kodiak')], '58P01'),
                            (['changes', self.db, 'nothing'], '42P01'),
                            (['changes', self.db, 'orders', '--since', 'yesterday'], 'KD003')):
            _, err = self.run_program(*words, code=1)
            self.assertIn(text, err)
        for words in (['timeline', 'log'], ['timeline', 'dance', self.db], ['timeline', 'show', self.db],
                      ['timeline', 'proof', self.db], ['timeline', 'proof', self.db, '3', '--row', 'orders'],
                      ['timeline', 'log', self.db, '--limit', 'x'], ['changes', self.db]):
            _, err = self.run_program(*words, code=2)
            self.assertIn('kodiak help', err)


if __name__ == '__main__':
    KODIAK, VERIFY, VERIFY_PY = (os.path.abspath(path) for path in sys.argv[1:4])
    unittest.main(argv=sys.argv[:1])
