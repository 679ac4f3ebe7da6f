#include "engine/code/code_session.hpp"

#include <algorithm>
#include <array>

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/client_data.hpp"

#include "engine/code/triggers.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/session_database.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

void CodeSession::message(language::RaiseLevel level, const Error& text) {
    static constexpr std::array<const char*, 6> kNames = {"DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION"};
    const std::lock_guard lock(mutex_);
    if (sink_ != nullptr) {
        sink_->notice(kNames[static_cast<size_t>(level)], text);
    }
}

void CodeSession::set_notice_sink(NoticeSink* sink) {
    const std::lock_guard lock(mutex_);
    sink_ = sink;
}

std::vector<std::string> searched_schemas(duckdb::ClientContext& context, const std::string& database) {
    std::vector<std::string> schemas;
    for (const auto& entry : duckdb::ClientData::Get(context).catalog_search_path->Get()) {
        if (catalog::fold_name(entry.catalog) == catalog::fold_name(database)) {
            schemas.push_back(entry.schema);
        }
    }
    if (schemas.empty()) {
        schemas.emplace_back("main");
    }
    return schemas;
}

std::shared_ptr<language::CodeLibrary> CodeSession::library(duckdb::ClientContext& context) {
    if (find_session_database(context) == nullptr) {
        return std::make_shared<language::CodeLibrary>();  // other databases hold no code
    }
    KodiakCatalog& database = session_database(context);
    storage::Transaction& transaction = transaction_of(context, database);
    // A transaction that reads the past runs the code of then.
    const auto as_of = SessionState::of(context)->as_of();
    const auto state = as_of ? value_or_throw(transaction.past_catalog(*as_of)) : transaction.catalog();
    std::vector<std::string> path = searched_schemas(context, database.GetName());
    std::string key = database.GetName();
    for (const std::string& schema : path) {
        key += "\n" + schema;
    }
    const std::lock_guard lock(mutex_);
    Known& known = libraries_[key];
    if (known.library != nullptr && known.version == state->version()) {
        return known.library;
    }
    std::vector<language::CodeSource> sources;
    for (const auto& object : state->list(catalog::ObjectKind::kRoutine)) {
        const auto schema = state->find(object->schema);
        for (const std::string& text : std::get<catalog::RoutineDefinition>(object->definition).overloads) {
            sources.push_back({schema->name, object->name, text});
        }
    }
    known.version = state->version();
    known.library = std::make_shared<language::CodeLibrary>();
    known.library->add_sources(std::move(sources), std::move(path));
    return known.library;
}

void CodeSession::forget_library() {
    const std::lock_guard lock(mutex_);
    libraries_.clear();
}

std::vector<CompiledTrigger>& CodeSession::triggers(const duckdb::Catalog& database, ObjectId table,
                                                    const std::shared_ptr<language::CodeLibrary>& library) {
    const std::lock_guard lock(mutex_);
    KnownTriggers& known = triggers_[{&database, table}];
    if (known.library != library) {
        known.library = library;
        known.list = std::make_shared<std::vector<CompiledTrigger>>();
    }
    return *known.list;
}

language::CodeEnvironment CodeSession::environment() {
    language::CodeEnvironment environment;
    environment.clock = clock_.get();
    environment.messages = this;
    environment.cancelled = &cancelled_;
    return environment;
}

void CodeSession::interrupt() {
    cancelled_ = true;
    const std::lock_guard lock(mutex_);
    for (duckdb::ClientContext* context : nested_) {
        context->Interrupt();
    }
}

void CodeSession::enter(duckdb::ClientContext& context) {
    const std::lock_guard lock(mutex_);
    nested_.push_back(&context);
}

void CodeSession::leave(duckdb::ClientContext& context) {
    const std::lock_guard lock(mutex_);
    std::erase(nested_, &context);
}

CodeContext::~CodeContext() {
    if (nested_ != nullptr) {
        session_->leave(*nested_->context);
    }
}

CodeContext& CodeContext::of(duckdb::ClientContext& context) {
    const auto found = context.registered_state->Get<CodeContext>(kKey);
    if (!found) {
        throw_error(make_error(ErrorCode::kUnsupported, "functions of a database cannot be called here"));
    }
    return *found;
}

duckdb::ClientContext& CodeContext::nested(duckdb::ClientContext& own) {
    if (level_ + 1 >= CodeSession::kLevelsMost) {
        throw_error(language::coded_error("54001", "functions and the SQL they run call each other more than " +
                                                       std::to_string(CodeSession::kLevelsMost) + " levels deep"));
    }
    if (nested_ == nullptr) {
        auto made = std::make_unique<duckdb::Connection>(*own.db);
        made->context->registered_state->Insert(SessionState::kKey, SessionState::of(own));
        made->context->registered_state->Insert(
            kKey, duckdb::make_shared_ptr<CodeContext>(session_, level_ + 1));
        session_->enter(*made->context);
        nested_ = std::move(made);
    }
    auto& theirs = duckdb::ClientData::Get(*nested_->context);
    const auto& ours = duckdb::ClientData::Get(own);
    theirs.temporary_objects = ours.temporary_objects;
    if (duckdb::CatalogSearchEntry::ListToString(theirs.catalog_search_path->GetSetPaths()) !=
        duckdb::CatalogSearchEntry::ListToString(ours.catalog_search_path->GetSetPaths())) {
        theirs.catalog_search_path->Set(ours.catalog_search_path->GetSetPaths(),
                                        duckdb::CatalogSetPathType::SET_DIRECTLY);
    }
    nested_->context->config.user_settings = own.config.user_settings;
    nested_->context->config.user_variables = own.config.user_variables;
    return *nested_->context;
}

}  // namespace kodiak::engine
