#!/usr/bin/env python3
"""Reads a warm file (docs/formats/warm_file.md) with pyarrow alone.

Usage: read_warm.py FILE [COLUMN]; prints JSON rows.

Shows that the data is open: a narrowed column is an Arrow extension `kodiak.for` whose values are
base[row // rows_per_chunk] + stored integer. Everything else is plain Arrow. Nested values, 16-byte kinds and BLOBs are
printed in hexadecimal.
"""
import json
import sys

import pyarrow
import pyarrow.ipc

FRAME = b'kodiak.for'


def bases_of(field):
    """Rows per chunk and one base per chunk; None for columns that are not narrowed."""
    metadata = field.metadata or {}
    if metadata.get(b'ARROW:extension:name') != FRAME:
        return None
    rows_per_chunk, bases = metadata[b'ARROW:extension:metadata'].decode().split(';')
    return int(rows_per_chunk), [int(base) for base in bases.split(',')]


def values_of(field, array):
    """The column's values as Python objects."""
    stored = array.to_pylist()
    frame = bases_of(field)
    if frame is None:
        return [value.hex() if isinstance(value, bytes) else value for value in stored]
    rows_per_chunk, bases = frame
    return [None if value is None else bases[row // rows_per_chunk] + value for row, value in enumerate(stored)]


def read_warm(path):
    """The file's columns by name: lists of values."""
    with pyarrow.memory_map(path) as source:
        batch = pyarrow.ipc.open_file(source).get_batch(0)
        return {field.name: values_of(field, column) for field, column in zip(batch.schema, batch.columns)}


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    columns = read_warm(arguments[1])
    if len(arguments) == 3:
        columns = {arguments[2]: columns[arguments[2]]}
    for row in zip(*columns.values()):
        print(json.dumps(dict(zip(columns, row))))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
