#pragma once

// RowProver: proofs of single rows of one commit, from the rows themselves.
//
// What       Finds the commit's changes, hashes what the paths need, and gives each row with salt and path.
// Threads    One thread; hashes large commits on all cores.
// Errors     kCorruption when the rows are not those that the commit was hashed over.

#include <memory>

#include "timeline/commit/leaf_hasher.hpp"
#include "timeline/history.hpp"
#include "timeline/history/commit_history.hpp"
#include "timeline/history/commit_rows.hpp"

namespace kodiak::timeline {

class RowProver {
   public:
    // `tables` are all tables of the commit's branch.
    static Result<std::unique_ptr<RowProver>> create(const CommitHistory& history, const HistoryEntry& entry,
                                                     std::vector<PinnedTable> tables);
    // kNotFound when the commit did not change that row.
    Result<ProvenRow> prove(ObjectId table, RowId row);
    // Appends all that the commit did to a table, and the leaves on both sides, without their content.
    Status prove_table(ObjectId table, std::vector<ProvenRow>& rows);

   private:
    RowProver(uint64_t seq, std::vector<PinnedTable> tables, std::vector<storage::TableNetChanges> changes,
              const Salt& seed);
    void hash_all_pieces();
    Result<ProvenRow> prove_leaf(uint64_t leaf);
    Hash256 root_over(uint64_t begin, uint64_t end);
    void load_piece(uint64_t piece);
    Hash256 root_in_piece(uint64_t begin, uint64_t end) const;

    const uint64_t seq_;
    const std::vector<PinnedTable> tables_;  // pins what the changes point into
    const std::vector<storage::TableNetChanges> changes_;
    const PlacedRuns runs_;
    const GgmTree salts_;
    LeafHasher hasher_;
    std::vector<Hash256> piece_roots_;
    uint64_t piece_ = 0;  // whose hashes are in piece_levels_
    // [k][i]: root over the leaves [i << k, (i + 1) << k) of the piece; whole ones only.
    std::vector<std::vector<Hash256>> piece_levels_;
};

}  // namespace kodiak::timeline
