#include "timeline/merkle/head_signature.hpp"

#include <sodium.h>

#include "base/result/assert.hpp"

namespace kodiak::timeline {
namespace {

static_assert(crypto_sign_PUBLICKEYBYTES == sizeof(PublicKey) && crypto_sign_BYTES == sizeof(SignatureValue) &&
              crypto_sign_SEEDBYTES == sizeof(KeySeed));

void set_up() {
    static const int state = sodium_init();
    KODIAK_ASSERT(state >= 0);
}

const uint8_t* bytes_of(const std::string& message) { return reinterpret_cast<const uint8_t*>(message.data()); }

}  // namespace

HeadSignature sign_head(const TreeHead& head, const KeySeed& seed) {
    set_up();
    HeadSignature signature;
    std::array<uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
    crypto_sign_seed_keypair(signature.key.data(), secret.data(), seed.data());
    const std::string message = head.message();
    crypto_sign_detached(signature.value.data(), nullptr, bytes_of(message), message.size(), secret.data());
    sodium_memzero(secret.data(), secret.size());
    return signature;
}

Status verify_signature(const TreeHead& head, const HeadSignature& signature) {
    set_up();
    const std::string message = head.message();
    if (crypto_sign_verify_detached(signature.value.data(), bytes_of(message), message.size(), signature.key.data()) !=
        0) {
        return make_error(ErrorCode::kInvalidValue, "the proof is refused: a head's signature is not by its key");
    }
    return {};
}

}  // namespace kodiak::timeline
