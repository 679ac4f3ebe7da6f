#pragma once

// Nested values between DuckDB vectors and their canonical bytes (docs/formats/canonical_row.md).
//
// What       LIST: varint count, then per element u8 present + value. ARRAY: the same without the count. STRUCT (and
//            VARIANT, as its physical struct): per field u8 present + value. MAP: varint count, then per entry key,
//            u8 present + value. UNION: u8 member, u8 present + value. Scalars as in canonical rows: fixed width little
//            endian, one NaN, ENUM by label, byte strings with a varint length. Nested values lie inline, but a VARIANT
//            inside another value has its length in front: the store knows it as a string of bytes.
// Errors     append_nested_bytes cannot fail. read_nested_bytes treats its input as hostile: it throws kCorruption (by
//            errors/errors.hpp) for anything malformed, and allocates nothing that the input's size does not back.
// Threads    Pure functions over their arguments.

#include <string>
#include <string_view>

#include "duckdb/common/types/vector.hpp"

namespace kodiak::engine {

// True for the types whose values are stored as canonical bytes.
bool is_nested_vector(const duckdb::LogicalType& type);

// Appends the canonical bytes of the value in row `row`. Requires: it is not NULL; its type is nested.
void append_nested_bytes(const duckdb::RecursiveUnifiedVectorFormat& format, duckdb::idx_t row, std::string& out);

// Writes the nested value that `bytes` holds to row `at` of `target`, a flat vector. Rows must be written in ascending
// order. Strings over 12 bytes keep pointing into `bytes`.
void read_nested_bytes(std::string_view bytes, duckdb::Vector& target, duckdb::idx_t at);

}  // namespace kodiak::engine
