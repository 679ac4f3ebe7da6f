#!/usr/bin/env python3
"""Checks a Kodiak proof file with Python's standard library alone.

Usage: kodiak_verify.py FILE [--head ID] [--key KEY]; exit 0 when everything holds, 1 when not, 2 for wrong usage.

Written from docs/formats/proof.md, merkle.md and history_tree.md, and from nothing else: a second opinion beside
kodiak-verify. ID is the id of a tree head that you trust, KEY the Ed25519 key that must have signed the proof's head.
"""
import hashlib
import json
import struct
import sys


class Refused(Exception):
    """The proof does not hold; the text says what."""


def demand(holds, what):
    if not holds:
        raise Refused(what)


def sha256(*parts):
    return hashlib.sha256(b''.join(parts)).digest()


def node(left, right):
    return sha256(b'\x01', left, right)


# --- the text: one spelling

HEAD, COMMIT = ('origin', 'size', 'root', 'id'), ('seq', 'branch', 'record', 'path')
CONTENT = ('commit', 'header', 'salt', 'row', 'sides', 'path')
ERASED = ('commit', 'header', 'commitment', 'sides', 'path')


def members(value, *allowed):
    """`value` is an object with exactly one of the allowed lists of members, in that order."""
    demand(isinstance(value, dict) and tuple(value) in allowed, f'its members are not {" or ".join(map(str, allowed))}')
    return value


def number(value, limit=2**64):
    demand(type(value) is int and 0 <= value < limit, f'{value!r} is not a number below {limit}')
    return value


def raw(value, size=None):
    """The bytes of a hexadecimal string."""
    demand(isinstance(value, str) and len(value) % 2 == 0 and set(value) <= set('0123456789abcdef'),
           'a string is not lower-case hexadecimal')
    data = bytes.fromhex(value)
    demand(size is None or len(data) == size, f'{len(data)} bytes where {size} belong')
    return data


def array(value, limit):
    demand(isinstance(value, list) and len(value) <= limit, f'not an array of at most {limit} entries')
    return value


def path_of(value):
    return [raw(entry, 32) for entry in array(value, 128)]


def read(text):
    try:
        proof = json.loads(text.decode('utf-8'))
    except (ValueError, RecursionError) as problem:
        raise Refused(f'it is not JSON: {problem}') from problem
    names = ('kodiak_proof', 'head', 'commits', 'rows')
    plain = names, names[:2] + ('older',) + names[2:]
    members(proof, *plain, *(one + ('changes',) for one in plain))
    demand(type(proof['kodiak_proof']) is int and proof['kodiak_proof'] == 1, 'its format is not 1')
    # Numbers and strings that these rules let pass have one spelling, so writing it again gives the same text.
    spelled = json.dumps(proof, separators=(',', ':'), ensure_ascii=False) + '\n'
    demand(spelled.encode('utf-8', 'surrogatepass') == text, 'it is not spelled as a proof is')
    return proof


# --- Ed25519 (RFC 8032, section 6)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    """Points as (X, Y, Z, T), section 5.1.4."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def point_of(data):
    """Section 5.1.3; None for bytes that are no point."""
    y, sign = int.from_bytes(data, 'little') & (2**255 - 1), data[31] >> 7
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of(bytes.fromhex('58' + '66' * 31))


def signature_holds(key, message, signature):
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], 'little')
    if a is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), 'little') % ORDER
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- trees (RFC 9162, sections 2.1.3.2 and 2.1.4.2)

def climb(index, last, path, step):
    """Walks `path` from leaf `index` of a tree whose last leaf is `last`; calls step(entry, entry is left)."""
    for entry in path:
        demand(last != 0, 'a path is too long')
        left = index & 1 == 1 or index == last
        step(entry, left)
        while left and index & 1 == 0 and index != 0:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    demand(last == 0, 'a path is too short')


def check_inclusion(leaf, index, size, path, root):
    demand(index < size, 'a commit is not in the tree')
    top = [leaf]

    def step(entry, left):
        top[0] = node(entry, top[0]) if left else node(top[0], entry)

    climb(index, size - 1, path, step)
    demand(top[0] == root, 'a path leads to another root')


def check_consistency(old_size, old_root, size, root, path):
    demand(old_size <= size, 'the older head is larger')
    if old_size in (0, size):
        demand(not path, 'a path is too long')
        demand(old_root == (root if old_size else sha256()), 'the older root is not that of its size')
        demand(size or root == sha256(), 'the root is not that of its size')
        return
    if old_size & (old_size - 1) == 0:
        path = [old_root] + path
    demand(path, 'a path is too short')
    index, last = old_size - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old, new = [path[0]], [path[0]]

    def step(entry, left):
        if left:
            old[0] = node(entry, old[0])
        new[0] = node(entry, new[0]) if left else node(new[0], entry)

    climb(index, last, path[1:], step)
    demand(old[0] == old_root and new[0] == root, 'a path leads to other roots')


# --- records

def changes_root(record):
    """Reads a commit record; returns its root of kind 1, version 1, or None."""
    at = 0

    def take(count):
        nonlocal at
        demand(at + count <= len(record), 'a record ends too early')
        at += count
        return record[at - count:at]

    def varint():
        value, shift = 0, 0
        while True:
            byte = take(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                demand(value < 2**64 and (byte or shift == 7), 'a number in a record is spelled too long')
                return value
            demand(shift < 70, 'a number in a record is too long')

    def rising(entries, what):
        demand(all(a < b for a, b in zip(entries, entries[1:])), f'the {what} of a record do not rise')
        return entries

    demand(take(2) == b'\x01\x00', 'the format of a record is not 1')
    parents = [take(32) for _ in range(varint())]
    demand(len(set(parents)) == len(parents), 'a record names a parent twice')
    take(varint())       # branch
    take(8 + 16)         # timestamp, id
    take(varint())       # author
    take(varint())       # message
    rising([(take(varint()), take(varint()))[0] for _ in range(varint())], 'metadata')
    roots = [(take(1)[0], take(1)[0], take(32)) for _ in range(varint())]
    rising([root[:2] for root in roots], 'roots')
    demand(all(root[0] for root in roots) and at == len(record), 'a record has bytes that do not belong to it')
    return next((root[2] for root in roots if root[:2] == (1, 1)), None)


# --- the rules of the page

def check_head(head):
    """Rule 1 without trust; returns origin, size, root, id, key."""
    members(head, HEAD, HEAD + ('signature',))
    origin, size, root = raw(head['origin'], 8), number(head['size']), raw(head['root'], 32)
    message = b'kodiak head v1\0' + origin[::-1] + struct.pack('<Q', size) + root
    demand(raw(head['id'], 32) == sha256(message), "a head's id is not its own")
    key = None
    if 'signature' in head:
        signature = members(head['signature'], ('key', 'value'))
        key = raw(signature['key'], 32)
        demand(signature_holds(key, message, raw(signature['value'], 64)), "a head's signature is not by its key")
    return origin, size, root, raw(head['id']), key


def check_row(row, roots):
    members(row, CONTENT, ERASED)
    header = raw(row['header'], 29)
    demand(header[0] in (1, 2, 3), 'a row has an unknown operation')
    erased = 'commitment' in row
    commitment = raw(row['commitment'], 32) if erased else sha256(b'\x02', raw(row['salt'], 16), raw(row['row']))
    hashed, path, sides = sha256(b'\x00', header, commitment), path_of(row['path']), row['sides']
    demand(isinstance(sides, str) and set(sides) <= {'L', 'R'} and len(sides) == len(path) <= 64, 'wrong sides')
    for side, entry in zip(sides, path):
        hashed = node(entry, hashed) if side == 'L' else node(hashed, entry)
    demand(roots.get(number(row['commit'])) == hashed, 'a row leads to another changes root')


def neighbours(left, right):
    """Whether two leaves with these sides lie side by side in one tree."""
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    return left[-1:] == 'R' and right[-1:] == 'L' and 'R' not in left[:-1] and 'L' not in right[:-1]


def check_changes(changes, rows, roots, head):
    """Rule 5; `rows` and `roots` hold by themselves."""
    members(changes, ('table', 'after', 'upto', 'id'))
    table, after, upto = number(changes['table']), number(changes['after']), number(changes['upto'])
    stated = sha256(b'kodiak changes v1\0', struct.pack('<QQQ', table, after, upto), head)
    demand(raw(changes['id'], 32) == stated, 'the id of the changes is not their own')
    demand(after < upto and list(roots) == list(range(after + 1, upto + 1)), 'the commits are not those of the range')
    groups = {seq: [] for seq in roots}
    for row in rows:
        groups[row['commit']].append(row)
    demand([row for group in groups.values() for row in group] == rows, 'the rows are not in the order of the commits')
    for seq, group in groups.items():
        demand(group or roots[seq] == sha256(), 'the rows of a commit are missing')
        of = [struct.unpack('<Q', raw(row['header'])[1:9])[0] for row in group]
        for i, (row, one) in enumerate(zip(group, of)):
            beside = (i == 0 and one < table) or (i + 1 == len(group) and one > table)
            demand(one == table or (beside and 'commitment' in row), 'a row is of another table')
            demand(i == 0 or neighbours(group[i - 1]['sides'], row['sides']), 'rows between two rows are missing')
        demand(not group or of[0] < table or 'L' not in group[0]['sides'], 'rows before the first one are missing')
        demand(not group or of[-1] > table or 'R' not in group[-1]['sides'], 'rows behind the last one are missing')


def verify(text, trusted_head=None, trusted_key=None):
    """Raises Refused unless everything that the bytes `text` say holds."""
    proof = read(text)
    origin, size, root, identity, key = check_head(proof['head'])
    demand(trusted_key is None or key == trusted_key, 'its head is not signed by the trusted key')
    covered = size if trusted_head in (None, identity) else None
    if 'older' in proof:
        older = members(proof['older'], ('head', 'path'))
        old_origin, old_size, old_root, old_identity, _ = check_head(older['head'])
        demand(old_origin == origin, 'the older head is of another database')
        check_consistency(old_size, old_root, size, root, path_of(older['path']))
        covered = old_size if covered is None and trusted_head == old_identity else covered
    demand(covered is not None, 'it is not under the trusted head')
    roots, last = {}, 0
    for commit in array(proof['commits'], 65536):
        members(commit, COMMIT)
        seq, branch, record = number(commit['seq']), number(commit['branch'], 2**16), raw(commit['record'])
        demand(last < seq <= covered, 'a commit is out of order or younger than the trusted head')
        last, roots[seq] = seq, changes_root(record)
        leaf = sha256(b'\x00', struct.pack('<QH', seq, branch), sha256(b'kodiak commit v1\0', record))
        check_inclusion(leaf, seq - 1, size, path_of(commit['path']), root)
    demand(roots or 'older' in proof, 'it proves nothing')
    for row in array(proof['rows'], 65536):
        check_row(row, roots)
    if 'changes' in proof:
        check_changes(proof['changes'], proof['rows'], roots, identity)
    return identity.hex(), size


def main(arguments):
    options = {'--head': None, '--key': None}
    files = []
    try:
        while arguments:
            argument = arguments.pop(0)
            if argument in options:
                options[argument] = raw(arguments.pop(0), 32)
            else:
                files.append(argument)
        demand(len(files) == 1 and not files[0].startswith('-'), 'name one file')
    except (Refused, IndexError) as problem:
        print(f'{problem}\n\n{__doc__}', file=sys.stderr)
        return 2
    try:
        with open(files[0], 'rb') as file:
            identity, size = verify(file.read(), options['--head'], options['--key'])
    except (Refused, OSError) as problem:
        print(f'kodiak_verify: {files[0]}: {problem}', file=sys.stderr)
        return 1
    print(f'the proof holds\nhead {identity}, {size} commits')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
