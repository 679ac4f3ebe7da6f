#pragma once

// CodeExecutor: how code runs SQL (language/sql_executor.hpp) on a DuckDB context of its session.
//
// How        A SqlLane says on which context: the session's own when a DO or CALL runs code, a nested one when a
//            statement does. Each statement of code has an undo mark of its own in the session's storage
//            transaction, so that a handler finds everything as it was; answers are fetched whole before the code
//            goes on, so that it may change what it reads.
// Rules      Marks of handlers are taken when the first statement behind them runs, and the lane is held until they
//            are gone: threads of one statement take turns, and undo in reverse order.
//            Inside of a statement that updates or deletes, keys are checked when that statement ends, and what code
//            changed cannot be undone alone (0A000): the statement's own changes would go with it.
// Errors     Those of the engine, without position: the place is the statement's place in the code.
// Threads    One executor belongs to one run of code on one thread.

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/main/query_result.hpp"
#include "duckdb/parser/sql_statement.hpp"

#include "catalog/statement_notes.hpp"
#include "engine/code/code_session.hpp"
#include "engine/router/router.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "language/sql_executor.hpp"

namespace kodiak::engine {

// Where SQL of code runs.
class SqlLane {
   public:
    virtual ~SqlLane() = default;
    // The context, alone until give_back(). Throws what making it throws.
    virtual duckdb::ClientContext& take() = 0;
    virtual void give_back() = 0;
    // Makes the context usable again after a statement on it failed.
    virtual Status recover() { return ok_status(); }
    // Ends the transaction and starts the next one.
    virtual Status commit(const std::optional<std::string>& message);
    virtual Status rollback();
    // A statement is running around this code.
    virtual bool is_nested() const = 0;
};

// The lane inside of a statement of `outer`.
class NestedLane : public SqlLane {
   public:
    explicit NestedLane(duckdb::ClientContext& outer) : outer_(outer) {}
    duckdb::ClientContext& take() override;
    void give_back() override { CodeContext::of(outer_).mutex().unlock(); }
    bool is_nested() const override { return true; }

   private:
    duckdb::ClientContext& outer_;
};

// While a statement that changes rows in place runs: session.writing.
class WritingRows {
   public:
    WritingRows(CodeSession& session, const duckdb::SQLStatement& statement);
    WritingRows(CodeSession& session, bool writes) : session_(session), count_(writes ? 1 : 0) {
        session_.writing += count_;
    }
    ~WritingRows() { session_.writing -= count_; }
    WritingRows(const WritingRows&) = delete;
    WritingRows& operator=(const WritingRows&) = delete;

   private:
    CodeSession& session_;
    int count_;
};

// While a statement of code is planned: session.names_arguments is about its text.
class NotedText {
   public:
    NotedText(CodeSession& session, std::string_view text) : session_(session), before_(session.names_arguments) {
        session_.note_text(text);
    }
    ~NotedText() { session_.names_arguments = before_; }
    NotedText(const NotedText&) = delete;
    NotedText& operator=(const NotedText&) = delete;

   private:
    CodeSession& session_;
    bool before_;
};

class CodeExecutor : public language::SqlExecutor {
   public:
    // All must outlive the executor.
    CodeExecutor(SqlLane& lane, CodeSession& session, SessionState& transactions)
        : lane_(lane), session_(session), transactions_(transactions) {}
    ~CodeExecutor() override;
    CodeExecutor(const CodeExecutor&) = delete;
    CodeExecutor& operator=(const CodeExecutor&) = delete;

    Result<language::SqlDescription> describe(std::string_view text,
                                              const std::vector<language::SqlName>& names) override;
    Result<std::unique_ptr<language::SqlRows>> run(std::string_view text,
                                                   const std::vector<language::Value>& parameters,
                                                   const std::vector<language::CodeType>& types,
                                                   const language::Meter& meter) override;
    Result<uint64_t> mark() override;
    Status undo_to(uint64_t mark) override;
    Status release(uint64_t mark) override;
    Status commit(const std::optional<std::string>& message) override;
    Status rollback() override;
    Result<catalog::Type> find_type(const std::vector<std::string>& name) override;
    Result<std::vector<catalog::NamedType>> table_columns(const std::vector<std::string>& name) override;

   private:
    // The context of the lane, for one statement or until the last mark is gone.
    class Hold {
       public:
        explicit Hold(CodeExecutor& executor) : executor_(executor) {
            if (executor_.held_ == nullptr) {
                executor_.held_ = &executor_.lane_.take();
            }
        }
        ~Hold() { executor_.let_go(); }
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        duckdb::ClientContext& context() { return *executor_.held_; }

       private:
        CodeExecutor& executor_;
    };
    struct Statement {
        std::string text;
        duckdb::unique_ptr<duckdb::SQLStatement> parsed;
        catalog::StatementNotes notes;
        bool upsert = false;  // its rows only say what became of each
        std::optional<catalog::KeyStatement> key;  // it names one row by its key
    };
    struct Bound {
        duckdb::vector<duckdb::string> names;
        duckdb::vector<duckdb::LogicalType> types;
        bool writes = false;
    };
    struct HandlerMark {
        std::optional<SessionState::Marks> marks;  // taken at the first statement
        bool wrote = false;                        // something was changed since
    };

    Result<Statement> parse(duckdb::ClientContext& context, std::string_view text);
    Result<const Statement*> statement(duckdb::ClientContext& context, std::string_view text);
    bool parses(const std::string& text);
    Result<Bound> bind(const std::string& text, const std::vector<duckdb::LogicalType>& parameters);
    // Past the planner; nullopt, with nothing done, when it is not for the router.
    Result<std::optional<KeyRun>> run_by_key(duckdb::ClientContext& context, const Statement& statement,
                                             const std::vector<language::Value>& parameters,
                                             const std::vector<language::CodeType>& types);
    Result<std::unique_ptr<duckdb::QueryResult>> execute(duckdb::ClientContext& context, const Statement& statement,
                                                         const std::vector<language::Value>& parameters,
                                                         const std::vector<language::CodeType>& types);
    void let_go();
    bool defers_keys() const { return lane_.is_nested() && session_.writing > 0; }

    SqlLane& lane_;
    CodeSession& session_;
    SessionState& transactions_;
    std::unordered_map<std::string, Statement> statements_;  // parsed before
    Router router_;
    std::vector<HandlerMark> marks_;
    duckdb::ClientContext* held_ = nullptr;  // the lane is taken
};

}  // namespace kodiak::engine
