#!/usr/bin/env python3
"""The house rules that a program can check. Usage: tidy.py [tree]; exit 1 names file, line and rule.

Sizes of lines, functions, files; words and file names we do not use; the essay that opens each header; a README in each
room; headings and links of markdown; a reason beside each disabled test. What may differ, and why, stands in
tools/tidy_exceptions.txt, a list that may only shrink: an entry that is no longer needed is refused too.
"""
import os
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import check_rooms  # noqa: E402
from cpp_functions import functions  # noqa: E402

LINE_WIDTH = 120
HEADER_LINES = 400
SOURCE_LINES = 600
TEST_LINES = 900
FUNCTION_LINES = 70
FILE_BYTES = 200_000
FRONT_DOOR_ESSAY_LINES = 3

CODE = ('.cpp', '.hpp', '.py', '.sh', '.cmake')
TEXT = CODE + ('.md', '.txt', '.json', '.yml')
SKIPPED_FOLDERS = {'.git', '.deps', '.cache', '.venv', 'build', '__pycache__'}
# Unfinished work belongs in the issue tracker; the last word names where one wrote, not what one built.
BANNED_WORDS = re.compile(r'\b(TODO|FIXME|XXX|HACK|workplace)\b')
VAGUE_NAMES = re.compile(r'(^|_)(utils?|helpers?|common|managers?|handlers?)$', re.IGNORECASE)
DISABLED = re.compile(r'\bDISABLED_\w|\bGTEST_SKIP\b|\bDISABLED\s+(TRUE|ON|1)\b|^(skipif|onlyif)\s|^mode\s+skip\b')
# The files that must write these words to forbid them.
ABOUT_THE_RULES = {'tools/tidy.py', 'tools/tidy_test.py', 'CONTRIBUTING.md'}


class Exceptions:
    """tools/tidy_exceptions.txt: `path | what | limit | reason`.

    What is `file` (lines), `bytes`, `name` (of the file, limit 0) or a function's name (lines).
    """

    FILE = 'tools/tidy_exceptions.txt'

    def __init__(self, tree):
        self.limits, self.used, self.complaints = {}, set(), []
        file = tree / self.FILE
        for number, line in enumerate(file.read_text().split('\n') if file.is_file() else [], 1):
            if not line.strip() or line.startswith('#'):
                continue
            parts = [part.strip() for part in line.split('|')]
            if len(parts) != 4 or not parts[2].isdigit() or len(parts[3].split()) < 3:
                self.complaints.append(f'{self.FILE}:{number}: not `path | what | limit | reason in words`')
                continue
            self.limits[parts[0], parts[1]] = (int(parts[2]), number)

    def allows(self, path, what, size):
        """Whether the list lets `what` of `path` be this big."""
        limit, _ = self.limits.get((path, what), (-1, 0))
        if limit >= 0:
            self.used.add((path, what))
        return size <= limit

    def unused(self):
        """The ratchet: entries that nothing needs any more."""
        for key, (_, number) in self.limits.items():
            if key not in self.used:
                yield f'{self.FILE}:{number}: {key[0]} ({key[1]}) keeps the rule now; remove the entry'


def files_of(tree):
    """Every file of the tree that is ours, relative to it, sorted."""
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and not f.endswith('.kodiak'))
        for name in sorted(names):
            yield (Path(folder) / name).relative_to(tree).as_posix()


def is_code(path):
    return path.endswith(CODE) or Path(path).name in ('CMakeLists.txt', 'Makefile')


def lines_allowed(path):
    if path.startswith('tests/') or re.search(r'_(test|fuzz)\.\w+$', path):
        return TEST_LINES
    return HEADER_LINES if path.endswith('.hpp') else SOURCE_LINES


def check_sizes(path, text, exceptions):
    """Widths, file and function lengths of one code file."""
    lines = text.split('\n')
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_WIDTH:
            yield f'{path}:{number}: {len(line)} characters wide; {LINE_WIDTH} are allowed'
    count, allowed = len(lines) - 1, lines_allowed(path)
    if count > allowed and not exceptions.allows(path, 'file', count):
        yield f'{path}:{count}: {count} lines; {allowed} are allowed'
    if path.endswith(('.cpp', '.hpp')):
        for name, line, length in functions(text):
            if length > FUNCTION_LINES and not exceptions.allows(path, name, length):
                yield f'{path}:{line}: {name} has {length} lines; {FUNCTION_LINES} are allowed'


def check_words(path, text, exceptions):
    """Names and words we do not use."""
    if path.endswith(CODE) and VAGUE_NAMES.search(Path(path).stem) and not exceptions.allows(path, 'name', 0):
        yield f'{path}:1: the name says nothing; name what the file holds'
    if path.endswith(TEXT) and path not in ABOUT_THE_RULES:
        for number, line in enumerate(text.split('\n'), 1):
            match = BANNED_WORDS.search(line)
            if match:
                yield f'{path}:{number}: the word {match[1]}: finish it or write an issue'


def check_essay(path, text, is_front_door):
    """A header opens with #pragma once and a comment that is its contract."""
    lines = text.split('\n')
    if lines[0] != '#pragma once':
        yield f'{path}:1: a header begins with #pragma once'
        return
    rest = [line for line in lines[1:] if line.strip()]
    essay = 0
    while essay < len(rest) and rest[essay].startswith('//'):
        essay += 1
    wanted = FRONT_DOOR_ESSAY_LINES if is_front_door else 1
    if essay < wanted:
        kind = 'a front-door header' if is_front_door else 'a header'
        yield f'{path}:2: {kind} opens with a comment of at least {wanted} line(s) saying what, why and for whom'


def check_markdown(tree, path, text):
    """One first-level heading; every relative link leads to a file."""
    headings, fenced = 0, False
    for number, line in enumerate(text.split('\n'), 1):
        if line.lstrip().startswith('```'):
            fenced = not fenced
        if fenced:
            continue
        headings += line.startswith('# ')
        for link in re.findall(r'\]\(([^)\s]+)[^)]*\)', re.sub(r'`[^`]*`', '', line)):
            target = link.split('#')[0]
            if target and not re.match(r'\w+:', target) and not (tree / path).parent.joinpath(target).exists():
                yield f'{path}:{number}: the link to {link} leads nowhere'
    if headings != 1:
        yield f'{path}:1: {headings} first-level headings; a page has exactly one'


def check_disabled(path, text):
    """A test that does not run says why: a comment on its line or the line before (GTEST_SKIP() << "..." counts)."""
    lines = text.split('\n')
    for number, line in enumerate(lines, 1):
        if not DISABLED.search(line):
            continue
        before = lines[number - 2] if number > 1 else ''
        told = re.search(r'(#|//)\s*\S+\s+\S+', line) or re.match(r'\s*(#|//)\s*\S+\s+\S+', before)
        if not told and not re.search(r'GTEST_SKIP\(\)\s*<<', line):
            yield f'{path}:{number}: a disabled test names its reason in a comment beside it'


def check_rooms_have_pages(tree, rooms):
    for room in rooms.values():
        if not (tree / 'src' / room.name / 'README.md').is_file():
            yield f'src/{room.name}/README.md:1: missing; each room says what it is for and where to start reading'


def check_file(tree, path, front_doors, exceptions):
    """All rules that concern one file."""
    size = (tree / path).stat().st_size
    if size > FILE_BYTES and not exceptions.allows(path, 'bytes', size):
        yield f'{path}:1: {size} bytes; {FILE_BYTES} are allowed'
    if not (is_code(path) or path.endswith(TEXT + ('.test',))):
        return
    text = (tree / path).read_text(errors='replace')
    yield from check_words(path, text, exceptions)
    if is_code(path):
        yield from check_sizes(path, text, exceptions)
    if path.endswith('.hpp'):
        yield from check_essay(path, text, path in front_doors)
    if path.endswith('.md'):
        yield from check_markdown(tree, path, text)
    if path.endswith(('.cpp', '.test', '.cmake', 'CMakeLists.txt')):
        yield from check_disabled(path, text)


def check(tree):
    """All complaints about a tree, each `file:line: what`, and the number of files read."""
    rooms, complaints = check_rooms.read_rooms(tree)
    front_doors = {f'src/{header}' for room in rooms.values() for header in room.front_door}
    exceptions = Exceptions(tree)
    complaints += exceptions.complaints
    complaints += check_rooms_have_pages(tree, rooms)
    paths = list(files_of(tree))
    for path in paths:
        complaints += check_file(tree, path, front_doors, exceptions)
    complaints += exceptions.unused()
    return complaints, len(paths)


def main():
    tree = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    complaints, files = check(tree)
    for complaint in complaints:
        print(complaint)
    print(f'tidy: {files} files, {len(complaints)} complaints')
    return 1 if complaints else 0


if __name__ == '__main__':
    sys.exit(main())
