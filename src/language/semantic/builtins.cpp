#include "language/semantic/builtins.hpp"

#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

using Args = BuiltinArguments;
using Gives = BuiltinResult;

constexpr BuiltinFunction kBuiltins[] = {
    {"abs", Builtin::kAbs, 1, 1, Args::kNumber, Gives::kFirst},
    {"sign", Builtin::kSign, 1, 1, Args::kNumber, Gives::kInteger},
    {"ceil", Builtin::kCeil, 1, 1, Args::kNumber, Gives::kWhole},
    {"ceiling", Builtin::kCeil, 1, 1, Args::kNumber, Gives::kWhole},
    {"floor", Builtin::kFloor, 1, 1, Args::kNumber, Gives::kWhole},
    {"round", Builtin::kRound, 1, 1, Args::kNumber, Gives::kWhole},
    {"trunc", Builtin::kTrunc, 1, 1, Args::kNumber, Gives::kWhole},
    {"sqrt", Builtin::kSqrt, 1, 1, Args::kDouble, Gives::kDouble},
    {"ln", Builtin::kLn, 1, 1, Args::kDouble, Gives::kDouble},
    {"exp", Builtin::kExp, 1, 1, Args::kDouble, Gives::kDouble},
    {"power", Builtin::kPower, 2, 2, Args::kDouble, Gives::kDouble},
    {"pow", Builtin::kPower, 2, 2, Args::kDouble, Gives::kDouble},
    {"isnan", Builtin::kIsNan, 1, 1, Args::kDouble, Gives::kBoolean},
    {"greatest", Builtin::kGreatest, 1, 100, Args::kCommon, Gives::kCommon},
    {"least", Builtin::kLeast, 1, 100, Args::kCommon, Gives::kCommon},
    {"coalesce", Builtin::kCoalesce, 1, 100, Args::kCommon, Gives::kCommon},
    {"ifnull", Builtin::kCoalesce, 2, 2, Args::kCommon, Gives::kCommon},
    {"nullif", Builtin::kNullif, 2, 2, Args::kCommon, Gives::kCommon},
    {"length", Builtin::kLength, 1, 1, Args::kText, Gives::kBigInt},
    {"char_length", Builtin::kLength, 1, 1, Args::kText, Gives::kBigInt},
    {"upper", Builtin::kUpper, 1, 1, Args::kText, Gives::kText},
    {"lower", Builtin::kLower, 1, 1, Args::kText, Gives::kText},
    {"substr", Builtin::kSubstr, 2, 3, Args::kTextAndTwoInts, Gives::kText},
    {"substring", Builtin::kSubstr, 2, 3, Args::kTextAndTwoInts, Gives::kText},
    {"left", Builtin::kLeft, 2, 2, Args::kTextAndInt, Gives::kText},
    {"right", Builtin::kRight, 2, 2, Args::kTextAndInt, Gives::kText},
    {"reverse", Builtin::kReverse, 1, 1, Args::kText, Gives::kText},
    {"ltrim", Builtin::kLtrim, 1, 1, Args::kText, Gives::kText},
    {"rtrim", Builtin::kRtrim, 1, 1, Args::kText, Gives::kText},
    {"replace", Builtin::kReplace, 3, 3, Args::kText, Gives::kText},
    {"strpos", Builtin::kStrpos, 2, 2, Args::kText, Gives::kBigInt},
    {"instr", Builtin::kStrpos, 2, 2, Args::kText, Gives::kBigInt},
    {"repeat", Builtin::kRepeat, 2, 2, Args::kTextAndInt, Gives::kText},
    {"starts_with", Builtin::kStartsWith, 2, 2, Args::kText, Gives::kBoolean},
    {"ends_with", Builtin::kEndsWith, 2, 2, Args::kText, Gives::kBoolean},
    {"ascii", Builtin::kAscii, 1, 1, Args::kText, Gives::kInteger},
    {"chr", Builtin::kChr, 1, 1, Args::kBigInt, Gives::kText},
    {"concat", Builtin::kConcat, 1, 100, Args::kAnyText, Gives::kText},
    {"format", Builtin::kFormat, 1, 100, Args::kAnyText, Gives::kText},
    {"quote_ident", Builtin::kQuoteIdent, 1, 1, Args::kText, Gives::kText},
    {"quote_literal", Builtin::kQuoteLiteral, 1, 1, Args::kAnyText, Gives::kText},
    {"quote_nullable", Builtin::kQuoteNullable, 1, 1, Args::kAnyText, Gives::kText},
    {"len", Builtin::kListLength, 1, 1, Args::kList, Gives::kBigInt},
    {"array_length", Builtin::kListLength, 1, 1, Args::kList, Gives::kBigInt},
    {"cardinality", Builtin::kListLength, 1, 1, Args::kList, Gives::kBigInt},
    {"list_append", Builtin::kListAppend, 2, 2, Args::kListAndItem, Gives::kFirst},
    {"array_append", Builtin::kListAppend, 2, 2, Args::kListAndItem, Gives::kFirst},
    {"list_contains", Builtin::kListContains, 2, 2, Args::kListAndItem, Gives::kBoolean},
    {"list_position", Builtin::kListPosition, 2, 2, Args::kListAndItem, Gives::kInteger},
    {"year", Builtin::kYear, 1, 1, Args::kTime, Gives::kBigInt},
    {"month", Builtin::kMonth, 1, 1, Args::kTime, Gives::kBigInt},
    {"day", Builtin::kDay, 1, 1, Args::kTime, Gives::kBigInt},
    {"hour", Builtin::kHour, 1, 1, Args::kTime, Gives::kBigInt},
    {"minute", Builtin::kMinute, 1, 1, Args::kTime, Gives::kBigInt},
    {"second", Builtin::kSecond, 1, 1, Args::kTime, Gives::kBigInt},
    {"now", Builtin::kNow, 0, 0, Args::kNone, Gives::kTimestampTz},
    {"clock_timestamp", Builtin::kClockTimestamp, 0, 0, Args::kNone, Gives::kTimestampTz},
    {"today", Builtin::kCurrentDate, 0, 0, Args::kNone, Gives::kDate},
};

}  // namespace

const BuiltinFunction* find_builtin(std::string_view name, size_t arguments) {
    for (const BuiltinFunction& one : kBuiltins) {
        if (same_word(name, one.name) && arguments >= one.least && arguments <= one.most) {
            return &one;
        }
    }
    return nullptr;
}

const BuiltinFunction* builtin_numbered(Builtin builtin) {
    for (const BuiltinFunction& one : kBuiltins) {
        if (one.builtin == builtin) {
            return &one;
        }
    }
    return nullptr;
}

}  // namespace kodiak::language
