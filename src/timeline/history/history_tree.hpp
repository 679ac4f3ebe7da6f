#pragma once

// HistoryTree: the RFC 9162 tree over all commits, kept as tiles (docs/formats/history_tree.md).
//
// What       Appends leaf hashes; gives the root, inclusion and consistency proofs of any size up to its own.
// Threads    As TiledArray.
// Errors     Reading: kIo, kCorruption. Proofs are of what the files say; the caller compares them with a known head.
// Cost       Append: about 0.1 us. Root or proof: at most 255 hashes (20 us) and 8 KiB for each level of 256.

#include <functional>

#include "timeline/history/tiled_array.hpp"
#include "timeline/merkle/proofs.hpp"

namespace kodiak::timeline {

class HistoryTree {
   public:
    HistoryTree(std::shared_ptr<Disk> disk, const std::string& directory);

    TiledArray& tiles() { return tiles_; }
    const TiledArray& tiles() const { return tiles_; }
    void append(const Hash256& leaf) { tiles_.append(leaf.bytes); }

    // Requires for all: sizes at most tiles().size().
    Result<Hash256> leaf(uint64_t index) const;
    Result<Hash256> root_at(uint64_t size) const;
    Result<InclusionProof> prove_inclusion(uint64_t leaf_index, uint64_t size) const;
    Result<ConsistencyProof> prove_consistency(uint64_t old_size, uint64_t new_size) const;

   private:
    Result<Hash256> root_over(uint64_t begin, uint64_t end) const;
    TiledArray tiles_;
};

}  // namespace kodiak::timeline
