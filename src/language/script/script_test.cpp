#include "language/script.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "language/diagnostics.hpp"
#include "language/statement.hpp"

namespace kodiak::language {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts_of(std::string_view script) {
    std::vector<std::string> texts;
    for (const Statement& statement : split_script(script)) {
        texts.push_back(statement.text);
    }
    return texts;
}

TEST(SplitScript, CutsOnlyOutsideOfQuotesAndComments) {
    EXPECT_THAT(texts_of("SELECT ';'; SELECT $$;$$ /* ; */ ; -- ;\nSELECT \";\""),
                ElementsAre("SELECT ';'", "SELECT $$;$$", "SELECT \";\""));
}

TEST(SplitScript, SkipsEmptyStatements) {
    EXPECT_THAT(texts_of(" ;; /* nothing */ ; a;; -- end"), ElementsAre("a"));
    EXPECT_THAT(texts_of(""), IsEmpty());
}

TEST(SplitScript, KeepsCommentsInsideOfAStatement) {
    EXPECT_THAT(texts_of("-- first\nSELECT /* one */ 1 -- last\n;"), ElementsAre("SELECT /* one */ 1"));
}

TEST(SplitScript, KnowsWhereStatementsStand) {
    const auto statements = split_script("SELECT 1; SELECT é;\n\n  SELECT 2");
    ASSERT_EQ(statements.size(), 3U);
    EXPECT_EQ(statements[1].offset, 10U);
    EXPECT_EQ(statements[1].column, 11U);
    EXPECT_EQ(statements[2].offset, 24U);
    EXPECT_EQ(statements[2].line, 3U);
    EXPECT_EQ(statements[2].column, 3U);
    EXPECT_EQ(statements[2].line_prefix, "  ");
}

TEST(SplitScript, AnOpenQuoteSpoilsOnlyTheLastStatement) {
    const auto texts = texts_of("SELECT 1; SELECT 'a; SELECT 2;");
    EXPECT_THAT(texts, ElementsAre("SELECT 1", "SELECT 'a; SELECT 2;"));
    EXPECT_FALSE(parse_statement(texts[1]).ok());
}

TEST(InScript, MovesAPositionFromTheStatementToTheScript) {
    const auto statements = split_script("SELECT 1;\n\tSELECT é; SELECT 'x");
    const Error error = in_script(parse_statement(statements[2].text).error(), statements[2]);
    EXPECT_EQ(error.position.line, 2U);
    EXPECT_EQ(error.position.column, 19U);
    EXPECT_EQ(error.line_text, "\tSELECT é; SELECT 'x");
}

TEST(StatementStream, HandsOutAStatementAsSoonAsItsSemicolonArrives) {
    StatementStream stream;
    stream.feed("INSERT INTO t VALUES (';'");
    EXPECT_FALSE(stream.next());
    EXPECT_TRUE(stream.has_partial_statement());
    stream.feed(");SELECT");
    EXPECT_EQ(stream.next()->text, "INSERT INTO t VALUES (';')");
    EXPECT_FALSE(stream.next());
    stream.finish();
    EXPECT_EQ(stream.next()->text, "SELECT");
    EXPECT_FALSE(stream.next());
    EXPECT_FALSE(stream.has_partial_statement());
}

TEST(StatementStream, AFinishedTextOfOneWordIsAStatement) {
    StatementStream stream;
    stream.feed("COMMIT");
    EXPECT_FALSE(stream.next());
    EXPECT_TRUE(stream.has_partial_statement());
    stream.finish();
    EXPECT_EQ(stream.next()->text, "COMMIT");
}

// The bytes between statements hold nothing but white space, comments and semicolons, and nothing is lost or changed.
void check_bytes_are_kept(const std::string& script, const std::vector<Statement>& statements) {
    std::string joined;
    size_t end = 0;
    for (const Statement& statement : statements) {
        ASSERT_GE(statement.offset, end);
        const std::string gap = script.substr(end, statement.offset - end);
        ASSERT_TRUE(split_script(gap).empty()) << script << "\ngap: " << gap;
        joined += gap + statement.text;
        end = statement.offset + statement.text.size();
    }
    ASSERT_EQ(joined + script.substr(end), script);
}

TEST(StatementStream, PiecesGiveTheStatementsOfTheWholeAndKeepEveryByte) {
    constexpr unsigned kSeed = 7;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    std::mt19937 random(kSeed);
    const std::vector<std::string> parts = {
        "SELECT 1", ";",   "'a;''b'", "\n", "$$;$$", "/* ; /* */ */", "-- ;\n", "E'\\';'", "\"x;\"", "é",  " ",
        ";;",       "$t$", "1h",      "'",  "\xFF",  "BEGIN",         "a$$;b",  "-",       "/* ",    "*/", "\r\n"};
    for (int round = 0; round < 5000; ++round) {
        std::string script;
        for (size_t count = random() % 12; count > 0; --count) {
            script += parts[random() % parts.size()];
        }
        const std::vector<Statement> whole = split_script(script);
        check_bytes_are_kept(script, whole);
        std::vector<Statement> pieces;
        StatementStream stream;
        const auto take_all = [&] {
            while (auto statement = stream.next()) {
                pieces.push_back(std::move(*statement));
            }
        };
        for (size_t at = 0; at < script.size();) {
            const size_t length = 1 + random() % 6;
            stream.feed(std::string_view(script).substr(at, length));
            at += length;
            take_all();
        }
        stream.finish();
        take_all();
        ASSERT_EQ(pieces.size(), whole.size()) << script;
        for (size_t i = 0; i < whole.size(); ++i) {
            ASSERT_EQ(pieces[i].text, whole[i].text) << script;
            ASSERT_EQ(pieces[i].offset, whole[i].offset) << script;
            ASSERT_EQ(pieces[i].line, whole[i].line) << script;
            ASSERT_EQ(pieces[i].column, whole[i].column) << script;
        }
    }
}

TEST(StatementStream, PositionsSurviveTheDroppingOfConsumedText) {
    StatementStream stream;
    size_t count = 0;
    std::optional<Statement> last;
    for (int i = 0; i < 20000; ++i) {
        stream.feed("SELECT 'some text';\n");
        while (auto statement = stream.next()) {
            last = std::move(statement);
            ++count;
        }
    }
    EXPECT_EQ(count, 20000U);
    EXPECT_EQ(last->line, 20000U);
    EXPECT_EQ(last->offset, 19999U * 20U);
}

}  // namespace
}  // namespace kodiak::language
