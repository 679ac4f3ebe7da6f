#include "timeline/commit/commit_hashing.hpp"

#include <algorithm>
#include <map>

#include "base/threads/parallel_for.hpp"
#include "timeline/commit/leaf_hasher.hpp"
#include "timeline/merkle/merkle_tree.hpp"

namespace kodiak::timeline {

HashedChanges hash_changes(const std::vector<storage::TableNetChanges>& changes, const Salt& seed) {
    HashedChanges result;
    const PlacedRuns runs(changes);
    const GgmTree salts(seed, runs.leaves());
    result.leaves = runs.leaves();
    result.piece_roots.resize(runs.pieces());
    std::vector<std::map<size_t, std::string>> row_runs(runs.pieces());
    parallel_for(runs.pieces(), [&](size_t piece) {
        LeafHasher hasher(changes, runs, salts);
        const uint64_t begin = piece * kLeavesPerRun;
        const uint64_t end = std::min(begin + kLeavesPerRun, runs.leaves());
        result.piece_roots[piece] = tree_root(hasher.hash(begin, end, &row_runs[piece]));
    });
    result.changes_root = combine_aligned_subtrees(result.piece_roots);
    result.row_runs.resize(changes.size());
    for (const auto& piece : row_runs) {
        for (const auto& [table, bytes] : piece) {
            result.row_runs[table] += bytes;
        }
    }
    return result;
}

}  // namespace kodiak::timeline
