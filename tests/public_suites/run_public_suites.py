#!/usr/bin/env python3
"""Runs the public sqllogictest suites, which are not part of this repository, and prints the table of results.

Usage: run_public_suites.py SLT [--duckdb FOLDER] [--sqlite FOLDER] [--native] [--slow] [--jobs N] [--only TEXT]
                            [--scratch FOLDER] [--differences FILE]

FOLDER is a checkout of github.com/duckdb/duckdb (tag v1.5.5) or of a mirror of SQLite's sqllogictest. The selection is
in SELECTIONS below: whole folders, no file picked by hand. Each file runs in a process of its own, so that a crash
counts for one file. A failure must stand in differences.txt with its reason, and what stands there must fail: else the
exit code is 1. With --native the same files run on DuckDB's own tables, to compare; nothing is expected there.
"""
import argparse
import collections
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

SELECTIONS = {
    'duckdb': ['test/common', 'test/fuzzer', 'test/issues', 'test/optimizer', 'test/planner', 'test/sql'],
    'sqlite': ['test/select1.test', 'test/select2.test', 'test/select3.test', 'test/evidence/in1.test',
               'test/evidence/slt_lang_aggfunc.test', 'test/evidence/slt_lang_update.test'],
}
FLAGS = {
    # DuckDB's files expect DuckDB's words in errors; what matters is that there is an error, and not an internal one.
    'duckdb': ['--any-error-text', '--database-name', 'own'],
    'sqlite': ['--any-error-text', '--sqlite'],
}
SECONDS_PER_FILE = 600


class Outcome:
    def __init__(self, file, verdict, records, reason):
        self.file, self.verdict, self.records, self.reason = file, verdict, records, reason


def files_of(root, places, endings):
    files = []
    for place in places:
        full = os.path.join(root, place)
        if os.path.isfile(full):
            files.append(place)
            continue
        for folder, _, names in os.walk(full):
            files += [os.path.relpath(os.path.join(folder, name), root) for name in names if name.endswith(endings)]
    return sorted(files)


def run_file(arguments, suite, root, file):
    scratch = tempfile.mkdtemp(dir=arguments.scratch)
    table = os.path.join(scratch, 'table.tsv')
    command = [arguments.slt, '--database-dir', scratch, '--working-dir', root, '--table', table, *FLAGS[suite]]
    command += (['--native'] if arguments.native else []) + [file]
    try:
        done = subprocess.run(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=SECONDS_PER_FILE, check=False)
        with open(table, encoding='utf-8', errors='replace') as lines:
            rows = [line.rstrip('\n').split('\t') for line in lines][1:]
        if len(rows) == 1:
            verdict, _, records, _, reason = (rows[0] + [''])[:5]
            return Outcome(file, verdict, int(records), reason)
        return Outcome(file, 'CRASHED', 0, f'exit code {done.returncode}')
    except subprocess.TimeoutExpired:
        return Outcome(file, 'FAILED', 0, f'not done after {SECONDS_PER_FILE} s')
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def read_differences(path):
    """file -> reason, from sections `[reason]` with one file a line."""
    reasons, reason = {}, ''
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            line = line.strip()
            if line.startswith('['):
                reason = line[1:-1]
            elif line and not line.startswith('#'):
                reasons[line] = reason
    return reasons


def skip_reason(reason):
    """Skips of one kind in one row of the table."""
    reason = re.sub(r' needs what is not there.*', ' of an extension that is not there', reason)
    return re.sub(r'^(query|statement) \S+', 'query', reason)


def print_counts(title, counts):
    if counts:
        print(f'\n| {title} | files |\n|---|---|')
        for text, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            print(f'| {text} | {count} |')


def report(suite, outcomes, differences, native):
    totals = collections.Counter(outcome.verdict for outcome in outcomes)
    records = sum(outcome.records for outcome in outcomes)
    print(f'\n## {suite}{" on native tables" if native else ""}\n')
    print(f'{len(outcomes)} files, {records} records: {totals["passed"]} passed, {totals["skipped"]} skipped, '
          f'{totals["FAILED"]} failed, {totals["CRASHED"]} crashed.')
    print_counts('skipped because of', collections.Counter(
        skip_reason(outcome.reason) for outcome in outcomes if outcome.verdict == 'skipped'))
    bad = [outcome for outcome in outcomes if outcome.verdict in ('FAILED', 'CRASHED')]
    if native:
        return 0
    print_counts('failed because of', collections.Counter(
        differences.get(outcome.file, 'NO REASON GIVEN') for outcome in bad))
    surprises = [f'{outcome.file}: {outcome.reason}' for outcome in bad
                 if outcome.file not in differences or outcome.verdict == 'CRASHED']
    surprises += [f'{outcome.file}: passes, but stands in the list of differences' for outcome in outcomes
                  if outcome.verdict == 'passed' and outcome.file in differences]
    for line in surprises:
        print(line, file=sys.stderr)
    return len(surprises)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('slt')
    parser.add_argument('--duckdb')
    parser.add_argument('--sqlite')
    parser.add_argument('--native', action='store_true')
    parser.add_argument('--slow', action='store_true', help='the files *.test_slow instead of *.test')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--only', default='', help='files whose path contains this')
    parser.add_argument('--scratch', default=None)
    parser.add_argument('--differences', default=os.path.join(os.path.dirname(__file__), 'differences.txt'))
    arguments = parser.parse_args()
    arguments.slt = os.path.abspath(arguments.slt)
    differences = read_differences(arguments.differences)
    surprises = 0
    for suite in ('duckdb', 'sqlite'):
        root = getattr(arguments, suite)
        if not root:
            continue
        root = os.path.abspath(root)
        files = files_of(root, SELECTIONS[suite], ('.test_slow',) if arguments.slow else ('.test',))
        files = [file for file in files if arguments.only in file]
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            outcomes = list(pool.map(lambda file, s=suite, r=root: run_file(arguments, s, r, file), files))
        surprises += report(suite, outcomes, differences, arguments.native)
    return 1 if surprises else 0


if __name__ == '__main__':
    sys.exit(main())
