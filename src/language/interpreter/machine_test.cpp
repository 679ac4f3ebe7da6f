#include <array>
#include <ctime>
#include <functional>
#include <optional>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "language/diagnostics.hpp"
#include "language/interpreter/code_story.hpp"

namespace kodiak::language {
namespace {

Result<Value> run(CodeStory& story, std::string_view definition, std::vector<Value> arguments = {}) {
    DiagnosticList problems;
    const auto signature = story.library().define(definition, &story.executor(), problems);
    EXPECT_NE(signature, nullptr) << render_diagnostics(problems, definition, "");
    if (signature == nullptr) {
        return make_error(ErrorCode::kInternal, "not defined");
    }
    return story.library().call(*signature, std::move(arguments), story.environment());
}

TEST(Machine, CancelStopsAnEndlessLoopFromAnotherThread) {
    CodeStory story;
    std::thread other([&] { story.cancelled = true; });
    const auto result = run(story, "CREATE FUNCTION f() RETURNS INT AS $$ BEGIN LOOP NULL; END LOOP; END $$");
    other.join();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

TEST(Machine, OthersDoesNotCatchACancelledRun) {
    CodeStory story;
    story.cancelled = true;
    const auto result =
        run(story,
            "CREATE FUNCTION f() RETURNS INT AS $$ BEGIN LOOP BEGIN LOOP NULL; END LOOP; EXCEPTION WHEN "
            "OTHERS THEN NULL; END; END LOOP; END $$");
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

// 10,000 handler blocks in a loop: each mark is released, memory stays flat (its limit is small), time is linear.
TEST(Machine, ManyHandlersKeepMemoryFlat) {
    CodeStory story;
    story.limits.memory_bytes = 100'000;
    const auto result =
        run(story,
            "CREATE FUNCTION f() RETURNS INT AS $$ DECLARE n INT := 0; BEGIN FOR i IN 1..10000 LOOP BEGIN "
            "IF i % 2 = 0 THEN RAISE 'x %', i; END IF; EXCEPTION WHEN OTHERS THEN n := n + 1; END; END "
            "LOOP; RETURN n; END $$");
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result->integer(), 5000);
    EXPECT_EQ(story.executor().open_marks(), 0U);
}

TEST(Machine, ARunningCallKeepsItsCode) {
    CodeStory story;
    DiagnosticList problems;
    const auto old = story.library().define(
        "CREATE FUNCTION f() RETURNS SETOF INT AS $$ BEGIN RETURN NEXT 1; RETURN NEXT 2; END $$", nullptr, problems);
    auto started = story.library().open(*old, {}, story.environment());
    ASSERT_TRUE(started.ok());
    Value row;
    ASSERT_TRUE((*started)->next(row).value());
    const auto fresh = story.library().define(
        "CREATE OR REPLACE FUNCTION f() RETURNS SETOF INT AS $$ BEGIN RETURN NEXT 7; END $$", nullptr, problems);
    ASSERT_NE(fresh, nullptr);
    ASSERT_TRUE(story.library().drop(*fresh));
    ASSERT_TRUE((*started)->next(row).value());
    EXPECT_EQ(row.integer(), 2);
    EXPECT_FALSE((*started)->next(row).value());
}

TEST(Machine, ValuesOutliveTheRunThatMadeThem) {
    CodeStory story;
    const auto result = run(story, "CREATE FUNCTION f() RETURNS TEXT[] RETURN ['a' || 'b', 'c']");
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->items()[0].text(), "ab");
}

TEST(Machine, CodeThatNeedsTooManyRegistersIsRefused) {
    std::string text = "CREATE FUNCTION f() RETURNS INT AS $$ BEGIN RETURN len([0";
    for (int i = 0; i < 70'000; ++i) {
        text += "," + std::to_string(i);
    }
    CodeStory story;
    DiagnosticList problems;
    EXPECT_EQ(story.library().define(text + "]); END $$", nullptr, problems), nullptr);
    EXPECT_TRUE(problems.has_errors());
}

std::string repeat(const std::string& text, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) {
        out += text;
    }
    return out;
}

TEST(Machine, TheDeepestTreesRun) {
    CodeStory story;
    const auto sum =
        run(story, "CREATE FUNCTION f(a BIGINT) RETURNS BIGINT RETURN a" + repeat(" + a", 990), {Value::integer(1)});
    ASSERT_TRUE(sum.ok());
    EXPECT_EQ(sum->integer(), 991);
    const auto nested =
        run(story, "CREATE FUNCTION g(a BIGINT) RETURNS BIGINT RETURN " + repeat("(a + ", 95) + "a" + repeat(")", 95),
            {Value::integer(2)});
    ASSERT_TRUE(nested.ok());
    EXPECT_EQ(nested->integer(), 192);
    const auto blocks = run(story, "CREATE FUNCTION h() RETURNS INT AS $$ " + repeat("BEGIN ", 190) + "RETURN 5; " +
                                       repeat("END; ", 190) + "$$");
    ASSERT_TRUE(blocks.ok());
    EXPECT_EQ(blocks->integer(), 5);
}

// Each would take minutes if analyser or emitter did more than linear work for it.
TEST(Machine, HostileCodeIsRefusedSoon) {
    const std::string texts[] = {
        "BEGIN " + repeat("TRY NULL; FINALLY ", 60) + "NULL; " + repeat("END TRY; ", 60) + "RETURN 1; END",
        "BEGIN " + repeat("x := nosuch + othername; ", 20'000) + "RETURN 1; END",
        "BEGIN RETURN len([" + repeat("1, ", 100'000) + "1]); END",
    };
    for (const std::string& text : texts) {
        CodeStory story;
        DiagnosticList problems;
        const std::string statement = "CREATE FUNCTION f() RETURNS INT AS $$ " + text + " $$";
        const std::clock_t start = std::clock();
        EXPECT_EQ(story.library().define(statement, nullptr, problems), nullptr);
        EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 20) << text.substr(0, 40);
    }
}

// Random expressions over three variables against the same arithmetic in C++; the seed is printed.
TEST(Machine, RandomArithmeticEqualsTheModel) {
    constexpr unsigned kSeed = 3;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    std::mt19937 random(kSeed);
    struct Made {
        std::string text;
        std::optional<int64_t> value;
        bool overflow;
    };
    const int64_t variables[] = {5, -3, 1'000'003};
    const std::function<Made(int)> make = [&](int depth) -> Made {
        if (depth == 0) {
            const size_t pick = random() % 3;
            return {std::string(1, static_cast<char>('a' + pick)), variables[pick], false};
        }
        const Made left = make(depth - 1);
        const Made right = make(static_cast<int>(random() % static_cast<unsigned>(depth)));
        const auto op = static_cast<unsigned>(random() % 5);
        Made out{"(" + left.text + std::string(" ") + std::array{"+", "-", "*", "//", "%"}[op] + " " + right.text + ")",
                 std::nullopt, left.overflow || right.overflow};
        if (!left.value || !right.value || out.overflow) {
            return out;
        }
        int64_t result = 0;
        switch (op) {
            case 0:
                out.overflow = __builtin_add_overflow(*left.value, *right.value, &result);
                break;
            case 1:
                out.overflow = __builtin_sub_overflow(*left.value, *right.value, &result);
                break;
            case 2:
                out.overflow = __builtin_mul_overflow(*left.value, *right.value, &result);
                break;
            default:
                if (*right.value == 0) {
                    return out;
                }
                result = op == 3 ? *left.value / *right.value : *left.value % *right.value;
        }
        out.value = result;
        return out;
    };
    for (int round = 0; round < 500; ++round) {
        const Made made = make(1 + static_cast<int>(random() % 6));
        CodeStory story;
        const auto result =
            run(story, "CREATE FUNCTION f(a BIGINT, b BIGINT, c BIGINT) RETURNS BIGINT RETURN " + made.text,
                {Value::integer(5), Value::integer(-3), Value::integer(1'000'003)});
        ASSERT_EQ(result.ok(), !made.overflow) << made.text;
        if (result.ok()) {
            ASSERT_EQ(result->is_null(), !made.value.has_value()) << made.text;
            ASSERT_EQ(result->is_null() ? 0 : result->integer(), made.value.value_or(0)) << made.text;
        }
    }
}

}  // namespace
}  // namespace kodiak::language
