#pragma once

// How a B+tree node stores keys of each form: IntegerKeys and ByteKeys are the tree's template parameter.
//
// Both offer: Probe (a borrowed key, prepared for comparing), Stored (what a node's slot holds: trivially copyable,
// moved between slots by plain copy), store/clone/release for its memory, and compare(Stored, Probe).
//
// ByteKeys keeps the first 8 bytes of a key as a number, so that most comparisons touch only the node; keys of up to
// 16 bytes lie in the slot whole, longer ones in memory of their own.

#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "index/key.hpp"

namespace kodiak::index {

struct IntegerKeys {
    static constexpr KeyForm kForm = KeyForm::kInteger;
    static constexpr size_t kNodeBytes = 2048;
    using Probe = uint64_t;
    using Stored = uint64_t;

    static Probe probe(KeyRef key) { return key.as_integer(); }
    static Probe probe_of(const Stored& stored, char* /*scratch*/) { return stored; }
    static Stored store(Probe key) { return key; }
    static Stored clone(const Stored& stored) { return stored; }
    static void release(const Stored&) {}
    // Memory outside the slot.
    static size_t outside_bytes(const Stored&) { return 0; }
    static std::strong_ordering compare(const Stored& a, Probe b) { return a <=> b; }
    // Bytes that write_key needs for this key.
    static size_t key_bytes(const Stored&) { return 0; }
    // Gives the key back; byte keys are copied to `target`, which the result borrows.
    static KeyRef write_key(const Stored& stored, char* /*target*/) { return KeyRef::integer(stored); }
};

struct ByteKeys {
    static constexpr KeyForm kForm = KeyForm::kBytes;
    static constexpr size_t kNodeBytes = 4096;
    static constexpr size_t kInlineBytes = 16;

    struct Probe {
        uint64_t head = 0;  // bytes 0-7, big-endian, zero padded
        uint64_t tail = 0;  // bytes 8-15, likewise
        std::string_view bytes;
    };
    struct Stored {
        uint64_t head;
        union {
            uint64_t tail;   // length <= kInlineBytes
            char* pointer;   // longer: the whole key, owned by the slot
        };
        uint32_t length;

        bool is_inline() const { return length <= kInlineBytes; }
    };

    static Probe probe(KeyRef key) { return probe(key.as_bytes()); }
    static Probe probe(std::string_view bytes) {
        char padded[kInlineBytes] = {};
        std::memcpy(padded, bytes.data(), bytes.size() < kInlineBytes ? bytes.size() : kInlineBytes);
        return {load_big_endian(padded), load_big_endian(padded + 8), bytes};
    }
    // A probe equal to a stored key; borrows `scratch`, which holds key_bytes(stored) bytes.
    static Probe probe_of(const Stored& stored, char* scratch) { return probe(write_key(stored, scratch)); }
    static Stored store(const Probe& key) {
        Stored stored;
        stored.head = key.head;
        stored.length = static_cast<uint32_t>(key.bytes.size());
        if (stored.is_inline()) {
            stored.tail = key.tail;
        } else {
            stored.pointer = new char[key.bytes.size()];
            std::memcpy(stored.pointer, key.bytes.data(), key.bytes.size());
        }
        return stored;
    }
    static Stored clone(const Stored& stored) {
        Stored copy = stored;
        if (!stored.is_inline()) {
            copy.pointer = new char[stored.length];
            std::memcpy(copy.pointer, stored.pointer, stored.length);
        }
        return copy;
    }
    static void release(const Stored& stored) {
        if (!stored.is_inline()) {
            delete[] stored.pointer;
        }
    }
    static size_t outside_bytes(const Stored& stored) {
        constexpr size_t kAllocatorBytes = 16;  // what malloc keeps per block, roughly
        return stored.is_inline() ? 0 : stored.length + kAllocatorBytes;
    }
    static std::strong_ordering compare(const Stored& a, const Probe& b) {
        if (a.head != b.head) {
            return a.head <=> b.head;
        }
        if (!a.is_inline()) {
            return std::string_view(a.pointer, a.length) <=> b.bytes;
        }
        // A key of up to 16 bytes that agrees with the other's first 16, zero padded, is its prefix: length decides.
        return a.tail != b.tail ? a.tail <=> b.tail : size_t{a.length} <=> b.bytes.size();
    }
    static size_t key_bytes(const Stored& stored) { return stored.is_inline() ? kInlineBytes : stored.length; }
    static KeyRef write_key(const Stored& stored, char* target) {
        if (stored.is_inline()) {
            store_big_endian(stored.head, target);
            store_big_endian(stored.tail, target + 8);
        } else {
            std::memcpy(target, stored.pointer, stored.length);
        }
        return KeyRef::bytes({target, stored.length});
    }

   private:
    static_assert(std::endian::native == std::endian::little);
    static uint64_t load_big_endian(const char* bytes) {
        uint64_t value;
        std::memcpy(&value, bytes, sizeof value);
        return __builtin_bswap64(value);
    }
    static void store_big_endian(uint64_t value, char* bytes) {
        value = __builtin_bswap64(value);
        std::memcpy(bytes, &value, sizeof value);
    }
};

}  // namespace kodiak::index
