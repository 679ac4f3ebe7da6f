#include "engine/connection/session.hpp"

#include <algorithm>
#include <filesystem>

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_data/transaction_info.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/load_statement.hpp"
#include "duckdb/parser/statement/transaction_statement.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/code/code_executor.hpp"
#include "engine/connection/noted_statement.hpp"
#include "engine/connection/vacuum_statement.hpp"
#include "engine/errors/errors.hpp"
#include "engine/router/key_values.hpp"

namespace kodiak::engine {

Session::Session(duckdb::DuckDB& database, duckdb::shared_ptr<AttachedCores> cores,
                 std::vector<std::string> extension_folders, std::shared_ptr<language::Jit> jit)
    : connection_(database), cores_(std::move(cores)), extension_folders_(std::move(extension_folders)) {
    transactions_ = context().registered_state->GetOrCreate<SessionState>(SessionState::kKey);
    code_->set_jit(std::move(jit));
    context().registered_state->Insert(CodeContext::kKey, duckdb::make_shared_ptr<CodeContext>(code_, 0));
}

Session::~Session() {
    close_stream();
    if (explicit_) {
        rollback_duckdb();
    }
    transactions_->rollback();
}

Status Session::use(const std::string& name, timeline::DatabaseCore& core) {
    const auto result = connection_.Query("USE " + duckdb::KeywordHelper::WriteQuoted(name, '"'));
    transactions_->rollback();
    if (result->HasError()) {
        return from_duckdb(result->GetErrorObject());
    }
    default_core_ = &core;
    code_->set_core(core);
    return ok_status();
}

Status Session::refuse_if_failed() const {
    if (!failure_) {
        return ok_status();
    }
    return make_error(ErrorCode::kInFailedTransaction,
                      "the transaction has failed; statements are ignored until it ends")
        .with_detail("The first error was: " + failure_->message + ".")
        .with_hint("ROLLBACK, or ROLLBACK TO a savepoint.");
}

// A stream that is not drained ends here, and with it the statement's own transaction.
void Session::close_stream() {
    if (!streaming_) {
        return;
    }
    streaming_ = false;
    if (explicit_) {
        transactions_->release(statement_start_);
    } else {
        // Any query makes DuckDB drop an open result and end the transaction that it had for it.
        try {
            context().ParseStatements("");
        } catch (const std::exception&) {
            context().ClearInterrupt();
        }
        transactions_->rollback();
    }
}

Result<Session::ResultPtr> Session::run(std::string_view sql, const catalog::StatementNotes& notes) {
    close_stream();
    transactions_->set_notes(notes);
    code_->begin_statement();
    code_->note_text(sql);
    sql_ = sql;
    last_commit = {};
    if (failure_) {
        return run_in_failed_transaction();
    }
    if (explicit_) {
        statement_start_ = transactions_->mark();
    }
    std::vector<duckdb::unique_ptr<duckdb::SQLStatement>> statements;
    try {
        auto extracted = connection_.ExtractStatements(sql_);
        statements.assign(std::make_move_iterator(extracted.begin()), std::make_move_iterator(extracted.end()));
    } catch (const std::exception& exception) {
        return fail(from_exception(exception, sql_));
    }
    for (const auto& statement : statements) {
        note_kind(statement->type);
    }
    return run_all(std::move(statements));
}

// What may change the meaning of names ends the router's plans.
void Session::note_kind(duckdb::StatementType kind) {
    switch (kind) {
        case duckdb::StatementType::SELECT_STATEMENT:
        case duckdb::StatementType::INSERT_STATEMENT:
        case duckdb::StatementType::UPDATE_STATEMENT:
        case duckdb::StatementType::DELETE_STATEMENT:
        case duckdb::StatementType::MERGE_INTO_STATEMENT:
        case duckdb::StatementType::EXPLAIN_STATEMENT:
        case duckdb::StatementType::TRANSACTION_STATEMENT:
            break;
        default:
            router_.forget_names();
    }
}

// The router knows the present only, and nothing of profiles.
bool Session::may_route() {
    return !failure_ && default_core_ != nullptr && !(explicit_ && reads_past_) &&
           !duckdb::ClientConfig::GetConfig(context()).enable_profiler;
}

Result<std::optional<KeyRun>> Session::run_by_key(const catalog::KeyStatement& statement,
                                                  std::span<const Parameter> parameters) {
    constexpr std::nullopt_t kGeneralPath = std::nullopt;
    close_stream();
    if (!may_route()) {
        return Result<std::optional<KeyRun>>(kGeneralPath);
    }
    const bool was_open = transactions_->has_any();
    KODIAK_TRY_ASSIGN(storage::Transaction * transaction, transactions_->transaction_on(*default_core_));
    KeyPlan* plan = nullptr;
    try {
        plan = router_.plan_for(context(), statement, *transaction, *default_core_);
    } catch (const std::exception&) {
        plan = nullptr;  // the general path finds the same error, and words it
    }
    const bool is_ours = plan != nullptr && !(plan->writes() && transaction->read_only()) &&
                         plan->bind(statement, parameters);
    if (!is_ours) {
        if (!was_open) {
            transactions_->rollback();
        }
        return Result<std::optional<KeyRun>>(kGeneralPath);
    }
    last_commit = {};
    KODIAK_TRY_ASSIGN(KeyRun run, run_plan(*plan, *transaction));
    return run.is_general ? Result<std::optional<KeyRun>>(kGeneralPath) : std::optional(std::move(run));
}

Result<LookupOutcome> Session::look_up(KeyLookup::State& lookup, const LookupRun& run) {
    close_stream();
    if (!may_route()) {
        return LookupOutcome::kGeneralPath;
    }
    last_commit = {};
    if (explicit_) {
        KODIAK_TRY_ASSIGN(storage::Transaction * transaction, transactions_->transaction_on(*default_core_));
        if (!transaction->has_changes()) {
            return look_up_in(*transaction, transactions_->serial(), lookup, run);
        }
        // What earlier statements of the transaction did shows from a new statement on.
        statement_start_ = transactions_->mark();
        auto outcome = look_up_in(*transaction, transactions_->serial(), lookup, run);
        if (outcome.ok()) {
            transactions_->release(statement_start_);
        }
        return outcome;
    }
    KODIAK_TRY_ASSIGN(auto transaction, default_core_->begin(kMainBranch, true));
    auto outcome = look_up_in(*transaction, 0, lookup, run);
    default_core_->rollback(std::move(transaction));
    if (transactions_->has_any()) {
        transactions_->rollback();  // names were looked up in it
    }
    return outcome;
}

Result<LookupOutcome> Session::look_up_in(storage::Transaction& transaction, uint64_t serial,
                                          KeyLookup::State& lookup, const LookupRun& run) {
    try {
        if (!lookup.resolve(context(), router_, transaction, *default_core_)) {
            return LookupOutcome::kGeneralPath;
        }
    } catch (const std::exception&) {
        return LookupOutcome::kGeneralPath;  // which finds the same error, and words it
    }
    try {
        auto outcome = run(transaction, serial);
        return outcome.ok() ? outcome : Result<LookupOutcome>(fail(outcome.error()));
    } catch (const std::exception& exception) {
        return fail(from_exception(exception));
    }
}

Result<std::unique_ptr<duckdb::PreparedStatement>> Session::prepare(std::string_view sql) {
    close_stream();
    KODIAK_TRY(refuse_if_failed());
    transactions_->set_notes({});
    code_->begin_statement();
    code_->note_text(sql);
    sql_ = sql;
    last_commit = {};
    if (explicit_) {
        statement_start_ = transactions_->mark();
    }
    try {
        auto prepared = connection_.Prepare(sql_);
        if (prepared->HasError()) {
            return fail(from_duckdb(prepared->error, sql_));
        }
        if (explicit_) {
            transactions_->release(statement_start_);
        } else {
            transactions_->rollback();
        }
        return std::unique_ptr<duckdb::PreparedStatement>(std::move(prepared));
    } catch (const std::exception& exception) {
        return fail(from_exception(exception, sql_));
    }
}

Result<Session::ResultPtr> Session::run_prepared(duckdb::PreparedStatement& statement,
                                                 std::span<const Parameter> parameters) {
    close_stream();
    KODIAK_TRY(refuse_if_failed());
    if (parameters.size() != statement.named_param_map.size()) {
        return make_error(ErrorCode::kInvalidValue, "the statement has " +
                                                        std::to_string(statement.named_param_map.size()) +
                                                        " parameters, " + std::to_string(parameters.size()) +
                                                        " were given");
    }
    transactions_->set_notes({});
    code_->begin_statement();
    code_->note_text(statement.query);
    sql_ = statement.query;
    last_commit = {};
    if (explicit_) {
        statement_start_ = transactions_->mark();
    }
    note_kind(statement.GetStatementType());
    try {
        duckdb::vector<duckdb::Value> values;
        for (const Parameter& parameter : parameters) {
            values.push_back(parameter_value(parameter));
        }
        const bool may_stream = statement.GetStatementType() == duckdb::StatementType::SELECT_STATEMENT;
        const WritingRows writing(*code_, !may_stream);
        auto result = statement.Execute(values, may_stream);
        if (result->HasError()) {
            return fail(from_duckdb(result->GetErrorObject(), sql_));
        }
        return settle(std::move(result));
    } catch (const std::exception& exception) {
        return fail(from_exception(exception, sql_));
    }
}

Result<KeyRun> Session::run_plan(KeyPlan& plan, storage::Transaction& transaction) {
    if (explicit_) {
        statement_start_ = transactions_->mark();
    }
    try {
        if (explicit_ && plan.writes()) {
            // DuckDB refuses a transaction that writes two databases: it must know of this one.
            auto& database = plan.entry().ParentCatalog().GetAttached();
            context().ActiveTransaction().ModifyDatabase(database, duckdb::DatabaseModificationType());
        }
        Result<KeyRun> run = plan.run(context(), transaction);
        if (!run.ok()) {
            return fail(run.error());
        }
        if (run->is_general) {
            explicit_ ? transactions_->release(statement_start_) : transactions_->rollback();
            return run;
        }
        KODIAK_TRY(finish_statement());
        return run;
    } catch (const std::exception& exception) {
        return fail(from_exception(exception));
    }
}

// Only what ends the transaction is still heard.
Result<Session::ResultPtr> Session::run_in_failed_transaction() {
    try {
        duckdb::Parser parser(context().GetParserOptions());
        parser.ParseQuery(sql_);
        if (parser.statements.size() == 1 &&
            parser.statements[0]->type == duckdb::StatementType::TRANSACTION_STATEMENT) {
            return run_transaction_statement(*parser.statements[0]);
        }
    } catch (const std::exception&) {
        // What does not parse is refused like everything else.
    }
    KODIAK_TRY(refuse_if_failed());
    return ResultPtr();
}

Result<Session::ResultPtr> Session::run_all(std::vector<duckdb::unique_ptr<duckdb::SQLStatement>> statements) {
    if (statements.size() == 1 && statements[0]->type == duckdb::StatementType::TRANSACTION_STATEMENT) {
        return run_transaction_statement(*statements[0]);
    }
    // DuckDB makes several statements of some, e.g. PIVOT: all run, the one with rows answers.
    ResultPtr answer;
    for (auto& statement : statements) {
        KODIAK_TRY_ASSIGN(ResultPtr result, run_one(std::move(statement)));
        const bool has_rows = result->properties.return_type == duckdb::StatementReturnType::QUERY_RESULT;
        if (answer == nullptr || has_rows || statements.size() == 1) {
            answer = std::move(result);
        }
    }
    return settle(std::move(answer));
}

Result<Session::ResultPtr> Session::settle(ResultPtr answer) {
    if (answer == nullptr || answer->type == duckdb::QueryResultType::MATERIALIZED_RESULT) {
        KODIAK_TRY(finish_statement());
    } else {
        streaming_ = true;
        ++stream_;
    }
    return answer;
}

Result<Session::ResultPtr> Session::run_one(duckdb::unique_ptr<duckdb::SQLStatement> statement) {
    // Only what cannot write is streamed: rows of RETURNING are shown after their commit.
    const bool may_stream = statement->type == duckdb::StatementType::SELECT_STATEMENT;
    const bool is_setting = statement->type == duckdb::StatementType::SET_STATEMENT;
    KODIAK_TRY(find_extension(*statement));
    if (statement->type == duckdb::StatementType::COPY_STATEMENT) {
        catalog::StatementNotes notes;
        notes.overriding_system_value = true;  // a COPY brings all values along, as in PostgreSQL
        transactions_->set_notes(std::move(notes));
    }
    try {
        if (statement->type == duckdb::StatementType::VACUUM_STATEMENT) {
            take_kodiak_table_out(context(), statement->Cast<duckdb::VacuumStatement>());
        }
        apply_notes(context(), statement, transactions_->notes());
        const WritingRows writing(*code_, *statement);
        auto result = connection_.context->Query(std::move(statement),
                                                 may_stream ? duckdb::QueryResultOutputType::ALLOW_STREAMING
                                                            : duckdb::QueryResultOutputType::FORCE_MATERIALIZED);
        if (result->HasError()) {
            return fail(from_duckdb(result->GetErrorObject(), sql_));
        }
        if (is_setting) {
            keep_default_catalog();
        }
        return ResultPtr(std::move(result));
    } catch (const std::exception& exception) {
        return fail(from_exception(exception, sql_));
    }
}

// RESET of the search path leads to DuckDB's own database in memory, whose tables nobody keeps: to ours instead.
void Session::keep_default_catalog() {
    auto& path = *duckdb::ClientData::Get(context()).catalog_search_path;
    if (default_core_ != nullptr && duckdb::IsInvalidCatalog(path.GetDefault().catalog)) {
        path.Set(duckdb::CatalogSearchEntry(cores_->name_of(default_core_), DEFAULT_SCHEMA),
                 duckdb::CatalogSetPathType::SET_DIRECTLY);
    }
}

Result<Session::ResultPtr> Session::run_transaction_statement(const duckdb::SQLStatement& statement) {
    const auto& info = *statement.Cast<duckdb::TransactionStatement>().info;
    if (info.type == duckdb::TransactionType::BEGIN_TRANSACTION) {
        KODIAK_TRY(begin({info.modifier == duckdb::TransactionModifierType::TRANSACTION_READ_ONLY}));
    } else if (info.type == duckdb::TransactionType::COMMIT) {
        KODIAK_TRY_ASSIGN(last_commit, commit({}));
    } else {
        KODIAK_TRY(rollback());
    }
    return ResultPtr();
}

// `LOAD name` means the package of that name in one of the engine's folders.
Status Session::find_extension(duckdb::SQLStatement& statement) const {
    if (statement.type != duckdb::StatementType::LOAD_STATEMENT) {
        return ok_status();
    }
    auto& info = *statement.Cast<duckdb::LoadStatement>().info;
    if (info.load_type != duckdb::LoadType::LOAD || info.filename.find('/') != std::string::npos) {
        return ok_status();
    }
    for (const std::string& folder : extension_folders_) {
        const std::string file = folder + "/" + catalog::fold_name(info.filename) + ".duckdb_extension";
        std::error_code ignored;
        if (std::filesystem::exists(file, ignored)) {
            info.filename = file;
            break;
        }
    }
    return ok_status();
}

Status Session::finish_statement() { return finish_statement(statement_commit_options); }

Status Session::finish_statement(const timeline::CommitOptions& options) {
    if (const Status finished = transactions_->finish_statement(); !finished.ok()) {
        return fail(finished.error());
    }
    if (explicit_) {
        transactions_->release(statement_start_);
    } else {
        KODIAK_TRY_ASSIGN(last_commit, transactions_->commit(options));
    }
    return ok_status();
}

Error Session::fail(Error error) {
    context().ClearInterrupt();
    if (explicit_) {
        transactions_->undo_to(statement_start_);
        if (!failure_) {
            failure_ = error;
        }
    } else {
        // DuckDB puts a transaction of its own around what it makes several statements of (IMPORT DATABASE).
        rollback_duckdb();
        transactions_->rollback();
    }
    return error;
}

Status Session::stream_finished() {
    streaming_ = false;
    return finish_statement();
}

Error Session::stream_failed(const duckdb::ErrorData& error) {
    streaming_ = false;
    return fail(from_duckdb(error, sql_));
}

Status Session::begin(const BeginOptions& options) {
    close_stream();
    if (explicit_) {
        return make_error(ErrorCode::kActiveTransaction, "cannot start a transaction within a transaction");
    }
    transactions_->set_mode(true, options.read_only, options.as_of);
    transactions_->forget_changes_read();
    if (const Status begun = begin_duckdb(); !begun.ok()) {
        transactions_->set_mode(false, false);
        return begun;
    }
    explicit_ = true;
    reads_past_ = options.as_of.has_value();
    if (default_core_ == nullptr) {
        return ok_status();
    }
    const auto started = transactions_->transaction_on(*default_core_);
    if (!started.ok()) {
        Error error = started.error();
        KODIAK_TRY(rollback());
        return error;
    }
    return ok_status();
}

Status Session::rollback() {
    close_stream();
    if (!explicit_) {
        return make_error(ErrorCode::kNoActiveTransaction, "there is no transaction to roll back");
    }
    rollback_duckdb();
    transactions_->rollback();
    transactions_->forget_changes_read();
    transactions_->set_mode(false, false);
    explicit_ = false;
    failure_.reset();
    savepoints_.clear();
    return ok_status();
}

Result<timeline::CommitOutcome> Session::commit(const timeline::CommitOptions& options) {
    close_stream();
    if (!explicit_) {
        return make_error(ErrorCode::kNoActiveTransaction, "there is no transaction to commit");
    }
    if (failure_) {
        const Error first = *failure_;
        KODIAK_TRY(rollback());
        return make_error(ErrorCode::kInFailedTransaction,
                          "the transaction was rolled back because a statement in it had failed")
            .with_detail("The first error was: " + first.message + ".")
            .with_hint("Run the transaction again without the failing statement.");
    }
    auto outcome = transactions_->commit(options);
    if (!outcome.ok()) {
        KODIAK_TRY(rollback());
        return outcome;
    }
    // Other databases and temporary tables go second: one that was written alone can still fail by itself.
    Status native;
    try {
        connection_.Commit();
    } catch (const std::exception& exception) {
        native = from_exception(exception);
        rollback_duckdb();
    }
    transactions_->set_mode(false, false);
    explicit_ = false;
    savepoints_.clear();
    KODIAK_TRY(native);
    return outcome;
}

std::vector<Session::Savepoint>::iterator Session::find_savepoint(const std::string& name) {
    const auto from_the_end = std::find_if(savepoints_.rbegin(), savepoints_.rend(), [&](const Savepoint& one) {
        return catalog::fold_name(one.name) == catalog::fold_name(name);
    });
    return from_the_end == savepoints_.rend() ? savepoints_.end() : std::prev(from_the_end.base());
}

namespace {

Error no_transaction(const char* what) {
    return make_error(ErrorCode::kNoActiveTransaction, std::string(what) + " can only be used inside a transaction")
        .with_hint("Start one with BEGIN.");
}

Error no_savepoint(const std::string& name) {
    return make_error(ErrorCode::kUndefinedSavepoint, "savepoint does not exist: \"" + name + "\"");
}

}  // namespace

Status Session::savepoint(const std::string& name) {
    close_stream();
    if (!explicit_) {
        return no_transaction("SAVEPOINT");
    }
    KODIAK_TRY(refuse_if_failed());
    savepoints_.push_back({name, transactions_->mark()});
    return ok_status();
}

Status Session::rollback_to(const std::string& name) {
    close_stream();
    if (!explicit_) {
        return no_transaction("ROLLBACK TO");
    }
    const auto found = find_savepoint(name);
    if (found == savepoints_.end()) {
        return no_savepoint(name);
    }
    auto& running = context().ActiveTransaction();
    auto modified = running.ModifiedDatabase();
    if (modified && modified->GetCatalog().GetCatalogType() != KodiakCatalog::kType) {
        return make_error(ErrorCode::kUnsupported,
                          "savepoints do not cover the database \"" + modified->GetName() + "\"")
            .with_detail("The transaction has written to a database that is not Kodiak's.")
            .with_hint("ROLLBACK the whole transaction.");
    }
    transactions_->undo_to(found->marks);
    savepoints_.erase(std::next(found), savepoints_.end());
    if (duckdb::ValidChecker::IsInvalidated(running)) {
        KODIAK_TRY(restart_duckdb());
    }
    failure_.reset();
    return ok_status();
}

Status Session::release(const std::string& name) {
    close_stream();
    if (!explicit_) {
        return no_transaction("RELEASE");
    }
    KODIAK_TRY(refuse_if_failed());
    const auto found = find_savepoint(name);
    if (found == savepoints_.end()) {
        return no_savepoint(name);
    }
    transactions_->release(found->marks);
    savepoints_.erase(found, savepoints_.end());
    return ok_status();
}

}  // namespace kodiak::engine
