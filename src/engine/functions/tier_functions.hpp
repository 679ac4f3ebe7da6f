#pragma once

// Functions about where rows lie: kodiak_compact, kodiak_set_options, kodiak_placement, and the tables
// kodiak_table_stats and kodiak_tier_moves (docs/language/tiers.md).

#include "duckdb/main/client_context.hpp"
#include "duckdb/main/config.hpp"

namespace kodiak::engine {

void register_tier_functions(duckdb::ClientContext& context);
// Lets the two tables be named without parentheses.
void register_tier_names(duckdb::DBConfig& config);

}  // namespace kodiak::engine
