#pragma once

// CommitPipeline: the one way in which changes become history.
//
// How        1. Without any lock: net changes, canonical rows, leaf hashes, changes root.
//            2. Under the commit mutex: validate against the newest state, take seq and time, build the commit record
//               on the branch's head, place the rows, append the log record and the history tree's leaf.
//            3. Without the mutex: wait until the record is durable (group commit), then make the seq visible.
// Invariants P1 seq is gapless and commit times strictly increase, even when the clock jumps back.
//            P2 A commit is visible only after its record is durable; commits become visible in seq order.
//            P3 When the log fails, all commits that are not durable are taken back, newest first, before anybody can
//               commit again; their seqs are given to others.
// Threads    commit() from any number of threads.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock/clock.hpp"
#include "base/ids/ulid.hpp"
#include "base/random/random.hpp"
#include "storage/commit/apply.hpp"
#include "storage/wal/log.hpp"
#include "timeline/commit/log_records.hpp"
#include "timeline/database_core.hpp"
#include "timeline/history/commit_history.hpp"
#include "timeline/merkle/commit_record.hpp"

namespace kodiak::timeline {

// Where a branch stands.
struct BranchHead {
    std::string name;
    Hash256 identity;  // of its newest commit; zero before the first
};

// What the pipeline carries from commit to commit; guarded by the commit mutex.
struct TimelineState {
    std::map<BranchId, BranchHead> heads;
    int64_t last_timestamp = 0;
};

class CommitPipeline {
   public:
    CommitPipeline(storage::Store& store, storage::Log& log, CommitHistory& history, std::shared_ptr<Clock> clock,
                   std::shared_ptr<RandomSource> random, bool synchronous, TimelineState state);

    // Publishes the transaction's changes. The transaction is to be destroyed afterwards, whatever the outcome.
    Result<CommitOutcome> commit(storage::StoreTransaction& transaction, const CommitOptions& options);
    // Makes sequence values drawn by a transaction that does not commit durable.
    Status keep_drawn_sequences(const storage::StoreTransaction& transaction);

    // --- commit mutex held
    TimelineState& state() { return state_; }
    // Puts a log that has failed in order again, taking back the commits that failed with it; nothing to do on a sound
    // one. The error that still keeps the log from working.
    Status heal();

   private:
    struct InFlight {
        storage::AppliedCommit applied;
        BranchId branch;
        Hash256 former_identity;
        int64_t former_timestamp = 0;
        storage::Lsn lsn;
    };
    struct Published {
        CommitOutcome outcome;
        storage::Lsn lsn;
    };
    Result<Published> publish(storage::StoreTransaction& transaction, const CommitOptions& options);
    Result<std::string> make_record(const CommitOptions& options, BranchId branch, const Hash256& changes_root,
                                    Ulid id, int64_t timestamp);
    Status settle(storage::Lsn lsn, uint64_t seq);
    void take_back_all();
    std::vector<storage::SequencePosition> drawn_positions(const storage::StoreTransaction& transaction) const;

    storage::Store& store_;
    storage::Log& log_;
    CommitHistory& history_;
    const bool synchronous_;
    std::shared_ptr<Clock> clock_;
    std::shared_ptr<RandomSource> random_;
    UlidGenerator ulids_;
    TimelineState state_;
    std::deque<InFlight> in_flight_;  // commit mutex
};

}  // namespace kodiak::timeline
