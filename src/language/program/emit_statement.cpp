// Instructions of blocks, control flow and assignments.

#include "language/lexer/words.hpp"
#include "language/program/emitter.hpp"

namespace kodiak::language {

using catalog::TypeKind;

void Emitter::statements(const Statements& list) {
    for (const BodyStatement* one : list) {
        if (too_large_) {
            return;  // FINALLY inside of FINALLY would go on doubling
        }
        const Temporaries temporaries(*this);
        statement(*one);
    }
}

void Emitter::statement(const BodyStatement& node) {
    switch (node.kind) {
        case BodyKind::kBlock:
            return block(static_cast<const Block&>(node));
        case BodyKind::kLet:
            return let(static_cast<const Let&>(node));
        case BodyKind::kAssign: {
            const auto& assignment = static_cast<const Assign&>(node);
            const Expression* place = assignment.target.place;
            const Expression* given = assignment.value;
            const bool plain = place->kind == ExpressionKind::kName && place->type.same(given->type) &&
                               given->type.form == TypeForm::kValue &&
                               !code_.variables[static_cast<size_t>(place->variable)].not_null;
            if (plain) {
                return value_to(given, variable(place->variable));  // each instruction reads before it writes
            }
            return store(assignment.target, value(given), given->type);
        }
        case BodyKind::kReturn:
            return return_statement(static_cast<const Return&>(node));
        case BodyKind::kAssert: {
            const auto& assertion = static_cast<const Assert&>(node);
            const Register condition = value(assertion.condition);
            // The message is computed only when it is needed.
            const size_t fine = emit(Op::kJumpIfTrue, condition, 0, 0, 0, node.span);
            const Register message = assertion.message != nullptr ? value(assertion.message) : kNoRegister;
            emit(Op::kAssertTrue, condition, message, 0, 0, assertion.condition->span);
            patch(fine);
            return;
        }
        case BodyKind::kTransaction: {
            const auto& end = static_cast<const TransactionEnd&>(node);
            const Register message = end.message != nullptr ? value(end.message) : kNoRegister;
            emit(end.commit ? Op::kCommit : Op::kRollback, message, 0, 0, 0, node.span);
            return;
        }
        case BodyKind::kIf:
        case BodyKind::kCase:
        case BodyKind::kLoop:
        case BodyKind::kWhile:
        case BodyKind::kForRange:
        case BodyKind::kForQuery:
        case BodyKind::kForeach:
        case BodyKind::kJump:
        case BodyKind::kNull:
            return control(node);
        default:
            return sql_related(node);
    }
}

void Emitter::control(const BodyStatement& node) {
    switch (node.kind) {
        case BodyKind::kIf:
            return if_statement(static_cast<const If&>(node));
        case BodyKind::kCase:
            return case_statement(static_cast<const Case&>(node));
        case BodyKind::kForRange:
            return range(static_cast<const ForRange&>(node));
        case BodyKind::kForQuery:
            return query_loop(static_cast<const ForQuery&>(node));
        case BodyKind::kForeach:
            return foreach (static_cast<const Foreach&>(node));
        case BodyKind::kJump:
            return jump(static_cast<const Jump&>(node));
        case BodyKind::kNull:
            return;
        default:
            return loop(static_cast<const Loop&>(node));
    }
}

void Emitter::block(const Block& node) {
    for (const Declaration& one : node.declarations) {
        const Temporaries temporaries(*this);
        declaration(one);
    }
    const bool guarded = !node.handlers.empty() || node.has_finally;
    Context context;
    context.label = node.label;
    context.protects = guarded ? &node : nullptr;
    contexts_.push_back(context);
    const size_t push = guarded ? emit(Op::kPushHandler, 0, 0, 0, 0, node.span) : 0;
    statements(node.statements);
    std::vector<size_t> ends;
    if (guarded) {
        emit(Op::kPopHandler, 0, 0, 0, 0, node.span);
        contexts_.back().protects = nullptr;
        if (node.has_finally) {
            statements(node.finally);
        }
        ends.push_back(emit(Op::kJump, 0, 0, 0, 0, node.span));
        patch(push);
        handlers(node, ends);
    }
    std::vector<size_t> exits = std::move(contexts_.back().exits);
    contexts_.pop_back();
    exits.insert(exits.end(), ends.begin(), ends.end());
    for (const size_t exit : exits) {
        patch(exit);
    }
}

// The error's way: each handler in turn, FINALLY behind it; an error that nobody takes goes on after FINALLY.
void Emitter::handlers(const Block& node, std::vector<size_t>& ends) {
    // An error inside of a handler runs FINALLY too: the handlers are guarded once more.
    Block only_finally;
    only_finally.has_finally = node.has_finally;
    only_finally.finally = node.finally;
    size_t guard = 0;
    contexts_.back().in_handler = true;
    if (node.has_finally) {
        guard = emit(Op::kPushHandler, 0, 1, 0, 0, node.span);
        contexts_.back().protects = &only_finally;
    }
    std::vector<size_t> handled;
    for (const ExceptionHandler& handler : node.handlers) {
        const Temporaries temporaries(*this);
        program_->conditions.push_back(handler.conditions);
        const size_t next = emit(Op::kCatch, 0, 0, program_->conditions.size() - 1, 0, handler.span);
        emit(Op::kErrorTexts, variable(code_.sqlstate), variable(code_.sqlerrm), 0, 0, handler.span);
        statements(handler.statements);
        if (node.has_finally) {
            emit(Op::kPopHandler, 0, 0, 0, 0, handler.span);
        }
        emit(Op::kEndCatch, 0, 0, 0, 0, handler.span);
        handled.push_back(emit(Op::kJump, 0, 0, 0, 0, handler.span));
        patch(next);
    }
    if (node.has_finally) {
        emit(Op::kPopHandler, 0, 0, 0, 0, node.span);
        contexts_.back().protects = nullptr;
        statements(node.finally);
    }
    emit(Op::kRethrow, 0, 0, 0, 0, node.span);
    if (node.has_finally) {
        patch(guard);
        statements(node.finally);
        emit(Op::kRethrow, 0, 0, 0, 0, node.span);
        const size_t around = here();
        contexts_.back().in_handler = false;
        for (const size_t jump : handled) {
            program_->code[jump].d = static_cast<int32_t>(around);
        }
        if (!handled.empty()) {
            statements(node.finally);
        }
        return;
    }
    contexts_.back().in_handler = false;
    ends.insert(ends.end(), handled.begin(), handled.end());
}

void Emitter::declaration(const Declaration& node) {
    if (node.kind != Declaration::Kind::kVariable || node.variable < 0) {
        if (node.variable >= 0) {
            emit(Op::kNull, variable(node.variable), 0, 0, 0, node.name.span);
        }
        return;
    }
    const Register place = variable(node.variable);
    if (node.value == nullptr) {
        emit(Op::kNull, place, 0, 0, 0, node.name.span);
        return;
    }
    value_to(node.value, place);
    if (node.not_null) {
        emit(Op::kCheckNotNull, place, 0, 0, name_index(node.name.name), node.value->span);
    }
}

void Emitter::let(const Let& node) {
    if (node.value == nullptr) {
        return declaration(node.names[0]);
    }
    const Register row = value(node.value);
    for (size_t i = 0; i < node.names.size(); ++i) {
        emit(Op::kField, variable(node.names[i].variable), row, 0, static_cast<int64_t>(i), node.span);
    }
}

void Emitter::if_statement(const If& node) {
    std::vector<size_t> ends;
    for (size_t i = 0; i < node.branches.size(); ++i) {
        const std::vector<size_t> next = jump_unless(node.branches[i].condition);
        statements(node.branches[i].statements);
        if (node.has_else || i + 1 < node.branches.size()) {
            ends.push_back(emit(Op::kJump, 0, 0, 0, 0, node.span));
        }
        for (const size_t jump : next) {
            patch(jump);
        }
    }
    statements(node.otherwise);
    for (const size_t jump : ends) {
        patch(jump);
    }
}

void Emitter::case_statement(const Case& node) {
    std::vector<size_t> ends;
    for (const Case::Branch& branch : node.branches) {
        std::vector<size_t> inside;
        for (const Expression* one : branch.values) {
            const Temporaries temporaries(*this);
            inside.push_back(emit(Op::kJumpIfTrue, value(one), 0, 0, 0, one->span));
        }
        const size_t next = emit(Op::kJump, 0, 0, 0, 0, node.span);
        for (const size_t jump : inside) {
            patch(jump);
        }
        statements(branch.statements);
        ends.push_back(emit(Op::kJump, 0, 0, 0, 0, node.span));
        patch(next);
    }
    if (node.has_else) {
        statements(node.otherwise);
    } else {
        emit(Op::kFail, 0, 0, 0, static_cast<int>(Failure::kCaseNotFound), node.span);
    }
    for (const size_t jump : ends) {
        patch(jump);
    }
}

// The statements of a loop; CONTINUE leads to `continue_at`, or to behind the statements if that is 0.
void Emitter::body_of(const LoopStatement& node, std::vector<size_t>& exits, size_t continue_at) {
    Context context;
    context.label = node.label;
    context.is_loop = true;
    contexts_.push_back(context);
    statements(node.statements);
    const std::vector<size_t> jumps = std::move(contexts_.back().continues);
    const std::vector<size_t> left = std::move(contexts_.back().exits);
    contexts_.pop_back();
    exits.insert(exits.end(), left.begin(), left.end());
    for (const size_t jump : jumps) {
        program_->code[jump].d = static_cast<int32_t>(continue_at == 0 ? here() : continue_at);
    }
}

void Emitter::loop(const Loop& node) {
    const size_t start = here();
    std::vector<size_t> exits;
    if (node.condition != nullptr) {
        exits = jump_unless(node.condition);
    }
    body_of(node, exits, 0);
    emit(Op::kLoop, 0, 0, 0, static_cast<int64_t>(start), node.span);
    for (const size_t jump : exits) {
        patch(jump);
    }
}

void Emitter::range(const ForRange& node) {
    const Register limits = take(Class::kBare, 3);  // last, step, count so far
    value_to(node.last, limits);
    if (node.step != nullptr) {
        value_to(node.step, static_cast<Register>(limits + 1));
    } else {
        emit(Op::kMove, limits + 1, constant(Value::integer(1), code_type(TypeKind::kBigInt)), 0, 0, node.span);
    }
    value_to(node.first, static_cast<Register>(limits + 2));
    std::vector<size_t> exits{emit(Op::kForStart, limits, 0, node.reverse ? 1 : 0, 0, node.first->span)};
    const size_t start = here();
    emit(Op::kMove, variable(node.variable), limits + 2, 0, 0, node.name.span);
    body_of(node, exits, 0);
    emit(Op::kForNext, limits, 0, node.reverse ? 1 : 0, static_cast<int64_t>(start), node.span);
    for (const size_t jump : exits) {
        patch(jump);
    }
}

void Emitter::query_loop(const ForQuery& node) {
    uint16_t slot = 0;
    if (node.over_cursor) {
        open_bound(node.cursor_variable, node.arguments, {}, node.span);
    } else {
        slot = node.dynamic != nullptr ? run_text(node.dynamic, node.arguments, node.span)
                                       : run_sql(node.query.index, node.span);
    }
    const Register row = take(Class::kObject);
    const Register any = take(Class::kBare);
    emit(Op::kMove, any, constant(Value::boolean(false), code_type(TypeKind::kBoolean)), 0, 0, node.span);
    const size_t start = here();
    std::vector<size_t> exits;
    if (node.over_cursor) {
        emit(Op::kFetchCursor, row, variable(node.cursor_variable), kNoRegister,
             static_cast<int>(FetchDirection::kNext), node.span);
        exits.push_back(emit(Op::kJumpIfNull, row, 0, 0, 0, node.span));
    } else {
        exits.push_back(emit(Op::kFetchRow, row, slot, 0, 0, node.span));
    }
    emit(Op::kMove, any, constant(Value::boolean(true), code_type(TypeKind::kBoolean)), 0, 0, node.span);
    store_row(node.targets, row, node.span);
    body_of(node, exits, 0);
    emit(Op::kLoop, 0, 0, 0, static_cast<int64_t>(start), node.span);
    for (const size_t jump : exits) {
        patch(jump);
    }
    // Leaving by RETURN or an error closes what is open with the call.
    if (node.over_cursor) {
        emit(Op::kCloseCursor, variable(node.cursor_variable), 0, 0, 0, node.span);
    } else {
        emit(Op::kCloseRows, slot, 0, 0, 0, node.span);
    }
    emit(Op::kMove, program_->found, any, 0, 0, node.span);
}

void Emitter::foreach (const Foreach& node) {
    const Register list = take(Class::kObject);
    value_to(node.list, list);
    const Register position = take(Class::kBare);
    CodeType item_type;
    item_type.type = node.list->type.type.children.empty() ? catalog::Type() : node.list->type.type.children[0].type;
    const Register item = temporary(item_type);
    emit(Op::kMove, position, constant(Value::integer(0), code_type(TypeKind::kBigInt)), 0, 0, node.span);
    const size_t start = here();
    std::vector<size_t> exits{emit(Op::kListNext, item, list, position, 0, node.list->span)};
    store(node.target, item, item_type);
    body_of(node, exits, 0);
    emit(Op::kLoop, 0, 0, 0, static_cast<int64_t>(start), node.span);
    for (const size_t jump : exits) {
        patch(jump);
    }
}

// Leaves the blocks above `depth`: their handlers end, their FINALLY runs.
void Emitter::unwind_to(size_t depth, Span where) {
    std::vector<Context> kept;
    while (contexts_.size() > depth) {
        Context context = std::move(contexts_.back());
        contexts_.pop_back();
        if (context.protects != nullptr) {
            emit(Op::kPopHandler, 0, 0, 0, 0, where);
        }
        if (context.in_handler) {
            emit(Op::kEndCatch, 0, 0, 0, 0, where);
        }
        if (context.protects != nullptr && context.protects->has_finally) {
            statements(context.protects->finally);
        }
        kept.push_back(std::move(context));
    }
    while (!kept.empty()) {
        contexts_.push_back(std::move(kept.back()));
        kept.pop_back();
    }
}

void Emitter::jump(const Jump& node) {
    const std::vector<size_t> skip = node.condition != nullptr ? jump_unless(node.condition) : std::vector<size_t>();
    for (size_t depth = contexts_.size(); depth > 0; --depth) {
        const Context& context = contexts_[depth - 1];
        if (node.label.name.empty() ? !context.is_loop : !same_name(context.label, node.label.name)) {
            continue;
        }
        // A block that is left keeps its own handlers to unwind; a loop has none.
        unwind_to(context.is_loop ? depth : depth - 1, node.span);
        const size_t instruction = emit(Op::kJump, 0, 0, 0, 0, node.span);
        (node.is_continue ? contexts_[depth - 1].continues : contexts_[depth - 1].exits).push_back(instruction);
        break;
    }
    for (const size_t one : skip) {
        patch(one);
    }
}

// Returns the OUT parameters, or nothing.
void Emitter::return_out(Span where) {
    if (code_.signature->returns_set || code_.out_variables.empty()) {
        emit(Op::kReturn, kNoRegister, 0, 0, 0, where);
        return;
    }
    if (code_.out_variables.size() == 1 && code_.definition.kind == CodeKind::kFunction) {
        emit(Op::kReturn, variable(code_.out_variables[0]), 0, 0, 0, where);
        return;
    }
    catalog::Type type;
    type.kind = TypeKind::kStruct;
    const Register first = take(Class::kObject, code_.out_variables.size());
    for (size_t i = 0; i < code_.out_variables.size(); ++i) {
        const Variable& out = code_.variables[static_cast<size_t>(code_.out_variables[i])];
        type.children.push_back({out.name, out.type.type});
        emit(Op::kAssign, first + i, variable(code_.out_variables[i]), 0, 0, where);
    }
    const Register row = take(Class::kObject);
    emit(Op::kMakeRecord, row, first, code_.out_variables.size(), type_index(type), where);
    emit(Op::kReturn, row, 0, 0, 0, where);
}

void Emitter::return_statement(const Return& node) {
    if (node.value == nullptr) {
        unwind_to(0, node.span);
        return return_out(node.span);
    }
    Register result = value(node.value);
    const bool finally = [&] {
        for (const Context& context : contexts_) {
            if (context.protects != nullptr && context.protects->has_finally) {
                return true;
            }
        }
        return false;
    }();
    if (finally) {
        // FINALLY may change the variable whose value is returned.
        const Register kept = temporary(node.value->type);
        assign(kept, result, node.value->type, node.span);
        result = kept;
    }
    unwind_to(0, node.span);
    emit(Op::kReturn, result, 0, 0, 0, node.span);
}

// Puts a value into a variable, a field or an element, cast to the place's type.
void Emitter::store(const Target& target, Register from, const CodeType& type) {
    const Expression* place = target.place;
    Register given = from;
    const bool record = place->type.form == TypeForm::kRecord || type.form != TypeForm::kValue;
    if (!record && !place->type.same(type)) {
        given = temporary(place->type);
        emit(Op::kCast, given, from, type_index(type.type), type_index(place->type.type), place->span);
    }
    if (place->kind == ExpressionKind::kName) {
        const Variable& variable_of = code_.variables[static_cast<size_t>(place->variable)];
        if (variable_of.not_null) {
            emit(Op::kCheckNotNull, given, 0, 0, name_index(variable_of.name), place->span);
        }
        assign(variable(place->variable), given, place->type, place->span);
        return;
    }
    // The position is read before anything changes. A variable's own object is changed in place (the machine copies one
    // that is shared); one further inside is copied, changed and put back.
    const Expression* container = place->children[0];
    const Register position = place->kind == ExpressionKind::kIndex ? value(place->children[1]) : kNoRegister;
    const bool direct = container->kind == ExpressionKind::kName;
    const Register changed = direct ? variable(container->variable) : take(Class::kObject);
    if (!direct) {
        value_to(container, changed);
    }
    if (place->kind == ExpressionKind::kIndex) {
        emit(Op::kStoreItem, changed, position, given, 0, place->span);
    } else if (container->type.form == TypeForm::kRecord) {
        emit(Op::kStoreFieldNamed, changed, given, type_index(place->type.type), name_index(place->text),
             place->name_span);
    } else {
        size_t index = 0;
        while (!same_name(container->type.type.children[index].name, place->text)) {
            ++index;
        }
        emit(Op::kStoreField, changed, given, type_index(container->type.type), static_cast<int64_t>(index),
             place->name_span);
    }
    if (!direct) {
        store({place->children[0]}, changed, container->type);
    }
}

void Emitter::store_row(const std::vector<Target>& targets, Register row, Span where) {
    const bool whole = targets.size() == 1 && targets[0].place->type.form == TypeForm::kRecord;
    if (whole) {
        store(targets[0], row, targets[0].place->type);
        return;
    }
    if (targets.size() == 1 && targets[0].place->type.is(TypeKind::kStruct)) {
        const Register converted = take(Class::kObject);
        emit(Op::kRecordTo, converted, row, 0, type_index(targets[0].place->type.type), where);
        store(targets[0], converted, targets[0].place->type);
        return;
    }
    for (size_t i = 0; i < targets.size(); ++i) {
        const Temporaries temporaries(*this);
        const CodeType& type = targets[i].place->type;
        const Register column = temporary(type);
        emit(Op::kColumn, column, row, type_index(type.type), static_cast<int64_t>(i), where);
        store(targets[i], column, type);
    }
}

void Emitter::set_null(const std::vector<Target>& targets, Span where) {
    for (const Target& target : targets) {
        const Temporaries temporaries(*this);
        const Register nothing = temporary(target.place->type);
        emit(Op::kNull, nothing, 0, 0, 0, where);
        store(target, nothing, target.place->type);
    }
}

}  // namespace kodiak::language
