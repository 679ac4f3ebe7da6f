#include "cli/program.hpp"

#include <unistd.h>
#include <csignal>
#include <cstdio>

#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output.hpp"
#include "database/database.hpp"

namespace kodiak::cli {

namespace {

int write_text(Output& output, const std::string& text) {
    Status status = output.write(text);
    if (status.ok()) {
        status = output.flush();
    }
    if (!status.ok()) {
        report_error(status.error(), "");
        return kExitError;
    }
    return kExitOk;
}

int run_command(const CommandLine& line, Output& output) {
    std::string_view name = line.command->name;
    if (name == "sql") {
        return run_sql(line, output);
    }
    if (name == "import") {
        return run_import(line, output);
    }
    if (name == "check") {
        return run_check(line, output);
    }
    if (name == "test") {
        return run_test(line, output);
    }
    if (name == "timeline") {
        return run_timeline(line, output);
    }
    if (name == "changes") {
        return run_changes(line, output);
    }
    if (name == "snapshot") {
        return run_snapshot(line, output);
    }
    if (name == "watermark") {
        return run_watermark(line, output);
    }
    if (name == "backup") {
        return run_backup(line, output);
    }
    if (name == "restore") {
        return run_restore(line, output);
    }
    if (name == "version") {
        return write_text(output, database::version_text() + "\n");
    }
    return write_text(output, *help_text(line.operands.empty() ? "" : line.operands[0]));
}

}  // namespace

int run_program(std::span<const std::string> words) {
    // A closed pipe is found by the write that fails, so that the database is closed before the program ends.
    std::signal(SIGPIPE, SIG_IGN);
    auto line = parse_command_line(words);
    if (!line) {
        const UsageError& problem = line.error();
        std::string help = problem.command.empty() ? "kodiak help" : "kodiak help " + std::string(problem.command);
        std::fprintf(stderr, "kodiak: %s\ntry: %s\n", problem.message.c_str(), help.c_str());
        return kExitUsage;
    }
    Output output(STDOUT_FILENO);
    int code = run_command(*line, output);
    if (output.closed()) {
        std::signal(SIGPIPE, SIG_DFL);
        std::raise(SIGPIPE);
    }
    return code;
}

}  // namespace kodiak::cli
