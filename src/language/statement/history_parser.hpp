#pragma once

// Tells statements on history (history_statement.hpp) from others by their first words.

#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

bool at_history_statement(const TokenCursor& cursor);

}  // namespace kodiak::language
