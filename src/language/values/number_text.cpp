// Numbers as text and from text.

#include <array>
#include <charconv>
#include <cmath>

#include "language/values/cast.hpp"

namespace kodiak::language {

__extension__ typedef unsigned __int128 uint128;

int128 power_of_ten(unsigned exponent) {
    int128 power = 1;
    for (unsigned i = 0; i < exponent && i < 38; ++i) {
        power *= 10;
    }
    return power;
}

int128 scale_down(int128 value, unsigned digits) {
    if (digits > 38) {
        return 0;
    }
    const int128 power = power_of_ten(digits);
    const int128 whole = value / power;
    const int128 rest = value % power;
    const int128 half = power / 2;
    return digits == 0 ? value : rest >= half ? whole + 1 : rest <= -half ? whole - 1 : whole;
}

std::string decimal_text(int128 unscaled, unsigned scale) {
    const bool negative = unscaled < 0;
    uint128 rest = negative ? -static_cast<uint128>(unscaled) : static_cast<uint128>(unscaled);
    std::string digits;
    for (; rest != 0 || digits.size() <= scale; rest /= 10) {
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    }
    if (scale > 0) {
        digits.insert(digits.end() - scale, '.');
    }
    if (negative) {
        digits.insert(digits.begin(), '-');
    }
    return digits;
}

// As the engine shows them: the shortest text that reads back, with `.0` for whole numbers.
std::string real_text(double value, bool single) {
    if (std::isnan(value)) {
        return std::signbit(value) ? "-nan" : "nan";
    }
    if (std::isinf(value)) {
        return value < 0 ? "-inf" : "inf";
    }
    const double size = std::abs(value);
    const auto format =
        size != 0 && (size >= 1e16 || size < 1e-4) ? std::chars_format::scientific : std::chars_format::fixed;
    std::array<char, 400> buffer{};
    const std::to_chars_result end =
        single ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), static_cast<float>(value), format)
               : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
    std::string text(buffer.data(), end.ptr);
    if (format == std::chars_format::fixed && text.find('.') == std::string::npos) {
        text += ".0";
    }
    return text;
}

std::optional<int128> read_decimal(std::string_view text, unsigned scale) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\n')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\n')) {
        text.remove_suffix(1);
    }
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        text.remove_prefix(1);
    }
    int128 value = 0;
    size_t digits = 0;
    size_t behind_point = 0;
    bool point = false;
    int rounding = 0;
    for (const char c : text) {
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        ++digits;
        if (point && behind_point >= scale) {
            rounding = behind_point == scale && c >= '5' ? 1 : rounding;
            ++behind_point;
            continue;
        }
        behind_point += point ? 1 : 0;
        if (__builtin_mul_overflow(value, int128{10}, &value) ||
            __builtin_add_overflow(value, int128{c - '0'}, &value)) {
            return std::nullopt;
        }
    }
    if (digits == 0) {
        return std::nullopt;
    }
    for (; behind_point < scale; ++behind_point) {
        if (__builtin_mul_overflow(value, int128{10}, &value)) {
            return std::nullopt;
        }
    }
    value += rounding;
    return negative ? -value : value;
}

}  // namespace kodiak::language
