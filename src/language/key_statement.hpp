#pragma once

// Recognises statements on a single row named by its key (catalog/key_statement.hpp).
//
// What       The shapes of KeyStatement and nothing else: no expressions, no aliases, no RETURNING, no second row.
//            Whatever looks different is not an error but a statement for the general path.
// Threads    Pure function.
// Cost       Stops at the first token that does not fit; about 0.1 us a token.

#include <optional>
#include <string_view>

#include "catalog/key_statement.hpp"

namespace kodiak::language {

// Returns the statement that `text` (one statement, a `;` may follow) is, if it has one of the shapes.
std::optional<catalog::KeyStatement> parse_key_statement(std::string_view text);

}  // namespace kodiak::language
