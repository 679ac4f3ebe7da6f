#pragma once

// UpdateOperator: UPDATE, and MERGE's UPDATE.
//
// How        Ends the old version of each row and writes a full new one; the binder gives it all columns
//            (bind_update_columns). A row whose primary key changes becomes a new row, all others keep their row id.
//            Whether a key changed is asked per row, and only when the statement sets a key column.
// Twice      A row that several source rows hit (UPDATE ... FROM) is updated by the first that arrives.

#include "duckdb/planner/expression.hpp"

#include "engine/write/write_operator.hpp"

namespace kodiak::engine {

// Alias of the expressions that bind_update_columns adds: columns that keep their value.
inline constexpr const char* kUnchangedColumn = "kodiak_unchanged";

class UpdateOperator : public WriteOperator {
   public:
    // What the statement sets: columns and, in the same order, references into the input or DEFAULT.
    struct Assignments {
        duckdb::vector<duckdb::PhysicalIndex> columns;
        duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> expressions;
        duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> defaults;  // of all columns, by physical index
    };

    UpdateOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                   duckdb::idx_t cardinality, KodiakTableEntry* table, BoundConstraints constraints,
                   Assignments assignments, bool returns_rows);

    duckdb::string GetName() const override { return "KODIAK_UPDATE"; }
    duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(duckdb::ClientContext& context) const override;
    duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(duckdb::ExecutionContext& context) const override;
    duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                duckdb::OperatorSinkInput& input) const override;

    // Row triggers may change the primary key whatever the statement sets.
    void compare_keys();

   protected:
    TriggerEvent event() const override;

   private:
    struct Thread;
    void start(duckdb::ClientContext& context, WriteShared& shared, Thread& thread) const;
    void sink_fired(duckdb::ClientContext& context, WriteShared& shared, Thread& thread,
                    duckdb::DataChunk& chunk) const;
    void build_rows(Thread& thread, duckdb::DataChunk& input) const;
    void write_rows(WriteShared& shared, Thread& thread, std::span<const Locator> replaced) const;

    Assignments assignments_;
    std::vector<duckdb::PhysicalIndex> key_;  // the primary key's columns, when the statement sets one of them
};

}  // namespace kodiak::engine
