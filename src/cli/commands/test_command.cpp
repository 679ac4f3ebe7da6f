#include "cli/commands/commands.hpp"
#include "cli/program.hpp"
#include "database/database.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::cli {

namespace {

// Writes one line per test: RUN TESTS answers test, ok, path, ms, message.
class TestLines final : public database::ResultSink {
   public:
    explicit TestLines(Output& output) : output_(output) {}
    Status begin(const std::vector<database::ResultColumn>&) override { return {}; }
    Status rows(const database::RowBatch& batch) override {
        for (size_t row = 0; row < batch.row_count(); ++row) {
            const bool passed = batch.text(row, 1) == "true";
            std::string line = passed ? "passed " : "FAILED ";
            line += std::string(batch.text(row, 0)) + " (" + std::string(batch.text(row, 3)) + " ms)";
            line += passed ? "" : ": " + std::string(batch.text(row, 4));
            ++(passed ? passed_ : failed_);
            KODIAK_TRY(output_.write(line + "\n"));
        }
        return {};
    }
    Status end(const database::Answer&) override {
        return output_.write(std::to_string(passed_) + " passed, " + std::to_string(failed_) + " failed\n");
    }
    void notice(const std::string& level, const Error& text) override { report_notice(level, text); }
    size_t failed() const { return failed_; }

   private:
    Output& output_;
    size_t passed_ = 0;
    size_t failed_ = 0;
};

Status run_tests(const CommandLine& line, TestLines& lines) {
    database::DatabaseOptions options;
    options.create_if_missing = false;
    options.owner = "kodiak test";
    KODIAK_TRY_ASSIGN(const auto database, database::Database::open(line.operands[0], options));
    KODIAK_TRY_ASSIGN(const auto session, database->connect());
    const std::string which =
        line.operands.size() > 1 ? " FOR " + language::quote_name(line.operands[1]) : std::string();
    return session->execute_script("RUN TESTS" + which, lines);
}

}  // namespace

int run_test(const CommandLine& line, Output& output) {
    TestLines lines(output);
    Status status = run_tests(line, lines);
    if (status.ok()) {
        status = output.flush();
    }
    if (!status.ok()) {
        report_error(status.error(), "");
        return kExitError;
    }
    return lines.failed() == 0 ? kExitOk : kExitError;
}

}  // namespace kodiak::cli
