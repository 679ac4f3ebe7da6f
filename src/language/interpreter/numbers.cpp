// Instructions of numbers, dates and comparisons.

#include <cmath>

#include "language/interpreter/dispatch.hpp"
#include "language/values/cast.hpp"
#include "language/values/date_time.hpp"

namespace kodiak::language {

using catalog::TypeKind;

namespace {

// Leaves a := NULL if b or c is NULL.
#define KODIAK_NULL_IF_EITHER()                       \
    if (m.r[i->b].is_null() || m.r[i->c].is_null()) { \
        m.r[i->a].set_null();                         \
        return i + 1;                                 \
    }

const Instruction* overflow(Machine& m, const Instruction* i, std::string_view type) {
    return m.fail(i, "22003", "the result does not fit " + std::string(type));
}

struct Add {
    static bool apply(int64_t x, int64_t y, int64_t* z) { return __builtin_add_overflow(x, y, z); }
};
struct Subtract {
    static bool apply(int64_t x, int64_t y, int64_t* z) { return __builtin_sub_overflow(x, y, z); }
};
struct Multiply {
    static bool apply(int64_t x, int64_t y, int64_t* z) { return __builtin_mul_overflow(x, y, z); }
};

template <class Operation, bool kNarrow>
const Instruction* fast_int(Machine& m, const Instruction* i) {
    const Value& left = m.r[i->b];
    const Value& right = m.r[i->c];
    if (left.is_null() || right.is_null()) {
        m.r[i->a].set_null();
        return i + 1;
    }
    int64_t result = 0;
    const bool over = Operation::apply(left.integer(), right.integer(), &result);
    if (kNarrow ? result != static_cast<int32_t>(result) : over) [[unlikely]] {
        return overflow(m, i, kNarrow ? "INTEGER" : "BIGINT");
    }
    m.r[i->a].set(result);
    return i + 1;
}

// Division and remainder by zero: an error in PostgreSQL's mode, NULL otherwise.
const Instruction* by_zero(Machine& m, const Instruction* i, bool strict) {
    if (strict) {
        return m.fail(i, "22012", "division by zero");
    }
    m.r[i->a].set_null();
    return i + 1;
}

const Instruction* arithmetic_int(Machine& m, const Instruction* i) {
    KODIAK_NULL_IF_EITHER()
    const auto op = static_cast<Operator>(i->d & 0xFF);
    const auto kind = static_cast<TypeKind>(i->d >> 8 & 0xFF);
    const bool strict = (i->d >> 16 & 1) != 0;
    const int128 left = m.r[i->b].integer();
    const int128 right = m.r[i->c].integer();
    int128 result = 0;
    switch (op) {
        case Operator::kAdd:
            result = left + right;
            break;
        case Operator::kSubtract:
            result = left - right;
            break;
        case Operator::kMultiply:
            result = left * right;
            break;
        default:
            if (right == 0) {
                return by_zero(m, i, strict);
            }
            result = op == Operator::kModulo ? left % right : left / right;
    }
    const IntegerBounds bounds = integer_bounds(kind);
    if (result < bounds.least || result > bounds.most) {
        return overflow(m, i, type_text(code_type(kind)));
    }
    m.r[i->a].set(static_cast<int64_t>(result));
    return i + 1;
}

const Instruction* negate_int(Machine& m, const Instruction* i) {
    const Value& operand = m.r[i->b];
    if (operand.is_null()) {
        m.r[i->a].set_null();
        return i + 1;
    }
    const auto kind = static_cast<TypeKind>(i->d);
    const int128 result = -static_cast<int128>(operand.integer());
    const IntegerBounds bounds = integer_bounds(kind);
    if (result < bounds.least || result > bounds.most) {
        return overflow(m, i, type_text(code_type(kind)));
    }
    m.r[i->a].set(static_cast<int64_t>(result));
    return i + 1;
}

bool fits_huge(int128 value, const catalog::Type& type) {
    if (type.kind == TypeKind::kDecimal) {
        const int128 limit = power_of_ten(type.decimal_width);
        return value < limit && value > -limit;
    }
    return type.kind != TypeKind::kUBigInt || (value >= 0 && value <= int128{UINT64_MAX});
}

const Instruction* arithmetic_huge(Machine& m, const Instruction* i) {
    KODIAK_NULL_IF_EITHER()
    const auto op = static_cast<Operator>(i->d & 0xFF);
    const catalog::Type& type = m.program().types[static_cast<size_t>(i->d >> 8 & 0xFFFF)];
    const bool strict = (i->d >> 24 & 1) != 0;
    const int128 left = m.r[i->b].huge();
    const int128 right = m.r[i->c].huge();
    int128 result = 0;
    bool over = false;
    switch (op) {
        case Operator::kAdd:
            over = __builtin_add_overflow(left, right, &result);
            break;
        case Operator::kSubtract:
            over = __builtin_sub_overflow(left, right, &result);
            break;
        case Operator::kMultiply:
            over = __builtin_mul_overflow(left, right, &result);
            break;
        default:
            if (right == 0) {
                return by_zero(m, i, strict);
            }
            over = right == -1 && __builtin_sub_overflow(int128{0}, left, &result);
            result = over || right == -1 ? (op == Operator::kModulo ? 0 : result)
                                         : (op == Operator::kModulo ? left % right : left / right);
    }
    if (over || !fits_huge(result, type)) {
        return overflow(m, i, type_text(type));
    }
    m.r[i->a].set(result);
    return i + 1;
}

const Instruction* negate_huge(Machine& m, const Instruction* i) {
    const Value& operand = m.r[i->b];
    if (operand.is_null()) {
        m.r[i->a].set_null();
        return i + 1;
    }
    int128 result = 0;
    const catalog::Type& type = m.program().types[static_cast<size_t>(i->d)];
    if (__builtin_sub_overflow(int128{0}, operand.huge(), &result) || !fits_huge(result, type)) {
        return overflow(m, i, type_text(type));
    }
    m.r[i->a].set(result);
    return i + 1;
}

template <class Operation>
const Instruction* fast_real(Machine& m, const Instruction* i) {
    KODIAK_NULL_IF_EITHER()
    const double result = Operation::apply(m.r[i->b].real(), m.r[i->c].real());
    m.r[i->a].set((i->d & 1) != 0 ? static_cast<double>(static_cast<float>(result)) : result);
    return i + 1;
}
struct AddReal {
    static double apply(double x, double y) { return x + y; }
};
struct SubtractReal {
    static double apply(double x, double y) { return x - y; }
};
struct MultiplyReal {
    static double apply(double x, double y) { return x * y; }
};

const Instruction* divide_real(Machine& m, const Instruction* i) {
    KODIAK_NULL_IF_EITHER()
    if ((i->d & 2) != 0 && m.r[i->c].real() == 0) {
        return m.fail(i, "22012", "division by zero");
    }
    const double result = m.r[i->b].real() / m.r[i->c].real();
    m.r[i->a].set((i->d & 1) != 0 ? static_cast<double>(static_cast<float>(result)) : result);
    return i + 1;
}

const Instruction* arithmetic_real(Machine& m, const Instruction* i) {
    KODIAK_NULL_IF_EITHER()
    const double left = m.r[i->b].real();
    const double right = m.r[i->c].real();
    const auto op = static_cast<Operator>(i->d & 0xFF);
    if (op != Operator::kPower && right == 0) {
        return by_zero(m, i, (i->d >> 9 & 1) != 0);
    }
    const double result = op == Operator::kPower    ? std::pow(left, right)
                          : op == Operator::kModulo ? std::fmod(left, right)
                                                    : std::trunc(left / right);
    m.r[i->a].set((i->d >> 8 & 1) != 0 ? static_cast<double>(static_cast<float>(result)) : result);
    return i + 1;
}

const Instruction* negate_real(Machine& m, const Instruction* i) {
    m.r[i->a].copy_bare(m.r[i->b]);
    if (!m.r[i->a].is_null()) {
        m.r[i->a].set(-m.r[i->a].real());
    }
    return i + 1;
}

const Instruction* interval_times(Machine& m, const Instruction* i, Interval interval, int64_t times) {
    Interval result;
    int64_t months = 0;
    int64_t days = 0;
    if (__builtin_mul_overflow(static_cast<int64_t>(interval.months), times, &months) ||
        __builtin_mul_overflow(static_cast<int64_t>(interval.days), times, &days) ||
        months != static_cast<int32_t>(months) || days != static_cast<int32_t>(days) ||
        __builtin_mul_overflow(interval.micros, times, &result.micros)) {
        return overflow(m, i, "INTERVAL");
    }
    result.months = static_cast<int32_t>(months);
    result.days = static_cast<int32_t>(days);
    m.r[i->a].set(result);
    return i + 1;
}

const Instruction* add_intervals(Machine& m, const Instruction* i, Interval left, Interval right, bool minus) {
    Interval sum;
    const bool over = minus ? __builtin_sub_overflow(left.months, right.months, &sum.months) ||
                                  __builtin_sub_overflow(left.days, right.days, &sum.days) ||
                                  __builtin_sub_overflow(left.micros, right.micros, &sum.micros)
                            : __builtin_add_overflow(left.months, right.months, &sum.months) ||
                                  __builtin_add_overflow(left.days, right.days, &sum.days) ||
                                  __builtin_add_overflow(left.micros, right.micros, &sum.micros);
    if (over) {
        return overflow(m, i, "INTERVAL");
    }
    m.r[i->a].set(sum);
    return i + 1;
}

const Instruction* arithmetic_time(Machine& m, const Instruction* i) {
    KODIAK_NULL_IF_EITHER()
    const bool minus = static_cast<Operator>(i->d & 0xFF) == Operator::kSubtract;
    const Value& left = m.r[i->b];
    const Value& right = m.r[i->c];
    int64_t result = 0;
    switch (static_cast<TimeArithmetic>(i->d >> 8 & 0xFF)) {
        case TimeArithmetic::kIntervalTimes:
            return interval_times(m, i, left.interval(), right.integer());
        case TimeArithmetic::kIntervals:
            return add_intervals(m, i, left.interval(), right.interval(), minus);
        case TimeArithmetic::kPointAndInterval: {
            Interval by = right.interval();
            if (minus) {
                if (by.months == INT32_MIN || by.days == INT32_MIN || by.micros == INT64_MIN) {
                    return overflow(m, i, "INTERVAL");
                }
                by = {-by.months, -by.days, -by.micros};
            }
            const auto point = add_interval(left.integer(), by);
            if (!point) {
                return m.fail(i, "22008", "the timestamp is out of range");
            }
            m.r[i->a].set(*point);
            return i + 1;
        }
        case TimeArithmetic::kPoints: {
            if (__builtin_sub_overflow(left.integer(), right.integer(), &result)) {
                return overflow(m, i, "INTERVAL");
            }
            m.r[i->a].set(Interval{0, static_cast<int32_t>(result / kMicrosPerDay), result % kMicrosPerDay});
            return i + 1;
        }
        default:
            break;
    }
    const bool over = minus ? __builtin_sub_overflow(left.integer(), right.integer(), &result)
                            : __builtin_add_overflow(left.integer(), right.integer(), &result);
    const bool date = static_cast<TimeArithmetic>(i->d >> 8 & 0xFF) == TimeArithmetic::kDateAndDays;
    if (over || (date && result != static_cast<int32_t>(result))) {
        return m.fail(i, "22008", "the date is out of range");
    }
    m.r[i->a].set(result);
    return i + 1;
}

bool decide(Operator op, int order) {
    switch (op) {
        case Operator::kEqual:
            return order == 0;
        case Operator::kNotEqual:
            return order != 0;
        case Operator::kLess:
            return order < 0;
        case Operator::kLessEqual:
            return order <= 0;
        case Operator::kGreater:
            return order > 0;
        default:
            return order >= 0;
    }
}

const Instruction* compare_int(Machine& m, const Instruction* i) {
    KODIAK_NULL_IF_EITHER()
    const int64_t left = m.r[i->b].integer();
    const int64_t right = m.r[i->c].integer();
    m.r[i->a].set(int64_t{decide(static_cast<Operator>(i->d), left < right ? -1 : left > right ? 1 : 0)});
    return i + 1;
}

// Other comparisons ask compare_values; the type only matters for what it distinguishes.
template <TypeKind kKind>
const Instruction* compare_as(Machine& m, const Instruction* i) {
    KODIAK_NULL_IF_EITHER()
    static const catalog::Type type = code_type(kKind).type;
    m.r[i->a].set(int64_t{decide(static_cast<Operator>(i->d), compare_values(m.r[i->b], m.r[i->c], type))});
    return i + 1;
}

const Instruction* compare_any(Machine& m, const Instruction* i) {
    KODIAK_NULL_IF_EITHER()
    const catalog::Type& type = m.program().types[static_cast<size_t>(i->d >> 8)];
    m.r[i->a].set(int64_t{decide(static_cast<Operator>(i->d & 0xFF), compare_values(m.r[i->b], m.r[i->c], type))});
    return i + 1;
}

const Instruction* distinct(Machine& m, const Instruction* i) {
    const Value& left = m.r[i->b];
    const Value& right = m.r[i->c];
    const bool differ = left.is_null() || right.is_null()
                            ? left.is_null() != right.is_null()
                            : compare_values(left, right, m.program().types[static_cast<size_t>(i->d)]) != 0;
    m.r[i->a].set(int64_t{differ});
    return i + 1;
}

const Instruction* jump_unless_int(Machine& m, const Instruction* i) {
    const Value& left = m.r[i->a];
    const Value& right = m.r[i->b];
    if (left.is_null() || right.is_null()) {
        return m.jump(i);
    }
    const int64_t x = left.integer();
    const int64_t y = right.integer();
    bool holds = false;
    switch (static_cast<Operator>(i->c)) {
        case Operator::kEqual:
            holds = x == y;
            break;
        case Operator::kNotEqual:
            holds = x != y;
            break;
        case Operator::kLess:
            holds = x < y;
            break;
        case Operator::kLessEqual:
            holds = x <= y;
            break;
        case Operator::kGreater:
            holds = x > y;
            break;
        default:
            holds = x >= y;
            break;
    }
    return holds ? i + 1 : m.jump(i);
}

#undef KODIAK_NULL_IF_EITHER

}  // namespace

void add_number_instructions(DispatchTable& table) {
    table[op_index(Op::kAddInt32)] = fast_int<Add, true>;
    table[op_index(Op::kSubtractInt32)] = fast_int<Subtract, true>;
    table[op_index(Op::kMultiplyInt32)] = fast_int<Multiply, true>;
    table[op_index(Op::kAddInt64)] = fast_int<Add, false>;
    table[op_index(Op::kSubtractInt64)] = fast_int<Subtract, false>;
    table[op_index(Op::kMultiplyInt64)] = fast_int<Multiply, false>;
    table[op_index(Op::kArithmeticInt)] = arithmetic_int;
    table[op_index(Op::kNegateInt)] = negate_int;
    table[op_index(Op::kArithmeticHuge)] = arithmetic_huge;
    table[op_index(Op::kNegateHuge)] = negate_huge;
    table[op_index(Op::kAddReal)] = fast_real<AddReal>;
    table[op_index(Op::kSubtractReal)] = fast_real<SubtractReal>;
    table[op_index(Op::kMultiplyReal)] = fast_real<MultiplyReal>;
    table[op_index(Op::kDivideReal)] = divide_real;
    table[op_index(Op::kArithmeticReal)] = arithmetic_real;
    table[op_index(Op::kNegateReal)] = negate_real;
    table[op_index(Op::kArithmeticTime)] = arithmetic_time;
    table[op_index(Op::kCompareInt)] = compare_int;
    table[op_index(Op::kCompareReal)] = compare_as<TypeKind::kDouble>;
    table[op_index(Op::kCompareHuge)] = compare_as<TypeKind::kHugeInt>;
    table[op_index(Op::kCompareText)] = compare_as<TypeKind::kVarchar>;
    table[op_index(Op::kCompareAny)] = compare_any;
    table[op_index(Op::kDistinct)] = distinct;
    table[op_index(Op::kJumpUnlessInt)] = jump_unless_int;
}

}  // namespace kodiak::language
