// Instructions of moves, logic, jumps, loops, calls, handlers and RAISE.

#include "language/diagnostics.hpp"
#include "language/interpreter/dispatch.hpp"
#include "language/parser/conditions.hpp"

namespace kodiak::language {
namespace {

const Instruction* move(Machine& m, const Instruction* i) {
    m.r[i->a].copy_bare(m.r[i->b]);
    return i + 1;
}

const Instruction* assign(Machine& m, const Instruction* i) {
    m.r[i->a] = m.r[i->b];
    return i + 1;
}

const Instruction* null(Machine& m, const Instruction* i) {
    m.r[i->a].set_null();
    return i + 1;
}

const Instruction* conjunction(Machine& m, const Instruction* i) {
    const Value& left = m.r[i->b];
    const Value& right = m.r[i->c];
    if (left.is_false() || right.is_false()) {
        m.r[i->a].set(int64_t{0});
    } else if (left.is_null() || right.is_null()) {
        m.r[i->a].set_null();
    } else {
        m.r[i->a].set(int64_t{1});
    }
    return i + 1;
}

const Instruction* disjunction(Machine& m, const Instruction* i) {
    const Value& left = m.r[i->b];
    const Value& right = m.r[i->c];
    if (left.is_true() || right.is_true()) {
        m.r[i->a].set(int64_t{1});
    } else if (left.is_null() || right.is_null()) {
        m.r[i->a].set_null();
    } else {
        m.r[i->a].set(int64_t{0});
    }
    return i + 1;
}

const Instruction* negation(Machine& m, const Instruction* i) {
    m.r[i->a].copy_bare(m.r[i->b]);
    if (!m.r[i->a].is_null()) {
        m.r[i->a].set(int64_t{m.r[i->a].integer() == 0});
    }
    return i + 1;
}

const Instruction* is_null(Machine& m, const Instruction* i) {
    m.r[i->a].set(int64_t{m.r[i->b].is_null()});
    return i + 1;
}
const Instruction* is_not_null(Machine& m, const Instruction* i) {
    m.r[i->a].set(int64_t{!m.r[i->b].is_null()});
    return i + 1;
}
const Instruction* is_true(Machine& m, const Instruction* i) {
    m.r[i->a].set(int64_t{m.r[i->b].is_true()});
    return i + 1;
}
const Instruction* is_false(Machine& m, const Instruction* i) {
    m.r[i->a].set(int64_t{m.r[i->b].is_false()});
    return i + 1;
}

const Instruction* jump(Machine& m, const Instruction* i) { return m.jump(i); }
const Instruction* loop(Machine& m, const Instruction* i) { return m.safepoint(i, m.jump(i)); }
const Instruction* jump_if_true(Machine& m, const Instruction* i) { return m.r[i->a].is_true() ? m.jump(i) : i + 1; }
const Instruction* jump_if_not_true(Machine& m, const Instruction* i) {
    return m.r[i->a].is_true() ? i + 1 : m.jump(i);
}
const Instruction* jump_if_false(Machine& m, const Instruction* i) { return m.r[i->a].is_false() ? m.jump(i) : i + 1; }
const Instruction* jump_if_null(Machine& m, const Instruction* i) { return m.r[i->a].is_null() ? m.jump(i) : i + 1; }

const Instruction* for_start(Machine& m, const Instruction* i) {
    const Value& last = m.r[i->a];
    const Value& step = m.r[i->a + 1];
    const Value& first = m.r[i->a + 2];
    if (last.is_null() || step.is_null() || first.is_null()) {
        return m.fail(i, "22004", "a bound of FOR is NULL");
    }
    if (step.integer() <= 0) {
        return m.fail(i, "22023", "the step of FOR must be greater than 0");
    }
    const bool none = i->c != 0 ? first.integer() < last.integer() : first.integer() > last.integer();
    return none ? m.jump(i) : i + 1;
}

// Compares before it adds, so the end of the type's range is no overflow.
const Instruction* for_next(Machine& m, const Instruction* i) {
    const int64_t last = m.r[i->a].integer();
    const auto step = static_cast<uint64_t>(m.r[i->a + 1].integer());
    Value& count = m.r[i->a + 2];
    const auto current = static_cast<uint64_t>(count.integer());
    const uint64_t left = i->c != 0 ? current - static_cast<uint64_t>(last) : static_cast<uint64_t>(last) - current;
    if (left < step) {
        return i + 1;
    }
    count.set(static_cast<int64_t>(i->c != 0 ? current - step : current + step));
    return m.safepoint(i, m.jump(i));
}

const Instruction* call(Machine& m, const Instruction* i) { return m.call(i); }
const Instruction* leave(Machine& m, const Instruction* i) { return m.leave(i); }
const Instruction* yield(Machine& m, const Instruction* i) { return m.yield(i + 1, m.r[i->a]); }
const Instruction* push_handler(Machine& m, const Instruction* i) { return m.push_handler(i); }
const Instruction* pop_handler(Machine& m, const Instruction* i) { return m.pop_handler(i); }

const Instruction* check_not_null(Machine& m, const Instruction* i) {
    if (!m.r[i->a].is_null()) {
        return i + 1;
    }
    return m.fail(i, "22004", "variable \"" + m.program().names[static_cast<size_t>(i->d)] + "\" must not be NULL");
}

const Instruction* failure(Machine& m, const Instruction* i) {
    switch (static_cast<Failure>(i->d)) {
        case Failure::kCaseNotFound:
            return m.fail(i, coded_error("20000", "no WHEN of CASE fits").with_hint("Add an ELSE."));
        case Failure::kNoReturn:
            return m.fail(i, "2F005", "the function reached its end without RETURN");
        case Failure::kNoData:
            return m.fail(i, "P0002", "the query gave no row");
        case Failure::kTooManyRows:
            return m.fail(i, "P0003", "the query gave more than one row");
        default:
            return m.fail(i, "22004", "the text of EXECUTE is NULL");
    }
}

std::string formatted(const RaiseSite& site, const Value* values) {
    std::string text;
    size_t used = 0;
    for (size_t at = 0; at < site.format.size(); ++at) {
        if (site.format[at] != '%' || site.arguments == 0) {
            text += site.format[at];
            at += site.format[at] == '%' && at + 1 < site.format.size() && site.format[at + 1] == '%' ? 1 : 0;
        } else if (at + 1 < site.format.size() && site.format[at + 1] == '%') {
            text += '%';
            ++at;
        } else if (used < site.arguments) {
            text += values[used].is_null() ? "<NULL>" : values[used].text();
            ++used;
        }
    }
    return text;
}

const Instruction* raise(Machine& m, const Instruction* i) {
    const RaiseSite& site = m.program().raises[static_cast<size_t>(i->d)];
    const Value* values = m.r + i->b;
    std::string state = site.sqlstate.empty() ? "P0001" : site.sqlstate;
    std::string message = site.has_format ? formatted(site, values) : "";
    CaughtError caught;
    std::string detail;
    std::string hint;
    for (size_t k = 0; k < site.options.size(); ++k) {
        const Value& value = values[site.arguments + k];
        if (value.is_null()) {
            return m.fail(i, "22004", "an option of RAISE is NULL");
        }
        switch (site.options[k]) {
            case RaiseOption::kMessage:
                message = value.text();
                break;
            case RaiseOption::kDetail:
                detail = value.text();
                break;
            case RaiseOption::kHint:
                hint = value.text();
                break;
            case RaiseOption::kErrcode:
                state = is_sqlstate(value.text()) ? value.text() : std::string(sqlstate_of_condition(value.text()));
                if (state.empty()) {
                    return m.fail(i, "42704", "condition \"" + value.text() + "\" does not exist");
                }
                break;
            default:
                caught.names[static_cast<size_t>(site.options[k]) - static_cast<size_t>(RaiseOption::kColumn)] =
                    value.text();
        }
    }
    if (message.empty()) {
        const std::string_view name = condition_of_sqlstate(state);
        message = name.empty() ? state : std::string(name);
    }
    caught.error = coded_error(state, std::move(message)).with_detail(std::move(detail)).with_hint(std::move(hint));
    if (site.level == RaiseLevel::kException) {
        return m.fail(i, std::move(caught));
    }
    if (m.environment().messages != nullptr) {
        const Program& program = m.program();
        set_position(caught.error, program.statement, {program.source.original(i->where), 1});
        m.environment().messages->message(site.level, caught.error);
    }
    return i + 1;
}

const Instruction* rethrow(Machine& m, const Instruction* i) {
    if (m.errors().empty()) {
        return m.fail(i, "0Z002", "there is no error to raise again");
    }
    CaughtError caught = std::move(m.errors().back());
    m.errors().pop_back();
    return m.fail(i, std::move(caught));
}

const Instruction* assert_true(Machine& m, const Instruction* i) {
    if (m.r[i->a].is_true()) {
        return i + 1;
    }
    const bool message = i->b != kNoRegister && !m.r[i->b].is_null();
    return m.fail(i, "P0004", message ? m.r[i->b].text() : "assertion failed");
}

const Instruction* catch_error(Machine& m, const Instruction* i) {
    const Error& error = m.errors().back().error;
    for (const HandlerCondition& condition : m.program().conditions[i->c]) {
        if (condition_fits(condition, error)) {
            return i + 1;
        }
    }
    return m.jump(i);
}

const Instruction* end_catch(Machine& m, const Instruction* i) {
    if (!m.errors().empty()) {
        m.errors().pop_back();
    }
    return i + 1;
}

const Instruction* error_texts(Machine& m, const Instruction* i) {
    const Error& error = m.errors().back().error;
    m.r[i->a] = text_value(m.meter(), error_state(error));
    m.r[i->b] = text_value(m.meter(), error.message);
    return i + 1;
}

const Instruction* stacked(Machine& m, const Instruction* i) {
    if (static_cast<DiagnosticsItem>(i->d) == DiagnosticsItem::kCommitId) {
        m.r[i->a].set_null();
        return i + 1;
    }
    if (m.errors().empty()) {
        return m.fail(i, "0Z002", "there is no error to ask about");
    }
    const CaughtError& caught = m.errors().back();
    std::string text;
    switch (static_cast<DiagnosticsItem>(i->d)) {
        case DiagnosticsItem::kReturnedSqlstate:
            text = error_state(caught.error);
            break;
        case DiagnosticsItem::kMessageText:
            text = caught.error.message;
            break;
        case DiagnosticsItem::kDetail:
            text = caught.error.detail;
            break;
        case DiagnosticsItem::kHint:
            text = caught.error.hint;
            break;
        case DiagnosticsItem::kExceptionContext:
            text = caught.error.call_stack;
            break;
        default:
            text = caught.names[static_cast<size_t>(i->d) - static_cast<size_t>(DiagnosticsItem::kColumnName)];
    }
    m.r[i->a] = text_value(m.meter(), std::move(text));
    return i + 1;
}

const Instruction* context(Machine& m, const Instruction* i) {
    m.r[i->a] = text_value(m.meter(), m.context(i));
    return i + 1;
}

const Instruction* expected_error(Machine& m, const Instruction* i) {
    return m.fail(i, "P0004", "the statement did not raise " + m.program().sqlstates[static_cast<size_t>(i->d)]);
}

DispatchTable make_table() {
    DispatchTable table{};
    add_number_instructions(table);
    add_flow_instructions(table);
    add_object_instructions(table);
    add_sql_instructions(table);
    return table;
}

}  // namespace

void add_flow_instructions(DispatchTable& table) {
    table[op_index(Op::kMove)] = move;
    table[op_index(Op::kAssign)] = assign;
    table[op_index(Op::kNull)] = null;
    table[op_index(Op::kAnd)] = conjunction;
    table[op_index(Op::kOr)] = disjunction;
    table[op_index(Op::kNot)] = negation;
    table[op_index(Op::kIsNull)] = is_null;
    table[op_index(Op::kIsNotNull)] = is_not_null;
    table[op_index(Op::kIsTrue)] = is_true;
    table[op_index(Op::kIsFalse)] = is_false;
    table[op_index(Op::kJump)] = jump;
    table[op_index(Op::kLoop)] = loop;
    table[op_index(Op::kJumpIfTrue)] = jump_if_true;
    table[op_index(Op::kJumpIfNotTrue)] = jump_if_not_true;
    table[op_index(Op::kJumpIfFalse)] = jump_if_false;
    table[op_index(Op::kJumpIfNull)] = jump_if_null;
    table[op_index(Op::kForStart)] = for_start;
    table[op_index(Op::kForNext)] = for_next;
    table[op_index(Op::kCall)] = call;
    table[op_index(Op::kReturn)] = leave;
    table[op_index(Op::kYield)] = yield;
    table[op_index(Op::kCheckNotNull)] = check_not_null;
    table[op_index(Op::kFail)] = failure;
    table[op_index(Op::kRaise)] = raise;
    table[op_index(Op::kRethrow)] = rethrow;
    table[op_index(Op::kAssertTrue)] = assert_true;
    table[op_index(Op::kPushHandler)] = push_handler;
    table[op_index(Op::kPopHandler)] = pop_handler;
    table[op_index(Op::kCatch)] = catch_error;
    table[op_index(Op::kErrorTexts)] = error_texts;
    table[op_index(Op::kEndCatch)] = end_catch;
    table[op_index(Op::kStacked)] = stacked;
    table[op_index(Op::kContext)] = context;
    table[op_index(Op::kRunExpected)] = expected_error;
}

const DispatchTable kDispatch = make_table();

}  // namespace kodiak::language
