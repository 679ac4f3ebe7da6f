#include "base/hash/sha256.hpp"

// The low-level functions are deprecated since OpenSSL 3.0 in favour of EVP, which costs more than a short hash.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <new>

namespace kodiak {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kPaddingBytesMin = 9;  // 0x80 and the length in bits
constexpr size_t kStackMessageBytes = 8 * kBlockBytes - kPaddingBytesMin;

Hash256 digest_of(const SHA256_CTX& context) {
    Hash256 hash;
    for (size_t word = 0; word < 8; ++word) {
        const uint32_t big_endian = __builtin_bswap32(context.h[word]);
        std::memcpy(hash.bytes.data() + word * 4, &big_endian, 4);
    }
    return hash;
}

// Pads the message that starts `blocks` and compresses it. Requires: room for the padding.
Hash256 hash_on_stack(uint8_t* blocks, size_t message_bytes) {
    const size_t total = (message_bytes + kPaddingBytesMin + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
    std::memset(blocks + message_bytes, 0, total - message_bytes);
    blocks[message_bytes] = 0x80;
    const uint64_t bits = __builtin_bswap64(uint64_t{message_bytes} * 8);
    std::memcpy(blocks + total - sizeof bits, &bits, sizeof bits);
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, blocks, total);
    return digest_of(context);
}

// memcpy must not see the null pointer of an empty view.
uint8_t* put(uint8_t* at, std::string_view bytes) {
    if (!bytes.empty()) {
        std::memcpy(at, bytes.data(), bytes.size());
    }
    return at + bytes.size();
}

template <class... Views>
Hash256 hash_joined(Views... views) {
    const size_t total = (views.size() + ...);
    if (total <= kStackMessageBytes) {
        alignas(kBlockBytes) uint8_t blocks[kStackMessageBytes + kPaddingBytesMin];
        uint8_t* at = blocks;
        ((at = put(at, views)), ...);
        return hash_on_stack(blocks, total);
    }
    Sha256 hasher;
    (hasher.update(views), ...);
    return hasher.finish();
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

}  // namespace

std::string Hash256::hex() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(kBytes * 2);
    for (const uint8_t byte : bytes) {
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

Result<Hash256> Hash256::from_hex(std::string_view text) {
    if (text.size() != kBytes * 2) {
        return make_error(ErrorCode::kInvalidText,
                          "a hash has 64 hexadecimal digits, not " + std::to_string(text.size()));
    }
    Hash256 hash;
    for (size_t i = 0; i < kBytes; ++i) {
        const int high = digit_of(text[2 * i]);
        const int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return make_error(ErrorCode::kInvalidText,
                              "a hash holds something else than a hexadecimal digit near character " +
                                  std::to_string(2 * i + 1));
        }
        hash.bytes[i] = static_cast<uint8_t>(high * 16 + low);
    }
    return hash;
}

Result<Hash256> Hash256::from_bytes(std::string_view bytes) {
    if (bytes.size() != kBytes) {
        return make_error(ErrorCode::kCorruption, "a hash has 32 bytes, not " + std::to_string(bytes.size()));
    }
    Hash256 hash;
    std::memcpy(hash.bytes.data(), bytes.data(), kBytes);
    return hash;
}

Hash256 sha256(std::string_view message) { return hash_joined(message); }
Hash256 sha256(std::string_view first, std::string_view second) { return hash_joined(first, second); }
Hash256 sha256(std::string_view first, std::string_view second, std::string_view third) {
    return hash_joined(first, second, third);
}

static SHA256_CTX* context_in(std::byte* state) { return std::launder(reinterpret_cast<SHA256_CTX*>(state)); }

Sha256::Sha256() {
    static_assert(sizeof(SHA256_CTX) <= sizeof state_ && alignof(SHA256_CTX) <= 8);
    SHA256_Init(new (state_.data()) SHA256_CTX);
}

void Sha256::update(std::string_view bytes) {
    SHA256_Update(context_in(state_.data()), bytes.data(), bytes.size());
}

Hash256 Sha256::finish() {
    Hash256 hash;
    SHA256_CTX* context = context_in(state_.data());
    SHA256_Final(hash.bytes.data(), context);
    SHA256_Init(context);
    return hash;
}

}  // namespace kodiak
