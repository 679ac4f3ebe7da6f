#include "timeline/restore/put_definitions.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kodiak::timeline {

namespace {

using catalog::CatalogObject;
using catalog::ObjectKind;
using catalog::ObjectPtr;

bool is_owned_by(const CatalogObject& object, ObjectId table) {
    if (const auto* index = std::get_if<catalog::IndexDefinition>(&object.definition)) {
        return index->table == table;
    }
    const auto* sequence = std::get_if<catalog::SequenceDefinition>(&object.definition);
    return sequence != nullptr && sequence->owned_by == table;
}

std::vector<ObjectPtr> owned_by(const catalog::CatalogState& state, ObjectId table) {
    std::vector<ObjectPtr> owned;
    for (const ObjectKind kind : {ObjectKind::kIndex, ObjectKind::kSequence}) {
        for (const ObjectPtr& object : state.list(kind)) {
            if (is_owned_by(*object, table)) {
                owned.push_back(object);
            }
        }
    }
    return owned;
}

// A name that another object has is in the way.
Status check_name_free(const catalog::CatalogState& state, const CatalogObject& object) {
    const ObjectPtr holder = state.find(catalog::name_space_of(object.kind), object.schema, object.name);
    if (holder != nullptr && holder->id != object.id) {
        return make_error(object.kind == ObjectKind::kTable ? ErrorCode::kDuplicateTable : ErrorCode::kDuplicateObject,
                          fmt::format("\"{}\" cannot come back: another object has this name now", object.name))
            .with_hint("Rename or drop that one first.");
    }
    return {};
}

}  // namespace

bool same_stored_columns(const catalog::TableDefinition& left, const catalog::TableDefinition& right) {
    const auto mine = left.stored_columns();
    const auto others = right.stored_columns();
    return std::ranges::equal(mine, others, [](const auto* one, const auto* other) {
        return one->id == other->id && one->type == other->type;
    });
}

std::vector<ObjectPtr> belongings_of(const catalog::CatalogState& state, const CatalogObject& table) {
    std::vector<ObjectPtr> all;
    for (const ObjectId id : table.depends_on) {
        if (const ObjectPtr object = state.find(id)) {
            all.push_back(object);
        }
    }
    for (const ObjectPtr& owned : owned_by(state, table.id)) {
        if (std::ranges::find(all, owned) == all.end()) {
            all.push_back(owned);
        }
    }
    return all;
}

Status drop_with_belongings(storage::Transaction& transaction, const ObjectPtr& object) {
    const auto state = transaction.catalog();
    for (const ObjectPtr& dependent : state->dependents_of(object->id)) {
        if (dependent->id != object->id && dependent->kind == ObjectKind::kTable) {
            return make_error(ErrorCode::kDependentObjects,
                              fmt::format("\"{}\" cannot go: table \"{}\" depends on it", object->name,
                                          dependent->name));
        }
    }
    if (object->kind == ObjectKind::kTable) {
        for (const ObjectPtr& owned : owned_by(*state, object->id)) {
            KODIAK_TRY(transaction.drop_object(owned->id));
        }
    }
    return transaction.drop_object(object->id);
}

Status put_definition(storage::Transaction& transaction, const ObjectPtr& then) {
    const auto state = transaction.catalog();
    const ObjectPtr now = state->find(then->id);
    KODIAK_TRY(check_name_free(*state, *then));
    CatalogObject object = *then;
    if (now != nullptr && now->kind == ObjectKind::kTable) {
        auto& table = std::get<catalog::TableDefinition>(object.definition);
        const bool is_same = same_stored_columns(table, now->table());
        // Rows carry the number of the columns they were written in: it never goes back.
        table.schema_version = SchemaVersion(now->table().schema_version.value + (is_same ? 0 : 1));
        table.next_column_id = std::max(table.next_column_id, now->table().next_column_id);
    }
    return now != nullptr && *now == object ? Status() : transaction.put_object(std::move(object));
}

}  // namespace kodiak::timeline
