#pragma once

// nextval and currval for sequences of Kodiak.
//
// Why        DuckDB's own functions throw an InternalException for a sequence of a foreign catalog, which makes the
//            whole instance refuse work.
// How        The system catalog's two functions are replaced by copies whose run-time part looks at the sequence's
//            catalog: Kodiak's go to storage::Transaction, all others to DuckDB's code. Binding stays DuckDB's, so
//            `nextval('s')`, qualified names and DEFAULT nextval('s') work as everywhere.
// Threads    Values are drawn one at a time per transaction.

#include "duckdb/main/client_context.hpp"

namespace kodiak::engine {

// Replaces the functions in the instance of `context`. Call inside a transaction, once per instance.
void register_sequence_functions(duckdb::ClientContext& context);

}  // namespace kodiak::engine
