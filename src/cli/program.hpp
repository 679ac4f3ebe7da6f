#pragma once

// The program `kodiak`: parses the command line and runs one command.
//
// Exit codes 0 done, 1 error (told on stderr), 2 wrong usage. A reader that closes our pipe ends the program as SIGPIPE
//            would, quietly, but only after the database was closed.
// Threads    One call per process.

#include <span>
#include <string>

namespace kodiak::cli {

enum ExitCode : int { kExitOk = 0, kExitError = 1, kExitUsage = 2 };

// Runs the command that `words` (without the program's name) ask for, on the standard streams.
int run_program(std::span<const std::string> words);

}  // namespace kodiak::cli
