#pragma once

// KodiakTableEntry: one version of one table's definition as DuckDB sees it.
//
// What       Made from a catalog object; columns, constraints and comments are what the definition says. Column order
//            and logical indexes follow TableDefinition::columns (generated ones included); DuckDB's physical index of
//            a column is its position among the ordinary ones, which is *not* the order of stored_columns()
//            (ascending ColumnId): column_id() translates.
// Threads    Immutable once made.
// Lifetime   As long as the catalog: plans may hold entries of definitions long gone (docs/decisions/0002, trap 7).

#include <optional>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/storage/table_storage_info.hpp"

#include "catalog/catalog_state.hpp"
#include "storage/transaction.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::engine {

class KodiakTableEntry : public duckdb::TableCatalogEntry {
   public:
    KodiakTableEntry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema, duckdb::CreateTableInfo& info,
                     catalog::ObjectPtr definition, timeline::DatabaseCore& core);

    const catalog::ObjectPtr& definition() const { return definition_; }
    const catalog::TableDefinition& table() const { return definition_->table(); }
    timeline::DatabaseCore& core() const { return core_; }
    // The moment that this entry shows; none = the present.
    const std::optional<storage::PastPoint>& past() const { return past_; }
    void set_past(const storage::PastPoint& point) { past_ = point; }
    // Our id of the column with DuckDB's physical index.
    ColumnId column_id(duckdb::PhysicalIndex index) const { return physical_ids_[index.index]; }
    // Position of that column in TableDefinition::stored_columns(), the order of BatchView::columns.
    size_t stored_position(duckdb::PhysicalIndex index) const { return stored_positions_[index.index]; }

    duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext& context,
                                                             duckdb::column_t column_id) override;
    duckdb::TableFunction GetScanFunction(duckdb::ClientContext& context,
                                          duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override;
    duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext& context) override;
    void BindUpdateConstraints(duckdb::Binder& binder, duckdb::LogicalGet& get, duckdb::LogicalProjection& proj,
                               duckdb::LogicalUpdate& update, duckdb::ClientContext& context) override;

   private:
    catalog::ObjectPtr definition_;
    timeline::DatabaseCore& core_;
    std::optional<storage::PastPoint> past_;
    std::vector<ColumnId> physical_ids_;
    std::vector<size_t> stored_positions_;
};

}  // namespace kodiak::engine
