#include "base/ids/ulid.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kodiak {
namespace {

// A clock that shows what the test sets.
class SetClock final : public Clock {
   public:
    Timestamp now() override { return now_; }
    void set_millis(int64_t millis) { now_.micros = millis * 1000; }

   private:
    Timestamp now_;
};

// Random bytes that are all ones, so that counting up carries.
class AllOnes final : public RandomSource {
   public:
    void fill(void* target, size_t bytes) override { std::fill_n(static_cast<uint8_t*>(target), bytes, uint8_t{0xFF}); }
};

TEST(Ulid, TextReadsBack) {
    const auto random = make_seeded_random(3);
    for (int i = 0; i < 1000; ++i) {
        Ulid id;
        random->fill(id.bytes.data(), Ulid::kBytes);
        const std::string text = id.text();
        ASSERT_EQ(text.size(), 26u);
        ASSERT_EQ(Ulid::parse(text).value(), id) << text;
        std::string lower = text;
        std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        ASSERT_EQ(Ulid::parse(lower).value(), id) << lower;
    }
}

TEST(Ulid, KnownTextsHaveTheirKnownBytes) {
    EXPECT_EQ(Ulid{}.text(), "00000000000000000000000000");
    Ulid highest;
    highest.bytes.fill(0xFF);
    EXPECT_EQ(highest.text(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    // The example of the ULID specification.
    EXPECT_EQ(Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").value().millis(), 1469922850259u);
}

TEST(Ulid, TextSortsLikeTheBytes) {
    const auto random = make_seeded_random(4);
    for (int i = 0; i < 1000; ++i) {
        Ulid a;
        Ulid b;
        random->fill(a.bytes.data(), Ulid::kBytes);
        random->fill(b.bytes.data(), Ulid::kBytes);
        ASSERT_EQ(a < b, a.text() < b.text());
    }
}

TEST(Ulid, TextThatIsNoUlidIsRefused) {
    for (const char* text : {"", "0", "0000000000000000000000000", "000000000000000000000000000",
                             "80000000000000000000000000", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "0000000000000000000000000I",
                             "0000000000000L000000000000", "000000000O0000000000000000", "0U000000000000000000000000",
                             "0000000000000-000000000000", "0000000000000\xC3\xA4" "00000000000"}) {
        const Result<Ulid> read = Ulid::parse(text);
        ASSERT_FALSE(read.ok()) << text;
        EXPECT_EQ(read.error().code, ErrorCode::kInvalidText);
    }
}

TEST(UlidGenerator, IdsRiseWhenTheClockStandsOrJumpsBack) {
    const auto clock = std::make_shared<SetClock>();
    UlidGenerator generator(clock, make_seeded_random(9));
    Ulid last;
    for (const int64_t millis : {1000, 1000, 1000, 2000, 500, 500, 1999, 2000, 2001, -5, 3000}) {
        clock->set_millis(millis);
        const Ulid id = generator.next();
        EXPECT_GT(id, last) << millis;
        last = id;
    }
    EXPECT_EQ(last.millis(), 3000u);
}

TEST(UlidGenerator, ExhaustedRandomBitsCarryIntoTheTime) {
    const auto clock = std::make_shared<SetClock>();
    clock->set_millis(1000);
    UlidGenerator generator(clock, std::make_shared<AllOnes>());
    const Ulid first = generator.next();
    const Ulid second = generator.next();
    EXPECT_GT(second, first);
    EXPECT_EQ(second.millis(), 1001u);
}

TEST(UlidGenerator, ATimeBefore1970CountsAs1970) {
    const auto clock = std::make_shared<SetClock>();
    clock->set_millis(-1);
    UlidGenerator generator(clock, make_seeded_random(9));
    EXPECT_EQ(generator.next().millis(), 0u);
}

}  // namespace
}  // namespace kodiak
