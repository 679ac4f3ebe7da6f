#pragma once

// QueryResult::State: DuckDB's result behind a QueryResult.
// Lifetime   Holds the session only to read a stream; see engine.hpp.

#include "duckdb/main/query_result.hpp"

#include "engine/connection/session.hpp"
#include "engine/engine.hpp"

namespace kodiak::engine {

struct QueryResult::State {
    Session& session;
    std::unique_ptr<duckdb::QueryResult> result;  // nullptr: nothing
    ResultKind kind = ResultKind::kNothing;
    std::vector<ResultColumnInfo> columns;
    uint64_t changed_rows = 0;
    uint64_t stream = 0;  // number of the stream; 0 = all rows are here
    bool done = false;
};

// Wraps what Session::run() gave.
Result<std::unique_ptr<QueryResult>> make_query_result(Session& session, std::unique_ptr<duckdb::QueryResult> result);
// The answer of a statement that changed so many rows.
std::unique_ptr<QueryResult> make_count_result(Session& session, uint64_t changed_rows);

}  // namespace kodiak::engine
