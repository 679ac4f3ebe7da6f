#pragma once

// Constants of key statements as values of a column's type.
//
// What       The casts that DuckDB would make for the same text, for the plain types. Whatever is not certain to come
//            out the same (other types, a cast that fails or rounds a key) has no value here, and the general path
//            runs the statement.
// Threads    Pure functions.

#include <optional>
#include <span>

#include "duckdb/common/types/value.hpp"

#include "catalog/key_statement.hpp"
#include "engine/engine.hpp"

namespace kodiak::engine {

// A constant that is plainly an integer.
std::optional<int64_t> integer_of(const catalog::KeyOperand& operand, std::span<const Parameter> parameters);
duckdb::Value parameter_value(const Parameter& parameter);
// True for the types that to_value() knows.
bool has_plain_casts(const duckdb::LogicalType& type);
// True for the types that to_key() knows.
bool has_plain_keys(const duckdb::LogicalType& type);

// The operand as it is stored in a column of `type`. Requires: has_plain_casts(type).
std::optional<duckdb::Value> to_value(const catalog::KeyOperand& operand, std::span<const Parameter> parameters,
                                      const duckdb::LogicalType& type);
// The operand of `column = operand`, when that is the same as comparing with a value of the column's type; never NULL.
// Requires: has_plain_keys(type).
std::optional<duckdb::Value> to_key(const catalog::KeyOperand& operand, std::span<const Parameter> parameters,
                                    const duckdb::LogicalType& type);

}  // namespace kodiak::engine
