#pragma once

// CodeStatements: the statements of code that a session runs by itself.
//
// What       CREATE and DROP of functions, procedures, tests and triggers; DO, CALL, RUN TESTS, CHECK FUNCTION, LET;
//            SHOW TRIGGERS, PROCEDURES and TESTS, SHOW CREATE FUNCTION and TRIGGER.
// How        Definitions are rows of `objects` like all others (catalog::RoutineDefinition), so they are
//            transactional, hashed and versioned. What code runs, it runs on the session's own context, through a
//            lane that the session gives.
// Errors     Places are those of the statement's text. 42723 exists, 42883 and 42704 does not exist, 42725 several.
// Threads    The session's.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/main/query_result.hpp"

#include "engine/code/code_call.hpp"
#include "engine/code/code_executor.hpp"
#include "engine/code/code_session.hpp"
#include "language/statement_table.hpp"

namespace kodiak::engine {

// Rows that a statement answers, as DuckDB would.
class AnswerRows {
   public:
    AnswerRows(std::vector<std::string> names, std::vector<duckdb::LogicalType> types)
        : names_(std::move(names)), types_(std::move(types)) {}
    void add(std::vector<duckdb::Value> row) { rows_.push_back(std::move(row)); }
    std::unique_ptr<duckdb::QueryResult> finish(duckdb::ClientContext& context) &&;

   private:
    std::vector<std::string> names_;
    std::vector<duckdb::LogicalType> types_;
    std::vector<std::vector<duckdb::Value>> rows_;
};

class CodeStatements {
   public:
    using Answer = std::unique_ptr<duckdb::QueryResult>;  // nullptr: no rows

    CodeStatements(duckdb::ClientContext& context, CodeSession& session, SessionState& transactions, SqlLane& lane)
        : context_(context), session_(session), transactions_(transactions), executor_(lane, session, transactions) {}

    // Runs the statement; nullopt, with nothing done, if it is the engine's after all.
    Result<std::optional<Answer>> run(std::string_view text);

   private:
    struct Place {
        KodiakCatalog* database = nullptr;
        storage::Transaction* transaction = nullptr;
        ObjectId schema;
        std::string schema_name;
        std::string name;
    };

    struct TestOutcome {
        std::optional<std::string> problem;
        double milliseconds = 0;
    };

    Result<std::optional<Answer>> run_form(std::string_view text, const language::OwnStatement& statement);
    Result<Place> place(const std::vector<std::string>& name);
    Result<Answer> define(std::string_view text);
    Status put_routine(const Place& where, std::string_view text, const std::string& replaced);
    Status put_test(const Place& where, const language::CodeHead& head, std::string_view text);
    Result<std::optional<Answer>> drop(std::string_view text, const language::OwnStatement& statement);
    Result<std::string> choose_overload(const Place& where, const std::vector<std::string>& types, bool has_types);
    Result<std::optional<Answer>> call(std::string_view text, const language::OwnStatement& statement);
    Result<Answer> answer_call(const CodeCall& call, std::vector<language::Value> inputs);
    TestOutcome run_test(language::CodeLibrary& library, const std::string& source);
    Result<Answer> run_tests(std::string_view text, const language::OwnStatement& statement);
    Result<Answer> check_functions(std::string_view text, const language::OwnStatement& statement);
    Result<Answer> explain_function(std::string_view text, const language::OwnStatement& statement);
    Status create_trigger(std::string_view text);
    Status alter_trigger(std::string_view text, const language::OwnStatement& statement);
    Status drop_trigger(std::string_view text, const language::OwnStatement& statement);
    // Its table, and the trigger of this name on it; nullptr when there is none.
    Result<std::pair<catalog::ObjectPtr, catalog::ObjectPtr>> find_trigger(const Place& where, const std::string& name);
    Result<std::optional<Answer>> show(std::string_view text, const language::OwnStatement& statement);
    Result<Answer> show_triggers(std::string_view text, const language::OwnStatement& statement);
    Status let(std::string_view text, const language::OwnStatement& statement);
    void warn(const language::DiagnosticList& diagnostics, std::string_view text);
    language::CodeEnvironment environment();

    duckdb::ClientContext& context_;
    CodeSession& session_;
    SessionState& transactions_;
    CodeExecutor executor_;
};

// Where all fields of a label lie in the statement's text.
std::vector<language::Span> fields_of(const language::OwnStatement& statement, std::string_view label);
// Splits a name written as SQL (a.b, "x y".z) into its parts.
std::vector<std::string> name_parts(std::string_view text);

}  // namespace kodiak::engine
