#!/usr/bin/env python3
"""Kills writing processes with SIGKILL and compares what they had acknowledged with what the database has.

Usage: kill_loop.py PATH-TO-KODIAK PATH-TO-KILL_LOOP_WRITER [--rounds N] [--seed N] [--threads N]

Rounds alternate between kill_loop_writer (several sessions that compete) and `kodiak sql` fed on stdin. After each kill
the database is opened again: every acknowledged transaction must be there whole, no other one but those that were under
way (one for each session), and `kodiak check` must find nothing. One database lives through all rounds.
"""
import argparse
import csv
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

SETUP = '''
CREATE TABLE entries(id BIGINT, part BIGINT, PRIMARY KEY (id, part));
CREATE TABLE progress(thread BIGINT PRIMARY KEY, last BIGINT);
CREATE TABLE shared(commits BIGINT);
INSERT INTO progress SELECT i, -1 FROM range({threads} + 1) r(i);
INSERT INTO shared VALUES (0);
'''
IDS_PER_ROUND = 1_000_000


class Failed(Exception):
    """The database is not as it must be."""


def require(holds, message):
    if not holds:
        raise Failed(message)


class Loop:
    def __init__(self, arguments, folder):
        self.kodiak = arguments.kodiak
        self.writer = arguments.writer
        self.threads = arguments.threads
        self.random = random.Random(arguments.seed)
        self.db = os.path.join(folder, 'loop.kodiak')
        self.transactions = {}  # id -> count of its entries; only those that are known to be committed
        self.acknowledged = 0
        self.run_program('sql', self.db, '-c', SETUP.format(threads=self.threads))

    def run_program(self, *words):
        done = subprocess.run([self.kodiak, *words], capture_output=True, check=False)
        require(done.returncode == 0, f'kodiak {words[0]} fails: {done.stderr.decode()}{done.stdout.decode()}')
        return done.stdout.decode()

    def rows(self, query):
        out = self.run_program('sql', self.db, '--format', 'csv', '-c', query)
        return [tuple(map(int, row)) for row in list(csv.reader(io.StringIO(out)))[1:]]

    def kill_when(self, process, lines):
        """Reads that many acknowledgements and kills the process a moment later; the lines that were written."""
        seen = []
        for line in process.stdout:
            seen.append(line)
            if len(seen) == lines:
                time.sleep(self.random.random() * 0.01)  # so that the kill comes anywhere in a commit
                process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if process.returncode != -signal.SIGKILL:
            raise Failed(f'the writer ended by itself, code {process.returncode}')
        return [line for line in seen if line.endswith(b'\n')]

    def kill_writer(self, first_id):
        process = subprocess.Popen([self.writer, self.db, str(first_id), str(self.threads)], stdout=subprocess.PIPE)
        lines = self.kill_when(process, self.random.randint(1, 120))
        return {int(line.split()[0]): int(line.split()[1]) for line in lines}

    def kill_program(self, first_id):
        """One session, fed on stdin: transactions of three rows, answered by their COMMIT."""
        thread = self.threads
        process = subprocess.Popen([self.kodiak, 'sql', self.db], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

        def feed():
            try:
                for i in range(IDS_PER_ROUND):
                    process.stdin.write((
                        f'BEGIN; INSERT INTO entries VALUES ({first_id + i}, 0), ({first_id + i}, 1), '
                        f'({first_id + i}, 2); UPDATE progress SET last = {first_id + i} WHERE thread = {thread}; '
                        'UPDATE shared SET commits = commits + 1; COMMIT;\n').encode())
                    process.stdin.flush()
            except BrokenPipeError:
                pass

        feeder = threading.Thread(target=feed)
        feeder.start()
        lines = self.kill_when(process, self.random.randint(1, 200))
        feeder.join()
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        return {first_id + i: 3 for i in range(sum(line.strip() == b'COMMIT' for line in lines))}

    def verify(self, first_id, acknowledged, sessions):
        found = dict(self.rows('SELECT id, count(*) FROM entries GROUP BY id'))
        new = {id: count for id, count in found.items() if id >= first_id}
        progress = dict(self.rows('SELECT thread, last FROM progress'))
        shared = self.rows('SELECT commits FROM shared')[0][0]
        # Entries of older transactions of the same thread may have been deleted by later ones.
        step = sessions
        committed = dict(acknowledged)
        for id in set(new) - set(acknowledged):
            committed[id] = new[id]
        invented = len(committed) - len(acknowledged)
        require(invented <= sessions, f'{invented} transactions that nobody acknowledged, {sessions} were under way')
        for thread in range(sessions):
            own = sorted(id for id in committed if sessions == 1 or (id - first_id) % step == thread)
            row = self.threads if sessions == 1 else thread
            if own:
                require(progress[row] == own[-1], f'progress of {row} is {progress[row]}, not {own[-1]}')
                require(own == list(range(own[0], own[-1] + 1, step)), f'thread {row} has gaps: {own}')
            deleted = self.deleted_ids(own, sessions)
            for id in own:
                count = (3000 if ((id - first_id) // step) % 9 == 8 else 3) if sessions > 1 else 3
                wanted = 0 if id in deleted else count
                require(new.get(id, 0) == wanted, f'transaction {id} has {new.get(id, 0)} entries, not {wanted}')
                if wanted:
                    self.transactions[id] = wanted
        self.acknowledged += len(committed)
        require(shared == self.acknowledged, f'{shared} transactions counted, {self.acknowledged} committed')
        old = {id: count for id, count in found.items() if id < first_id}
        require(old == {id: c for id, c in self.transactions.items() if id < first_id}, 'older transactions changed')
        self.run_program('check', self.db)

    @staticmethod
    def deleted_ids(own, sessions):
        """Every fourth transaction of a writing thread deletes the one two before it."""
        return {own[i - 2] for i in range(3, len(own), 4)} if sessions > 1 else set()

    def round(self, number):
        first_id = number * IDS_PER_ROUND
        if number % 3 == 2:
            acknowledged, sessions = self.kill_program(first_id), 1
        else:
            acknowledged, sessions = self.kill_writer(first_id), self.threads
        self.verify(first_id, acknowledged, sessions)
        return len(acknowledged)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('kodiak')
    parser.add_argument('writer')
    parser.add_argument('--rounds', type=int, default=12)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='kodiak-kill-') as folder:
        loop = Loop(arguments, folder)
        for number in range(1, arguments.rounds + 1):
            try:
                loop.round(number)
            except Failed as failure:
                kept = os.path.join(tempfile.gettempdir(), f'kodiak-kill-{os.getpid()}.kodiak')
                os.rename(loop.db, kept)
                print(f'seed {arguments.seed}, round {number}: {failure}\nthe database is kept: {kept}')
                return 1
        print(f'{arguments.rounds} kills, {loop.acknowledged} transactions, none lost, none invented')
    return 0


if __name__ == '__main__':
    sys.exit(main())
