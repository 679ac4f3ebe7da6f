#pragma once

// RowChecks: NOT NULL, CHECK and whether generated columns can be computed, on rows before they reach the store.
//
// Threads    One per thread; evaluation keeps state.
// Errors     Throws kNotNullViolation (23502) or kCheckViolation (23514) for the first row at fault, and what computing
//            a generated column ends in: a row that is let in must be readable.

#include <vector>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/bound_constraint.hpp"

namespace kodiak::engine {

class KodiakTableEntry;

class RowChecks {
   public:
    // `constraints`: those of `table` as DuckDB has bound them; must outlive this.
    RowChecks(duckdb::ClientContext& context, const KodiakTableEntry& table,
              const duckdb::vector<duckdb::unique_ptr<duckdb::BoundConstraint>>& constraints);

    // Checks full rows, columns in DuckDB's physical order.
    void check(duckdb::DataChunk& rows);

   private:
    void bind_generated(duckdb::ClientContext& context);
    void check_not_null(duckdb::DataChunk& rows) const;
    void check_generated(duckdb::DataChunk& rows);

    const KodiakTableEntry& table_;
    std::vector<duckdb::PhysicalIndex> not_null_;
    std::vector<std::unique_ptr<duckdb::ExpressionExecutor>> checks_;  // in the order of the definition's
    struct Generated {
        const duckdb::ColumnDefinition& column;
        duckdb::unique_ptr<duckdb::Expression> value;
        std::unique_ptr<duckdb::ExpressionExecutor> executor;
    };
    std::vector<Generated> generated_;
};

}  // namespace kodiak::engine
