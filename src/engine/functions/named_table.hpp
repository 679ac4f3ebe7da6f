#pragma once

// The Kodiak table that a function's argument names.

#include <string>

#include "duckdb/main/client_context.hpp"

namespace kodiak::engine {

class KodiakTableEntry;

// `text` is a name as in SQL, with up to three parts. Throws what DuckDB throws for a table that is not there, and
// kUnsupported for one of another database.
KodiakTableEntry& named_table(duckdb::ClientContext& context, const std::string& text);

}  // namespace kodiak::engine
