#include "engine/engine.hpp"

#include <filesystem>

#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/parser/keyword_helper.hpp"

#include "base/disk/disk.hpp"
#include "engine/code/code_session.hpp"
#include "engine/connection/attached_cores.hpp"
#include "engine/connection/query_result.hpp"
#include "engine/connection/session.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/proof_functions.hpp"
#include "engine/functions/sequence_functions.hpp"
#include "engine/functions/tier_functions.hpp"
#include "engine/functions/timeline_functions.hpp"
#include "engine/functions/transaction_functions.hpp"
#include "engine/scan/table_scan.hpp"

namespace kodiak::engine {

struct Connection::State {
    Session session;
};

struct Engine::State {
    duckdb::shared_ptr<AttachedCores> cores = duckdb::make_shared_ptr<AttachedCores>();
    std::vector<std::string> extension_folders;
    std::shared_ptr<language::Jit> jit;
    std::unique_ptr<duckdb::DuckDB> database;
    // ATTACH and DETACH run here, where no Kodiak database is the default one.
    std::mutex mutex;  // guards `steward`
    std::unique_ptr<duckdb::Connection> steward;
};

namespace {

std::string quoted(const std::string& name) { return duckdb::KeywordHelper::WriteQuoted(name, '"'); }

void apply(const EngineOptions& options, duckdb::DBConfig& config) {
    if (options.threads > 0) {
        config.SetOptionByName("threads", duckdb::Value::UBIGINT(options.threads));
    }
    if (options.memory_limit_bytes > 0) {
        config.SetOptionByName("memory_limit", duckdb::Value(std::to_string(options.memory_limit_bytes) + "B"));
    }
    config.SetOptionByName("temp_directory", duckdb::Value(options.temp_directory));
    // Whole errors, position and our own codes included, come back as JSON; errors.cpp reads them.
    config.SetOptionByName("errors_as_json", duckdb::Value::BOOLEAN(true));
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
}

std::shared_ptr<language::Jit> make_jit(const EngineOptions& options) {
    language::JitOptions jit;
    jit.clock = make_system_clock();
    if (!options.code_cache_folder.empty()) {
        jit.cache_folder = options.code_cache_folder;
        jit.disk = make_real_disk();
    }
    return std::make_shared<language::Jit>(std::move(jit));
}

// SET kodiak_jit: for all sessions of this process.
void switch_jit(duckdb::ClientContext& context, duckdb::SetScope, duckdb::Value& value) {
    if (language::Jit* const jit = CodeContext::of(context).session()->jit()) {
        jit->set_enabled(value.GetValue<bool>());
    }
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::create(const EngineOptions& options) {
    try {
        auto state = std::make_unique<State>();
        state->extension_folders = options.extension_folders;
        state->jit = make_jit(options);
        duckdb::DBConfig config;
        apply(options, config);
        register_storage_extension(config, state->cores);
        register_timeline_names(config);
        config.AddExtensionOption("kodiak_jit", "Compile PL-Grizzly functions that are called often",
                                  duckdb::LogicalType::BOOLEAN, duckdb::Value::BOOLEAN(true), switch_jit);
        register_tier_names(config);
        state->database = std::make_unique<duckdb::DuckDB>(nullptr, &config);
        state->steward = std::make_unique<duckdb::Connection>(*state->database);
        auto& context = *state->steward->context;
        context.RunFunctionInTransaction([&] {
            register_sequence_functions(context);
            register_transaction_functions(context);
            register_table_scan(context);
            register_timeline_functions(context);
            register_proof_functions(context);
            register_tier_functions(context);
        });
        return std::make_unique<Engine>(std::move(state));
    } catch (const std::exception& exception) {
        return from_exception(exception);
    }
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

std::string Engine::catalog_name(const std::string& path) {
    std::filesystem::path cleaned = std::filesystem::path(path).lexically_normal();
    if (!cleaned.has_filename()) {
        cleaned = cleaned.parent_path();
    }
    std::string name = cleaned.stem().string();
    if (name.empty() || name == "." || name == "..") {
        name = "kodiak";
    }
    return duckdb::AttachedDatabase::NameIsReserved(name) || name == "memory" ? name + "_db" : name;
}

Status Engine::attach(const std::string& name, timeline::DatabaseCore& core) {
    if (!state_->cores->enter(name, core)) {
        return make_error(ErrorCode::kDuplicateObject, "a database is attached under this name already: " + name);
    }
    const std::lock_guard lock(state_->mutex);
    const auto result = state_->steward->Query("ATTACH " + duckdb::KeywordHelper::WriteQuoted(core.path(), '\'') +
                                               " AS " + quoted(name) + " (TYPE kodiak" +
                                               (core.read_only() ? ", READ_ONLY)" : ", READ_WRITE)"));
    if (result->HasError()) {
        state_->cores->leave(name);
        return from_duckdb(result->GetErrorObject());
    }
    return ok_status();
}

Status Engine::detach(const std::string& name) {
    if (state_->cores->find(name) == nullptr) {
        return make_error(ErrorCode::kUndefinedObject, "no database is attached under this name: " + name);
    }
    const std::lock_guard lock(state_->mutex);
    const auto result = state_->steward->Query("DETACH " + quoted(name));
    if (result->HasError()) {
        return from_duckdb(result->GetErrorObject());
    }
    state_->cores->leave(name);
    return ok_status();
}

Result<std::unique_ptr<Connection>> Engine::connect(const std::string& default_catalog) {
    timeline::DatabaseCore* core = state_->cores->find(default_catalog);
    if (core == nullptr) {
        return make_error(ErrorCode::kUndefinedObject, "no database is attached under this name: " + default_catalog);
    }
    try {
        std::unique_ptr<Connection::State> state(
            new Connection::State{Session(*state_->database, state_->cores, state_->extension_folders, state_->jit)});
        KODIAK_TRY(state->session.use(default_catalog, *core));
        return std::make_unique<Connection>(std::move(state));
    } catch (const std::exception& exception) {
        return from_exception(exception);
    }
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() = default;

Result<std::unique_ptr<QueryResult>> Connection::execute(std::string_view sql,
                                                         const catalog::StatementNotes& notes) {
    KODIAK_TRY_ASSIGN(auto result, state_->session.run(sql, notes));
    return make_query_result(state_->session, std::move(result));
}

Result<std::optional<KeyAnswer>> Connection::execute_by_key(const catalog::KeyStatement& statement,
                                                            std::span<const Parameter> parameters) {
    KODIAK_TRY_ASSIGN(auto run, state_->session.run_by_key(statement, parameters));
    if (!run) {
        return std::optional<KeyAnswer>();
    }
    KeyAnswer answer;
    answer.inserted = run->inserted;
    if (run->rows != nullptr) {
        KODIAK_TRY_ASSIGN(answer.result, make_query_result(state_->session, std::move(run->rows)));
    } else {
        answer.result = make_count_result(state_->session, run->changed);
    }
    return std::optional(std::move(answer));
}

Result<LookupOutcome> Connection::look_up(KeyLookup& lookup, std::span<const Parameter> parameters) {
    Session& session = state_->session;
    // Passed by reference: it is too large to be copied without allocation.
    auto run = [&](storage::Transaction& transaction, uint64_t serial) {
        return lookup.state().run(session.context(), transaction, serial, parameters);
    };
    return session.look_up(lookup.state(), std::ref(run));
}

Result<LookupOutcome> Connection::look_up_many(KeyLookup& lookup, std::span<const int64_t> keys,
                                               const std::function<void(size_t)>& visit) {
    return state_->session.look_up(lookup.state(), [&](storage::Transaction& transaction, uint64_t serial) {
        return lookup.state().run_many(transaction, serial, keys, visit);
    });
}

Result<LookupOutcome> Connection::look_up_range(KeyLookup& lookup, int64_t low, int64_t high,
                                                const std::function<bool()>& visit) {
    return state_->session.look_up(lookup.state(), [&](storage::Transaction& transaction, uint64_t serial) {
        return lookup.state().run_range(transaction, serial, low, high, visit);
    });
}

Result<std::unique_ptr<PreparedQuery>> Connection::prepare(std::string_view sql) {
    auto state = std::make_unique<PreparedQuery::State>();
    KODIAK_TRY_ASSIGN(state->statement, state_->session.prepare(sql));
    return std::make_unique<PreparedQuery>(std::move(state));
}

Result<std::unique_ptr<QueryResult>> Connection::execute(PreparedQuery& query,
                                                         std::span<const Parameter> parameters) {
    KODIAK_TRY_ASSIGN(auto result, state_->session.run_prepared(*query.state().statement, parameters));
    return make_query_result(state_->session, std::move(result));
}

PreparedQuery::PreparedQuery(std::unique_ptr<State> state) : state_(std::move(state)) {}
PreparedQuery::~PreparedQuery() = default;
size_t PreparedQuery::parameters() const { return state_->statement->named_param_map.size(); }

Status Connection::change(const StoreAction& action, const timeline::CommitOptions& options) {
    return state_->session.change(action, options);
}
std::optional<uint64_t> Connection::changes_read(const std::string& watermark) const {
    return state_->session.changes_read(watermark);
}
Status Connection::begin(const BeginOptions& options) { return state_->session.begin(options); }
Result<timeline::CommitOutcome> Connection::commit(const timeline::CommitOptions& options) {
    return state_->session.commit(options);
}
Status Connection::rollback() { return state_->session.rollback(); }
void Connection::set_statement_commit_options(timeline::CommitOptions options) {
    state_->session.statement_commit_options = std::move(options);
}
const timeline::CommitOutcome& Connection::last_commit() const { return state_->session.last_commit; }
bool Connection::in_transaction() const { return state_->session.in_transaction(); }
bool Connection::has_failed() const { return state_->session.has_failed(); }
Status Connection::savepoint(const std::string& name) { return state_->session.savepoint(name); }
Status Connection::rollback_to(const std::string& name) { return state_->session.rollback_to(name); }
Status Connection::release(const std::string& name) { return state_->session.release(name); }
void Connection::interrupt() { state_->session.interrupt(); }
void Connection::set_notice_sink(NoticeSink* sink) { state_->session.set_notice_sink(sink); }

Result<std::unique_ptr<QueryResult>> Connection::execute_code(std::string_view text) {
    KODIAK_TRY_ASSIGN(auto answer, state_->session.run_code(text));
    if (!answer) {
        return std::unique_ptr<QueryResult>();
    }
    return make_query_result(state_->session, std::move(*answer));
}

}  // namespace kodiak::engine
