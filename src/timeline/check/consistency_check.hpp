#pragma once

// Consistency check: everything that can be recomputed is recomputed.
//
// What       File checksums of all warm files; for each commit its changes root from the rows it created and ended; the
//            chain of commit identities; the history tree, its index and heads; indexes against rows.
// Threads    Beside commits; what is committed meanwhile is not looked at.
// Cost       Reads all data once; sorts 40 bytes per row version.

#include <vector>

#include "base/result/result.hpp"
#include "storage/store/store.hpp"
#include "timeline/database_core.hpp"
#include "timeline/history/commit_history.hpp"

namespace kodiak::timeline {

// Checks the commits up to `upto`, a durable one.
Result<std::vector<CheckFinding>> check_database(storage::Store& store, const CommitHistory& history,
                                                 const std::string& directory, uint64_t upto);

}  // namespace kodiak::timeline
