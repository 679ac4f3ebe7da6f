#include "engine/connection/vacuum_statement.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"
#include "duckdb/planner/binder.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"

namespace kodiak::engine {

void take_kodiak_table_out(duckdb::ClientContext& context, duckdb::VacuumStatement& statement) {
    duckdb::VacuumInfo& info = *statement.info;
    if (!info.has_table || info.ref->type != duckdb::TableReferenceType::BASE_TABLE) {
        return;
    }
    const auto& named = info.ref->Cast<duckdb::BaseTableRef>();
    std::string catalog = named.catalog_name;
    std::string schema = named.schema_name;
    context.RunFunctionInTransaction([&] {
        duckdb::Binder::BindSchemaOrCatalog(context, catalog, schema);
        const auto entry = duckdb::Catalog::GetEntry(
            context, catalog, schema, duckdb::EntryLookupInfo(duckdb::CatalogType::TABLE_ENTRY, named.table_name),
            duckdb::OnEntryNotFound::RETURN_NULL);
        const auto* table = dynamic_cast<const KodiakTableEntry*>(entry.get());
        if (table == nullptr) {
            return;
        }
        for (const std::string& column : info.columns) {
            if (!table->ColumnExists(column)) {
                throw_error(make_error(ErrorCode::kUndefinedColumn, "table \"" + table->name +
                                                                        "\" does not have a column named \"" + column +
                                                                        "\""));
            }
        }
        info.has_table = false;
    });
    if (!info.has_table) {
        info.ref.reset();
        info.columns.clear();
    }
}

}  // namespace kodiak::engine
