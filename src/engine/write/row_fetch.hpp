#pragma once

// RowFetch: the columns of rows named by their row ids, from a snapshot. For RETURNING of deleted rows and for old
// keys.
//
// Threads    One per thread. Lifetime: strings point into the snapshot's memory.

#include <span>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "engine/scan/scanned_column.hpp"
#include "storage/table_snapshot.hpp"

namespace kodiak::engine {

class KodiakTableEntry;

class RowFetch {
   public:
    // `columns`: which to fetch, by physical index, in the order of the target chunk.
    RowFetch(const KodiakTableEntry& table, storage::TableSnapshotPtr snapshot,
             const std::vector<duckdb::PhysicalIndex>& columns);

    // Fills `target`, which must be reset and of the columns' types, with the rows at `locators`.
    // Requires: all of them are visible in the snapshot; at most 2,048.
    void fetch(std::span<const Locator> locators, duckdb::DataChunk& target) const;

   private:
    storage::TableSnapshotPtr snapshot_;
    std::vector<ScannedColumn> columns_;
};

}  // namespace kodiak::engine
