#!/usr/bin/env python3
"""Shows on small made-up trees that check_rooms.py lets good trees pass and refuses a breach of each law."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import check_rooms  # noqa: E402

GOOD = {
    'src/base/CMakeLists.txt': '# first\nkodiak_room(base\n  LINKS fmt::fmt\n  HEADERS ids/ids.hpp)\n',
    'src/base/ids/ids.hpp': '#pragma once\n#include <vector>\n',
    'src/base/ids/table.hpp': '#pragma once\n',
    'src/base/ids/ids_test.cpp': '#include "base/ids/table.hpp"\n',
    'src/storage/CMakeLists.txt': 'kodiak_room(storage MAY_USE base HEADERS store.hpp)\n',
    'src/storage/store.hpp': '#include "base/ids/ids.hpp"\n',
    'src/storage/hot/chunk.hpp': '#include "storage/store.hpp"\n',
    'src/storage/warm/segment.hpp': '#include <arrow/api.h>\n',
    'src/storage/cold/stripe.hpp': '#include <parquet/api/reader.h>\n',
    'src/storage/warm/segment_test.cpp': '#include "storage/hot/chunk.hpp"\n',
    'src/storage/wal/log.hpp': '#pragma once\n',
    'src/storage/tiering/move.cpp': '#include "storage/hot/chunk.hpp"\n#include "storage/warm/segment.hpp"\n',
    'src/timeline/CMakeLists.txt': 'kodiak_room(timeline MAY_USE base storage HEADERS log.hpp)\n',
    'src/timeline/log.hpp': '#include "storage/store.hpp"\n',
    'src/timeline/merkle/tree.hpp': '#include "base/ids/ids.hpp"\n',
    'src/timeline/merkle/tree_test.cpp': '#include "timeline/log.hpp"\n',
    'src/engine/CMakeLists.txt': 'kodiak_room(engine MAY_USE base storage timeline)\n',
    'src/engine/scan.cpp': '#include "duckdb/main/client_context.hpp"\n#include <duckdb.hpp>\n',
    'tests/crash/crash_test.cpp': '#include "storage/wal/log.hpp"\n',
}


class CheckRooms(unittest.TestCase):
    def complaints(self, files=None):
        """What the good tree with these files added or replaced is refused for."""
        files = {**GOOD, **(files or {})}
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                file = Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return check_rooms.check(Path(folder))[1]

    def refused(self, path, text, *words, line=1):
        """The file with this text is refused once, at that line, for a reason with all of the words."""
        complaints = self.complaints(files={path: text})
        self.assertEqual(len(complaints), 1, complaints)
        self.assertTrue(complaints[0].startswith(f'{path}:{line}: '), complaints)
        for word in words:
            self.assertIn(word, complaints[0])

    def test_a_good_tree_passes(self):
        self.assertEqual(self.complaints(), [])

    def test_a_cycle_is_refused(self):
        complaints = self.complaints(files={
            'src/base/CMakeLists.txt': 'kodiak_room(base MAY_USE timeline HEADERS ids/ids.hpp)\n'})
        self.assertTrue(any('law 1' in c and 'base -> timeline -> base' in c for c in complaints), complaints)

    def test_a_room_outside_may_use_is_refused(self):
        self.refused('src/storage/up.cpp', '\n#include "timeline/log.hpp"\n', 'law 2', 'storage may not use timeline',
                     line=2)

    def test_a_header_behind_the_front_door_is_refused(self):
        self.refused('src/storage/peek.cpp', '#include "base/ids/table.hpp"\n', 'law 3', 'base/ids/table.hpp')

    def test_a_test_beside_its_source_keeps_the_front_doors_of_others(self):
        self.refused('src/storage/peek_test.cpp', '#include "base/ids/table.hpp"\n', 'law 3')

    def test_the_tiers_do_not_see_each_other(self):
        header = {'hot': 'chunk', 'warm': 'segment', 'cold': 'stripe'}
        for own in header:
            for other in header.keys() - {own}:
                self.refused(f'src/storage/{own}/peek.cpp', f'#include "storage/{other}/{header[other]}.hpp"\n',
                             'law 4', f'storage/{own} may not include storage/{other}')

    def test_the_log_sees_no_tier(self):
        for other in ('hot/chunk', 'warm/segment', 'cold/stripe'):
            self.refused('src/storage/wal/peek.cpp', f'#include "storage/{other}.hpp"\n', 'law 4', 'storage/wal')

    def test_the_merkle_folder_sees_only_base(self):
        self.refused('src/timeline/merkle/peek.cpp', '#include "storage/store.hpp"\n', 'law 4', 'timeline/merkle')
        self.refused('src/timeline/merkle/peek.cpp', '#include "timeline/log.hpp"\n', 'law 4', 'timeline/merkle')

    def test_foreign_headers_keep_to_their_home(self):
        for include in ('"duckdb.hpp"', '<duckdb/common/types.hpp>', '<duckdb.h>'):
            self.refused('src/storage/foreign.cpp', f'#include {include}\n', 'law 5', 'DuckDB')
        self.refused('src/engine/foreign.cpp', '# include <llvm/IR/Module.h>\n', 'law 5', 'LLVM')
        self.refused('src/storage/hot/foreign.cpp', '#include <arrow/api.h>\n', 'law 5', 'Arrow')
        self.refused('src/timeline/foreign.cpp', '#include "orc/OrcFile.hh"\n', 'law 5', 'ORC')

    def test_tests_never_include_the_engine_library(self):
        self.refused('tests/sql/peek.cpp', '#include <duckdb.hpp>\n', 'law 5', 'DuckDB')

    def test_an_include_without_its_room_is_refused(self):
        self.refused('src/base/ids/short.cpp', '#include "ids.hpp"\n', 'law 6')

    def test_a_folder_of_sources_without_a_room_is_refused(self):
        complaints = self.complaints(files={'src/stray/stray.cpp': 'int x;\n'})
        self.assertEqual(len(complaints), 1)
        self.assertIn('src/stray', complaints[0])

    def test_lists_naming_nothing_are_refused(self):
        call = 'kodiak_room(engine MAY_USE base ghosts HEADERS gone.hpp)\n'
        complaints = self.complaints(files={'src/engine/CMakeLists.txt': call})
        self.assertEqual(len(complaints), 2, complaints)

    def test_a_second_call_or_another_name_is_refused(self):
        self.refused('src/engine/CMakeLists.txt', 'kodiak_room(engine)\nkodiak_room(motor)\n', 'exactly one')
        complaints = self.complaints(files={'src/engine/CMakeLists.txt': 'kodiak_room(motor MAY_USE base)\n'})
        self.assertEqual(len(complaints), 1, complaints)


if __name__ == '__main__':
    unittest.main()
