// Runs the golden scripts of the room: what the front end makes of a text, one story per file.
//
// A block of a file is a command, the text, `---`, the output, and `===`. Lines outside of blocks that start with
// # tell the story. REWRITE=1 in the environment writes the output that came out into the files.
//
// Commands: `code` defines functions and calls them: a line `-- call f(1, 'a')` asks for one call. `split` shows the
// statements with their positions, `run` shows what each statement becomes: the kind of ours, `same bytes`, the
// rewritten SQL, or the rendered error; `tree` shows code as the tree that it is parsed into.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "language/ast/print.hpp"
#include "language/code.hpp"
#include "language/diagnostics.hpp"
#include "language/interpreter/code_story.hpp"
#include "language/parser/definition_parser.hpp"
#include "language/rewrite.hpp"
#include "language/script.hpp"
#include "language/statement.hpp"
#include "language/upsert.hpp"

namespace kodiak::language {
namespace {

// The tables of the stories.
class StoryCatalog : public CatalogLookup {
   public:
    Result<TableShape> table_shape(const std::vector<std::string>& name_parts) override {
        const std::string& name = name_parts.back();
        if (name == "users") {
            return TableShape{"users",
                              {{"id", "INTEGER", "", false},
                               {"name", "VARCHAR", "", false},
                               {"visits", "INTEGER", "0", false},
                               {"initial", "VARCHAR", "", true}},
                              {"id"},
                              {{"name"}}};
        }
        if (name == "log") {
            return TableShape{"log",
                              {{"day", "DATE", "", false}, {"city", "VARCHAR", "", false}, {"n", "BIGINT", "", false}},
                              {},
                              {}};
        }
        return make_error(ErrorCode::kUndefinedTable, "table \"" + name + "\" does not exist");
    }
};

constexpr const char* kKindNames[] = {"begin",           "commit",     "rollback", "savepoint", "release",
                                      "set transaction", "checkpoint", "upsert",   "plain"};

Result<std::string> outcome(const Statement& statement) {
    KODIAK_TRY_ASSIGN(const ParsedStatement parsed, parse_statement(statement.text));
    if (const auto* upsert = std::get_if<UpsertStatement>(&parsed)) {
        StoryCatalog catalog;
        KODIAK_TRY_ASSIGN(const UpsertRewrite rewrite, rewrite_upsert(statement.text, *upsert, catalog));
        return rewrite.sql;
    }
    if (kind_of(parsed) != StatementKind::kPlain) {
        return std::string(kKindNames[static_cast<size_t>(kind_of(parsed))]);
    }
    KODIAK_TRY_ASSIGN(const PlainRewrite rewritten, rewrite_plain(statement.text));
    return rewritten.text == statement.text ? "same bytes" : rewritten.text;
}

// The tree of a definition of code, or all its problems.
std::string tree_of(const Statement& statement) {
    if (!is_code_statement(statement.text)) {
        return "plain\n";
    }
    DiagnosticList problems;
    const CodeDefinition definition = parse_code(statement.text, problems);
    problems.sort();
    std::string out = problems.has_errors() ? "" : print_code(definition, statement.text);
    for (const Diagnostic& problem : problems.all()) {
        out += render_error(in_script(error_of(problem, statement.text), statement), "script.sql") + "\n";
    }
    return out;
}

std::string run_command(const std::string& command, const std::string& text) {
    std::string out;
    if (command == "code") {
        return CodeStory().run(text);
    }
    for (const Statement& statement : split_script(text)) {
        if (command == "split") {
            out +=
                std::to_string(statement.line) + ":" + std::to_string(statement.column) + " [" + statement.text + "]\n";
            continue;
        }
        if (command == "tree") {
            out += tree_of(statement);
            continue;
        }
        const Result<std::string> result = outcome(statement);
        out += (result.ok() ? *result : render_error(in_script(result.error(), statement), "script.sql")) + "\n";
    }
    return out;
}

class Testscripts : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Testscripts, GiveTheExpectedOutput) {
    std::ifstream in(GetParam());
    ASSERT_TRUE(in.good());
    std::string written;
    std::string line;
    size_t line_number = 0;
    const auto read_until = [&](std::string_view end) {
        std::string part;
        while (std::getline(in, line) && line != end) {
            ++line_number;
            part += line + "\n";
        }
        ++line_number;
        return part;
    };
    while (std::getline(in, line)) {
        ++line_number;
        written += line + "\n";
        if (line.empty() || line[0] == '#') {
            continue;
        }
        const std::string command = line;
        const size_t command_line = line_number;
        ASSERT_TRUE(command == "split" || command == "run" || command == "tree" || command == "code")
            << "line " << line_number << ": " << command;
        const std::string text = read_until("---");
        const std::string expected = read_until("===");
        const std::string output = run_command(command, text);
        written += text + "---\n" + output + "===\n";
        if (std::getenv("REWRITE") == nullptr) {
            EXPECT_EQ(output, expected) << GetParam() << ":" << command_line;
        }
    }
    in.close();
    if (std::getenv("REWRITE") != nullptr) {
        std::ofstream(GetParam()) << written;
    }
}

std::vector<std::filesystem::path> all_scripts() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(KODIAK_LANGUAGE_TESTSCRIPTS)) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

INSTANTIATE_TEST_SUITE_P(Language, Testscripts, testing::ValuesIn(all_scripts()),
                         [](const auto& param) { return param.param.stem().string(); });

}  // namespace
}  // namespace kodiak::language
