#include "storage/decode.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "storage/hot/sealed_chunk.hpp"
#include "storage/rows/sample_rows.hpp"
#include "storage/select_kernels.hpp"

namespace kodiak::storage {
namespace {

using catalog::Physical;

TEST(SelectKernels, WideAndPortableAgree) {
    if (!have_avx512()) {
        GTEST_SKIP() << "this processor has no AVX-512";
    }
    const uint64_t seed = 41;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<uint64_t> memory(2048);
    for (uint64_t& word : memory) {
        word = random() & random();
    }
    const auto* data = reinterpret_cast<const uint8_t*>(memory.data());
    for (int round = 0; round < 400; ++round) {
        for (const uint32_t width : {1u, 2u, 4u, 8u}) {
            const size_t count = round == 0 ? 2048 : random() % 2049;
            const uint64_t low = round % 3 == 0 ? 0 : random();
            const uint64_t span = round % 5 == 0 ? UINT64_MAX : random();
            std::vector<uint32_t> wide(2048 + 64);
            std::vector<uint32_t> portable(2048 + 64);
            const size_t found = select_dense_avx512(data, width, low, span, count, wide.data());
            ASSERT_EQ(select_dense_portable(data, width, low, span, count, portable.data()), found);
            ASSERT_TRUE(std::equal(wide.begin(), wide.begin() + static_cast<long>(found), portable.begin()));
        }
    }
}

// A value as every integer width sees it.
__extension__ using Int128 = __int128;

class DecodeTest : public ::testing::TestWithParam<uint64_t> {
   protected:
    // The slots 0..count-1, or a random choice of them in any order.
    std::vector<uint32_t> choose(uint32_t count) {
        std::vector<uint32_t> slots(random_() % (count + 1));
        for (uint32_t& slot : slots) {
            slot = static_cast<uint32_t>(random_() % count);
        }
        return slots;
    }
    std::mt19937_64 random_{GetParam()};
};

TEST_P(DecodeTest, EncodingsAndTargetsAgree) {
    const auto open = sample_chunks(all_kinds(3), 1500, GetParam())[0];
    const auto sealed = seal(*open);
    const auto slots = choose(1500);
    for (size_t c = 0; c < open->schema().types.size(); ++c) {
        const StoredColumn& plain = open->column(c);
        const StoredColumn& narrow = sealed->column(c);
        for (const uint32_t* chosen : {static_cast<const uint32_t*>(nullptr), slots.data()}) {
            const size_t count = chosen != nullptr ? slots.size() : 1500;
            const auto slot = [&](size_t i) { return chosen != nullptr ? chosen[i] : static_cast<uint32_t>(i); };
            if (plain.physical == Physical::kString) {
                std::vector<StringRef> expected(count);
                std::vector<StringRef> actual(count);
                decode_strings(plain, chosen, count, expected.data());
                decode_strings(narrow, chosen, count, actual.data());
                for (size_t i = 0; i < count; ++i) {
                    ASSERT_EQ(plain.is_valid(slot(i)), narrow.is_valid(slot(i)));
                    ASSERT_TRUE(!plain.is_valid(slot(i)) || expected[i].view() == actual[i].view());
                }
                continue;
            }
            const size_t width = catalog::physical_bytes(plain.physical);
            std::vector<uint8_t> expected(count * width + 1);
            std::vector<uint8_t> actual(count * width + 1);
            std::vector<Int128> widest(count + 1);
            const bool widens = is_narrowable(plain.physical);
            decode_fixed(plain, plain.physical, chosen, count, expected.data());
            decode_fixed(narrow, plain.physical, chosen, count, actual.data());
            if (widens) {
                decode_fixed(narrow, Physical::kInt128, chosen, count, widest.data());
            }
            for (size_t i = 0; i < count; ++i) {
                if (plain.is_valid(slot(i))) {
                    ASSERT_EQ(std::memcmp(&expected[i * width], &actual[i * width], width), 0) << c << " row " << i;
                    ASSERT_TRUE(!widens || std::memcmp(&expected[i * width], &widest[i], width) == 0);
                    const bool is_signed = plain.physical >= Physical::kInt8 && plain.physical <= Physical::kInt64;
                    ASSERT_TRUE(!widens || is_signed || widest[i] >= 0);
                }
            }
        }
    }
}

TEST_P(DecodeTest, SelectRangeFindsWhatComparingFinds) {
    const auto open = sample_chunks(all_kinds(3), 1500, GetParam())[0];
    const auto sealed = seal(*open);
    const auto slots = choose(1500);
    const std::vector<uint32_t> all = [] {
        std::vector<uint32_t> slots_of_all(1500);
        std::iota(slots_of_all.begin(), slots_of_all.end(), 0u);
        return slots_of_all;
    }();
    for (size_t c = 0; c < open->schema().types.size(); ++c) {
        if (!is_narrowable(open->column(c).physical)) {
            continue;
        }
        std::vector<Int128> values(1500);
        decode_fixed(open->column(c), Physical::kInt128, nullptr, 1500, values.data());
        for (int round = 0; round < 30; ++round) {
            const auto bound = [&]() -> int64_t {
                const auto near = static_cast<int64_t>(values[random_() % 1500]);
                const int64_t extremes[] = {INT64_MIN, INT64_MAX, 0, -1};
                return round % 5 == 0 ? extremes[random_() % 4] : near;
            };
            const int64_t low = bound();
            const int64_t high = bound();
            for (const std::vector<uint32_t>* chosen : {&all, &slots}) {
                std::vector<uint32_t> expected;
                for (const uint32_t slot : *chosen) {
                    if (open->column(c).is_valid(slot) && values[slot] >= low && values[slot] <= high) {
                        expected.push_back(slot);
                    }
                }
                for (const Chunk* chunk : {static_cast<const Chunk*>(open.get()), sealed.get()}) {
                    std::vector<uint32_t> out(chosen->size() + 64);
                    const uint32_t* const given = chosen == &all ? nullptr : chosen->data();
                    out.resize(select_range(chunk->column(c), low, high, given, chosen->size(), out.data()));
                    ASSERT_EQ(out, expected) << "column " << c << " from " << low << " to " << high;
                }
            }
        }
    }
}

TEST_P(DecodeTest, CodesAndNullsAreSelected) {
    const auto open = sample_chunks(all_kinds(3), 1500, GetParam())[0];
    const auto sealed = seal(*open);
    const auto slots = choose(1500);
    for (size_t c = 0; c < open->schema().types.size(); ++c) {
        const StoredColumn& column = sealed->column(c);
        for (const bool want_null : {false, true}) {
            std::vector<uint32_t> expected;
            std::copy_if(slots.begin(), slots.end(), std::back_inserter(expected),
                         [&](uint32_t slot) { return open->column(c).is_valid(slot) != want_null; });
            std::vector<uint32_t> out(slots.size() + 64);
            out.resize(select_nulls(column, want_null, slots.data(), slots.size(), out.data()));
            ASSERT_EQ(out, expected);
        }
        if (column.encoding != Encoding::kDictionary) {
            continue;
        }
        std::vector<uint8_t> accept(column.dictionary->values.size() + 1);
        for (uint8_t& flag : accept) {
            flag = static_cast<uint8_t>(random_() % 2);
        }
        std::vector<uint32_t> codes(1500);
        decode_codes(column, nullptr, 1500, codes.data());
        std::vector<uint32_t> expected;
        for (uint32_t slot = 0; slot < 1500; ++slot) {
            if (column.is_valid(slot) && accept[codes[slot]] != 0) {
                expected.push_back(slot);
            }
        }
        std::vector<uint32_t> out(1500 + 64);
        out.resize(select_codes(column, accept.data(), nullptr, 1500, out.data()));
        EXPECT_EQ(out, expected);
        if (column.has_range) {
            out.resize(1500 + 64);
            out.resize(select_range(column, column.min, column.max, nullptr, 1500, out.data()));
            std::vector<uint32_t> present(1500 + 64);
            present.resize(select_nulls(column, false, nullptr, 1500, present.data()));
            EXPECT_EQ(out, present);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, DecodeTest, ::testing::Values(51, 52, 53, 54));

TEST(Decode, FloatsWiden) {
    const float values[] = {1.5f, -0.0f};
    StoredColumn column;
    column.physical = Physical::kFloat;
    column.data = reinterpret_cast<const uint8_t*>(values);
    double out[2];
    decode_fixed(column, Physical::kDouble, nullptr, 2, out);
    EXPECT_EQ(out[0], 1.5);
    EXPECT_TRUE(std::signbit(out[1]));
}

TEST(Decode, OffsetsPointIntoTheHeap) {
    const uint32_t offsets[] = {0, 2, 2, 20};
    const std::string heap = "abcdefghijklmnopqrst";
    StoredColumn column;
    column.encoding = Encoding::kOffsets;
    column.physical = Physical::kString;
    column.data = reinterpret_cast<const uint8_t*>(offsets);
    column.heap = heap.data();
    const uint32_t slots[] = {2, 0, 1};
    StringRef out[3];
    decode_strings(column, slots, 3, out);
    EXPECT_EQ(out[0].view(), "cdefghijklmnopqrst");
    EXPECT_EQ(out[1].view(), "ab");
    EXPECT_EQ(out[2].view(), "");
}

}  // namespace
}  // namespace kodiak::storage
