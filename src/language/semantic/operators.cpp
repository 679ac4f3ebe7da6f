// Types of operators, as measured on the engine (docs/language/pl_grizzly.md, values and types).

#include <algorithm>

#include "language/semantic/analyser.hpp"
#include "language/semantic/constants.hpp"
#include "language/values/cast.hpp"

namespace kodiak::language {

using catalog::TypeKind;

CodeType Analyser::analyse_unary(Expression*& node) {
    const CodeType type = analyse(node->children[0]);
    if (type.is_error()) {
        return type;
    }
    if (node->op == Operator::kNot) {
        require_boolean(node->children[0], "the operand of NOT");
        return code_type(TypeKind::kBoolean);
    }
    if (type.is(TypeKind::kInterval) || type.is_null()) {
        return type;
    }
    if (!is_number(type)) {
        return no_operator(node);
    }
    if (node->op == Operator::kPlus) {
        return type;
    }
    // -2147483648 is an INTEGER although 2147483648 is none.
    const auto whole =
        node->children[0]->kind == ExpressionKind::kNumber ? whole_literal(node->children[0]->text) : std::nullopt;
    if (whole && *whole == int128{INT32_MAX} + 1) {
        return code_type(TypeKind::kInteger);
    }
    if (whole && *whole == int128{INT64_MAX} + 1) {
        return code_type(TypeKind::kBigInt);
    }
    CodeType result = type;
    result.literal = false;
    return result;
}

CodeType Analyser::analyse_binary(Expression*& node) {
    if (node->op == Operator::kOther) {
        return sql_value(node);
    }
    const CodeType left = analyse(node->children[0]);
    const CodeType right = analyse(node->children[1]);
    if (left.is_error() || right.is_error()) {
        return error_type();
    }
    switch (node->op) {
        case Operator::kAnd:
        case Operator::kOr:
            require_boolean(node->children[0], node->op == Operator::kAnd ? "a side of AND" : "a side of OR");
            require_boolean(node->children[1], node->op == Operator::kAnd ? "a side of AND" : "a side of OR");
            return code_type(TypeKind::kBoolean);
        case Operator::kConcat:
            return analyse_concat(node);
        case Operator::kEqual:
        case Operator::kNotEqual:
        case Operator::kLess:
        case Operator::kLessEqual:
        case Operator::kGreater:
        case Operator::kGreaterEqual:
            return analyse_comparison(node);
        default:
            return analyse_arithmetic(node);
    }
}

CodeType Analyser::no_operator(const Expression* node) {
    std::string what(operator_text(node->op));
    if (node->children.size() == 2) {
        what = type_text(node->children[0]->type) + " " + what + " " + type_text(node->children[1]->type);
    } else {
        what += " " + type_text(node->children[0]->type);
    }
    error("42883", "there is no operator for " + what, node->name_span).hint = "Cast a side, for example x::INTEGER.";
    return error_type();
}

CodeType Analyser::analyse_comparison(Expression* node) {
    Expression*& left = node->children[0];
    Expression*& right = node->children[1];
    if (left->type.is_error() || right->type.is_error()) {
        return error_type();
    }
    std::optional<CodeType> type = common_type(left->type, left, right->type, right);
    if (!type || (type->form != TypeForm::kValue && type->form != TypeForm::kDynamic)) {
        return no_operator(node);
    }
    if (type->form == TypeForm::kDynamic) {
        type = code_type(TypeKind::kVarchar);
    }
    coerce(left, *type, "the left side");
    coerce(right, *type, "the right side");
    return code_type(TypeKind::kBoolean);
}

// text || anything is text; list || list joins.
CodeType Analyser::analyse_concat(Expression* node) {
    Expression*& left = node->children[0];
    Expression*& right = node->children[1];
    if (left->type.is(TypeKind::kList) && right->type.is(TypeKind::kList)) {
        const auto type = common_type(left->type, left, right->type, right);
        if (!type) {
            return no_operator(node);
        }
        force(left, *type);
        force(right, *type);
        return *type;
    }
    if (!is_text(left->type) && !is_text(right->type) && !left->type.is_null() && !right->type.is_null() &&
        left->type.form != TypeForm::kDynamic && right->type.form != TypeForm::kDynamic) {
        return no_operator(node);
    }
    coerce(left, code_type(TypeKind::kVarchar), "the left side of ||");
    coerce(right, code_type(TypeKind::kVarchar), "the right side of ||");
    return code_type(TypeKind::kVarchar);
}

CodeType Analyser::analyse_arithmetic(Expression* node) {
    CodeType left = node->children[0]->type;
    CodeType right = node->children[1]->type;
    if (const auto type = time_arithmetic(node)) {
        return *type;
    }
    // A field without a known type, NULL and (in PostgreSQL's mode) a bare string take the other side's type.
    const auto adapts = [&](const Expression* one) {
        return one->type.form == TypeForm::kDynamic || one->type.is_null() ||
               (plpgsql() && one->kind == ExpressionKind::kString);
    };
    for (const auto& [index, other] : {std::pair{size_t{0}, right}, std::pair{size_t{1}, left}}) {
        if (adapts(node->children[index]) && is_number(other)) {
            force(node->children[index], other);
            (index == 0 ? left : right) = other;
        }
    }
    if (left.is_null() && right.is_null()) {
        return left;
    }
    if (!is_number(left) || !is_number(right)) {
        return no_operator(node);
    }
    return number_arithmetic(node, left, right);
}

CodeType Analyser::number_arithmetic(Expression* node, const CodeType& left, const CodeType& right) {
    const bool integers = is_integer(left) && is_integer(right);
    if (node->op == Operator::kPower || (node->op == Operator::kDivide && !(integers && plpgsql()))) {
        force(node->children[0], code_type(TypeKind::kDouble));
        force(node->children[1], code_type(TypeKind::kDouble));
        return code_type(TypeKind::kDouble);
    }
    CodeType type = *common_type(left, node->children[0], right, node->children[1]);
    if (type.is(TypeKind::kUHugeInt)) {
        return no_operator(node);
    }
    if (type.is(TypeKind::kDecimal)) {
        if (node->op == Operator::kIntegerDivide) {
            force(node->children[0], code_type(TypeKind::kDouble));
            force(node->children[1], code_type(TypeKind::kDouble));
            return code_type(TypeKind::kDouble);
        }
        const auto parts = [](const CodeType& one) {
            constexpr unsigned kDigits[] = {3, 5, 10, 19, 38, 3, 5, 10, 20, 38};
            return one.is(TypeKind::kDecimal) ? one.type
                                              : decimal_type(kDigits[static_cast<size_t>(one.type.kind) - 2], 0).type;
        };
        const catalog::Type one = parts(left);
        const catalog::Type two = parts(right);
        const unsigned widest = std::max(one.decimal_width, two.decimal_width) <= 18 ? 18 : 38;
        if (node->op == Operator::kMultiply) {
            const unsigned scale = static_cast<unsigned>(one.decimal_scale) + two.decimal_scale;
            if (scale > 38) {
                error("22003", "the product has more than 38 decimals", node->name_span).hint = "Cast a side.";
                return error_type();
            }
            force(node->children[0], decimal_type(one.decimal_width, one.decimal_scale));
            force(node->children[1], decimal_type(two.decimal_width, two.decimal_scale));
            const unsigned width = static_cast<unsigned>(one.decimal_width) + two.decimal_width;
            return decimal_type(std::max(scale, std::min(width, widest)), scale);
        }
        const unsigned more = node->op == Operator::kModulo ? 0 : 1;
        const unsigned width = type.type.decimal_width + more;
        type =
            decimal_type(std::min(width, std::max<unsigned>(widest, type.type.decimal_width)), type.type.decimal_scale);
    }
    type.literal = false;
    force(node->children[0], type);
    force(node->children[1], type);
    return type;
}

// Dates, timestamps and intervals; nothing if neither side is one.
std::optional<CodeType> Analyser::time_arithmetic(Expression* node) {
    Expression*& left = node->children[0];
    Expression*& right = node->children[1];
    const auto is_time = [](const CodeType& type) {
        return type.is(TypeKind::kDate) || is_timestamp(type) || type.is(TypeKind::kInterval) ||
               type.is(TypeKind::kTime);
    };
    if (!is_time(left->type) && !is_time(right->type)) {
        return std::nullopt;
    }
    const bool plus = node->op == Operator::kAdd;
    const bool minus = node->op == Operator::kSubtract;
    if (plus && (right->type.is(TypeKind::kDate) || is_timestamp(right->type))) {
        std::swap(left, right);  // 1 + DATE, INTERVAL + TIMESTAMP
    }
    const CodeType& one = left->type;
    const CodeType& two = right->type;
    if (node->op == Operator::kMultiply && one.is(TypeKind::kInterval) && is_integer(two)) {
        force(right, code_type(TypeKind::kBigInt));
        return one;
    }
    if (node->op == Operator::kMultiply && two.is(TypeKind::kInterval) && is_integer(one)) {
        std::swap(left, right);
        force(right, code_type(TypeKind::kBigInt));
        return left->type;
    }
    if (!plus && !minus) {
        return no_operator(node);
    }
    if (one.is(TypeKind::kDate) && is_integer(two)) {
        force(right, code_type(TypeKind::kBigInt));
        return one;
    }
    if (two.is(TypeKind::kInterval) && (one.is(TypeKind::kDate) || is_timestamp(one))) {
        if (one.is(TypeKind::kDate)) {
            force(left, code_type(TypeKind::kTimestamp));
        }
        return left->type;
    }
    if (one.is(TypeKind::kInterval) && two.is(TypeKind::kInterval)) {
        return one;
    }
    if (minus && one.is(TypeKind::kDate) && two.is(TypeKind::kDate)) {
        return code_type(TypeKind::kBigInt);
    }
    const auto is_point = [](const CodeType& type) { return type.is(TypeKind::kDate) || is_timestamp(type); };
    if (minus && is_point(one) && is_point(two)) {
        const CodeType common = *common_type(one, left, two, right);
        force(left, common);
        force(right, common);
        return code_type(TypeKind::kInterval);
    }
    return no_operator(node);
}

}  // namespace kodiak::language
