// Blocks, declarations and control flow. Each function returns whether the statement can end normally.

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"
#include "language/semantic/analyser.hpp"

namespace kodiak::language {

using catalog::TypeKind;

bool Analyser::analyse_list(Statements& statements) {
    bool reachable = true;
    bool warned = false;
    for (BodyStatement* statement : statements) {
        if (!reachable && !warned) {
            warning("01000", "this code is never reached", statement->span);
            warned = true;
        }
        reachable = analyse_statement(*statement) && reachable;
    }
    return reachable;
}

bool Analyser::analyse_statement(BodyStatement& statement) {
    switch (statement.kind) {
        case BodyKind::kBlock:
            return analyse_block(static_cast<Block&>(statement));
        case BodyKind::kLet:
            return analyse_let(static_cast<Let&>(statement));
        case BodyKind::kIf:
        case BodyKind::kCase:
        case BodyKind::kLoop:
        case BodyKind::kWhile:
        case BodyKind::kForRange:
        case BodyKind::kForQuery:
        case BodyKind::kForeach:
        case BodyKind::kJump:
            return analyse_control(statement);
        default:
            return analyse_simple(statement);
    }
}

bool Analyser::analyse_control(BodyStatement& statement) {
    switch (statement.kind) {
        case BodyKind::kIf:
            return analyse_if(static_cast<If&>(statement));
        case BodyKind::kCase:
            return analyse_case_statement(static_cast<Case&>(statement));
        case BodyKind::kForRange:
            return analyse_range(static_cast<ForRange&>(statement));
        case BodyKind::kForQuery:
            return analyse_query_loop(static_cast<ForQuery&>(statement));
        case BodyKind::kForeach:
            return analyse_foreach(static_cast<Foreach&>(statement));
        case BodyKind::kJump:
            return analyse_jump(static_cast<Jump&>(statement));
        default:
            return analyse_loop(static_cast<Loop&>(statement));
    }
}

bool Analyser::analyse_block(Block& block) {
    scopes_.push_back({block.label, {}});
    loops_.push_back({block.label, false, false});
    for (Declaration& declaration : block.declarations) {
        analyse_declaration(declaration);
    }
    protected_depth_ += block.handlers.empty() ? 0 : 1;
    bool reachable = analyse_list(block.statements);
    protected_depth_ -= block.handlers.empty() ? 0 : 1;
    ++handler_depth_;
    for (ExceptionHandler& handler : block.handlers) {
        scopes_.push_back({});
        reachable = analyse_list(handler.statements) || reachable;
        scopes_.pop_back();
    }
    --handler_depth_;
    if (block.has_finally) {
        scopes_.push_back({});
        reachable = analyse_list(block.finally) && reachable;
        scopes_.pop_back();
    }
    reachable = reachable || loops_.back().exited;
    loops_.pop_back();
    scopes_.pop_back();
    return reachable;
}

void Analyser::analyse_declaration(Declaration& declaration) {
    if (declaration.kind == Declaration::Kind::kAlias) {
        int32_t variable = -1;
        const std::string& of = declaration.alias_of.name;
        if (of.size() > 1 && of[0] == '$' && of.find_first_not_of("0123456789", 1) == std::string::npos &&
            of.size() < 5) {
            const auto number = static_cast<size_t>(std::stoi(of.substr(1)));
            variable = number >= 1 && number <= definition().parameters.size() ? static_cast<int32_t>(number - 1) : -1;
        } else {
            variable = find_variable(of);
        }
        if (variable < 0) {
            error("42703", "variable \"" + of + "\" does not exist", declaration.alias_of.span).hint =
                did_you_mean(of, visible_names());
            return;
        }
        scopes_.back().names[fold_name(declaration.name.name)] = variable;
        return;
    }
    if (declaration.kind == Declaration::Kind::kCursor) {
        declare_cursor(declaration);
        return;
    }
    CodeType type = declaration.type != nullptr ? resolve_type(*declaration.type) : error_type();
    if (declaration.value != nullptr) {
        const CodeType value = analyse(declaration.value);
        if (declaration.type == nullptr) {
            type = value;
            if (type.form == TypeForm::kDynamic || type.is_null()) {
                error("42P18", "the type of \"" + declaration.name.name + "\" is not known", declaration.name.span)
                    .hint = "Write the type behind the name.";
                type = error_type();
            } else if (type.form == TypeForm::kVoid) {
                error("42804", "the call gives no value", declaration.value->span);
                type = error_type();
            }
        } else {
            coerce(declaration.value, type, "the value of \"" + declaration.name.name + "\"");
        }
    }
    declaration.variable = declare(declaration.name, type);
    Variable& variable = code_.variables[static_cast<size_t>(declaration.variable)];
    variable.constant = declaration.constant;
    variable.not_null = declaration.not_null;
    variable.written = declaration.value != nullptr;
}

void Analyser::declare_cursor(Declaration& declaration) {
    declaration.variable = declare(declaration.name, special_type(TypeForm::kCursor));
    BoundCursor cursor;
    cursor.name = declaration.name.name;
    cursor.scroll = declaration.scroll;
    scopes_.push_back({});
    for (CursorParameter& parameter : declaration.parameters) {
        NamePart name = parameter.name;
        name.span.length = 0;  // may hide a variable without a warning
        parameter.variable = declare(name, resolve_type(*parameter.type));
        code_.variables[static_cast<size_t>(parameter.variable)].parameter = true;
        cursor.parameters.push_back(parameter.variable);
        cursor.parameter_names.push_back(parameter.name.name);
    }
    cursor.sql = add_sql(declaration.query, "");
    scopes_.pop_back();
    code_.variables[static_cast<size_t>(declaration.variable)].cursor = static_cast<int32_t>(code_.cursors.size());
    code_.cursors.push_back(std::move(cursor));
}

bool Analyser::analyse_let(Let& let) {
    if (let.value == nullptr) {
        analyse_declaration(let.names[0]);
        return true;
    }
    const CodeType type = analyse(let.value);
    if (!type.is_error() && (!type.is(TypeKind::kStruct) || type.type.children.size() != let.names.size())) {
        error("42804", "LET of " + std::to_string(let.names.size()) + " names needs a row of as many values",
              let.value->span);
    }
    for (size_t i = 0; i < let.names.size(); ++i) {
        CodeType part = error_type();
        if (type.is(TypeKind::kStruct) && i < type.type.children.size()) {
            part = CodeType();
            part.type = type.type.children[i].type;
        }
        let.names[i].variable = declare(let.names[i].name, part);
        code_.variables[static_cast<size_t>(let.names[i].variable)].written = true;
    }
    return true;
}

bool Analyser::analyse_if(If& node) {
    bool reachable = !node.has_else;
    for (If::Branch& branch : node.branches) {
        analyse(branch.condition);
        require_boolean(branch.condition, "the condition of IF");
        scopes_.push_back({});
        reachable = analyse_list(branch.statements) || reachable;
        scopes_.pop_back();
    }
    scopes_.push_back({});
    reachable = (node.has_else && analyse_list(node.otherwise)) || reachable;
    scopes_.pop_back();
    return reachable;
}

bool Analyser::analyse_case_statement(Case& node) {
    bool reachable = false;
    if (node.operand != nullptr) {
        analyse(node.operand);
    }
    for (Case::Branch& branch : node.branches) {
        for (Expression*& value : branch.values) {
            analyse(value);
            if (node.operand == nullptr) {
                require_boolean(value, "the condition of WHEN");
                continue;
            }
            Expression* compare = ast().expression(ExpressionKind::kBinary, value->span);
            compare->op = Operator::kEqual;
            compare->name_span = value->span;
            compare->children = {node.operand, value};
            compare->type = analyse_comparison(compare);
            value = compare;
        }
        scopes_.push_back({});
        reachable = analyse_list(branch.statements) || reachable;
        scopes_.pop_back();
    }
    scopes_.push_back({});
    reachable = (node.has_else && analyse_list(node.otherwise)) || reachable;
    scopes_.pop_back();
    return reachable;
}

// The statements of a loop; `ends` says whether its head can end it.
bool Analyser::loop_body(LoopStatement& node, bool ends) {
    loops_.push_back({node.label, false, true});
    scopes_.push_back({node.label, {}});
    analyse_list(node.statements);
    scopes_.pop_back();
    const bool exited = loops_.back().exited;
    loops_.pop_back();
    return ends || exited;
}

bool Analyser::analyse_loop(Loop& node) {
    if (node.condition != nullptr) {
        analyse(node.condition);
        require_boolean(node.condition, "the condition of WHILE");
    }
    return loop_body(node, node.condition != nullptr);
}

bool Analyser::analyse_range(ForRange& node) {
    CodeType type = code_type(TypeKind::kInteger);
    for (Expression** bound : {&node.first, &node.last, &node.step}) {
        if (*bound == nullptr) {
            continue;
        }
        const CodeType given = analyse(*bound);
        if (is_integer(given) && given.type.kind != TypeKind::kTinyInt && given.type.kind != TypeKind::kSmallInt &&
            given.type.kind != TypeKind::kInteger && given.type.kind != TypeKind::kUTinyInt &&
            given.type.kind != TypeKind::kUSmallInt) {
            type = code_type(TypeKind::kBigInt);
        }
    }
    for (Expression** bound : {&node.first, &node.last, &node.step}) {
        if (*bound != nullptr) {
            if (!(*bound)->type.is_error() && !is_number((*bound)->type) && !(*bound)->type.is_null() &&
                (*bound)->type.form != TypeForm::kDynamic) {
                error("42804", "the bounds of FOR are whole numbers, not " + type_text((*bound)->type), (*bound)->span);
                continue;
            }
            coerce(*bound, type, "a bound of FOR");
        }
    }
    scopes_.push_back({node.label, {}});
    node.variable = declare(node.name, type);
    Variable& variable = code_.variables[static_cast<size_t>(node.variable)];
    variable.read = true;
    const bool reachable = loop_body(node, true);
    scopes_.pop_back();
    return reachable;
}

bool Analyser::analyse_query_loop(ForQuery& node) {
    scopes_.push_back({node.label, {}});
    const SqlDescription* row = nullptr;
    SqlDescription of_cursor;
    if (node.over_cursor) {
        node.cursor_variable = find_cursor(node.cursor);
        const int32_t bound =
            node.cursor_variable < 0 ? -1 : code_.variables[static_cast<size_t>(node.cursor_variable)].cursor;
        if (node.cursor_variable >= 0 && bound < 0) {
            error("42P11", "cursor \"" + node.cursor.name + "\" has no query of its own", node.cursor.span);
        }
        if (bound >= 0) {
            const BoundCursor cursor = code_.cursors[static_cast<size_t>(bound)];
            if (cursor.parameters.size() != node.arguments.size()) {
                error("42601",
                      "cursor \"" + node.cursor.name + "\" takes " + std::to_string(cursor.parameters.size()) +
                          " arguments",
                      node.cursor.span);
            }
            for (size_t i = 0; i < std::min(node.arguments.size(), cursor.parameters.size()); ++i) {
                analyse(node.arguments[i]);
                coerce(node.arguments[i], code_.variables[static_cast<size_t>(cursor.parameters[i])].type,
                       "an argument");
            }
            node.query.index = cursor.sql;
        }
    } else if (node.dynamic != nullptr) {
        analyse(node.dynamic);
        coerce(node.dynamic, code_type(TypeKind::kVarchar), "the text of EXECUTE");
        for (Expression*& argument : node.arguments) {
            analyse(argument);
        }
    } else {
        node.query.index = add_sql(node.query, "");
    }
    if (node.query.index >= 0) {
        of_cursor = code_.sql[static_cast<size_t>(node.query.index)].description;
        row = &of_cursor;
    }
    const Expression* target = node.targets[0].place;
    if (node.targets.size() == 1 && target->kind == ExpressionKind::kName && target->parts.size() == 1 &&
        find_variable(target->parts[0].name) < 0) {
        node.variable = declare(target->parts[0], special_type(TypeForm::kRecord));
        code_.variables[static_cast<size_t>(node.variable)].read = true;
    }
    if (row != nullptr || node.dynamic != nullptr) {
        assign_row(node.targets, row, node.span);
    }
    const bool reachable = loop_body(node, true);
    scopes_.pop_back();
    return reachable;
}

bool Analyser::analyse_foreach(Foreach& node) {
    const CodeType list = analyse(node.list);
    const CodeType target = analyse_target(node.target, nullptr);
    if (!list.is_error() && !list.is(TypeKind::kList) && !list.is(TypeKind::kArray)) {
        error("42804", "FOREACH needs a list, not " + type_text(list), node.list->span);
    } else if (!list.is_error() && !target.is_error()) {
        Expression* item = ast().expression(ExpressionKind::kIndex, node.target.place->span);
        item->type.type = list.type.children[0].type;
        coerce(item, target, "the elements of the list");
    }
    return loop_body(node, true);
}

bool Analyser::analyse_jump(Jump& node) {
    if (node.condition != nullptr) {
        analyse(node.condition);
        require_boolean(node.condition, "the condition of WHEN");
    }
    for (auto loop = loops_.rbegin(); loop != loops_.rend(); ++loop) {
        const bool fits = node.label.name.empty() ? loop->is_loop : same_name(loop->label, node.label.name);
        if (!fits) {
            continue;
        }
        if (node.is_continue && !loop->is_loop) {
            error("42601", "CONTINUE leads to a loop, and \"" + node.label.name + "\" is a block", node.label.span);
        }
        loop->exited = loop->exited || !node.is_continue;
        return node.condition != nullptr;
    }
    const std::string word = node.is_continue ? "CONTINUE" : "EXIT";
    if (node.label.name.empty()) {
        error("42601", word + " stands outside of a loop", node.span);
    } else {
        error("42704", "label \"" + node.label.name + "\" does not exist here", node.label.span);
    }
    return node.condition != nullptr;
}

}  // namespace kodiak::language
