#pragma once

// Proof files as values: kodiak_commit_proof(point), kodiak_row_proof(table, rowid), kodiak_growth_proof(from, to),
// kodiak_changes_proof(table, since, until).
//
// What       Texts as docs/formats/proof.md describes them, under the newest tree head: of a commit; of the row version
//            that a row id of the table names (in the query that reads it, also AS OF); of the growth of a history of
//            `from` commits to one of `to`; of all changes of a table behind a point or watermark up to a point.
// Database   As in timeline_functions.hpp. Errors: those of timeline::History::prove() and of points in history.

#include "duckdb/main/client_context.hpp"

namespace kodiak::engine {

// Adds the functions to the instance of `context`. Call inside a transaction, once per instance.
void register_proof_functions(duckdb::ClientContext& context);

}  // namespace kodiak::engine
