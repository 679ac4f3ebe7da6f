#pragma once

// Compactor: rewrites of tables, made durable by the log (docs/decisions/0012).
//
// Threads    compact() from any thread. It keeps checkpoints out, for both give rows new places; commits go on while
//            files are written and wait for two syncs of the log at the end of each rewrite.
// Durability What compact() did survives a crash. Files that it replaced go with the next checkpoint.
// Errors     When it fails some rewrites may be done; none is half done. kCorruption, kDiskFull, kIo.

#include "storage/compaction/compaction.hpp"
#include "storage/wal/log.hpp"
#include "timeline/checkpoint/checkpointer.hpp"
#include "timeline/commit/commit_pipeline.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::timeline {

class Compactor {
   public:
    Compactor(storage::Store& store, storage::Log& log, CommitPipeline& pipeline, Checkpointer& checkpointer)
        : store_(store), log_(log), pipeline_(pipeline), checkpointer_(checkpointer) {}

    // Rewrites one table where it is worth it. `seal`: the open chunk, too.
    Result<CompactionReport> compact(storage::BranchTable& table, const storage::CompactionOptions& options, bool seal);

   private:
    Status publish(storage::BranchTable& table, storage::Rewrite rewrite);

    storage::Store& store_;
    storage::Log& log_;
    CommitPipeline& pipeline_;
    Checkpointer& checkpointer_;
};

}  // namespace kodiak::timeline
