#!/usr/bin/env python3
"""What size costs: many tables, wide tables, opening, recovery, memory of a large import.

Usage: scale_benchmark.py PATH-TO-KODIAK FOLDER [--import-gb N] [--only NAME]. Prints CPU and wall seconds of whole
processes (start to exit), so each figure holds the start of the program as well ("nothing" tells how much). FOLDER is
emptied of what the runs leave.
"""
import argparse
import os
import resource
import shutil
import signal
import subprocess
import threading
import time

ROWS_PER_GB = 8_000_000  # rows of the import's table, about 125 bytes of CSV each


class Runs:
    def __init__(self, kodiak, folder):
        self.kodiak = kodiak
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def fresh(self, name):
        shutil.rmtree(self.path(name), ignore_errors=True)
        return self.path(name)

    def sql(self, database, script, label=None):
        """Runs a script; prints and returns (cpu, wall) seconds."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run([self.kodiak, 'sql', database, '--format', 'csv'], input=script.encode(),
                              capture_output=True, check=False)
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise SystemExit(f'{label}: {done.stderr.decode()}')
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if label:
            print(f'{label:52} {cpu:8.3f} s CPU {wall:8.3f} s wall', flush=True)
        return cpu, wall


def bytes_below(folder):
    return sum(os.path.getsize(os.path.join(root, name)) for root, _, names in os.walk(folder) for name in names)


def many_tables(runs):
    database = runs.fresh('tables.kodiak')
    runs.sql(database, 'SELECT 1', 'nothing: start, open an empty database, exit')
    create = ''.join(f'CREATE TABLE t{i} (id INTEGER PRIMARY KEY, a VARCHAR, b DOUBLE);' for i in range(1000))
    runs.sql(database, 'BEGIN;' + create + 'COMMIT;', 'create 1,000 tables in one transaction')
    runs.sql(database, 'SELECT 1', 'open with 1,000 tables')
    runs.sql(database, ''.join(f"INSERT INTO t{i} VALUES (1, 'x', 0.5);" for i in range(1000)),
             'insert a row into each, 1,000 commits')
    runs.sql(database, 'SELECT count(*) FROM t999; CHECKPOINT', 'count one, checkpoint all')
    runs.sql(database, 'SELECT 1', 'open with 1,000 tables of one row')
    print(f'{"bytes on disk":52} {bytes_below(database):,}')


def wide_table(runs):
    database = runs.fresh('wide.kodiak')
    columns = ', '.join(f'c{i} INTEGER' for i in range(1000))
    runs.sql(database, f'CREATE TABLE w ({columns})', 'create a table of 1,000 columns')
    values = ', '.join(f'(i + {i}) % 1000' for i in range(1000))
    runs.sql(database, f'INSERT INTO w SELECT {values} FROM range(100000) r(i); CHECKPOINT;',
             'load 100,000 rows of 1,000 columns, checkpoint')
    runs.sql(database, 'SELECT sum(c0), max(c999) FROM w', 'aggregate two of its columns')
    runs.sql(database, 'SELECT * FROM w WHERE c500 = 77 LIMIT 10', 'find ten whole rows')
    print(f'{"bytes on disk":52} {bytes_below(database):,}')


def opening(runs):
    database = runs.fresh('open.kodiak')
    load = ('CREATE TABLE IF NOT EXISTS b AS SELECT i AS id, hash(i) AS h, hash(i + 1) AS k, random() AS r, '
            "'name ' || hash(i + 2) AS s FROM range(22000000) r(i);")
    runs.sql(database, load, 'load 22M rows')
    runs.sql(database, 'CHECKPOINT')
    print(f'{"bytes on disk":52} {bytes_below(database):,}')
    runs.sql(database, 'SELECT 1', 'open it')
    runs.sql(database, 'SELECT count(*) FROM b', 'open it and count')


def recovery(runs):
    database = runs.fresh('recovery.kodiak')
    runs.sql(database, 'CREATE TABLE t (id BIGINT, a INTEGER, s VARCHAR, d DOUBLE)')
    writer = subprocess.Popen([runs.kodiak, 'sql', database], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    # Below 64 MiB of log no checkpoint starts by itself.
    for i in range(95):
        writer.stdin.write(f"INSERT INTO t SELECT i, i % 1000, 'text ' || i, i / 3 FROM range({i * 10000}, "
                           f'{(i + 1) * 10000}) r(i);\n'.encode())
        writer.stdin.flush()
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    log_bytes = sum(os.path.getsize(os.path.join(root, name)) for root, _, names in os.walk(database)
                    for name in names if name.endswith('.log') or 'wal' in root)
    cpu, wall = runs.sql(database, 'SELECT count(*) FROM t', 'open after SIGKILL: recover 950,000 rows of 95 commits')
    print(f'{"bytes of log (preallocated space counted)":52} {log_bytes:,}')
    print(f'{"rows a second of CPU":52} {950_000 / cpu:,.0f}; wall {wall:.3f} s')


class PeakMemory(threading.Thread):
    """Watches anonymous and file-backed memory of a process until it ends."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process = process
        self.anonymous = self.mapped = 0

    def run(self):
        while self.process.poll() is None:
            try:
                with open(f'/proc/{self.process.pid}/status', encoding='ascii') as status:
                    fields = dict(line.split(':', 1) for line in status if line.startswith('Rss'))
            except (OSError, ValueError):
                return
            self.anonymous = max(self.anonymous, int(fields.get('RssAnon', '0 kB').split()[0]))
            self.mapped = max(self.mapped, int(fields.get('RssFile', '0 kB').split()[0]))
            time.sleep(0.05)


def large_import(runs, gigabytes):
    csv = runs.path('import.csv')
    rows = ROWS_PER_GB * gigabytes
    runs.sql(runs.fresh('source.kodiak'),
             "COPY (SELECT i AS id, hash(i) AS h, i % 1000 AS a, random() AS r, 'customer number ' || i AS name, "
             f"md5(i::VARCHAR) AS m FROM range({rows}) r(i)) TO '{csv}' (HEADER)", f'write {gigabytes} GB of CSV')
    print(f'{"bytes of CSV":52} {os.path.getsize(csv):,}')
    for limit in ('', '1GB'):
        database = runs.fresh('import.kodiak')
        script = f"SET memory_limit = '{limit}';" if limit else ''
        script += f"CREATE TABLE t AS FROM read_csv('{csv}');"
        start = time.perf_counter()
        with subprocess.Popen([runs.kodiak, 'sql', database], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL) as process:
            watch = PeakMemory(process)
            watch.start()
            process.communicate(script.encode())
            watch.join()
        print(f'import with memory_limit {limit or "as it is":10} {time.perf_counter() - start:8.1f} s wall; peak '
              f'anonymous {watch.anonymous / 1024:,.0f} MiB, mapped files {watch.mapped / 1024:,.0f} MiB', flush=True)
        print(f'{"bytes on disk":52} {bytes_below(database):,}')
        runs.fresh('import.kodiak')
    os.remove(csv)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('kodiak')
    parser.add_argument('folder')
    parser.add_argument('--import-gb', type=int, default=10)
    parser.add_argument('--only')
    options = parser.parse_args()
    runs = Runs(os.path.abspath(options.kodiak), options.folder)
    parts = {'tables': many_tables, 'wide': wide_table, 'open': opening, 'recovery': recovery,
             'import': lambda one: large_import(one, options.import_gb)}
    for name, part in parts.items():
        if options.only in (None, name):
            print(f'-- {name}; load average {os.getloadavg()[0]:.1f}', flush=True)
            part(runs)
    for name in parts:
        for folder in (name, 'source'):
            shutil.rmtree(runs.path(folder + '.kodiak'), ignore_errors=True)


if __name__ == '__main__':
    main()
