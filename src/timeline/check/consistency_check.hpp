#pragma once

// Consistency check: everything that can be recomputed is recomputed.
//
// What       File checksums of all warm files; for each commit its changes root from the rows it created and ended; the
//            chain of commit identities; indexes against rows.
// Threads    Beside commits; what is committed meanwhile is not looked at.
// Cost       Reads all data once; sorts 40 bytes per row version.

#include <vector>

#include "base/result/result.hpp"
#include "storage/store/store.hpp"
#include "timeline/commit/commit_pipeline.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::timeline {

// Checks the commits up to `upto`, a durable one. `unsaved` are those behind the history file's first `history_bytes`
// bytes, and perhaps some that are in them by now.
Result<std::vector<CheckFinding>> check_database(storage::Store& store, const std::string& directory,
                                                 uint64_t history_bytes, std::vector<HistoryEntry> unsaved,
                                                 uint64_t upto);

}  // namespace kodiak::timeline
