#pragma once

// Session: what a Connection and its results share: DuckDB's connection, the storage transactions, and where the
// transaction stands.
//
// States     no transaction  ── begin ──▶  open  ── failed statement ──▶  failed  ── rollback_to ──▶  open
//            commit and rollback lead back to "no transaction" from both.
// Threads    One at a time, except interrupt().

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/query_result.hpp"
#include "duckdb/parser/sql_statement.hpp"

#include "engine/code/code_session.hpp"
#include "engine/connection/attached_cores.hpp"
#include "engine/engine.hpp"
#include "engine/router/key_lookup.hpp"
#include "engine/router/router.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

class Session {
   public:
    Session(duckdb::DuckDB& database, duckdb::shared_ptr<AttachedCores> cores,
            std::vector<std::string> extension_folders, std::shared_ptr<language::Jit> jit);
    ~Session();

    // Makes `name` the catalog of unqualified names.
    Status use(const std::string& name, timeline::DatabaseCore& core);

    // Runs the statements that DuckDB makes of `sql`; the last result with rows, or the last.
    Result<std::unique_ptr<duckdb::QueryResult>> run(std::string_view sql, const catalog::StatementNotes& notes = {});
    // Runs a statement of code; nullopt, with nothing done, when it is not one of ours.
    Result<std::optional<std::unique_ptr<duckdb::QueryResult>>> run_code(std::string_view text);
    void set_notice_sink(NoticeSink* sink) { code_->set_notice_sink(sink); }
    void interrupt();
    // Runs a statement by key past DuckDB; nullopt, with nothing done, when it is not for the router.
    Result<std::optional<KeyRun>> run_by_key(const catalog::KeyStatement& statement,
                                             std::span<const Parameter> parameters);
    // A run of a look-up in a transaction with this serial number.
    using LookupRun = std::function<Result<LookupOutcome>(storage::Transaction&, uint64_t)>;
    // Runs a SELECT by key without a result object.
    Result<LookupOutcome> look_up(KeyLookup::State& lookup, const LookupRun& run);
    // Plans a statement; an error is that of a failed statement.
    Result<std::unique_ptr<duckdb::PreparedStatement>> prepare(std::string_view sql);
    Result<std::unique_ptr<duckdb::QueryResult>> run_prepared(duckdb::PreparedStatement& statement,
                                                              std::span<const Parameter> parameters);
    // Runs an action on the storage transaction as one statement.
    Status change(const Connection::StoreAction& action, const timeline::CommitOptions& options);
    std::optional<uint64_t> changes_read(const std::string& watermark) const;
    // The parts of run() that a streamed result has left: called when it is drained, or broke.
    Status stream_finished();
    Error stream_failed(const duckdb::ErrorData& error);
    // True while result number `stream` may still be read.
    bool is_current(uint64_t stream) const { return stream == stream_ && streaming_; }
    uint64_t stream() const { return stream_; }

    Status begin(const BeginOptions& options);
    Result<timeline::CommitOutcome> commit(const timeline::CommitOptions& options);
    Status rollback();
    Status savepoint(const std::string& name);
    Status rollback_to(const std::string& name);
    Status release(const std::string& name);

    bool in_transaction() const { return explicit_; }
    bool has_failed() const { return failure_.has_value(); }
    duckdb::ClientContext& context() { return *connection_.context; }
    timeline::CommitOptions statement_commit_options;
    timeline::CommitOutcome last_commit;

   private:
    class CodeLane;
    struct Savepoint {
        std::string name;
        SessionState::Marks marks;
    };
    using ResultPtr = std::unique_ptr<duckdb::QueryResult>;

    Result<ResultPtr> run_all(std::vector<duckdb::unique_ptr<duckdb::SQLStatement>> statements);
    Result<KeyRun> run_plan(KeyPlan& plan, storage::Transaction& transaction);
    Result<LookupOutcome> look_up_in(storage::Transaction& transaction, uint64_t serial, KeyLookup::State& lookup,
                                     const LookupRun& run);
    // Ends a statement with this answer, or lets it stream.
    Result<ResultPtr> settle(ResultPtr answer);
    void note_kind(duckdb::StatementType kind);
    Result<ResultPtr> run_in_failed_transaction();
    Result<ResultPtr> run_one(duckdb::unique_ptr<duckdb::SQLStatement> statement);
    Result<ResultPtr> run_transaction_statement(const duckdb::SQLStatement& statement);
    Status find_extension(duckdb::SQLStatement& statement) const;
    void keep_default_catalog();
    bool may_route();
    // Ends the statement outside a transaction that succeeded.
    Status finish_statement();
    Status finish_statement(const timeline::CommitOptions& options);
    // Tells DuckDB's transaction that `core` is written, so that it refuses a second database.
    Status note_written(timeline::DatabaseCore& core);
    // Undoes the statement that failed with `error` and returns it.
    Error fail(Error error);
    void close_stream();
    Status refuse_if_failed() const;
    // DuckDB's own transaction, under ours.
    Status begin_duckdb();
    void rollback_duckdb();
    Status restart_duckdb();
    std::vector<Savepoint>::iterator find_savepoint(const std::string& name);

    duckdb::Connection connection_;
    duckdb::shared_ptr<AttachedCores> cores_;
    std::vector<std::string> extension_folders_;
    duckdb::shared_ptr<SessionState> transactions_;
    std::shared_ptr<CodeSession> code_ = std::make_shared<CodeSession>();
    timeline::DatabaseCore* default_core_ = nullptr;
    Router router_;
    std::string sql_;  // of the statement that runs or streams
    bool explicit_ = false;
    bool reads_past_ = false;  // of the explicit transaction: BEGIN ... AS OF
    bool owned_by_code_ = false;  // the open transaction is that of a statement of code
    bool streaming_ = false;
    uint64_t stream_ = 0;
    std::optional<Error> failure_;
    SessionState::Marks statement_start_;
    std::vector<Savepoint> savepoints_;
};

}  // namespace kodiak::engine
