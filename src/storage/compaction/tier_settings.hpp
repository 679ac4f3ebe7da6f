#pragma once

// TierSettings: the options of one table that say where its rows lie and when they move.
//
// What       Names and defaults of the catalogue (TIER-34 to TIER-41). Limits that the user set bind; defaults bind
//            only under pressure on memory (D-01), so no option is needed to be fast.
// Threads    Values.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/result/result.hpp"

namespace kodiak::storage {

struct TierSettings {
    // Set by the user, else empty.
    std::optional<uint64_t> hot_tier_max_rows;
    std::optional<uint64_t> hot_tier_max_size;
    std::optional<uint64_t> warm_tier_max_size;
    std::optional<int64_t> hot_tier_max_age_us;
    std::optional<int64_t> warm_tier_max_age_us;

    bool warm_tier = true;                                 // false: hot rows go to the cold tier at once
    std::string cold_tier_compression = "zstd";
    int64_t compaction_interval_us = 3'600'000'000;
    uint64_t min_compaction_size = 10 * 1024 * 1024;
    uint64_t max_compaction_files = 10;
    bool enable_adaptive_compaction = true;
    bool enable_size_based_compaction = true;

    // From the options of a definition. kInvalidValue for a value that does not read.
    static Result<TierSettings> of(std::span<const std::pair<std::string, std::string>> options);
};

// '100MB', '64 KiB' or a number of bytes; decimal names count by 1,024 as the catalogue does. kInvalidValue.
Result<uint64_t> parse_size(const std::string& text);
// '24h', '7 days', a number of seconds; in microseconds. kInvalidValue.
Result<int64_t> parse_duration_us(const std::string& text);

}  // namespace kodiak::storage
