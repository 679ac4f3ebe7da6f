#include "tests/support/sqllogictest/requirements.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace kodiak::sqllogictest {

namespace {

// Part of the engine's library.
constexpr std::array<std::string_view, 5> kBuiltIn = {"parquet", "json", "icu", "core_functions", "autocomplete"};

// Facts about the machine and the build that always hold here.
constexpr std::array<std::string_view, 12> kAlwaysTrue = {"64bit",
                                                          "notwindows",
                                                          "notmusl",
                                                          "longdouble",
                                                          "skip_reload",
                                                          "noforcestorage",
                                                          "no_alternative_verify",
                                                          "no_extension_autoloading",
                                                          "no_vector_verification",
                                                          "noalternativeverify",
                                                          "nothreadsan",
                                                          "strinline"};

// Facts that never hold here: other systems, and builds of DuckDB with settings of their own.
constexpr std::array<std::string_view, 9> kNeverTrue = {
    "windows",           "mingw", "exact_vector_size",         "no_block_verification",
    "no_latest_storage", "ram",   "allow_unsigned_extensions", "disk_space",
    "block_size"};

template <size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view what) {
    return std::find(list.begin(), list.end(), what) != list.end();
}

}  // namespace

std::optional<std::string> missing_requirement(const std::vector<std::string>& words) {
    if (words.empty()) {
        return "a name";
    }
    const std::string& what = words[0];
    if (what == "vector_size") {
        constexpr long kVectorSize = 2048;
        bool fits = words.size() < 2 || std::atol(words[1].c_str()) <= kVectorSize;
        return fits ? std::nullopt : std::optional<std::string>("vector_size " + words[1]);
    }
    return contains(kNeverTrue, what) ? std::optional(what) : std::nullopt;
}

bool is_loadable_extension(const std::string& what) {
    return !what.empty() && what != "vector_size" && !contains(kBuiltIn, what) && !contains(kAlwaysTrue, what);
}

bool is_missing_feature(const Error& error) {
    return error.message.find("extension") != std::string::npos &&
           (error.message.find("not loaded") != std::string::npos ||
            error.message.find("needs to be loaded") != std::string::npos ||
            error.message.find("not be found") != std::string::npos);
}

}  // namespace kodiak::sqllogictest
