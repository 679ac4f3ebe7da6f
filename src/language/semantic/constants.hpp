#pragma once

// Values of expressions that are known before the code runs: literals, and casts and signs on them.

#include <optional>

#include "base/result/result.hpp"
#include "language/ast/expression.hpp"
#include "language/values/value.hpp"

namespace kodiak::language {

// Returns the value of an analysed expression if it is a constant, as a value of node.type; an Error if computing it
// fails (a cast that never works); nothing if it depends on anything.
std::optional<Result<Value>> constant_of(const Expression& node, const Meter& meter);

// The digits of a whole number literal, hexadecimal too; nothing if it is no whole number or beyond 128 bits.
std::optional<int128> whole_literal(std::string_view text);

}  // namespace kodiak::language
