#pragma once

// HistoryReader: History over an open database's store (what is durable) and CommitHistory (what is kept).

#include "storage/store/store.hpp"
#include "timeline/history.hpp"
#include "timeline/history/commit_history.hpp"
#include "timeline/history/commit_rows.hpp"

namespace kodiak::timeline {

class HistoryReader final : public History {
   public:
    HistoryReader(storage::Store& store, const CommitHistory& history) : store_(store), history_(history) {}

    uint64_t size() const override { return store_.visible_seq(); }
    Result<HistoryCommit> commit(uint64_t seq) override;
    Result<std::optional<uint64_t>> find(const Ulid& id) override;
    Result<uint64_t> newest_at(Timestamp time) override;
    Status scan(uint64_t first, uint64_t last,
                const std::function<Status(const HistoryCommit& commit)>& visit) override;
    Result<TreeHead> head() override { return head_at(size()); }
    Result<TreeHead> head_at(uint64_t size) override;
    Result<std::vector<TreeHead>> recorded_heads() override;

    Result<RowChange> change_of(ObjectId table, RowId row, uint64_t as_of) override;
    Result<RowChange> change_of(ObjectId table, Locator version) override;
    Result<ProofFile> prove(const ProofRequest& request) override;
    Result<std::vector<CheckFinding>> verify() override;

   private:
    Status check_exists(uint64_t seq) const;
    std::vector<PinnedTable> pin_tables(BranchId branch) const;
    Result<std::map<uint64_t, std::vector<RowChange>>> commits_to_prove(const ProofRequest& request,
                                                                        uint64_t newest) const;
    Status prove_commit(const ProofRequest& request, uint64_t seq, const std::vector<RowChange>& rows,
                        ProofFile& proof);

    storage::Store& store_;
    const CommitHistory& history_;
};

}  // namespace kodiak::timeline
