#pragma once

// Casts between types, and values as text: what INSERT into a column of the type would do.
//
// Rules measured on the engine: DECIMAL to integer rounds half away from zero, DOUBLE to integer half to even, text to
// number takes blanks around it. Errors: kOutOfRange, kInvalidText, kInvalidDatetimeFormat, kDatatypeMismatch.

#include <optional>
#include <string>
#include <string_view>

#include "base/result/result.hpp"
#include "language/values/code_type.hpp"
#include "language/values/value.hpp"

namespace kodiak::language {

// Whether a cast exists, and whether assignment does it unasked.
enum class CastKind : uint8_t { kNone, kExplicit, kImplicit };
CastKind cast_kind(const CodeType& from, const CodeType& to);

// Casts a value; NULL stays NULL.
Result<Value> cast_value(const Value& value, const catalog::Type& from, const catalog::Type& to, const Meter& meter);

// Shows a value as the engine does. Requires: not NULL.
std::string value_text(const Value& value, const catalog::Type& type);

// Reads a whole number or a decimal with the given scale; nothing if the text is none or does not fit 128 bits.
std::optional<int128> read_decimal(std::string_view text, unsigned scale);
std::string decimal_text(int128 unscaled, unsigned scale);
std::string real_text(double value, bool single);

// 10 to the power, up to 38.
int128 power_of_ten(unsigned exponent);
// Divides by 10^digits, rounding half away from zero.
int128 scale_down(int128 value, unsigned digits);
// The bounds of an integer type of up to 64 bits.
struct IntegerBounds {
    int128 least;
    int128 most;
};
IntegerBounds integer_bounds(catalog::TypeKind kind);

}  // namespace kodiak::language
