#pragma once

// History: the commits of an open database as readers see them: by place, id and time, and the tree over them.
//
// What       Commit records, tree heads and (below) proofs about them; what views, time travel, `kodiak timeline` and
//            PROVE statements read.
// Visible    Durable commits only: size() of them, seq 1 to size(). A commit never changes and never goes away.
// Threads    All functions are safe from many threads, beside commits and checkpoints.
// Errors     kNotFound for a commit that is not there; kCorruption when what was read is not what the tree knows: an
//            answer is right or there is none.
// Cost       commit(): two small reads. find(), newest_at(): O(log n) small reads. Heads and proofs: at most 255 hashes
//            and 8 KiB per level of 256; 10 million commits have three levels. scan(): one read per 256 commits.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result/result.hpp"
#include "timeline/merkle/commit_record.hpp"
#include "timeline/merkle/tree_head.hpp"

namespace kodiak::timeline {

// One commit as history keeps it.
struct HistoryCommit {
    CommitSeq seq;
    BranchId branch;
    Hash256 identity;      // SHA-256 of the record
    CommitRecord record;   // author, message, metadata, time, parents, roots
    uint64_t leaves = 0;   // rows that it changed
};

class History {
   public:
    virtual ~History() = default;

    // Number of commits, and the newest one's seq.
    virtual uint64_t size() const = 0;
    virtual Result<HistoryCommit> commit(uint64_t seq) = 0;
    // The commit with this id; nullopt when there is none.
    virtual Result<std::optional<uint64_t>> find(const Ulid& id) = 0;
    // The newest commit made at `time` or before; 0 when all are younger. Times rise strictly with seq.
    virtual Result<uint64_t> newest_at(Timestamp time) = 0;
    // Calls visit for the commits [first, last] in order, as far as they exist; ends early with its error.
    virtual Status scan(uint64_t first, uint64_t last,
                        const std::function<Status(const HistoryCommit& commit)>& visit) = 0;

    // The tree head now, and the one over the first `size` commits.
    virtual Result<TreeHead> head() = 0;
    virtual Result<TreeHead> head_at(uint64_t size) = 0;
    // The heads that checkpoints wrote down, oldest first.
    virtual Result<std::vector<TreeHead>> recorded_heads() = 0;
};

}  // namespace kodiak::timeline
