// kodiak backup and kodiak restore: copies of a database, and databases from copies.

#include "cli/commands/commands.hpp"
#include "cli/commands/history_sql.hpp"
#include "database/backup.hpp"

namespace kodiak::cli {

namespace {

int answer(const Result<std::string>& done, Output& output) {
    if (!done.ok()) {
        return report(done.error());
    }
    const Status written = output.write(*done + "\n");
    return report(written.ok() ? output.flush() : written);
}

}  // namespace

int run_backup(const CommandLine& line, Output& output) {
    return answer(database::back_up(line.operands[0], line.operands[1], line.has("incremental")), output);
}

int run_restore(const CommandLine& line, Output& output) {
    const auto point = line.value("as-of");
    return answer(database::restore_from_backup(line.operands[0], line.operands[1],
                                                point ? std::optional(point_sql(*point)) : std::nullopt),
                  output);
}

}  // namespace kodiak::cli
