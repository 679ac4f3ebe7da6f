#include "language/interpreter/machine.hpp"

#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/interpreter/dispatch.hpp"
#include "language/parser/conditions.hpp"

namespace kodiak::language {
namespace {

std::string state_of(const Error& error) {
    return error.raised_state.empty() ? std::string(sqlstate(error.code)) : error.raised_state;
}

}  // namespace

Error coded_error(std::string_view state, std::string message) {
    Error error = make_error(code_of_sqlstate(state), std::move(message));
    if (error.code == ErrorCode::kRaised) {
        error.raised_state = state;
        error.raised_condition = condition_of_sqlstate(state);
    }
    return error;
}

bool condition_fits(const HandlerCondition& condition, const Error& error) {
    const std::string state = state_of(error);
    if (condition.others) {
        return state != "57014" && state != "P0004";
    }
    const bool whole_class =
        condition.sqlstate.ends_with("000") && condition.sqlstate.substr(0, 2) == state.substr(0, 2);
    return whole_class || condition.sqlstate == state;
}

std::string error_state(const Error& error) { return state_of(error); }

Machine::Machine(const CodeEnvironment& environment, const ProgramSource& programs)
    : environment_(environment),
      programs_(programs),
      meter_(std::make_shared<MemoryMeter>(environment.limits.memory_bytes)) {}

// Calls of one machine belong to one statement, which has one now(); a timeout counts for each call.
void Machine::look_at_clock() {
    const bool timed = environment_.limits.timeout_micros > 0;
    if (environment_.clock == nullptr || (started_at_ != 0 && !timed)) {
        return;
    }
    const int64_t now = environment_.clock->now().micros;
    started_at_ = started_at_ == 0 ? now : started_at_;
    deadline_ = timed ? now + environment_.limits.timeout_micros : deadline_;
}

Status Machine::start(const std::shared_ptr<const Program>& program, std::vector<Value>& arguments) {
    look_at_clock();
    handlers_.clear();
    errors_.clear();
    portals_.clear();
    row_count = 0;
    failed_ = false;
    const LoadedProgram* loaded = last_ != nullptr && last_->program == program ? last_ : load(program);
    last_ = loaded;
    KODIAK_TRY(enter(loaded, nullptr));
    for (size_t i = 0; i < std::min(arguments.size(), program->parameters.size()); ++i) {
        r[program->parameters[i]] = std::move(arguments[i]);
    }
    next_ = program->code.data();
    return ok_status();
}

void Machine::attach() {
    attached_ = true;
    frames_.push_back({});
}

Error Machine::take_failure() {
    failed_ = false;
    return std::move(failure_.error);
}

Result<bool> Machine::resume(Value& result) {
    const Instruction* i = next_;
    while (i != nullptr) {
        i = kDispatch[static_cast<size_t>(i->op)](*this, i);
    }
    if (failed_) {
        return std::move(failure_.error);
    }
    const bool row = yielded_;
    yielded_ = false;
    result = std::move(handed_out_);
    handed_out_.set_null();
    return row;
}

const LoadedProgram* Machine::load(const std::shared_ptr<const Program>& program) {
    std::unique_ptr<LoadedProgram>& known = loaded_[program.get()];
    if (known == nullptr) {
        known = std::make_unique<LoadedProgram>();
        known->program = program;
        known->callees.resize(program->callees.size());
        for (const ProgramConstant& one : program->constants) {
            // Counts are not atomic: a run has its own copies of texts.
            known->constants.push_back(one.value.is_object() ? text_value(meter_, one.value.text()) : one.value);
        }
    }
    return known.get();
}

Error nested_too_deep(size_t most) {
    return coded_error("54001", "calls are nested deeper than " + std::to_string(most));
}

Status Machine::enter(const LoadedProgram* loaded, const Instruction* caller) {
    if (frames_.size() >= environment_.limits.call_depth) {
        return nested_too_deep(environment_.limits.call_depth);
    }
    const Program& program = *loaded->program;
    Frame frame;
    frame.loaded = loaded;
    frame.code = program.code.data();
    frame.caller = caller;
    frame.base = frames_.empty() ? 0 : frames_.back().base + frames_.back().loaded->program->registers;
    frame.slots = slots_.size();
    const size_t end = frame.base + program.registers;
    if (end > stack_.size()) {
        const size_t size = std::max(end, stack_.size() * 2);
        if (meter_->would_exceed(static_cast<int64_t>((size - stack_.size()) * sizeof(Value)))) {
            return coded_error("53200", "the code needs more memory than its limit");
        }
        meter_->add(static_cast<int64_t>((size - stack_.size()) * sizeof(Value)));
        stack_.resize(size);
    }
    slots_.resize(slots_.size() + program.slots);
    frames_.push_back(frame);
    r = stack_.data() + frame.base;
    for (size_t i = 0; i < program.constants.size(); ++i) {
        r[program.constants[i].where] = loaded->constants[i];
    }
    return ok_status();
}

void Machine::drop_frame() {
    const Frame& frame = frames_.back();
    const size_t end = frame.base + frame.loaded->program->registers;
    for (size_t i = frame.base; i < end; ++i) {
        stack_[i].set_null();
    }
    slots_.resize(frame.slots);
    frames_.pop_back();
    r = frames_.empty() ? nullptr : stack_.data() + frames_.back().base;
}

std::string Machine::place_text(const Program& program, const Instruction* at) {
    constexpr std::string_view kKinds[] = {"function", "procedure", "test", "block"};
    std::string text(kKinds[static_cast<size_t>(program.signature->kind)]);
    text += program.signature->name.empty() ? "" : " " + program.signature->name;
    const std::string_view statement = program.statement;
    const size_t offset = std::min(program.source.original(at->where), statement.size());
    const size_t body = std::min(program.source.offset, offset);
    const auto lines = std::count(statement.begin() + static_cast<ptrdiff_t>(body),
                                  statement.begin() + static_cast<ptrdiff_t>(offset), '\n');
    return text + " line " + std::to_string(lines + 1);
}

std::string Machine::context(const Instruction* i) const {
    std::string text;
    const Instruction* at = i;
    size_t shown = 0;
    for (auto frame = frames_.rbegin(); frame != frames_.rend() && at != nullptr; ++frame) {
        if (shown++ == kShownFrames) {
            return text + ", ...";
        }
        text += (text.empty() ? "" : ", ") + place_text(*frame->loaded->program, at);
        at = frame->caller;
    }
    return text;
}

const Instruction* Machine::fail(const Instruction* i, std::string_view state, std::string message) {
    return fail(i, coded_error(state, std::move(message)));
}

const Instruction* Machine::fail(const Instruction* i, Error error) {
    CaughtError caught;
    caught.error = std::move(error);
    return fail(i, std::move(caught));
}

// Gives the error its place and goes to the handler, if there is one.
const Instruction* Machine::fail(const Instruction* i, CaughtError caught) {
    const Program& running = program();
    if (caught.error.position.line == 0) {
        set_position(caught.error, running.statement, {running.source.original(i->where), 1});
    }
    if (caught.error.call_stack.empty()) {
        caught.error.call_stack = context(i);
    }
    if (attached_) {
        failed_ = true;
        failure_ = std::move(caught);
        return nullptr;
    }
    return unwind(std::move(caught));
}

const Instruction* Machine::unwind(CaughtError caught) {
    while (!handlers_.empty()) {
        const Handler handler = handlers_.back();
        handlers_.pop_back();
        while (frames_.size() > handler.frames) {
            drop_frame();
        }
        if (handler.marked) {
            Status undone = environment_.executor->undo_to(handler.mark);
            if (undone.ok()) {
                undone = environment_.executor->release(handler.mark);
            }
            if (!undone.ok()) {
                caught.error = undone.error();
                continue;
            }
        }
        errors_.resize(handler.errors);
        errors_.push_back(std::move(caught));
        return frames_.back().code + handler.target;
    }
    failed_ = true;
    failure_ = std::move(caught);
    while (!frames_.empty()) {
        drop_frame();
    }
    return nullptr;
}

const Instruction* Machine::push_handler(const Instruction* i) {
    Handler handler;
    handler.frames = frames_.size();
    handler.target = i->d;
    handler.errors = errors_.size();
    if (environment_.executor != nullptr) {
        const Result<uint64_t> mark = environment_.executor->mark();
        if (!mark.ok()) {
            return fail(i, mark.error());
        }
        handler.mark = *mark;
        handler.marked = true;
    }
    handlers_.push_back(handler);
    return i + 1;
}

const Instruction* Machine::pop_handler(const Instruction* i) {
    const Handler handler = handlers_.back();
    handlers_.pop_back();
    if (handler.marked) {
        const Status released = environment_.executor->release(handler.mark);
        if (!released.ok()) {
            return fail(i, released.error());
        }
    }
    return i + 1;
}

const Instruction* Machine::look_around(const Instruction* i, const Instruction* next) {
    fuel_ = 0;
    if (environment_.cancelled != nullptr && environment_.cancelled->load(std::memory_order_relaxed)) {
        return fail(i, "57014", "cancelled");
    }
    if (timed_out()) {
        return fail(i, "57014", "the statement ran longer than its timeout");
    }
    if (meter_->exceeded()) {
        return fail(i, "53200", "the code needs more memory than its limit");
    }
    return next;
}

const Instruction* Machine::call(const Instruction* i) {
    const LoadedProgram* loaded = frames_.back().loaded;
    const LoadedProgram*& callee = const_cast<LoadedProgram*>(loaded)->callees[static_cast<size_t>(i->d)];
    if (callee == nullptr) {
        const Signature& signature = *loaded->program->callees[static_cast<size_t>(i->d)];
        const std::shared_ptr<const Program> found = programs_.program(signature.code);
        if (found == nullptr) {
            return fail(i, programs_.problem(signature));
        }
        callee = load(found);
    }
    const Program& program = *callee->program;
    const size_t arguments = r + i->b - stack_.data();
    if (program.signature->strict) {
        for (size_t k = 0; k < i->c; ++k) {
            if (stack_[arguments + k].is_null()) {
                r[i->a].set_null();
                return i + 1;
            }
        }
    }
    if (const Instruction* go_on = safepoint(i, i); go_on != i) {
        return go_on;
    }
    if (const Status entered = enter(callee, i); !entered.ok()) {
        return fail(i, entered.error());
    }
    for (size_t k = 0; k < i->c; ++k) {
        r[program.parameters[k]] = stack_[arguments + k];
    }
    return program.code.data();
}

// RETURN: the result goes to the caller's register, or out.
const Instruction* Machine::leave(const Instruction* i) {
    Value result;
    if (i->a != kNoRegister) {
        result = r[i->a];
    }
    const Instruction* caller = frames_.back().caller;
    drop_frame();
    if (caller == nullptr) {
        handed_out_ = std::move(result);
        next_ = nullptr;
        return nullptr;
    }
    r[caller->a] = std::move(result);
    return caller + 1;
}

const Instruction* Machine::yield(const Instruction* i, const Value& row) {
    handed_out_ = row;
    yielded_ = true;
    next_ = i;
    return nullptr;
}

}  // namespace kodiak::language
