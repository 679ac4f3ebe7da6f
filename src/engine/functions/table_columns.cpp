#include "engine/functions/table_columns.hpp"

#include <algorithm>

#include "engine/catalog/table_entry.hpp"
#include "engine/scan/column_decode.hpp"

namespace kodiak::engine {

std::vector<size_t> TableColumns::all() const {
    std::vector<size_t> places(columns.size());
    for (size_t i = 0; i < places.size(); ++i) {
        places[i] = i;
    }
    return places;
}

TableColumns columns_of(const KodiakTableEntry& entry) {
    TableColumns table;
    const catalog::KeyConstraint* primary = entry.table().primary_key();
    duckdb::child_list_t<duckdb::LogicalType> all;
    duckdb::child_list_t<duckdb::LogicalType> key;
    for (const auto& column : entry.GetColumns().Physical()) {
        const ColumnId id = entry.column_id(column.Physical());
        if (primary != nullptr && std::ranges::find(primary->columns, id) != primary->columns.end()) {
            table.key.push_back(table.columns.size());
            key.emplace_back(column.Name(), column.Type());
        }
        table.columns.push_back(scanned_column(entry, duckdb::ColumnIndex(column.Logical().index)));
        table.names.push_back(column.Name());
        all.emplace_back(column.Name(), column.Type());
    }
    table.row_type = duckdb::LogicalType::STRUCT(all);
    table.key_type = key.empty() ? duckdb::LogicalType(duckdb::LogicalType::SQLNULL) : duckdb::LogicalType::STRUCT(key);
    return table;
}

void fill_cell(const ScannedColumn& column, const storage::VersionPlace& version, duckdb::Vector& target, size_t at) {
    decode_column(column, column.in(*version.chunk), &version.slot, 1, target, at);
}

void fill_row(const TableColumns& table, const std::vector<size_t>& which, const storage::VersionPlace& version,
              duckdb::Vector& target, size_t at) {
    if (version.chunk == nullptr || which.empty()) {
        duckdb::FlatVector::SetNull(target, at, true);
        return;
    }
    auto& fields = duckdb::StructVector::GetEntries(target);
    for (size_t i = 0; i < fields.size(); ++i) {
        fill_cell(table.columns[which[i]], version, *fields[i], at);
    }
}

}  // namespace kodiak::engine
