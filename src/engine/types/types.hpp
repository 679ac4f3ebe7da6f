#pragma once

// Types both ways between DuckDB's LogicalType and our catalog::Type.
//
// What       Every type that a column can have converts and comes back equal, alias, collation, enum labels, nesting
//            and a geometry's reference system included.
// Threads    Pure functions.

#include "duckdb/common/types.hpp"

#include "catalog/type.hpp"

namespace kodiak::engine {

// Throws a DuckDB exception with kUnsupported for types that no column can have (e.g. AGGREGATE_STATE).
catalog::Type to_catalog_type(const duckdb::LogicalType& type);

duckdb::LogicalType to_logical_type(const catalog::Type& type);

}  // namespace kodiak::engine
