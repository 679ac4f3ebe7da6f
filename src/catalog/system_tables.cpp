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

TableDefinition make_key_changes_table() {
    TableDefinition table;
    table.columns = {
        column(kKeyChangeTableColumn, "table_id", TypeKind::kUBigInt),
        column(kKeyChangeNewOriginColumn, "new_origin", TypeKind::kUBigInt),
        column(kKeyChangeNewRowColumn, "new_row", TypeKind::kUBigInt),
        column(kKeyChangeOldOriginColumn, "old_origin", TypeKind::kUBigInt),
        column(kKeyChangeOldRowColumn, "old_row", TypeKind::kUBigInt),
    };
    table.next_column_id = ColumnId(6);
    table.keys = {
        {"key_changes_pkey", {kKeyChangeTableColumn, kKeyChangeNewOriginColumn, kKeyChangeNewRowColumn}, true},
    };
    return table;
}

CatalogObject system_table(ObjectId id, const char* name, TableDefinition definition) {
    CatalogObject result;
    result.id = id;
    result.kind = ObjectKind::kTable;
    result.name = name;
    result.definition = std::move(definition);
    return result;
}

}  // namespace

const TableDefinition& objects_table() { return find_system_table(kObjectsTable)->table(); }

const CatalogObject* find_system_table(ObjectId id) {
    static const CatalogObject objects = system_table(kObjectsTable, "kodiak_objects", make_objects_table());
    static const CatalogObject key_changes =
        system_table(kKeyChangesTable, "kodiak_key_changes", make_key_changes_table());
    return id == kObjectsTable ? &objects : id == kKeyChangesTable ? &key_changes : nullptr;
}

}  // namespace kodiak::catalog
