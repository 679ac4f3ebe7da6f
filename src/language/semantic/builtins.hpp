#pragma once

// Functions that the interpreter computes itself; every other function of the engine is called through SQL.
//
// Chosen because code calls them often and their meaning is simple. Names are those of the engine.

#include <cstdint>
#include <optional>
#include <string_view>

namespace kodiak::language {

enum class Builtin : uint16_t {
    kNone,
    kAbs,
    kSign,
    kCeil,
    kFloor,
    kRound,
    kTrunc,
    kSqrt,
    kLn,
    kExp,
    kPower,
    kMod,
    kGreatest,
    kLeast,
    kCoalesce,
    kNullif,
    kLength,
    kUpper,
    kLower,
    kSubstr,
    kLeft,
    kRight,
    kReverse,
    kTrim,
    kLtrim,
    kRtrim,
    kReplace,
    kStrpos,
    kRepeat,
    kStartsWith,
    kEndsWith,
    kContains,
    kAscii,
    kChr,
    kConcat,
    kFormat,
    kQuoteIdent,
    kQuoteLiteral,
    kQuoteNullable,
    kListLength,
    kListAppend,
    kListContains,
    kListPosition,
    kYear,
    kMonth,
    kDay,
    kHour,
    kMinute,
    kSecond,
    kNow,
    kCurrentDate,
    kClockTimestamp,
    kIsNan,
};

// How the type of a result follows from the arguments.
enum class BuiltinResult : uint8_t {
    kInteger,
    kBigInt,
    kDouble,
    kText,
    kBoolean,
    kFirst,
    kNumber,
    kCommon,
    kWhole,
    kTimestampTz,
    kDate
};
// What the arguments are cast to.
enum class BuiltinArguments : uint8_t {
    kNumber,
    kDouble,
    kText,
    kTextAndInt,
    kTextAndTwoInts,
    kAnyText,
    kCommon,
    kBigInt,
    kList,
    kListAndItem,
    kTime,
    kNone
};

struct BuiltinFunction {
    std::string_view name;
    Builtin builtin;
    uint8_t least;
    uint8_t most;
    BuiltinArguments arguments;
    BuiltinResult result;
};

// Finds a function by name and number of arguments; nullptr if the interpreter does not know it.
const BuiltinFunction* find_builtin(std::string_view name, size_t arguments);
// Finds it by its number. Never nullptr but for kNone, kMod and kTrim, which have no entry.
const BuiltinFunction* builtin_numbered(Builtin builtin);

}  // namespace kodiak::language
