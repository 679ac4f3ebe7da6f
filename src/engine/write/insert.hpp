#pragma once

// InsertOperator: INSERT and CREATE TABLE AS.
//
// Order      kOneThread: the order in which rows arrive. kBatches: any number of threads, each batch of the source
//            in its place. kAny: any number of threads, rows in no order.
// Replace    CREATE OR REPLACE TABLE t AS may read t: the table is replaced before its scans start, so they are
//            pinned to what they would have seen before.

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"

#include "engine/write/write_operator.hpp"

namespace kodiak::engine {

class InsertOperator : public WriteOperator {
   public:
    enum class Order : uint8_t { kOneThread, kBatches, kAny };

    InsertOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                   duckdb::idx_t cardinality, KodiakTableEntry* table, BoundConstraints constraints, bool returns_rows,
                   Order order);

    // CREATE TABLE AS: the table to create when the statement starts; `table` is then nullptr.
    duckdb::optional_ptr<duckdb::SchemaCatalogEntry> schema;
    duckdb::unique_ptr<duckdb::BoundCreateTableInfo> create;

    duckdb::string GetName() const override { return create ? "KODIAK_CREATE_TABLE_AS" : "KODIAK_INSERT"; }
    bool ParallelSink() const override { return order_ != Order::kOneThread && triggers == nullptr; }
    duckdb::OperatorPartitionInfo RequiredPartitionInfo() const override;
    bool SinkOrderDependent() const override { return order_ != Order::kAny; }
    duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(duckdb::ClientContext& context) const override;
    duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(duckdb::ExecutionContext& context) const override;
    duckdb::SinkNextBatchType NextBatch(duckdb::ExecutionContext& context,
                                        duckdb::OperatorSinkNextBatchInput& input) const override;
    duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event, duckdb::ClientContext& context,
                                      duckdb::OperatorSinkFinalizeInput& input) const override;
    duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                duckdb::OperatorSinkInput& input) const override;

   protected:
    TriggerEvent event() const override;

   private:
    void put(WriteShared& shared, WriteThread& thread, duckdb::DataChunk& rows) const;

    Order order_;
};

}  // namespace kodiak::engine
