#pragma once

// The options of CREATE TABLE ... WITH (key = value, ...): their names and what a value looks like.

#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

using TableOptions = std::vector<std::pair<std::string, std::string>>;

// Reads (key = value, ...) behind WITH; the cursor stands on the parenthesis and ends behind its close. Sorted by key.
// Errors: kUndefinedObject with near names, kInvalidValue, kDuplicateObject, kSyntax.
Result<TableOptions> parse_table_options(TokenCursor& cursor);

}  // namespace kodiak::language
