#pragma once

// PROVE (language reference 2.9) as a query of the engine's proof functions.
//
// What       The query answers one value, the proof file's text; no row when there is no such row to prove.
// Errors     kInvalidColumnReference (42P10) when the table has no primary key or another number of key values.
// Threads    Pure function.

#include <string>
#include <string_view>

#include "base/result/result.hpp"
#include "language/statement.hpp"
#include "language/upsert.hpp"

namespace kodiak::language {

// `shape`: of the table of PROVE ROW, empty for the others. `text` is what `prove` was parsed from.
Result<std::string> prove_to_sql(std::string_view text, const ProveStatement& prove, const TableShape& shape);

}  // namespace kodiak::language
