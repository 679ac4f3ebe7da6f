#pragma once

// The timeline as tables: kodiak_commits(), kodiak_tree_heads(), kodiak_changes(table, since => ..., until => ...).
//
// What       kodiak_commits       one row per commit that the transaction sees
//                                 `at => point`: that one alone, without a look at the others
//            kodiak_tree_heads    the heads over all commits that checkpoints wrote down, and the one now
//            kodiak_changes       what commits did to the rows of a table, in commit order (language reference 2.2)
//            Names without parentheses work, too: FROM kodiak_commits.
// Database   That of unqualified names; it must be a Kodiak database.
// Errors     kUndefinedTable, those of points in history (engine/catalog/past_point.hpp), kCorruption.
// Cost       kodiak_changes: of the changes, and a look at each chunk of the table.

#include "duckdb/main/client_context.hpp"
#include "duckdb/main/config.hpp"

namespace kodiak::engine {

// Adds the functions to the instance of `context`. Call inside a transaction, once per instance.
void register_timeline_functions(duckdb::ClientContext& context);
// Lets names of the functions stand as tables.
void register_timeline_names(duckdb::DBConfig& config);

}  // namespace kodiak::engine
