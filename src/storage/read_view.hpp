#pragma once

// ReadView: which commits a reader sees, as a path of branch intervals (ARCHITECTURE.md).
//
// A row version is visible when its creating commit lies on the path and no commit on the path ended it. On the main
// branch alone the path is one interval (0, seq]; a fork appends an interval of the new branch.
// Threads: immutable value.

#include <cstdint>
#include <vector>

#include "base/ids/ids.hpp"

namespace kodiak::storage {

// Commits of `branch` with after < seq <= upto.
struct BranchInterval {
    BranchId branch;
    uint64_t after = 0;
    uint64_t upto = 0;
    bool contains(uint64_t seq) const { return seq > after && seq <= upto; }
};

struct ReadView {
    std::vector<BranchInterval> path;  // root of the path first; the last one is the branch being read
    BranchId branch() const { return path.back().branch; }
    uint64_t head() const { return path.back().upto; }
};

}  // namespace kodiak::storage
