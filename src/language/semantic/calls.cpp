// Calls: the interpreter's own functions, PL-Grizzly code by overload, and the engine's functions through SQL.

#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"
#include "language/semantic/analyser.hpp"
#include "language/semantic/builtins.hpp"
#include "language/semantic/match_call.hpp"
#include "language/values/cast.hpp"

namespace kodiak::language {

using catalog::TypeKind;

CodeType Analyser::analyse_call(Expression*& node) {
    if (settings_.lookup != nullptr) {
        const auto overloads = settings_.lookup->overloads(node->parts);
        if (!overloads.empty()) {
            return call_code(node, overloads, false);
        }
    }
    const bool named = std::any_of(node->child_names.begin(), node->child_names.end(),
                                   [](const std::string& name) { return !name.empty(); });
    const BuiltinFunction* function =
        node->parts.size() == 1 && !named ? find_builtin(node->parts[0].name, node->children.size()) : nullptr;
    if (function != nullptr) {
        const CodeType type = builtin_call(node, function->builtin);
        if (node->builtin != Builtin::kNone || type.is_error()) {
            return type;
        }
    }
    if (settings_.executor != nullptr) {
        return sql_value(node);
    }
    for (Expression*& child : node->children) {
        analyse(child);
    }
    std::vector<std::string> names =
        settings_.lookup != nullptr ? settings_.lookup->names() : std::vector<std::string>();
    error("42883", "function \"" + node->parts.back().name + "\" does not exist", node->span).hint =
        did_you_mean(node->parts.back().name, names);
    return error_type();
}

namespace {

// The type of a result, from the type that the arguments share.
CodeType builtin_result(BuiltinResult result, CodeType common) {
    switch (result) {
        case BuiltinResult::kInteger:
            return code_type(TypeKind::kInteger);
        case BuiltinResult::kBigInt:
            return code_type(TypeKind::kBigInt);
        case BuiltinResult::kDouble:
            return code_type(TypeKind::kDouble);
        case BuiltinResult::kText:
            return code_type(TypeKind::kVarchar);
        case BuiltinResult::kBoolean:
            return code_type(TypeKind::kBoolean);
        case BuiltinResult::kTimestampTz:
            return code_type(TypeKind::kTimestampTz);
        case BuiltinResult::kDate:
            return code_type(TypeKind::kDate);
        case BuiltinResult::kWhole:
            return common.is(TypeKind::kDecimal) ? decimal_type(common.type.decimal_width, 0) : common;
        default:
            common.literal = false;
            return common;
    }
}

}  // namespace

// Types a function of the interpreter's own. Leaves node->builtin unset where only the engine knows the types.
CodeType Analyser::builtin_call(Expression* node, Builtin builtin) {
    const BuiltinFunction& function = *find_builtin(node->parts[0].name, node->children.size());
    std::vector<Expression*>& arguments = node->children;
    for (Expression*& child : arguments) {
        if (analyse(child).is_error()) {
            node->builtin = builtin;
            return error_type();
        }
    }
    const auto all = [&](const CodeType& type, size_t i = 0) {
        for (; i < arguments.size(); ++i) {
            coerce(arguments[i], type, "an argument of " + std::string(function.name));
        }
    };
    CodeType common = arguments.empty() ? code_type(TypeKind::kSqlNull) : arguments[0]->type;
    switch (function.arguments) {
        case BuiltinArguments::kNumber:
            if (!is_number(common)) {
                return common;  // the engine's, or an error there
            }
            break;
        case BuiltinArguments::kDouble:
            all(code_type(TypeKind::kDouble));
            break;
        case BuiltinArguments::kText:
            if (!is_text(common) && !common.is_null() && common.form != TypeForm::kDynamic) {
                return common;
            }
            all(code_type(TypeKind::kVarchar));
            break;
        case BuiltinArguments::kTextAndInt:
        case BuiltinArguments::kTextAndTwoInts:
            coerce(arguments[0], code_type(TypeKind::kVarchar), "the text");
            all(code_type(TypeKind::kBigInt), 1);
            break;
        case BuiltinArguments::kAnyText:
        case BuiltinArguments::kBigInt:
            all(code_type(function.arguments == BuiltinArguments::kBigInt ? TypeKind::kBigInt : TypeKind::kVarchar));
            break;
        case BuiltinArguments::kCommon: {
            const auto type = common_of(arguments, node->span, "the arguments");
            node->builtin = builtin;
            if (!type) {
                return error_type();
            }
            common = *type;
            all(common);
            break;
        }
        case BuiltinArguments::kList:
            if (!common.is(TypeKind::kList) && !common.is(TypeKind::kArray)) {
                return common;
            }
            break;
        case BuiltinArguments::kListAndItem:
            if (!list_and_item(arguments, common)) {
                return common;
            }
            break;
        case BuiltinArguments::kTime:
            if (!common.is(TypeKind::kDate) && !is_timestamp(common)) {
                return common;
            }
            force(arguments[0], code_type(TypeKind::kTimestamp));
            break;
        default:
            break;
    }
    node->builtin = builtin;
    return builtin_result(function.result, common);
}

// A list and a value for it: both get the type that holds both. False if there is none.
bool Analyser::list_and_item(std::vector<Expression*>& arguments, CodeType& common) {
    const auto item = common.is(TypeKind::kList)
                          ? common_type({common.type.children[0].type}, nullptr, arguments[1]->type, arguments[1])
                          : std::nullopt;
    if (!item) {
        return false;
    }
    common = list_type(*item);
    force(arguments[0], common);
    force(arguments[1], *item);
    return true;
}

CodeType Analyser::call_code(Expression* node, const std::vector<std::shared_ptr<const Signature>>& overloads,
                             bool call) {
    for (Expression*& child : node->children) {
        if (analyse(child).is_error()) {
            return error_type();
        }
    }
    std::vector<GivenArgument> given;
    for (size_t i = 0; i < node->children.size(); ++i) {
        const Expression& child = *node->children[i];
        given.push_back({child.type, i < node->child_names.size() ? node->child_names[i] : "",
                         child.kind == ExpressionKind::kString});
    }
    const CallMatch match = match_call(overloads, given, call);
    const std::shared_ptr<const Signature>& best = match.signature;
    if (best == nullptr) {
        const std::string name = "\"" + node->parts.back().name + "\"";
        error(match.ambiguous ? "42725" : "42883",
              match.ambiguous ? "the call fits several functions " + name
                              : "no function " + name + " takes these arguments",
              node->span)
            .hint = "There are: " + candidates_text(overloads) + ".";
        return error_type();
    }
    if (best->returns_set) {
        error("0A000", "\"" + best->name + "\" gives a set of rows, not one value", node->span).hint =
            "Read it with FOR row IN SELECT * FROM " + best->name + "(...).";
        return error_type();
    }
    node->function = static_cast<int32_t>(code_.callees.size());
    code_.callees.push_back(best);
    std::vector<Expression*> best_arguments;
    for (const int32_t argument : match.arguments) {
        best_arguments.push_back(argument < 0 ? nullptr : node->children[static_cast<size_t>(argument)]);
    }
    // The rest of the positional arguments are the list of a VARIADIC parameter.
    if (!best->parameters.empty() && best->parameters.back().mode == ParameterMode::kVariadic &&
        best_arguments.back() == nullptr) {
        Expression* list = ast().expression(ExpressionKind::kList, node->span);
        for (size_t i = best_arguments.size() - 1; i < node->children.size(); ++i) {
            list->children.push_back(node->children[i]);
        }
        list->type = best->parameters.back().type;
        for (Expression*& child : list->children) {
            coerce(child, {list->type.type.children[0].type}, "an argument");
        }
        best_arguments.back() = list;
    }
    size_t place = 0;
    for (const SignatureParameter& one : best->parameters) {
        if (one.mode == ParameterMode::kOut && best->kind != CodeKind::kProcedure) {
            continue;
        }
        Expression*& argument = best_arguments[place++];
        if (argument != nullptr && one.mode != ParameterMode::kOut) {
            coerce(argument, one.type, "argument \"" + one.name + "\"");
        }
    }
    node->children = std::move(best_arguments);
    node->child_names.clear();
    return best->result;
}

}  // namespace kodiak::language
