#pragma once

// TwinDatabases: a Kodiak database and a native DuckDB database that are given the same statements.
//
// What       run() gives a step to both and says what differs: one succeeds and the other fails, another number of
//            changed rows, other columns, other rows.
// How        Both run through database::Session. DuckDB goes first. What DuckDB's own tables cannot do and Kodiak can
//            (see kNativeLimits) is not tried on Kodiak: the step counts as failed on both.
// Rules      The order of rows counts only for steps that say so. An internal error of Kodiak is always a difference.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result/result.hpp"
#include "database/database.hpp"
#include "tests/differential/schema_model.hpp"

namespace kodiak::differential {

struct StepOutcome {
    bool succeeded = false;
    uint64_t changed = 0;
    std::optional<std::string> difference;
    std::string error;  // of Kodiak, when the step failed
    // DuckDB had an internal error and refuses all further work: no fault of Kodiak, but the end of the comparison.
    bool native_broke = false;
};

class TwinDatabases {
   public:
    // Starts with empty databases in `folder`, whose content goes.
    explicit TwinDatabases(std::filesystem::path folder);

    StepOutcome run(const Step& step);
    // What Kodiak's own check of its files finds.
    std::optional<std::string> check_files();

   private:
    struct Answer {
        Status status;
        std::vector<std::string> columns;
        std::vector<std::string> rows;
        uint64_t changed = 0;
    };
    struct Side {
        std::unique_ptr<database::Database> database;
        std::unique_ptr<database::Session> session;
    };

    Status open();
    static Answer answer(Side& side, const Step& step);
    static StepOutcome compare(const Answer& native, const Answer& kodiak);

    std::filesystem::path folder_;
    Side kodiak_;
    Side native_;
    Status opened_;
};

}  // namespace kodiak::differential
