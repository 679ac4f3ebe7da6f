#include "database/backup.hpp"

#include <fmt/format.h>

#include "database/database.hpp"
#include "timeline/backup.hpp"

namespace kodiak::database {

namespace {

// Answers of the statements that go back to a point; nobody reads them.
class NoAnswers final : public ResultSink {
   public:
    Status begin(const std::vector<ResultColumn>&) override { return {}; }
    Status rows(const RowBatch&) override { return {}; }
    Status end(const Answer&) override { return {}; }
};

std::string in_words(const timeline::BackupReport& report) {
    return fmt::format("{} files, {} bytes copied, {} files kept; {} commits, head {}", report.files, report.bytes,
                       report.files_kept, report.head.size, report.head.id().hex());
}

}  // namespace

Result<std::string> back_up(const std::string& source, const std::string& target, bool incremental) {
    KODIAK_TRY_ASSIGN(const auto report,
                      timeline::back_up(timeline::Surroundings::real(), source, target, incremental));
    return in_words(report);
}

Result<std::string> restore_from_backup(const std::string& backup, const std::string& target,
                                        const std::optional<std::string>& point) {
    KODIAK_TRY_ASSIGN(const auto report,
                      timeline::restore_backup(timeline::Surroundings::real(), backup, target));
    if (point) {
        DatabaseOptions options;
        options.create_if_missing = false;
        KODIAK_TRY_ASSIGN(const auto database, Database::open(target, options));
        KODIAK_TRY_ASSIGN(const auto session, database->connect());
        NoAnswers ignored;
        KODIAK_TRY(session->execute_script("RESTORE DATABASE AS OF " + *point, ignored));
    }
    return in_words(report);
}

}  // namespace kodiak::database
