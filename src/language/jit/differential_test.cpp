// Interpreter and machine code must agree in values, NULLs and errors: on every conformance program and on random ones.
//
// KODIAK_JIT_PROGRAMS in the environment sets how many random programs run, KODIAK_JIT_SEED the first seed.

#include <cmath>
#include <cstdlib>
#include <deque>
#include <fstream>

#include "language/diagnostics.hpp"
#include "language/jit/jit_fixture.hpp"
#include "language/jit/random_code.hpp"

namespace kodiak::language {
namespace {

class ConformanceByJit : public JitFixture, public testing::WithParamInterface<std::filesystem::path> {};

TEST_P(ConformanceByJit, GivesWhatItExpects) {
    constexpr std::string_view kExpect = "-- expect: ";
    std::ifstream in(GetParam());
    std::string script;
    std::string expected;
    for (std::string line; std::getline(in, line);) {
        (line.starts_with(kExpect) ? expected : script) +=
            line.substr(line.starts_with(kExpect) ? kExpect.size() : 0) + "\n";
    }
    story.caller = [&](const Signature& signature, std::vector<Value> arguments) -> Result<Value> {
        const auto function = jit.compile(signature, story.library());
        if (!function.ok()) {
            return story.library().call(signature, std::move(arguments), story.environment());
        }
        return make_compiled_run(*function, story.environment())->call(arguments);
    };
    EXPECT_EQ(story.run(script), expected) << GetParam();
}

std::vector<std::filesystem::path> all_programs() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(KODIAK_LANGUAGE_CONFORMANCE)) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

INSTANTIATE_TEST_SUITE_P(Language, ConformanceByJit, testing::ValuesIn(all_programs()),
                         [](const auto& param) { return param.param.stem().string(); });

uint32_t number_from(const char* name, uint32_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

// Columns of one value per row and type, as the random functions take them.
struct Rows {
    static constexpr size_t kCount = 12;
    int32_t a[kCount];
    int64_t b[kCount];
    double c[kCount];
    int64_t d[kCount];
    std::deque<std::string> texts;
    StringRef e[kCount];
    uint8_t f[kCount];
    int32_t g[kCount];
    uint64_t validity[7];

    explicit Rows(std::mt19937& random) {
        constexpr int64_t kNumbers[] = {0, 1, -1, 2, 5, 100, 2'147'483'647, -2'147'483'648LL};
        constexpr double kReals[] = {0, -0.0, 1.5, -2.5, 1e18, 1e308, 0.1};
        constexpr const char* kTexts[] = {"", "a", "Abc", "12", "a longer text with \xC3\xA4", "%"};
        for (size_t k = 0; k < kCount; ++k) {
            a[k] = static_cast<int32_t>(kNumbers[random() % std::size(kNumbers)]);
            b[k] = random() % 6 == 0 ? INT64_MAX - static_cast<int64_t>(random() % 3)
                                     : kNumbers[random() % std::size(kNumbers)];
            c[k] = random() % 9 == 0 ? std::nan("") : kReals[random() % std::size(kReals)];
            d[k] = kNumbers[random() % std::size(kNumbers)] * static_cast<int64_t>(random() % 100);
            texts.emplace_back(kTexts[random() % std::size(kTexts)]);
            e[k] = StringRef(std::string_view(texts.back()));
            f[k] = static_cast<uint8_t>(random() % 2);
            g[k] = static_cast<int32_t>(random() % 40'000) - 10'000;
        }
        for (uint64_t& mask : validity) {
            mask = random() % 3 == 0 ? ~uint64_t{0} : random() | 0x249;
        }
    }
    bool valid(size_t column, size_t row) const { return (validity[column] >> row & 1) != 0; }
    std::vector<Value> values(size_t k) const {
        std::vector<Value> out{Value::integer(a[k]),
                               Value::integer(b[k]),
                               Value::real(c[k]),
                               Value::huge(d[k]),
                               text_value(std::make_shared<MemoryMeter>(INT64_MAX), texts[k]),
                               Value::boolean(f[k] != 0),
                               Value::integer(g[k])};
        for (size_t column = 0; column < out.size(); ++column) {
            if (!valid(column, k)) {
                out[column].set_null();
            }
        }
        return out;
    }
    std::vector<BatchColumn> columns() const {
        return {{a, validity, nullptr},     {b, validity + 1, nullptr}, {c, validity + 2, nullptr},
                {d, validity + 3, nullptr}, {e, validity + 4, nullptr}, {f, validity + 5, nullptr},
                {g, validity + 6, nullptr}};
    }
};

class KeptTexts : public TextSink {
   public:
    const char* keep(std::string_view text) override { return texts_.emplace_back(text).data(); }

   private:
    std::deque<std::string> texts_;
};

class RandomPrograms : public JitFixture {
   protected:
    // What the batch says of a row that it has done.
    static std::string row_text(const Signature& signature, const std::vector<uint8_t>& data, uint64_t validity,
                                size_t row) {
        if ((validity >> row & 1) == 0) {
            return "NULL";
        }
        const auto at = [&]<class T>(T) { return reinterpret_cast<const T*>(data.data())[row]; };
        using catalog::TypeKind;
        switch (signature.result.type.kind) {
            case TypeKind::kInteger:
            case TypeKind::kDate:
                return result_text(Value::integer(at(int32_t{})), signature.result);
            case TypeKind::kBoolean:
                return result_text(Value::integer(at(uint8_t{})), signature.result);
            case TypeKind::kBigInt:
                return result_text(Value::integer(at(int64_t{})), signature.result);
            case TypeKind::kDouble:
                return result_text(Value::real(at(double{})), signature.result);
            case TypeKind::kDecimal:
                return result_text(Value::huge(at(int64_t{})), signature.result);
            case TypeKind::kVarchar:
                return std::string(reinterpret_cast<const StringRef*>(data.data())[row].view());
            default:
                return result_text(reinterpret_cast<const Value*>(data.data())[row], signature.result);
        }
    }

    void check(const Signature& signature, const CompiledFunction&, CompiledRun& run, const Rows& rows) {
        std::vector<std::string> expected;
        for (size_t k = 0; k < Rows::kCount; ++k) {
            expected.push_back(interpreted(signature, rows.values(k)));
            ASSERT_EQ(outcome_text(run.call(rows.values(k)), signature.result), expected.back()) << "row " << k;
        }
        // Once more as a batch: rows up to the first error, then the others one by one.
        const bool values = signature.result.is(catalog::TypeKind::kList);
        std::vector<Value> lists(values ? Rows::kCount : 0);
        std::vector<uint8_t> bytes(Rows::kCount * 16);
        KeptTexts texts;
        uint64_t validity = ~uint64_t{0};
        const BatchResult result{values ? static_cast<void*>(lists.data()) : bytes.data(), &validity, &texts};
        for (uint32_t first = 0; first < Rows::kCount;) {
            std::vector<uint32_t> picked;
            for (uint32_t k = first; k < Rows::kCount; ++k) {
                picked.push_back(k);
            }
            const Status done = run.call_batch(rows.columns(), result, picked.data(), picked.size());
            uint32_t k = first;
            for (; k < Rows::kCount && !expected[k].starts_with("error "); ++k) {
                const std::string text =
                    values ? (validity >> k & 1) == 0 ? "NULL" : result_text(lists[k], signature.result)
                           : row_text(signature, bytes, validity, k);
                ASSERT_EQ(text, expected[k]) << "row " << k << " of a batch";
            }
            ASSERT_EQ(done.ok(), k == Rows::kCount);
            if (!done.ok()) {
                ASSERT_EQ(outcome_text(done.error(), signature.result), expected[k]) << "row " << k << " of a batch";
            }
            first = k + 1;
        }
    }
};

TEST_F(RandomPrograms, AgreeInValuesNullsAndErrors) {
    const uint32_t count = number_from("KODIAK_JIT_PROGRAMS", 60);
    const uint32_t first = number_from("KODIAK_JIT_SEED", 1);
    define(
        "CREATE FUNCTION twice(n BIGINT, t TEXT) RETURNS BIGINT AS $$ BEGIN IF t LIKE 'a%' THEN RETURN n; END IF; "
        "RETURN n * 2 + length(t); END $$");
    // Lists that a batch answers stay charged to its run; the limit is for one row's work here.
    story.limits.memory_bytes = int64_t{8} << 30;
    uint32_t defined = 0;
    uint32_t errors = 0;
    for (uint32_t seed = first; seed < first + count; ++seed) {
        const std::string text = RandomCode(seed).function("f" + std::to_string(seed));
        DiagnosticList problems;
        const auto signature = story.library().define(text, &story.executor(), problems);
        if (signature == nullptr) {
            if (std::getenv("KODIAK_JIT_SHOW") != nullptr) {
                for (const Diagnostic& one : problems.all()) {
                    if (one.severity == Severity::kError) {
                        std::printf("seed %u: %s\n", seed, render_error(error_of(one, text), "").c_str());
                    }
                }
            }
            continue;
        }
        ++defined;
        SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + text);
        const auto function = compiled(*signature);
        ASSERT_NE(function, nullptr);
        const auto run = make_compiled_run(function, story.environment());
        std::mt19937 random(seed);
        const Rows rows(random);
        errors += interpreted(*signature, rows.values(0)).starts_with("error ") ? 1 : 0;
        ASSERT_NO_FATAL_FAILURE(check(*signature, *function, *run, rows));
    }
    std::printf("seeds %u to %u: %u programs, %u of them fail in their first row\n", first, first + count - 1, defined,
                errors);
    // Programs that are refused or fail at once compare little.
    EXPECT_TRUE(count < 50 || (defined > count * 3 / 4 && errors < defined * 3 / 4));
}

}  // namespace
}  // namespace kodiak::language
