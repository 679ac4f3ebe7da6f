#pragma once

// Named points of history in SQL: kodiak_snapshots, kodiak_watermarks, kodiak_point(point).
//
// What       kodiak_snapshots    name, commit_seq, commit_id, commit_time, message, head, holds
//            kodiak_watermarks   name, tables, commit_seq, commit_id, commit_time, lag, head, holds
//            kodiak_point        the number of the commit that a point means, as in AT (VERSION => ...); NULL for NULL
//            `head` is the id of the tree head over the commits up to the point, `holds` whether it is the one that the
//            name was given in; `lag` counts the commits behind the point.
// Database   As in timeline_functions.hpp.

#include "duckdb/function/table_function.hpp"
#include "duckdb/main/client_context.hpp"

namespace kodiak::engine {

inline constexpr const char* kSnapshotsView = "kodiak_snapshots";
inline constexpr const char* kWatermarksView = "kodiak_watermarks";

duckdb::TableFunction snapshots_function();
duckdb::TableFunction watermarks_function();
// Adds kodiak_point to the instance of `context`. Call inside a transaction, once per instance.
void register_point_function(duckdb::ClientContext& context);

}  // namespace kodiak::engine
