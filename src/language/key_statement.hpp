#pragma once

// Recognises statements on a single row named by its key (catalog/key_statement.hpp).
//
// What       The shapes of KeyStatement and nothing else: no expressions, no aliases, no RETURNING, no second row.
//            Whatever looks different is not an error but a statement for the general path.
// Threads    Pure function.
// Cost       Stops at the first token that does not fit; about 0.1 us a token.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/key_statement.hpp"

namespace kodiak::language {

// PREPARE name AS statement, for a statement of these shapes.
struct PreparedKeyStatement {
    std::string name;
    catalog::KeyStatement statement;
};

// EXECUTE name or EXECUTE name(constants).
struct KeyExecution {
    std::string name;
    std::vector<catalog::KeyOperand> values;  // no parameters among them
};

// Which prepared statements a statement replaces or removes.
struct PreparedNames {
    enum class Touched : uint8_t { kNone, kOne, kAll };
    Touched touched = Touched::kNone;
    std::string name;  // kOne
};

PreparedNames prepared_names_touched(std::string_view text);
std::optional<PreparedKeyStatement> parse_prepared_key_statement(std::string_view text);
std::optional<KeyExecution> parse_key_execution(std::string_view text);

// Returns the statement that `text` (one statement, a `;` may follow) is, if it has one of the shapes.
std::optional<catalog::KeyStatement> parse_key_statement(std::string_view text);

}  // namespace kodiak::language
