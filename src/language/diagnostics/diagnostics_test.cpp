#include "language/diagnostics.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "language/lexer/utf8.hpp"

namespace kodiak::language {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Locate, CountsLinesAndCharacters) {
    const LocatedText located = locate("SELECT é,\r\n  x FROM t", 14, 1);
    EXPECT_EQ(located.position.line, 2U);
    EXPECT_EQ(located.position.column, 3U);
    EXPECT_EQ(located.line_text, "  x FROM t");
    EXPECT_EQ(locate("é x", 3).position.column, 3U);
    EXPECT_EQ(locate("SELECT é,\r\n", 0).line_text, "SELECT é,");
}

TEST(Locate, AnOffsetInsideACharacterMeansThatCharacter) { EXPECT_EQ(locate("aé", 2).position.column, 2U); }

TEST(Locate, BeyondTheEndMeansTheEnd) {
    EXPECT_EQ(locate("ab", 99, 5).position.column, 3U);
    EXPECT_EQ(locate("", 0).position.line, 1U);
    EXPECT_EQ(locate("a\n", 2).position.line, 2U);
}

TEST(Locate, TheMarkEndsWithTheLine) { EXPECT_EQ(locate("abc\ndef", 1, 100).position.length, 2U); }

std::string render(std::string_view text, Span where) {
    return render_error(make_error_at(ErrorCode::kSyntax, "oops", text, where), "f.sql");
}

TEST(RenderError, ShowsEverythingThatIsKnown) {
    Error error = make_error_at(ErrorCode::kUndefinedColumn, "column \"nam\" does not exist in \"users\"",
                                "BEGIN;\nSELECT nam FROM users;", {14, 3});
    error.detail = "A detail.";
    error.hint = "did you mean \"name\"?";
    EXPECT_EQ(render_error(error, "script.sql"),
              "ERROR 42703 undefined_column: column \"nam\" does not exist in \"users\"\n"
              "  script.sql:2:8\n"
              "  2 | SELECT nam FROM users;\n"
              "    |        ^^^\n"
              "  detail: A detail.\n"
              "  hint: did you mean \"name\"?");
}

TEST(RenderError, WithoutAPositionItIsOneLine) {
    EXPECT_EQ(render_error(make_error(ErrorCode::kDiskFull, "no space left"), "f.sql"),
              "ERROR 53100 disk_full: no space left");
}

TEST(RenderError, WithoutAFileItSaysLineAndColumn) {
    const Error error = make_error_at(ErrorCode::kSyntax, "oops", "x", {0, 1});
    EXPECT_EQ(render_error(error, ""), "ERROR 42601 syntax_error: oops\n  line 1, column 1\n  1 | x\n    | ^");
}

TEST(RenderError, TheCaretLinesUpBehindTabsAndWideLetters) {
    EXPECT_EQ(render("a\tb", {2, 1}), "ERROR 42601 syntax_error: oops\n  f.sql:1:3\n  1 | a   b\n    |     ^");
    EXPECT_EQ(render("日本 b", {7, 1}), "ERROR 42601 syntax_error: oops\n  f.sql:1:4\n  1 | 日本 b\n    |      ^");
    EXPECT_EQ(render("e\xCC\x81 b", {4, 1}),
              "ERROR 42601 syntax_error: oops\n  f.sql:1:4\n  1 | e\xCC\x81 b\n    |   ^");
}

TEST(RenderError, LongLinesAreCutAroundTheCaret) {
    const std::string text = std::string(5000, 'a') + "X" + std::string(5000, 'b');
    const std::string shown = render(text, {5000, 1});
    EXPECT_EQ(shown, "ERROR 42601 syntax_error: oops\n  f.sql:1:5001\n  1 | ..." + std::string(40, 'a') + "X" +
                         std::string(59, 'b') + "...\n    | " + std::string(43, ' ') + "^");
}

TEST(RenderError, IsValidUtf8WhateverTheTextIs) {
    constexpr unsigned kSeed = 5;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    std::mt19937 random(kSeed);
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (size_t length = random() % 300; length > 0; --length) {
            text += static_cast<char>(random() % 3 == 0 ? random() % 256 : 'a' + random() % 26);
        }
        const std::string shown = render(text, {random() % 310, random() % 310});
        ASSERT_EQ(find_invalid_utf8(shown), std::string_view::npos);
        ASSERT_LT(shown.size(), 2000U);
    }
}

TEST(NearNames, FindsMisspellings) {
    const std::vector<std::string> names = {"id", "Name", "created_at", "naem", "customer"};
    EXPECT_THAT(near_names("nme", names), ElementsAre("Name"));
    EXPECT_THAT(near_names("name", names), ElementsAre("Name", "naem"));
    EXPECT_THAT(near_names("creatd_at", names), ElementsAre("created_at"));
    EXPECT_THAT(near_names("xyz", names), IsEmpty());
    EXPECT_EQ(did_you_mean("name", names), "did you mean \"Name\" or \"naem\"?");
    EXPECT_EQ(did_you_mean("zzz", names), "");
}

TEST(NearNames, GivesThreeAtMost) { EXPECT_EQ(near_names("aaaa", {"aaab", "aaac", "aaad", "aaae"}).size(), 3U); }

}  // namespace
}  // namespace kodiak::language
