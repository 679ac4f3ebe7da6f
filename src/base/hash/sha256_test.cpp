#include "base/hash/sha256.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "base/random/random.hpp"

namespace kodiak {
namespace {

// OpenSSL's other front, as an independent opinion.
Hash256 evp_sha256(std::string_view message) {
    Hash256 hash;
    unsigned length = 0;
    EVP_Digest(message.data(), message.size(), hash.bytes.data(), &length, EVP_sha256(), nullptr);
    return hash;
}

TEST(Sha256, PublishedVectorsAreReached) {
    EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256(std::string(1000000, 'a')).hex(),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, EveryLengthAcrossTheStackLimitAgreesWithEvpHoweverItIsCut) {
    const auto random = make_seeded_random(11);
    std::string message(1200, '\0');
    random->fill(message.data(), message.size());
    for (size_t length = 0; length <= message.size(); ++length) {
        const std::string_view all(message.data(), length);
        const size_t a = length == 0 ? 0 : random->next_u64() % (length + 1);
        const size_t b = a + (length == a ? 0 : random->next_u64() % (length - a + 1));
        const Hash256 expected = evp_sha256(all);
        ASSERT_EQ(sha256(all), expected) << length;
        ASSERT_EQ(sha256(all.substr(0, a), all.substr(a)), expected) << length << " cut at " << a;
        ASSERT_EQ(sha256(all.substr(0, a), all.substr(a, b - a), all.substr(b)), expected) << length;
        Sha256 parts;
        parts.update(all.substr(0, a));
        parts.update(all.substr(a));
        ASSERT_EQ(parts.finish(), expected) << length;
    }
}

TEST(Sha256, AFinishedHasherStartsAnew) {
    Sha256 hasher;
    hasher.update("first");
    EXPECT_EQ(hasher.finish(), sha256("first"));
    EXPECT_EQ(hasher.finish(), sha256(""));
    hasher.update("abc");
    EXPECT_EQ(hasher.finish(), sha256("abc"));
}

TEST(Hash256, HexReadsBackInEitherCase) {
    const Hash256 hash = sha256("abc");
    EXPECT_EQ(Hash256::from_hex(hash.hex()).value(), hash);
    EXPECT_EQ(Hash256::from_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD").value(), hash);
}

TEST(Hash256, OtherTextIsRefused) {
    const std::string good = sha256("abc").hex();
    EXPECT_EQ(Hash256::from_hex("").error().code, ErrorCode::kInvalidText);
    EXPECT_FALSE(Hash256::from_hex(good.substr(1)).ok());
    EXPECT_FALSE(Hash256::from_hex(good + "0").ok());
    for (const char bad : {'g', '/', ':', '@', 'G', '`', ' ', '\0', '\xff'}) {
        std::string text = good;
        text[33] = bad;
        EXPECT_FALSE(Hash256::from_hex(text).ok()) << int{bad};
    }
    EXPECT_EQ(Hash256::from_bytes("short").error().code, ErrorCode::kCorruption);
}

TEST(Hash256, OrderIsThatOfTheBytes) {
    Hash256 low;
    Hash256 high;
    low.bytes[31] = 255;
    high.bytes[0] = 1;
    EXPECT_LT(low, high);
    EXPECT_TRUE(Hash256{}.is_zero());
    EXPECT_FALSE(low.is_zero());
}

}  // namespace
}  // namespace kodiak
