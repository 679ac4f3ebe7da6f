#pragma once

// Parser of UPSERT (language reference 2.2), also behind EXPLAIN and PREPARE.

#include "language/statement.hpp"
#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

// True if the statement is an UPSERT: UPSERT, EXPLAIN [ANALYZE | (options)] UPSERT, PREPARE name [(types)] AS UPSERT.
bool at_upsert(const TokenCursor& cursor);

// Parses it. Requires: at_upsert(cursor), and the cursor at the first token.
Result<UpsertStatement> parse_upsert(TokenCursor& cursor);

}  // namespace kodiak::language
