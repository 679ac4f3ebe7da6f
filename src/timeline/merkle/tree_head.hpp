#pragma once

// TreeHead: the whole history of a database up to one commit, as one hash.
//
// What       Size and root of the history tree, and the database they belong to. Its id is what people write down,
//            publish, compare and sign: a root alone would not say how many leaves it has
//            (docs/formats/history_tree.md).
// Threads    A value.

#include <cstdint>
#include <string>

#include "base/hash/sha256.hpp"
#include "base/ids/ids.hpp"

namespace kodiak::timeline {

struct TreeHead {
    OriginId origin;
    uint64_t size = 0;  // number of commits
    Hash256 root;

    bool operator==(const TreeHead&) const = default;
    // The bytes that are hashed for the id and that a signature is made over.
    std::string message() const;
    // Returns SHA256 of message().
    Hash256 id() const;
};

}  // namespace kodiak::timeline
