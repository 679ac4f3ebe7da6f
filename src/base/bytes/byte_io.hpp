#pragma once

// ByteWriter and ByteReader: the one way Kodiak turns values into bytes and back.
//
// Integers are little-endian at fixed width or LEB128 varints; byte strings carry a varint length in front.
// Reading never trusts its input: running past the end or an over-long varint is kCorruption, and no length read
// from input is allocated before it is checked against the bytes that are left.
// Threads: none shared. Ownership: ByteReader borrows its bytes; views it returns live as long as those bytes.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result/result.hpp"

namespace kodiak {

class ByteWriter {
   public:
    explicit ByteWriter(std::string& target) : target_(target) {}

    void u8(uint8_t v) { target_.push_back(static_cast<char>(v)); }
    void u16(uint16_t v) { fixed(v); }
    void u32(uint32_t v) { fixed(v); }
    void u64(uint64_t v) { fixed(v); }
    void i64(int64_t v) { fixed(static_cast<uint64_t>(v)); }
    // LEB128, 1 to 10 bytes.
    void varint(uint64_t v) {
        while (v >= 0x80) {
            u8(static_cast<uint8_t>(v) | 0x80);
            v >>= 7;
        }
        u8(static_cast<uint8_t>(v));
    }
    void raw(const void* data, size_t bytes) { target_.append(static_cast<const char*>(data), bytes); }
    void raw(std::string_view bytes) { target_.append(bytes); }
    // varint length, then the bytes.
    void bytes(std::string_view value) {
        varint(value.size());
        raw(value);
    }
    size_t size() const { return target_.size(); }
    std::string& target() { return target_; }

   private:
    // The project builds for little-endian machines only (checked in byte_io.cpp), so memory order is file order.
    template <class Int>
    void fixed(Int v) {
        target_.append(reinterpret_cast<const char*>(&v), sizeof v);
    }
    std::string& target_;
};

class ByteReader {
   public:
    explicit ByteReader(std::string_view bytes)
        : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    Result<uint8_t> u8() { return fixed<uint8_t>(); }
    Result<uint16_t> u16() { return fixed<uint16_t>(); }
    Result<uint32_t> u32() { return fixed<uint32_t>(); }
    Result<uint64_t> u64() { return fixed<uint64_t>(); }
    Result<int64_t> i64() {
        KODIAK_TRY_ASSIGN(const uint64_t v, u64());
        return static_cast<int64_t>(v);
    }
    Result<uint64_t> varint();
    // The next `count` bytes as a view into the input.
    Result<std::string_view> raw(uint64_t count);
    // A varint length and that many bytes.
    Result<std::string_view> bytes();
    Result<std::string> string() {
        KODIAK_TRY_ASSIGN(const std::string_view v, bytes());
        return std::string(v);
    }
    bool at_end() const { return at_ == end_; }
    size_t remaining() const { return static_cast<size_t>(end_ - at_); }
    size_t offset() const { return static_cast<size_t>(at_ - begin_); }

   private:
    Error truncated(size_t wanted) const;
    template <class Int>
    Result<Int> fixed() {
        if (remaining() < sizeof(Int)) {
            return truncated(sizeof(Int));
        }
        Int v{};
        std::memcpy(&v, at_, sizeof v);
        at_ += sizeof v;
        return v;
    }
    const char* begin_;
    const char* at_;
    const char* end_;
};

}  // namespace kodiak
