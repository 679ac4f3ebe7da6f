#include "language/rewrite/duration.hpp"

#include <cstdint>
#include <limits>

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerHour = 3600 * kMicrosPerSecond;
constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

// What one of a unit adds. Exactly one of the three is not 0.
struct Unit {
    std::string_view name;
    int64_t months;
    int64_t days;
    int64_t micros;
};

constexpr Unit kUnits[] = {
    {"us", 0, 0, 1},
    {"ms", 0, 0, 1000},
    {"s", 0, 0, kMicrosPerSecond},
    {"m", 0, 0, 60 * kMicrosPerSecond},
    {"min", 0, 0, 60 * kMicrosPerSecond},
    {"h", 0, 0, kMicrosPerHour},
    {"d", 0, 1, 0},
    {"w", 0, 7, 0},
    {"mo", 1, 0, 0},
    {"y", 12, 0, 0},
};

const Unit* find_unit(std::string_view name) {
    for (const Unit& unit : kUnits) {
        if (same_word(name, unit.name)) {
            return &unit;
        }
    }
    return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Total {
    int64_t months = 0;
    int64_t days = 0;
    int64_t micros = 0;
};

bool add_product(int64_t& sum, int64_t left, int64_t right) {
    int64_t product = 0;
    return !__builtin_mul_overflow(left, right, &product) && !__builtin_add_overflow(sum, product, &sum);
}

// Adds up the digits of a number, `_` skipped. False if it does not fit.
bool read_whole(std::string_view digits, int64_t& value) {
    for (const char c : digits) {
        if (c != '_' && (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value))) {
            return false;
        }
    }
    return true;
}

// The microseconds that a fraction .digits of `length` microseconds lasts, cut off. Requires: length <= 7 days.
int64_t fraction_of(std::string_view digits, int64_t length) {
    // Two groups of six digits: length * 10^6 is below 2^63, and what comes later is less than a microsecond.
    constexpr int64_t kGroup = 1'000'000;
    constexpr size_t kGroupDigits = 6;
    int64_t groups[2] = {0, 0};
    size_t count = 0;
    for (const char c : digits) {
        if (c != '_' && count < 2 * kGroupDigits) {
            int64_t& group = groups[count++ / kGroupDigits];
            group = group * 10 + (c - '0');
        }
    }
    for (; count < 2 * kGroupDigits; ++count) {
        groups[count / kGroupDigits] *= 10;
    }
    return (length * groups[0] + length * groups[1] / kGroup) / kGroup;
}

// Adds number * unit. False if the total does not fit.
bool add_part(Total& total, std::string_view whole_digits, std::string_view fraction_digits, const Unit& unit) {
    int64_t whole = 0;
    if (!read_whole(whole_digits, whole) || !add_product(total.months, whole, unit.months) ||
        !add_product(total.days, whole, unit.days) || !add_product(total.micros, whole, unit.micros)) {
        return false;
    }
    const int64_t rest = fraction_of(fraction_digits, unit.days * kMicrosPerDay + unit.micros);
    const int64_t days = unit.days > 0 ? rest / kMicrosPerDay : 0;
    return add_product(total.days, days, 1) && add_product(total.micros, rest - days * kMicrosPerDay, 1);
}

std::string to_sql(const Total& total) {
    std::string parts;
    const auto add = [&](int64_t count, std::string_view unit) {
        if (count != 0) {
            parts += (parts.empty() ? "" : " ") + std::to_string(count) + " " + std::string(unit);
        }
    };
    add(total.months, "months");
    add(total.days, "days");
    if (total.micros % kMicrosPerSecond == 0) {
        add(total.micros / kMicrosPerSecond, "seconds");
    } else {
        add(total.micros, "microseconds");
    }
    return "(INTERVAL '" + (parts.empty() ? "0 seconds" : parts) + "')";
}

}  // namespace

Result<std::string> duration_to_sql(std::string_view text, Span where) {
    const std::string_view duration = where.in(text);
    const auto scan = [&](size_t from, auto belongs) {
        while (from < duration.size() && belongs(duration[from])) {
            ++from;
        }
        return from;
    };
    Total total;
    for (size_t start = 0; start < duration.size();) {
        const size_t whole_end = scan(start, [](char c) { return is_digit(c) || c == '_'; });
        const bool has_point = whole_end < duration.size() && duration[whole_end] == '.';
        const size_t fraction_start = whole_end + (has_point ? 1 : 0);
        const size_t number_end =
            has_point ? scan(fraction_start, [](char c) { return is_digit(c) || c == '_'; }) : whole_end;
        const size_t unit_end = scan(number_end, [](char c) { return !is_digit(c) && c != '.'; });
        const Span unit_span{where.offset + number_end, unit_end - number_end};
        const Unit* unit = find_unit(unit_span.in(text));
        if (unit == nullptr || number_end == start) {
            return make_error_at(ErrorCode::kInvalidDatetimeFormat,
                                 "unknown unit \"" + std::string(unit_span.in(text)) + "\" next to a number", text,
                                 unit_span)
                .with_hint(
                    "The units of durations are us, ms, s, m or min, h, d, w, mo and y. "
                    "An alias behind a number needs a space or AS.");
        }
        const std::string_view fraction = duration.substr(fraction_start, number_end - fraction_start);
        if (unit->months != 0 && fraction.find_first_not_of("0_") != std::string_view::npos) {
            return make_error_at(ErrorCode::kInvalidDatetimeFormat, "a month or year has no fractions", text, unit_span)
                .with_hint("Use whole months (mo), or weeks and days.");
        }
        constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
        if (!add_part(total, duration.substr(start, whole_end - start), fraction, *unit) || total.months > kMost ||
            total.days > kMost) {
            return make_error_at(ErrorCode::kDatetimeOutOfRange, "the duration does not fit an INTERVAL", text, where);
        }
        start = unit_end;
    }
    return to_sql(total);
}

}  // namespace kodiak::language
