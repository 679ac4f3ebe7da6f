#pragma once

// GET CHANGES (language reference 2.2) as a query of the engine's table function kodiak_changes.
//
// What       GET CHANGES FROM t [, ...] SINCE point [UNTIL point], as a statement or in a parenthesis. Several tables
//            come as JSON, in commit order.
// Errors     kSyntax with what was expected; kUnsupported for NET, WITH PROOF, ON BRANCH, watermarks, and without FROM.

#include <string>

#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

// True where the cursor stands on GET CHANGES.
bool at_get_changes(const TokenCursor& cursor);
// Moves behind the statement and returns its SQL. Requires: at_get_changes().
Result<std::string> get_changes_to_sql(TokenCursor& cursor);

}  // namespace kodiak::language
