#pragma once

// The register machine that runs Programs: frames, handlers, running statements, limits.
//
// One Machine runs one call of code, with everything it calls. It has its own stack of frames, so depth is a number and
// not the C++ stack, and it can stop at RETURN NEXT and go on later. Each instruction is a function (dispatch.hpp); it
// returns the next instruction, or nullptr when the machine stops. Used by one thread at a time.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock/clock.hpp"
#include "language/code.hpp"
#include "language/program/program.hpp"

namespace kodiak::language {

// Loops and calls between two looks at cancel and clock: some microseconds.
constexpr uint32_t kSafepointFuel = 2048;
// Frames that a call stack shows.
constexpr size_t kShownFrames = 20;

// An error that a handler has caught, or that is on its way.
struct CaughtError {
    Error error;
    std::string names[5];  // column, constraint, table, schema, datatype
};

// A program with what this run needs of it.
struct LoadedProgram {
    std::shared_ptr<const Program> program;
    std::vector<Value> constants;               // of this run, in the program's order
    std::vector<const LoadedProgram*> callees;  // filled at the first call
};

struct Portal {
    bool open = false;
    bool scroll = false;
    std::shared_ptr<const catalog::Type> shape;
    std::unique_ptr<SqlRows> rows;  // not fetched yet
    std::vector<Value> fetched;     // of a SCROLL cursor: all rows so far
    int64_t position = 0;           // of the current row, from 1; 0 before the first
    bool at_end = false;
};

class Machine {
   public:
    Machine(const CodeEnvironment& environment, const ProgramSource& programs);

    // Begins a call; the one before has ended. Moves from `arguments`. Requires: they fit the program's parameters.
    Status start(const std::shared_ptr<const Program>& program, std::vector<Value>& arguments);
    // Goes on to the next row (true, in `result`) or to the end (false; `result` is what RETURN gave).
    Result<bool> resume(Value& result);
    const Meter& meter() const { return meter_; }
    // Microseconds at the start of the run: what now() says.
    int64_t started_at() const { return started_at_; }

    // For instructions.
    Value* r = nullptr;  // the registers of the current frame
    const Program& program() const { return *frames_.back().loaded->program; }
    const Instruction* fail(const Instruction* i, Error error);
    const Instruction* fail(const Instruction* i, std::string_view sqlstate, std::string message);
    const Instruction* fail(const Instruction* i, CaughtError caught);
    const Instruction* jump(const Instruction* i) const { return frames_.back().code + i->d; }
    // Goes on to `next`, or to where cancel, timeout or memory lead.
    const Instruction* safepoint(const Instruction* i, const Instruction* next) {
        return ++fuel_ < kSafepointFuel ? next : look_around(i, next);
    }
    const Instruction* call(const Instruction* i);
    const Instruction* leave(const Instruction* i);
    const Instruction* yield(const Instruction* i, const Value& row);
    const Instruction* push_handler(const Instruction* i);
    const Instruction* pop_handler(const Instruction* i);
    std::vector<CaughtError>& errors() { return errors_; }
    std::unique_ptr<SqlRows>& slot(uint16_t index) { return slots_[frames_.back().slots + index]; }
    std::map<std::string, Portal>& portals() { return portals_; }
    CodeEnvironment& environment() { return environment_; }
    std::string context(const Instruction* i) const;
    int64_t row_count = 0;  // of the last statement
    uint64_t portal_count = 0;

    // For compiled code, which keeps frames of its own and lends single instructions to this machine: one frame, no
    // handlers, and an error that only waits to be taken.
    const LoadedProgram* load(const std::shared_ptr<const Program>& program);
    void attach();  // instead of start()
    void lend(const LoadedProgram* loaded, Value* registers) {
        frames_.back().loaded = loaded;
        frames_.back().code = loaded->program->code.data();
        r = registers;
    }
    void look_at_clock();  // at the start of each call
    bool timed_out() const { return deadline_ != INT64_MAX && environment_.clock->now().micros >= deadline_; }
    Error take_failure();
    // Whether cancel, timeout or memory end the run here; if so, it has failed.
    bool may_go_on(const Instruction* i) { return look_around(i, i) == i; }
    // Where an instruction is, as a call stack shows it: "function f line 3".
    static std::string place_text(const Program& program, const Instruction* at);

   private:
    struct Frame {
        const LoadedProgram* loaded = nullptr;
        const Instruction* code = nullptr;
        const Instruction* caller = nullptr;  // the call in the frame below
        size_t base = 0;
        size_t slots = 0;
    };
    struct Handler {
        size_t frames = 0;
        int32_t target = 0;
        size_t errors = 0;
        uint64_t mark = 0;
        bool marked = false;
    };

    const Instruction* look_around(const Instruction* i, const Instruction* next);
    Status enter(const LoadedProgram* loaded, const Instruction* caller);
    void drop_frame();
    const Instruction* unwind(CaughtError caught);

    CodeEnvironment environment_;
    const ProgramSource& programs_;
    Meter meter_;
    std::vector<Value> stack_;
    std::vector<Frame> frames_;
    std::vector<Handler> handlers_;
    std::vector<CaughtError> errors_;
    std::vector<std::unique_ptr<SqlRows>> slots_;
    std::map<std::string, Portal> portals_;
    std::unordered_map<const Program*, std::unique_ptr<LoadedProgram>> loaded_;
    const LoadedProgram* last_ = nullptr;  // what start() began with
    const Instruction* next_ = nullptr;
    CaughtError failure_;
    bool failed_ = false;
    bool yielded_ = false;
    bool attached_ = false;
    Value handed_out_;
    uint32_t fuel_ = 0;
    int64_t deadline_ = INT64_MAX;
    int64_t started_at_ = 0;
};

}  // namespace kodiak::language
