#pragma once

// WriteOperator: what the operators that write to one Kodiak table share.
//
// What       A sink that puts rows into a storage::WriteJob (one RowWriter per thread) and ends rows; then a
//            source that gives the number of rows changed, or the rows themselves for RETURNING.
// How        Sink: check, write, collect for RETURNING. Combine: close the thread's writer. Finalize: finish the
//            job and, in the statement's last operator, Transaction::finish_statement().
// Threads    DuckDB's sink rules; what threads share lies in WriteShared.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/planner/bound_constraint.hpp"

#include "engine/vectors/batch_columns.hpp"
#include "engine/write/row_checks.hpp"
#include "storage/transaction.hpp"

namespace kodiak::engine {

class KodiakTableEntry;
class TriggerPlan;
class TriggerRun;
enum class TriggerEvent : uint8_t;

using BoundConstraints = duckdb::vector<duckdb::unique_ptr<duckdb::BoundConstraint>>;

// Shared by the threads of one run of one operator.
struct WriteShared : public duckdb::GlobalSinkState {
    KodiakTableEntry* table = nullptr;  // nullptr: nothing is to be written
    storage::Transaction* transaction = nullptr;
    std::unique_ptr<storage::WriteJob> job;
    storage::TableSnapshotPtr before;  // the table as the statement found it; where an operator needs it
    TriggerRun* triggers = nullptr;    // nullptr: none fire
    std::atomic<uint64_t> changed{0};
    std::mutex mutex;  // guards `returned`
    std::unique_ptr<duckdb::ColumnDataCollection> returned;
};

// One thread's writing end of a job.
struct WriteThread : public duckdb::LocalSinkState {
    std::unique_ptr<storage::RowWriter> writer;
    std::optional<RowChecks> checks;
    BatchColumns columns;
    std::vector<size_t> order;  // physical index of each stored column
    std::optional<uint64_t> batch;
};

class WriteOperator : public duckdb::PhysicalOperator {
   public:
    WriteOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                  duckdb::idx_t cardinality, KodiakTableEntry* table, BoundConstraints constraints, bool returns_rows);

    // Set to false for all but the last operator of a statement.
    bool finishes_statement = true;
    // The statement's triggers, shared by its operators; nullptr: none fire.
    std::shared_ptr<TriggerPlan> triggers;

    bool IsSource() const override { return true; }
    bool IsSink() const override { return true; }
    bool ParallelSink() const override { return !returns_rows_ && triggers == nullptr; }
    duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(duckdb::ClientContext& context) const override;
    duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event, duckdb::ClientContext& context,
                                      duckdb::OperatorSinkFinalizeInput& input) const override;
    duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext& context,
                                          duckdb::OperatorSinkCombineInput& input) const override;
    duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(duckdb::ClientContext& context) const override;

   protected:
    // What the operator does to rows.
    virtual TriggerEvent event() const = 0;
    // Row triggers fire for it.
    bool fires_rows() const;
    duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                             duckdb::OperatorSourceInput& input) const override;

    // Connects `shared` with the transaction and a new job on `table`.
    void open(duckdb::ClientContext& context, WriteShared& shared, KodiakTableEntry& table) const;
    // Gives a thread its writer and checks.
    void start_thread(duckdb::ClientContext& context, WriteShared& shared, WriteThread& thread) const;
    // Checks and appends full rows, in physical order.
    static void append(WriteThread& thread, duckdb::DataChunk& rows);
    void return_rows(WriteShared& shared, duckdb::DataChunk& rows) const;

    KodiakTableEntry* table() const { return table_; }
    const BoundConstraints& constraints() const { return constraints_; }
    bool returns_rows() const { return returns_rows_; }
    // Copies rows into memory of their own, where triggers may change them.
    static void own_rows(duckdb::ClientContext& context, duckdb::DataChunk& rows, duckdb::DataChunk& copy);

   private:
    KodiakTableEntry* table_;
    BoundConstraints constraints_;
    bool returns_rows_;
};

// The locators in a column of row ids; flattens it.
std::vector<Locator> locators_of(duckdb::Vector& row_ids, size_t count);

}  // namespace kodiak::engine
