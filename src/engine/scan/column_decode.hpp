#pragma once

// Decoding stored columns into DuckDB vectors.
//
// Lifetime   Strings keep pointing into the chunk's memory, which the snapshot pins.
// Errors     read_nested_bytes' kCorruption.

#include "duckdb/common/types/vector.hpp"

#include "engine/scan/scanned_column.hpp"

namespace kodiak::engine {

// Writes `count` values, those of `slots` (nullptr: 0..count-1), to rows at.. of `target`, a flat vector of the
// column's type; rows must be filled in ascending order.
void decode_column(const ScannedColumn& column, const storage::StoredColumn& stored, const uint32_t* slots,
                   size_t count, duckdb::Vector& target, size_t at);

// Makes `target` show the stored values themselves, uncopied, when they lie in memory as DuckDB wants them.
// Requires: target is flat and empty; all slots 0..count-1 are wanted. Returns false, with nothing done, otherwise.
bool share_column(const ScannedColumn& column, const storage::StoredColumn& stored, size_t count,
                  duckdb::Vector& target);

}  // namespace kodiak::engine
