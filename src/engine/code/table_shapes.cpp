#include "engine/code/table_shapes.hpp"

#include "duckdb/catalog/entry_lookup_info.hpp"
#include "duckdb/planner/binder.hpp"

#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"

namespace kodiak::engine {

namespace {

language::TableShape shape_of(const catalog::CatalogObject& object) {
    const catalog::TableDefinition& table = object.table();
    language::TableShape shape;
    shape.name = object.name;
    for (const catalog::ColumnDefinition& column : table.columns) {
        shape.columns.push_back(
            {column.name, to_logical_type(column.type).ToString(), column.default_sql, column.is_generated()});
    }
    for (const catalog::KeyConstraint& key : table.keys) {
        std::vector<std::string> names;
        for (const ColumnId id : key.columns) {
            names.push_back(table.find_column(id)->name);
        }
        if (key.is_primary) {
            shape.primary_key = std::move(names);
        } else {
            shape.unique_keys.push_back(std::move(names));
        }
    }
    return shape;
}

}  // namespace

Result<language::TableShape> TableShapes::table_shape(const std::vector<std::string>& name_parts) {
    try {
        std::string database = name_parts.size() == 3 ? name_parts[0] : INVALID_CATALOG;
        std::string schema = name_parts.size() > 1 ? name_parts[name_parts.size() - 2] : INVALID_SCHEMA;
        language::TableShape shape;
        context_.RunFunctionInTransaction([&] {
            if (name_parts.size() == 2) {
                duckdb::Binder::BindSchemaOrCatalog(context_, database, schema);
            }
            const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name_parts.back());
            auto entry = duckdb::Catalog::GetEntry(context_, database, schema, lookup,
                                                   duckdb::OnEntryNotFound::THROW_EXCEPTION);
            if (entry->type != duckdb::CatalogType::TABLE_ENTRY ||
                entry->ParentCatalog().GetCatalogType() != KodiakCatalog::kType) {
                throw_error(make_error(ErrorCode::kUnsupported, "UPSERT in code needs a table of a Kodiak database"));
            }
            shape = shape_of(*entry->Cast<KodiakTableEntry>().definition());
        });
        return shape;
    } catch (const std::exception& exception) {
        Error error = from_exception(exception);
        error.position = {};
        error.line_text.clear();
        return error;
    }
}

}  // namespace kodiak::engine
