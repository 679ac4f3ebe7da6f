#pragma once

// Jit: decides when a function is compiled, compiles it in the background, and keeps the machine code.
//
// What       find() is asked before each batch of calls with how many they are. At first it answers nothing: the
//            caller interprets. A function that has become hot is compiled by a thread of its own; from then on find()
//            answers.
// Why        A first call must not wait for LLVM, and most functions are never worth it.
// How        The code generator and LLVM lie in libkodiak_jit.so, opened when the first function is hot. Object files
//            are kept in memory by the hash of what they were made from, and in a folder if one is given.
// Threads    Safe from many threads, but a ProgramSource is only used by the thread that passes it, during the call.
// Durability The folder's files may be lost or damaged at any time: a checksum is looked at, then code is made anew.
//            They are code that this process will run: the folder must be the user's own, never one that came with a
//            database.
// Errors     kUnsupported with the reason where a function cannot be compiled or LLVM is missing. find() never fails.
// Cost       find(): a map lookup under a lock. Compiling: about 20 ms for 50 lines. docs/testing/benchmarks.md.
// Not here   Calling: language/compiled_function.hpp. Inlining into SQL, profiles.

#include <memory>
#include <string>

#include "base/clock/clock.hpp"
#include "base/disk/disk.hpp"
#include "language/compiled_function.hpp"

namespace kodiak::language {

struct JitOptions {
    bool enabled = true;
    // The code generator; empty: libkodiak_jit.so beside the program, or in ../lib/kodiak from there.
    std::string library;
    // Where object files are kept; empty: nowhere. Needs `disk`.
    std::string cache_folder;
    std::shared_ptr<Disk> disk;
    std::shared_ptr<Clock> clock;  // tells compile times; absent: they are 0
    // Calls after which a function is hot; one with a loop or that calls itself becomes so a hundred times sooner.
    uint64_t hot_calls = 2'000;
};

// What EXPLAIN FUNCTION says.
struct FunctionReport {
    enum class State : uint8_t { kCold, kCompiling, kCompiled, kRefused, kFailed, kOff };
    State state = State::kCold;
    std::string reason;  // why it is interpreted: "a query at line 3", "called 12 times so far", "jit is off"
    std::string hash;    // of the code with all that it calls; empty where it cannot be compiled
    uint64_t calls = 0;
    int64_t compile_micros = 0;
    bool from_disk = false;  // its object file was found in the cache folder
};

class Jit {
   public:
    explicit Jit(JitOptions options);
    // Waits for a compilation that goes on; functions handed out live on.
    ~Jit();
    Jit(const Jit&) = delete;
    Jit& operator=(const Jit&) = delete;

    // The machine code of a function that is hot and compiled, and still what `programs` would run; nullptr otherwise.
    // `calls` are about to be made, and counted.
    std::shared_ptr<const CompiledFunction> find(const Signature& signature, const ProgramSource& programs,
                                                 uint64_t calls);
    // Compiles now, on this thread, whether or not it is hot. Also while switched off.
    Result<std::shared_ptr<const CompiledFunction>> compile(const Signature& signature, const ProgramSource& programs);
    // Where a function stands.
    FunctionReport report(const Signature& signature, const ProgramSource& programs) const;
    // The code as text, made anew: LLVM's IR after optimising, or assembly.
    Result<std::string> listing(const Signature& signature, const ProgramSource& programs, bool assembly);
    void set_enabled(bool enabled);
    // Waits until nothing is being compiled. For tests and measurements.
    void wait() const;

   private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace kodiak::language
