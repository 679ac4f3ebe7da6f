#pragma once

// Proofs about RFC 9162 trees: "this leaf is in that tree" and "that tree only grew".
//
// What       An inclusion proof shows that one leaf hash lies at one index of the tree with a known root. A
//            consistency proof shows that the first m leaves of the tree with a newer root are those of an older one.
// How        Made as in RFC 9162 sections 2.1.3.1 and 2.1.4.1, verified as in 2.1.3.2 and 2.1.4.2.
//            A consistency proof from the empty tree (which RFC 9162 leaves out) has an empty path and demands the
//            empty tree's root as the older root; between trees of equal size the path is empty and roots are equal.
// Threads    Pure functions.
// Errors     Verifiers take hostile input: any proof that is not exactly right is kInvalidValue with the reason, and
//            nothing crashes. Sizes and roots must come from a source the caller trusts; the leaf index proves the
//            position as well.
// Cost       Verifying: at most 64 (inclusion) or 128 (consistency) node hashes. Making: O(n) node hashes from leaves;
//            from a source that knows inner nodes, one question per level.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "timeline/merkle/merkle_tree.hpp"

namespace kodiak::timeline {

struct InclusionProof {
    uint64_t leaf_index = 0;
    uint64_t tree_size = 0;
    std::vector<Hash256> path;  // siblings from the leaf upwards

    bool operator==(const InclusionProof&) const = default;
};

struct ConsistencyProof {
    uint64_t old_size = 0;
    uint64_t new_size = 0;
    std::vector<Hash256> path;

    bool operator==(const ConsistencyProof&) const = default;
};

// An inclusion proof that needs no index and size, because it says for each entry on which side it lies.
struct SidedPath {
    std::string sides;  // one letter per entry: 'L', it is the left of the two, or 'R'
    std::vector<Hash256> path;

    static constexpr size_t kEntriesMax = 64;
    bool operator==(const SidedPath&) const = default;
};

// Gives the root over the leaves [begin, end) of a tree; begin < end. Asked only for ranges that RFC 9162 hashes by
// themselves: begin is a multiple of the smallest power of two that is not below end - begin.
using RangeRoot = std::function<Result<Hash256>(uint64_t begin, uint64_t end)>;

// Makes a proof for the tree of the first `tree_size` leaves that `roots` knows. kOutOfRange when the tree has no such
// leaf or older tree; errors of `roots`.
Result<InclusionProof> inclusion_proof(const RangeRoot& roots, uint64_t leaf_index, uint64_t tree_size);
Result<ConsistencyProof> consistency_proof(const RangeRoot& roots, uint64_t old_size, uint64_t new_size);

// Makes the proof for one leaf of the tree over all these leaf hashes. kOutOfRange when the tree has no such leaf.
Result<InclusionProof> inclusion_proof(std::span<const Hash256> leaf_hashes, uint64_t leaf_index);
// Accepts when `leaf` lies at proof.leaf_index of the tree of proof.tree_size leaves with this root.
Status verify_inclusion(const Hash256& leaf, const InclusionProof& proof, const Hash256& root);

// Returns the root that a proof leads to. kInvalidValue when the path does not fit the size of the tree.
Result<Hash256> root_of_inclusion(const Hash256& leaf, const InclusionProof& proof);

// Returns the same path with its sides. Requires: a proof as inclusion_proof makes it.
SidedPath with_sides(const InclusionProof& proof);
// Accepts when `leaf` is a leaf of the tree with this root. kInvalidValue.
Status verify_sided_path(const Hash256& leaf, const SidedPath& proof, const Hash256& root);

// Makes the proof that the tree over all these leaf hashes extends the tree over the first `old_size`. kOutOfRange
// when there are fewer leaves.
Result<ConsistencyProof> consistency_proof(std::span<const Hash256> leaf_hashes, uint64_t old_size);
// Accepts when the tree of proof.new_size leaves with `new_root` starts with the tree of proof.old_size leaves with
// `old_root`.
Status verify_consistency(const ConsistencyProof& proof, const Hash256& old_root, const Hash256& new_root);

}  // namespace kodiak::timeline
