#pragma once

// ScriptSession: the Session that runs statements on one connection of the engine.
//
// How        Each kind of statement has one function; see database.hpp for the rules.
// Invariants I1. own_failure_ is set only while the connection has a transaction: an error that the engine never saw
// (of
//                our own parser or rewriter) failed it.
// Threads    One at a time, except interrupt().

#include <map>
#include <optional>
#include <span>

#include "database/database.hpp"
#include "engine/engine.hpp"
#include "language/rewrite.hpp"
#include "language/statement.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::database {

// What a statement in a failed transaction is told.
Error refused_in_failed_transaction();

class ScriptSession final : public Session {
   public:
    // `core` is the database that CHECKPOINT means under the name `catalog`. It must outlive the session.
    ScriptSession(std::unique_ptr<engine::Connection> connection, timeline::DatabaseCore& core, std::string catalog)
        : connection_(std::move(connection)), core_(core), catalog_(std::move(catalog)) {}

    Status execute_script(std::string_view text, ResultSink& sink) override;
    Status execute(const language::Statement& statement, ResultSink& sink) override;
    Result<std::unique_ptr<Prepared>> prepare(std::string_view text) override;
    Result<std::unique_ptr<Table>> table(std::string_view name) override;
    bool in_transaction() const override { return connection_->in_transaction(); }
    void interrupt() override { connection_->interrupt(); }

    // --- for its prepared statements
    // Refuses in a transaction that failed.
    Status before_prepared();

   private:
    Result<Answer> run(std::string_view text, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::BeginStatement& begin, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::CommitStatement& commit, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::RollbackStatement& rollback, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::SavepointStatement& savepoint, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::ReleaseStatement& release, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::SetTransactionStatement& set, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::CheckpointStatement& checkpoint, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::UpsertStatement& upsert, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::ProveStatement& prove, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::HistoryStatement& history, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::UpkeepStatement& upkeep, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::TableOptionsStatement& options, ResultSink& sink);
    Result<Answer> run(std::string_view text, const language::PlainStatement& plain, ResultSink& sink);

    // Runs SQL in the engine and hands rows to the sink. Errors have their positions in `sql`.
    Result<Answer> run_in_engine(std::string_view text, std::string_view sql, ResultSink& sink,
                                 const catalog::StatementNotes& notes = {});
    // Hands the rows of an answer to the sink.
    Result<Answer> send(std::string_view text, engine::QueryResult& result, ResultSink& sink);
    // Nothing, and nothing done, when the statement is not for the router.
    Result<std::optional<Answer>> run_by_key(std::string_view text, ResultSink& sink);
    // The same for EXECUTE of a statement that the router may take.
    Result<std::optional<Answer>> execute_by_key(std::string_view text, ResultSink& sink);
    Result<std::optional<Answer>> run_key_statement(std::string_view text, const catalog::KeyStatement& statement,
                                                    std::span<const engine::Parameter> parameters, ResultSink& sink);
    // Remembers what a PREPARE that succeeded may be routed as, and forgets what it or a DEALLOCATE replaced.
    void note_prepared(std::string_view text);
    Result<Answer> run_counting_upsert(const std::string& sql);
    // The values of the only row that a query answers.
    Result<std::vector<std::string>> single_row(const std::string& sql);
    Result<std::vector<std::pair<std::string, std::string>>> evaluate_metadata(const std::string& sql);
    Status start_transaction(const engine::BeginOptions& options);
    Status end_own_failure();

    std::unique_ptr<engine::Connection> connection_;
    timeline::DatabaseCore& core_;
    std::string catalog_;
    engine::BeginOptions begin_options_;  // of the open transaction
    std::map<std::string, catalog::KeyStatement> prepared_;  // by folded name
    bool is_fresh_ = false;               // no statement has run in the open transaction
    std::optional<Error> own_failure_;    // I1
};

}  // namespace kodiak::database
