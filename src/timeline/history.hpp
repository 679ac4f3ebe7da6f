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
#include <string>
#include <vector>

#include "base/result/result.hpp"
#include "timeline/merkle/commit_record.hpp"
#include "timeline/merkle/proof_file.hpp"
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

// One finding of a check.
struct CheckFinding {
    std::string place;  // file and offset, table and row, or commit
    std::string problem;
};

// What one commit did to one row; a leaf of that commit's changes tree.
struct RowChange {
    uint64_t commit = 0;
    ObjectId table;
    RowId row;
};

// All that the commits after..upto did to one table, and nothing left out.
struct ChangeRange {
    ObjectId table;
    uint64_t after = 0;
    uint64_t upto = 0;
};

// What a proof is to show. Parts may be combined; commits of the rows are shown as well.
struct ProofRequest {
    std::vector<uint64_t> commits{};
    std::vector<RowChange> rows{};
    // Not together with commits and rows, which would be those of the range.
    std::optional<ChangeRange> changes{};
    std::optional<uint64_t> grown_from{};  // size of an older head that the head grew out of
    std::optional<uint64_t> under{};       // size of the head that all is proven under; the newest one
    std::optional<KeySeed> sign_with{};    // signs the heads of the proof
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

    // The change by which a row got the values that it had as of commit `as_of`. kNotFound when it did not exist then.
    // Cost: a look at each row of the table (about 2 ns).
    virtual Result<RowChange> change_of(ObjectId table, RowId row, uint64_t as_of) = 0;
    // The same for the version that lies at a locator of a pinned view; kInvalidValue for rows that are not committed.
    virtual Result<RowChange> change_of(ObjectId table, Locator version) = 0;
    // Makes a proof (docs/formats/proof.md) and verifies it before it is handed out. kNotFound for a commit or a change
    // that is not there, kOutOfRange when one is not under the head; kCorruption when rows or commits do not lead to
    // their hashes. Cost beside the paths, per commit with rows: a look at each chunk of the database (10 ns), the rows
    // of those it touched, and hashing up to 4,096 rows (2 ms); of all rows where there is no pieces file.
    virtual Result<ProofFile> prove(const ProofRequest& request) = 0;

    // Recomputes every leaf, the tree, the index and the recorded heads from the commit records. Empty: all is well. It
    // does not look at rows: DatabaseCore::check() does. Cost: about 1 us a commit.
    virtual Result<std::vector<CheckFinding>> verify() = 0;
};

}  // namespace kodiak::timeline
