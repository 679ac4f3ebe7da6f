#pragma once

// Dates, times and intervals as numbers and as text, in the proleptic Gregorian calendar.
//
// Days since 1970-01-01, microseconds since then in UTC. Reading fails with nothing for text that is no date.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "language/values/value.hpp"

namespace kodiak::language {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

struct CivilDate {
    int64_t year = 1970;
    int month = 1;
    int day = 1;
};

int64_t days_of(CivilDate date);
CivilDate civil_of(int64_t days);
int days_in_month(int64_t year, int month);

std::string date_text(int64_t days);
std::string time_text(int64_t micros);
std::string timestamp_text(int64_t micros, bool with_zone);
std::string interval_text(Interval interval);

std::optional<int64_t> read_date(std::string_view text);
std::optional<int64_t> read_time(std::string_view text);
// Takes a date, a date with a time, and a zone: Z, +02, +02:00.
std::optional<int64_t> read_timestamp(std::string_view text);
// Takes '1 month 2 days 03:04:05.6', '1h30m', '90 minutes', '-1 year'.
std::optional<Interval> read_interval(std::string_view text);

// Adds an interval: months first (a day beyond the month's end becomes its last day), then days, then microseconds.
// Nothing if the result is beyond what 64 bits hold.
std::optional<int64_t> add_interval(int64_t micros, Interval interval);

}  // namespace kodiak::language
