#include "engine/catalog/table_entry.hpp"

#include <algorithm>

#include "duckdb/function/table_function.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"

#include "engine/errors/errors.hpp"
#include "engine/scan/table_scan.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "engine/write/plan_write.hpp"

namespace kodiak::engine {

KodiakTableEntry::KodiakTableEntry(duckdb::Catalog& catalog_entry, duckdb::SchemaCatalogEntry& schema_entry,
                                   duckdb::CreateTableInfo& info, catalog::ObjectPtr definition,
                                   timeline::DatabaseCore& core)
    : duckdb::TableCatalogEntry(catalog_entry, schema_entry, info), definition_(std::move(definition)), core_(core) {
    const auto stored = table().stored_columns();
    for (const auto& column : table().columns) {
        if (!column.is_generated()) {
            const auto place = std::ranges::find(stored, column.id, &catalog::ColumnDefinition::id);
            physical_ids_.push_back(column.id);
            stored_positions_.push_back(static_cast<size_t>(place - stored.begin()));
        }
    }
}

duckdb::unique_ptr<duckdb::BaseStatistics> KodiakTableEntry::GetStatistics(duckdb::ClientContext& context,
                                                                           duckdb::column_t column) {
    return kodiak_column_statistics(context, *this, column);
}

duckdb::TableFunction KodiakTableEntry::GetScanFunction(duckdb::ClientContext&,
                                                        duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
    return kodiak_table_scan(*this, bind_data);
}

duckdb::TableStorageInfo KodiakTableEntry::GetStorageInfo(duckdb::ClientContext& context) {
    duckdb::TableStorageInfo result;
    storage::Transaction& transaction = transaction_of(context, catalog);
    const auto state = transaction.catalog();
    auto add_index = [&](const std::vector<ColumnId>& ids, bool is_primary, bool is_unique) {
        duckdb::IndexInfo index;
        index.is_unique = is_unique;
        index.is_primary = is_primary;
        index.is_foreign = false;
        for (const ColumnId id : ids) {
            const auto place = std::ranges::find(physical_ids_, id);
            index.column_set.insert(static_cast<duckdb::column_t>(place - physical_ids_.begin()));
        }
        result.index_info.push_back(std::move(index));
    };
    for (const auto& key : table().keys) {
        add_index(key.columns, key.is_primary, true);
    }
    for (const auto& dependent : state->dependents_of(definition_->id)) {
        if (dependent->kind == catalog::ObjectKind::kIndex) {
            const auto& index = std::get<catalog::IndexDefinition>(dependent->definition);
            add_index(index.columns, false, index.is_unique);
        }
    }
    const auto snapshot = transaction.snapshot(definition_->id);
    if (snapshot.ok()) {
        result.cardinality = snapshot.value()->row_count();
    }
    return result;
}

void KodiakTableEntry::BindUpdateConstraints(duckdb::Binder&, duckdb::LogicalGet& get,
                                             duckdb::LogicalProjection& projection, duckdb::LogicalUpdate& update,
                                             duckdb::ClientContext&) {
    bind_update_columns(*this, get, projection, update);
}

}  // namespace kodiak::engine
