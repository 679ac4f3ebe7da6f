#pragma once

// Finds Kodiak's clauses in plain SQL and rewrites or refuses them.
//
// Table references are found by walking the tokens with one small frame per open parenthesis, not by parsing: what
// DuckDB accepts changes with its versions, and this walk need only know where a table can be named. A clause
// counts as ours only where DuckDB parses nothing (language reference 2.1): a miss is DuckDB's own syntax error,
// never a
// changed meaning.

#include <string_view>
#include <vector>

#include "language/rewrite.hpp"

namespace kodiak::language {

// Rewrites the clauses among the tokens that lie in `range` of `text`. Requires: `tokens` are those of the whole
// text.
Status rewrite_clauses(std::string_view text, const std::vector<Token>& tokens, Span range, Rewriter& rewriter);

}  // namespace kodiak::language
