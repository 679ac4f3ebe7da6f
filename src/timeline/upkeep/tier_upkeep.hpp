#pragma once

// TierUpkeep: decides which tables are compacted or moved to another tier, does it, and keeps what came of it.
//
// What       round() looks at every table once: limits that its options set, gaps worth removing, pressure on memory.
//            One decision a table and round; each is remembered with reason, cost and outcome.
// Failures   are remembered, too; the same table is left alone for a while that doubles with each failure in a row.
// Threads    round() and carry_out() from any thread, one at a time; moves() from anywhere.
// Memory     What readers decode of cold files is kept for the next ones, up to the limit that trim_cold() is given.
// Cost       A round without work: a few hundred nanoseconds a chunk; the clock is asked only when there may be work.

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock/clock.hpp"
#include "storage/compaction/tier_settings.hpp"
#include "timeline/checkpoint/compactor.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::timeline {

class TierUpkeep {
   public:
    TierUpkeep(storage::Store& store, Compactor& compactor, std::shared_ptr<Clock> clock)
        : store_(store), compactor_(compactor), clock_(std::move(clock)) {}

    // Does what is due. True when rows changed their places, so that a checkpoint gives space back.
    bool round();
    // Lets go of what was decoded of cold files when it is more than `limit` bytes over all tables.
    void trim_cold(uint64_t limit);
    // Compacts a table because somebody asked, and remembers it.
    Result<CompactionReport> carry_out(storage::BranchTable& table, storage::CompactionOptions options, bool seal,
                                       const std::string& reason);
    std::vector<TierMove> moves() const;
    // Work under way gives up soon; nothing is lost by it.
    void stop() { stopped_.store(true); }

   private:
    struct Work {
        storage::CompactionOptions options;
        bool seal = false;
        std::string reason;
    };
    // What a table's upkeep knows of its last work.
    struct Memory {
        int64_t last_compaction_us = 0;
        uint64_t failures = 0;
        int64_t not_before_us = 0;
    };
    std::optional<Work> due(storage::BranchTable& table, const storage::TierSettings& settings);
    std::optional<storage::TierSettings> settings_of(const storage::BranchTable& table) const;
    int64_t now() { return clock_->now().micros; }

    storage::Store& store_;
    Compactor& compactor_;
    const std::shared_ptr<Clock> clock_;
    std::atomic<bool> stopped_{false};
    std::mutex work_mutex_;                // one round or statement at a time
    std::map<ObjectId, Memory> memories_;  // guarded by work_mutex_
    mutable std::mutex moves_mutex_;
    std::deque<TierMove> moves_;           // guarded by moves_mutex_
};

// What a table consists of right now.
TableStatistics statistics_of(const storage::BranchTable& table, uint64_t seq);

}  // namespace kodiak::timeline
