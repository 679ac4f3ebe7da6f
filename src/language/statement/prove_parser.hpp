#pragma once

// Parses PROVE (statement.hpp).

#include "language/statement.hpp"
#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

// True where a PROVE statement starts: PROVE and one of COMMIT, ROW, CONSISTENCY.
bool at_prove(const TokenCursor& cursor);
Result<ProveStatement> parse_prove(TokenCursor& cursor);

}  // namespace kodiak::language
