// Instructions of SQL, RAISE, calls and cursors.

#include "language/lexer/words.hpp"
#include "language/program/emitter.hpp"

namespace kodiak::language {

using catalog::TypeKind;

void Emitter::sql_related(const BodyStatement& node) {
    switch (node.kind) {
        case BodyKind::kReturnNext:
            return return_next(static_cast<const ReturnNext&>(node));
        case BodyKind::kReturnQuery:
            return return_query(static_cast<const ReturnQuery&>(node));
        case BodyKind::kRaise:
            return raise(static_cast<const Raise&>(node));
        case BodyKind::kAssertQuery:
            return assert_query(static_cast<const AssertQuery&>(node));
        case BodyKind::kSql: {
            const auto& sql = static_cast<const SqlStatement&>(node);
            return rows_into(run_sql(sql.sql.index, node.span), sql.into, sql.strict, node.span);
        }
        case BodyKind::kExecute: {
            const auto& execute = static_cast<const Execute&>(node);
            return rows_into(run_text(execute.text, execute.arguments, node.span), execute.into, execute.strict,
                             node.span);
        }
        case BodyKind::kCall:
            return call_statement(static_cast<const Call&>(node));
        case BodyKind::kDiagnostics:
            return diagnostics(static_cast<const GetDiagnostics&>(node));
        case BodyKind::kOpen:
            return open(static_cast<const OpenCursor&>(node));
        case BodyKind::kFetch:
            return fetch(static_cast<const Fetch&>(node));
        case BodyKind::kClose:
            emit(Op::kCloseCursor, variable(static_cast<const CloseCursor&>(node).variable), 0, 0, 0, node.span);
            return;
        default:
            return;
    }
}

// Starts a SQL text of the code in a slot of its own.
uint16_t Emitter::run_sql(int32_t sql, Span where) {
    const uint16_t slot = take_slot();
    const SqlUse& use = code_.sql[static_cast<size_t>(sql)];
    const Register first = block_of(use.parameters);
    emit(Op::kRunSql, slot, first, use.parameters.size(), sql, where);
    return slot;
}

uint16_t Emitter::run_text(const Expression* text, const std::vector<Expression*>& arguments, Span where) {
    const uint16_t slot = take_slot();
    std::vector<Expression*> all{const_cast<Expression*>(text)};
    std::vector<CodeType> types;
    for (Expression* one : arguments) {
        all.push_back(one);
        types.push_back(one->type);
    }
    const Register first = block_of(all);
    program_->parameter_types.push_back(std::move(types));
    emit(Op::kRunText, slot, first, arguments.size(), static_cast<int64_t>(program_->parameter_types.size()) - 1,
         where);
    return slot;
}

// The first row goes to the targets; without targets all rows are run through.
void Emitter::rows_into(uint16_t slot, const std::vector<Target>& into, bool strict, Span where) {
    if (into.empty()) {
        emit(Op::kDrainRows, slot, 0, 0, 0, where);
        emit(Op::kFoundRows, program_->found, 0, 0, 0, where);
        return;
    }
    const Register row = take(Class::kObject);
    const size_t none = emit(Op::kFetchRow, row, slot, 0, 0, where);
    if (strict) {
        const Register second = take(Class::kObject);
        const size_t single = emit(Op::kFetchRow, second, slot, 0, 0, where);
        emit(Op::kFail, 0, 0, 0, static_cast<int>(Failure::kTooManyRows), where);
        patch(single);
    }
    store_row(into, row, where);
    emit(Op::kDrainRows, slot, 1, 0, 0, where);
    emit(Op::kMove, program_->found, constant(Value::boolean(true), code_type(TypeKind::kBoolean)), 0, 0, where);
    const size_t end = emit(Op::kJump, 0, 0, 0, 0, where);
    patch(none);
    if (strict) {
        emit(Op::kFail, 0, 0, 0, static_cast<int>(Failure::kNoData), where);
    }
    set_null(into, where);
    emit(Op::kDrainRows, slot, 1, 0, 0, where);
    emit(Op::kMove, program_->found, constant(Value::boolean(false), code_type(TypeKind::kBoolean)), 0, 0, where);
    patch(end);
}

void Emitter::return_next(const ReturnNext& node) {
    if (node.value != nullptr) {
        emit(Op::kYield, value(node.value), 0, 0, 0, node.span);
        return;
    }
    const Register first = take(Class::kObject, code_.out_variables.size());
    for (size_t i = 0; i < code_.out_variables.size(); ++i) {
        emit(Op::kAssign, first + i, variable(code_.out_variables[i]), 0, 0, node.span);
    }
    if (!code_.signature->result.is(TypeKind::kStruct)) {
        emit(Op::kYield, first, 0, 0, 0, node.span);
        return;
    }
    const Register row = take(Class::kObject);
    emit(Op::kMakeRecord, row, first, code_.out_variables.size(), type_index(code_.signature->result.type), node.span);
    emit(Op::kYield, row, 0, 0, 0, node.span);
}

void Emitter::return_query(const ReturnQuery& node) {
    const uint16_t slot = node.dynamic != nullptr ? run_text(node.dynamic, node.arguments, node.span)
                                                  : run_sql(node.query.index, node.span);
    emit(Op::kYieldRows, slot, take(Class::kObject), 0, type_index(code_.signature->result.type), node.span);
    emit(Op::kFoundRows, program_->found, 0, 0, 0, node.span);
}

void Emitter::raise(const Raise& node) {
    if (node.rethrow) {
        emit(Op::kRethrow, 0, 0, 0, 0, node.span);
        return;
    }
    RaiseSite site;
    site.level = node.level;
    site.has_format = node.has_format || !node.condition.empty();
    site.format = node.has_format ? node.format : node.condition;
    site.sqlstate = node.sqlstate;
    site.arguments = node.arguments.size();
    std::vector<Expression*> values = node.arguments;
    for (const auto& [option, expression] : node.options) {
        site.options.push_back(option);
        values.push_back(expression);
    }
    const Register first = block_of(values);
    program_->raises.push_back(std::move(site));
    emit(Op::kRaise, 0, first, values.size(), static_cast<int64_t>(program_->raises.size()) - 1, node.span);
}

void Emitter::assert_query(const AssertQuery& node) {
    if (node.assertion == AssertQuery::Kind::kRaises) {
        // The statement runs under a handler for its code; reaching its end is the failure.
        const size_t push = emit(Op::kPushHandler, 0, 0, 0, 0, node.span);
        emit(Op::kDrainRows, run_sql(node.queries[0].index, node.span), 0, 0, 0, node.span);
        emit(Op::kPopHandler, 0, 0, 0, 0, node.span);
        program_->sqlstates.push_back(node.sqlstate);
        emit(Op::kRunExpected, 0, 0, 0, static_cast<int64_t>(program_->sqlstates.size()) - 1, node.span);
        patch(push);
        program_->conditions.push_back({{false, node.sqlstate, node.span}});
        const size_t other = emit(Op::kCatch, 0, 0, program_->conditions.size() - 1, 0, node.span);
        emit(Op::kEndCatch, 0, 0, 0, 0, node.span);
        const size_t end = emit(Op::kJump, 0, 0, 0, 0, node.span);
        patch(other);
        emit(Op::kRethrow, 0, 0, 0, 0, node.span);
        patch(end);
        return;
    }
    const uint16_t first = run_sql(node.queries[0].index, node.queries[0].span);
    if (node.assertion == AssertQuery::Kind::kEmpty) {
        emit(Op::kExpectNoRow, first, 0, 0, 0, node.span);
        return;
    }
    const uint16_t second = run_sql(node.queries[1].index, node.queries[1].span);
    emit(Op::kCompareRows, first, second, node.in_order ? 1 : 0, 0, node.span);
}

void Emitter::call_statement(const Call& node) {
    const Signature& signature = *code_.callees[static_cast<size_t>(node.call->function)];
    const Register row = take(Class::kObject);
    // OUT parameters are given as NULL, INOUT ones as their variable's value in the parameter's type.
    Expression given = *node.call;
    std::vector<const Expression*> places(given.children.size(), nullptr);
    std::vector<Expression> casts;
    casts.reserve(given.children.size());
    for (size_t i = 0; i < given.children.size(); ++i) {
        const ParameterMode mode = signature.parameters[i].mode;
        if (mode != ParameterMode::kOut && mode != ParameterMode::kInOut) {
            continue;
        }
        places[i] = given.children[i];
        if (mode == ParameterMode::kInOut && !given.children[i]->type.same(signature.parameters[i].type)) {
            Expression& cast = casts.emplace_back();
            cast.kind = ExpressionKind::kCast;
            cast.span = given.children[i]->span;
            cast.type = signature.parameters[i].type;
            cast.children.push_back(given.children[i]);
            given.children[i] = &cast;
        }
    }
    std::vector<Expression*> inputs;
    for (size_t i = 0; i < given.children.size(); ++i) {
        if (signature.parameters[i].mode != ParameterMode::kOut) {
            inputs.push_back(given.children[i]);
        }
    }
    const Register first = block_of(inputs);
    size_t place = 0;
    for (size_t i = 0; i < given.children.size(); ++i) {
        if (signature.parameters[i].mode == ParameterMode::kOut) {
            continue;
        }
        if (given.children[i] == nullptr && signature.parameters[i].has_default) {
            auto supplier = std::make_shared<Signature>();
            supplier->code = signature.parameters[i].default_code;
            supplier->name = signature.name;
            supplier->result = signature.parameters[i].type;
            program_->callees.push_back(supplier);
            emit(Op::kCall, first + place, 0, 0, static_cast<int64_t>(program_->callees.size()) - 1, node.span);
        }
        ++place;
    }
    emit(Op::kCall, row, first, inputs.size(), node.call->function, node.span);
    int64_t column = 0;
    for (size_t i = 0; i < places.size(); ++i) {
        if (places[i] == nullptr) {
            continue;
        }
        const Temporaries temporaries(*this);
        const Register result = temporary(signature.parameters[i].type);
        emit(Op::kField, result, row, 0, column++, node.span);
        store({const_cast<Expression*>(places[i])}, result, signature.parameters[i].type);
    }
}

void Emitter::diagnostics(const GetDiagnostics& node) {
    for (const auto& [target, item] : node.items) {
        const Temporaries temporaries(*this);
        const bool number = item == DiagnosticsItem::kRowCount;
        const CodeType type = code_type(number ? TypeKind::kBigInt : TypeKind::kVarchar);
        const Register result = temporary(type);
        const Op op = number ? Op::kRowCount : item == DiagnosticsItem::kContext ? Op::kContext : Op::kStacked;
        emit(op, result, 0, 0, static_cast<int>(item), node.span);
        store(target, result, type);
    }
}

// Fills a bound cursor's parameters and starts its query.
void Emitter::open_bound(int32_t cursor_variable, const std::vector<Expression*>& arguments,
                         const std::vector<std::string>& names, Span where) {
    const BoundCursor& cursor =
        code_.cursors[static_cast<size_t>(code_.variables[static_cast<size_t>(cursor_variable)].cursor)];
    for (size_t i = 0; i < arguments.size(); ++i) {
        size_t place = i;
        for (size_t k = 0; i < names.size() && !names[i].empty() && k < cursor.parameter_names.size(); ++k) {
            place = same_name(cursor.parameter_names[k], names[i]) ? k : place;
        }
        value_to(arguments[i], variable(cursor.parameters[place]));
    }
    const uint16_t slot = run_sql(cursor.sql, where);
    emit(Op::kOpenCursor, variable(cursor_variable), slot, cursor.scroll ? 1 : 0, name_index(cursor.name), where);
}

void Emitter::open(const OpenCursor& node) {
    if (!node.has_query && node.dynamic == nullptr) {
        return open_bound(node.variable, node.arguments, node.argument_names, node.span);
    }
    const uint16_t slot = node.dynamic != nullptr ? run_text(node.dynamic, node.arguments, node.span)
                                                  : run_sql(node.query.index, node.span);
    emit(Op::kOpenCursor, variable(node.variable), slot, node.scroll ? 1 : 0, name_index(node.cursor.name), node.span);
}

void Emitter::fetch(const Fetch& node) {
    const Register count = node.count != nullptr ? value(node.count) : kNoRegister;
    if (node.move) {
        emit(Op::kMoveCursor, program_->found, variable(node.variable), count, static_cast<int>(node.direction),
             node.span);
        return;
    }
    const Register row = take(Class::kObject);
    emit(Op::kFetchCursor, row, variable(node.variable), count, static_cast<int>(node.direction), node.span);
    emit(Op::kIsNotNull, program_->found, row, 0, 0, node.span);
    const size_t none = emit(Op::kJumpIfNull, row, 0, 0, 0, node.span);
    store_row(node.into, row, node.span);
    const size_t end = emit(Op::kJump, 0, 0, 0, 0, node.span);
    patch(none);
    set_null(node.into, node.span);
    patch(end);
}

}  // namespace kodiak::language
