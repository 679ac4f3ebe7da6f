#pragma once

// Opens the code generator's library. Private to the folder.

#include <string>

#include "language/jit/interface.hpp"

namespace kodiak::language {

// The process's generator from `path` (JitOptions::library). LLVM and ORC keep tables and memory for the whole process,
// so there is one per library, opened at the first call and never closed. Error: kUnsupported.
Result<CodeGenerator*> open_code_generator(const std::string& path);

}  // namespace kodiak::language
