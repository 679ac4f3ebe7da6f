#pragma once

// Point lookup: rows found by a key's index instead of scanning.
//
// What       When the filters fix every column of a PRIMARY KEY or UNIQUE key to constants, or one of them to a
//            short IN list, at most as many rows as there are key values can pass; the transaction finds them.
// Correct    The scan still applies all filters to the rows found.
// Threads    Pure function.

#include <memory>
#include <optional>
#include <vector>

#include "duckdb/planner/table_filter.hpp"

#include "engine/scan/scanned_column.hpp"
#include "storage/table_snapshot.hpp"
#include "storage/transaction.hpp"

namespace kodiak::engine {

class KodiakTableEntry;

// A row to visit.
struct FoundRow {
    std::shared_ptr<const storage::Chunk> chunk;
    uint32_t slot = 0;
    Locator locator;
};

// The rows that can pass `filters`, in table order; nullopt when no key is fixed by them.
// Throws what the store refuses.
std::optional<std::vector<FoundRow>> find_rows_by_key(const KodiakTableEntry& entry, storage::Transaction& transaction,
                                                      const storage::TableSnapshot& snapshot,
                                                      const duckdb::TableFilterSet& filters,
                                                      const std::vector<ScannedColumn>& columns);

}  // namespace kodiak::engine
