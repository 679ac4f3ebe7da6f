#pragma once

// System functions: how Kodiak's own functions enter DuckDB's system catalog, and how some are read like tables.
// Threads    At the engine's start; read_as_table() from any.

#include <initializer_list>

#include "duckdb/function/replacement_scan.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/parsed_data/create_info.hpp"
#include "duckdb/parser/tableref.hpp"

namespace kodiak::engine {

// Adds a function for all databases. Throws what DuckDB throws when `conflict` forbids one of the name.
void add_system_function(duckdb::ClientContext& context, const duckdb::TableFunction& function,
                         duckdb::OnCreateConflict conflict = duckdb::OnCreateConflict::ERROR_ON_CONFLICT);
void add_system_function(duckdb::ClientContext& context, const duckdb::ScalarFunction& function,
                         duckdb::OnCreateConflict conflict = duckdb::OnCreateConflict::ERROR_ON_CONFLICT);

// A call without arguments of the table function that an unqualified table name means; nullptr when it is none of
// `names`.
duckdb::unique_ptr<duckdb::TableRef> read_as_table(const duckdb::ReplacementScanInput& input,
                                                   std::initializer_list<const char*> names);

}  // namespace kodiak::engine
