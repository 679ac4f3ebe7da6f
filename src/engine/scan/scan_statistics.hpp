#pragma once

// What the planner is told about a table: cardinality, exact counts, statistics per column.
//
// Why        Without cardinality TPC-H Q7 takes 14 times as long, without statistics join orders and hash tables
//            go wrong (docs/decisions/0002).
// Correct    All from the transaction's own snapshot, uncommitted rows included; bounds may be wider than the values,
//            never narrower.

#include "duckdb/function/table_function.hpp"

namespace kodiak::engine {

// TableFunction callbacks.
duckdb::unique_ptr<duckdb::NodeStatistics> scan_cardinality(duckdb::ClientContext& context,
                                                            const duckdb::FunctionData* binding);
duckdb::unique_ptr<duckdb::BaseStatistics> scan_statistics(duckdb::ClientContext& context,
                                                           const duckdb::FunctionData* binding,
                                                           duckdb::column_t column);
duckdb::vector<duckdb::PartitionStatistics> scan_partition_statistics(duckdb::ClientContext& context,
                                                                      duckdb::GetPartitionStatsInput& input);

}  // namespace kodiak::engine
