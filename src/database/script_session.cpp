#include "database/script_session.hpp"

#include <charconv>

#include "base/disk/replace_file.hpp"
#include "database/answer_rows.hpp"
#include "database/history_runner.hpp"
#include "database/original_place.hpp"
#include "database/prepared_statement.hpp"
#include "database/query_value.hpp"
#include "database/table_access.hpp"
#include "database/table_lookup.hpp"
#include "language/code.hpp"
#include "language/key_statement.hpp"
#include "language/lexer/words.hpp"
#include "language/prove.hpp"

namespace kodiak::database {

using language::IsolationLevel;

namespace {

Status check_isolation(const std::optional<IsolationLevel>& level) {
    if (level == IsolationLevel::kSerializable) {
        return make_error(ErrorCode::kUnsupported, "isolation level SERIALIZABLE is not supported yet")
            .with_hint("Leave it out: transactions run under snapshot isolation.");
    }
    return {};
}

std::vector<std::string> names_of(const std::vector<language::NamePart>& parts) {
    std::vector<std::string> names;
    for (const auto& part : parts) {
        names.push_back(part.name);
    }
    return names;
}

// A single value as a batch.
class OneText final : public RowBatch {
   public:
    explicit OneText(std::string_view text) : text_(text) {}
    size_t row_count() const override { return 1; }
    bool is_null(size_t, size_t) const override { return false; }
    std::string_view text(size_t, size_t) const override { return text_; }

   private:
    std::string_view text_;
};

}  // namespace

Error refused_in_failed_transaction() {
    return make_error(ErrorCode::kInFailedTransaction,
                      "the transaction has failed; statements are refused until it ends")
        .with_hint("ROLLBACK, or ROLLBACK TO a savepoint.");
}

Status ScriptSession::execute_script(std::string_view text, ResultSink& sink) {
    for (const auto& statement : language::split_script(text)) {
        KODIAK_TRY(execute(statement, sink));
    }
    return {};
}

namespace {

// Notices of a statement go where its answer goes.
class SinkNotices final : public engine::NoticeSink {
   public:
    SinkNotices(engine::Connection& connection, ResultSink& sink) : connection_(connection), sink_(sink) {
        connection_.set_notice_sink(this);
    }
    ~SinkNotices() override { connection_.set_notice_sink(nullptr); }
    SinkNotices(const SinkNotices&) = delete;
    SinkNotices& operator=(const SinkNotices&) = delete;
    void notice(const std::string& level, const Error& text) override { sink_.notice(level, text); }

   private:
    engine::Connection& connection_;
    ResultSink& sink_;
};

}  // namespace

Status ScriptSession::execute(const language::Statement& statement, ResultSink& sink) {
    const SinkNotices notices(*connection_, sink);
    Result<Answer> answer = run(statement.text, sink);
    if (!answer.ok()) {
        return language::in_script(answer.error(), statement);
    }
    return sink.end(*answer);
}

Result<Answer> ScriptSession::run(std::string_view text, ResultSink& sink) {
    auto parsed = language::parse_statement(text);
    bool was_open = connection_->in_transaction();
    Result<Answer> answer = parsed.ok() ? std::visit([&](const auto& one) { return run(text, one, sink); }, *parsed)
                                        : Result<Answer>(parsed.error());
    if (answer.ok()) {
        note_prepared(text);
    }
    bool is_begin = parsed.ok() && (language::kind_of(*parsed) == language::StatementKind::kBegin ||
                                    language::kind_of(*parsed) == language::StatementKind::kSetTransaction);
    is_fresh_ = is_begin && answer.ok() ? is_fresh_ : false;
    if (!answer.ok() && was_open && connection_->in_transaction() && !connection_->has_failed() && !own_failure_) {
        own_failure_ = answer.error();
    }
    return answer;
}

Result<std::unique_ptr<Prepared>> ScriptSession::prepare(std::string_view text) {
    const bool was_open = connection_->in_transaction();
    is_fresh_ = false;
    if (own_failure_) {
        return refused_in_failed_transaction();
    }
    auto prepared = prepare_statement(*this, *connection_, text);
    if (!prepared.ok() && was_open && connection_->in_transaction() && !connection_->has_failed()) {
        own_failure_ = prepared.error();
    }
    return prepared;
}

Result<std::unique_ptr<Table>> ScriptSession::table(std::string_view name) {
    KODIAK_TRY(before_prepared());
    return open_table(*this, *connection_, name);
}

Status ScriptSession::before_prepared() {
    is_fresh_ = false;
    return own_failure_ ? Status(refused_in_failed_transaction()) : Status();
}

Status ScriptSession::start_transaction(const engine::BeginOptions& options) {
    KODIAK_TRY(connection_->begin(options));
    begin_options_ = options;
    is_fresh_ = true;
    own_failure_.reset();
    return {};
}

Result<Answer> ScriptSession::run(std::string_view, const language::BeginStatement& begin, ResultSink&) {
    KODIAK_TRY(check_isolation(begin.isolation));
    engine::BeginOptions options{begin.read_only.value_or(begin.as_of.has_value())};
    if (begin.as_of) {
        if (!options.read_only) {
            return make_error(ErrorCode::kPastIsReadOnly, "a transaction as of a past point cannot write")
                .with_hint("BEGIN READ ONLY AS OF ...");
        }
        if (!connection_->in_transaction()) {  // else begin() refuses
            KODIAK_TRY_ASSIGN(options.as_of, resolve_point(*connection_, *begin.as_of));
        }
    }
    KODIAK_TRY(start_transaction(options));
    return answer_of("BEGIN");
}

Status ScriptSession::end_own_failure() {
    Error first = *std::exchange(own_failure_, std::nullopt);
    KODIAK_TRY(connection_->rollback());
    return make_error(ErrorCode::kInFailedTransaction,
                      "the transaction was rolled back because a statement in it had failed")
        .with_detail("The first error was: " + first.message + ".")
        .with_hint("Run the transaction again without the failing statement.");
}

Result<Answer> ScriptSession::run(std::string_view, const language::CommitStatement& commit, ResultSink&) {
    if (own_failure_) {
        KODIAK_TRY(end_own_failure());
    }
    timeline::CommitOptions options;
    options.message = commit.message.value_or("");
    options.author = commit.author.value_or("");
    options.allow_empty = commit.allow_empty;
    if (commit.metadata && !connection_->has_failed()) {
        KODIAK_TRY_ASSIGN(options.metadata, evaluate_metadata(*commit.metadata));
    }
    KODIAK_TRY(connection_->commit(options));
    if (commit.chain) {
        KODIAK_TRY(start_transaction(begin_options_));
    }
    return answer_of("COMMIT");
}

Result<Answer> ScriptSession::run(std::string_view, const language::RollbackStatement& rollback, ResultSink&) {
    if (rollback.savepoint) {
        KODIAK_TRY(connection_->rollback_to(*rollback.savepoint));
        own_failure_.reset();
        return answer_of("ROLLBACK");
    }
    KODIAK_TRY(connection_->rollback());
    own_failure_.reset();
    if (rollback.chain) {
        KODIAK_TRY(start_transaction(begin_options_));
    }
    return answer_of("ROLLBACK");
}

Result<Answer> ScriptSession::run(std::string_view, const language::SavepointStatement& savepoint, ResultSink&) {
    if (own_failure_) {
        return refused_in_failed_transaction();
    }
    KODIAK_TRY(connection_->savepoint(savepoint.name));
    return answer_of("SAVEPOINT");
}

Result<Answer> ScriptSession::run(std::string_view, const language::ReleaseStatement& release, ResultSink&) {
    if (own_failure_) {
        return refused_in_failed_transaction();
    }
    KODIAK_TRY(connection_->release(release.name));
    return answer_of("RELEASE");
}

Result<Answer> ScriptSession::run(std::string_view, const language::SetTransactionStatement& set, ResultSink&) {
    KODIAK_TRY(check_isolation(set.isolation));
    if (!connection_->in_transaction()) {
        return make_error(ErrorCode::kNoActiveTransaction, "SET TRANSACTION can only be used inside a transaction")
            .with_hint("Start one with BEGIN.");
    }
    if (!is_fresh_) {
        return make_error(ErrorCode::kActiveTransaction, "SET TRANSACTION must come before any other statement")
            .with_hint("Use it right after BEGIN.");
    }
    if (set.read_only && *set.read_only != begin_options_.read_only) {
        // Nothing has happened yet, so a new transaction is the same one with another option.
        if (begin_options_.as_of) {
            return make_error(ErrorCode::kPastIsReadOnly, "a transaction as of a past point cannot write");
        }
        KODIAK_TRY(connection_->rollback());
        KODIAK_TRY(start_transaction({*set.read_only}));
    }
    return answer_of("SET TRANSACTION");
}

Result<Answer> ScriptSession::run(std::string_view text, const language::CheckpointStatement& checkpoint,
                                  ResultSink& sink) {
    std::string database;
    if (checkpoint.database) {
        database = *checkpoint.database;
    } else {
        KODIAK_TRY_ASSIGN(database, query_value(*connection_, "SELECT current_database()"));
    }
    if (!language::same_name(database, catalog_)) {
        return run_in_engine(text, text, sink);
    }
    if (connection_->in_transaction()) {
        return make_error(ErrorCode::kActiveTransaction, "CHECKPOINT cannot run inside a transaction")
            .with_hint("COMMIT or ROLLBACK first.");
    }
    KODIAK_TRY(core_.checkpoint());
    return answer_of("CHECKPOINT");
}

Result<Answer> ScriptSession::run(std::string_view text, const language::UpsertStatement& upsert, ResultSink& sink) {
    if (own_failure_) {
        return refused_in_failed_transaction();
    }
    KODIAK_TRY_ASSIGN(auto by_key, run_by_key(text, sink));
    if (by_key) {
        return std::move(*by_key);
    }
    TableLookup lookup(*connection_, upsert);
    KODIAK_TRY_ASSIGN(auto rewrite, language::rewrite_upsert(text, upsert, lookup));
    Result<Answer> answer =
        rewrite.returns_merge_action ? run_counting_upsert(rewrite.sql) : run_in_engine(text, rewrite.sql, sink);
    if (!answer.ok()) {
        Error error = language::recover_raised_error(std::move(answer).error());
        return place_in_original(std::move(error), rewrite.sql, text, rewrite.source_map);
    }
    return answer;
}

Result<Answer> ScriptSession::run(std::string_view text, const language::ProveStatement& prove, ResultSink& sink) {
    if (own_failure_) {
        return refused_in_failed_transaction();
    }
    language::TableShape shape;
    if (prove.what == language::ProveStatement::What::kRow) {
        const language::UpsertStatement only_primary_key;
        KODIAK_TRY_ASSIGN(shape, TableLookup(*connection_, only_primary_key).table_shape(names_of(prove.table)));
    }
    KODIAK_TRY_ASSIGN(const std::string sql, language::prove_to_sql(text, prove, shape));
    KODIAK_TRY_ASSIGN(const std::string proof, without_position(query_value(*connection_, sql)));
    if (proof.empty()) {
        return make_error(ErrorCode::kNotFound, "no row of \"" + shape.name + "\" has this key");
    }
    if (prove.into) {
        KODIAK_TRY(replace_file(*make_real_disk(), *prove.into, proof));
        Answer answer = answer_of("PROVE");
        answer.text = "proof of " + std::to_string(proof.size()) + " bytes written to " + *prove.into;
        return answer;
    }
    KODIAK_TRY(sink.begin({{"proof", "VARCHAR", ValueKind::kText}}));
    KODIAK_TRY(sink.rows(OneText(proof)));
    Answer answer = answer_of("PROVE");
    answer.has_rows = true;
    return answer;
}

Result<Answer> ScriptSession::run(std::string_view text, const language::HistoryStatement&, ResultSink& sink) {
    if (own_failure_) {
        return refused_in_failed_transaction();
    }
    KODIAK_TRY_ASSIGN(const auto action, language::parse_history_statement(text));
    return action.what == language::HistoryAction::What::kQuery
               ? without_position(run_in_engine(text, action.query, sink))
               : HistoryRunner(*connection_, core_, catalog_).run(text, action);
}

Result<Answer> ScriptSession::run(std::string_view text, const language::PlainStatement&, ResultSink& sink) {
    if (own_failure_) {
        return refused_in_failed_transaction();
    }
    if (language::may_be_about_code(text)) {
        KODIAK_TRY_ASSIGN(const auto result, connection_->execute_code(text));
        if (result != nullptr) {
            return send(text, *result, sink);
        }
    }
    KODIAK_TRY_ASSIGN(auto by_key, run_by_key(text, sink));
    if (!by_key) {
        KODIAK_TRY_ASSIGN(by_key, execute_by_key(text, sink));
    }
    if (by_key) {
        return std::move(*by_key);
    }
    KODIAK_TRY_ASSIGN(auto rewritten, language::rewrite_plain(text));
    if (!rewritten.changed) {
        return run_in_engine(text, text, sink, rewritten.notes);
    }
    Result<Answer> answer = run_in_engine(text, rewritten.text, sink, rewritten.notes);
    if (!answer.ok()) {
        return place_in_original(std::move(answer).error(), rewritten.text, text, rewritten.source_map);
    }
    return answer;
}

Result<Answer> ScriptSession::run_in_engine(std::string_view text, std::string_view sql, ResultSink& sink,
                                            const catalog::StatementNotes& notes) {
    KODIAK_TRY_ASSIGN(auto result, connection_->execute(sql, notes));
    return send(text, *result, sink);
}

Result<Answer> ScriptSession::send(std::string_view text, engine::QueryResult& result, ResultSink& sink) {
    if (result.kind() == engine::ResultKind::kRows) {
        KODIAK_TRY(sink.begin(result_columns(result.columns())));
        engine::ResultChunk chunk;
        for (bool more = true; more;) {
            KODIAK_TRY_ASSIGN(more, result.next(chunk));
            if (more) {
                KODIAK_TRY(sink.rows(ChunkRows(chunk)));
            }
        }
    }
    return answer_for(text, result);
}

namespace {

Answer upsert_answer(uint64_t inserted, uint64_t updated) {
    Answer answer = answer_of("UPSERT");
    answer.has_count = true;
    answer.changed = inserted + updated;
    answer.text = "inserted " + std::to_string(inserted) + ", updated " + std::to_string(updated);
    return answer;
}

}  // namespace

namespace {

// A constant of EXECUTE as the router takes it; decimals go the general way.
std::optional<engine::Parameter> parameter_of(const catalog::KeyOperand& value) {
    using Kind = catalog::KeyOperand::Kind;
    switch (value.kind) {
        case Kind::kNull:
            return engine::Parameter();
        case Kind::kTrue:
        case Kind::kFalse:
            return engine::Parameter(value.kind == Kind::kTrue);
        case Kind::kString:
            return engine::Parameter(value.text);
        case Kind::kInteger: {
            int64_t integer = 0;
            const char* end = value.text.data() + value.text.size();
            const auto read = std::from_chars(value.text.data(), end, integer);
            return read.ec == std::errc() && read.ptr == end ? std::optional(engine::Parameter(integer)) : std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

}  // namespace

// The router past the planner: a statement on one row, named by its key.
Result<std::optional<Answer>> ScriptSession::run_by_key(std::string_view text, ResultSink& sink) {
    const auto statement = language::parse_key_statement(text);
    if (!statement || statement->parameters > 0) {
        return std::optional<Answer>();
    }
    return run_key_statement(text, *statement, {}, sink);
}

Result<std::optional<Answer>> ScriptSession::execute_by_key(std::string_view text, ResultSink& sink) {
    const auto execution = prepared_.empty() ? std::nullopt : language::parse_key_execution(text);
    const auto prepared = execution ? prepared_.find(language::fold_name(execution->name)) : prepared_.end();
    if (prepared == prepared_.end() || execution->values.size() != prepared->second.parameters) {
        return std::optional<Answer>();
    }
    std::vector<engine::Parameter> parameters;
    for (const catalog::KeyOperand& value : execution->values) {
        const auto parameter = parameter_of(value);
        if (!parameter) {
            return std::optional<Answer>();
        }
        parameters.push_back(*parameter);
    }
    return run_key_statement(text, prepared->second, parameters, sink);
}

void ScriptSession::note_prepared(std::string_view text) {
    using Touched = language::PreparedNames::Touched;
    const language::PreparedNames names = language::prepared_names_touched(text);
    if (names.touched == Touched::kAll) {
        prepared_.clear();  // what is still there runs by the general path
    } else if (names.touched == Touched::kOne) {
        prepared_.erase(language::fold_name(names.name));
        if (auto prepared = language::parse_prepared_key_statement(text)) {
            prepared_[language::fold_name(prepared->name)] = std::move(prepared->statement);
        }
    }
}

Result<std::optional<Answer>> ScriptSession::run_key_statement(std::string_view text,
                                                               const catalog::KeyStatement& statement,
                                                               std::span<const engine::Parameter> parameters,
                                                               ResultSink& sink) {
    KODIAK_TRY_ASSIGN(auto answer, connection_->execute_by_key(statement, parameters));
    if (!answer) {
        return std::optional<Answer>();
    }
    if (statement.kind == catalog::KeyStatement::Kind::kUpsert) {
        return std::optional(upsert_answer(answer->inserted ? 1 : 0, answer->inserted ? 0 : 1));
    }
    KODIAK_TRY_ASSIGN(Answer sent, send(text, *answer->result, sink));
    return std::optional(std::move(sent));
}

Result<Answer> ScriptSession::run_counting_upsert(const std::string& sql) {
    KODIAK_TRY_ASSIGN(auto result, connection_->execute(sql));
    uint64_t inserted = 0;
    uint64_t updated = 0;
    engine::ResultChunk chunk;
    for (bool more = true; more;) {
        KODIAK_TRY_ASSIGN(more, result->next(chunk));
        for (size_t row = 0; more && row < chunk.rows(); ++row) {
            ++(chunk.text(0, row) == "INSERT" ? inserted : updated);
        }
    }
    return upsert_answer(inserted, updated);
}

Result<std::vector<std::pair<std::string, std::string>>> ScriptSession::evaluate_metadata(const std::string& sql) {
    // Each field of the struct becomes a column.
    KODIAK_TRY_ASSIGN(auto result, connection_->execute("SELECT unnest(" + sql + ")"));
    std::vector<std::pair<std::string, std::string>> metadata;
    engine::ResultChunk chunk;
    for (bool more = true; more;) {
        KODIAK_TRY_ASSIGN(more, result->next(chunk));
        for (size_t column = 0; more && metadata.size() < result->columns().size(); ++column) {
            metadata.emplace_back(result->columns()[column].name, chunk.text(column, 0));
        }
    }
    return metadata;
}

}  // namespace kodiak::database
