#pragma once

// The options of CREATE TABLE ... WITH (key = value, ...): their names and what a value looks like.

#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

using TableOptions = std::vector<std::pair<std::string, std::string>>;

// Reads (key = value, ...) behind WITH; the cursor stands on the parenthesis and ends behind its close. Sorted by key.
// Errors: kUndefinedObject with near names, kInvalidValue, kInvalidDefinition (two that contradict each other),
// kDuplicateObject, kSyntax.
Result<TableOptions> parse_table_options(TokenCursor& cursor);
// Reads (key, ...) behind RESET, likewise.
Result<std::vector<std::string>> parse_option_names(TokenCursor& cursor);

}  // namespace kodiak::language
