#pragma once

// Values that loops of a test file run over, and conditions on them.

#include <map>
#include <string>
#include <vector>

namespace kodiak::sqllogictest {

// `i 0 10` -> 0 .. 9.
std::vector<std::string> counted_values(const std::vector<std::string>& words);

// `type <integral> text` -> each type; names in <> stand for groups of DuckDB's types.
std::vector<std::string> listed_values(const std::vector<std::string>& words);

// Whether a skipif/onlyif condition holds: the name of the engine under test, or a comparison with a loop variable
// (`i=3`, `i>=3`).
bool condition_holds(const std::string& what, bool native, const std::map<std::string, std::string>& loop_values);

}  // namespace kodiak::sqllogictest
