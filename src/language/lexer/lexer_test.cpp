#include "language/lexer/lexer.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "language/lexer/utf8.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

using testing::ElementsAre;

// The tokens of a text as `letter of the kind:text`.
std::vector<std::string> tokens_of(std::string_view text) {
    constexpr std::string_view kLetters = "_wqsedndpyou";
    std::vector<std::string> shown;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
        std::string kind(1, kLetters[static_cast<size_t>(token.kind)]);
        kind = token.kind == TokenKind::kDuration ? "D" : token.kind == TokenKind::kDollarString ? "$" : kind;
        shown.push_back(kind + ":" + std::string(token.span.in(text)));
    }
    return shown;
}

TEST(Lexer, QuotesHoldWhatWouldOtherwiseBeTokens) {
    EXPECT_THAT(tokens_of("'it''s; --' \"a\"\";b\" E'\\';'"),
                ElementsAre("s:'it''s; --'", "q:\"a\"\";b\"", "e:E'\\';'"));
    EXPECT_THAT(tokens_of("$$a;$b$'$$ $tag$ $$ ; $tag$"), ElementsAre("$:$$a;$b$'$$", "$:$tag$ $$ ; $tag$"));
}

TEST(Lexer, DollarInsideAWordStartsNoQuote) { EXPECT_THAT(tokens_of("a$$x b"), ElementsAre("w:a$$x", "w:b")); }

TEST(Lexer, NumbersOfAllSpellings) {
    EXPECT_THAT(tokens_of("1 1_000 0x1F 1e5 1.5e-3 .5 7."),
                ElementsAre("n:1", "n:1_000", "n:0x1F", "n:1e5", "n:1.5e-3", "n:.5", "n:7."));
    EXPECT_THAT(tokens_of("1..5"), ElementsAre("n:1", "o:..", "n:5"));
}

TEST(Lexer, DurationsAreNumbersWithLettersJoinedToThem) {
    EXPECT_THAT(tokens_of("1h 1h30m 1.5h 1q 2h1.5m"), ElementsAre("D:1h", "D:1h30m", "D:1.5h", "D:1q", "D:2h1.5m"));
}

TEST(Lexer, HexExponentAndNamesAreNoDurations) {
    EXPECT_THAT(tokens_of("0x1d 1e3 t1h _1h"), ElementsAre("n:0x1d", "n:1e3", "w:t1h", "w:_1h"));
}

TEST(Lexer, KeywordBehindADigitStaysAKeyword) {
    EXPECT_THAT(tokens_of("1AND 2FROM 5day"), ElementsAre("n:1", "w:AND", "n:2", "w:FROM", "n:5", "w:day"));
}

TEST(Lexer, ParametersOfAllSpellings) {
    EXPECT_THAT(tokens_of("? ?2 $1 $name"), ElementsAre("p:?", "p:?2", "p:$1", "p:$name"));
}

TEST(Lexer, CommentsNestAndEndOperators) {
    EXPECT_THAT(tokens_of("1 /* a /* b */ ; */ + 2"), ElementsAre("n:1", "o:+", "n:2"));
    EXPECT_THAT(tokens_of("1+--;\n2*/*;*/3"), ElementsAre("n:1", "o:+", "n:2", "o:*", "n:3"));
}

TEST(Lexer, SpacesBeyondAsciiSeparateWords) {
    EXPECT_THAT(tokens_of("\xEF\xBB\xBF"
                          "SELECT\xC2\xA0"
                          "a\xE3\x80\x80"
                          "b"),
                ElementsAre("w:SELECT", "w:a", "w:b"));
    EXPECT_THAT(tokens_of("naïve 日本"), ElementsAre("w:naïve", "w:日本"));
}

TEST(Lexer, UnterminatedQuotesReachToTheEnd) {
    EXPECT_THAT(tokens_of("a 'b; c"), ElementsAre("w:a", "u:'b; c"));
    EXPECT_THAT(tokens_of("a /* /* */"), ElementsAre("w:a", "u:/* /* */"));
    EXPECT_THAT(tokens_of("E'\\"), ElementsAre("u:E'\\"));
}

TEST(Tokenize, NamesThePlaceOfBadBytes) {
    const auto bad = tokenize("SELECT 'a\xFF'");
    ASSERT_FALSE(bad.ok());
    EXPECT_EQ(bad.error().code, ErrorCode::kInvalidText);
    EXPECT_EQ(bad.error().position.column, 10U);
    const auto zero = tokenize(std::string_view("a\0b", 3));
    ASSERT_FALSE(zero.ok());
    EXPECT_EQ(zero.error().position.column, 2U);
}

TEST(Tokenize, NamesThePlaceOfAnUnterminatedQuote) {
    const auto open = tokenize("SELECT\n  $tag$ x");
    ASSERT_FALSE(open.ok());
    EXPECT_EQ(open.error().code, ErrorCode::kSyntax);
    EXPECT_EQ(open.error().position.line, 2U);
    EXPECT_EQ(open.error().position.column, 3U);
    EXPECT_EQ(open.error().hint, "Close it with $tag$.");
}

std::string value_of(std::string_view text) {
    Lexer lexer(text);
    Result<std::string> value = string_value(text, lexer.next());
    return value.ok() ? *value : "error: " + value.error().message;
}

TEST(StringValue, ResolvesQuotesAndEscapes) {
    EXPECT_EQ(value_of("'it''s'"), "it's");
    EXPECT_EQ(value_of("''"), "");
    EXPECT_EQ(value_of("$t$a'b$t$"), "a'b");
    EXPECT_EQ(value_of("E'a\\n\\'\\x41\\101\\u00e9\\\\'''"), "a\n'AA\xC3\xA9\\'");
    EXPECT_EQ(value_of("E'\\ud800'"), "error: invalid escape in a string");
    EXPECT_EQ(value_of("E'\\xff'"), "error: the escapes of a string do not make valid UTF-8 text");
}

TEST(Utf8, RefusesWhatUnicodeForbids) {
    for (const std::string_view bad :
         {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80", "\xF0\x80\x80\x80"}) {
        EXPECT_EQ(find_invalid_utf8("12345678" + std::string(bad)), 8U);
    }
    EXPECT_EQ(find_invalid_utf8("aé€𝄞 and more text"), std::string_view::npos);
}

TEST(Words, KeywordsKnowHowReservedTheyAre) {
    EXPECT_EQ(keyword_category("Select"), KeywordCategory::kReserved);
    EXPECT_EQ(keyword_category("join"), KeywordCategory::kTypeFunction);
    EXPECT_EQ(keyword_category("VALUES"), KeywordCategory::kColumnName);
    EXPECT_EQ(keyword_category("of"), KeywordCategory::kUnreserved);
    for (const std::string_view ours : {"since", "upsert", "orders", "a_word_that_is_longer_than_any_keyword"}) {
        EXPECT_EQ(keyword_category(ours), KeywordCategory::kNoKeyword) << ours;
    }
}

// A text in pieces gives the tokens of the whole text, wherever it is cut.
TEST(Lexer, PiecesGiveTheTokensOfTheWhole) {
    const std::string text = "SELECT 'a''b', E'\\'', $t$ $ $t$, /* x /* y */ */ 1.5e3 -- c\n, \"q\"\"r\" <= 1h30m..$1;";
    const std::vector<std::string> whole = tokens_of(text);
    for (size_t step = 1; step < 9; ++step) {
        LexerState state;
        std::vector<size_t> ends;
        size_t count = 0;
        for (size_t end = step;; end += step) {
            const bool last = end >= text.size();
            Lexer lexer(std::string_view(text).substr(0, end), state, last);
            while (lexer.next().kind != TokenKind::kEnd) {
                ++count;
            }
            state = lexer.state();
            if (last) {
                break;
            }
        }
        EXPECT_EQ(count, whole.size()) << "step " << step;
    }
}

TEST(Lexer, RandomBytesGiveTokensThatCoverTheTextInOrder) {
    constexpr unsigned kSeed = 20240601;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    std::mt19937 random(kSeed);
    constexpr std::string_view kLetters = "'\"$-/*;eE1.hx_ \n\\a\xC2\xA0\xE2\x80\xFF()";
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (size_t length = random() % 40; length > 0; --length) {
            text += random() % 8 == 0 ? static_cast<char>(random() % 256) : kLetters[random() % kLetters.size()];
        }
        size_t end = 0;
        Lexer lexer(text);
        for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
            ASSERT_GT(token.span.length, 0U) << text;
            ASSERT_GE(token.span.offset, end) << text;
            end = token.span.end();
        }
        ASSERT_LE(end, text.size());
        (void)tokenize(text);
    }
}

}  // namespace
}  // namespace kodiak::language
