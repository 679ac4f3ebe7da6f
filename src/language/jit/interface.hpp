#pragma once

// What compiled code, its runtime and the code generator agree upon. Private to the folder.
//
// Compiled code names no address of this process: it reaches programs by their number in the unit and the runtime by
// symbols, so that its object file can be kept on disk. Offsets of the structs below are part of the machine code.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "language/compiled_function.hpp"
#include "language/jit/unit.hpp"

namespace kodiak::language {

class CompiledMachine;

// What every compiled function gets as its first argument.
struct JitContext {
    uint32_t fuel = 0;   // loops and calls since the last look at cancel, clock and memory
    uint32_t depth = 1;  // calls that are open
    uint32_t depth_most = 0;
    uint32_t unused = 0;
    uintptr_t stack_end = 0;     // calls must not go below
    Value* scratch = nullptr;    // registers for instructions of functions without objects
    Value* arguments = nullptr;  // objects among the arguments of the current row
    Value* result = nullptr;     // an object that the root returns
    CompiledMachine* machine = nullptr;
};
static_assert(offsetof(JitContext, stack_end) == 16 && offsetof(JitContext, result) == 40);

// Loops and calls between two looks; the interpreter's number, so that both notice limits at the same place.
constexpr uint32_t kJitFuel = 2048;

// What a compiled function says when it ends, and a step of the interpreter on its behalf.
constexpr int kJitFailed = 0;
constexpr int kJitNext = 1;   // for functions: a value
constexpr int kJitOther = 2;  // for functions: NULL; for steps: it jumps

// The entries of a unit's machine code.
using ScalarEntry = int32_t (*)(JitContext*, const Value* arguments, Value* result);
// Returns the first row that was not done: `count` unless one failed.
using BatchEntry = uint64_t (*)(JitContext*, const BatchColumn* arguments, const BatchResult* result,
                                const uint32_t* rows, uint64_t first, uint64_t count);

struct RuntimeSymbol {
    const char* name;
    void* address;
};

// The code generator, in a library of its own that is loaded when the first function is hot (decision 0010). Safe from
// many threads, which wait for each other. Strings called `problem` are empty when it went well.
class CodeGenerator {
   public:
    struct Object {
        std::string bytes;  // an object file
        std::string listing;
        std::string problem;
    };
    struct Linked {
        ScalarEntry scalar = nullptr;
        BatchEntry batch = nullptr;
        std::shared_ptr<void> owner;  // frees the code
        std::string problem;
    };
    enum class Listing : uint8_t { kNone, kIr, kAssembly };
    virtual ~CodeGenerator() = default;
    // What its code depends on: version of LLVM and of this generator, processor and its features.
    virtual std::string identity() const = 0;
    virtual Object compile(const JitUnit& unit, Listing listing) = 0;
    virtual Linked link(const std::string& object) = 0;
};

// The one symbol of the generator's library; the generator lives as long as the process. Returns nullptr and says why
// in `problem` if the two were not built together or LLVM does not work here.
using MakeCodeGenerator = CodeGenerator* (*)(const char* build, const RuntimeSymbol* symbols, size_t count,
                                             const char** problem);
constexpr const char* kMakeCodeGenerator = "kodiak_make_code_generator";

}  // namespace kodiak::language
