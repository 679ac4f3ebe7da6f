#pragma once

// ALTER and COMMENT ON: changes of one object's definition.
//
// How        Each kind of ALTER edits a copy of the definition; the result is bound once as DuckDB would bind a CREATE
//            TABLE, so that a definition that does not hold together is refused before it is put. Changes that existing
//            rows must follow (a type that is no lossless widening, a default that is no constant) rewrite the rows in
//            the same transaction, keeping their row ids. A changed column keeps its place but gets a new ColumnId.
// Errors     DuckDB exceptions with its own wording where DuckDB has one.
// Threads    As the transaction: one statement at a time.

#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/parsed_data/alter_info.hpp"

namespace kodiak::engine {

class KodiakSchemaEntry;

// Carries out `info` on the object of `schema` that it names.
void alter_object(duckdb::ClientContext& context, KodiakSchemaEntry& schema, duckdb::AlterInfo& info);

}  // namespace kodiak::engine
