#pragma once

// Positions of errors in SQL that was rewritten, led back to the text that it was made from.

#include <string_view>

#include "base/result/result.hpp"
#include "language/rewrite.hpp"

namespace kodiak::database {

// The error with its place in `text`, of which `map` led to `sql`. Unchanged when it has no place.
Error place_in_original(Error error, std::string_view sql, std::string_view text, const language::SourceMap& map);

}  // namespace kodiak::database
