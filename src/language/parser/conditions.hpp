#pragma once

// Names of error conditions (PL/pgSQL's and Kodiak's) and their SQLSTATEs, for WHEN, RAISE and messages.
//
// A closed, sorted table; looking up costs a binary search.

#include <string_view>
#include <vector>

namespace kodiak::language {

// Returns the SQLSTATE of a condition's name, in any case; empty for an unknown name.
std::string_view sqlstate_of_condition(std::string_view name);
// Returns the name of a SQLSTATE; empty for an unknown one.
std::string_view condition_of_sqlstate(std::string_view sqlstate);
// True for five characters of digits and capital letters.
bool is_sqlstate(std::string_view text);
// All names, for suggestions.
std::vector<std::string_view> condition_names();

}  // namespace kodiak::language
