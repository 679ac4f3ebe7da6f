#pragma once

// CompiledMachine: what a CompiledRun is. Private to the folder.

#include <string>
#include <utility>
#include <vector>

#include "language/jit/runtime.hpp"

namespace kodiak::language {

// One thread's use of a compiled unit: the machine that steps for it, registers in memory, the call stack of an error.
class CompiledMachine : public CompiledRun {
   public:
    CompiledMachine(std::shared_ptr<const CompiledUnit> unit, const CodeEnvironment& environment);
    Result<Value> call(std::span<const Value> arguments) override;
    Status call_batch(std::span<const BatchColumn> arguments, const BatchResult& result, const uint32_t* rows,
                      uint64_t count) override;

    // For compiled code.
    int step(Value* registers, uint32_t function, uint32_t at);
    int look(uint32_t function, uint32_t at);
    void deep(uint32_t function, uint32_t at);
    void trace(uint32_t function, uint32_t at);
    Value* enter(uint32_t function);
    void leave(uint32_t function);
    const Meter& meter() const { return machine_.meter(); }
    // An empty text to fill, one that was put back if there is one. The caller charges it.
    Value fresh_text();
    // Gives up an object; texts that nobody else holds are kept for the next use.
    void put_back(Value& value) {
        if (value.is_sole() && value.object()->kind() == Object::Kind::kText) {
            keep_text(value);
        } else {
            value.set_null();
        }
    }

   private:
    struct Chunk {
        std::vector<Value> registers;
        size_t used = 0;
    };
    struct Frames {
        const LoadedProgram* loaded = nullptr;
        std::vector<uint16_t> objects;  // registers that may hold one
    };
    const Instruction* lend(Value* registers, uint32_t function, uint32_t at) {
        const LoadedProgram* loaded = frames_[function].loaded;
        machine_.lend(loaded, registers);
        return loaded->program->code.data() + at;
    }
    void keep_text(Value& text);
    CodeEnvironment narrowed(const CodeEnvironment& environment) const;
    void begin();
    void begin_row();
    Error take_error();
    Result<Value> interpret(std::vector<Value> arguments);
    Status interpret_row(std::span<const BatchColumn> arguments, const BatchResult& result, uint64_t row);
    Value value_at(const BatchColumn& column, size_t parameter, uint64_t row) const;
    void store_at(const BatchResult& result, uint64_t row, const Value& value) const;

    std::shared_ptr<const CompiledUnit> unit_;
    CodeEnvironment environment_;
    Machine machine_;
    JitContext context_;
    std::vector<Frames> frames_;
    std::vector<Value> scratch_;
    std::vector<Value> arguments_;
    Value result_;
    std::vector<Chunk> chunks_;
    size_t chunk_ = 0;
    std::vector<Value> spare_texts_;
    std::vector<std::pair<uint32_t, uint32_t>> trace_;  // calls that an error went through
    bool give_up_ = false;                              // the interpreter has to run this row
};

// The part of runtime_symbols() that is about texts.
void add_text_symbols(std::vector<RuntimeSymbol>& symbols);

}  // namespace kodiak::language
