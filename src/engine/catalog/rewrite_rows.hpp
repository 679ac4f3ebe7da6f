#pragma once

// Work over all rows of a table inside DDL: rewriting them for a new definition, and checking them against one.
//
// How        Rows come through the table's own scan function, on this thread. A rewrite replaces every row by a new
//            version with the same row id.
// Errors     Thrown through errors/errors.hpp.

#include <functional>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/expression.hpp"

#include "catalog/catalog_state.hpp"
#include "engine/catalog/table_entry.hpp"
#include "storage/transaction.hpp"

namespace kodiak::engine {

// A stored column of the new definition that is computed. Its expression refers to the columns `inputs` of the old
// entry (logical indexes) by position in that list.
struct ComputedColumn {
    ColumnId id;
    std::vector<duckdb::LogicalIndex> inputs;
    duckdb::unique_ptr<duckdb::Expression> expression;
};

// Puts `changed`, the new definition of `entry`'s table, and rewrites its rows: column `computed` gets the
// expression's values, all others keep theirs.
void rewrite_rows(duckdb::ClientContext& context, KodiakTableEntry& entry, catalog::CatalogObject changed,
                  ComputedColumn computed);

// True when some visible row has NULL in the column.
bool has_null(storage::Transaction& transaction, const catalog::CatalogObject& table, ColumnId column);

// Calls `visit` with chunks of the columns `columns` (logical indexes) of all rows, row id last.
void for_each_chunk(duckdb::ClientContext& context, KodiakTableEntry& entry,
                    const std::vector<duckdb::LogicalIndex>& columns,
                    const std::function<void(duckdb::DataChunk&)>& visit);

}  // namespace kodiak::engine
