#pragma once

// CompiledCalls: batches of calls of a hot function through its machine code (language/compiled_function.hpp).
//
// What       Hands DuckDB's vectors to the compiled function as they lie: numbers, dates, times, decimals and texts
//            have the same layout. Calls with defaults or a VARIADIC rest, and arguments or results of other types,
//            stay with the interpreter.
// Threads    One thread: one per CallState.
// Errors     Those of the interpreter, thrown.

#include <memory>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "engine/code/code_call.hpp"
#include "language/compiled_function.hpp"
#include "language/jit.hpp"

namespace kodiak::engine {

class CompiledCalls {
   public:
    // All must outlive it.
    CompiledCalls(const CodeCall& call, const CodeCallRun& run, language::Jit* jit);

    // Calls the function for rows 0 to rows - 1 of the arguments; false, with nothing done, when it is not compiled.
    // Requires: `result` is a flat vector.
    bool run(const std::vector<duckdb::UnifiedVectorFormat>& arguments, size_t rows, duckdb::Vector& result);

   private:
    const CodeCall& call_;
    const CodeCallRun& calls_;
    language::Jit* const jit_;
    const bool fits_;
    std::shared_ptr<const language::CompiledFunction> function_;
    std::unique_ptr<language::CompiledRun> compiled_;
    std::vector<language::BatchColumn> columns_;
};

}  // namespace kodiak::engine
