#include "storage/compaction/tier_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace kodiak::storage {
namespace {

Error unreadable(const char* what, const std::string& text) {
    return make_error(ErrorCode::kInvalidValue, std::string(what) + " does not read: \"" + text + "\"");
}

struct Amount {
    double number = 0;
    std::string unit;  // lower case
};

Result<Amount> parse_amount(const char* what, const std::string& text) {
    Amount amount;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount.number);
    if (error != std::errc() || !std::isfinite(amount.number) || amount.number < 0) {
        return unreadable(what, text);
    }
    for (const char* at = end; at != text.data() + text.size(); ++at) {
        if (*at != ' ') {
            amount.unit += static_cast<char>(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
        }
    }
    return amount;
}

struct Unit {
    const char* name;
    double factor;
};

constexpr double kSecond = 1e6;
constexpr std::array<Unit, 21> kDurations{{{"", kSecond}, {"us", 1}, {"ms", 1e3}, {"s", kSecond},
    {"second", kSecond}, {"seconds", kSecond}, {"m", 60 * kSecond}, {"minute", 60 * kSecond},
    {"minutes", 60 * kSecond}, {"h", 3600 * kSecond}, {"hour", 3600 * kSecond}, {"hours", 3600 * kSecond},
    {"d", 86400 * kSecond}, {"day", 86400 * kSecond}, {"days", 86400 * kSecond}, {"w", 7 * 86400 * kSecond},
    {"week", 7 * 86400 * kSecond}, {"weeks", 7 * 86400 * kSecond}, {"mo", 30 * 86400 * kSecond},
    {"months", 30 * 86400 * kSecond}, {"y", 365 * 86400 * kSecond}}};
constexpr std::array<Unit, 9> kSizes{{{"", 1}, {"b", 1}, {"kb", 1024.0}, {"kib", 1024.0}, {"mb", 1048576.0},
    {"mib", 1048576.0}, {"gb", 1073741824.0}, {"gib", 1073741824.0}, {"tb", 1099511627776.0}}};

Result<double> scaled(const char* what, const std::string& text, std::span<const Unit> units) {
    KODIAK_TRY_ASSIGN(const Amount amount, parse_amount(what, text));
    constexpr double kMost = 9e18;
    for (const Unit& unit : units) {
        if (amount.unit == unit.name && amount.number * unit.factor < kMost) {
            return amount.number * unit.factor;
        }
    }
    return unreadable(what, text);
}

bool is_true(const std::string& text) { return text == "true" || text == "on" || text == "TRUE" || text == "ON"; }

Status set(TierSettings& settings, const std::string& name, const std::string& value) {
    if (name == "hot_tier_max_rows") {
        KODIAK_TRY_ASSIGN(settings.hot_tier_max_rows, parse_size(value));
    } else if (name == "hot_tier_max_size") {
        KODIAK_TRY_ASSIGN(settings.hot_tier_max_size, parse_size(value));
    } else if (name == "warm_tier_max_size") {
        KODIAK_TRY_ASSIGN(settings.warm_tier_max_size, parse_size(value));
    } else if (name == "hot_tier_max_age") {
        KODIAK_TRY_ASSIGN(settings.hot_tier_max_age_us, parse_duration_us(value));
    } else if (name == "warm_tier_max_age") {
        KODIAK_TRY_ASSIGN(settings.warm_tier_max_age_us, parse_duration_us(value));
    } else if (name == "warm_tier") {
        settings.warm_tier = is_true(value);
    } else if (name == "cold_tier_compression") {
        settings.cold_tier_compression = value;
    } else if (name == "compaction_interval") {
        KODIAK_TRY_ASSIGN(settings.compaction_interval_us, parse_duration_us(value));
    } else if (name == "min_compaction_size") {
        KODIAK_TRY_ASSIGN(settings.min_compaction_size, parse_size(value));
    } else if (name == "max_compaction_files") {
        KODIAK_TRY_ASSIGN(settings.max_compaction_files, parse_size(value));
    } else if (name == "enable_adaptive_compaction") {
        settings.enable_adaptive_compaction = is_true(value);
    } else if (name == "enable_size_based_compaction") {
        settings.enable_size_based_compaction = is_true(value);
    }
    return {};
}

}  // namespace

Result<uint64_t> parse_size(const std::string& text) {
    KODIAK_TRY_ASSIGN(const double bytes, scaled("a size", text, kSizes));
    return static_cast<uint64_t>(bytes);
}

Result<int64_t> parse_duration_us(const std::string& text) {
    KODIAK_TRY_ASSIGN(const double micros, scaled("a duration", text, kDurations));
    return static_cast<int64_t>(micros);
}

Result<TierSettings> TierSettings::of(std::span<const std::pair<std::string, std::string>> options) {
    TierSettings settings;
    for (const auto& [name, value] : options) {
        KODIAK_TRY(set(settings, name, value));
    }
    return settings;
}

}  // namespace kodiak::storage
