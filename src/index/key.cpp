#include "index/key.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

namespace kodiak::index {
namespace {

// The bits of a float, ordered as unsigned integers the way key.hpp says floats order.
template <class Bits, class Float>
Bits ordered_bits(Float value) {
    if (value == 0) {
        value = 0;  // -0.0 and 0.0 are one key
    } else if (std::isnan(value)) {
        value = std::numeric_limits<Float>::quiet_NaN();
    }
    constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
    const Bits bits = std::bit_cast<Bits>(value);
    return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

}  // namespace

void KeyBuilder::append_big_endian(uint64_t value, size_t width) {
    char digits[8];
    for (size_t i = 0; i < width; ++i) {
        digits[i] = static_cast<char>(value >> (8 * (width - 1 - i)));
    }
    bytes_.append(digits, width);
}

KeyBuilder& KeyBuilder::signed_huge(int64_t high, uint64_t low) {
    return unsigned_huge(integer_key(high), low);
}

KeyBuilder& KeyBuilder::unsigned_huge(uint64_t high, uint64_t low) {
    bytes_.push_back('\x01');
    append_big_endian(high, 8);
    append_big_endian(low, 8);
    return *this;
}

KeyBuilder& KeyBuilder::real(float value) { return integer(ordered_bits<uint32_t>(value)); }

KeyBuilder& KeyBuilder::real(double value) { return integer(ordered_bits<uint64_t>(value)); }

KeyBuilder& KeyBuilder::bytes(std::string_view value) {
    bytes_.push_back('\x01');
    while (!value.empty()) {
        const void* zero = std::memchr(value.data(), 0, value.size());
        if (zero == nullptr) {
            bytes_.append(value);
            break;
        }
        const auto plain = static_cast<size_t>(static_cast<const char*>(zero) - value.data());
        bytes_.append(value.substr(0, plain + 1));
        bytes_.push_back('\xFF');
        value.remove_prefix(plain + 1);
    }
    bytes_.append(2, '\0');
    return *this;
}

Result<KeyRef> KeyBuilder::key() const {
    if (bytes_.size() > kKeyBytesMax) {
        return make_error(ErrorCode::kTooLarge,
                          fmt::format("index key has {} bytes, more than the limit of {}", bytes_.size(), kKeyBytesMax))
            .with_hint("Index a shorter column, or a hash of this one.");
    }
    return KeyRef::bytes(bytes_);
}

}  // namespace kodiak::index
