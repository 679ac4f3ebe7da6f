#pragma once

// Functions of PL-Grizzly as functions of DuckDB, so that SQL can call them.
//
// How        A routine of the catalogue is looked up like any function. Its entry takes any arguments; at bind time
//            the call is matched against the overloads that the transaction sees (semantic/match_call.hpp), the code
//            is compiled, and arguments are cast. Each thread that evaluates the call has a machine of its own.
//            In FROM a function gives its rows as they come; one that returns a single value gives one row.
// Rules      A function without SQL, notices and clock may be folded and its calls merged; every other one is VOLATILE:
//            called once for each row that reaches it.
// Errors     DuckDB exceptions: 42883 no overload, 42725 several; those of the code.

#include "duckdb/catalog/catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"

#include "catalog/catalog_state.hpp"

namespace kodiak::engine {

// The entry that stands for `routine`, a definition of kind kRoutine.
duckdb::unique_ptr<duckdb::CatalogEntry> make_scalar_routine(duckdb::Catalog& catalog,
                                                             duckdb::SchemaCatalogEntry& schema,
                                                             const catalog::CatalogObject& routine);
duckdb::unique_ptr<duckdb::CatalogEntry> make_table_routine(duckdb::Catalog& catalog,
                                                            duckdb::SchemaCatalogEntry& schema,
                                                            const catalog::CatalogObject& routine);

}  // namespace kodiak::engine
