#pragma once

// VACUUM and ANALYZE of a Kodiak table.
//
// Why        DuckDB carries them out for its own tables only. Kodiak's statistics follow every commit and the space of
//            dead rows is the checkpoint's business, so there is nothing to do but to check the names.

#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/statement/vacuum_statement.hpp"

namespace kodiak::engine {

// Takes a Kodiak table out of `statement`, which then does nothing. Throws kUndefinedColumn for columns that the table
// does not have; tables that do not exist or are not Kodiak's are left to DuckDB.
void take_kodiak_table_out(duckdb::ClientContext& context, duckdb::VacuumStatement& statement);

}  // namespace kodiak::engine
