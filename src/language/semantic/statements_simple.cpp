// Assignments, RETURN, RAISE, SQL, cursors, transactions.

#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"
#include "language/parser/conditions.hpp"
#include "language/semantic/analyser.hpp"
#include "language/values/cast.hpp"

namespace kodiak::language {

using catalog::TypeKind;

bool Analyser::analyse_simple(BodyStatement& statement) {
    switch (statement.kind) {
        case BodyKind::kAssign: {
            auto& node = static_cast<Assign&>(statement);
            analyse(node.value);
            const CodeType target = analyse_target(node.target, &node.value->type);
            coerce(node.value, target, "the value");
            return true;
        }
        case BodyKind::kReturn:
            return analyse_return(static_cast<Return&>(statement));
        case BodyKind::kReturnNext:
            analyse_return_next(static_cast<ReturnNext&>(statement));
            return true;
        case BodyKind::kReturnQuery:
            analyse_return_query(static_cast<ReturnQuery&>(statement));
            return true;
        case BodyKind::kRaise: {
            auto& node = static_cast<Raise&>(statement);
            analyse_raise(node);
            return node.level != RaiseLevel::kException && !node.rethrow;
        }
        case BodyKind::kAssert: {
            auto& node = static_cast<Assert&>(statement);
            analyse(node.condition);
            require_boolean(node.condition, "the condition of ASSERT");
            if (node.message != nullptr) {
                analyse(node.message);
                coerce(node.message, code_type(TypeKind::kVarchar), "the message");
            }
            return true;
        }
        case BodyKind::kAssertQuery:
            for (SqlText& query : static_cast<AssertQuery&>(statement).queries) {
                query.index = add_sql(query, "");
            }
            return true;
        case BodyKind::kSql:
            analyse_sql(static_cast<SqlStatement&>(statement));
            return true;
        case BodyKind::kExecute: {
            auto& node = static_cast<Execute&>(statement);
            analyse(node.text);
            coerce(node.text, code_type(TypeKind::kVarchar), "the text of EXECUTE");
            for (Expression*& argument : node.arguments) {
                analyse(argument);
            }
            if (!node.into.empty()) {
                assign_row(node.into, nullptr, node.span);
            }
            return true;
        }
        case BodyKind::kCall:
            analyse_call_statement(static_cast<Call&>(statement));
            return true;
        case BodyKind::kDiagnostics:
            analyse_diagnostics(static_cast<GetDiagnostics&>(statement));
            return true;
        case BodyKind::kTransaction:
            return analyse_transaction_end(static_cast<TransactionEnd&>(statement));
        case BodyKind::kNull:
            return true;
        default:
            analyse_cursor(statement);
            return true;
    }
}

void Analyser::analyse_diagnostics(GetDiagnostics& node) {
    if (node.stacked && handler_depth_ == 0) {
        error("0Z002", "GET STACKED DIAGNOSTICS stands outside of a handler", node.span);
    }
    for (auto& [target, item] : node.items) {
        const CodeType type = analyse_target(target, nullptr);
        const CodeType given = code_type(item == DiagnosticsItem::kRowCount ? TypeKind::kBigInt : TypeKind::kVarchar);
        if (!type.is_error() && cast_kind(given, type) == CastKind::kNone) {
            error("42804", "the item is " + type_text(given) + " and does not fit " + type_text(type),
                  target.place->span);
        }
    }
}

bool Analyser::analyse_transaction_end(TransactionEnd& node) {
    const std::string word = node.commit ? "COMMIT" : "ROLLBACK";
    if (definition().kind == CodeKind::kFunction || definition().kind == CodeKind::kTest) {
        error("2D000", word + " is not allowed in a function", node.span).hint = "Use a procedure.";
    } else if (protected_depth_ > 0 || handler_depth_ > 0) {
        error("2D000", word + " is not allowed inside of a block with handlers", node.span);
    }
    if (node.message != nullptr) {
        analyse(node.message);
        coerce(node.message, code_type(TypeKind::kVarchar), "the message");
    }
    return true;
}

// The place that is written to: a variable, or a field or element of one. `given`, of a value for a whole RECORD, gives
// it its shape.
CodeType Analyser::analyse_target(Target& target, const CodeType* given) {
    Expression* root = target.place;
    while (root->kind == ExpressionKind::kField || root->kind == ExpressionKind::kIndex) {
        root = root->children[0];
    }
    if (root->kind != ExpressionKind::kName) {
        error("42601", "a value can only be put into a variable, a field or an element", target.place->span);
        return error_type();
    }
    const int32_t found = find_variable(root->parts[0].name);
    const bool was_read = found >= 0 && code_.variables[static_cast<size_t>(found)].read;
    const CodeType type = analyse(target.place);
    root = target.place;
    while (root->kind == ExpressionKind::kField || root->kind == ExpressionKind::kIndex) {
        root = root->children[0];
    }
    if (root->kind != ExpressionKind::kName || root->variable < 0) {
        return error_type();
    }
    Variable& variable = code_.variables[static_cast<size_t>(root->variable)];
    if (root->variable == found) {
        variable.read = was_read;
    }
    if (variable.constant) {
        error("22005", "variable \"" + variable.name + "\" is CONSTANT", target.place->span);
    }
    variable.written = true;
    if (target.place == root && variable.type.form == TypeForm::kRecord) {
        variable.type.type = catalog::Type();
        if (given != nullptr && (given->is(TypeKind::kStruct) || given->form == TypeForm::kRecord)) {
            variable.type.type = given->type;
        }
        root->type = variable.type;
        return variable.type;
    }
    if (target.place->kind == ExpressionKind::kIndex && target.place->children[0]->type.is(TypeKind::kVarchar)) {
        error("42804", "a character of a text cannot be assigned", target.place->span);
        return error_type();
    }
    return type;
}

// A row into targets: one record takes it whole, otherwise one column each. `row` is absent for dynamic SQL.
void Analyser::assign_row(std::vector<Target>& targets, const SqlDescription* row, Span where) {
    CodeType shape = code_type(TypeKind::kStruct);
    if (row != nullptr) {
        shape.type.children = row->columns;
    }
    if (targets.size() == 1) {
        const CodeType type = analyse_target(targets[0], row != nullptr ? &shape : nullptr);
        const bool record = type.form == TypeForm::kRecord ||
                            (type.is(TypeKind::kStruct) && (row == nullptr || row->columns.size() != 1 ||
                                                            row->columns[0].type.kind != TypeKind::kStruct));
        if (record) {
            if (row != nullptr && type.is(TypeKind::kStruct) && cast_kind(shape, type) == CastKind::kNone) {
                error("42804", "the row does not fit " + type_text(type), where);
            }
            return;
        }
    } else {
        for (Target& target : targets) {
            analyse_target(target, nullptr);
        }
    }
    if (row == nullptr) {
        return;
    }
    if (row->columns.size() != targets.size()) {
        error("42601",
              "the query gives " + std::to_string(row->columns.size()) + " columns for " +
                  std::to_string(targets.size()) + " targets",
              where);
        return;
    }
    for (size_t i = 0; i < targets.size(); ++i) {
        const CodeType& type = targets[i].place->type;
        CodeType column;
        column.type = row->columns[i].type;
        if (!type.is_error() && cast_kind(column, type) == CastKind::kNone) {
            error("42804",
                  "column \"" + row->columns[i].name + "\" is " + type_text(column) + " and does not fit " +
                      type_text(type),
                  targets[i].place->span);
        }
    }
}

bool Analyser::analyse_return(Return& node) {
    returns_somewhere_ = returns_somewhere_ || node.value != nullptr;
    const bool set = code_.signature->returns_set;
    const bool takes_value = !set && result_.form != TypeForm::kVoid && code_.out_variables.empty();
    if (node.value != nullptr) {
        analyse(node.value);
        if (!takes_value) {
            error("42804", set ? "RETURN of a set takes no value" : "RETURN takes no value here", node.value->span)
                .hint = set ? "Use RETURN NEXT or RETURN QUERY." : "";
            return false;
        }
        coerce(node.value, result_, "the result");
    } else if (takes_value && !result_.is_error()) {
        error("42601", "RETURN needs a value", node.span);
    }
    return false;
}

void Analyser::analyse_return_next(ReturnNext& node) {
    if (!code_.signature->returns_set) {
        error("42804", "RETURN NEXT stands in code that returns no set", node.span);
    }
    if (node.value != nullptr) {
        analyse(node.value);
        if (!code_.out_variables.empty()) {
            error("42804", "RETURN NEXT takes no value here: it gives the OUT columns", node.value->span);
        } else {
            coerce(node.value, result_, "the row");
        }
    } else if (code_.out_variables.empty()) {
        error("42601", "RETURN NEXT needs a value", node.span);
    }
    for (const int32_t variable : code_.out_variables) {
        code_.variables[static_cast<size_t>(variable)].read = true;
    }
}

void Analyser::analyse_return_query(ReturnQuery& node) {
    if (!code_.signature->returns_set) {
        error("42804", "RETURN QUERY stands in code that returns no set", node.span);
    }
    if (node.dynamic != nullptr) {
        analyse(node.dynamic);
        coerce(node.dynamic, code_type(TypeKind::kVarchar), "the text of EXECUTE");
        for (Expression*& argument : node.arguments) {
            analyse(argument);
        }
        return;
    }
    node.query.index = add_sql(node.query, "");
    if (node.query.index < 0 || result_.is_error() || result_.form == TypeForm::kRecord) {
        return;
    }
    CodeType row = code_type(TypeKind::kStruct);
    row.type.children = code_.sql[static_cast<size_t>(node.query.index)].description.columns;
    CodeType expected = result_;
    if (!result_.is(TypeKind::kStruct)) {
        expected = code_type(TypeKind::kStruct);
        expected.type.children.push_back({"", result_.type});
    }
    if (row.type.children.size() != expected.type.children.size()) {
        error("42804",
              "the query gives " + std::to_string(row.type.children.size()) + " columns, the function returns " +
                  std::to_string(expected.type.children.size()),
              node.query.span);
    } else if (cast_kind(row, expected) == CastKind::kNone) {
        error("42804", "the rows of the query do not fit the result: " + type_text(row), node.query.span);
    }
}

void Analyser::analyse_texts(std::vector<Expression*>& values) {
    for (Expression*& value : values) {
        analyse(value);
        coerce(value, code_type(TypeKind::kVarchar), "the value");
    }
}

void Analyser::analyse_raise(Raise& node) {
    if (node.rethrow && handler_depth_ == 0) {
        error("0Z002", "RAISE without a message stands outside of a handler", node.span);
    }
    size_t places = 0;
    for (size_t i = 0; i < node.format.size(); ++i) {
        if (node.format[i] == '%') {
            const bool doubled = i + 1 < node.format.size() && node.format[i + 1] == '%';
            places += doubled ? 0 : 1;
            i += doubled ? 1 : 0;
        }
    }
    if (places != node.arguments.size()) {
        error("42601",
              "the format has " + std::to_string(places) + " places for " + std::to_string(node.arguments.size()) +
                  " values",
              node.format_span);
    }
    analyse_texts(node.arguments);
    for (auto& [option, value] : node.options) {
        analyse(value);
        coerce(value, code_type(TypeKind::kVarchar), "the option");
        if (option == RaiseOption::kErrcode && value->kind == ExpressionKind::kString && !is_sqlstate(value->text) &&
            sqlstate_of_condition(value->text).empty()) {
            error("42704", "condition \"" + value->text + "\" does not exist", value->span);
        }
        if (option == RaiseOption::kMessage && (node.has_format || !node.condition.empty()) && node.has_format) {
            error("42601", "RAISE has two messages", value->span);
        }
    }
}

void Analyser::analyse_sql(SqlStatement& node) {
    node.sql.index = add_sql(node.sql, "");
    if (node.sql.index < 0) {
        return;
    }
    const SqlDescription description = code_.sql[static_cast<size_t>(node.sql.index)].description;
    if (!node.into.empty()) {
        if (description.columns.empty()) {
            error("42601", "INTO stands in a statement that gives no rows", node.span);
            return;
        }
        assign_row(node.into, &description, node.span);
    } else if (node.sql.is_query && !node.perform && !description.columns.empty() && !description.writes) {
        error("42601", "the rows of this query go nowhere", node.sql.span).hint =
            "Use PERFORM to drop them, or INTO to keep one.";
    }
}

void Analyser::analyse_call_statement(Call& node) {
    const auto overloads = settings_.lookup != nullptr ? settings_.lookup->overloads(node.call->parts)
                                                       : std::vector<std::shared_ptr<const Signature>>();
    const bool procedure = std::any_of(overloads.begin(), overloads.end(),
                                       [](const auto& one) { return one->kind == CodeKind::kProcedure; });
    if (overloads.empty() || !procedure) {
        const std::string& name = node.call->parts.back().name;
        std::vector<std::string> names =
            settings_.lookup != nullptr ? settings_.lookup->names() : std::vector<std::string>();
        error(overloads.empty() ? "42883" : "42809",
              overloads.empty() ? "procedure \"" + name + "\" does not exist" : "\"" + name + "\" is no procedure",
              node.call->span)
            .hint = overloads.empty() ? did_you_mean(name, names) : "Use PERFORM.";
        return;
    }
    node.call->type = call_code(node.call, overloads, true);
    if (node.call->function < 0) {
        return;
    }
    const Signature& signature = *code_.callees[static_cast<size_t>(node.call->function)];
    for (size_t i = 0; i < signature.parameters.size(); ++i) {
        const ParameterMode mode = signature.parameters[i].mode;
        if (mode != ParameterMode::kOut && mode != ParameterMode::kInOut) {
            continue;
        }
        Expression*& argument = node.call->children[i];
        if (argument != nullptr && argument->kind == ExpressionKind::kCast && argument->type_name == nullptr) {
            argument = argument->children[0];
        }
        if (argument == nullptr || argument->kind != ExpressionKind::kName) {
            error("42601", "parameter \"" + signature.parameters[i].name + "\" gives a value: it needs a variable",
                  argument == nullptr ? node.call->span : argument->span);
            continue;
        }
        Target target{argument};
        const CodeType type = analyse_target(target, nullptr);
        if (!type.is_error() && cast_kind(signature.parameters[i].type, type) == CastKind::kNone) {
            error("42804",
                  "parameter \"" + signature.parameters[i].name + "\" is " + type_text(signature.parameters[i].type) +
                      " and does not fit " + type_text(type),
                  argument->span);
        }
    }
}

int32_t Analyser::find_cursor(const NamePart& name) {
    const int32_t variable = find_variable(name.name);
    if (variable >= 0 && code_.variables[static_cast<size_t>(variable)].type.form != TypeForm::kCursor) {
        error("42804", "variable \"" + name.name + "\" is no cursor", name.span);
        return -1;
    }
    if (variable < 0) {
        error("34000", "cursor \"" + name.name + "\" does not exist", name.span).hint =
            did_you_mean(name.name, visible_names());
        return -1;
    }
    code_.variables[static_cast<size_t>(variable)].read = true;
    return variable;
}

void Analyser::analyse_cursor(BodyStatement& statement) {
    if (statement.kind == BodyKind::kClose) {
        auto& node = static_cast<CloseCursor&>(statement);
        node.variable = find_cursor(node.cursor);
        return;
    }
    if (statement.kind == BodyKind::kFetch) {
        auto& node = static_cast<Fetch&>(statement);
        node.variable = find_cursor(node.cursor);
        if (node.count != nullptr) {
            analyse(node.count);
            coerce(node.count, code_type(TypeKind::kBigInt), "the number of rows");
        }
        const int32_t bound = node.variable < 0 ? -1 : code_.variables[static_cast<size_t>(node.variable)].cursor;
        const int32_t sql = bound < 0 ? -1 : code_.cursors[static_cast<size_t>(bound)].sql;
        if (!node.move) {
            const SqlDescription row = sql < 0 ? SqlDescription() : code_.sql[static_cast<size_t>(sql)].description;
            assign_row(node.into, sql < 0 ? nullptr : &row, node.span);
        }
        return;
    }
    auto& node = static_cast<OpenCursor&>(statement);
    node.variable = find_cursor(node.cursor);
    const int32_t bound = node.variable < 0 ? -1 : code_.variables[static_cast<size_t>(node.variable)].cursor;
    if (node.has_query) {
        node.query.index = add_sql(node.query, "");
    } else if (node.dynamic != nullptr) {
        analyse(node.dynamic);
        coerce(node.dynamic, code_type(TypeKind::kVarchar), "the text of EXECUTE");
        for (Expression*& argument : node.arguments) {
            analyse(argument);
        }
        return;
    } else if (node.variable >= 0 && bound < 0) {
        error("42P11", "cursor \"" + node.cursor.name + "\" has no query of its own", node.cursor.span).hint =
            "Write OPEN " + node.cursor.name + " FOR and a query.";
    }
    if (bound >= 0 && (node.has_query || node.dynamic != nullptr)) {
        error("42P11", "cursor \"" + node.cursor.name + "\" has a query of its own", node.cursor.span);
    }
    const size_t takes = bound < 0 ? 0 : code_.cursors[static_cast<size_t>(bound)].parameters.size();
    if (node.arguments.size() != takes) {
        error("42601", "cursor \"" + node.cursor.name + "\" takes " + std::to_string(takes) + " arguments",
              node.cursor.span);
        return;
    }
    for (size_t i = 0; i < takes; ++i) {
        const int32_t parameter = code_.cursors[static_cast<size_t>(bound)].parameters[i];
        analyse(node.arguments[i]);
        coerce(node.arguments[i], code_.variables[static_cast<size_t>(parameter)].type, "an argument");
    }
}

}  // namespace kodiak::language
