#pragma once

// Ed25519 signatures of tree heads (RFC 8032, by libsodium).
//
// What       Whoever holds the key says: this is the head of my database. Signed is TreeHead::message().
// Why        A signed head ties a history to a name even when the reader got the head from the same file as the proof.
// Threads    Pure functions; libsodium is set up by the first of them.
// Not here   Keeping keys: the caller holds the seed of 32 bytes and hands it in.

#include <array>
#include <optional>

#include "base/result/result.hpp"
#include "timeline/merkle/tree_head.hpp"

namespace kodiak::timeline {

using PublicKey = std::array<uint8_t, 32>;
using SignatureValue = std::array<uint8_t, 64>;
using KeySeed = std::array<uint8_t, 32>;

struct HeadSignature {
    PublicKey key{};
    SignatureValue value{};
    bool operator==(const HeadSignature&) const = default;
};

// Signs a head with the key pair that follows from `seed`.
HeadSignature sign_head(const TreeHead& head, const KeySeed& seed);
// Accepts a signature of this head by the key that it names. kInvalidValue.
Status verify_signature(const TreeHead& head, const HeadSignature& signature);

}  // namespace kodiak::timeline
