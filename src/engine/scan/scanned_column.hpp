#pragma once

// ScannedColumn: one column that a scan reads, and how it lies in any chunk of the table.
//
// What       A stored column, the row id, or DuckDB's "any column" (whose values nobody reads). Chunks written
//            before the column existed show its missing value, by a stored column of our own with that value in
// every slot.
// Threads    Immutable after construction.

#include <cstdint>
#include <memory>
#include <vector>

#include "duckdb/common/column_index.hpp"
#include "duckdb/common/types.hpp"

#include "catalog/definition.hpp"
#include "storage/chunk.hpp"
#include "storage/rows/canonical_row.hpp"

namespace kodiak::engine {

class KodiakTableEntry;

// A stored column with one value, or NULL, in each of its 2,048 slots.
class ConstantColumn {
   public:
    // `canonical` is a value as in ColumnDefinition::missing_value; empty = NULL. Throws kCorruption.
    ConstantColumn(const catalog::Type& type, std::string_view canonical);
    ConstantColumn(const ConstantColumn&) = delete;
    ConstantColumn& operator=(const ConstantColumn&) = delete;
    const storage::StoredColumn& column() const { return column_; }

   private:
    void fill_plain(catalog::Physical physical);

    storage::StoredColumn column_;
    storage::PlainValue value_;
    std::vector<uint8_t> data_;
    std::vector<uint64_t> validity_;
};

struct ScannedColumn {
    enum class Kind : uint8_t { kStored, kRowId, kAny };
    Kind kind = Kind::kStored;
    ColumnId id;                  // kStored
    duckdb::LogicalType type;     // what DuckDB gets
    catalog::Physical physical = catalog::Physical::kInt64;  // of `type`; chunks may hold narrower values
    bool nested = false;
    std::shared_ptr<const ConstantColumn> missing;  // kStored

    // The column as it lies in `chunk`. Requires: kStored.
    const storage::StoredColumn& in(const storage::Chunk& chunk) const {
        const int position = chunk.schema().position(id);
        return position < 0 ? missing->column() : chunk.column(static_cast<size_t>(position));
    }
};

// Ids of the columns whose bytes a reader of `columns` touches: what TableSnapshot::verify() wants to know.
std::vector<ColumnId> stored_ids(const std::vector<ScannedColumn>& columns);

// The column that `index` (logical, as plans know it) names in `entry`.
ScannedColumn scanned_column(const KodiakTableEntry& entry, const duckdb::ColumnIndex& index);

}  // namespace kodiak::engine
