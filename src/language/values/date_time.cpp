#include "language/values/date_time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

int64_t floor_divide(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

// Reads parts of a text from the left.
class Reader {
   public:
    explicit Reader(std::string_view text) : text_(text) {
        while (!text_.empty() && text_.back() == ' ') {
            text_.remove_suffix(1);
        }
        skip_blanks();
    }
    bool done() const { return at_ == text_.size(); }
    char peek() const { return done() ? '\0' : text_[at_]; }
    bool accept(char c) {
        if (peek() != c) {
            return false;
        }
        ++at_;
        return true;
    }
    void skip_blanks() {
        while (peek() == ' ') {
            ++at_;
        }
    }
    // A number of `least` to `most` digits.
    std::optional<int64_t> digits(size_t least, size_t most) {
        int64_t value = 0;
        size_t count = 0;
        while (count < most && peek() >= '0' && peek() <= '9') {
            value = value * 10 + (text_[at_++] - '0');
            ++count;
        }
        return count < least ? std::nullopt : std::optional(value);
    }
    // The digits behind a decimal point as microseconds.
    int64_t micros() {
        int64_t value = 0;
        size_t count = 0;
        while (peek() >= '0' && peek() <= '9') {
            if (count < 6) {
                value = value * 10 + (text_[at_] - '0');
                ++count;
            }
            ++at_;
        }
        for (; count < 6; ++count) {
            value *= 10;
        }
        return value;
    }
    std::string_view letters() {
        const size_t start = at_;
        while ((peek() | 0x20) >= 'a' && (peek() | 0x20) <= 'z') {
            ++at_;
        }
        return text_.substr(start, at_ - start);
    }

   private:
    std::string_view text_;
    size_t at_ = 0;
};

std::optional<int64_t> date_from(Reader& reader) {
    const bool negative = reader.accept('-');
    const auto year = reader.digits(1, 6);
    if (!year || !(reader.accept('-') || reader.accept('/'))) {
        return std::nullopt;
    }
    const auto month = reader.digits(1, 2);
    if (!month || !(reader.accept('-') || reader.accept('/'))) {
        return std::nullopt;
    }
    const auto day = reader.digits(1, 2);
    const int64_t signed_year = negative ? -*year : *year;
    if (!day || *month < 1 || *month > 12 || *day < 1 || *day > days_in_month(signed_year, static_cast<int>(*month))) {
        return std::nullopt;
    }
    return days_of({signed_year, static_cast<int>(*month), static_cast<int>(*day)});
}

std::optional<int64_t> time_from(Reader& reader) {
    const auto hour = reader.digits(1, 2);
    if (!hour || *hour > 24 || !reader.accept(':')) {
        return std::nullopt;
    }
    const auto minute = reader.digits(1, 2);
    if (!minute || *minute > 59) {
        return std::nullopt;
    }
    int64_t micros = (*hour * 3600 + *minute * 60) * kMicrosPerSecond;
    if (reader.accept(':')) {
        const auto second = reader.digits(1, 2);
        if (!second || *second > 59) {
            return std::nullopt;
        }
        micros += *second * kMicrosPerSecond;
        if (reader.accept('.')) {
            micros += reader.micros();
        }
    }
    return micros > kMicrosPerDay ? std::nullopt : std::optional(micros);
}

std::string pad(int64_t value, int width) {
    std::array<char, 24> buffer{};
    const int length = std::snprintf(buffer.data(), buffer.size(), "%0*lld", width, static_cast<long long>(value));
    return std::string(buffer.data(), static_cast<size_t>(length));
}

struct Unit {
    std::string_view name;
    int months;
    int days;
    int64_t micros;
};
constexpr Unit kUnits[] = {
    {"us", 0, 0, 1},
    {"microsecond", 0, 0, 1},
    {"ms", 0, 0, 1000},
    {"millisecond", 0, 0, 1000},
    {"s", 0, 0, kMicrosPerSecond},
    {"sec", 0, 0, kMicrosPerSecond},
    {"second", 0, 0, kMicrosPerSecond},
    {"m", 0, 0, 60 * kMicrosPerSecond},
    {"min", 0, 0, 60 * kMicrosPerSecond},
    {"minute", 0, 0, 60 * kMicrosPerSecond},
    {"h", 0, 0, 3600 * kMicrosPerSecond},
    {"hour", 0, 0, 3600 * kMicrosPerSecond},
    {"d", 0, 1, 0},
    {"day", 0, 1, 0},
    {"w", 0, 7, 0},
    {"week", 0, 7, 0},
    {"mo", 1, 0, 0},
    {"mon", 1, 0, 0},
    {"month", 1, 0, 0},
    {"y", 12, 0, 0},
    {"year", 12, 0, 0},
};

const Unit* find_unit(std::string_view name) {
    std::string folded = fold_name(name);
    for (const Unit& unit : kUnits) {
        if (folded == unit.name || (unit.name.size() > 2 && folded == std::string(unit.name) + "s")) {
            return &unit;
        }
    }
    return nullptr;
}

// Adds count units; false if it does not fit.
bool add_units(Interval& sum, const Unit& unit, double count) {
    const auto fits = [](double value) { return std::abs(value) < 2e9; };
    const double days = count * unit.days;
    const double months = count * unit.months;
    if (!fits(days) || !fits(months) || std::abs(count * static_cast<double>(unit.micros)) > 9e18) {
        return false;
    }
    if (months != std::trunc(months)) {
        return false;
    }
    const auto whole_days = static_cast<int32_t>(days);
    const double rest = (days - whole_days) * static_cast<double>(kMicrosPerDay);
    const auto micros = static_cast<int64_t>(count * static_cast<double>(unit.micros) + rest);
    return !__builtin_add_overflow(sum.months, static_cast<int32_t>(months), &sum.months) &&
           !__builtin_add_overflow(sum.days, whole_days, &sum.days) &&
           !__builtin_add_overflow(sum.micros, micros, &sum.micros);
}

}  // namespace

int days_in_month(int64_t year, int month) {
    constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : kDays[static_cast<size_t>(month - 1)];
}

// Howard Hinnant's days_from_civil and civil_from_days (public domain).
int64_t days_of(CivilDate date) {
    const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    const int64_t era = floor_divide(year, 400);
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

CivilDate civil_of(int64_t days) {
    const int64_t shifted = days + 719468;
    const int64_t era = floor_divide(shifted, 146097);
    const int64_t day_of_era = shifted - era * 146097;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted_month = (5 * day_of_year + 2) / 153;
    CivilDate date;
    date.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    date.month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
    return date;
}

std::string date_text(int64_t days) {
    const CivilDate date = civil_of(days);
    return (date.year < 0 ? "-" + pad(-date.year, 4) : pad(date.year, 4)) + "-" + pad(date.month, 2) + "-" +
           pad(date.day, 2);
}

std::string time_text(int64_t micros) {
    std::string text = pad(micros / (3600 * kMicrosPerSecond), 2) + ":" +
                       pad(micros / (60 * kMicrosPerSecond) % 60, 2) + ":" + pad(micros / kMicrosPerSecond % 60, 2);
    if (int64_t fraction = micros % kMicrosPerSecond; fraction != 0) {
        int width = 6;
        for (; fraction % 10 == 0; fraction /= 10) {
            --width;
        }
        text += "." + pad(fraction, width);
    }
    return text;
}

std::string timestamp_text(int64_t micros, bool with_zone) {
    const int64_t days = floor_divide(micros, kMicrosPerDay);
    return date_text(days) + " " + time_text(micros - days * kMicrosPerDay) + (with_zone ? "+00" : "");
}

std::string interval_text(Interval interval) {
    std::string text;
    const auto add = [&](int64_t count, std::string_view unit) {
        if (count != 0) {
            text += (text.empty() ? "" : " ") + std::to_string(count) + " " + std::string(unit) +
                    (count == 1 || count == -1 ? "" : "s");
        }
    };
    add(interval.months / 12, "year");
    add(interval.months % 12, "month");
    add(interval.days, "day");
    if (interval.micros != 0 || text.empty()) {
        const bool negative = interval.micros < 0;
        const uint64_t micros =
            negative ? -static_cast<uint64_t>(interval.micros) : static_cast<uint64_t>(interval.micros);
        text += (text.empty() ? "" : " ") + std::string(negative ? "-" : "") +
                time_text(static_cast<int64_t>(micros & INT64_MAX));
    }
    return text;
}

std::optional<int64_t> read_date(std::string_view text) {
    Reader reader(text);
    const auto days = date_from(reader);
    if (!days) {
        return std::nullopt;
    }
    if (!reader.done()) {  // a timestamp's date
        const auto micros = read_timestamp(text);
        return micros ? std::optional(floor_divide(*micros, kMicrosPerDay)) : std::nullopt;
    }
    return days;
}

std::optional<int64_t> read_time(std::string_view text) {
    Reader reader(text);
    const auto micros = time_from(reader);
    return reader.done() ? micros : std::nullopt;
}

std::optional<int64_t> read_timestamp(std::string_view text) {
    Reader reader(text);
    const auto days = date_from(reader);
    if (!days) {
        return std::nullopt;
    }
    int64_t micros = 0;
    if (reader.accept('T')) {
    }
    reader.skip_blanks();
    if (reader.peek() >= '0' && reader.peek() <= '9') {
        const auto time = time_from(reader);
        if (!time) {
            return std::nullopt;
        }
        micros = *time;
    }
    reader.skip_blanks();
    if (!reader.accept('Z') && (reader.peek() == '+' || reader.peek() == '-')) {
        const bool behind = reader.accept('-');
        if (!behind) {
            reader.accept('+');
        }
        const auto hours = reader.digits(2, 2);
        const auto minutes = reader.accept(':') ? reader.digits(2, 2) : std::optional<int64_t>(0);
        if (!hours || !minutes) {
            return std::nullopt;
        }
        const int64_t offset = (*hours * 60 + *minutes) * 60 * kMicrosPerSecond;
        micros += behind ? offset : -offset;
    }
    int64_t total = 0;
    if (!reader.done() || __builtin_mul_overflow(*days, kMicrosPerDay, &total) ||
        __builtin_add_overflow(total, micros, &total)) {
        return std::nullopt;
    }
    return total;
}

std::optional<Interval> read_interval(std::string_view text) {
    Reader reader(text);
    Interval sum;
    bool any = false;
    while (!reader.done()) {
        const bool negative = reader.accept('-');
        if (!negative) {
            reader.accept('+');
        }
        Reader clock = reader;
        if (const auto micros = time_from(clock); micros && (clock.done() || clock.peek() == ' ')) {
            reader = clock;
            if (__builtin_add_overflow(sum.micros, negative ? -*micros : *micros, &sum.micros)) {
                return std::nullopt;
            }
        } else {
            const auto whole = reader.digits(1, 15);
            if (!whole) {
                return std::nullopt;
            }
            double count = static_cast<double>(*whole);
            if (reader.accept('.')) {
                count += static_cast<double>(reader.micros()) / 1e6;
            }
            reader.skip_blanks();
            const Unit* unit = find_unit(reader.letters());
            if (unit == nullptr || !add_units(sum, *unit, negative ? -count : count)) {
                return std::nullopt;
            }
        }
        any = true;
        reader.skip_blanks();
    }
    return any ? std::optional(sum) : std::nullopt;
}

std::optional<int64_t> add_interval(int64_t micros, Interval interval) {
    int64_t days = floor_divide(micros, kMicrosPerDay);
    const int64_t time = micros - days * kMicrosPerDay;
    if (interval.months != 0) {
        CivilDate date = civil_of(days);
        const int64_t months = date.year * 12 + (date.month - 1) + interval.months;
        date.year = floor_divide(months, 12);
        date.month = static_cast<int>(months - date.year * 12) + 1;
        date.day = std::min(date.day, days_in_month(date.year, date.month));
        days = days_of(date);
    }
    days += interval.days;
    int64_t total = 0;
    if (__builtin_mul_overflow(days, kMicrosPerDay, &total) || __builtin_add_overflow(total, time, &total) ||
        __builtin_add_overflow(total, interval.micros, &total)) {
        return std::nullopt;
    }
    return total;
}

}  // namespace kodiak::language
