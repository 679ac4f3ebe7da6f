#pragma once

// What each command of the program does. Each returns the program's exit code and reports its errors itself.

#include <string_view>

#include "base/result/result.hpp"
#include "cli/command_line.hpp"
#include "cli/output.hpp"

namespace kodiak::cli {

// kodiak sql DB: runs statements from -c, -f or the standard input.
int run_sql(const CommandLine& line, Output& output);
// kodiak import DB TABLE FILE...: loads files into a table, all or none.
int run_import(const CommandLine& line, Output& output);
// kodiak check DB: verifies everything; names each damaged place.
int run_check(const CommandLine& line, Output& output);

// kodiak test DB [NAME]: runs the tests that are stored in the database.
int run_test(const CommandLine& line, Output& output);
// kodiak timeline ACTION DB: log, show, heads, verify, proof.
int run_timeline(const CommandLine& line, Output& output);
// kodiak changes DB TABLE: what commits did to a table, once or following it.
int run_changes(const CommandLine& line, Output& output);
// kodiak snapshot ACTION DB: create, list, drop.
int run_snapshot(const CommandLine& line, Output& output);
// kodiak watermark ACTION DB: create, list, advance, drop.
int run_watermark(const CommandLine& line, Output& output);
// kodiak backup DB TARGET: a copy that is whole at one moment.
int run_backup(const CommandLine& line, Output& output);
// kodiak restore BACKUP DB: a database from a backup, checked.
int run_restore(const CommandLine& line, Output& output);

// Writes an error to stderr as people read it; `file_name` is where its position counts from, may be empty.
void report_error(const Error& error, std::string_view file_name);
// Writes what code reports to stderr: `NOTICE: text`.
void report_notice(const std::string& level, const Error& text);

}  // namespace kodiak::cli
