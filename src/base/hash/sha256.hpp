#pragma once

// SHA-256 (FIPS 180-4), tuned for the short messages that rows make.
//
// What       Hash256 is a digest as a value; sha256() hashes one to three byte strings as if they were joined;
//            Sha256 hashes a message that arrives in parts.
// Why        A load hashes every row several times, each time 17 to 300 bytes. OpenSSL's EVP layer costs more than
//            the hash itself there, so this file calls its low-level SHA256 functions, which still choose SHA-NI.
// How        Messages of at most kStackMessageBytes are joined and padded on the stack and compressed in one call.
// Threads    No shared state. One Sha256 object belongs to one thread at a time.
// Cost       Time per hash (EPYC with SHA-NI, OpenSSL 3.0, -O2, one string), beside the ways not taken; 17 bytes,
//            one compression, take 52 ns:
//              bytes                  64    128    256
//              sha256()            83 ns 116 ns 185 ns
//              EVP, context kept  103 ns 133 ns 193 ns
//              EVP_Digest         287 ns 318 ns 376 ns
// Not here   Keyed hashes, passwords, other functions. Hashes that no proof rests on: base/hash/xxh3.hpp.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result/result.hpp"

namespace kodiak {

// A SHA-256 digest. Ordered as bytes; the default value is 32 zeros and means "none" where a format says so.
struct Hash256 {
    static constexpr size_t kBytes = 32;

    std::array<uint8_t, kBytes> bytes{};

    auto operator<=>(const Hash256&) const = default;
    // The digest's bytes; valid as long as this value.
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
    bool is_zero() const { return *this == Hash256{}; }
    // Returns 64 lower-case hexadecimal digits.
    std::string hex() const;
    // Reads 64 hexadecimal digits of either case; anything else is kInvalidText.
    static Result<Hash256> from_hex(std::string_view text);
    // Reads exactly 32 raw bytes; another length is kCorruption.
    static Result<Hash256> from_bytes(std::string_view bytes);
};

// Returns SHA-256 of the strings' bytes in a row. Any length, empty included; never fails.
Hash256 sha256(std::string_view message);
Hash256 sha256(std::string_view first, std::string_view second);
Hash256 sha256(std::string_view first, std::string_view second, std::string_view third);

// SHA-256 of a message given in parts.
class Sha256 {
   public:
    Sha256();
    // Adds bytes to the message.
    void update(std::string_view bytes);
    // Returns the digest of all bytes since construction or the last finish(), and starts a new message.
    Hash256 finish();

   private:
    // Holds OpenSSL's SHA256_CTX; its header stays out of ours (the size is checked in the source).
    alignas(8) std::array<std::byte, 112> state_;
};

}  // namespace kodiak

template <>
struct std::hash<kodiak::Hash256> {
    size_t operator()(const kodiak::Hash256& digest) const noexcept {
        size_t value = 0;  // a digest's first bytes are as good as any hash of it
        std::memcpy(&value, digest.bytes.data(), sizeof value);
        return value;
    }
};
