#include "language/values/cast.hpp"

#include <charconv>
#include <cmath>

#include "language/lexer/words.hpp"
#include "language/values/date_time.hpp"

namespace kodiak::language {

using catalog::Type;
using catalog::TypeKind;

namespace {

enum class Family : uint8_t {
    kNull,
    kBoolean,
    kInteger,
    kHuge,
    kDecimal,
    kReal,
    kText,
    kDate,
    kTime,
    kStamp,
    kInterval,
    kEnum,
    kList,
    kStruct,
    kOther
};

Family family_of(const Type& type) {
    switch (type.kind) {
        case TypeKind::kSqlNull:
            return Family::kNull;
        case TypeKind::kBoolean:
            return Family::kBoolean;
        case TypeKind::kHugeInt:
        case TypeKind::kUBigInt:
            return Family::kHuge;
        case TypeKind::kDecimal:
            return Family::kDecimal;
        case TypeKind::kFloat:
        case TypeKind::kDouble:
            return Family::kReal;
        case TypeKind::kVarchar:
            return Family::kText;
        case TypeKind::kDate:
            return Family::kDate;
        case TypeKind::kTime:
            return Family::kTime;
        case TypeKind::kTimestamp:
        case TypeKind::kTimestampTz:
            return Family::kStamp;
        case TypeKind::kInterval:
            return Family::kInterval;
        case TypeKind::kEnum:
            return Family::kEnum;
        case TypeKind::kList:
        case TypeKind::kArray:
            return Family::kList;
        case TypeKind::kStruct:
            return Family::kStruct;
        default:
            return type.kind >= TypeKind::kTinyInt && type.kind <= TypeKind::kUInteger ? Family::kInteger
                                                                                       : Family::kOther;
    }
}

bool is_numeric(Family family) {
    return family == Family::kInteger || family == Family::kHuge || family == Family::kDecimal ||
           family == Family::kReal;
}

Error out_of_range(const std::string& shown, const Type& to) {
    return make_error(ErrorCode::kOutOfRange, "value " + shown + " is out of range for " + type_text(to));
}

Error bad_text(std::string_view text, const Type& to, ErrorCode code = ErrorCode::kInvalidText) {
    std::string shown(text.substr(0, 60));
    return make_error(code, "'" + shown + (text.size() > 60 ? "..." : "") + "' does not read as " + type_text(to));
}

// A whole number into any number type.
Result<Value> number_from_whole(int128 whole, const Type& to) {
    switch (family_of(to)) {
        case Family::kReal:
            return Value::real(to.kind == TypeKind::kFloat ? static_cast<double>(static_cast<float>(whole))
                                                           : static_cast<double>(whole));
        case Family::kDecimal: {
            int128 scaled = 0;
            if (__builtin_mul_overflow(whole, power_of_ten(to.decimal_scale), &scaled) ||
                scaled >= power_of_ten(to.decimal_width) || scaled <= -power_of_ten(to.decimal_width)) {
                return out_of_range(decimal_text(whole, 0), to);
            }
            return Value::huge(scaled);
        }
        case Family::kHuge:
            if (to.kind == TypeKind::kUBigInt && (whole < 0 || whole > int128{UINT64_MAX})) {
                return out_of_range(decimal_text(whole, 0), to);
            }
            return Value::huge(whole);
        case Family::kBoolean:
            return Value::boolean(whole != 0);
        default:
            break;
    }
    const IntegerBounds bounds = integer_bounds(to.kind);
    if (whole < bounds.least || whole > bounds.most) {
        return out_of_range(decimal_text(whole, 0), to);
    }
    return Value::integer(static_cast<int64_t>(whole));
}

Result<Value> number_from_real(double value, const Type& to) {
    if (family_of(to) == Family::kReal) {
        const double single = static_cast<double>(static_cast<float>(value));
        if (to.kind == TypeKind::kFloat && std::isinf(single) && !std::isinf(value)) {
            return out_of_range(real_text(value, false), to);
        }
        return Value::real(to.kind == TypeKind::kFloat ? single : value);
    }
    const double scaled =
        to.kind == TypeKind::kDecimal ? value * static_cast<double>(power_of_ten(to.decimal_scale)) : value;
    const double whole = to.kind == TypeKind::kDecimal ? std::round(scaled) : std::nearbyint(scaled);
    if (!std::isfinite(whole) || std::abs(whole) >= 1.7e38) {
        return out_of_range(real_text(value, false), to);
    }
    if (to.kind == TypeKind::kDecimal) {
        const auto unscaled = static_cast<int128>(whole);
        if (unscaled >= power_of_ten(to.decimal_width) || unscaled <= -power_of_ten(to.decimal_width)) {
            return out_of_range(real_text(value, false), to);
        }
        return Value::huge(unscaled);
    }
    return number_from_whole(static_cast<int128>(whole), to);
}

Result<Value> number_from_decimal(int128 unscaled, const Type& from, const Type& to) {
    if (family_of(to) == Family::kReal) {
        const double value = static_cast<double>(unscaled) / static_cast<double>(power_of_ten(from.decimal_scale));
        return number_from_real(value, to);
    }
    if (to.kind != TypeKind::kDecimal) {
        return number_from_whole(scale_down(unscaled, from.decimal_scale), to);
    }
    int128 scaled = unscaled;
    bool fits = true;
    if (to.decimal_scale >= from.decimal_scale) {
        const int128 power = power_of_ten(static_cast<unsigned>(to.decimal_scale - from.decimal_scale));
        fits = !__builtin_mul_overflow(unscaled, power, &scaled);
    } else {
        scaled = scale_down(unscaled, static_cast<unsigned>(from.decimal_scale - to.decimal_scale));
    }
    if (!fits || scaled >= power_of_ten(to.decimal_width) || scaled <= -power_of_ten(to.decimal_width)) {
        return out_of_range(decimal_text(unscaled, from.decimal_scale), to);
    }
    return Value::huge(scaled);
}

Result<Value> boolean_from_text(std::string_view text, const Type& to) {
    const std::string folded = fold_name(text);
    for (const std::string_view yes : {"true", "t", "1", "yes", "y"}) {
        if (folded == yes) {
            return Value::boolean(true);
        }
    }
    for (const std::string_view no : {"false", "f", "0", "no", "n"}) {
        if (folded == no) {
            return Value::boolean(false);
        }
    }
    return bad_text(text, to);
}

Result<Value> real_from_text(std::string_view text, const Type& to) {
    const size_t first = text.find_first_not_of(" \t\n+");
    const size_t last = text.find_last_not_of(" \t\n");
    if (first == std::string_view::npos) {
        return bad_text(text, to);
    }
    const std::string_view number = text.substr(first, last + 1 - first);
    double value = 0;
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (problem != std::errc() || end != number.data() + number.size()) {
        return problem == std::errc::result_out_of_range ? out_of_range(std::string(number), to) : bad_text(text, to);
    }
    return number_from_real(value, to);
}

template <class T>
Result<Value> made(const std::optional<T>& value, std::string_view text, const Type& to) {
    if (!value) {
        return bad_text(text, to, ErrorCode::kInvalidDatetimeFormat);
    }
    return Value().set(*value);
}

Result<Value> from_text(const std::string& text, const Type& to) {
    switch (family_of(to)) {
        case Family::kBoolean:
            return boolean_from_text(text, to);
        case Family::kReal:
            return real_from_text(text, to);
        case Family::kDate:
            return made(read_date(text), text, to);
        case Family::kTime:
            return made(read_time(text), text, to);
        case Family::kStamp:
            return made(read_timestamp(text), text, to);
        case Family::kInterval:
            return made(read_interval(text), text, to);
        case Family::kEnum:
            for (size_t i = 0; i < to.labels.size(); ++i) {
                if (to.labels[i] == text) {
                    return Value::integer(static_cast<int64_t>(i));
                }
            }
            return bad_text(text, to);
        case Family::kInteger:
        case Family::kHuge:
        case Family::kDecimal: {
            const unsigned scale = to.kind == TypeKind::kDecimal ? to.decimal_scale : 0;
            const std::optional<int128> unscaled = read_decimal(text, scale);
            if (!unscaled) {
                return bad_text(text, to);
            }
            Type exact = decimal_type(38, scale).type;
            return to.kind == TypeKind::kDecimal ? number_from_decimal(*unscaled, exact, to)
                                                 : number_from_whole(*unscaled, to);
        }
        default:
            return make_error(ErrorCode::kDatatypeMismatch, "cannot cast VARCHAR to " + type_text(to));
    }
}

Result<Value> from_time(const Value& value, const Type& from, const Type& to) {
    if (family_of(from) == Family::kDate) {
        int64_t micros = 0;
        if (__builtin_mul_overflow(value.integer(), kMicrosPerDay, &micros)) {
            return out_of_range(date_text(value.integer()), to);
        }
        return Value::integer(micros);
    }
    const int64_t micros = value.integer();
    const int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
    switch (family_of(to)) {
        case Family::kDate:
            return Value::integer(days);
        case Family::kTime:
            return Value::integer(micros - days * kMicrosPerDay);
        default:
            return Value::integer(micros);
    }
}

Result<Value> cast_items(const Value& value, const Type& from, const Type& to, const Meter& meter) {
    std::vector<Value> items;
    const bool record = to.kind == TypeKind::kStruct;
    for (size_t i = 0; i < value.items().size(); ++i) {
        const Type& item_from = record ? value.shape()->children[i].type : from.children[0].type;
        KODIAK_TRY_ASSIGN(Value item, cast_value(value.items()[i], item_from, to.children[record ? i : 0].type, meter));
        items.push_back(std::move(item));
    }
    if (record) {
        return record_value(meter, std::make_shared<const Type>(to), std::move(items));
    }
    return list_value(meter, std::move(items));
}

std::string quoted_item(const Value& value, const Type& type) {
    return value.is_null() ? "NULL" : value_text(value, type);
}

}  // namespace

IntegerBounds integer_bounds(TypeKind kind) {
    switch (kind) {
        case TypeKind::kTinyInt:
            return {INT8_MIN, INT8_MAX};
        case TypeKind::kSmallInt:
            return {INT16_MIN, INT16_MAX};
        case TypeKind::kInteger:
            return {INT32_MIN, INT32_MAX};
        case TypeKind::kUTinyInt:
            return {0, UINT8_MAX};
        case TypeKind::kUSmallInt:
            return {0, UINT16_MAX};
        case TypeKind::kUInteger:
            return {0, UINT32_MAX};
        default:
            return {INT64_MIN, INT64_MAX};
    }
}

CastKind cast_kind(const CodeType& from, const CodeType& to) {
    if (from.form != TypeForm::kValue || to.form != TypeForm::kValue) {
        return from.same(to) ? CastKind::kImplicit : CastKind::kNone;
    }
    if (from.type == to.type || from.is_null()) {
        return CastKind::kImplicit;
    }
    const Family source = family_of(from.type);
    const Family target = family_of(to.type);
    if (source == Family::kOther || target == Family::kOther) {
        return CastKind::kNone;
    }
    if (is_numeric(source) && is_numeric(target)) {
        return target >= source ? CastKind::kImplicit : CastKind::kExplicit;
    }
    if (target == Family::kText || source == Family::kText) {
        const bool nested = target == Family::kList || target == Family::kStruct;
        return nested ? CastKind::kNone : CastKind::kExplicit;
    }
    if ((source == Family::kBoolean && is_numeric(target)) || (target == Family::kBoolean && is_numeric(source))) {
        return CastKind::kExplicit;
    }
    const auto is_time = [](Family family) { return family == Family::kDate || family == Family::kStamp; };
    if (is_time(source) && (is_time(target) || (source == Family::kStamp && target == Family::kTime))) {
        return source == Family::kDate || target == Family::kStamp ? CastKind::kImplicit : CastKind::kExplicit;
    }
    if (source == Family::kList && target == Family::kList) {
        return cast_kind({from.type.children[0].type}, {to.type.children[0].type});
    }
    if (source == Family::kStruct && target == Family::kStruct &&
        from.type.children.size() == to.type.children.size()) {
        CastKind kind = CastKind::kImplicit;
        for (size_t i = 0; i < to.type.children.size(); ++i) {
            kind = std::min(kind, cast_kind({from.type.children[i].type}, {to.type.children[i].type}));
        }
        return kind;
    }
    return CastKind::kNone;
}

Result<Value> cast_value(const Value& value, const Type& from, const Type& to, const Meter& meter) {
    if (value.is_null()) {
        return Value();
    }
    const Family source = family_of(from);
    const Family target = family_of(to);
    if (from == to || (source == Family::kOther && from.kind == to.kind)) {
        return value;
    }
    if (target == Family::kText) {
        return text_value(meter, value_text(value, from));
    }
    switch (source) {
        case Family::kBoolean:
        case Family::kInteger:
            return number_from_whole(value.integer(), to);
        case Family::kHuge:
            return number_from_whole(value.huge(), to);
        case Family::kDecimal:
            return number_from_decimal(value.huge(), from, to);
        case Family::kReal:
            return number_from_real(value.real(), to);
        case Family::kText:
            return from_text(value.text(), to);
        case Family::kDate:
        case Family::kStamp:
            return from_time(value, from, to);
        case Family::kList:
            return cast_items(value, from, to, meter);
        case Family::kStruct:
            if (to.children.size() == value.items().size()) {
                return cast_items(value, from, to, meter);
            }
            break;
        default:
            break;
    }
    return make_error(ErrorCode::kDatatypeMismatch, "cannot cast " + type_text(from) + " to " + type_text(to));
}

std::string value_text(const Value& value, const Type& type) {
    switch (family_of(type)) {
        case Family::kBoolean:
            return value.integer() != 0 ? "true" : "false";
        case Family::kInteger:
            return std::to_string(value.integer());
        case Family::kHuge:
            return decimal_text(value.huge(), 0);
        case Family::kDecimal:
            return decimal_text(value.huge(), type.decimal_scale);
        case Family::kReal:
            return real_text(value.real(), type.kind == TypeKind::kFloat);
        case Family::kDate:
            return date_text(value.integer());
        case Family::kTime:
            return time_text(value.integer());
        case Family::kStamp:
            return timestamp_text(value.integer(), type.kind == TypeKind::kTimestampTz);
        case Family::kInterval:
            return interval_text(value.interval());
        case Family::kEnum:
            return type.labels[static_cast<size_t>(value.integer())];
        case Family::kList: {
            std::string text = "[";
            for (size_t i = 0; i < value.items().size(); ++i) {
                text += (i > 0 ? ", " : "") + quoted_item(value.items()[i], type.children[0].type);
            }
            return text + "]";
        }
        case Family::kStruct: {
            std::string text = "{";
            const Type& shape = *value.shape();
            for (size_t i = 0; i < value.items().size(); ++i) {
                text += (i > 0 ? ", '" : "'") + shape.children[i].name +
                        "': " + quoted_item(value.items()[i], shape.children[i].type);
            }
            return text + "}";
        }
        default:
            return value.is_object() ? value.text() : "NULL";
    }
}

}  // namespace kodiak::language
