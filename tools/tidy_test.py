#!/usr/bin/env python3
"""Shows on small made-up trees that tidy.py lets good trees pass and refuses a breach of each rule."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import tidy  # noqa: E402
from cpp_functions import functions  # noqa: E402

ESSAY = '#pragma once\n\n// Ids: what\n// why\n// how\n\n'
GOOD = {
    'README.md': '# Tree\n\n[rooms](src/base/README.md#rooms) [web](https://example.org) `[x](y)`\n\n'
                 '```\n# shell\n```\n',
    'src/base/CMakeLists.txt': 'kodiak_room(base HEADERS ids.hpp)\n',
    'src/base/README.md': '# base\n',
    'src/base/ids.hpp': ESSAY + 'int next();\n',
    'src/base/ids.cpp': '#include "base/ids.hpp"\n\nint next() {\n    return 1;\n}\n',
    'build/release/junk.hpp': 'TODO\n',
}


def function_of(lines):
    return 'void long_one() {\n' + '    step();\n' * lines + '}\n'


class Tidy(unittest.TestCase):
    def complaints(self, files=None):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**GOOD, **(files or {})}.items():
                file = Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                if text is not None:
                    file.write_text(text)
            return tidy.check(Path(folder))[0]

    def refused(self, path, text, *words, line=1):
        """The file with this text is refused once, at that line, for a reason with all of the words."""
        complaints = self.complaints({path: text})
        self.assertEqual(len(complaints), 1, complaints)
        self.assertTrue(complaints[0].startswith(f'{path}:{line}: '), complaints)
        for word in words:
            self.assertIn(word, complaints[0])

    def test_a_good_tree_passes(self):
        self.assertEqual(self.complaints(), [])

    def test_a_wide_line_is_refused(self):
        self.assertEqual(self.complaints({'src/base/a.cpp': '//' + 'x' * 118 + '\n'}), [])
        self.refused('src/base/a.cpp', '\n//' + 'x' * 119 + '\n', '121 characters', line=2)

    def test_long_files_are_refused_by_kind(self):
        for path, limit in (('src/base/a.cpp', 600), ('src/base/a_test.cpp', 900), ('tests/crash/a.cpp', 900)):
            self.assertEqual(self.complaints({path: '\n' * limit}), [])
            self.refused(path, '\n' * (limit + 1), f'{limit} are allowed', line=limit + 1)
        self.assertEqual(self.complaints({'src/base/a.hpp': ESSAY + '\n' * 394}), [])
        self.refused('src/base/a.hpp', ESSAY + '\n' * 395, '400 are allowed', line=401)

    def test_a_long_function_is_refused(self):
        self.assertEqual(self.complaints({'src/base/a.cpp': function_of(70)}), [])
        self.refused('src/base/a.cpp', '\n' + function_of(71), 'long_one has 71 lines', line=2)

    def test_an_exception_needs_a_reason_and_only_shrinks(self):
        source = {'src/base/a.cpp': function_of(80)}

        def with_entry(entry):
            return self.complaints({**source, 'tools/tidy_exceptions.txt': entry + '\n'})
        self.assertEqual(with_entry('src/base/a.cpp | long_one | 80 | one switch over opcodes'), [])
        self.assertIn('80 lines', with_entry('src/base/a.cpp | long_one | 79 | one switch over opcodes')[0])
        self.assertIn('not `path', with_entry('src/base/a.cpp | long_one | 80 | because')[0])
        self.assertIn('remove the entry', with_entry('src/base/a.cpp | long_one | 80 | one switch over opcodes\n'
                                                     'src/base/ids.cpp | next | 80 | was long once')[0])

    def test_unfinished_work_is_refused(self):
        self.refused('src/base/a.cpp', 'int x;  // TODO later\n', 'TODO')
        self.refused('src/base/notes.md', '# notes\n\nFIXME\n', 'FIXME', line=3)
        self.assertEqual(self.complaints({'src/base/a.cpp': 'auto name = "XXXXXX";\n'}), [])

    def test_vague_file_names_are_refused(self):
        for name in ('string_utils', 'common', 'page_manager', 'Helpers'):
            self.refused(f'src/base/{name}.cpp', '\n', 'name')
        self.assertEqual(self.complaints({'src/base/commonplace.cpp': '\n'}), [])

    def test_a_header_without_its_essay_is_refused(self):
        self.refused('src/base/a.hpp', '// late\n#pragma once\n', '#pragma once')
        self.refused('src/base/a.hpp', '#pragma once\n\nint x;\n', 'comment', line=2)
        self.refused('src/base/ids.hpp', '#pragma once\n\n// ids\nint next();\n', 'front-door', line=2)
        self.assertEqual(self.complaints({'src/base/a.hpp': '#pragma once\n\n// short\nint x;\n'}), [])

    def test_a_room_without_a_page_is_refused(self):
        complaints = self.complaints({'src/log/CMakeLists.txt': 'kodiak_room(log)\n'})
        self.assertEqual(len(complaints), 1)
        self.assertIn('src/log/README.md', complaints[0])

    def test_markdown_has_one_title_and_living_links(self):
        self.refused('docs/a.md', '# one\n\n# two\n', '2 first-level')
        self.refused('docs/a.md', 'no title\n', '0 first-level')
        self.refused('docs/a.md', '# a\n\n[gone](gone.md)\n', 'gone.md', line=3)

    def test_a_big_file_is_refused(self):
        self.refused('tests/data/big.csv', 'x' * 200_001, '200001 bytes')
        listed = 'tests/data/big.csv | bytes | 200001 | the first format kept for later builds\n'
        self.assertEqual(self.complaints({'tests/data/big.csv': 'x' * 200_001,
                                          'tools/tidy_exceptions.txt': listed}), [])

    def test_a_disabled_test_says_why(self):
        name = 'DIS' + 'ABLED_Slow'
        self.refused('src/base/a_test.cpp', f'\nTEST(A, {name}) {{\n}}\n', 'reason', line=2)
        self.refused('src/base/a_test.cpp', 'void f() {\n    GTEST_SKIP();\n}\n', 'reason', line=2)
        self.refused('tests/sql/a.test', 'query I\nskipif kodiak\nSELECT 1\n', 'reason', line=2)
        self.refused('tests/CMakeLists.txt', 'set_tests_properties(a PROPERTIES DISABLED TRUE)\n', 'reason')
        self.assertEqual(self.complaints({
            'src/base/a_test.cpp': f'// needs a second machine\nTEST(A, {name}) {{\n}}\n',
            'src/base/b_test.cpp': 'void f() {\n    GTEST_SKIP() << "no huge pages here";\n}\n',
            'tests/sql/a.test': 'skipif kodiak # no such type here\nSELECT 1\n'}), [])


class Functions(unittest.TestCase):
    def found(self, text):
        return [(name, length) for name, _, length in functions(text)]

    def test_names_and_lengths(self):
        self.assertEqual(self.found('int f(int a) {\n    return a;\n}\nint Log::size() const { return 1; }\n'),
                         [('f', 1), ('Log::size', 0)])

    def test_namespaces_and_classes_are_looked_into(self):
        text = ('namespace a {\nclass [[nodiscard]] B final : public C<D> {\n   public:\n    B() : x_{1}, y_{2} {\n'
                '        go();\n    }\n    int g() { return 1; }\n'
                '    int x_ = {3};\n};\n}\nextern "C" {\nvoid h() {\n\n}\n}\n')
        self.assertEqual(self.found(text), [('B', 1), ('g', 0), ('h', 1)])

    def test_literals_comments_and_macros_hide_braces(self):
        text = ('#define OPEN(x) { \\\n    {\nvoid f() {\n    a("}");  // }\n    b(\'{\', R"x({"})x"); /* { */\n'
                "    c(1'000'000);\n}\nvoid g() {\n}\n")
        self.assertEqual(self.found(text), [('f', 3), ('g', 0)])

    def test_tables_and_lambdas_are_no_functions_of_their_own(self):
        text = 'constexpr int kTable[] = {\n    1,\n};\nvoid f() {\n    each([](int x) {\n        go(x);\n    });\n}\n'
        self.assertEqual(self.found(text), [('f', 3)])

    def test_templates_operators_and_tests_keep_their_names(self):
        text = ('template <class T, class U = std::vector<int>>\nbool operator==(T a, U b) {\n    return a == b;\n}\n'
                'TEST(Log, TornTailIsDropped) {\n    go();\n}\nA::~A() {\n}\n')
        self.assertEqual([name for name, _, _ in functions(text)],
                         ['operator==', 'TEST(Log, TornTailIsDropped)', 'A::~A'])


if __name__ == '__main__':
    unittest.main()
