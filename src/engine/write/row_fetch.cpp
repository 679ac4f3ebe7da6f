#include "engine/write/row_fetch.hpp"

#include "base/result/assert.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/scan/column_decode.hpp"

namespace kodiak::engine {

RowFetch::RowFetch(const KodiakTableEntry& table, storage::TableSnapshotPtr snapshot,
                   const std::vector<duckdb::PhysicalIndex>& columns)
    : snapshot_(std::move(snapshot)) {
    for (const duckdb::PhysicalIndex index : columns) {
        const auto& column = table.GetColumns().GetColumn(index);
        columns_.push_back(scanned_column(table, duckdb::ColumnIndex(column.Logical().index)));
    }
}

void RowFetch::fetch(std::span<const Locator> locators, duckdb::DataChunk& target) const {
    const std::vector<ColumnId> read = stored_ids(columns_);
    for (size_t row = 0; row < locators.size(); ++row) {
        throw_if_error(snapshot_->verify(locators[row], read));
        const auto place = snapshot_->find(locators[row]);
        KODIAK_ASSERT(place.has_value());
        for (size_t i = 0; i < columns_.size(); ++i) {
            decode_column(columns_[i], columns_[i].in(*place->chunk), &place->slot, 1, target.data[i], row);
        }
    }
    target.SetCardinality(locators.size());
}

}  // namespace kodiak::engine
