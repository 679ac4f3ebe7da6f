#pragma once

// txid_current() where a Kodiak database is the default.
//
// Why        DuckDB's own function throws an InternalException when the default catalog is not DuckDB's.
// How        It is replaced by one that gives the number of DuckDB's transaction over all attached databases: it begins
//            with a transaction, ends with it, and is never given again while the instance lives.

#include "duckdb/main/client_context.hpp"

namespace kodiak::engine {

// Replaces the function in the instance of `context`. Call inside a transaction, once per instance.
void register_transaction_functions(duckdb::ClientContext& context);

}  // namespace kodiak::engine
