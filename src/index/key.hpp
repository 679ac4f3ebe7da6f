#pragma once

// Keys of an index: bytes (or one integer) whose plain order is the order of the SQL values they stand for.
//
// What       KeyBuilder writes the fields of a key one after another so that memcmp of two finished keys equals
//            comparing the value tuples field by field. A key of exactly one integer field of up to 8 bytes needs no
//            bytes at all: integer_key maps it to a uint64 that orders the same way.
// How        field   := 0x00                                   NULL: sorts first
//                     | 0x01 big-endian integer                sign bit flipped when signed; 1, 2, 4, 8 or 16 bytes
//                     | 0x01 big-endian float bits             negative: all bits flipped; else: sign bit set
//                     | 0x01 escaped bytes 0x00 0x00           each 0x00 inside is written 0x00 0xFF
// Invariants K1 Two keys compare as their tuples do, and are equal exactly when the tuples are, provided both
//               were built from the same sequence of field types (an INTEGER is always 4 bytes, never 8).
//            K2 No finished key is a proper prefix of another of the same types, so fields never run together.
// Order      NULL first; false < true; -0.0 equals 0.0; all NaN are one value, above +infinity; byte strings as
//            unsigned bytes. (ORDER BY ... NULLS LAST is the reader's business.)
// Threads    Values. A KeyBuilder belongs to one thread; reuse it, it keeps its memory.
// Limits     kKeyBytesMax per finished byte key.
// Not here   Decoding (values live in the table), collations and nested types (the caller flattens them to fields).

#include <bit>
#include <compare>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result/assert.hpp"
#include "base/result/result.hpp"

namespace kodiak::index {

inline constexpr size_t kKeyBytesMax = size_t{64} << 10;

// How an index stores its keys; fixed for its life.
enum class KeyForm : uint8_t {
    kInteger,  // exactly one NOT NULL integer field of up to 8 bytes (or rows with NULL there are left out)
    kBytes,    // everything else
};

// Maps an integer to a uint64 of the same order: what a key of form kInteger holds. Widths may be mixed, but signed
// and unsigned fields may not.
template <std::integral Int>
constexpr uint64_t integer_key(Int value) {
    if constexpr (std::is_signed_v<Int>) {
        return static_cast<uint64_t>(static_cast<int64_t>(value)) ^ (uint64_t{1} << 63);
    } else {
        return static_cast<uint64_t>(value);
    }
}

// One key of either form; 16 bytes, passed by value. Borrows the bytes of a byte key: they must outlive it.
class KeyRef {
   public:
    constexpr KeyRef() = default;  // integer key 0
    // Holds a value made by integer_key.
    static constexpr KeyRef integer(uint64_t mapped) { return KeyRef(nullptr, mapped); }
    // Holds bytes made by KeyBuilder (any bytes order right, the empty string included).
    static constexpr KeyRef bytes(std::string_view key) {
        return KeyRef(key.data() == nullptr ? "" : key.data(), key.size());
    }

    constexpr KeyForm form() const { return data_ == nullptr ? KeyForm::kInteger : KeyForm::kBytes; }
    // Requires: form() == kInteger.
    constexpr uint64_t as_integer() const {
        KODIAK_DEBUG_ASSERT(data_ == nullptr);
        return value_;
    }
    // Requires: form() == kBytes. Valid as long as the bytes this key was made of.
    constexpr std::string_view as_bytes() const {
        KODIAK_DEBUG_ASSERT(data_ != nullptr);
        return {data_, static_cast<size_t>(value_)};
    }
    // Orders two keys. Requires: both of the same form.
    friend constexpr std::strong_ordering operator<=>(KeyRef a, KeyRef b) {
        KODIAK_DEBUG_ASSERT(a.form() == b.form());
        return a.data_ == nullptr ? a.value_ <=> b.value_ : a.as_bytes() <=> b.as_bytes();
    }
    friend constexpr bool operator==(KeyRef a, KeyRef b) { return (a <=> b) == 0; }

   private:
    constexpr KeyRef(const char* data, uint64_t value) : data_(data), value_(value) {}
    const char* data_ = nullptr;  // nullptr: an integer key
    uint64_t value_ = 0;          // the mapped integer, or the number of bytes
};

// Builds byte keys, field by field.
class KeyBuilder {
   public:
    // Forgets all fields, keeps the memory.
    KeyBuilder& clear() {
        bytes_.clear();
        return *this;
    }
    KeyBuilder& null() {
        bytes_.push_back('\x00');
        return *this;
    }
    KeyBuilder& boolean(bool value) { return integer(static_cast<uint8_t>(value)); }
    // Appends an integer at the width and signedness of its C++ type: pick the type by the column, not by the value.
    template <std::integral Int>
        requires(!std::same_as<Int, bool>)
    KeyBuilder& integer(Int value) {
        using Unsigned = std::make_unsigned_t<Int>;
        Unsigned mapped = static_cast<Unsigned>(value);
        if constexpr (std::is_signed_v<Int>) {
            mapped = static_cast<Unsigned>(mapped ^ (Unsigned{1} << (8 * sizeof(Int) - 1)));
        }
        bytes_.push_back('\x01');
        append_big_endian(mapped, sizeof(Int));
        return *this;
    }
    // Appends a 16-byte signed integer given as its two's complement halves.
    KeyBuilder& signed_huge(int64_t high, uint64_t low);
    // Appends a 16-byte unsigned integer (also UUIDs).
    KeyBuilder& unsigned_huge(uint64_t high, uint64_t low);
    KeyBuilder& real(float value);
    KeyBuilder& real(double value);
    // Appends text (as UTF-8 bytes, no collation) or a blob.
    KeyBuilder& bytes(std::string_view value);

    // Returns the finished key, valid until the next change of this builder. kTooLarge above kKeyBytesMax.
    Result<KeyRef> key() const;

   private:
    void append_big_endian(uint64_t value, size_t width);
    std::string bytes_;
};

}  // namespace kodiak::index
