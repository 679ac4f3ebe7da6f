#pragma once

// DeleteOperator: DELETE, and MERGE's DELETE. TruncateOperator: DELETE of a whole table, without reading it.

#include "engine/write/write_operator.hpp"

namespace kodiak::engine {

class DeleteOperator : public WriteOperator {
   public:
    // `row_id`: the input column that holds row ids.
    DeleteOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                   duckdb::idx_t cardinality, KodiakTableEntry* table, duckdb::idx_t row_id, bool returns_rows);

    duckdb::string GetName() const override { return "KODIAK_DELETE"; }
    duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(duckdb::ClientContext& context) const override;
    duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(duckdb::ExecutionContext& context) const override;
    duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                duckdb::OperatorSinkInput& input) const override;

   protected:
    TriggerEvent event() const override;

   private:
    // Fires BEFORE ROW; leaves the rows that are to go, fetched into `rows`.
    void fire(WriteShared& shared, std::vector<Locator>& locators, duckdb::DataChunk& rows) const;

    duckdb::idx_t row_id_;
};

class TruncateOperator : public duckdb::PhysicalOperator {
   public:
    TruncateOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                     KodiakTableEntry& table);

    duckdb::string GetName() const override { return "KODIAK_TRUNCATE"; }
    bool IsSource() const override { return true; }

   protected:
    duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                             duckdb::OperatorSourceInput& input) const override;

   private:
    KodiakTableEntry& table_;
};

}  // namespace kodiak::engine
