#!/usr/bin/env python3
"""Refuses includes that break the order of the rooms. Usage: check_rooms.py [tree]; exit 1 names file, line and law.

The order is what each src/<room>/CMakeLists.txt says in kodiak_room(<room> MAY_USE ... HEADERS ...). The laws:

  1. No cycle among the MAY_USE lists.
  2. A file includes only rooms that its room's MAY_USE names (and its own).
  3. From another room only the headers in that room's HEADERS, its front door.
  4. Inside storage, hot, warm and cold never include each other and wal includes none of them;
     timeline/merkle includes only base. Tests of the room are free of this one.
  5. Foreign headers have one home (FOREIGN_HOMES below), so that a port or a replacement touches one room.
  6. Own headers are named by their path from src/: #include "room/part/file.hpp".
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')

# What the include looks like, whose it is, the folders below src/ (or top folders) where it may stand.
FOREIGN_HOMES = [
    (re.compile(r'duckdb(\.h|\.hpp|_extension\.h|/)'), 'DuckDB', ('engine', 'benchmarks')),
    (re.compile(r'llvm(-c)?/'), 'LLVM', ('language/jit',)),
    (re.compile(r'sodium(\.h|/)'), 'libsodium', ('timeline', 'security')),
    # The C data interface is a plain struct layout that Arrow invites others to carry.
    (re.compile(r'arrow/c/'), 'the Arrow C data interface',
     ('base/bytes', 'engine', 'storage/warm', 'storage/cold', 'lake', 'benchmarks')),
    (re.compile(r'(arrow|parquet|orc)/'), 'Arrow, Parquet and ORC',
     ('storage/warm', 'storage/cold', 'lake', 'benchmarks')),
]

# Inside one room: a file below the first folder may not include anything below the others.
APART = [
    ('storage/hot', ('storage/warm', 'storage/cold')),
    ('storage/warm', ('storage/hot', 'storage/cold')),
    ('storage/cold', ('storage/hot', 'storage/warm')),
    ('storage/wal', ('storage/hot', 'storage/warm', 'storage/cold')),
]

# A folder that sees less than its room does: only these rooms, and itself.
NARROWER = [('timeline/merkle', ('base',))]


class Room:
    """One kodiak_room() call: where it stands, which rooms it may use, its front-door headers (below src/)."""

    def __init__(self, name, file, line, arguments):
        self.name, self.file, self.line = name, file, line
        self.may_use = arguments.get('MAY_USE', [])
        self.front_door = [f'{name}/{header}' for header in arguments.get('HEADERS', [])]


def below(path, folder):
    """Whether `path` is `folder` or lies in it; both are slash-separated, relative to src/ (or the tree)."""
    return path == folder or path.startswith(folder + '/')


def read_rooms(tree):
    """The rooms of a tree by name, and complaints about calls that cannot be read."""
    rooms, complaints = {}, []
    for file in sorted((tree / 'src').glob('*/CMakeLists.txt')):
        where = file.relative_to(tree).as_posix()
        text = re.sub(r'#[^\n]*', '', file.read_text())
        calls = list(re.finditer(r'\bkodiak_room\s*\(([^)]*)\)', text))
        if len(calls) != 1:
            complaints.append(f'{where}:1: a room has exactly one kodiak_room() call, this one has {len(calls)}')
            continue
        line = text.count('\n', 0, calls[0].start()) + 1
        words = calls[0].group(1).split()
        arguments, key = {}, 'NAME'
        for word in words:
            if word in ('MAY_USE', 'LINKS', 'HEADERS', 'PRECOMPILED', 'APART'):
                key = word
            else:
                arguments.setdefault(key, []).append(word)
        name = file.parent.name
        if arguments.get('NAME') != [name]:
            complaints.append(f"{where}:{line}: kodiak_room() names {arguments.get('NAME')}, the folder is {name}")
        rooms[name] = Room(name, where, line, arguments)
    return rooms, complaints


def check_lists(tree, rooms):
    """The lists themselves: known names, existing headers, every folder a room."""
    for room in rooms.values():
        for used in room.may_use:
            if used not in rooms:
                yield f'{room.file}:{room.line}: MAY_USE names {used}, which is no room'
        for header in room.front_door:
            if not (tree / 'src' / header).is_file():
                yield f'{room.file}:{room.line}: HEADERS names src/{header}, which does not exist'
    for folder in sorted((tree / 'src').iterdir()):
        if folder.is_dir() and not (folder / 'CMakeLists.txt').is_file() and any(folder.rglob('*.cpp')):
            yield f'src/{folder.name}: has source files but no CMakeLists.txt with a kodiak_room() call'


def check_cycles(rooms):
    """Law 1. Each cycle is named once, at the room where it was found."""
    finished = set()

    def visit(name, path):
        if name in path:
            cycle = path[path.index(name):] + [name]
            yield f'{rooms[name].file}:{rooms[name].line}: law 1: a cycle of rooms: {" -> ".join(cycle)}'
        elif name in rooms and name not in finished:
            for used in rooms[name].may_use:
                yield from visit(used, path + [name])
            finished.add(name)

    for name in rooms:
        yield from visit(name, [])


def check_own(place, included, rooms):
    """Laws 2, 3, 4 and 6 for one include of our own in the file `place` (relative to src/)."""
    room, target = place.split('/')[0], included.split('/')[0]
    if target not in rooms or '/' not in included:
        yield f'law 6: "{included}" does not start with a room; name own headers by their path from src/'
        return
    if target != room:
        if target not in rooms[room].may_use:
            yield f'law 2: {room} may not use {target} (its MAY_USE: {" ".join(rooms[room].may_use) or "nothing"})'
        elif included not in rooms[target].front_door:
            yield f'law 3: "{included}" is not in the front door (HEADERS) of {target}'
    if place.endswith('_test.cpp'):
        return
    for folder, others in APART:
        for other in others:
            if below(place, folder) and below(included, other):
                yield f'law 4: {folder} may not include {other}'
    for folder, allowed in NARROWER:
        if below(place, folder) and not below(included, folder) and target not in allowed:
            yield f'law 4: {folder} may include only {" ".join(allowed)} and itself, not {target}'


def check_foreign(place, included):
    """Law 5. `place` is relative to src/, or to the tree for files outside src/."""
    for pattern, owner, homes in FOREIGN_HOMES:
        if pattern.match(included):
            if not any(below(place, home) for home in homes):
                yield f'law 5: headers of {owner} belong in {", ".join(homes)}'
            return


def check_includes(tree, rooms):
    """Every include line below src/, tests/ and benchmarks/; the last two are no rooms and keep only law 5."""
    for top in ('src', 'tests', 'benchmarks'):
        for file in sorted((tree / top).rglob('*')):
            if file.suffix not in ('.hpp', '.cpp', '.h', '.inc'):
                continue
            where = file.relative_to(tree).as_posix()
            place = where[len('src/'):] if top == 'src' else where
            for number, line in enumerate(file.read_text(errors='replace').split('\n'), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                complaints = list(check_foreign(place, match[2]))
                own = match[1] == '"' and not any(pattern.match(match[2]) for pattern, _, _ in FOREIGN_HOMES)
                if own and top == 'src' and place.split('/')[0] in rooms:
                    complaints += check_own(place, match[2], rooms)
                for complaint in complaints:
                    yield f'{where}:{number}: {complaint}'


def check(tree):
    """All complaints about a tree, each `file:line: what`."""
    rooms, complaints = read_rooms(tree)
    complaints += check_lists(tree, rooms)
    complaints += check_cycles(rooms)
    complaints += check_includes(tree, rooms)
    return rooms, complaints


def main():
    tree = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    rooms, complaints = check(tree)
    for complaint in complaints:
        print(complaint)
    print(f'check_rooms: {len(rooms)} rooms, {len(complaints)} complaints')
    return 1 if complaints or not rooms else 0


if __name__ == '__main__':
    sys.exit(main())
