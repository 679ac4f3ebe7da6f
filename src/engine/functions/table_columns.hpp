#pragma once

// The columns of a table as functions show them: values of row versions wherever these lie.

#include <string>
#include <vector>

#include "duckdb/common/types/vector.hpp"

#include "engine/scan/scanned_column.hpp"
#include "storage/row_changes.hpp"

namespace kodiak::engine {

class KodiakTableEntry;

struct TableColumns {
    std::vector<ScannedColumn> columns;  // all stored ones, in the table's order
    std::vector<std::string> names;
    std::vector<size_t> key;             // places of the primary key's columns
    duckdb::LogicalType row_type;        // STRUCT of all columns
    duckdb::LogicalType key_type;        // STRUCT of the key's; NULL's type without a primary key

    // Those of the columns whose bytes are read from chunks.
    std::vector<ColumnId> ids() const { return stored_ids(columns); }
    std::vector<size_t> all() const;
};

TableColumns columns_of(const KodiakTableEntry& entry);

// Writes one value of a version to row `at` of a vector.
void fill_cell(const ScannedColumn& column, const storage::VersionPlace& version, duckdb::Vector& target, size_t at);
// Writes a version's values to row `at` of a STRUCT; NULL when there is no version. `which`: places of the fields'
// columns.
void fill_row(const TableColumns& table, const std::vector<size_t>& which, const storage::VersionPlace& version,
              duckdb::Vector& target, size_t at);

}  // namespace kodiak::engine
