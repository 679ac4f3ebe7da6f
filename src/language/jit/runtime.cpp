#include "language/jit/compiled_machine.hpp"

#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "language/interpreter/dispatch.hpp"

namespace kodiak::language {
namespace {

constexpr uint64_t kRowsBetweenLooks = 2048;
constexpr size_t kChunkRegisters = 2048;
// What functions of the runtime and of the interpreter may need below compiled code.
constexpr size_t kStackReserve = size_t{256} << 10;

// The lowest address that compiled code may reach on this thread's stack.
uintptr_t stack_end_of_thread() {
    thread_local const uintptr_t end = [] {
        pthread_attr_t attributes;
        void* lowest = nullptr;
        size_t bytes = 0;
        if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
            return uintptr_t{0};
        }
        pthread_attr_getstack(&attributes, &lowest, &bytes);
        pthread_attr_destroy(&attributes);
        return reinterpret_cast<uintptr_t>(lowest) + std::min(kStackReserve, bytes / 2);
    }();
    return end;
}

}  // namespace

CompiledMachine::CompiledMachine(std::shared_ptr<const CompiledUnit> unit, const CodeEnvironment& environment)
    : unit_(std::move(unit)), environment_(narrowed(environment)), machine_(environment_, *unit_) {
    machine_.attach();
    for (const UnitFunction& function : unit_->unit().functions) {
        Frames frames;
        frames.loaded = machine_.load(function.program);
        for (size_t r = 0; r < function.ever.size(); ++r) {
            if ((function.ever[r] & view_bit(View::kObject)) != 0) {
                frames.objects.push_back(static_cast<uint16_t>(r));
            }
        }
        frames_.push_back(std::move(frames));
    }
    scratch_.resize(unit_->unit().registers_most);
    arguments_.resize(unit_->unit().columns.size());
    chunks_.emplace_back();
    context_.depth_most = static_cast<uint32_t>(std::min<size_t>(environment_.limits.call_depth, UINT32_MAX));
    context_.scratch = scratch_.data();
    context_.arguments = arguments_.data();
    context_.result = &result_;
    context_.machine = this;
}

CodeEnvironment CompiledMachine::narrowed(const CodeEnvironment& environment) const {
    CodeEnvironment own = environment;
    own.executor = nullptr;
    // The settings were checked when the function was defined.
    static_cast<void>(narrow_limits(own.limits, unit_->unit().functions[0].program->limits).ok());
    return own;
}

void CompiledMachine::begin() {
    machine_.look_at_clock();
    context_.stack_end = stack_end_of_thread();
}

void CompiledMachine::begin_row() {
    context_.fuel = 0;
    context_.depth = 1;
}

int CompiledMachine::step(Value* registers, uint32_t function, uint32_t at) {
    const Instruction* i = lend(registers, function, at);
    const Instruction* next = kDispatch[static_cast<size_t>(i->op)](machine_, i);
    return next == nullptr ? kJitFailed : next == i + 1 ? kJitNext : kJitOther;
}

int CompiledMachine::look(uint32_t function, uint32_t at) {
    const Instruction* i = lend(scratch_.data(), function, at);
    return machine_.may_go_on(i) ? kJitNext : kJitFailed;
}

void CompiledMachine::deep(uint32_t function, uint32_t at) {
    const Instruction* i = lend(scratch_.data(), function, at);
    if (context_.depth >= context_.depth_most) {
        machine_.fail(i, nested_too_deep(context_.depth_most));
    } else {
        give_up_ = true;
    }
}

void CompiledMachine::trace(uint32_t function, uint32_t at) {
    if (trace_.size() <= kShownFrames) {
        trace_.emplace_back(function, at);
    }
}

Value* CompiledMachine::enter(uint32_t function) {
    const LoadedProgram& loaded = *frames_[function].loaded;
    const size_t count = loaded.program->registers;
    if (chunks_[chunk_].used + count > chunks_[chunk_].registers.size()) {
        chunk_ += chunks_[chunk_].used > 0 ? 1 : 0;
        if (chunk_ == chunks_.size()) {
            chunks_.emplace_back();
        }
        if (chunks_[chunk_].registers.size() < count) {
            chunks_[chunk_].registers.resize(std::max(count, kChunkRegisters));
        }
    }
    Chunk& chunk = chunks_[chunk_];
    Value* registers = chunk.registers.data() + chunk.used;
    chunk.used += count;
    for (size_t k = 0; k < loaded.constants.size(); ++k) {
        if (loaded.constants[k].is_object()) {
            registers[loaded.program->constants[k].where] = loaded.constants[k];
        }
    }
    return registers;
}

void CompiledMachine::leave(uint32_t function) {
    const Frames& frames = frames_[function];
    Chunk& chunk = chunks_[chunk_];
    chunk.used -= frames.loaded->program->registers;
    Value* registers = chunk.registers.data() + chunk.used;
    for (const uint16_t r : frames.objects) {
        put_back(registers[r]);
    }
    chunk_ -= chunk.used == 0 && chunk_ > 0 ? 1 : 0;
}

// The error of the row that failed, with the calls that it went through.
Error CompiledMachine::take_error() {
    Error error = machine_.take_failure();
    for (size_t k = 0; k < trace_.size(); ++k) {
        if (k + 1 == kShownFrames) {
            error.call_stack += ", ...";
            break;
        }
        const Program& program = *frames_[trace_[k].first].loaded->program;
        error.call_stack += ", " + Machine::place_text(program, program.code.data() + trace_[k].second);
    }
    trace_.clear();
    return error;
}

Result<Value> CompiledMachine::interpret(std::vector<Value> arguments) {
    give_up_ = false;
    trace_.clear();
    Machine machine(environment_, *unit_);
    KODIAK_TRY(machine.start(unit_->unit().functions[0].program, arguments));
    Value result;
    KODIAK_TRY_ASSIGN(const bool more, machine.resume(result));
    static_cast<void>(more);
    return result;
}

Result<Value> CompiledMachine::call(std::span<const Value> arguments) {
    if (unit_->signature().strict &&
        std::any_of(arguments.begin(), arguments.end(), [](const Value& v) { return v.is_null(); })) {
        return Value();
    }
    begin();
    if (context_.depth_most == 0) {
        return nested_too_deep(0);
    }
    begin_row();
    Value result;
    if (unit_->linked().scalar(&context_, arguments.data(), &result) != kJitFailed) {
        return result;
    }
    if (give_up_) {
        return interpret({arguments.begin(), arguments.end()});
    }
    return take_error();
}

Status CompiledMachine::call_batch(std::span<const BatchColumn> arguments, const BatchResult& result,
                                   const uint32_t* rows, uint64_t count) {
    begin();
    if (context_.depth_most == 0) {
        return nested_too_deep(0);
    }
    uint64_t at = 0;
    while (at < count) {
        if (machine_.meter()->exceeded() ||
            (environment_.cancelled != nullptr && environment_.cancelled->load(std::memory_order_relaxed)) ||
            machine_.timed_out()) {
            look(0, 0);
            return take_error();
        }
        begin_row();
        const uint64_t end = std::min(count, at + kRowsBetweenLooks);
        at = unit_->linked().batch(&context_, arguments.data(), &result, rows, at, end);
        if (at == end) {
            continue;
        }
        if (!give_up_) {
            return take_error();
        }
        KODIAK_TRY(interpret_row(arguments, result, rows != nullptr ? rows[at] : at));
        ++at;
    }
    return ok_status();
}

// A row that compiled code gave up: its arguments as values, its result into the column.
Status CompiledMachine::interpret_row(std::span<const BatchColumn> arguments, const BatchResult& result, uint64_t row) {
    std::vector<Value> values;
    for (size_t k = 0; k < arguments.size(); ++k) {
        values.push_back(value_at(arguments[k], k, row));
    }
    KODIAK_TRY_ASSIGN(const Value value, interpret(std::move(values)));
    store_at(result, row, value);
    return ok_status();
}

Value CompiledMachine::value_at(const BatchColumn& column, size_t parameter, uint64_t row) const {
    const uint64_t at = column.selection != nullptr ? column.selection[row] : row;
    if (column.validity != nullptr && (column.validity[at / 64] >> (at % 64) & 1) == 0) {
        return {};
    }
    const ColumnLayout layout = unit_->unit().columns[parameter];
    const View view = unit_->unit().functions[0].parameters[parameter];
    const auto* data = static_cast<const uint8_t*>(column.data) + at * layout.bytes;
    switch (layout.kind) {
        case ColumnKind::kText:
            return text_value(machine_.meter(), std::string(reinterpret_cast<const StringRef*>(data)->view()));
        case ColumnKind::kValue:
            return *reinterpret_cast<const Value*>(data);
        case ColumnKind::kFloat: {
            float real = 0;
            std::memcpy(&real, data, sizeof real);
            return Value::real(static_cast<double>(real));
        }
        case ColumnKind::kDouble: {
            double real = 0;
            std::memcpy(&real, data, sizeof real);
            return Value::real(real);
        }
        default:
            break;
    }
    // The sign fills what the column's width leaves free.
    const bool negative = layout.kind == ColumnKind::kSigned && (data[layout.bytes - 1] & 0x80) != 0;
    int128 number = negative ? -1 : 0;
    std::memcpy(&number, data, layout.bytes);
    return view == View::kHuge ? Value::huge(number) : Value::integer(static_cast<int64_t>(number));
}

void CompiledMachine::store_at(const BatchResult& result, uint64_t row, const Value& value) const {
    if (value.is_null()) {
        result.validity[row / 64] &= ~(uint64_t{1} << (row % 64));
        return;
    }
    const ColumnLayout layout = unit_->unit().result_column;
    auto* data = static_cast<uint8_t*>(result.data) + row * layout.bytes;
    switch (layout.kind) {
        case ColumnKind::kText:
            *reinterpret_cast<StringRef*>(data) =
                value.text().size() <= StringRef::kInlineBytes
                    ? StringRef(value.text())
                    : StringRef(std::string_view(result.texts->keep(value.text()), value.text().size()));
            return;
        case ColumnKind::kValue:
            *reinterpret_cast<Value*>(data) = value;
            return;
        case ColumnKind::kFloat: {
            const auto real = static_cast<float>(value.real());
            std::memcpy(data, &real, sizeof real);
            return;
        }
        default: {
            const int128 bits = value.huge();
            std::memcpy(data, &bits, layout.bytes);
        }
    }
}

bool CompiledUnit::is_current(const ProgramSource& programs) const {
    for (size_t i = 0; i < unit_.codes.size(); ++i) {
        if (programs.program(unit_.codes[i]) != unit_.functions[i].program) {
            return false;
        }
    }
    return true;
}

std::shared_ptr<const Program> CompiledUnit::program(uint64_t code) const {
    for (size_t i = 0; i < unit_.codes.size(); ++i) {
        if (unit_.codes[i] == code) {
            return unit_.functions[i].program;
        }
    }
    return nullptr;
}

// Never asked for: the unit has the programs of all calls.
Error CompiledUnit::problem(const Signature& signature) const {
    return make_error(ErrorCode::kUndefinedFunction, "function \"" + signature.name + "\" is not part of the unit");
}

std::unique_ptr<CompiledRun> make_compiled_run(std::shared_ptr<const CompiledFunction> function,
                                               const CodeEnvironment& environment) {
    return std::make_unique<CompiledMachine>(std::static_pointer_cast<const CompiledUnit>(std::move(function)),
                                             environment);
}

namespace {

int runtime_step(JitContext* context, Value* registers, uint32_t function, uint32_t at) {
    return context->machine->step(registers, function, at);
}
int runtime_look(JitContext* context, uint32_t function, uint32_t at) { return context->machine->look(function, at); }
void runtime_deep(JitContext* context, uint32_t function, uint32_t at) { context->machine->deep(function, at); }
void runtime_trace(JitContext* context, uint32_t function, uint32_t at) { context->machine->trace(function, at); }
Value* runtime_enter(JitContext* context, uint32_t function) { return context->machine->enter(function); }
void runtime_leave(JitContext* context, uint32_t function) { context->machine->leave(function); }
void runtime_assign(Value* to, const Value* from) { *to = *from; }
void runtime_release(Value* value) { value->set_null(); }

// An item of a list, or nullptr where the list is NULL or ends before it.
const Value* runtime_item(const Value* list, int64_t position) {
    if (list->is_null()) {
        return nullptr;
    }
    const std::vector<Value>& items = list->items();
    const auto count = static_cast<int64_t>(items.size());
    const int64_t at = position < 0 ? count + position : position - 1;
    return at < 0 || at >= count ? nullptr : items.data() + at;
}

// An item that may be overwritten in place, or nullptr where the list has to be copied or to grow.
Value* runtime_slot(Value* list, int64_t position) {
    if (!list->is_sole() || list->object()->kind() != Object::Kind::kList) {
        return nullptr;
    }
    std::vector<Value>& items = static_cast<ListObject*>(list->object())->items;
    return position < 1 || static_cast<uint64_t>(position) > items.size() ? nullptr : items.data() + (position - 1);
}

}  // namespace

std::span<const RuntimeSymbol> runtime_symbols() {
    static const std::vector<RuntimeSymbol> symbols = [] {
        std::vector<RuntimeSymbol> all({
            {"kodiak_step", reinterpret_cast<void*>(runtime_step)},
            {"kodiak_look", reinterpret_cast<void*>(runtime_look)},
            {"kodiak_deep", reinterpret_cast<void*>(runtime_deep)},
            {"kodiak_trace", reinterpret_cast<void*>(runtime_trace)},
            {"kodiak_enter", reinterpret_cast<void*>(runtime_enter)},
            {"kodiak_leave", reinterpret_cast<void*>(runtime_leave)},
            {"kodiak_assign", reinterpret_cast<void*>(runtime_assign)},
            {"kodiak_release", reinterpret_cast<void*>(runtime_release)},
            {"kodiak_item", reinterpret_cast<void*>(runtime_item)},
            {"kodiak_slot", reinterpret_cast<void*>(runtime_slot)},
            {"kodiak_power", reinterpret_cast<void*>(static_cast<double (*)(double, double)>(std::pow))},
            {"kodiak_remainder", reinterpret_cast<void*>(static_cast<double (*)(double, double)>(std::fmod))},
            {"trunc", reinterpret_cast<void*>(static_cast<double (*)(double)>(std::trunc))},
            {"memcpy", reinterpret_cast<void*>(std::memcpy)},
            {"memmove", reinterpret_cast<void*>(std::memmove)},
            {"memset", reinterpret_cast<void*>(std::memset)},
        });
        add_text_symbols(all);
        return all;
    }();
    return symbols;
}

}  // namespace kodiak::language
