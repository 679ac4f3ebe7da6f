// Types of expressions: names, fields, literals, lists, CASE, casts.

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"
#include "language/semantic/analyser.hpp"
#include "language/semantic/constants.hpp"
#include "language/values/cast.hpp"
#include "language/values/date_time.hpp"

namespace kodiak::language {

using catalog::TypeKind;

CodeType Analyser::analyse(Expression*& node) {
    // Behind the last problem that is reported nothing more is looked for: suggestions cost time.
    CodeType type = diagnostics_.full() ? error_type() : analyse_kind(node);
    node->type = type;
    return type;
}

CodeType Analyser::analyse_kind(Expression*& node) {
    switch (node->kind) {
        case ExpressionKind::kNull:
            return code_type(TypeKind::kSqlNull);
        case ExpressionKind::kBoolean:
            return code_type(TypeKind::kBoolean);
        case ExpressionKind::kNumber:
            return analyse_number(*node);
        case ExpressionKind::kString:
            return code_type(TypeKind::kVarchar);
        case ExpressionKind::kDuration:
        case ExpressionKind::kTypedLiteral: {
            const bool duration = node->kind == ExpressionKind::kDuration;
            node->type = duration ? code_type(TypeKind::kInterval) : resolve_type(*node->type_name);
            const auto meter = std::make_shared<MemoryMeter>(INT64_MAX);
            const auto value = constant_of(*node, meter);
            if (!node->type.is_error() && value && !value->ok()) {
                error(sqlstate(value->error().code), value->error().message, node->span);
                return error_type();
            }
            return node->type;
        }
        case ExpressionKind::kName:
            return analyse_name(node);
        case ExpressionKind::kUnary:
            return analyse_unary(node);
        case ExpressionKind::kBinary:
            return analyse_binary(node);
        case ExpressionKind::kIs:
        case ExpressionKind::kDistinct:
            return analyse_is(node);
        case ExpressionKind::kBetween:
        case ExpressionKind::kIn:
        case ExpressionKind::kLike:
            return analyse_between(node);
        case ExpressionKind::kCase:
            return analyse_case(node);
        case ExpressionKind::kCast:
            return analyse_cast(node);
        case ExpressionKind::kCall:
            return analyse_call(node);
        case ExpressionKind::kField:
            analyse(node->children[0]);
            return field_type(node);
        case ExpressionKind::kIndex:
        case ExpressionKind::kSlice:
            return analyse_index(node);
        case ExpressionKind::kList:
            return analyse_list(node);
        case ExpressionKind::kStruct:
        case ExpressionKind::kRow:
            return analyse_record(node);
        case ExpressionKind::kParameter:
        case ExpressionKind::kSql:
            return sql_value(node);
        case ExpressionKind::kError:
            break;
    }
    return error_type();
}

// Whole numbers are INTEGER, BIGINT or HUGEINT by size, others DECIMAL; with an exponent DOUBLE.
CodeType Analyser::analyse_number(const Expression& node) const {
    if (const auto whole = whole_literal(node.text)) {
        CodeType type = code_type(*whole <= INT32_MAX   ? TypeKind::kInteger
                                  : *whole <= INT64_MAX ? TypeKind::kBigInt
                                                        : TypeKind::kHugeInt);
        type.literal = true;
        return type;
    }
    const size_t point = node.text.find('.');
    if (point == std::string::npos || node.text.find_first_of("eE") != std::string::npos) {
        return code_type(TypeKind::kDouble);
    }
    const size_t scale = node.text.size() - point - 1;
    const size_t width = point == 1 && node.text[0] == '0' ? scale + 1 : point + scale;
    return width > 38 ? code_type(TypeKind::kDouble)
                      : decimal_type(static_cast<unsigned>(std::max<size_t>(width, 1)), static_cast<unsigned>(scale));
}

CodeType Analyser::mark_read(Expression* node) {
    Variable& variable = code_.variables[static_cast<size_t>(node->variable)];
    variable.read = true;
    return variable.type;
}

// v, v.field, label.v, label.v.field: the name becomes one part, the rest fields around it.
CodeType Analyser::analyse_name(Expression*& node) {
    std::vector<NamePart> parts = node->parts;
    size_t used = 1;
    node->variable = find_variable(parts[0].name);
    const bool fields = node->variable >= 0 && parts.size() > 1 &&
                        code_.variables[static_cast<size_t>(node->variable)].type.form != TypeForm::kRecord &&
                        !code_.variables[static_cast<size_t>(node->variable)].type.is(TypeKind::kStruct);
    if (parts.size() > 1 && (node->variable < 0 || fields)) {
        const int32_t labelled = find_in_label(parts[0].name, parts[1].name);
        if (labelled >= 0) {
            node->variable = labelled;
            used = 2;
        }
    }
    if (node->variable < 0) {
        error("42703", "variable \"" + parts[0].name + "\" does not exist", node->span).hint =
            did_you_mean(parts[0].name, visible_names());
        return error_type();
    }
    Expression* inner = node;
    inner->type = mark_read(inner);
    for (size_t i = used; i < parts.size(); ++i) {
        Expression* field = ast().expression(ExpressionKind::kField, Span::from_to(parts[0].span, parts[i].span));
        field->text = parts[i].name;
        field->name_span = parts[i].span;
        field->children.push_back(inner);
        field->type = field_type(field);
        inner = field;
    }
    if (inner != node) {
        node->parts.resize(used);
        node = inner;
    }
    return inner->type;
}

CodeType Analyser::field_type(Expression* node) {
    const CodeType& record = node->children[0]->type;
    if (record.is_error()) {
        return record;
    }
    const bool known = record.is(TypeKind::kStruct) || record.form == TypeForm::kRecord;
    if (!known) {
        error("42809", "a value of type " + type_text(record) + " has no fields", node->name_span);
        return error_type();
    }
    std::vector<std::string> names;
    for (const catalog::NamedType& child : record.type.children) {
        if (same_name(child.name, node->text)) {
            CodeType type;
            type.type = child.type;
            return type;
        }
        names.push_back(child.name);
    }
    if (record.form == TypeForm::kRecord && names.empty()) {
        return special_type(TypeForm::kDynamic);
    }
    error("42703", "field \"" + node->text + "\" does not exist", node->name_span).hint =
        did_you_mean(node->text, names);
    return error_type();
}

CodeType Analyser::analyse_index(Expression*& node) {
    const CodeType container = analyse(node->children[0]);
    for (size_t i = 1; i < node->children.size(); ++i) {
        if (node->children[i] != nullptr) {
            analyse(node->children[i]);
            coerce(node->children[i], code_type(TypeKind::kBigInt), "the position");
        }
    }
    if (container.is_error()) {
        return container;
    }
    if (container.is(TypeKind::kVarchar)) {
        return container;
    }
    if (container.is(TypeKind::kList) || container.is(TypeKind::kArray)) {
        CodeType type;
        type.type = container.type.children[0].type;
        return node->kind == ExpressionKind::kIndex ? type : list_type(type);
    }
    if (container.is(TypeKind::kMap) || container.form == TypeForm::kDynamic) {
        return sql_value(node);
    }
    error("42804", "a value of type " + type_text(container) + " has no elements", node->span);
    return error_type();
}

CodeType Analyser::analyse_list(Expression*& node) {
    for (Expression*& child : node->children) {
        analyse(child);
    }
    if (node->children.empty()) {
        return list_type(code_type(TypeKind::kSqlNull));
    }
    const std::optional<CodeType> item = common_of(node->children, node->span, "the elements of a list");
    if (!item) {
        return error_type();
    }
    for (Expression*& child : node->children) {
        force(child, *item);
    }
    return list_type(*item);
}

CodeType Analyser::analyse_record(Expression*& node) {
    CodeType type = code_type(TypeKind::kStruct);
    for (size_t i = 0; i < node->children.size(); ++i) {
        const CodeType child = analyse(node->children[i]);
        if (child.is_error()) {
            return child;
        }
        if (child.form != TypeForm::kValue) {
            error("42804", "a value of type " + type_text(child) + " cannot stand here", node->children[i]->span);
            return error_type();
        }
        type.type.children.push_back({i < node->child_names.size() ? node->child_names[i] : "", child.type});
    }
    return type;
}

CodeType Analyser::analyse_case(Expression*& node) {
    const size_t first = node->has_operand ? 1 : 0;
    const size_t pairs = (node->children.size() - first) / 2;
    for (Expression*& child : node->children) {
        analyse(child);
    }
    std::vector<Expression*> results;
    for (size_t i = 0; i < pairs; ++i) {
        Expression*& when = node->children[first + 2 * i];
        if (node->has_operand) {
            Expression* compare = ast().expression(ExpressionKind::kBinary, when->span);
            compare->op = Operator::kEqual;
            compare->name_span = when->span;
            compare->children = {node->children[0], when};
            compare->type = analyse_comparison(compare);
            when = compare;
        } else {
            require_boolean(when, "a condition");
        }
        results.push_back(node->children[first + 2 * i + 1]);
    }
    if (node->has_else) {
        results.push_back(node->children.back());
    }
    const std::optional<CodeType> type = common_of(results, node->span, "the results of CASE");
    if (!type) {
        return error_type();
    }
    for (size_t i = first; i < node->children.size(); ++i) {
        const bool result = node->has_else && i + 1 == node->children.size() ? true : (i - first) % 2 == 1;
        if (result) {
            force(node->children[i], *type);
        }
    }
    return *type;
}

CodeType Analyser::analyse_cast(Expression*& node) {
    const CodeType from = analyse(node->children[0]);
    const CodeType to = resolve_type(*node->type_name);
    if (from.is_error() || to.is_error()) {
        return error_type();
    }
    if (from.form == TypeForm::kDynamic) {
        node->children[0]->type = to;
        return to;
    }
    if (cast_kind(from, to) == CastKind::kNone) {
        if (from.form == TypeForm::kValue && to.form == TypeForm::kValue && settings_.executor != nullptr) {
            return sql_value(node);
        }
        error("42846", "cannot cast " + type_text(from) + " to " + type_text(to), node->span);
        return error_type();
    }
    node->type = to;
    const auto meter = std::make_shared<MemoryMeter>(INT64_MAX);
    if (const auto value = constant_of(*node, meter); value && !value->ok()) {
        error(sqlstate(value->error().code), value->error().message, node->span);
    }
    return to;
}

CodeType Analyser::analyse_is(Expression*& node) {
    for (Expression*& child : node->children) {
        analyse(child);
    }
    if (node->kind == ExpressionKind::kDistinct) {
        analyse_comparison(node);
    } else if (node->text != "null") {
        require_boolean(node->children[0], "IS " + node->text);
    } else if (node->children[0]->type.form == TypeForm::kDynamic) {
        force(node->children[0], code_type(TypeKind::kVarchar));
    }
    return code_type(TypeKind::kBoolean);
}

// BETWEEN, IN and LIKE: all sides get one type.
CodeType Analyser::analyse_between(Expression*& node) {
    for (Expression*& child : node->children) {
        analyse(child);
    }
    const std::string_view what = node->kind == ExpressionKind::kBetween ? "the sides of BETWEEN"
                                  : node->kind == ExpressionKind::kIn    ? "the sides of IN"
                                                                         : "the sides of LIKE";
    std::optional<CodeType> type = common_of(node->children, node->span, what);
    if (!type) {
        return error_type();
    }
    if (node->kind == ExpressionKind::kLike) {
        type = code_type(TypeKind::kVarchar);
    }
    for (Expression*& child : node->children) {
        coerce(child, *type, what);
    }
    return code_type(TypeKind::kBoolean);
}

void Analyser::require_boolean(Expression*& node, std::string_view what) {
    const CodeType& type = node->type;
    if (type.is_error() || type.is(TypeKind::kBoolean)) {
        return;
    }
    if (type.is_null() || type.form == TypeForm::kDynamic) {
        force(node, code_type(TypeKind::kBoolean));
        return;
    }
    error("42804", std::string(what) + " must be BOOLEAN, not " + type_text(type), node->span);
}

// Puts a cast around a node; the cast is known to exist.
void Analyser::force(Expression*& node, const CodeType& target) {
    if (node->type.is_error() || target.is_error() || node->type.same(target)) {
        return;
    }
    if (node->type.form == TypeForm::kDynamic) {
        node->type = target;
        return;
    }
    Expression* cast = ast().expression(ExpressionKind::kCast, node->span);
    cast->children.push_back(node);
    cast->type = target;
    cast->type.literal = false;
    node = cast;
    const auto meter = std::make_shared<MemoryMeter>(INT64_MAX);
    if (const auto value = constant_of(*cast, meter); value && !value->ok()) {
        error(sqlstate(value->error().code), value->error().message, cast->span);
    }
}

// Makes a node fit a place of a type, as INSERT into a column of it would.
void Analyser::coerce(Expression*& node, const CodeType& target, std::string_view what) {
    const CodeType& type = node->type;
    if (type.is_error() || target.is_error()) {
        return;
    }
    const bool record = target.form == TypeForm::kRecord || target.form == TypeForm::kTrigger;
    if (record && (type.form == TypeForm::kRecord || type.is(TypeKind::kStruct) || type.is_null())) {
        return;
    }
    if (type.form == TypeForm::kRecord && target.is(TypeKind::kStruct)) {
        force(node, target);
        return;
    }
    if (type.form == TypeForm::kDynamic || cast_kind(type, target) != CastKind::kNone ||
        (target.form != TypeForm::kValue && type.is_null())) {
        force(node, target);
        return;
    }
    Diagnostic& problem =
        error("42804", std::string(what) + " must be " + type_text(target) + ", not " + type_text(type), node->span);
    if (target.form == TypeForm::kValue) {
        problem.hint = "No cast leads there.";
    }
}

namespace {

// The DECIMAL that holds both sides; integers count with all their digits.
CodeType common_decimal(const CodeType& left, const CodeType& right) {
    const auto as_decimal = [](const CodeType& type) {
        constexpr unsigned kDigits[] = {3, 5, 10, 19, 38, 3, 5, 10, 20, 38};
        return type.is(TypeKind::kDecimal) ? type : decimal_type(kDigits[static_cast<size_t>(type.type.kind) - 2], 0);
    };
    const catalog::Type one = as_decimal(left).type;
    const catalog::Type two = as_decimal(right).type;
    const unsigned scale = std::max(one.decimal_scale, two.decimal_scale);
    const unsigned whole =
        std::max<unsigned>(one.decimal_width - one.decimal_scale, two.decimal_width - two.decimal_scale);
    return decimal_type(std::min(38U, whole + scale), scale);
}

}  // namespace

// The type in which two values meet; nothing if there is none.
std::optional<CodeType> Analyser::common_type(const CodeType& left, const Expression* left_node, const CodeType& right,
                                              const Expression* right_node) const {
    const auto is_string = [](const Expression* node) {
        return node != nullptr && node->kind == ExpressionKind::kString;
    };
    if (left.same(right)) {
        CodeType type = left;
        type.literal = left.literal && right.literal;
        return type;
    }
    if (left.is_null() || left.form == TypeForm::kDynamic) {
        return right;
    }
    if (right.is_null() || right.form == TypeForm::kDynamic) {
        return left;
    }
    if (left.form != TypeForm::kValue || right.form != TypeForm::kValue) {
        return std::nullopt;
    }
    if (is_integer(left) && is_integer(right)) {
        const auto fits = [](const Expression* node, const CodeType& type) {
            const auto value = node != nullptr ? whole_literal(node->text) : std::nullopt;
            return value && is_small_integer(type) && *value <= integer_bounds(type.type.kind).most;
        };
        if (left.literal && !right.literal && fits(left_node, right)) {
            return right;
        }
        if (right.literal && !left.literal && fits(right_node, left)) {
            return left;
        }
        const auto is_signed = [](const CodeType& type) { return type.type.kind <= TypeKind::kHugeInt; };
        if (is_signed(left) == is_signed(right)) {
            return code_type(std::max(left.type.kind, right.type.kind));
        }
        return code_type(is_small_integer(left) && is_small_integer(right) ? TypeKind::kBigInt : TypeKind::kHugeInt);
    }
    if (is_number(left) && is_number(right)) {
        if (left.is(TypeKind::kDouble) || right.is(TypeKind::kDouble)) {
            return code_type(TypeKind::kDouble);
        }
        if (left.is(TypeKind::kFloat) || right.is(TypeKind::kFloat)) {
            return code_type(TypeKind::kFloat);
        }
        return common_decimal(left, right);
    }
    if (is_string(left_node) && !is_string(right_node)) {
        return right;
    }
    if (is_string(right_node) && !is_string(left_node)) {
        return left;
    }
    const bool times =
        (left.is(TypeKind::kDate) || is_timestamp(left)) && (right.is(TypeKind::kDate) || is_timestamp(right));
    if (times) {
        return left.is(TypeKind::kTimestampTz) || right.is(TypeKind::kTimestampTz) ? code_type(TypeKind::kTimestampTz)
                                                                                   : code_type(TypeKind::kTimestamp);
    }
    if ((left.is(TypeKind::kEnum) && is_text(right)) || (right.is(TypeKind::kEnum) && is_text(left))) {
        return code_type(TypeKind::kVarchar);
    }
    if (left.is(TypeKind::kList) && right.is(TypeKind::kList)) {
        const auto item = common_type({left.type.children[0].type}, nullptr, {right.type.children[0].type}, nullptr);
        return item ? std::optional(list_type(*item)) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<CodeType> Analyser::common_of(const std::vector<Expression*>& nodes, Span where, std::string_view what) {
    CodeType type = nodes[0]->type;
    const Expression* node = nodes[0];
    for (const Expression* one : nodes) {
        if (one->type.is_error()) {
            return std::nullopt;
        }
        const std::optional<CodeType> common = common_type(type, node, one->type, one);
        if (!common) {
            error("42804",
                  std::string(what) + " have no common type: " + type_text(type) + " and " + type_text(one->type),
                  where)
                .hint = "Cast one side.";
            return std::nullopt;
        }
        node = one->type.same(*common) ? one : node;
        type = *common;
    }
    if (type.form == TypeForm::kDynamic) {
        type = code_type(TypeKind::kVarchar);
    }
    type.literal = false;
    return type;
}

}  // namespace kodiak::language
