#include "tests/differential/twin_databases.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace kodiak::differential {

namespace {

namespace fs = std::filesystem;

// Parts of messages with which DuckDB refuses what Kodiak does.
constexpr std::array<std::string_view, 8> kNativeLimits = {
    "because there are entries that depend on it",       "an index depends on it",
    "Cannot create index with outstanding updates",      "TransactionContext Error: Transaction conflict",
    "Adding columns with constraints not yet supported", "has been altered in a different",
    "Unimplemented type for cast",  // of deleted rows, in ALTER ... TYPE
    "Invalid type for BETWEEN",     // of lists, where rows are left for it to look at
};

bool is_native_limit(const Error& error) {
    return std::any_of(kNativeLimits.begin(), kNativeLimits.end(),
                       [&](std::string_view part) { return error.message.find(part) != std::string::npos; });
}

// ALTER ... TYPE casts deleted rows, too, and may fail on a value that nobody sees any more.
bool fails_on_dead_rows(const Step& step, const Status& native) {
    const ErrorCode code = native.error().code;
    return step.sql.starts_with("ALTER TABLE") && step.sql.find(" TYPE ") != std::string::npos &&
           (code == ErrorCode::kOutOfRange || code == ErrorCode::kInvalidText);
}

class AnswerRows final : public database::ResultSink {
   public:
    AnswerRows(std::vector<std::string>& columns, std::vector<std::string>& rows, uint64_t& changed)
        : columns_(columns), rows_(rows), changed_(changed) {}

    Status begin(const std::vector<database::ResultColumn>& columns) override {
        for (const auto& column : columns) {
            columns_.push_back(column.name + " " + column.type);
        }
        return ok_status();
    }
    Status rows(const database::RowBatch& batch) override {
        for (size_t row = 0; row < batch.row_count(); ++row) {
            std::string text;
            for (size_t column = 0; column < columns_.size(); ++column) {
                text += batch.is_null(row, column) ? "\x01" : batch.text(row, column);
                text += '|';
            }
            rows_.push_back(std::move(text));
        }
        return ok_status();
    }
    Status end(const database::Answer& answer) override {
        changed_ = answer.changed;
        return ok_status();
    }

   private:
    std::vector<std::string>& columns_;
    std::vector<std::string>& rows_;
    uint64_t& changed_;
};

std::string text_of(const Error& error) { return std::string(sqlstate(error.code)) + " " + error.message; }

std::string first_difference(const std::vector<std::string>& native, const std::vector<std::string>& kodiak) {
    std::string text = "native has " + std::to_string(native.size()) + " rows, Kodiak " + std::to_string(kodiak.size());
    size_t at = 0;
    while (at < native.size() && at < kodiak.size() && native[at] == kodiak[at]) {
        ++at;
    }
    text += "; first difference at row " + std::to_string(at);
    text += "\n  native: " + (at < native.size() ? native[at] : "(none)");
    return text + "\n  Kodiak: " + (at < kodiak.size() ? kodiak[at] : "(none)");
}

}  // namespace

TwinDatabases::TwinDatabases(fs::path folder) : folder_(std::move(folder)) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    opened_ = open();
}

Status TwinDatabases::open() {
    kodiak_.session.reset();
    kodiak_.database.reset();
    native_.session.reset();
    native_.database.reset();
    KODIAK_TRY_ASSIGN(kodiak_.database, database::Database::open((folder_ / "twin.kodiak").string()));
    KODIAK_TRY_ASSIGN(kodiak_.session, kodiak_.database->connect());
    KODIAK_TRY_ASSIGN(native_.database, database::Database::open_native((folder_ / "beside.kodiak").string(),
                                                                        (folder_ / "native.duckdb").string()));
    KODIAK_TRY_ASSIGN(native_.session, native_.database->connect());
    return ok_status();
}

TwinDatabases::Answer TwinDatabases::answer(Side& side, const Step& step) {
    Answer answer;
    AnswerRows sink(answer.columns, answer.rows, answer.changed);
    answer.status = side.session->execute_script(step.sql, sink);
    if (!step.is_ordered) {
        std::sort(answer.rows.begin(), answer.rows.end());
    }
    return answer;
}

StepOutcome TwinDatabases::compare(const Answer& native, const Answer& kodiak) {
    StepOutcome outcome;
    outcome.succeeded = native.status.ok();
    outcome.changed = native.changed;
    outcome.error = kodiak.status.ok() ? "" : text_of(kodiak.status.error());
    if (!kodiak.status.ok() && kodiak.status.error().code == ErrorCode::kInternal) {
        outcome.difference = "Kodiak has an internal error: " + outcome.error;
    } else if (native.status.ok() != kodiak.status.ok()) {
        outcome.difference = native.status.ok() ? "only Kodiak fails: " + outcome.error
                                                : "only native fails: " + text_of(native.status.error());
    } else if (!native.status.ok()) {
        return outcome;
    } else if (native.columns != kodiak.columns) {
        outcome.difference = "other columns: " + first_difference(native.columns, kodiak.columns);
    } else if (native.rows != kodiak.rows) {
        outcome.difference = first_difference(native.rows, kodiak.rows);
    } else if (native.changed != kodiak.changed) {
        outcome.difference =
            "native changed " + std::to_string(native.changed) + " rows, Kodiak " + std::to_string(kodiak.changed);
    }
    return outcome;
}

StepOutcome TwinDatabases::run(const Step& step) {
    StepOutcome outcome;
    if (step.kind == Step::Kind::kReopen) {
        opened_ = open();
    }
    if (!opened_.ok()) {
        outcome.difference = "cannot open: " + text_of(opened_.error());
        return outcome;
    }
    if (step.kind == Step::Kind::kReopen) {
        outcome.succeeded = true;
        return outcome;
    }
    if (step.kind == Step::Kind::kOnlyKodiak) {
        if (!kodiak_.session->in_transaction()) {
            return outcome;  // nothing could be taken back
        }
        const Answer kodiak = answer(kodiak_, step);
        outcome.succeeded = true;  // of no consequence: it is undone
        if (!kodiak.status.ok() && kodiak.status.error().code == ErrorCode::kInternal) {
            outcome.difference = "Kodiak has an internal error: " + text_of(kodiak.status.error());
        }
        return outcome;
    }
    const Answer native = answer(native_, step);
    if (!native.status.ok() && native.status.error().code == ErrorCode::kInternal) {
        outcome.native_broke = true;
        outcome.error = "not tried: " + native.status.error().message;
        return outcome;
    }
    if (!native.status.ok() && (is_native_limit(native.status.error()) || fails_on_dead_rows(step, native.status))) {
        outcome.error = "not tried: " + native.status.error().message;
        return outcome;
    }
    const Answer kodiak = answer(kodiak_, step);
    if (step.kind == Step::Kind::kSilent && native.status.ok() && kodiak.status.ok()) {
        outcome.succeeded = true;
        return outcome;
    }
    return compare(native, kodiak);
}

std::optional<std::string> TwinDatabases::check_files() {
    auto damages = kodiak_.database->check();
    if (!damages.ok()) {
        return "check fails: " + text_of(damages.error());
    }
    return damages->empty() ? std::nullopt
                            : std::optional("check: " + (*damages)[0].place + ": " + (*damages)[0].problem);
}

}  // namespace kodiak::differential
