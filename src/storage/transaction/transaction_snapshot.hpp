#pragma once

// TransactionSnapshot: the TableSnapshot of one statement over committed chunks and private rows, or of the past over
// committed chunks.

#include <memory>
#include <mutex>
#include <vector>

#include "storage/store/store.hpp"
#include "storage/table_snapshot.hpp"
#include "storage/transaction/table_writes.hpp"

namespace kodiak::storage {

class StoreTransaction;

class TransactionSnapshot final : public TableSnapshot {
   public:
    // `writes` may be nullptr: nothing was changed yet. `statement` is the ordinal of the statement that reads.
    TransactionSnapshot(const StoreTransaction& transaction, const ReadView& view, catalog::ObjectPtr table,
                        std::shared_ptr<TableWrites> writes, uint32_t statement);
    // The past: `view` is older than the transaction's. Only rows that commit `since` or a later one wrote.
    TransactionSnapshot(const StoreTransaction& transaction, const ReadView& view, catalog::ObjectPtr table,
                        uint64_t since);

    const catalog::ObjectPtr& table() const override { return table_; }
    size_t chunk_count() const override { return committed_count_ + private_.size(); }
    const Chunk& chunk(size_t index) const override;
    Locator locator(size_t index, uint32_t slot) const override;
    Status verify(size_t index, std::span<const ColumnId> columns) const override;
    Status verify(Locator row, std::span<const ColumnId> columns) const override;
    size_t visible(size_t index, uint32_t* slots, bool* all) const override;
    ChunkTier tier(size_t index) const override;
    uint32_t rows_in(size_t index) const override;
    std::optional<Place> find(Locator locator) const override;
    uint64_t row_count() const override;
    ColumnStatistics statistics(ColumnId id) const override;

   private:
    // What one branch of the view's path contributes.
    struct Part {
        BranchInterval interval;
        BranchTable* table = nullptr;
        ChunkDirectory::Ptr directory;
        uint64_t first = 0;       // number of its first chunk in this snapshot
        uint32_t tail_rows = 0;   // rows of its last chunk when the snapshot was taken
        std::vector<uint64_t> history{};  // numbers of chunks of history that may show rows, behind the scan order
        uint64_t number_of(size_t index) const {
            const uint64_t place = index - first;
            return place < directory->scan_count() ? directory->scan_number(place)
                                                   : history[place - directory->scan_count()];
        }
    };
    struct PrivatePart {
        std::shared_ptr<const Chunk> chunk;
        uint32_t rows = 0;
    };
    void add_parts(const StoreTransaction& transaction, const ReadView& view);
    static void add_history(Part& part);
    const Part& part_of(size_t index) const;
    bool is_visible(const Part& part, const Chunk& chunk, const ChunkEnds* ends, uint32_t slot) const;
    size_t visible_committed(const Part& part, size_t index, uint32_t* slots, bool* all) const;
    bool statement_erased(Locator locator) const {
        return writes_ != nullptr && writes_->erasures.is_erased_before(locator, statement_);
    }

    catalog::ObjectPtr table_;
    std::shared_ptr<TableWrites> writes_;
    uint32_t statement_;
    const bool is_past_ = false;
    const uint64_t since_ = 0;  // no rows of earlier commits
    std::vector<Part> parts_;
    size_t committed_count_ = 0;
    std::vector<PrivatePart> private_;
    mutable std::once_flag counted_;   // is_past_
    mutable uint64_t row_count_ = 0;
};

}  // namespace kodiak::storage
