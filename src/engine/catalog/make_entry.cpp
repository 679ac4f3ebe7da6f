// Makes DuckDB's entry objects from our definitions.

#include "duckdb/catalog/catalog_entry/scalar_macro_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_macro_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/type_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/view_catalog_entry.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/create_type_info.hpp"

#include "engine/catalog/column_comments.hpp"
#include "engine/catalog/definitions.hpp"
#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/catalog/schema_entry.hpp"
#include "engine/catalog/simple_entries.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/code/code_functions.hpp"
#include "engine/transaction/kodiak_transaction.hpp"
#include "engine/types/types.hpp"

namespace kodiak::engine {

using catalog::CatalogState;
using catalog::ObjectKind;
using catalog::ObjectPtr;

namespace {

void describe(const catalog::CatalogObject& object, duckdb::CreateInfo& info) {
    info.comment = comment_value(object.comment);
    for (const auto& [key, value] : object.tags) {
        if (!is_column_comment_tag(key)) {
            info.tags[key] = value;
        }
    }
}

duckdb::unique_ptr<duckdb::CatalogEntry> make_view(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                                                   const catalog::CatalogObject& object) {
    const auto& sql = std::get<catalog::SqlDefinition>(object.definition).create_sql;
    auto info = duckdb::unique_ptr_cast<duckdb::CreateInfo, duckdb::CreateViewInfo>(parse_create(sql));
    info->catalog = catalog.GetName();
    info->schema = schema.name;
    info->view_name = object.name;
    describe(object, *info);
    for (const auto& [key, value] : object.tags) {
        if (is_column_comment_tag(key)) {
            info->column_comments_map[column_of_comment_tag(key)] = duckdb::Value(value);
        }
    }
    info->sql = info->ToString();
    return duckdb::make_uniq<duckdb::ViewCatalogEntry>(catalog, schema, *info);
}

duckdb::unique_ptr<duckdb::CatalogEntry> make_macro(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                                                    const catalog::CatalogObject& object) {
    const auto& sql = std::get<catalog::SqlDefinition>(object.definition).create_sql;
    auto info = duckdb::unique_ptr_cast<duckdb::CreateInfo, duckdb::CreateMacroInfo>(parse_create(sql));
    info->catalog = catalog.GetName();
    info->schema = schema.name;
    info->name = object.name;
    describe(object, *info);
    // Parsing leaves the types of typed parameters as names.
    for (auto& function : info->macros) {
        for (auto& type : function->types) {
            if (type.IsUnbound()) {
                type = duckdb::UnboundType::TryDefaultBind(type);
            }
        }
    }
    if (object.kind == ObjectKind::kScalarMacro) {
        return duckdb::make_uniq<duckdb::ScalarMacroCatalogEntry>(catalog, schema, *info);
    }
    return duckdb::make_uniq<duckdb::TableMacroCatalogEntry>(catalog, schema, *info);
}

duckdb::unique_ptr<duckdb::CatalogEntry> make_sequence(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                                                       const catalog::CatalogObject& object) {
    const auto& definition = std::get<catalog::SequenceDefinition>(object.definition);
    duckdb::CreateSequenceInfo info;
    info.catalog = catalog.GetName();
    info.schema = schema.name;
    info.name = object.name;
    info.start_value = definition.start;
    info.increment = definition.increment;
    info.min_value = definition.min_value;
    info.max_value = definition.max_value;
    info.cycle = definition.cycle;
    describe(object, info);
    return duckdb::make_uniq<KodiakSequenceEntry>(catalog, schema, info, object.id);
}

duckdb::unique_ptr<duckdb::CatalogEntry> make_type(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                                                   const catalog::CatalogObject& object) {
    duckdb::CreateTypeInfo info(object.name,
                                to_logical_type(std::get<catalog::TypeDefinition>(object.definition).type));
    info.catalog = catalog.GetName();
    info.schema = schema.name;
    describe(object, info);
    return duckdb::make_uniq<duckdb::TypeCatalogEntry>(catalog, schema, info);
}

duckdb::unique_ptr<duckdb::CatalogEntry> make_index(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                                                    const catalog::CatalogObject& object, const CatalogState& state) {
    const auto& definition = std::get<catalog::IndexDefinition>(object.definition);
    const ObjectPtr table = state.find(definition.table);
    duckdb::CreateIndexInfo info;
    info.catalog = catalog.GetName();
    info.schema = schema.name;
    info.index_name = object.name;
    info.index_type = "ART";
    info.constraint_type =
        definition.is_unique ? duckdb::IndexConstraintType::UNIQUE : duckdb::IndexConstraintType::NONE;
    info.sql = definition.create_sql;
    if (table != nullptr) {
        info.table = table->name;
        for (const ColumnId id : definition.columns) {
            const auto* column = table->table().find_column(id);
            info.parsed_expressions.push_back(duckdb::make_uniq<duckdb::ColumnRefExpression>(column->name));
            const auto position = column - table->table().columns.data();
            info.column_ids.push_back(static_cast<duckdb::column_t>(position));
        }
        info.sql = info.ToString();
    }
    describe(object, info);
    return duckdb::make_uniq<KodiakIndexEntry>(catalog, schema, info);
}

}  // namespace

std::vector<ObjectPtr> KodiakCatalog::sources_of(const ObjectPtr& object, const CatalogState& state) const {
    std::vector<ObjectPtr> sources{object};
    if (object->schema != kNoObject) {
        sources.push_back(state.find(object->schema));
    }
    if (object->kind == ObjectKind::kTable) {
        for (const auto& key : object->table().foreign_keys) {
            if (key.referenced_table != object->id) {
                sources.push_back(state.find(key.referenced_table));
            }
        }
    }
    if (object->kind == ObjectKind::kIndex) {
        sources.push_back(state.find(std::get<catalog::IndexDefinition>(object->definition).table));
    }
    return sources;
}

duckdb::CatalogEntry& KodiakCatalog::entry_of(const ObjectPtr& object, const CatalogState& state) {
    auto sources = sources_of(object, state);
    const std::lock_guard lock(mutex_);
    for (const Cached& cached : cache_[object.get()]) {
        if (cached.sources == sources) {
            return *cached.entry;
        }
    }
    auto made = make_entry(object, state);
    auto& list = cache_[object.get()];
    list.push_back({std::move(sources), std::move(made)});
    return *list.back().entry;
}

duckdb::CatalogEntry& KodiakCatalog::past_entry_of(KodiakTransaction& asking, const ObjectPtr& object,
                                                   const CatalogState::Ptr& state, const storage::PastPoint& point) {
    KodiakTransaction::PastEntry& past = asking.past_entry(object, point);
    const std::lock_guard lock(mutex_);
    if (past.entry == nullptr) {
        past.state = state;
        past.entry = make_entry(object, *state);
        if (object->kind == ObjectKind::kTable) {
            past.entry->Cast<KodiakTableEntry>().set_past(point);
        }
    }
    return *past.entry;
}

duckdb::CatalogEntry& KodiakCatalog::routine_entry_of(const ObjectPtr& object, const CatalogState& state,
                                                      bool as_table) {
    if (!as_table) {
        return entry_of(object, state);
    }
    auto sources = sources_of(object, state);
    const std::lock_guard lock(mutex_);
    auto& list = table_routines_[object.get()];
    for (const Cached& cached : list) {
        if (cached.sources == sources) {
            return *cached.entry;
        }
    }
    list.push_back({std::move(sources), make_table_routine(*this, schema_of(state.find(object->schema)), *object)});
    return *list.back().entry;
}

KodiakSchemaEntry& KodiakCatalog::schema_of(const ObjectPtr& schema) {
    static const CatalogState::Ptr kNothing = CatalogState::empty();
    return entry_of(schema, *kNothing).Cast<KodiakSchemaEntry>();
}

duckdb::unique_ptr<duckdb::CatalogEntry> KodiakCatalog::make_entry(const ObjectPtr& object,
                                                                   const CatalogState& state) {
    if (object->kind == ObjectKind::kSchema) {
        duckdb::CreateSchemaInfo info;
        info.catalog = GetName();
        info.schema = object->name;
        // As in DuckDB: EXPORT DATABASE writes no CREATE SCHEMA main.
        info.internal = object->id == catalog::kMainSchema;
        describe(*object, info);
        return duckdb::make_uniq<KodiakSchemaEntry>(*this, info, object);
    }
    KodiakSchemaEntry& schema = schema_of(state.find(object->schema));
    switch (object->kind) {
        case ObjectKind::kTable: {
            auto info = make_table_info(GetName(), schema.name, *object, state);
            return duckdb::make_uniq<KodiakTableEntry>(*this, schema, *info, object, core_);
        }
        case ObjectKind::kView:
            return make_view(*this, schema, *object);
        case ObjectKind::kScalarMacro:
        case ObjectKind::kTableMacro:
            return make_macro(*this, schema, *object);
        case ObjectKind::kSequence:
            return make_sequence(*this, schema, *object);
        case ObjectKind::kType:
            return make_type(*this, schema, *object);
        case ObjectKind::kRoutine:
            return make_scalar_routine(*this, schema, *object);
        default:
            return make_index(*this, schema, *object, state);
    }
}

}  // namespace kodiak::engine
