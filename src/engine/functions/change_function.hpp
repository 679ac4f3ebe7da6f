#pragma once

// kodiak_changes(table, since => point, until => point): what commits did to the rows of a table.
//
// What       One row per change, by commit, then by row id: op, commit_seq, commit_id, commit_time, branch, table_name,
//            row_id, key, old, new; the last three as STRUCTs of the columns that the table has now. `since` is
//            exclusive, `until` inclusive; points are texts as in VERSION (engine/catalog/past_point.hpp), numbers are
//            commits, timestamps are times. Without `since`: from the beginning.
//            `since` may name a watermark, which is looked for before other names. With `net => true` one row per key
//            (per row without a primary key): what all the changes come to, under the commit of the last one.
//            With `proof => true` a column `proof`: that the commit did this to the row (docs/formats/proof.md).
//            kodiak_all_changes(...) is the same over all tables, or those of the watermark: key, old and new as JSON.
// Memory     Two places per change; values are read as rows are asked for.

#include "duckdb/function/table_function.hpp"

#include "storage/transaction.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::engine {

// Where changes are read from.
struct ChangeStart {
    uint64_t after = 0;
    std::string watermark;  // the one that was named; empty = a point was
};
// What `since` means: a watermark, which must fit the history, or a point. Throws what points in history throw.
ChangeStart resolve_start(const duckdb::Value& since, timeline::DatabaseCore& core,
                          const storage::Transaction& transaction);

duckdb::TableFunction change_function();
duckdb::TableFunction all_changes_function();

}  // namespace kodiak::engine
