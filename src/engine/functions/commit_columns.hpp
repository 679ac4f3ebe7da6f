#pragma once

// The columns by which views tell a commit.

#include "duckdb/common/types/data_chunk.hpp"

#include "timeline/history.hpp"

namespace kodiak::engine {

// Writes number, id, time and branch of a commit into four columns of row `row`, from column `first` on.
inline void set_commit_columns(const timeline::HistoryCommit& commit, duckdb::DataChunk& out, size_t first,
                               size_t row) {
    out.SetValue(first, row, duckdb::Value::UBIGINT(commit.seq.value));
    out.SetValue(first + 1, row, duckdb::Value(commit.record.id.text()));
    out.SetValue(first + 2, row,
                 duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(commit.record.timestamp.micros)));
    out.SetValue(first + 3, row, duckdb::Value(commit.record.branch));
}

}  // namespace kodiak::engine
