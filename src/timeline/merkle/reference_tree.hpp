#pragma once

// What the tree tests share: made-up leaves, and the tree of RFC 9162 section 2.1.1 written straight from its text,
// slow and without any idea in common with the code under test but SHA-256 itself.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/hash/sha256.hpp"
#include "base/random/random.hpp"

namespace kodiak::timeline::rfc {

inline std::vector<Hash256> leaves_of(size_t count, uint64_t seed) {
    const auto random = make_seeded_random(seed);
    std::vector<Hash256> leaves(count);
    for (Hash256& leaf : leaves) {
        random->fill(leaf.bytes.data(), leaf.bytes.size());
    }
    return leaves;
}

// "MTH(D_n) = HASH(0x01 || MTH(D[0:k]) || MTH(D[k:n])), k the largest power of two smaller than n"; d are leaf hashes.
inline Hash256 reference_root(std::span<const Hash256> d) {
    if (d.empty()) {
        return sha256("");
    }
    if (d.size() == 1) {
        return d[0];
    }
    size_t k = 1;
    while (k * 2 < d.size()) {
        k *= 2;
    }
    std::string message(1, '\x01');
    message += reference_root(d.first(k)).view();
    message += reference_root(d.subspan(k)).view();
    return sha256(message);
}

// PATH(m, D_n) of section 2.1.3.1.
inline std::vector<Hash256> reference_path(size_t m, std::span<const Hash256> d) {
    if (d.size() == 1) {
        return {};
    }
    size_t k = 1;
    while (k * 2 < d.size()) {
        k *= 2;
    }
    std::vector<Hash256> path = m < k ? reference_path(m, d.first(k)) : reference_path(m - k, d.subspan(k));
    path.push_back(reference_root(m < k ? d.subspan(k) : d.first(k)));
    return path;
}

// SUBPROOF(m, D_n, b) of section 2.1.4.1.
inline std::vector<Hash256> reference_subproof(size_t m, std::span<const Hash256> d, bool b) {
    if (m == d.size()) {
        return b ? std::vector<Hash256>{} : std::vector<Hash256>{reference_root(d)};
    }
    size_t k = 1;
    while (k * 2 < d.size()) {
        k *= 2;
    }
    std::vector<Hash256> proof;
    if (m <= k) {
        proof = reference_subproof(m, d.first(k), b);
        proof.push_back(reference_root(d.subspan(k)));
    } else {
        proof = reference_subproof(m - k, d.subspan(k), false);
        proof.push_back(reference_root(d.first(k)));
    }
    return proof;
}

}  // namespace kodiak::timeline::rfc
