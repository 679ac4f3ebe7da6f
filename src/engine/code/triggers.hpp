#pragma once

// Triggers of one statement on one table.
//
// What       TriggerPlan is made when the statement is planned: which triggers fire for which event, compiled for the
//            table's rows. A TriggerRun is made for each execution, and asked by the operators that write.
// Order      BEFORE STATEMENT when the operator starts, BEFORE ROW as rows come by, then the rows and their
//            constraints, then AFTER ROW and AFTER STATEMENT, by name within each (language reference 2.6).
// Rules      The code runs in the statement's transaction: what it does is undone with the statement. Triggers that
//            fire triggers go 16 levels deep, then 54001. A statement with row triggers runs its writes on one thread.
// Errors     DuckDB exceptions with the code's errors and the trigger's name in the call stack.
// Threads    A run belongs to one thread at a time.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/main/client_context.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/code/code_executor.hpp"
#include "engine/code/code_values.hpp"
#include "engine/code/trigger_spec.hpp"

namespace kodiak::engine {

struct CompiledTrigger {
    TriggerSpec spec;
    bool enabled = true;
    std::shared_ptr<const language::Program> condition;  // nullptr: none
    std::shared_ptr<const language::Program> function;   // nullptr: not compiled yet
};

// The program of a trigger's function for rows of `row`. kUndefinedFunction, kInvalidDefinition when it is not for
// triggers, and what is wrong with it.
Result<std::shared_ptr<const language::Program>> compile_trigger(language::CodeLibrary& library,
                                                                 const TriggerSpec& spec, const catalog::Type& row,
                                                                 CodeExecutor& executor);
// What is wrong with the condition of WHEN.
Status check_condition(language::CodeLibrary& library, const TriggerSpec& spec, const catalog::Type& row,
                       CodeExecutor& executor);
// The type of a table's rows in code: a STRUCT of its stored columns, in physical order.
std::shared_ptr<const catalog::Type> row_type(const KodiakTableEntry& table);

class TriggerRun;

class TriggerPlan {
   public:
    // nullptr when no trigger on the table fires for `events`. `updated`: the columns that an UPDATE sets.
    static std::shared_ptr<TriggerPlan> make(duckdb::ClientContext& context, KodiakTableEntry& table,
                                             const std::vector<TriggerEvent>& events,
                                             const std::vector<std::string>& updated);

    bool fires(TriggerEvent event, TriggerSpec::Timing timing, bool each_row) const;
    // The statement changes rows in place, so that `session.writing` counts it.
    bool in_place = false;
    // Row triggers, before or after.
    bool needs_rows(TriggerEvent event) const;
    KodiakTableEntry& table() const { return *table_; }
    const catalog::Type& row() const { return *row_; }

    // The run of the execution that goes on; made by the first operator that asks.
    TriggerRun& run(duckdb::ClientContext& context);
    void end_run() { run_.reset(); }

   private:
    friend class TriggerRun;
    KodiakTableEntry* table_ = nullptr;
    std::string schema_;
    std::shared_ptr<language::CodeLibrary> library_;
    std::shared_ptr<const catalog::Type> row_;  // a STRUCT of the stored columns, in physical order
    std::vector<CompiledTrigger> triggers_;
    std::shared_ptr<TriggerRun> run_;
};

class TriggerRun {
   public:
    TriggerRun(TriggerPlan& plan, duckdb::ClientContext& context);

    // Once per event and statement.
    void before_statement(TriggerEvent event);
    // Fires BEFORE ROW for rows in physical order; `old_rows` or `new_rows` is nullptr where there are none. Changes
    // `new_rows` in place, which must be flat and own its memory; `kept` gets the rows that stay; returns how many.
    size_t before_rows(TriggerEvent event, duckdb::DataChunk* old_rows, duckdb::DataChunk* new_rows,
                       duckdb::SelectionVector& kept);
    // Keeps rows for AFTER ROW.
    void keep(TriggerEvent event, duckdb::DataChunk* old_rows, duckdb::DataChunk* new_rows);
    // Fires AFTER ROW for all rows kept, then AFTER STATEMENT.
    void after();

   private:
    struct Runner {
        const CompiledTrigger* trigger = nullptr;
        std::unique_ptr<language::CodeCaller> condition;
        std::unique_ptr<language::CodeCaller> function;
    };
    struct KeptRows {
        TriggerEvent event;
        std::unique_ptr<duckdb::ColumnDataCollection> old_rows;
        std::unique_ptr<duckdb::ColumnDataCollection> new_rows;
    };

    language::Value record(duckdb::DataChunk& rows, size_t row, const language::Meter& meter);
    // nullopt when WHEN is not true.
    std::optional<language::Value> fire(Runner& runner, TriggerEvent event, const language::Value& old_row,
                                        const language::Value& new_row);
    language::Value call(language::CodeCaller& caller, const TriggerSpec& spec, TriggerEvent event,
                         const language::Value& old_row, const language::Value& new_row);
    void write_back(const language::Value& record, duckdb::DataChunk& rows, size_t row);
    std::unique_ptr<duckdb::ColumnDataCollection> copy_of(duckdb::DataChunk* rows);
    void after_rows(const KeptRows& kept);
    void after_statement(TriggerEvent event);

    TriggerPlan& plan_;
    duckdb::ClientContext& context_;
    CodeSession& session_;
    duckdb::shared_ptr<SessionState> transactions_;
    NestedLane lane_;
    CodeExecutor executor_;
    std::vector<ValueBridge> columns_;
    std::vector<Runner> runners_;
    std::vector<duckdb::UnifiedVectorFormat> formats_;
    std::vector<KeptRows> kept_;
    bool touched_[kTriggerEvents] = {};
};

}  // namespace kodiak::engine
