#include "catalog/system_tables.hpp"

namespace kodiak::catalog {
namespace {

ColumnDefinition column(ColumnId id, const char* name, TypeKind kind) {
    ColumnDefinition result;
    result.id = id;
    result.name = name;
    result.type.kind = kind;
    result.not_null = true;
    return result;
}

TableDefinition make_objects_table() {
    TableDefinition table;
    table.columns = {
        column(kObjectIdColumn, "object_id", TypeKind::kUBigInt),
        column(kObjectKindColumn, "kind", TypeKind::kUTinyInt),
        column(kObjectSpaceColumn, "name_space", TypeKind::kUTinyInt),
        column(kObjectSchemaColumn, "schema_id", TypeKind::kUBigInt),
        column(kObjectFoldedColumn, "folded_name", TypeKind::kVarchar),
        column(kObjectNameColumn, "name", TypeKind::kVarchar),
        column(kObjectDefinitionColumn, "definition", TypeKind::kBlob),
    };
    table.next_column_id = ColumnId(8);
    table.keys = {
        {"objects_pkey", {kObjectIdColumn}, true},
        {"objects_name_key", {kObjectSpaceColumn, kObjectSchemaColumn, kObjectFoldedColumn}, false},
    };
    return table;
}

}  // namespace

const TableDefinition& objects_table() {
    static const TableDefinition table = make_objects_table();
    return table;
}

const CatalogObject& objects_table_object() {
    static const CatalogObject object = [] {
        CatalogObject result;
        result.id = kObjectsTable;
        result.kind = ObjectKind::kTable;
        result.name = "kodiak_objects";
        result.definition = objects_table();
        return result;
    }();
    return object;
}

}  // namespace kodiak::catalog
