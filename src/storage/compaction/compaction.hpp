#pragma once

// Compaction: chunks with gaps into dense ones, ended versions into history segments (docs/decisions/0012).
//
// What       plan_compaction() chooses neighbouring chunks that are worth it; write_rewrite() writes the files that
//            take their place. The caller logs the result and hands it to BranchTable::rewrite().
// Horizon    No open view, and none that will be opened, is older. Versions that ended at or before it are history.
// Threads    Both run beside readers and writers, without the commit mutex: below the horizon nothing changes.
// Durability The files are synced, their directory is not.
// Cost       One pass over the rows; memory for one file's chunks (60) and 24 bytes per version that goes to history.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result/result.hpp"
#include "storage/compaction/pins.hpp"
#include "storage/store/store.hpp"

namespace kodiak::storage {

struct CompactionOptions {
    // With move_tier: where rows go, also what is dense already. Without it, rows in files stay in their tier and rows
    // in memory become warm.
    Tier to = Tier::kWarm;
    bool move_tier = false;
    // Chunks in files are rewritten when at least this share of their rows has ended or was never alive.
    double least_waste = 0.1;
    // Leave alone what would give fewer rows than this.
    uint64_t least_rows = 1;
    std::string compression = "zstd";  // of cold files
    const std::atomic<bool>* cancelled = nullptr;  // once true, write_rewrite() gives up with kCancelled
    const Pins* pins = nullptr;  // nullptr: keep every version
};

// Sources of one rewrite: chunk numbers that are neighbours in the scan order, of one schema version, files whole.
using CompactionJob = std::vector<uint64_t>;

// Requires: the open chunk, if it is to be included, was sealed.
std::vector<CompactionJob> plan_compaction(const ChunkDirectory& directory, uint64_t horizon,
                                           const CompactionOptions& options);

// Writes the files of a rewrite. What was written when it fails is removed. kCorruption (a source is damaged),
// kDiskFull, kIo, kTooLarge.
Result<Rewrite> write_rewrite(Store& store, const ChunkDirectory& directory, const CompactionJob& job,
                              uint64_t horizon, const CompactionOptions& options);
// Removes files of a rewrite that will not come to be. Best effort.
void remove_files(Store& store, std::span<const TableFile> files);

}  // namespace kodiak::storage
