#include "cli/commands/commands.hpp"
#include "cli/program.hpp"
#include "database/database.hpp"

namespace kodiak::cli {

namespace {

Result<std::vector<database::Damage>> check_database(const std::string& path) {
    // Read-only, so that a check changes nothing and works beside a program that writes.
    database::DatabaseOptions options;
    options.read_only = true;
    options.create_if_missing = false;
    options.owner = "kodiak check";
    KODIAK_TRY_ASSIGN(auto database, database::Database::open(path, options));
    return database->check();
}

Status write_findings(const std::string& path, const std::vector<database::Damage>& findings, Output& output) {
    for (const auto& finding : findings) {
        KODIAK_TRY(output.write("damaged: " + finding.place + ": " + finding.problem + "\n"));
    }
    if (findings.empty()) {
        KODIAK_TRY(output.write(path + ": all is well\n"));
    } else {
        KODIAK_TRY(output.write(path + ": " + std::to_string(findings.size()) +
                                (findings.size() == 1 ? " damaged place\n" : " damaged places\n")));
    }
    return output.flush();
}

}  // namespace

int run_check(const CommandLine& line, Output& output) {
    const std::string& path = line.operands[0];
    auto findings = check_database(path);
    if (!findings.ok()) {
        report_error(findings.error(), "");
        return kExitError;
    }
    Status written = write_findings(path, *findings, output);
    if (!written.ok()) {
        report_error(written.error(), "");
        return kExitError;
    }
    return findings->empty() ? kExitOk : kExitError;
}

}  // namespace kodiak::cli
