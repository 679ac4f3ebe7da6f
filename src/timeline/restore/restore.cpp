#include "timeline/restore.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "catalog/system_tables.hpp"
#include "storage/put_back.hpp"
#include "storage/store/object_rows.hpp"
#include "timeline/restore/put_definitions.hpp"

namespace kodiak::timeline {

namespace {

using catalog::CatalogObject;
using catalog::CatalogState;
using catalog::NameSpace;
using catalog::ObjectKind;
using catalog::ObjectPtr;

Status check_no_changes(const storage::Transaction& transaction, std::string_view what) {
    if (transaction.has_changes()) {
        return make_error(ErrorCode::kActiveTransaction,
                          fmt::format("{} must come first in its transaction, which has changes already", what))
            .with_hint("COMMIT first.");
    }
    return {};
}

// A table of the past, of which the transaction may have another version, none, or another table of that name.
Status put_table_back(storage::Transaction& transaction, const CatalogState& past, const ObjectPtr& then,
                      uint64_t upto) {
    const ObjectPtr now = transaction.catalog()->find(then->id);
    const bool keeps_columns = now == nullptr || same_stored_columns(now->table(), then->table());
    std::vector<storage::RowPutBack> rows;
    if (keeps_columns) {
        KODIAK_TRY_ASSIGN(rows, storage::find_put_back(transaction, *then, upto));
    } else {
        KODIAK_TRY_ASSIGN(rows, storage::all_rows_put_back(transaction, then, upto));
    }
    for (const ObjectPtr& belonging : belongings_of(past, *then)) {
        if (belonging->kind != ObjectKind::kIndex && transaction.catalog()->find(belonging->id) == nullptr) {
            KODIAK_TRY(put_definition(transaction, belonging));
        }
    }
    // Rows first, so that a key that comes back with the definition finds the values that it had.
    if (keeps_columns && now != nullptr) {
        KODIAK_TRY(storage::put_back(transaction, then->id, rows));
        rows.clear();
    }
    KODIAK_TRY(put_definition(transaction, then));
    KODIAK_TRY(storage::put_back(transaction, then->id, rows));
    for (const ObjectPtr& belonging : belongings_of(past, *then)) {
        if (belonging->kind == ObjectKind::kIndex && transaction.catalog()->find(belonging->id) == nullptr) {
            KODIAK_TRY(put_definition(transaction, belonging));
        }
    }
    return {};
}

ObjectPtr find_relation(const CatalogState& state, const TableName& name) {
    const ObjectPtr schema = state.find_schema(name.schema);
    return schema == nullptr ? nullptr : state.find(NameSpace::kRelations, schema->id, name.table);
}

bool stays(const CatalogObject& object) {
    return object.kind == ObjectKind::kSnapshot || object.kind == ObjectKind::kWatermark;
}

// All objects in an order in which each finds what it needs.
std::vector<ObjectPtr> in_order(const CatalogState& state) {
    std::vector<ObjectPtr> all;
    for (const ObjectKind kind : {ObjectKind::kSchema, ObjectKind::kType, ObjectKind::kSequence, ObjectKind::kTable,
                                  ObjectKind::kIndex, ObjectKind::kScalarMacro, ObjectKind::kTableMacro,
                                  ObjectKind::kView, ObjectKind::kRoutine, ObjectKind::kTest, ObjectKind::kTrigger}) {
        const std::vector<ObjectPtr> some = state.list(kind);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace

Status restore_table(storage::Transaction& transaction, const TableName& name, uint64_t upto) {
    KODIAK_TRY(check_no_changes(transaction, "RESTORE TABLE"));
    KODIAK_TRY_ASSIGN(const CatalogState::Ptr past, transaction.past_catalog(upto));
    const ObjectPtr then = find_relation(*past, name);
    const ObjectPtr holder = find_relation(*transaction.catalog(), name);
    if (then == nullptr || then->kind != ObjectKind::kTable) {
        return make_error(holder != nullptr ? ErrorCode::kBeforeCreation : ErrorCode::kUndefinedTable,
                          fmt::format("there was no table \"{}\" as of commit {}", name.table, upto));
    }
    if (holder != nullptr && holder->id != then->id) {
        if (holder->kind != ObjectKind::kTable) {
            return make_error(ErrorCode::kDuplicateTable,
                              fmt::format("\"{}\" is the name of a view now", name.table))
                .with_hint("Drop or rename the view first.");
        }
        KODIAK_TRY(drop_with_belongings(transaction, holder));
    }
    if (transaction.catalog()->find(then->schema) == nullptr) {
        return make_error(ErrorCode::kUndefinedObject,
                          fmt::format("the schema \"{}\" of the table does not exist any more", name.schema))
            .with_hint("CREATE SCHEMA makes another one; RESTORE DATABASE brings this one back.");
    }
    for (const catalog::ForeignKeyConstraint& key : then->table().foreign_keys) {
        if (key.referenced_table != then->id && transaction.catalog()->find(key.referenced_table) == nullptr) {
            return make_error(ErrorCode::kDependentObjects,
                              fmt::format("\"{}\" refers to a table that does not exist any more", name.table))
                .with_hint("UNDROP that table first.");
        }
    }
    return put_table_back(transaction, *past, then, upto);
}

Status undrop_table(storage::Transaction& transaction, const TableName& name) {
    KODIAK_TRY(check_no_changes(transaction, "UNDROP TABLE"));
    if (find_relation(*transaction.catalog(), name) != nullptr) {
        return make_error(ErrorCode::kDuplicateTable,
                          fmt::format("\"{}\" cannot come back: a table or view has this name", name.table))
            .with_hint("Rename or drop that one first.");
    }
    const CatalogObject& objects = *catalog::find_system_table(catalog::kObjectsTable);
    std::vector<ColumnId> columns;
    for (const auto* column : objects.table().stored_columns()) {
        columns.push_back(column->id);
    }
    KODIAK_TRY_ASSIGN(const auto changes, transaction.changes(objects, 0, transaction.view().head(), columns));
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        if (change->before.chunk == nullptr || change->after.chunk != nullptr) {
            continue;
        }
        KODIAK_TRY_ASSIGN(const CatalogObject dropped,
                          storage::object_of_row(*change->before.chunk, change->before.slot));
        const ObjectPtr schema = transaction.catalog()->find(dropped.schema);
        if (dropped.kind == ObjectKind::kTable && schema != nullptr &&
            catalog::fold_name(schema->name) == catalog::fold_name(name.schema) &&
            catalog::fold_name(dropped.name) == catalog::fold_name(name.table)) {
            return restore_table(transaction, name, change->seq - 1);
        }
    }
    return make_error(ErrorCode::kUndefinedTable, fmt::format("no table \"{}\" was ever dropped", name.table));
}

Status restore_database(storage::Transaction& transaction, uint64_t upto) {
    KODIAK_TRY(check_no_changes(transaction, "RESTORE DATABASE"));
    KODIAK_TRY_ASSIGN(const CatalogState::Ptr past, transaction.past_catalog(upto));
    const CatalogState::Ptr now = transaction.catalog();
    // Rows are looked for before definitions move: that of a table which was dropped is not there to ask.
    const std::vector<ObjectPtr> wanted = in_order(*past);
    std::vector<ObjectPtr> leaving = in_order(*now);
    std::ranges::reverse(leaving);
    for (const ObjectPtr& object : leaving) {
        const ObjectPtr then = past->find(object->id);
        // One that changes its name goes for a moment, so that names may have been swapped.
        const bool is_renamed = then != nullptr && (then->name != object->name || then->schema != object->schema) &&
                                object->kind != ObjectKind::kTable;
        if (!stays(*object) && (then == nullptr || is_renamed)) {
            KODIAK_TRY(transaction.drop_object(object->id));
        }
    }
    for (const ObjectPtr& then : wanted) {
        if (then->kind == ObjectKind::kTable) {
            KODIAK_TRY(put_table_back(transaction, *past, then, upto));
        } else {
            KODIAK_TRY(put_definition(transaction, then));
        }
    }
    return {};
}

}  // namespace kodiak::timeline
