#pragma once

// DatabaseCore: an open database below SQL: store, log and commit pipeline; what the engine works on.
//
// What       Opens and recovers a database directory, begins transactions, commits them as records of the timeline,
//            checkpoints, checks.
// Threads    All functions are safe from many threads; one Transaction belongs to one session at a time.
// Durability commit() returns after the commit's log record is durable (`synchronous` = full, the default).
// Errors     As each function says; a failed commit leaves the database as if the transaction had never been.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock/clock.hpp"
#include "base/disk/disk.hpp"
#include "base/random/random.hpp"
#include "base/result/result.hpp"
#include "storage/cold_codec.hpp"
#include "storage/transaction.hpp"
#include "timeline/history.hpp"

namespace kodiak::timeline {

struct OpenOptions {
    bool read_only = false;
    bool create_if_missing = true;
    bool synchronous = true;
    // Budget for hot rows and private rows; beyond it rows go to warm files. 0 = 1 GiB.
    uint64_t memory_limit_bytes = 0;
    // Log bytes after which a checkpoint starts by itself. 0 = 64 MiB.
    uint64_t checkpoint_log_bytes = 0;
    std::string owner = "kodiak";  // shown to a second process that finds the database locked
};

// The world around the database, injectable.
struct Surroundings {
    std::shared_ptr<Disk> disk;
    std::shared_ptr<Clock> clock;
    std::shared_ptr<RandomSource> random;
    std::shared_ptr<storage::ColdCodec> codec{};  // nullptr: nothing can be moved to the cold tier
    static Surroundings real();
};

struct CommitOptions {
    std::string message;
    std::string author;
    std::vector<std::pair<std::string, std::string>> metadata;
    bool allow_empty = false;
};

struct CommitOutcome {
    CommitSeq seq;        // 0 when there was nothing to commit
    std::string ulid;     // its id as text; empty when there was nothing to commit
};

// What is to be compacted.
struct CompactionRequest {
    ObjectId table = kNoObject;  // kNoObject: all tables
    enum class Target : uint8_t { kSame, kWarm, kCold };
    Target target = Target::kSame;  // another tier than where rows lie moves them there
    bool thorough = true;        // everything with gaps and the open chunk, not only what is clearly worth it
};

// What it came to.
struct CompactionReport {
    uint64_t rewrites = 0;
    uint64_t files_written = 0;
    uint64_t rows = 0;           // rows that live on, in their new places
    uint64_t history_rows = 0;   // versions that went to history segments
    uint64_t bytes_before = 0;   // of what was replaced, in memory or in files
    uint64_t bytes_after = 0;
};

// What a table consists of.
struct TableStatistics {
    ObjectId table;
    uint64_t live_rows = 0;
    // Row versions by where they lie, dead ones included.
    uint64_t hot_rows = 0;
    uint64_t warm_rows = 0;
    uint64_t cold_rows = 0;
    uint64_t history_rows = 0;   // closed versions in history segments, part of no other number
    uint64_t closed_rows = 0;    // closed versions among hot, warm and cold rows
    uint64_t hot_bytes = 0;
    uint64_t warm_bytes = 0;
    uint64_t cold_bytes = 0;
    uint64_t history_bytes = 0;
    uint64_t index_bytes = 0;
    uint64_t files = 0;
};

// One decision of the background work or of a statement about where rows lie.
struct TierMove {
    Timestamp time;
    ObjectId table;
    std::string action;          // compact, demote to warm, demote to cold
    std::string reason;
    CompactionReport report;
    int64_t micros = 0;          // what it took
    std::string error;           // empty: done
    uint64_t attempt = 1;        // of the same work in a row, failures counted
    Timestamp next_attempt;      // after a failure
};

class DatabaseCore {
   public:
    // Opens the directory `path`. kNotFound, kNotADatabase, kVersionTooNew, kLocked, kCorruption, kIo.
    static Result<std::unique_ptr<DatabaseCore>> open(Surroundings surroundings, const std::string& path,
                                                      const OpenOptions& options);
    virtual ~DatabaseCore() = default;

    // Begins a transaction on `branch` that sees all commits made so far. Must end before the core is destroyed.
    virtual Result<std::unique_ptr<storage::Transaction>> begin(BranchId branch, bool read_only) = 0;
    // Publishes the transaction's changes as one commit and ends it. kSerializationFailure when a concurrent commit
    // came first; kIo / kDiskFull when the log could not be written.
    virtual Result<CommitOutcome> commit(std::unique_ptr<storage::Transaction> transaction,
                                         const CommitOptions& options) = 0;
    // Ends it without a trace.
    virtual void rollback(std::unique_ptr<storage::Transaction> transaction) = 0;

    // Turns hot rows into warm files and lets the log go.
    virtual Status checkpoint() = 0;
    // Gives rows new places: dense files, closed versions apart. No answer changes (docs/decisions/0012). Files that
    // were replaced go with the next checkpoint. kReadOnly, kUndefinedTable, kCorruption, kDiskFull, kIo.
    virtual Result<CompactionReport> compact(const CompactionRequest& request) = 0;
    virtual std::vector<TableStatistics> table_statistics() = 0;
    // The latest ones, oldest first; those of this process.
    virtual std::vector<TierMove> tier_moves() = 0;
    // Waits until the background work that is due now has been done.
    virtual void settle() = 0;
    // Commits, tree heads and proofs. Valid as long as this object.
    virtual History& history() = 0;
    // Reads everything: file checksums, changes roots of all commits whose rows are there, the history tree, indexes
    // against rows.
    virtual Result<std::vector<CheckFinding>> check() = 0;

    virtual const std::string& path() const = 0;
    virtual bool read_only() const = 0;
    virtual uint64_t bytes_on_disk() = 0;
    virtual uint64_t bytes_in_memory() = 0;
};

}  // namespace kodiak::timeline
