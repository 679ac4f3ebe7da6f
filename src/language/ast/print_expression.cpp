#include "language/ast/print.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

std::string dotted(const std::vector<NamePart>& parts) {
    std::string out;
    for (const NamePart& part : parts) {
        out += (out.empty() ? "" : ".") + part.name;
    }
    return out;
}

class Printer {
   public:
    explicit Printer(std::string_view text) : text_(text) {}

    std::string print(const Expression* node) const {
        if (node == nullptr) {
            return "_";
        }
        switch (node->kind) {
            case ExpressionKind::kNull:
                return "NULL";
            case ExpressionKind::kBoolean:
            case ExpressionKind::kNumber:
            case ExpressionKind::kDuration:
            case ExpressionKind::kParameter:
                return node->text;
            case ExpressionKind::kString:
                return quote_string(node->text);
            case ExpressionKind::kName:
                return dotted(node->parts);
            case ExpressionKind::kSql:
                return "SQL[" + std::string(node->span.in(text_)) + "]";
            case ExpressionKind::kError:
                return "<error>";
            default:
                return "(" + head(node) + children(node) + ")";
        }
    }

   private:
    std::string head(const Expression* node) const {
        const std::string negation = node->negated ? "NOT " : "";
        switch (node->kind) {
            case ExpressionKind::kTypedLiteral:
                return print_type(*node->type_name);
            case ExpressionKind::kUnary:
                return std::string(operator_text(node->op));
            case ExpressionKind::kBinary:
                return node->op == Operator::kOther ? node->text : std::string(operator_text(node->op));
            case ExpressionKind::kIs:
                return "IS " + negation + node->text;
            case ExpressionKind::kDistinct:
                return "IS " + negation + "DISTINCT";
            case ExpressionKind::kBetween:
                return negation + "BETWEEN";
            case ExpressionKind::kIn:
                return negation + "IN";
            case ExpressionKind::kLike:
                return negation + node->text;
            case ExpressionKind::kCase:
                return std::string("CASE") + (node->has_operand ? "=" : "") + (node->has_else ? "+" : "");
            case ExpressionKind::kCast:
                return "CAST " + (node->type_name != nullptr ? print_type(*node->type_name) : type_text(node->type));
            case ExpressionKind::kCall:
                return dotted(node->parts) + "()";
            case ExpressionKind::kIndex:
                return "[]";
            case ExpressionKind::kSlice:
                return "[:]";
            case ExpressionKind::kField:
                return "." + node->text;
            case ExpressionKind::kList:
                return "LIST";
            case ExpressionKind::kStruct:
                return "STRUCT";
            default:
                return "ROW";
        }
    }

    std::string children(const Expression* node) const {
        std::string out;
        for (size_t i = 0; i < node->children.size(); ++i) {
            const bool named = i < node->child_names.size() && !node->child_names[i].empty();
            out += " " + (named ? node->child_names[i] + "=" : "") + print(node->children[i]);
        }
        return out;
    }

    std::string_view text_;
};

}  // namespace

std::string print_expression(const Expression* expression, std::string_view text) {
    return Printer(text).print(expression);
}

std::string print_type(const TypeName& type) {
    std::string out;
    if (type.kind == TypeNameKind::kStruct || type.kind == TypeNameKind::kMap) {
        out = type.kind == TypeNameKind::kStruct ? "STRUCT(" : "MAP(";
        for (size_t i = 0; i < type.children.size(); ++i) {
            out += i > 0 ? ", " : "";
            out += (i < type.field_names.size() ? type.field_names[i].name + " " : "") + print_type(type.children[i]);
        }
        out += ")";
    } else {
        out = dotted(type.parts);
        out += type.kind == TypeNameKind::kTypeOf ? "%TYPE" : type.kind == TypeNameKind::kRowTypeOf ? "%ROWTYPE" : "";
        for (size_t i = 0; i < type.modifiers.size(); ++i) {
            out += (i == 0 ? "(" : ",") + std::to_string(type.modifiers[i]);
        }
        for (size_t i = 0; i < type.labels.size(); ++i) {
            out += (i == 0 ? "(" : ",") + quote_string(type.labels[i]);
        }
        out += type.modifiers.empty() && type.labels.empty() ? "" : ")";
    }
    for (const uint32_t length : type.array_suffix) {
        out += length == 0 ? "[]" : "[" + std::to_string(length) + "]";
    }
    return out;
}

}  // namespace kodiak::language
