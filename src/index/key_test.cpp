#include "index/key.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace kodiak::index {
namespace {

struct Null {};
struct Huge {
    bool is_signed;
    int64_t high;
    uint64_t low;
};
using Value = std::variant<Null, bool, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, Huge,
                           float, double, std::string>;
using Tuple = std::vector<Value>;

std::string key_of(const Tuple& tuple) {
    KeyBuilder builder;
    for (const Value& value : tuple) {
        std::visit(
            [&](const auto& v) {
                using T = std::decay_t<decltype(v)>;
                if constexpr (std::is_same_v<T, Null>) {
                    builder.null();
                } else if constexpr (std::is_same_v<T, bool>) {
                    builder.boolean(v);
                } else if constexpr (std::is_same_v<T, Huge>) {
                    v.is_signed ? builder.signed_huge(v.high, v.low)
                                : builder.unsigned_huge(static_cast<uint64_t>(v.high), v.low);
                } else if constexpr (std::is_floating_point_v<T>) {
                    builder.real(v);
                } else if constexpr (std::is_same_v<T, std::string>) {
                    builder.bytes(v);
                } else {
                    builder.integer(v);
                }
            },
            value);
    }
    return std::string(builder.key().value().as_bytes());
}

template <class T>
int sign(const T& a, const T& b) {
    return a < b ? -1 : (b < a ? 1 : 0);
}

// Compares two values of one field type, or NULLs, straight from the rules in key.hpp.
int compare(const Value& a, const Value& b) {
    const bool a_null = std::holds_alternative<Null>(a);
    const bool b_null = std::holds_alternative<Null>(b);
    if (a_null || b_null) {
        return static_cast<int>(b_null) - static_cast<int>(a_null);
    }
    return std::visit(
        [&](const auto& x) -> int {
            using T = std::decay_t<decltype(x)>;
            const T& y = std::get<T>(b);
            if constexpr (std::is_same_v<T, Null>) {
                return 0;
            } else if constexpr (std::is_same_v<T, Huge>) {
                const int high = x.is_signed ? sign(x.high, y.high)
                                             : sign(static_cast<uint64_t>(x.high), static_cast<uint64_t>(y.high));
                return high != 0 ? high : sign(x.low, y.low);
            } else if constexpr (std::is_floating_point_v<T>) {
                const int nan = sign(std::isnan(x), std::isnan(y));
                return nan != 0 || std::isnan(x) ? nan : sign(x, y);
            } else {
                return sign(x, y);
            }
        },
        a);
}

int compare(const Tuple& a, const Tuple& b) {
    for (size_t i = 0; i < a.size(); ++i) {
        if (const int order = compare(a[i], b[i]); order != 0) {
            return order;
        }
    }
    return 0;
}

class Values {
   public:
    explicit Values(uint64_t seed) : random_(seed) {}

    uint64_t below(uint64_t bound) { return random_() % bound; }
    Value of_type(size_t type) {
        if (below(8) == 0) {
            return Null{};
        }
        switch (type) {
            case 0: return below(2) == 0;
            case 1: return integer<int8_t>();
            case 2: return integer<int16_t>();
            case 3: return integer<int32_t>();
            case 4: return integer<int64_t>();
            case 5: return integer<uint8_t>();
            case 6: return integer<uint16_t>();
            case 7: return integer<uint32_t>();
            case 8: return integer<uint64_t>();
            case 9: return Huge{true, integer<int64_t>(), integer<uint64_t>()};
            case 10: return Huge{false, integer<int64_t>(), integer<uint64_t>()};
            case 11: return real<float, uint32_t>();
            case 12: return real<double, uint64_t>();
            default: return text();
        }
    }
    static constexpr size_t kTypes = 14;

   private:
    template <class Int>
    Int integer() {
        constexpr Int kMin = std::numeric_limits<Int>::min();
        constexpr Int kMax = std::numeric_limits<Int>::max();
        const Int corners[] = {kMin, static_cast<Int>(kMin + 1), Int{0}, Int{1}, static_cast<Int>(kMax - 1), kMax};
        return below(2) == 0 ? corners[below(6)] : static_cast<Int>(random_());
    }
    template <class Float, class Bits>
    Float real() {
        using Limits = std::numeric_limits<Float>;
        const Float corners[] = {Float{0},           -Float{0},       Limits::infinity(), -Limits::infinity(),
                                 Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::denorm_min(), -Limits::denorm_min(),
                                 Limits::max(),      Limits::lowest(), Float{1},          Float{-1}};
        return below(2) == 0 ? corners[below(12)] : std::bit_cast<Float>(static_cast<Bits>(random_()));
    }
    std::string text() {
        const char alphabet[] = {'\0', '\0', '\x01', 'a', 'b', '\xFE', '\xFF', '\xFF'};
        std::string value = below(4) == 0 ? std::string(300, 'p') : std::string();
        for (uint64_t left = below(6); left > 0; --left) {
            value.push_back(alphabet[below(8)]);
        }
        return value;
    }
    std::mt19937_64 random_;
};

TEST(Key, OrderOfBytesIsOrderOfTuples) {
    constexpr uint64_t kSeed = 20131;
    SCOPED_TRACE(kSeed);
    Values values(kSeed);
    for (size_t shape = 0; shape < 120; ++shape) {
        // The first shapes are the single types, the others random composites.
        std::vector<size_t> types;
        if (shape < Values::kTypes) {
            types.push_back(shape);
        } else {
            for (uint64_t left = 1 + values.below(4); left > 0; --left) {
                types.push_back(values.below(Values::kTypes));
            }
        }
        std::vector<Tuple> tuples;
        for (int i = 0; i < 40; ++i) {
            Tuple tuple;
            for (const size_t type : types) {
                tuple.push_back(values.of_type(type));
            }
            tuples.push_back(std::move(tuple));
        }
        for (const Tuple& a : tuples) {
            const std::string a_key = key_of(a);
            for (const Tuple& b : tuples) {
                const std::string b_key = key_of(b);
                const int order = compare(a, b);
                ASSERT_EQ(sign(a_key, b_key), order) << "shape " << shape;
                const auto refs = KeyRef::bytes(a_key) <=> KeyRef::bytes(b_key);
                ASSERT_EQ(refs < 0 ? -1 : (refs > 0 ? 1 : 0), order);
                if (order != 0) {
                    ASSERT_FALSE(b_key.starts_with(a_key)) << "K2, shape " << shape;
                }
            }
        }
    }
}

TEST(Key, AllNanAreOneKeyAboveInfinity) {
    const double payload = std::bit_cast<double>(uint64_t{0xFFF8000000000123});
    EXPECT_EQ(key_of({std::numeric_limits<double>::quiet_NaN()}), key_of({payload}));
    EXPECT_GT(key_of({payload}), key_of({std::numeric_limits<double>::infinity()}));
}

TEST(Key, NegativeZeroIsZero) {
    EXPECT_EQ(key_of({-0.0}), key_of({0.0}));
    EXPECT_EQ(key_of({-0.0F}), key_of({0.0F}));
}

TEST(Key, NullIsNotTheEmptyString) { EXPECT_LT(key_of({Null{}}), key_of({std::string()})); }

TEST(Key, IntegerKeysOrderAsTheirIntegers) {
    constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
    constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
    const int64_t ascending[] = {kMin, kMin + 1, -1, 0, 1, kMax - 1, kMax};
    for (size_t i = 1; i < std::size(ascending); ++i) {
        EXPECT_LT(integer_key(ascending[i - 1]), integer_key(ascending[i]));
    }
    EXPECT_EQ(integer_key(int8_t{-5}), integer_key(int64_t{-5}));
    EXPECT_EQ(integer_key(std::numeric_limits<uint64_t>::max()), std::numeric_limits<uint64_t>::max());
}

TEST(Key, TooLongAKeyIsRefusedAndTheBuilderLivesOn) {
    KeyBuilder builder;
    builder.bytes(std::string(kKeyBytesMax, 'x'));
    const auto refused = builder.key();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
    builder.clear().bytes(std::string(kKeyBytesMax - 3, 'x'));
    EXPECT_TRUE(builder.key().ok());
}

TEST(Key, FormIsKnownFromTheKey) {
    EXPECT_EQ(KeyRef::integer(0).form(), KeyForm::kInteger);
    EXPECT_EQ(KeyRef::bytes(std::string_view()).form(), KeyForm::kBytes);
}

}  // namespace
}  // namespace kodiak::index
