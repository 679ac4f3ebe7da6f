#pragma once

// Commit hashing: net changes into the changes root and the bytes that the log carries.
//
// What       Each net row becomes a leaf (docs/formats/merkle.md); rows that lie in no file are also written out for
//            the log. Leaves are cut into aligned runs that are hashed on all cores.
// Threads    Called before the commit mutex is taken.
// Cost       About 0.4 us per row and core, plus encoding (about 0.1 us).

#include <string>
#include <vector>

#include "base/hash/sha256.hpp"
#include "storage/commit/net_changes.hpp"
#include "timeline/salts/ggm_tree.hpp"

namespace kodiak::timeline {

struct HashedChanges {
    uint64_t leaves = 0;
    Hash256 changes_root;
    // Roots of the runs of kLeavesPerRun leaves (commit/leaf_hasher.hpp): the upper part of a large tree follows.
    std::vector<Hash256> piece_roots;
    // Per table of the input: the logged rows as runs (docs/formats/log_records.md, "row runs").
    std::vector<std::string> row_runs;
};

HashedChanges hash_changes(const std::vector<storage::TableNetChanges>& changes, const Salt& seed);

}  // namespace kodiak::timeline
