#pragma once

// GET CHANGES (language reference 2.2) as a query of the engine's functions kodiak_changes and kodiak_all_changes.
//
// What       GET CHANGES [FROM t, ...] SINCE (WATERMARK name | point) [UNTIL point] [NET] [WITH PROOF], as a statement
//            or in a parenthesis. Several tables, or all of them, come as JSON, in commit order.
// Errors     kSyntax with what was expected; kUnsupported for ON BRANCH.

#include <string>

#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

// True where the cursor stands on GET CHANGES.
bool at_get_changes(const TokenCursor& cursor);
// Moves behind the statement and returns its SQL. Requires: at_get_changes().
Result<std::string> get_changes_to_sql(TokenCursor& cursor);
// Parses what follows SINCE, a watermark or a point, into an SQL value.
Result<std::string> parse_changes_start(TokenCursor& cursor);

}  // namespace kodiak::language
