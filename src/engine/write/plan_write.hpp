#pragma once

// Physical plans of the statements that write to Kodiak tables; what the catalogue's Plan... overrides return.
//
// What       INSERT, CREATE TABLE AS, DELETE, UPDATE and MERGE INTO (which is also what ON CONFLICT, INSERT OR REPLACE
//            and INSERT OR IGNORE become).
// How        Each operator is a sink over storage::WriteJob and Transaction::erase. When the last sink of a statement
//            is finalised it calls Transaction::finish_statement(), so that keys are checked over the state after the
//            whole statement. NOT NULL and CHECK are evaluated here, row by row, before rows reach the store.
// Order      INSERT keeps the order that DuckDB keeps: by batch index in parallel where the sources have one, on one
//            thread otherwise, without any order when `preserve_insertion_order` is off.
// Undo       The caller's: it takes a statement mark before and undoes to it on any error (docs/decisions/0002,
//            trap 17).
// Errors     Thrown through errors/errors.hpp.

#include "duckdb/common/optional_ptr.hpp"
#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_create_table.hpp"
#include "duckdb/planner/operator/logical_delete.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"
#include "duckdb/planner/operator/logical_update.hpp"

namespace duckdb {
class Binder;
class LogicalGet;
class LogicalProjection;
}  // namespace duckdb

namespace kodiak::engine {

class KodiakTableEntry;

duckdb::PhysicalOperator& plan_insert(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalInsert& op, duckdb::optional_ptr<duckdb::PhysicalOperator> plan);
// The table is created through Catalog::CreateTable of the schema's catalogue when the statement starts, so that OR
// REPLACE and IF NOT EXISTS have their usual meaning.
duckdb::PhysicalOperator& plan_create_table_as(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                               duckdb::LogicalCreateTable& op, duckdb::PhysicalOperator& plan);
duckdb::PhysicalOperator& plan_delete(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalDelete& op, duckdb::PhysicalOperator& plan);
duckdb::PhysicalOperator& plan_update(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalUpdate& op, duckdb::PhysicalOperator& plan);
duckdb::PhysicalOperator& plan_merge_into(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                          duckdb::LogicalMergeInto& op, duckdb::PhysicalOperator& plan);

// Adds every stored column to an UPDATE: the operator writes full rows. What TableCatalogEntry::BindUpdateConstraints
// has to do.
void bind_update_columns(KodiakTableEntry& table, duckdb::LogicalGet& get, duckdb::LogicalProjection& projection,
                         duckdb::LogicalUpdate& update);

}  // namespace kodiak::engine
