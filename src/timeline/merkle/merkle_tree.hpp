#pragma once

// Merkle trees of RFC 9162 section 2.1: leaf hash, node hash, root, and a builder that grows.
//
// What       One tree shape serves a commit's changes and the whole history: the left subtree of n leaves holds the
//            largest power of two below n of them.
// Why        Laurie, Messeri, Stradling, "Certificate Transparency Version 2.0" (RFC 9162, 2021). The shape needs no
//            padding, gives proofs of O(log n) for one leaf and for append-only growth, and its leaf and node hashes
//            are told apart by the first byte, so that no node passes for a leaf.
// How        leaf = SHA256(00 || data) · node = SHA256(01 || left || right) · no leaves = SHA256("").
//            TreeBuilder keeps the roots of the full subtrees, largest first (one per set bit of the size):
//              size 11 = 8 + 2 + 1:   [ root of 0..7 ] [ root of 8..9 ] [ leaf 10 ]
//            Appending merges equals from the right, root() folds the list from the right.
//            Several threads can hash one big tree: cut the leaves into runs of 2^h (the last may be shorter), take
//            tree_root of each run, and join the roots with combine_aligned_subtrees. The result is the same tree.
// Invariants M1 the list has one hash per set bit of the size.
// Threads    Values; no shared state.
// Cost       About 80 ns per node; n - 1 nodes for n leaves. State of a builder: 32 bytes per set bit of the size.
// Not here   Proofs (timeline/merkle/proofs.hpp); what the leaves hold (change_leaf.hpp, commit_record.hpp).
//            Byte layouts: docs/formats/merkle.md.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash/sha256.hpp"
#include "base/result/result.hpp"

namespace kodiak::timeline {

// Returns SHA256(00 || data): the hash that stands for `data` in a tree.
Hash256 leaf_hash(std::string_view data);
// Returns SHA256(01 || left || right).
Hash256 node_hash(const Hash256& left, const Hash256& right);
// Returns the root of a tree without leaves, SHA256("").
const Hash256& empty_tree_root();

// Returns the root of the tree over these leaf hashes (MTH of RFC 9162 section 2.1.1).
Hash256 tree_root(std::span<const Hash256> leaf_hashes);

// Returns the root of the whole tree from the roots of its runs: run i covers the leaves [i*2^h, (i+1)*2^h) for one
// h of the caller's choice, the last run may be shorter (not empty). Cutting at multiples of a power of two never
// cuts through a subtree, so the upper levels are the tree over the runs' roots. No runs give the empty tree.
Hash256 combine_aligned_subtrees(std::span<const Hash256> run_roots);

// A tree that grows by appending leaf hashes and can be asked for its root at any time.
class TreeBuilder {
   public:
    // Appends one leaf hash.
    void append(const Hash256& leaf);
    // Appends leaf hashes in order.
    void append(std::span<const Hash256> leaves);
    // Appends 2^height leaves by the root of their tree. Requires: the size is a multiple of 2^height.
    void append_subtree(uint32_t height, const Hash256& root);

    // Leaves appended so far.
    uint64_t size() const { return size_; }
    // Returns the root of the leaves so far; O(log n) hashes.
    Hash256 root() const;

    // Returns the state as bytes: size u64, then the subtree roots, largest first.
    std::string serialize() const;
    // Continues from serialize()'s bytes. kCorruption when they are not exactly such a state.
    static Result<TreeBuilder> deserialize(std::string_view bytes);

   private:
    uint64_t size_ = 0;
    std::vector<Hash256> subtrees_;  // M1, largest first
};

}  // namespace kodiak::timeline
