#pragma once

// Checkpointer: hot rows into warm files, the rest into a manifest, and the log may go (docs/formats/manifest.md).
//
// Threads    checkpoint() from any thread, one at a time; commits go on while files are written.
// Durability When checkpoint() returns success the database opens from the new manifest. When it fails, it opens
//            from the old manifest and the whole log, or from the new one when only the tidying behind it failed.

#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "timeline/checkpoint/manifest.hpp"

namespace kodiak::timeline {

// What of the last manifest the next one goes on from.
struct CheckpointState {
    uint64_t log_id = 0;
    uint64_t manifest_number = 0;
};

class Checkpointer {
   public:
    Checkpointer(storage::Store& store, storage::Log& log, CommitPipeline& pipeline, CommitHistory& history,
                 CheckpointState state)
        : store_(store), log_(log), pipeline_(pipeline), history_(history), state_(state) {}

    // kDiskFull, kIo.
    Status checkpoint();
    // As long as the lock is held no checkpoint runs.
    std::unique_lock<std::mutex> keep_out() { return std::unique_lock(mutex_); }

   private:
    struct Capture {
        ManifestHead head;
        std::vector<storage::CapturedTable> tables;
        std::vector<HistoryEntry> entries;
        std::vector<std::shared_ptr<const storage::TableFile>> retired;
    };
    Result<Capture> capture();
    Result<std::vector<std::pair<storage::BranchTable*, std::shared_ptr<const storage::TableFile>>>> write_files(
        Capture& capture);
    Status write_manifest(const Capture& capture);
    void remove_retired(const Capture& capture);

    storage::Store& store_;
    storage::Log& log_;
    CommitPipeline& pipeline_;
    CommitHistory& history_;
    std::mutex mutex_;
    CheckpointState state_;  // guarded by mutex_
};

// Removes files of `directory` that an interrupted checkpoint or transaction left: manifests other than `current`,
// data files not in `used`. Best effort.
void sweep(Disk& disk, const std::string& directory, const std::string& current, const std::set<std::string>& used);

}  // namespace kodiak::timeline
