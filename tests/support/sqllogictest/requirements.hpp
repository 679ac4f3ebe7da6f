#pragma once

// What test files require of their engine.

#include <optional>
#include <string>
#include <vector>

#include "base/result/result.hpp"

namespace kodiak::sqllogictest {

// Why a `require` line is not met, as far as it can be told without loading anything; nothing when it is met.
std::optional<std::string> missing_requirement(const std::vector<std::string>& words);

// Whether a requirement is an extension package that must be loaded first.
bool is_loadable_extension(const std::string& what);

// Whether an error says that an extension is missing: no fault of the engine under test.
bool is_missing_feature(const Error& error);

}  // namespace kodiak::sqllogictest
