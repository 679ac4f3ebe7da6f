#include "language/parser/code_parser.hpp"

#include <ctime>
#include <random>

#include <gtest/gtest.h>

#include "language/ast/print.hpp"
#include "language/diagnostics.hpp"
#include "language/parser/conditions.hpp"
#include "language/parser/definition_parser.hpp"

namespace kodiak::language {
namespace {

// Parses a DO block and returns its problems.
DiagnosticList problems_of(const std::string& body) {
    DiagnosticList problems;
    const std::string text = "DO $body$" + body + "$body$";
    const CodeDefinition definition = parse_code(text, problems);
    if (!problems.has_errors()) {
        EXPECT_FALSE(print_code(definition, text).empty());
    }
    return problems;
}

std::string repeat(const std::string& text, size_t count) {
    std::string out;
    out.reserve(text.size() * count);
    for (size_t i = 0; i < count; ++i) {
        out += text;
    }
    return out;
}

TEST(SplitOperators, CutsAsSqlDoes) {
    const auto cut = [](const std::string& text) {
        std::string out;
        const std::vector<Token> tokens = tokenize(text).value();
        for (const Token& token : split_operators(text, tokens)) {
            out += std::string(token.span.in(text)) + " ";
        }
        return out;
    };
    EXPECT_EQ(cut("a:=-1"), "a := - 1  ");
    EXPECT_EQ(cut("a=-b"), "a = - b  ");
    EXPECT_EQ(cut("a<-2"), "a < - 2  ");
    EXPECT_EQ(cut("a->>b||-c"), "a ->> b || - c  ");
    EXPECT_EQ(cut("1..-2"), "1 .. - 2  ");
    EXPECT_EQ(cut("a<=b>=c<>d"), "a <= b >= c <> d  ");
}

TEST(Parser, NestingBeyondTheLimitIsAnError) {
    for (const std::string open : {"(", "[", "NOT ", "- ", "f(", "CASE WHEN ", "(SELECT "}) {
        const DiagnosticList problems = problems_of("BEGIN x := " + repeat(open, 100000) + "1; END");
        ASSERT_TRUE(problems.has_errors()) << open;
    }
    EXPECT_EQ(problems_of("BEGIN x := " + repeat("(", 1000) + "1; END").all()[0].sqlstate, "54001");
    EXPECT_EQ(problems_of("BEGIN x := 1" + repeat(" + 1", 5000) + "; END").all()[0].sqlstate, "54001");
    EXPECT_EQ(problems_of(repeat("BEGIN ", 5000)).all()[0].sqlstate, "54001");
    EXPECT_EQ(problems_of("DECLARE x " + repeat("STRUCT(a ", 5000) + "; BEGIN END").all()[0].sqlstate, "54001");
    EXPECT_FALSE(problems_of("BEGIN x := " + repeat("(", 150) + "1" + repeat(")", 150) + "; END").has_errors());
}

TEST(Parser, KeepsAtMostTwentyErrors) {
    EXPECT_EQ(problems_of("BEGIN " + repeat("x := ;\n", 1000) + "END").all().size(), 20U);
}

TEST(Parser, EveryKeywordIsAName) {
    for (const std::string word :
         {"commit",   "branch",  "since", "let",    "loop",   "while",  "if",      "exit",    "raise",     "perform",
          "open",     "fetch1",  "close", "try",    "begin",  "return", "declare", "execute", "get",       "assert",
          "continue", "message", "call",  "cursor", "record", "found",  "next",    "query",   "exception", "finally"}) {
        const DiagnosticList problems =
            problems_of("DECLARE x INT; BEGIN " + word + " := 1; x := " + word + " + 1; " + word + " = 2; END");
        EXPECT_FALSE(problems.has_errors()) << word << " " << problems.all()[0].message;
    }
}

// Any cut of and any change to right code is refused or understood, never a crash; the seed is printed.
TEST(Parser, SurvivesMutations) {
    const std::string good =
        "DECLARE a INT := 1; c CURSOR FOR SELECT 1; BEGIN <<l>> FOR i IN 1..10 LOOP IF a > 1 THEN x[1].y := f(a, b => "
        "2)"
        " || 'q'; ELSIF NOT a THEN RETURN; END IF; END LOOP l; CASE a WHEN 1, 2 THEN NULL; ELSE SELECT 1 INTO a; END"
        " CASE; TRY RAISE NOTICE '%', a USING HINT = 'h'; EXCEPTION WHEN division_by_zero THEN NULL; FINALLY NULL; END"
        " TRY; FOREACH a IN ARRAY [1, 2] LOOP EXIT WHEN a = 1; END LOOP; OPEN c; FETCH c INTO a; CLOSE c; END";
    ASSERT_FALSE(problems_of(good).has_errors());
    const std::vector<std::string> pieces = {";",    "(",  ")",     "END",   "IF ",  "LOOP ", "BEGIN ",  "'", "$$",
                                             "CASE", "..", "<<",    ">>",    ":=",   "[",     "]",       "{", "1h",
                                             "WHEN", "\n", "ELSE ", "INTO ", "\xC3", "FROM ", "SELECT ", "#"};
    constexpr unsigned kSeed = 11;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    std::mt19937 random(kSeed);
    for (int round = 0; round < 4000; ++round) {
        std::string text = good;
        for (size_t change = 1 + random() % 4; change > 0; --change) {
            const size_t at = random() % text.size();
            const size_t length = std::min<size_t>(random() % 12, text.size() - at);
            text.replace(at, length, random() % 3 == 0 ? "" : pieces[random() % pieces.size()]);
        }
        const DiagnosticList problems = problems_of(text);
        for (const Diagnostic& problem : problems.all()) {
            ASSERT_FALSE(problem.message.empty());
            ASSERT_LE(problem.where.offset, text.size() + 16) << text;
        }
    }
}

// Ten times the text takes about ten times as long; a quadratic parser would take a hundred times.
TEST(Parser, IsLinearOnHostileText) {
    const auto micros = [](const std::string& body) {
        int64_t best = INT64_MAX;
        for (int run = 0; run < 3; ++run) {
            const std::clock_t start = std::clock();  // of this process: what else runs does not count
            problems_of(body);
            best = std::min<int64_t>(best, (std::clock() - start) * 1'000'000 / CLOCKS_PER_SEC);
        }
        return best;
    };
    for (const std::string unit : {"x := 1;\n", "x[1][2] := a.b;\n", "BEGIN NULL; END;\n", "SELECT (1) INTO a;\n",
                                   "f(1);\n", "x := (1;\n", "x[[[[;\n", "x.y.z[;", "CASE ", "(((( ;", "END IF; ",
                                   "<<a>> ", "x\n", "RAISE NOTICE ';'", "IF ", "FOR i IN "}) {
        const int64_t small = micros("BEGIN " + repeat(unit, 2000) + "END");
        const int64_t large = micros("BEGIN " + repeat(unit, 20000) + "END");
        EXPECT_LT(large, 40 * (small + 200)) << unit << " " << small << " us, " << large << " us";
    }
}

TEST(Conditions, AreSortedAndFoundBothWays) {
    const std::vector<std::string_view> names = condition_names();
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    EXPECT_EQ(sqlstate_of_condition("DIVISION_BY_ZERO"), "22012");
    EXPECT_EQ(sqlstate_of_condition("no_such"), "");
    EXPECT_EQ(condition_of_sqlstate("P0002"), "no_data_found");
    EXPECT_FALSE(is_sqlstate("2201"));
    EXPECT_FALSE(is_sqlstate("2201a"));
}

TEST(BodySource, LeadsPlacesBackBehindDoubledQuotes) {
    const std::string text = "DO 'BEGIN x := ''a'' + ''b'' ) ; END'";
    DiagnosticList problems;
    parse_code(text, problems);
    ASSERT_EQ(problems.all().size(), 1U);
    EXPECT_EQ(problems.all()[0].where.in(text), ")");
}

}  // namespace
}  // namespace kodiak::language
