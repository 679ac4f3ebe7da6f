#pragma once

// The rows of a VALUES list, as ranges of the text.

#include <optional>
#include <string_view>
#include <vector>

#include "language/lexer/lexer.hpp"

namespace kodiak::language {

struct ValuesRow {
    Span row;                  // with its parentheses
    std::vector<Span> values;  // from the first token of each value to its last
};

// Reads `VALUES (a, b), (c, d)` in `range`. Returns nothing if the range holds more than such a list (a set
// operation, ORDER BY, ...): then it is a query like any other.
std::optional<std::vector<ValuesRow>> read_values_rows(std::string_view text, const std::vector<Token>& tokens,
                                                       Span range);

}  // namespace kodiak::language
