#pragma once

// PuncturedSeed: what is kept of a commit's seed, so that erased rows' salts are gone and all others still derive.
//
// What       A set of GGM nodes whose leaves are exactly the leaves not erased. It starts as the seed alone;
//            puncture(i) replaces the node above leaf i by the siblings along the path down to i.
// Why        The right to erasure against a history that must stay provable: the row's commitment stays in the
//            tree, its salt does not exist any more, so no guess at the row can be confirmed.
// Invariants P1 no kept node lies on the path from the root to an erased leaf. P2 every leaf that is not erased has
//            exactly one kept node above it. P3 no two kept nodes are the two children of one node, and none has only
//            unused leaves below it: one set of erased leaves has one state.
// Threads    A value; callers serialise puncture against all else.
// Durability None: the caller writes serialize()'s bytes over the old ones and must destroy the old ones (log,
//            copies, backups). puncture() wipes the nodes it replaces from memory.
// Cost       At most depth nodes more per erased leaf (25 bytes each on disk); erasing neighbours shares paths.
//            puncture and salt: depth SHA-256 compressions.
// Not here   Which leaf a row is (the commit's change index knows); undoing an erasure (impossible by design).

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "timeline/salts/ggm_tree.hpp"

namespace kodiak::timeline {

class PuncturedSeed {
   public:
    // A kept node covers the leaves [first_leaf, first_leaf + 2^height).
    struct KeptNode {
        uint64_t first_leaf;
        uint32_t height;
        Salt value;

        bool operator==(const KeptNode&) const = default;
    };

    // Starts with nothing erased. Requires: leaf_count <= kLeafCountMax.
    PuncturedSeed(const Salt& seed, uint64_t leaf_count);

    uint64_t leaf_count() const { return leaf_count_; }
    // Returns the salt of a leaf. kNotFound when it is erased, kOutOfRange when there is no such leaf.
    Result<Salt> salt(uint64_t leaf) const;
    // Erases the salt of a leaf for good. Erasing it again changes nothing. kOutOfRange when there is no such leaf.
    Status puncture(uint64_t leaf);
    bool is_punctured(uint64_t leaf) const;
    // Returns the kept nodes by first leaf.
    std::vector<KeptNode> kept_nodes() const;

    // Returns the state as bytes (docs/formats/salts.md).
    std::string serialize() const;
    // Reads serialize()'s bytes. kCorruption when they are not exactly such a state, kVersionTooNew.
    static Result<PuncturedSeed> deserialize(std::string_view bytes);

    bool operator==(const PuncturedSeed&) const = default;

   private:
    struct Subtree {
        uint32_t height;
        Salt value;
        bool operator==(const Subtree&) const = default;
    };
    using Subtrees = std::map<uint64_t, Subtree>;

    explicit PuncturedSeed(uint64_t leaf_count) : leaf_count_(leaf_count) {}
    // Refuses a state that breaks P3.
    Status check_maximal() const;
    // The kept node above a leaf, or end().
    Subtrees::const_iterator above(uint64_t leaf) const;

    uint64_t leaf_count_;
    Subtrees kept_;  // by first leaf
};

}  // namespace kodiak::timeline
