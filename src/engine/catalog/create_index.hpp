#pragma once

// CREATE INDEX on a Kodiak table: DuckDB's own operator builds ART indexes over its own storage only
// (docs/decisions/0002,
// trap 22), so ours just adds the definition; the store builds and keeps the index.

#include "duckdb/planner/logical_operator.hpp"

namespace duckdb {
class CreateStatement;
class TableCatalogEntry;
}  // namespace duckdb

namespace kodiak::engine {

// The logical operator for `stmt`, which creates an index on `table`.
duckdb::unique_ptr<duckdb::LogicalOperator> plan_create_index(duckdb::CreateStatement& stmt,
                                                              duckdb::TableCatalogEntry& table);

}  // namespace kodiak::engine
