#include "database/incremental.hpp"

#include "language/lexer/words.hpp"

namespace kodiak::database {

namespace {

// Keeps all rows of an answer.
class KeepRows final : public ResultSink {
   public:
    explicit KeepRows(ChangeSet& changes) : changes_(changes) {}
    Status begin(const std::vector<ResultColumn>& columns) override {
        changes_.columns = columns;
        return {};
    }
    Status rows(const RowBatch& batch) override {
        for (size_t row = 0; row < batch.row_count(); ++row) {
            auto& values = changes_.rows.emplace_back();
            for (size_t column = 0; column < changes_.columns.size(); ++column) {
                values.push_back(batch.is_null(row, column) ? std::nullopt
                                                            : std::optional(std::string(batch.text(row, column))));
            }
        }
        return {};
    }
    Status end(const Answer&) override { return {}; }

   private:
    ChangeSet& changes_;
};

Status process_in_transaction(Session& session, const std::string& watermark, const std::string& table,
                              const std::function<Status(const ChangeSet& changes)>& process, ChangeSet& changes) {
    const std::string name = language::quote_name(watermark);
    ChangeSet ignored;
    KeepRows no_answer(ignored);
    KeepRows keep(changes);
    KODIAK_TRY(session.execute_script("GET CHANGES FROM " + table + " SINCE WATERMARK " + name, keep));
    if (!changes.rows.empty()) {
        KODIAK_TRY(process(changes));
        KODIAK_TRY(session.execute_script("ADVANCE WATERMARK " + name, no_answer));
    }
    return session.execute_script("COMMIT", no_answer);
}

}  // namespace

Result<uint64_t> process_incremental(Session& session, const std::string& watermark, const std::string& table,
                                     const std::function<Status(const ChangeSet& changes)>& process) {
    ChangeSet changes;
    ChangeSet ignored;
    KeepRows no_answer(ignored);
    KODIAK_TRY(session.execute_script("BEGIN", no_answer));
    const Status done = process_in_transaction(session, watermark, table, process, changes);
    if (!done.ok() && session.in_transaction()) {
        (void)session.execute_script("ROLLBACK", no_answer).ok();
    }
    KODIAK_TRY(done);
    return static_cast<uint64_t>(changes.rows.size());
}

}  // namespace kodiak::database
