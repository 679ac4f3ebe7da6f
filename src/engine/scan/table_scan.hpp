#pragma once

// kodiak_table_scan: the table function behind every Kodiak table.
//
// What       Gives DuckDB's planner and executor everything they use to read a table: projection, filter and
//            join-filter pushdown, statistics, cardinality, exact counts, batch indexes, scan order, row ids.
// How        Bind data names the table and definition; the snapshot is taken from the session's transaction when the
//            scan starts (init_global), never at bind, so that a cached plan reads the present.
// Threads    The function is immutable; each query has its own states.
// Lifetime   Bind data holds a reference to `entry`; the catalogue keeps old entries alive (docs/decisions/0002,
//            trap 7).
// Errors     What the store refuses is thrown by errors/errors.hpp's throw_error.

#include "duckdb/function/table_function.hpp"

namespace kodiak::engine {

class KodiakTableEntry;

// Returns the scan of `entry` and sets its bind data: what TableCatalogEntry::GetScanFunction has to return.
duckdb::TableFunction kodiak_table_scan(KodiakTableEntry& entry, duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

// Puts the scan into the system catalogue of the instance: plans that are copied (CTE inlining) find it there by name.
// Calling it in SQL is refused. Call inside a transaction, once per instance.
void register_table_scan(duckdb::ClientContext& context);

// The statistics of a column, by position in the entry's column list; nullptr when nothing is known (rowid, generated
// columns): what TableCatalogEntry::GetStatistics has to return.
duckdb::unique_ptr<duckdb::BaseStatistics> kodiak_column_statistics(duckdb::ClientContext& context,
                                                                    KodiakTableEntry& entry,
                                                                    duckdb::column_t column);

}  // namespace kodiak::engine
