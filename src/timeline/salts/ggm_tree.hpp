#pragma once

// GgmTree: all salts of one commit from 16 bytes.
//
// What       Gives leaf i of n a salt of 16 bytes, each unguessable without the commit's seed, in order or one by
//            one. Together with PuncturedSeed one salt can be destroyed for good while the others stay.
// Why        A salt per row stored as such costs 16 bytes a row. Goldreich, Goldwasser, Micali, "How to construct
//            random functions" (1986) derive them from one seed by a binary tree; Boneh, Waters (2013), Kiayias et
//            al. (2013) and Boyle, Goldwasser, Ivan (2014) puncture that tree.
// How        depth = ceil(log2 n), 0 for n <= 1. The seed is the root. A node's children are the halves of
//            SHA256(03 || node): the first 16 bytes left, the last 16 bytes right. A node at depth `depth` is the
//            salt of its index, left to right. Salts from n on exist in the tree and are never used.
// Invariants G1 a node tells everything below it and, SHA-256 being one-way, nothing above or beside it.
// Threads    Values; several streams may walk parts of one tree at the same time.
// Cost       One SHA-256 compression per inner node (about 50 ns). All salts in order: n - 1 and a path's worth of
//            them; one salt: depth of them. A stream holds at most 49 nodes.
// Not here   Drawing the seed (16 bytes of RandomSource per commit); storing it (docs/formats/salts.md).

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kodiak::timeline {

inline constexpr size_t kSaltBytes = 16;
// A leaf's salt; also a node's value (a node of height 0 is a salt).
using Salt = std::array<uint8_t, kSaltBytes>;

// More leaves than any commit has rows; keeps all index arithmetic far from overflow.
inline constexpr uint64_t kLeafCountMax = uint64_t{1} << 48;

// Returns ceil(log2 leaf_count), 0 for 0 and 1.
uint32_t ggm_depth(uint64_t leaf_count);

struct GgmChildren {
    Salt left;
    Salt right;
};
// Returns the two children of a node.
GgmChildren ggm_expand(const Salt& node);

// Walks the salts of the leaves [begin, end) in order.
class SaltStream {
   public:
    // Requires: begin <= end <= 2^height. `node` is the root of a subtree of that height.
    SaltStream(const Salt& node, uint32_t height, uint64_t begin, uint64_t end);

    // Salts still to come.
    uint64_t remaining() const { return end_ - at_; }
    // Returns the next salt. Requires: remaining() > 0.
    Salt next();

   private:
    struct Node {
        uint32_t height;
        Salt value;
    };
    std::vector<Node> pending_;  // subtrees still to walk, the nearest last
    uint64_t at_;
    uint64_t end_;
};

class GgmTree {
   public:
    // Requires: leaf_count <= kLeafCountMax.
    GgmTree(const Salt& seed, uint64_t leaf_count);

    uint64_t leaf_count() const { return leaf_count_; }
    // Returns one leaf's salt. Requires: leaf < leaf_count().
    Salt salt(uint64_t leaf) const;
    // Walks all salts in order.
    SaltStream stream() const { return stream(0, leaf_count_); }
    // Walks the salts of [begin, end). Requires: begin <= end <= leaf_count().
    SaltStream stream(uint64_t begin, uint64_t end) const;

   private:
    Salt seed_;
    uint64_t leaf_count_;
};

}  // namespace kodiak::timeline
