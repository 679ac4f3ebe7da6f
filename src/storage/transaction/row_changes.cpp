// StoreTransaction::changes(): pairing the versions that commits created and ended.

#include <algorithm>

#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

namespace {

// Collects the halves of changes, then joins those of one commit and row.
class ChangeCollector {
   public:
    ChangeCollector(BranchInterval interval, std::span<const ColumnId> columns)
        : interval_(interval), columns_(columns) {}

    // `index`: of the chunk in its directory.
    Status add_chunk(const DirectoryEntry& entry, uint64_t index) {
        const Chunk& chunk = *entry.chunk;
        const ChunkEnds* ends = entry.state->ends();
        const bool has_created = chunk.max_created() > interval_.after && chunk.min_created() <= interval_.upto;
        const bool has_ended =
            ends != nullptr && ends->last_seq() > interval_.after && ends->first_seq() <= interval_.upto;
        if (!has_created && !has_ended) {
            return {};
        }
        KODIAK_TRY(verify_columns(entry, columns_));
        const uint32_t rows = chunk.count();
        for (uint32_t slot = 0; slot < rows; ++slot) {
            const uint64_t created = chunk.created(slot);
            const uint64_t end = ends == nullptr ? 0 : ends->end(slot);
            if (created == end) {
                continue;  // of a commit that failed at the log
            }
            const VersionPlace version{entry.chunk, slot, {interval_.branch, index, slot}};
            if (interval_.contains(created)) {
                halves_.push_back({created, chunk.row_id(slot), {}, version});
            }
            if (end != 0 && interval_.contains(end) && created != kNeverCommitted) {
                halves_.push_back({end, chunk.row_id(slot), version, {}});
            }
        }
        return {};
    }

    std::vector<RowChange> join() {
        const auto place = [](const RowChange& change) { return std::tuple(change.seq, change.row); };
        std::sort(halves_.begin(), halves_.end(),
                  [&](const RowChange& left, const RowChange& right) { return place(left) < place(right); });
        size_t kept = 0;
        for (size_t i = 0; i < halves_.size(); ++i) {
            if (kept > 0 && place(halves_[kept - 1]) == place(halves_[i])) {
                RowChange& whole = halves_[kept - 1];
                (halves_[i].before.chunk != nullptr ? whole.before : whole.after) =
                    halves_[i].before.chunk != nullptr ? halves_[i].before : halves_[i].after;
            } else {
                halves_[kept++] = halves_[i];
            }
        }
        halves_.resize(kept);
        return std::move(halves_);
    }

   private:
    const BranchInterval interval_;
    const std::span<const ColumnId> columns_;
    std::vector<RowChange> halves_;
};

}  // namespace

Result<std::vector<RowChange>> StoreTransaction::changes(const catalog::CatalogObject& table, uint64_t after,
                                                         uint64_t upto, std::span<const ColumnId> columns) {
    std::vector<RowChange> all;
    for (const BranchInterval& interval : view_at(upto).path) {
        const BranchInterval wanted{interval.branch, std::max(interval.after, after), interval.upto};
        ChangeCollector collector(wanted, columns);
        KODIAK_TRY(committed(table.id, interval.branch)->for_each([&](uint64_t number, const DirectoryEntry& entry) {
            return collector.add_chunk(entry, number);
        }));
        std::vector<RowChange> some = collector.join();
        all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return all;
}

}  // namespace kodiak::storage
