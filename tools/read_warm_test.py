#!/usr/bin/env python3
"""Reads tools/read_warm_sample.arrow, which Kodiak wrote, with read_warm.py; skipped where pyarrow is missing.

The sample has 2,050 rows: c1 BIGINT 1,000,000 + row (narrowed), NULL in every 7th row; c2 VARCHAR "name <row % 3>"
(dictionary); c3 DOUBLE row / 4; c4 VARCHAR "row <row>" (offsets).
"""
import importlib.util
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


@unittest.skipUnless(importlib.util.find_spec('pyarrow'), 'pyarrow is not installed')
class ReadWarm(unittest.TestCase):
    def test_columns_come_back_as_values(self):
        sys.path.insert(0, str(HERE))
        import read_warm
        columns = read_warm.read_warm(str(HERE / 'read_warm_sample.arrow'))
        rows = range(2050)
        self.assertEqual(columns['c1'], [None if row % 7 == 0 else 1_000_000 + row for row in rows])
        self.assertEqual(columns['c2'], [f'name {row % 3}' for row in rows])
        self.assertEqual(columns['c3'], [row / 4 for row in rows])
        self.assertEqual(columns['c4'], [f'row {row}' for row in rows])


if __name__ == '__main__':
    unittest.main()
