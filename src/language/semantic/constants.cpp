#include "language/semantic/constants.hpp"

#include "language/values/cast.hpp"
#include "language/values/date_time.hpp"

namespace kodiak::language {

using catalog::TypeKind;

namespace {

Result<Value> number_value(const Expression& node, const Meter& meter) {
    if (const auto whole = whole_literal(node.text)) {
        return cast_value(Value::huge(*whole), code_type(TypeKind::kHugeInt).type, node.type.type, meter);
    }
    if (node.type.is(TypeKind::kDecimal)) {
        const auto unscaled = read_decimal(node.text, node.type.type.decimal_scale);
        return Value::huge(unscaled.value_or(0));
    }
    return cast_value(text_value(meter, node.text), code_type(TypeKind::kVarchar).type, node.type.type, meter);
}

}  // namespace

std::optional<int128> whole_literal(std::string_view text) {
    if (text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
        int128 value = 0;
        for (const char c : text.substr(2)) {
            const int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
            if (value > (int128{1} << 120)) {
                return std::nullopt;
            }
            value = value * 16 + digit;
        }
        return value;
    }
    if (text.find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    return read_decimal(text, 0);
}

std::optional<Result<Value>> constant_of(const Expression& node, const Meter& meter) {
    switch (node.kind) {
        case ExpressionKind::kNull:
            return Result<Value>(Value());
        case ExpressionKind::kBoolean:
            return Result<Value>(Value::boolean(node.text == "true"));
        case ExpressionKind::kNumber:
            return number_value(node, meter);
        case ExpressionKind::kString:
            return Result<Value>(text_value(meter, node.text));
        case ExpressionKind::kDuration:
        case ExpressionKind::kTypedLiteral: {
            const std::string& text = node.kind == ExpressionKind::kDuration ? node.text : node.children[0]->text;
            return cast_value(text_value(meter, text), code_type(TypeKind::kVarchar).type, node.type.type, meter);
        }
        case ExpressionKind::kUnary: {
            const Expression& operand = *node.children[0];
            if (node.op != Operator::kNegate || operand.kind != ExpressionKind::kNumber) {
                return std::nullopt;
            }
            Expression negative = operand;
            negative.type = node.type;
            if (const auto whole = whole_literal(operand.text)) {
                return cast_value(Value::huge(-*whole), code_type(TypeKind::kHugeInt).type, node.type.type, meter);
            }
            negative.text = "-" + operand.text;
            return number_value(negative, meter);
        }
        case ExpressionKind::kCast: {
            std::optional<Result<Value>> inner = constant_of(*node.children[0], meter);
            if (!inner || !inner->ok()) {
                return inner;
            }
            return cast_value(**inner, node.children[0]->type.type, node.type.type, meter);
        }
        default:
            return std::nullopt;
    }
}

}  // namespace kodiak::language
