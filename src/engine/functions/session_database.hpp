#pragma once

// The Kodiak database that unqualified names of a context mean.

#include "duckdb/main/client_context.hpp"

#include "engine/catalog/kodiak_catalog.hpp"

namespace kodiak::engine {

// nullptr when the default database is not Kodiak's.
KodiakCatalog* find_session_database(duckdb::ClientContext& context);
// Throws kUndefinedObject when the default database is not Kodiak's.
KodiakCatalog& session_database(duckdb::ClientContext& context);

}  // namespace kodiak::engine
