#pragma once

// CodeSession: what code of one session runs with: the library of the definitions it sees, where its notices go, and
// the connections on which it runs SQL from inside of a statement.
//
// Why        A DuckDB context runs one statement at a time, so a function that is called from a statement runs its own
//            SQL on another one (docs/decisions/0011). That one adopts the session's transaction, so it sees and does
//            what the statement sees and does.
// How        CodeContext hangs on every context of a session: the session's own has level 0; SQL of functions that its
//            statements call runs at level 1, and so on. One statement at a time runs at each level, so the
//            mutex of a level is always taken after that of the level above.
// Threads    Safe from many threads; a nested context belongs to whoever holds its lock.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/main/connection.hpp"

#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/engine.hpp"
#include "language/code.hpp"
#include "language/jit.hpp"

namespace kodiak::engine {

class SessionState;
struct CompiledTrigger;

class CodeSession : public language::MessageSink {
   public:
    // Levels of SQL inside of code inside of SQL: each takes stack of the thread.
    static constexpr size_t kLevelsMost = 40;

    void message(language::RaiseLevel level, const Error& text) override;
    void set_notice_sink(NoticeSink* sink);

    // The code that `context` sees, made when definitions have changed since it was last asked for.
    std::shared_ptr<language::CodeLibrary> library(duckdb::ClientContext& context);
    // Drops what library() keeps: it holds what a definition has changed that may be undone.
    void forget_library();
    // The triggers on a table, whose programs call code of `library`; empty when they are asked for first: to be filled
    // in by the caller, who plans alone.
    std::vector<CompiledTrigger>& triggers(const duckdb::Catalog& database, ObjectId table,
                                           const std::shared_ptr<language::CodeLibrary>& library);
    // What runs may use, but for their executor.
    language::CodeEnvironment environment();

    // Compiles hot functions; nullptr: all are interpreted.
    language::Jit* jit() const { return jit_.get(); }
    void set_jit(std::shared_ptr<language::Jit> jit) { jit_ = std::move(jit); }

    // The session's own database; nullptr before it is known.
    timeline::DatabaseCore* core() const { return core_; }
    void set_core(timeline::DatabaseCore& core) { core_ = &core; }

    // Between a statement's start and end interrupt() stops code.
    void begin_statement() { cancelled_ = false; }
    void interrupt();
    // A nested context that interrupt() must reach.
    void enter(duckdb::ClientContext& context);
    void leave(duckdb::ClientContext& context);

    // The text of the running statement may name arguments (x => 1). DuckDB leaves a name as the alias of the argument,
    // which a bare column has anyway: its own name.
    std::atomic<bool> names_arguments{false};
    void note_text(std::string_view text) {
        names_arguments = text.find(":=") != std::string_view::npos || text.find("=>") != std::string_view::npos;
    }

    // Statements that change rows in place and run now: see CodeExecutor.
    std::atomic<int> writing{0};
    // How deep triggers fire triggers.
    static constexpr int kTriggersDeep = 16;
    std::atomic<int> trigger_depth{0};

   private:
    struct Known {
        uint64_t version = 0;
        std::shared_ptr<language::CodeLibrary> library;
    };
    std::shared_ptr<language::Jit> jit_;
    timeline::DatabaseCore* core_ = nullptr;
    std::mutex mutex_;  // guards what follows
    NoticeSink* sink_ = nullptr;
    std::map<std::string, Known> libraries_;  // by database and search path
    struct KnownTriggers {
        std::shared_ptr<language::CodeLibrary> library;
        std::shared_ptr<std::vector<CompiledTrigger>> list;
    };
    std::map<std::pair<const duckdb::Catalog*, ObjectId>, KnownTriggers> triggers_;
    std::vector<duckdb::ClientContext*> nested_;
    std::shared_ptr<Clock> clock_ = make_system_clock();
    std::atomic<bool> cancelled_{false};
};

class CodeContext : public duckdb::ClientContextState {
   public:
    static constexpr const char* kKey = "kodiak_code";

    CodeContext(std::shared_ptr<CodeSession> session, size_t level) : session_(std::move(session)), level_(level) {}
    ~CodeContext() override;

    // Of a context that has one; throws kUnsupported for DuckDB's own contexts.
    static CodeContext& of(duckdb::ClientContext& context);

    const std::shared_ptr<CodeSession>& session() const { return session_; }
    size_t level() const { return level_; }
    // The lock of the nested context.
    std::mutex& mutex() { return mutex_; }
    // The context for SQL inside of this one's statement; made at the first call. Throws 54001 when that is too deep.
    // Requires: mutex() is held.
    duckdb::ClientContext& nested(duckdb::ClientContext& own);

   private:
    std::shared_ptr<CodeSession> session_;
    size_t level_;
    std::mutex mutex_;
    std::unique_ptr<duckdb::Connection> nested_;
};

// The schemas of the session's database in the search path of a context.
std::vector<std::string> searched_schemas(duckdb::ClientContext& context, const std::string& database);

}  // namespace kodiak::engine
