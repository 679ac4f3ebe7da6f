#pragma once

// Short durations: 1h30m, 1.5h, 2w, 3mo (language reference 1.1).
//
// Numbers with a unit joined to them, which add up. A day is a day, not 24 hours, as in INTERVAL; only the
// fraction of a day or week is counted in hours. Fractions of months and years have no length and are errors. What
// is finer than a microsecond is cut off.

#include <string>
#include <string_view>

#include "base/result/result.hpp"
#include "language/lexer/token.hpp"

namespace kodiak::language {

// Returns the SQL expression, e.g. (INTERVAL '90 minutes'), for the kDuration token at `where` in `text`.
// Errors, at the unit's position: kInvalidDatetimeFormat, kDatetimeOutOfRange.
Result<std::string> duration_to_sql(std::string_view text, Span where);

}  // namespace kodiak::language
