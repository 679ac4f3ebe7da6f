#pragma once

// Replay: log records become rows again, at the places where they were.
//
// What       Applies the records of the log after a manifest, in order. Each record repeats exactly what
//            storage/commit/apply.hpp did; what does not fit is kCorruption, never a guess.
// Threads    One, before anybody else sees the store.

#include <map>
#include <memory>

#include "base/result/result.hpp"
#include "storage/store/store.hpp"
#include "storage/wal/log.hpp"
#include "timeline/commit/commit_pipeline.hpp"

namespace kodiak::timeline {

class Replayer {
   public:
    Replayer(storage::Store& store, CommitHistory& history, TimelineState& state)
        : store_(store), history_(history), state_(state) {}
    // Applies one record. kCorruption, kNotFound (a file it names is missing), kVersionTooNew.
    Status apply(storage::LogRecord record);
    uint64_t commits() const { return commits_; }

   private:
    Status apply_commit(std::string_view payload);
    Status apply_table(const LoggedCommit& commit, const LoggedTable& table);
    Status attach_file(const LoggedCommit& commit, storage::BranchTable& rows,
                       const std::shared_ptr<const storage::StoredSchema>& schema, const storage::PlacedFile& file);
    Result<uint64_t> add_rows(const LoggedCommit& commit, storage::BranchTable& rows,
                              const std::shared_ptr<const storage::StoredSchema>& schema, const LoggedTable& table);
    Status end_rows(storage::BranchTable& rows, const LoggedTable& table, uint64_t seq);
    Status apply_definitions(const LoggedCommit& commit, storage::BranchTable& rows, const LoggedTable& table,
                             uint64_t first_chunk);
    Result<std::shared_ptr<const storage::StoredSchema>> schema_of(const LoggedCommit& commit,
                                                                   const LoggedTable& table);

    storage::Store& store_;
    CommitHistory& history_;
    TimelineState& state_;
    uint64_t commits_ = 0;
};

// The definitions in the rows of `objects` that are alive. kCorruption.
Result<catalog::CatalogState::Ptr> catalog_of_rows(const storage::BranchTable& objects);

}  // namespace kodiak::timeline
