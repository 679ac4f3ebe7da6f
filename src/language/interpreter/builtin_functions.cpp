// The functions that the interpreter knows itself (semantic/builtins.hpp).

#include <cmath>

#include "language/interpreter/dispatch.hpp"
#include "language/lexer/utf8.hpp"
#include "language/lexer/words.hpp"
#include "language/values/cast.hpp"
#include "language/values/date_time.hpp"
#include "language/values/text.hpp"

namespace kodiak::language {

using catalog::Type;
using catalog::TypeKind;

namespace {

// What a function works on; `args` are not NULL unless it asked for them.
struct BuiltinCall {
    Machine& m;
    const Instruction* i;
    const Value* args;
    size_t count;
    const Type& type;  // of the first argument
};

Result<Value> text_result(BuiltinCall& call, std::string text) { return text_value(call.m.meter(), std::move(text)); }

bool is_real(const Type& type) { return type.kind == TypeKind::kDouble || type.kind == TypeKind::kFloat; }
bool is_huge(const Type& type) {
    return type.kind == TypeKind::kDecimal || type.kind == TypeKind::kHugeInt || type.kind == TypeKind::kUBigInt;
}

Result<Value> absolute(BuiltinCall& call) {
    const Value& value = call.args[0];
    if (is_real(call.type)) {
        return Value::real(std::fabs(value.real()));
    }
    if (is_huge(call.type)) {
        return Value::huge(value.huge() < 0 ? -value.huge() : value.huge());
    }
    const int128 result = value.integer() < 0 ? -static_cast<int128>(value.integer()) : value.integer();
    if (result > integer_bounds(call.type.kind).most) {
        return coded_error("22003", "the result does not fit " + type_text(call.type));
    }
    return Value::integer(static_cast<int64_t>(result));
}

Result<Value> sign(BuiltinCall& call) {
    const Value& value = call.args[0];
    if (is_real(call.type)) {
        return Value::integer(value.real() > 0 ? 1 : value.real() < 0 ? -1 : 0);
    }
    const int128 number = is_huge(call.type) ? value.huge() : value.integer();
    return Value::integer(number > 0 ? 1 : number < 0 ? -1 : 0);
}

Result<Value> to_whole(BuiltinCall& call, Builtin builtin) {
    const Value& value = call.args[0];
    if (is_real(call.type)) {
        const double real = value.real();
        return Value::real(builtin == Builtin::kCeil    ? std::ceil(real)
                           : builtin == Builtin::kFloor ? std::floor(real)
                           : builtin == Builtin::kTrunc ? std::trunc(real)
                                                        : std::round(real));
    }
    if (call.type.kind != TypeKind::kDecimal) {
        return value;
    }
    const int128 power = power_of_ten(call.type.decimal_scale);
    const int128 whole = value.huge() / power;
    const int128 rest = value.huge() % power;
    switch (builtin) {
        case Builtin::kCeil:
            return Value::huge(whole + (rest > 0 ? 1 : 0));
        case Builtin::kFloor:
            return Value::huge(whole - (rest < 0 ? 1 : 0));
        case Builtin::kTrunc:
            return Value::huge(whole);
        default:
            return Value::huge(scale_down(value.huge(), call.type.decimal_scale));
    }
}

Result<Value> real_function(BuiltinCall& call, Builtin builtin) {
    const double value = call.args[0].real();
    switch (builtin) {
        case Builtin::kSqrt:
            return value < 0 ? Result<Value>(coded_error("2201F", "square root of a negative number"))
                             : Value::real(std::sqrt(value));
        case Builtin::kLn:
            return value <= 0 ? Result<Value>(coded_error("2201E", "logarithm of a number that is not positive"))
                              : Value::real(std::log(value));
        case Builtin::kExp:
            return Value::real(std::exp(value));
        case Builtin::kIsNan:
            return Value::boolean(std::isnan(value));
        default:
            return Value::real(std::pow(value, call.args[1].real()));
    }
}

Result<Value> extremes(BuiltinCall& call, bool greatest) {
    const Value* best = nullptr;
    for (size_t k = 0; k < call.count; ++k) {
        if (call.args[k].is_null()) {
            continue;
        }
        const int order = best == nullptr ? 0 : compare_values(call.args[k], *best, call.type);
        best = best == nullptr || (greatest ? order > 0 : order < 0) ? &call.args[k] : best;
    }
    return best == nullptr ? Value() : *best;
}

Result<Value> repeated(BuiltinCall& call) {
    const std::string& text = call.args[0].text();
    const int64_t times = std::max<int64_t>(call.args[1].integer(), 0);
    int64_t bytes = 0;
    if (__builtin_mul_overflow(static_cast<int64_t>(text.size()), times, &bytes) ||
        call.m.meter()->would_exceed(bytes)) {
        return coded_error("53200", "the code needs more memory than its limit");
    }
    std::string out;
    out.reserve(static_cast<size_t>(bytes));
    for (int64_t k = 0; k < times && !text.empty(); ++k) {
        out += text;
    }
    return text_result(call, std::move(out));
}

Result<Value> replaced(BuiltinCall& call) {
    const std::string& text = call.args[0].text();
    const std::string& from = call.args[1].text();
    const std::string& to = call.args[2].text();
    std::string out;
    size_t at = 0;
    while (!from.empty()) {
        const size_t found = text.find(from, at);
        if (found == std::string::npos) {
            break;
        }
        out.append(text, at, found - at);
        out += to;
        at = found + from.size();
        if (call.m.meter()->would_exceed(static_cast<int64_t>(out.size()))) {
            return coded_error("53200", "the code needs more memory than its limit");
        }
    }
    out.append(text, at, std::string::npos);
    return text_result(call, std::move(out));
}

Result<Value> trimmed(BuiltinCall& call, bool front, bool back) {
    std::string_view text = call.args[0].text();
    while (front && !text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    while (back && !text.empty() && text.back() == ' ') {
        text.remove_suffix(1);
    }
    return text_result(call, std::string(text));
}

std::string quoted_identifier(const std::string& name) {
    const bool plain = !name.empty() && keyword_category(name) == KeywordCategory::kNoKeyword &&
                       name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos &&
                       (name[0] < '0' || name[0] > '9');
    return plain ? name : quote_name(name);
}

// format('%s %I %L %%', ...)
Result<Value> formatted(BuiltinCall& call) {
    if (call.args[0].is_null()) {
        return Value();
    }
    const std::string& format = call.args[0].text();
    std::string out;
    size_t next = 1;
    for (size_t at = 0; at < format.size(); ++at) {
        if (format[at] != '%') {
            out += format[at];
            continue;
        }
        const char kind = at + 1 < format.size() ? format[++at] : '\0';
        if (kind == '%') {
            out += '%';
            continue;
        }
        if (kind != 's' && kind != 'I' && kind != 'L') {
            return coded_error("22023", "format has %s, %I, %L and %%, not %" + std::string(1, kind));
        }
        if (next >= call.count) {
            return coded_error("22023", "format has too few values");
        }
        const Value& value = call.args[next++];
        if (value.is_null() && kind == 'I') {
            return coded_error("22004", "a name is NULL");
        }
        const std::string text = value.is_null() ? "" : value.text();
        out += kind == 's'       ? text
               : kind == 'I'     ? quoted_identifier(text)
               : value.is_null() ? "NULL"
                                 : quote_string(text);
    }
    return text_result(call, std::move(out));
}

Result<Value> text_function(BuiltinCall& call, Builtin builtin) {
    const std::string& text = call.args[0].text();
    switch (builtin) {
        case Builtin::kLength:
            return Value::integer(static_cast<int64_t>(count_characters(text)));
        case Builtin::kUpper:
            return text_result(call, upper_text(text));
        case Builtin::kLower:
            return text_result(call, lower_text(text));
        case Builtin::kSubstr:
            return text_result(
                call, substring(text, call.args[1].integer(), call.count > 2 ? call.args[2].integer() : INT64_MAX));
        case Builtin::kLeft: {
            const int64_t count = call.args[1].integer();
            return text_result(call, count == 0 ? "" : slice_characters(text, 1, count < 0 ? count - 1 : count));
        }
        case Builtin::kRight: {
            const int64_t count = call.args[1].integer();
            return text_result(call, count == 0           ? ""
                                     : count == INT64_MIN ? ""
                                     : count < 0          ? slice_characters(text, -count + 1, INT64_MAX)
                                                          : slice_characters(text, -count, INT64_MAX));
        }
        case Builtin::kReverse:
            return text_result(call, reverse_text(text));
        case Builtin::kLtrim:
            return trimmed(call, true, false);
        case Builtin::kRtrim:
            return trimmed(call, false, true);
        case Builtin::kReplace:
            return replaced(call);
        case Builtin::kStrpos:
            return Value::integer(character_position(text, call.args[1].text()));
        case Builtin::kRepeat:
            return repeated(call);
        case Builtin::kStartsWith:
            return Value::boolean(text.starts_with(call.args[1].text()));
        case Builtin::kEndsWith:
            return Value::boolean(text.ends_with(call.args[1].text()));
        case Builtin::kAscii:
            return Value::integer(text.empty() ? 0 : character_at(text, 0).code_point);
        case Builtin::kQuoteIdent:
            return text_result(call, quoted_identifier(text));
        default:
            return text_result(call, quote_string(text));
    }
}

Result<Value> character_of(BuiltinCall& call) {
    const int64_t code = call.args[0].integer();
    if (code < 1 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return coded_error("22023", "there is no character " + std::to_string(code));
    }
    std::string text;
    append_utf8(text, static_cast<uint32_t>(code));
    return text_result(call, std::move(text));
}

Result<Value> list_function(BuiltinCall& call, Builtin builtin) {
    if (builtin == Builtin::kListAppend) {
        std::vector<Value> items = call.args[0].is_null() ? std::vector<Value>() : call.args[0].items();
        if (call.m.meter()->would_exceed(static_cast<int64_t>((items.size() + 1) * sizeof(Value)))) {
            return coded_error("53200", "the code needs more memory than its limit");
        }
        items.push_back(call.args[1]);
        return list_value(call.m.meter(), std::move(items));
    }
    const std::vector<Value>& items = call.args[0].items();
    if (builtin == Builtin::kListLength) {
        return Value::integer(static_cast<int64_t>(items.size()));
    }
    for (size_t k = 0; k < items.size(); ++k) {
        if (!items[k].is_null() && compare_values(items[k], call.args[1], call.type.children[0].type) == 0) {
            return builtin == Builtin::kListContains ? Value::boolean(true)
                                                     : Value::integer(static_cast<int64_t>(k + 1));
        }
    }
    return builtin == Builtin::kListContains ? Value::boolean(false) : Value();
}

Result<Value> time_function(BuiltinCall& call, Builtin builtin) {
    const int64_t micros = call.args[0].integer();
    const int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
    const int64_t seconds = (micros - days * kMicrosPerDay) / kMicrosPerSecond;
    const CivilDate date = civil_of(days);
    switch (builtin) {
        case Builtin::kYear:
            return Value::integer(date.year);
        case Builtin::kMonth:
            return Value::integer(date.month);
        case Builtin::kDay:
            return Value::integer(date.day);
        case Builtin::kHour:
            return Value::integer(seconds / 3600);
        case Builtin::kMinute:
            return Value::integer(seconds / 60 % 60);
        default:
            return Value::integer(seconds % 60);
    }
}

Result<Value> clock_function(BuiltinCall& call, Builtin builtin) {
    Clock* clock = call.m.environment().clock;
    if (clock == nullptr) {
        return coded_error("0A000", "there is no clock here");
    }
    const int64_t micros = builtin == Builtin::kClockTimestamp ? clock->now().micros : call.m.started_at();
    return Value::integer(builtin == Builtin::kCurrentDate ? micros / kMicrosPerDay : micros);
}

Result<Value> concatenated(BuiltinCall& call) {
    std::string text;
    for (size_t k = 0; k < call.count; ++k) {
        text += call.args[k].is_null() ? "" : call.args[k].text();
    }
    return text_result(call, std::move(text));
}

// Functions that look at NULL themselves.
bool takes_null(Builtin builtin) {
    return builtin == Builtin::kGreatest || builtin == Builtin::kLeast || builtin == Builtin::kNullif ||
           builtin == Builtin::kConcat || builtin == Builtin::kFormat || builtin == Builtin::kQuoteNullable ||
           builtin == Builtin::kListAppend;
}

Result<Value> compute(BuiltinCall& call, Builtin builtin) {
    switch (builtin) {
        case Builtin::kAbs:
            return absolute(call);
        case Builtin::kSign:
            return sign(call);
        case Builtin::kCeil:
        case Builtin::kFloor:
        case Builtin::kRound:
        case Builtin::kTrunc:
            return to_whole(call, builtin);
        case Builtin::kSqrt:
        case Builtin::kLn:
        case Builtin::kExp:
        case Builtin::kPower:
        case Builtin::kIsNan:
            return real_function(call, builtin);
        case Builtin::kGreatest:
        case Builtin::kLeast:
            return extremes(call, builtin == Builtin::kGreatest);
        case Builtin::kNullif: {
            const bool equal = !call.args[0].is_null() && !call.args[1].is_null() &&
                               compare_values(call.args[0], call.args[1], call.type) == 0;
            return equal ? Value() : call.args[0];
        }
        case Builtin::kChr:
            return character_of(call);
        case Builtin::kConcat:
            return concatenated(call);
        case Builtin::kFormat:
            return formatted(call);
        case Builtin::kQuoteNullable:
            return text_result(call, call.args[0].is_null() ? "NULL" : quote_string(call.args[0].text()));
        case Builtin::kListLength:
        case Builtin::kListAppend:
        case Builtin::kListContains:
        case Builtin::kListPosition:
            return list_function(call, builtin);
        case Builtin::kYear:
        case Builtin::kMonth:
        case Builtin::kDay:
        case Builtin::kHour:
        case Builtin::kMinute:
        case Builtin::kSecond:
            return time_function(call, builtin);
        case Builtin::kNow:
        case Builtin::kCurrentDate:
        case Builtin::kClockTimestamp:
            return clock_function(call, builtin);
        default:
            return text_function(call, builtin);
    }
}

}  // namespace

const Instruction* run_builtin(Machine& m, const Instruction* i) {
    const auto builtin = static_cast<Builtin>(i->d & 0xFFFF);
    BuiltinCall call{m, i, m.r + i->b, i->c, m.program().types[static_cast<size_t>(static_cast<uint32_t>(i->d) >> 16)]};
    for (size_t k = 0; k < call.count && !takes_null(builtin); ++k) {
        if (call.args[k].is_null()) {
            m.r[i->a].set_null();
            return i + 1;
        }
    }
    Result<Value> result = compute(call, builtin);
    if (!result.ok()) {
        return m.fail(i, result.error());
    }
    m.r[i->a] = std::move(*result);
    return i + 1;
}

}  // namespace kodiak::language
