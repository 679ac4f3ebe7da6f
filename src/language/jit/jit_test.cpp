#include <deque>
#include <thread>

#include "base/disk/simulated_disk.hpp"
#include "language/jit/jit_fixture.hpp"

namespace kodiak::language {
namespace {

using JitTest = JitFixture;

Value number(int64_t value) { return Value::integer(value); }

constexpr std::string_view kCollatz =
    "CREATE OR REPLACE FUNCTION collatz(n BIGINT) RETURNS BIGINT AS $$ DECLARE steps BIGINT := 0; x BIGINT := n; BEGIN "
    "WHILE x <> 1 "
    "LOOP IF x % 2 = 0 THEN x := x // 2; ELSE x := 3 * x + 1; END IF; steps := steps + 1; END LOOP; RETURN steps; END "
    "$$";

TEST_F(JitTest, LoopsAndBranchesGiveTheInterpretersValue) {
    EXPECT_EQ(both(kCollatz, {number(27)}), "111");
    EXPECT_EQ(both(kCollatz, {number(1)}), "0");
    EXPECT_EQ(both(kCollatz, {Value()}), "0");
}

TEST_F(JitTest, OverflowIsTheInterpretersErrorAtItsPlace) {
    const std::string text = both("CREATE FUNCTION f(a INT, b INT) RETURNS INT AS $$\nBEGIN\n  RETURN a + b;\nEND $$",
                                  {number(2'000'000'000), number(2'000'000'000)});
    EXPECT_TRUE(text.starts_with("error 22003 the result does not fit INTEGER")) << text;
}

TEST_F(JitTest, RecursionReturnsAndEndsAtTheLimit) {
    const std::string_view fibonacci =
        "CREATE FUNCTION fib(n BIGINT) RETURNS BIGINT AS $$ BEGIN IF n < 2 THEN RETURN n; END IF; RETURN fib(n - 1) + "
        "fib(n - 2); END $$";
    EXPECT_EQ(both(fibonacci, {number(20)}), "6765");
    const std::string deep =
        both("CREATE FUNCTION down(n BIGINT) RETURNS BIGINT AS $$ BEGIN RETURN down(n + 1); END $$", {number(0)});
    EXPECT_TRUE(deep.starts_with("error 54001 calls are nested deeper than 1000")) << deep;
    EXPECT_TRUE(deep.ends_with("...")) << deep;
}

TEST_F(JitTest, AnErrorInACallNamesAllCallers) {
    define("CREATE FUNCTION inner_one(n INT) RETURNS INT AS $$ BEGIN RETURN 1000000 * n; END $$");
    define("CREATE FUNCTION middle(n INT) RETURNS INT AS $$\nBEGIN\n RETURN inner_one(n); END $$");
    const std::string text = both(
        "CREATE FUNCTION outer_one(n INT) RETURNS INT AS $$\n\nBEGIN RETURN middle(n) + 1; END $$", {number(9999)});
    EXPECT_NE(text.find("function inner_one line 1, function middle line 3, function outer_one line 3"),
              std::string::npos)
        << text;
}

TEST_F(JitTest, DeepRecursionOnASmallStackIsLeftToTheInterpreter) {
    story.limits.call_depth = 1'000'000;
    const auto signature = define(
        "CREATE FUNCTION down(n BIGINT) RETURNS BIGINT AS $$ BEGIN IF n = 0 THEN RETURN 0; END IF; RETURN 1 + down(n - "
        "1); END $$");
    ASSERT_NE(signature, nullptr);
    EXPECT_EQ(by_machine_code(*signature, {number(200'000)}), "200000");
}

TEST_F(JitTest, TextsListsAndRecordsGoThroughTheInterpretersFunctions) {
    EXPECT_EQ(both("CREATE FUNCTION f(t TEXT, n INT) RETURNS TEXT AS $$ DECLARE s TEXT := ''; BEGIN FOR i IN 1..n LOOP "
                   "s := s || upper(t) || i; END LOOP; RETURN s || length(s); END $$",
                   {text_value(std::make_shared<MemoryMeter>(INT64_MAX), "ab"), number(3)}),
              "AB1AB2AB39");
    EXPECT_EQ(both("CREATE FUNCTION g(n INT) RETURNS BIGINT AS $$ DECLARE a BIGINT[] = [0]; s BIGINT := 0; x BIGINT; "
                   "BEGIN FOR i "
                   "IN 1..n LOOP a[i] := i * 2; END LOOP; FOREACH x IN ARRAY a LOOP s := s + x; END LOOP; RETURN s + "
                   "a[2] + a[-1]; END $$",
                   {number(10)}),
              "134");
    EXPECT_EQ(
        both("CREATE FUNCTION h(n INT) RETURNS STRUCT(a INT, b TEXT) AS $$ DECLARE r STRUCT(a INT, b TEXT); BEGIN "
             "r.a := n; r.b := 'x' || n; RETURN r; END $$",
             {number(4)}),
        "{'a': 4, 'b': x4}");
}

TEST_F(JitTest, CodeWithSqlHandlersOrNoticesIsRefusedWithItsLine) {
    const auto reason = [&](std::string_view definition) {
        const auto made = jit.compile(*define(definition), story.library());
        return made.ok() ? "compiled" : made.error().message;
    };
    EXPECT_EQ(reason("CREATE FUNCTION f() RETURNS INT AS $$\nBEGIN\nRAISE NOTICE 'x'; RETURN 1; END $$"),
              "RAISE of a message at line 3");
    EXPECT_EQ(
        reason("CREATE FUNCTION g() RETURNS INT AS $$\nBEGIN RETURN 1; EXCEPTION WHEN OTHERS THEN RETURN 2; END $$"),
        "an exception handler at line 2");
    EXPECT_EQ(reason("CREATE FUNCTION h() RETURNS INT AS $$ BEGIN RETURN f() + 1; END $$"),
              "it calls f, which has RAISE of a message at line 3");
    EXPECT_EQ(reason("CREATE FUNCTION s() RETURNS SETOF INT AS $$ BEGIN RETURN NEXT 1; END $$"), "\"s\" returns a set");
}

TEST_F(JitTest, CancelStopsAnEndlessLoopFromAnotherThread) {
    const auto signature = define("CREATE FUNCTION f() RETURNS INT AS $$ BEGIN LOOP NULL; END LOOP; END $$");
    std::thread other([&] { story.cancelled = true; });
    const std::string text = by_machine_code(*signature, {});
    other.join();
    EXPECT_TRUE(text.starts_with("error 57014 cancelled")) << text;
}

TEST_F(JitTest, TimeoutAndMemoryEndARun) {
    story.limits.timeout_micros = 50'000;
    const auto endless = define("CREATE FUNCTION f() RETURNS INT AS $$ BEGIN LOOP NULL; END LOOP; END $$");
    EXPECT_TRUE(by_machine_code(*endless, {}).starts_with("error 57014 the statement ran longer")) << "timeout";
    story.limits.timeout_micros = 0;
    story.limits.memory_bytes = 1'000'000;
    const std::string text = both(
        "CREATE FUNCTION g() RETURNS INT AS $$ DECLARE t TEXT := 'abcdefgh'; BEGIN LOOP t := t || t; END LOOP; END "
        "$$",
        {});
    EXPECT_TRUE(text.starts_with("error 53200")) << text;
}

// A batch through every form that a column can take.
TEST_F(JitTest, BatchesReadSelectionsAndNulls) {
    const auto signature = define("CREATE FUNCTION f(a INT, b BIGINT) RETURNS BIGINT RETURN a * b + 1");
    const auto run = make_compiled_run(compiled(*signature), story.environment());
    const int32_t a[] = {1, 2, 3, 4, 5};
    const int64_t b[] = {10, 20, 30};
    const uint32_t choice[] = {2, 2, 1, 0, 0};
    const uint64_t valid = 0b11101;
    for (const bool selected : {false, true}) {
        for (const bool nulls : {false, true}) {
            const BatchColumn columns[] = {{a, nulls ? &valid : nullptr, nullptr}, {b, nullptr, choice}};
            int64_t out[5] = {};
            uint64_t out_valid = ~uint64_t{0};
            const uint32_t rows[] = {0, 1, 4};
            ASSERT_TRUE(
                run->call_batch(columns, {out, &out_valid, nullptr}, selected ? rows : nullptr, selected ? 3 : 5).ok());
            EXPECT_EQ(out[0], 31);
            EXPECT_EQ(out[1], nulls ? 0 : 61);
            EXPECT_EQ(out_valid >> 1 & 1, nulls ? 0U : 1U);
            EXPECT_EQ(out[2], selected ? 0 : 61);
            EXPECT_EQ(out[4], 51);
        }
    }
}

TEST_F(JitTest, BatchesOfAllSizes) {
    const auto signature = define("CREATE FUNCTION f(a INT) RETURNS INT RETURN a * 2");
    const auto run = make_compiled_run(compiled(*signature), story.environment());
    std::vector<int32_t> in(5000);
    std::vector<uint32_t> all(5000);
    for (size_t k = 0; k < in.size(); ++k) {
        in[k] = static_cast<int32_t>(k);
        all[k] = static_cast<uint32_t>(k);
    }
    for (const size_t count : {0U, 1U, 2047U, 2048U, 2049U, 4096U, 5000U}) {
        for (const bool selected : {false, true}) {
            std::vector<int32_t> out(in.size(), -1);
            std::vector<uint64_t> validity(in.size() / 64 + 1, ~uint64_t{0});
            const BatchColumn column{in.data(), nullptr, selected ? all.data() : nullptr};
            ASSERT_TRUE(run->call_batch({&column, 1}, {out.data(), validity.data(), nullptr}, nullptr, count).ok());
            for (size_t k = 0; k < in.size(); ++k) {
                ASSERT_EQ(out[k], k < count ? 2 * in[k] : -1) << k << " of " << count;
            }
        }
    }
}

class Kept : public TextSink {
   public:
    const char* keep(std::string_view text) override { return texts_.emplace_back(text).data(); }

   private:
    std::deque<std::string> texts_;
};

TEST_F(JitTest, BatchesOfTextsGoInAndOut) {
    const auto signature = define(
        "CREATE FUNCTION f(t TEXT) RETURNS TEXT AS $$ BEGIN RETURN CASE WHEN length(t) > 3 THEN upper(t) || '!' "
        "ELSE t END; END $$");
    const auto run = make_compiled_run(compiled(*signature), story.environment());
    const std::string long_text = "a text that is longer than twelve";
    const StringRef in[] = {StringRef("ab"), StringRef("abcd"), StringRef(std::string_view(long_text)),
                            StringRef("zz")};
    const uint64_t valid = 0b0111;
    const BatchColumn column{in, &valid, nullptr};
    StringRef out[4];
    uint64_t out_valid = ~uint64_t{0};
    Kept kept;
    ASSERT_TRUE(run->call_batch({&column, 1}, {out, &out_valid, &kept}, nullptr, 4).ok());
    EXPECT_EQ(out[0].view(), "ab");
    EXPECT_EQ(out[1].view(), "ABCD!");
    EXPECT_EQ(out[2].view(), "A TEXT THAT IS LONGER THAN TWELVE!");
    EXPECT_EQ(out_valid & 0b1111, 0b0111U);
}

TEST_F(JitTest, AFailingRowEndsItsBatchWithTheError) {
    const auto signature = define("CREATE FUNCTION f(a TINYINT) RETURNS TINYINT RETURN a + 100::TINYINT");
    const auto run = make_compiled_run(compiled(*signature), story.environment());
    const int8_t in[] = {1, 2, 100, 3};
    int8_t out[4] = {};
    uint64_t valid = ~uint64_t{0};
    const BatchColumn column{in, nullptr, nullptr};
    const Status done = run->call_batch({&column, 1}, {out, &valid, nullptr}, nullptr, 4);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, ErrorCode::kOutOfRange);
    EXPECT_EQ(out[1], 102);
    EXPECT_EQ(out[3], 0);
}

TEST_F(JitTest, AFunctionIsCompiledOnceItIsHot) {
    const auto signature = define("CREATE FUNCTION f(a INT) RETURNS INT RETURN a + 1");
    EXPECT_EQ(jit.find(*signature, story.library(), 1999), nullptr);
    EXPECT_EQ(jit.report(*signature, story.library()).state, FunctionReport::State::kCold);
    EXPECT_EQ(jit.find(*signature, story.library(), 1), nullptr);
    jit.wait();
    EXPECT_NE(jit.find(*signature, story.library(), 1), nullptr);
    EXPECT_EQ(jit.report(*signature, story.library()).state, FunctionReport::State::kCompiled);
    jit.set_enabled(false);
    EXPECT_EQ(jit.find(*signature, story.library(), 1), nullptr);
    EXPECT_EQ(jit.report(*signature, story.library()).reason, "jit is off");
}

TEST_F(JitTest, AReplacedCalleeMakesTheOldCodeOutdated) {
    define("CREATE FUNCTION g(a INT) RETURNS INT RETURN a + 1");
    const auto signature = define("CREATE FUNCTION f(a INT) RETURNS INT RETURN g(a)");
    const auto old = compiled(*signature);
    EXPECT_TRUE(old->is_current(story.library()));
    define("CREATE OR REPLACE FUNCTION g(a INT) RETURNS INT RETURN a + 10");
    EXPECT_FALSE(old->is_current(story.library()));
    EXPECT_EQ(jit.find(*signature, story.library(), 5000), nullptr);
    jit.wait();
    const auto fresh = jit.find(*signature, story.library(), 1);
    ASSERT_NE(fresh, nullptr);
    const Value one[] = {number(1)};
    EXPECT_EQ(make_compiled_run(fresh, {})->call(one)->integer(), 11);
    EXPECT_EQ(make_compiled_run(old, {})->call(one)->integer(), 2);
}

TEST_F(JitTest, ObjectFilesAreFoundAgainAndDamagedOnesAreNot) {
    JitOptions options = jit_options();
    options.disk = SimulatedDisk::create();
    options.cache_folder = "/cache";
    const auto signature = define(kCollatz);
    const auto from_disk = [&] {
        Jit fresh(options);
        EXPECT_TRUE(fresh.compile(*signature, story.library()).ok());
        return fresh.report(*signature, story.library()).from_disk;
    };
    EXPECT_FALSE(from_disk());
    EXPECT_TRUE(from_disk());
    const auto names = options.disk->list("/cache");
    ASSERT_TRUE(names.ok());
    ASSERT_EQ(names->size(), 1U);
    const std::string path = "/cache/" + names->front();
    const auto size = options.disk->open(path, OpenMode::kRead).value()->size().value();
    // Each damage is noticed, the file replaced by a good one.
    for (const uint64_t at : {uint64_t{0}, uint64_t{9}, uint64_t{60}, size / 2, size - 1}) {
        char byte = 0;
        {
            const auto file = options.disk->open(path, OpenMode::kReadWrite).value();
            ASSERT_TRUE(file->read(at, 1, &byte).ok());
            byte = static_cast<char>(byte ^ 0x20);
            ASSERT_TRUE(file->write(at, {&byte, 1}).ok());
        }
        EXPECT_FALSE(from_disk()) << at;
        EXPECT_TRUE(from_disk()) << at;
    }
    ASSERT_TRUE(options.disk->open(path, OpenMode::kReadWrite).value()->truncate(size / 3).ok());
    EXPECT_FALSE(from_disk());
}

TEST_F(JitTest, ListingsShowIrAndAssembly) {
    const auto signature = define("CREATE FUNCTION f(a INT) RETURNS INT RETURN a + 1");
    EXPECT_NE(jit.listing(*signature, story.library(), false)->find("@kodiak_batch"), std::string::npos);
    EXPECT_NE(jit.listing(*signature, story.library(), true)->find("kodiak_scalar:"), std::string::npos);
}

TEST(JitWithoutLlvm, SaysSoAndAnswersNothing) {
    CodeStory story;
    DiagnosticList problems;
    const auto signature =
        story.library().define("CREATE FUNCTION f(a INT) RETURNS INT RETURN a + 1", nullptr, problems);
    JitOptions options;
    options.library = "/nowhere/libkodiak_jit.so";
    Jit jit(options);
    EXPECT_EQ(jit.find(*signature, story.library(), 5000), nullptr);
    jit.wait();
    EXPECT_EQ(jit.find(*signature, story.library(), 5000), nullptr);
    const FunctionReport report = jit.report(*signature, story.library());
    EXPECT_EQ(report.state, FunctionReport::State::kFailed);
    EXPECT_TRUE(report.reason.starts_with("there is no code generator here")) << report.reason;
}

}  // namespace
}  // namespace kodiak::language
