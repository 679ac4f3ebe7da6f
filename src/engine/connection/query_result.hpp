#pragma once

// QueryResult::State: DuckDB's result behind a QueryResult.
// Lifetime   Holds the session only to read a stream; see engine.hpp.

#include "duckdb/main/prepared_statement.hpp"
#include "duckdb/main/query_result.hpp"

#include "engine/connection/session.hpp"
#include "engine/engine.hpp"
#include "engine/prepared.hpp"
#include "engine/vectors/typed_rows.hpp"

namespace kodiak::engine {

struct QueryResult::State {
    Session& session;
    std::unique_ptr<duckdb::QueryResult> result;  // nullptr: nothing
    ResultKind kind = ResultKind::kNothing;
    std::vector<ResultColumnInfo> columns;
    uint64_t changed_rows = 0;
    uint64_t stream = 0;  // number of the stream; 0 = all rows are here
    bool done = false;

    Result<duckdb::unique_ptr<duckdb::DataChunk>> fetch();
};

struct PreparedQuery::State {
    std::unique_ptr<duckdb::PreparedStatement> statement;
};

struct TypedChunk::State {
    duckdb::unique_ptr<duckdb::DataChunk> chunk;  // nullptr: no rows
    TypedRows rows;                               // of `chunk`
};

// A column of a result.
ResultColumnInfo column_info(const std::string& name, const duckdb::LogicalType& type);

// Wraps what Session::run() gave.
Result<std::unique_ptr<QueryResult>> make_query_result(Session& session, std::unique_ptr<duckdb::QueryResult> result);
// The answer of a statement that changed so many rows.
std::unique_ptr<QueryResult> make_count_result(Session& session, uint64_t changed_rows);

}  // namespace kodiak::engine
