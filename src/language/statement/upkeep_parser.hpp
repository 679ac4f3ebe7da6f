#pragma once

// Parses COMPACT, OPTIMIZE, VACUUM, and ALTER TABLE ... SET (options) (statement.hpp).

#include "language/statement.hpp"
#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

// True where such a statement starts: COMPACT TABLE, OPTIMIZE, or VACUUM with at most a table behind it. VACUUM ANALYZE
// and VACUUM (...) are the engine's.
bool at_upkeep(const TokenCursor& cursor);
Result<UpkeepStatement> parse_upkeep(TokenCursor& cursor);

// True at ALTER TABLE name SET ( and ALTER TABLE name RESET (.
bool at_table_options(const TokenCursor& cursor);
Result<TableOptionsStatement> parse_table_options_statement(TokenCursor& cursor);

}  // namespace kodiak::language
