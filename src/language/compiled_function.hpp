#pragma once

// Compiled PL-Grizzly functions: machine code for whole columns or for one call.
//
// What       A CompiledFunction is the machine code of one function with all that it calls. A CompiledRun calls it:
//            once with values, or over the rows of a batch, whose loop is part of the machine code.
// Why        The interpreter takes about 3 ns per instruction; machine code keeps numbers in processor registers.
// How        Jit (language/jit.hpp) makes them. Whatever is not inline machine code runs the interpreter's own
//            instruction functions, so values, NULLs and errors (SQLSTATE, message, place, call stack) are the same.
// Threads    A CompiledFunction is immutable and shared; a CompiledRun belongs to one thread at a time. `cancelled` of
//            the environment may be set from any thread.
// Ownership  A function keeps the programs that it was made from, so a run goes on with the code it started with.
// Errors     Those of the interpreter. A row that fails ends its batch; rows before it have their results.
// Cost       A batch costs about 100 ns and then what its rows take. See docs/testing/benchmarks.md.
// Not here   When to compile, caches: language/jit.hpp. Functions with SQL inside: they stay with the interpreter.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes/string_ref.hpp"
#include "base/result/result.hpp"
#include "language/code.hpp"

namespace kodiak::language {

// A column of arguments. Row k of the batch lies at selection[k], or at k without a selection. Bits of `validity` (by
// place, set: not NULL) may be absent. Data as catalog::Type::physical() says: numbers at their width, BOOLEAN as a
// byte, intervals as 16 bytes, texts and BLOBs as StringRef; lists, records and the like as language::Value. A constant
// is a column with a selection of zeros.
struct BatchColumn {
    const void* data = nullptr;
    const uint64_t* validity = nullptr;
    const uint32_t* selection = nullptr;
};

// Keeps result texts longer than a StringRef holds itself.
class TextSink {
   public:
    virtual ~TextSink() = default;
    // Returns where a copy of the text lies, for as long as the result is used.
    virtual const char* keep(std::string_view text) = 0;
};

// The result's column: row k of the batch goes to place k. The caller sets all bits of `validity` beforehand; NULL rows
// clear theirs. `texts` is needed for texts and BLOBs only. Lists and records count against the run's memory limit for
// as long as the caller keeps them.
struct BatchResult {
    void* data = nullptr;
    uint64_t* validity = nullptr;
    TextSink* texts = nullptr;
};

class CompiledFunction {
   public:
    virtual ~CompiledFunction() = default;
    virtual const Signature& signature() const = 0;
    // Whether `programs` would still run the same code: false once the function or one that it calls was replaced or
    // dropped. Takes a lookup per function called; ask before a batch.
    virtual bool is_current(const ProgramSource& programs) const = 0;
};

class CompiledRun {
   public:
    virtual ~CompiledRun() = default;
    // Calls the function once, as CodeLibrary::call does.
    virtual Result<Value> call(std::span<const Value> arguments) = 0;
    // Calls it for the rows named in `rows`, or for rows 0 to count - 1 if it is nullptr. Requires: one column per
    // parameter without OUT. The timeout counts from here.
    virtual Status call_batch(std::span<const BatchColumn> arguments, const BatchResult& result, const uint32_t* rows,
                              uint64_t count) = 0;
};

// Makes a run. The environment's executor is not used.
std::unique_ptr<CompiledRun> make_compiled_run(std::shared_ptr<const CompiledFunction> function,
                                               const CodeEnvironment& environment);

}  // namespace kodiak::language
