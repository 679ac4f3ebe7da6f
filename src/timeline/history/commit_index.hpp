#pragma once

// CommitIndex: finds commits by place, time and id (docs/formats/history_tree.md, index files).
//
// Threads    As TiledArray.
// Cost       By seq: one read. By time: binary search. By id: one run of 256 per level, more only for ids out of order.

#include <optional>

#include "base/clock/clock.hpp"
#include "base/ids/ulid.hpp"
#include "timeline/history/tiled_array.hpp"

namespace kodiak::timeline {

// Where a commit's entry lies in history/commits (0 while it was not saved), and what it is found by.
struct IndexedCommit {
    uint64_t offset = 0;
    Timestamp timestamp;
    Ulid id;
};

class CommitIndex {
   public:
    CommitIndex(std::shared_ptr<Disk> disk, const std::string& directory);

    TiledArray& tiles() { return tiles_; }
    void append(const IndexedCommit& commit);
    void replace(uint64_t seq, const IndexedCommit& commit);

    // Requires: 1 <= seq <= tiles().size().
    Result<IndexedCommit> commit(uint64_t seq) const;
    // The commits [first_seq, first_seq + count). Requires: they exist.
    Result<std::vector<IndexedCommit>> commits(uint64_t first_seq, uint64_t count) const;
    // The newest of the first `upto` commits whose time is not after `time`; 0 when there is none.
    Result<uint64_t> newest_at(Timestamp time, uint64_t upto) const;
    // The commit among the first `upto` that has this id.
    Result<std::optional<uint64_t>> find(const Ulid& id, uint64_t upto) const;

   private:
    Result<std::optional<uint64_t>> find_below(uint32_t level, uint64_t first, uint64_t count, const Ulid& id) const;
    TiledArray tiles_;
};

}  // namespace kodiak::timeline
