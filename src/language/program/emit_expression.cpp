// Instructions of expressions.

#include "language/lexer/words.hpp"
#include "language/program/emitter.hpp"
#include "language/semantic/constants.hpp"

namespace kodiak::language {

using catalog::TypeKind;

// The register that holds the value: a variable's or constant's own, or a new one.
Emitter::Register Emitter::value(const Expression* node) {
    if (node->kind == ExpressionKind::kName) {
        return variable(node->variable);
    }
    if (auto known = constant_of(*node, meter_); known && known->ok()) {
        return constant(**known, node->type);
    }
    const Register result = temporary(node->type);
    compute(node, result);
    return result;
}

void Emitter::value_to(const Expression* node, Register to) {
    const auto known = constant_of(*node, meter_);
    if (node->kind == ExpressionKind::kName || (known && known->ok())) {
        assign(to, value(node), node->type, node->span);
        return;
    }
    compute(node, to);
}

// Computes into a register that nothing else reads meanwhile... except the expression itself: `x := y + x` reads before
// it writes, and everything that writes early (CASE, AND, COALESCE) is given a register of its own by the caller.
void Emitter::compute(const Expression* node, Register to) {
    const Temporaries temporaries(*this);
    switch (node->kind) {
        case ExpressionKind::kUnary: {
            const Register operand = value(node->children[0]);
            if (node->op == Operator::kNot) {
                emit(Op::kNot, to, operand, 0, 0, node->span);
            } else if (node->op == Operator::kPlus) {
                assign(to, operand, node->type, node->span);
            } else if (node->type.is(TypeKind::kInterval)) {
                const Register minus = constant(Value::integer(-1), code_type(TypeKind::kBigInt));
                emit(Op::kArithmeticTime, to, operand, minus,
                     static_cast<int>(Operator::kMultiply) | static_cast<int>(TimeArithmetic::kIntervalTimes) << 8,
                     node->name_span);
            } else if (is_small_integer(node->type)) {
                emit(Op::kNegateInt, to, operand, 0, static_cast<int>(node->type.type.kind), node->name_span);
            } else if (node->type.is(TypeKind::kDouble) || node->type.is(TypeKind::kFloat)) {
                emit(Op::kNegateReal, to, operand, 0, 0, node->name_span);
            } else {
                emit(Op::kNegateHuge, to, operand, 0, type_index(node->type.type), node->name_span);
            }
            return;
        }
        case ExpressionKind::kBinary:
            return compute_binary(node, to);
        case ExpressionKind::kIs:
        case ExpressionKind::kDistinct:
            return is_test(node, to);
        case ExpressionKind::kBetween:
            return between(node, to);
        case ExpressionKind::kIn:
            return in_list(node, to);
        case ExpressionKind::kLike: {
            const Register text = value(node->children[0]);
            const Register pattern = value(node->children[1]);
            emit(Op::kLike, to, text, pattern, node->text == "ilike" ? 1 : 0, node->name_span);
            if (node->negated) {
                emit(Op::kNot, to, to, 0, 0, node->span);
            }
            return;
        }
        case ExpressionKind::kCase:
            return case_value(node, to);
        case ExpressionKind::kCast:
            return cast(node, to);
        case ExpressionKind::kCall:
            return node->function >= 0 ? call(node, to) : builtin(node, to);
        case ExpressionKind::kIndex:
        case ExpressionKind::kSlice:
            return element(node, to);
        case ExpressionKind::kField:
            return field(node, to);
        case ExpressionKind::kList:
        case ExpressionKind::kRow:
        case ExpressionKind::kStruct: {
            const Register first = block_of(node->children);
            const bool list = node->kind == ExpressionKind::kList;
            emit(list ? Op::kMakeList : Op::kMakeRecord, to, first, node->children.size(),
                 list ? 0 : type_index(node->type.type), node->span);
            return;
        }
        case ExpressionKind::kSql:
        case ExpressionKind::kParameter:
            return sql_value(node, to);
        default:
            emit(Op::kNull, to, 0, 0, 0, node->span);
    }
}

// Values of several expressions in neighbouring registers.
Emitter::Register Emitter::block_of(const std::vector<Expression*>& nodes) {
    if (nodes.empty()) {
        return 0;
    }
    const Register first = take(Class::kObject, nodes.size());
    for (size_t i = 0; i < nodes.size(); ++i) {
        const Temporaries temporaries(*this);
        const auto place = static_cast<Register>(first + i);
        if (nodes[i] == nullptr) {
            emit(Op::kNull, place, 0, 0, 0, {});
        } else {
            emit(Op::kAssign, place, value(nodes[i]), 0, 0, nodes[i]->span);
        }
    }
    return first;
}

void Emitter::compute_binary(const Expression* node, Register to) {
    switch (node->op) {
        case Operator::kAnd:
        case Operator::kOr:
            return logic(node, to);
        case Operator::kConcat: {
            const Register left = value(node->children[0]);
            const Register right = value(node->children[1]);
            emit(node->type.is(TypeKind::kList) ? Op::kJoinLists : Op::kConcat, to, left, right, 0, node->name_span);
            return;
        }
        case Operator::kEqual:
        case Operator::kNotEqual:
        case Operator::kLess:
        case Operator::kLessEqual:
        case Operator::kGreater:
        case Operator::kGreaterEqual:
            return compare(node, to);
        default:
            return arithmetic(node, to);
    }
}

void Emitter::arithmetic(const Expression* node, Register to) {
    const CodeType& type = node->type;
    if (type.is_null()) {
        emit(Op::kNull, to, 0, 0, 0, node->span);
        return;
    }
    if (!is_number(type) || !is_number(node->children[0]->type)) {
        return time_arithmetic(node, to);
    }
    const Register left = value(node->children[0]);
    const Register right = value(node->children[1]);
    const auto op = static_cast<int32_t>(node->op);
    // PostgreSQL's mode raises for every division by zero.
    const int32_t strict = code_.definition.language == CodeLanguage::kPlpgsql ? 1 : 0;
    const size_t plain = node->op == Operator::kAdd        ? 0
                         : node->op == Operator::kSubtract ? 1
                         : node->op == Operator::kMultiply ? 2
                                                           : 3;
    if (is_small_integer(type)) {
        constexpr Op kFast32[] = {Op::kAddInt32, Op::kSubtractInt32, Op::kMultiplyInt32};
        constexpr Op kFast64[] = {Op::kAddInt64, Op::kSubtractInt64, Op::kMultiplyInt64};
        const bool fast = plain < 3 && (type.is(TypeKind::kInteger) || type.is(TypeKind::kBigInt));
        if (fast) {
            emit(type.is(TypeKind::kInteger) ? kFast32[plain] : kFast64[plain], to, left, right, 0, node->name_span);
        } else {
            emit(Op::kArithmeticInt, to, left, right, op | static_cast<int32_t>(type.type.kind) << 8 | strict << 16,
                 node->name_span);
        }
    } else if (type.is(TypeKind::kDouble) || type.is(TypeKind::kFloat)) {
        constexpr Op kFast[] = {Op::kAddReal, Op::kSubtractReal, Op::kMultiplyReal, Op::kDivideReal};
        const int32_t single = type.is(TypeKind::kFloat) ? 1 : 0;
        if (plain < 3 || node->op == Operator::kDivide) {
            emit(kFast[plain], to, left, right, single | strict << 1, node->name_span);
        } else {
            emit(Op::kArithmeticReal, to, left, right, op | single << 8 | strict << 9, node->name_span);
        }
    } else {
        emit(Op::kArithmeticHuge, to, left, right, op | type_index(type.type) << 8 | strict << 24, node->name_span);
    }
}

void Emitter::time_arithmetic(const Expression* node, Register to) {
    const CodeType& left = node->children[0]->type;
    const CodeType& right = node->children[1]->type;
    TimeArithmetic kind = TimeArithmetic::kPointAndInterval;
    if (left.is(TypeKind::kInterval)) {
        kind = right.is(TypeKind::kInterval) ? TimeArithmetic::kIntervals : TimeArithmetic::kIntervalTimes;
    } else if (left.is(TypeKind::kDate)) {
        kind = right.is(TypeKind::kDate) && node->type.is(TypeKind::kBigInt) ? TimeArithmetic::kDates
               : right.is(TypeKind::kDate)                                   ? TimeArithmetic::kPoints
                                                                             : TimeArithmetic::kDateAndDays;
    } else if (!right.is(TypeKind::kInterval)) {
        kind = TimeArithmetic::kPoints;
    }
    const Register one = value(node->children[0]);
    const Register two = value(node->children[1]);
    const int32_t packed = static_cast<int32_t>(node->op) | static_cast<int32_t>(kind) << 8 |
                           (left.is(TypeKind::kDate) && kind == TimeArithmetic::kPoints ? 1 << 16 : 0);
    emit(Op::kArithmeticTime, to, one, two, packed, node->name_span);
}

void Emitter::compare(const Expression* node, Register to) {
    const CodeType& type = node->children[0]->type;
    const Register left = value(node->children[0]);
    const Register right = value(node->children[1]);
    const auto op = static_cast<int32_t>(node->op);
    if (type.is(TypeKind::kDouble) || type.is(TypeKind::kFloat)) {
        emit(Op::kCompareReal, to, left, right, op, node->name_span);
    } else if (type.is(TypeKind::kHugeInt) || type.is(TypeKind::kUBigInt) || type.is(TypeKind::kDecimal)) {
        emit(Op::kCompareHuge, to, left, right, op, node->name_span);
    } else if (is_text(type)) {
        emit(Op::kCompareText, to, left, right, op, node->name_span);
    } else if (type.is_object() || type.is(TypeKind::kInterval) || type.is_null()) {
        emit(Op::kCompareAny, to, left, right, op | type_index(type.type) << 8, node->name_span);
    } else {
        emit(Op::kCompareInt, to, left, right, op, node->name_span);
    }
}

// AND and OR stop as soon as the result is known.
void Emitter::logic(const Expression* node, Register to) {
    const bool conjunction = node->op == Operator::kAnd;
    const Register left = take(Class::kBare);
    value_to(node->children[0], left);
    const size_t known = emit(conjunction ? Op::kJumpIfFalse : Op::kJumpIfTrue, left, 0, 0, 0, node->name_span);
    const Register right = value(node->children[1]);
    emit(conjunction ? Op::kAnd : Op::kOr, left, left, right, 0, node->name_span);
    patch(known);
    assign(to, left, node->type, node->span);
}

void Emitter::is_test(const Expression* node, Register to) {
    const Register operand = value(node->children[0]);
    if (node->kind == ExpressionKind::kDistinct) {
        const Register other = value(node->children[1]);
        emit(Op::kDistinct, to, operand, other, type_index(node->children[0]->type.type), node->name_span);
        if (node->negated) {
            emit(Op::kNot, to, to, 0, 0, node->span);
        }
        return;
    }
    const bool null = node->text == "null" || node->text == "unknown";
    const Op op =
        null ? (node->negated ? Op::kIsNotNull : Op::kIsNull) : (node->text == "true" ? Op::kIsTrue : Op::kIsFalse);
    emit(op, to, operand, 0, 0, node->name_span);
    if (!null && node->negated) {
        emit(Op::kNot, to, to, 0, 0, node->span);
    }
}

namespace {

// A comparison of values that are in registers already, for BETWEEN and IN.
Op compare_op(const CodeType& type) {
    if (type.is(TypeKind::kDouble) || type.is(TypeKind::kFloat)) {
        return Op::kCompareReal;
    }
    if (type.is(TypeKind::kHugeInt) || type.is(TypeKind::kUBigInt) || type.is(TypeKind::kDecimal)) {
        return Op::kCompareHuge;
    }
    if (is_text(type)) {
        return Op::kCompareText;
    }
    return type.is_object() || type.is(TypeKind::kInterval) || type.is_null() ? Op::kCompareAny : Op::kCompareInt;
}

}  // namespace

void Emitter::between(const Expression* node, Register to) {
    const CodeType& type = node->children[0]->type;
    const int32_t packed = compare_op(type) == Op::kCompareAny ? type_index(type.type) << 8 : 0;
    const Register operand = value(node->children[0]);
    const Register low = value(node->children[1]);
    const Register high = value(node->children[2]);
    const Register first = take(Class::kBare);
    const Register second = take(Class::kBare);
    emit(compare_op(type), first, operand, low, static_cast<int32_t>(Operator::kGreaterEqual) | packed,
         node->name_span);
    emit(compare_op(type), second, operand, high, static_cast<int32_t>(Operator::kLessEqual) | packed, node->name_span);
    emit(Op::kAnd, to, first, second, 0, node->name_span);
    if (node->negated) {
        emit(Op::kNot, to, to, 0, 0, node->span);
    }
}

void Emitter::in_list(const Expression* node, Register to) {
    const CodeType& type = node->children[0]->type;
    const int32_t packed = compare_op(type) == Op::kCompareAny ? type_index(type.type) << 8 : 0;
    const Register operand = value(node->children[0]);
    const Register result = take(Class::kBare);
    const Register one = take(Class::kBare);
    emit(Op::kMove, result, constant(Value::boolean(false), code_type(TypeKind::kBoolean)), 0, 0, node->span);
    std::vector<size_t> found;
    for (size_t i = 1; i < node->children.size(); ++i) {
        const Temporaries temporaries(*this);
        emit(compare_op(type), one, operand, value(node->children[i]), static_cast<int32_t>(Operator::kEqual) | packed,
             node->name_span);
        emit(Op::kOr, result, result, one, 0, node->name_span);
        found.push_back(emit(Op::kJumpIfTrue, result, 0, 0, 0, node->name_span));
    }
    for (const size_t jump : found) {
        patch(jump);
    }
    emit(node->negated ? Op::kNot : Op::kMove, to, result, 0, 0, node->span);
}

void Emitter::case_value(const Expression* node, Register to) {
    const Register result = temporary(node->type);
    const size_t first = node->has_operand ? 1 : 0;
    const size_t pairs = (node->children.size() - first) / 2;
    std::vector<size_t> ends;
    for (size_t i = 0; i < pairs; ++i) {
        const Temporaries temporaries(*this);
        const std::vector<size_t> next = jump_unless(node->children[first + 2 * i]);
        value_to(node->children[first + 2 * i + 1], result);
        ends.push_back(emit(Op::kJump, 0, 0, 0, 0, node->span));
        for (const size_t jump : next) {
            patch(jump);
        }
    }
    if (node->has_else) {
        value_to(node->children.back(), result);
    } else {
        emit(Op::kNull, result, 0, 0, 0, node->span);
    }
    for (const size_t jump : ends) {
        patch(jump);
    }
    assign(to, result, node->type, node->span);
}

std::vector<size_t> Emitter::jump_unless(const Expression* condition) {
    const Temporaries temporaries(*this);
    const bool binary = condition->kind == ExpressionKind::kBinary;
    if (binary && condition->op == Operator::kAnd) {
        std::vector<size_t> jumps = jump_unless(condition->children[0]);
        const std::vector<size_t> more = jump_unless(condition->children[1]);
        jumps.insert(jumps.end(), more.begin(), more.end());
        return jumps;
    }
    const bool comparison = binary && condition->op >= Operator::kEqual && condition->op <= Operator::kGreaterEqual;
    if (comparison && compare_op(condition->children[0]->type) == Op::kCompareInt) {
        const Register left = value(condition->children[0]);
        const Register right = value(condition->children[1]);
        return {emit(Op::kJumpUnlessInt, left, right, static_cast<size_t>(condition->op), 0, condition->name_span)};
    }
    return {emit(Op::kJumpIfNotTrue, value(condition), 0, 0, 0, condition->span)};
}

void Emitter::cast(const Expression* node, Register to) {
    const CodeType& from = node->children[0]->type;
    const CodeType& target = node->type;
    const Register operand = value(node->children[0]);
    const bool widens = is_small_integer(from) && is_small_integer(target) && from.type.kind <= target.type.kind &&
                        target.type.kind <= TypeKind::kBigInt;
    if (from.same(target) || widens || from.form != TypeForm::kValue) {
        if (from.form == TypeForm::kRecord && target.is(TypeKind::kStruct)) {
            emit(Op::kRecordTo, to, operand, 0, type_index(target.type), node->span);
            return;
        }
        assign(to, operand, target, node->span);
    } else if (from.is_null()) {
        emit(Op::kNull, to, 0, 0, 0, node->span);
    } else if (is_small_integer(from) && target.is(TypeKind::kDouble)) {
        emit(Op::kIntToReal, to, operand, 0, 0, node->span);
    } else {
        emit(Op::kCast, to, operand, type_index(from.type), type_index(target.type), node->span);
    }
}

void Emitter::element(const Expression* node, Register to) {
    const bool text = is_text(node->children[0]->type);
    const Register container = value(node->children[0]);
    if (node->kind == ExpressionKind::kIndex) {
        const Register position = value(node->children[1]);
        emit(text ? Op::kIndexText : Op::kIndexList, to, container, position, 0, node->span);
        return;
    }
    const Register bounds = block_of({node->children[1], node->children[2]});
    emit(Op::kSlice, to, container, bounds, text ? 1 : 0, node->span);
}

void Emitter::field(const Expression* node, Register to) {
    const CodeType& record = node->children[0]->type;
    const Register from = value(node->children[0]);
    if (record.form == TypeForm::kRecord) {
        emit(Op::kFieldNamed, to, from, type_index(node->type.type), name_index(node->text), node->name_span);
        return;
    }
    for (size_t i = 0; i < record.type.children.size(); ++i) {
        if (same_name(record.type.children[i].name, node->text)) {
            emit(Op::kField, to, from, 0, static_cast<int64_t>(i), node->name_span);
            return;
        }
    }
    emit(Op::kNull, to, 0, 0, 0, node->span);
}

void Emitter::call(const Expression* node, Register to) {
    const Register first = block_of(node->children);
    // A parameter that was not given gets its value from the code of its default.
    const Signature& signature = *code_.callees[static_cast<size_t>(node->function)];
    for (size_t i = 0; i < node->children.size(); ++i) {
        if (node->children[i] == nullptr && i < signature.parameters.size() && signature.parameters[i].has_default) {
            auto supplier = std::make_shared<Signature>();
            supplier->code = signature.parameters[i].default_code;
            supplier->name = signature.name;
            supplier->result = signature.parameters[i].type;
            program_->callees.push_back(supplier);
            emit(Op::kCall, first + i, 0, 0, static_cast<int64_t>(program_->callees.size()) - 1, node->span);
        }
    }
    emit(Op::kCall, to, first, node->children.size(), node->function, node->span);
}

void Emitter::builtin(const Expression* node, Register to) {
    if (node->builtin == Builtin::kCoalesce) {
        return coalesce(node, to);
    }
    const Register first = block_of(node->children);
    const catalog::Type& type = node->children.empty() ? node->type.type : node->children[0]->type.type;
    emit(Op::kBuiltin, to, first, node->children.size(),
         static_cast<int32_t>(node->builtin) | static_cast<int32_t>(type_index(type)) << 16, node->span);
}

void Emitter::coalesce(const Expression* node, Register to) {
    const Register result = temporary(node->type);
    const Register known = take(Class::kBare);
    std::vector<size_t> ends;
    for (size_t i = 0; i < node->children.size(); ++i) {
        const Temporaries temporaries(*this);
        value_to(node->children[i], result);
        if (i + 1 < node->children.size()) {
            emit(Op::kIsNotNull, known, result, 0, 0, node->span);
            ends.push_back(emit(Op::kJumpIfTrue, known, 0, 0, 0, node->span));
        }
    }
    for (const size_t jump : ends) {
        patch(jump);
    }
    assign(to, result, node->type, node->span);
}

// One row with one column; no row is NULL.
void Emitter::sql_value(const Expression* node, Register to) {
    const uint16_t slot = run_sql(node->sql, node->span);
    const Register row = take(Class::kObject);
    const Register result = temporary(node->type);
    emit(Op::kNull, result, 0, 0, 0, node->span);
    const size_t end = emit(Op::kFetchRow, row, slot, 0, 0, node->span);
    emit(Op::kColumn, result, row, type_index(node->type.type), 0, node->span);
    patch(end);
    emit(Op::kCloseRows, slot, 0, 0, 0, node->span);
    assign(to, result, node->type, node->span);
}

}  // namespace kodiak::language
