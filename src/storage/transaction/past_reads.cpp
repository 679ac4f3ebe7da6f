// Reading moments before a transaction's view.

#include <algorithm>

#include "storage/store/object_rows.hpp"
#include "storage/transaction/store_transaction.hpp"
#include "storage/transaction/transaction_snapshot.hpp"

namespace kodiak::storage {

ReadView StoreTransaction::view_at(uint64_t upto) const {
    ReadView past = view_;
    while (past.path.size() > 1 && past.path.back().after >= upto) {
        past.path.pop_back();
    }
    for (BranchInterval& interval : past.path) {
        interval.upto = std::min(interval.upto, upto);
    }
    return past;
}

Result<catalog::CatalogState::Ptr> StoreTransaction::past_catalog(uint64_t upto) {
    if (upto >= view_.head()) {
        return catalog_at_begin_;
    }
    if (const auto known = past_catalogs_.find(upto); known != past_catalogs_.end()) {
        return known->second;
    }
    const TransactionSnapshot rows(*this, view_at(upto), find_table(catalog::kObjectsTable), 0);
    std::vector<ColumnId> columns;
    for (const auto* column : rows.table()->table().stored_columns()) {
        columns.push_back(column->id);
    }
    std::vector<catalog::ObjectPtr> objects;
    std::vector<uint32_t> slots(kRowsPerChunk);
    for (size_t i = 0; i < rows.chunk_count(); ++i) {
        KODIAK_TRY(rows.verify(i, columns));
        bool all = false;
        const size_t count = rows.visible(i, slots.data(), &all);
        for (uint32_t k = 0; k < count; ++k) {
            KODIAK_TRY_ASSIGN(catalog::CatalogObject object, object_of_row(rows.chunk(i), all ? k : slots[k]));
            // What has not changed since is the same object: others compare by pointer.
            const catalog::ObjectPtr now = catalog_at_begin_->find(object.id);
            objects.push_back(now != nullptr && *now == object
                                  ? now
                                  : std::make_shared<const catalog::CatalogObject>(std::move(object)));
        }
    }
    auto state = catalog::CatalogState::of(objects);
    past_catalogs_.emplace(upto, state);
    return state;
}

Result<TableSnapshotPtr> StoreTransaction::past_snapshot(const catalog::ObjectPtr& table, const PastPoint& point) {
    TableSnapshotPtr& snapshot = past_snapshots_[{table, point}];
    if (snapshot == nullptr) {
        snapshot = std::make_shared<TransactionSnapshot>(*this, view_at(point.upto), table, point.since);
    }
    return snapshot;
}

}  // namespace kodiak::storage
