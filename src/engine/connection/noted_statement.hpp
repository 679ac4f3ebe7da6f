#pragma once

// Parsed statements made to mean what their notes say.
//
// Errors     DuckDB exceptions: kUnsupported when the notes matter and the table is not in a Kodiak database.

#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/sql_statement.hpp"

#include "catalog/statement_notes.hpp"

namespace kodiak::engine {

// Replaces the CREATE TABLE that carries a constraint by the ALTER TABLE that adds it, and refuses notes on tables of
// other databases. The rest is up to the catalogue, which finds the notes in SessionState.
void apply_notes(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::SQLStatement>& statement,
                 const catalog::StatementNotes& notes);

}  // namespace kodiak::engine
