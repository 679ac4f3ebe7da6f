#include "storage/transaction/definition_conflicts.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "storage/store/object_rows.hpp"

namespace kodiak::storage {
namespace {

using catalog::CatalogObject;
using catalog::CatalogState;
using catalog::ObjectKind;
using catalog::ObjectPtr;

Error conflict(const CatalogObject& object, const std::string& what) {
    return make_error(ErrorCode::kSerializationFailure,
                      fmt::format("transaction conflict on \"{}\": {}", object.name, what))
        .with_hint("Another transaction committed first: roll back and run the transaction again.");
}

// Ids of the objects whose rows in `objects` the transaction wrote or ended.
std::set<ObjectId> changed_objects(TableWrites& objects) {
    std::set<ObjectId> changed;
    for (const PrivateChunk& chunk : objects.chunks) {
        for (uint32_t slot = 0; slot < chunk.chunk->count(); ++slot) {
            changed.insert(object_id_of_row(*chunk.chunk, slot));
        }
    }
    for (const Locator locator : objects.erasures.log()) {
        if (!locator.is_transaction_local()) {
            changed.insert(object_id_of_row(*(*objects.committed)[locator.chunk()].chunk, locator.slot()));
        }
    }
    return changed;
}

std::vector<ObjectId> dependencies_of(const CatalogObject& object) {
    std::vector<ObjectId> all = object.depends_on;
    if (object.kind != ObjectKind::kSchema) {
        all.push_back(object.schema);
    }
    if (const auto* index = std::get_if<catalog::IndexDefinition>(&object.definition)) {
        all.push_back(index->table);
    }
    if (const auto* trigger = std::get_if<catalog::TriggerDefinition>(&object.definition)) {
        all.push_back(trigger->table);
    }
    if (const auto* table = std::get_if<catalog::TableDefinition>(&object.definition)) {
        for (const catalog::ForeignKeyConstraint& key : table->foreign_keys) {
            all.push_back(key.referenced_table);
        }
    }
    return all;
}

// Objects of `latest` that use `id`, its members when it is a schema.
std::vector<ObjectPtr> users_of(const CatalogState& latest, const CatalogObject& object) {
    std::vector<ObjectPtr> all = latest.dependents_of(object.id);
    if (object.kind == ObjectKind::kSchema) {
        constexpr std::array kMembers{ObjectKind::kTable,    ObjectKind::kView, ObjectKind::kScalarMacro,
                                      ObjectKind::kTableMacro, ObjectKind::kSequence, ObjectKind::kType,
                                      ObjectKind::kIndex,    ObjectKind::kRoutine, ObjectKind::kTest,
                                      ObjectKind::kTrigger};
        for (const ObjectKind kind : kMembers) {
            const std::vector<ObjectPtr> members = latest.list(kind, object.id);
            all.insert(all.end(), members.begin(), members.end());
        }
    }
    return all;
}

bool has_key_over(const catalog::TableDefinition& table, const std::vector<ColumnId>& columns) {
    return std::any_of(table.keys.begin(), table.keys.end(), [&](const catalog::KeyConstraint& key) {
        return std::is_permutation(key.columns.begin(), key.columns.end(), columns.begin(), columns.end());
    });
}

// Whether all columns are in both versions of a table, and of one type.
bool keeps_columns(const catalog::TableDefinition& then, const catalog::TableDefinition& now,
                   const std::vector<ColumnId>& columns) {
    return std::all_of(columns.begin(), columns.end(), [&](const ColumnId id) {
        const catalog::ColumnDefinition* was = then.find_column(id);
        const catalog::ColumnDefinition* is = now.find_column(id);
        return was != nullptr && is != nullptr && was->type == is->type;
    });
}

// Whether an index or a table with foreign keys, defined over a table as it was then, goes with what the table is now.
bool fits(const CatalogObject& user, const CatalogObject& then, const CatalogObject& now) {
    if (then.kind != ObjectKind::kTable || then.table() == now.table()) {
        return true;
    }
    if (const auto* index = std::get_if<catalog::IndexDefinition>(&user.definition)) {
        return index->table != now.id || keeps_columns(then.table(), now.table(), index->columns);
    }
    if (user.kind != ObjectKind::kTable) {
        return true;
    }
    const auto& keys = user.table().foreign_keys;
    return std::all_of(keys.begin(), keys.end(), [&](const catalog::ForeignKeyConstraint& key) {
        return key.referenced_table != now.id || (keeps_columns(then.table(), now.table(), key.referenced) &&
                                                  has_key_over(now.table(), key.referenced));
    });
}

// An object that another commit made or changed since the transaction began, and that does not go with the new columns
// and keys that the transaction gave to the table it uses. nullptr when there is none.
ObjectPtr misfit_among_users(const StoreTransaction& transaction, const CatalogState& latest,
                             const std::set<ObjectId>& changed, const CatalogObject& before,
                             const CatalogObject& mine) {
    for (const ObjectPtr& user : latest.dependents_of(mine.id)) {
        const ObjectPtr known = transaction.catalog_at_begin()->find(user->id);
        const bool is_news = known == nullptr || !(*known == *user);
        if (is_news && !changed.contains(user->id) && !fits(*user, before, mine)) {
            return user;
        }
    }
    return nullptr;
}

// Tables whose rows were judged when `mine` replaced `before` (nullptr: it is new).
std::vector<ObjectId> judged_tables(const CatalogObject& mine, const ObjectPtr& before) {
    if (const auto* index = std::get_if<catalog::IndexDefinition>(&mine.definition)) {
        return index->is_unique && before == nullptr ? std::vector{index->table} : std::vector<ObjectId>();
    }
    if (mine.kind != ObjectKind::kTable || before == nullptr || mine.table() == before->table()) {
        return {};  // a new table's rows are all its transaction's own, and checked as such
    }
    std::vector<ObjectId> judged{mine.id};
    const auto& known = before->table().foreign_keys;
    for (const catalog::ForeignKeyConstraint& key : mine.table().foreign_keys) {
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            judged.push_back(key.referenced_table);
        }
    }
    return judged;
}

}  // namespace

Status check_definition_conflicts(StoreTransaction& transaction, const CatalogState& latest) {
    const std::shared_ptr<TableWrites> objects = transaction.find_writes(catalog::kObjectsTable);
    if (objects == nullptr) {
        return {};
    }
    const std::set<ObjectId> changed = changed_objects(*objects);
    for (const ObjectId id : changed) {
        const ObjectPtr mine = transaction.catalog()->find(id);
        const ObjectPtr before = transaction.catalog_at_begin()->find(id);
        if (mine == nullptr) {
            for (const ObjectPtr& user : before == nullptr ? std::vector<ObjectPtr>() : users_of(latest, *before)) {
                if (!changed.contains(user->id)) {
                    return conflict(*before, fmt::format("\"{}\" depends on it now", user->name));
                }
            }
            continue;
        }
        for (const ObjectId used : dependencies_of(*mine)) {
            const bool is_there = changed.contains(used) ? transaction.catalog()->find(used) != nullptr
                                                         : latest.find(used) != nullptr;
            const bool was_there = transaction.catalog()->find(used) != nullptr;
            if (was_there && !is_there) {
                return conflict(*mine, "what it depends on was dropped");
            }
            if (was_there && !changed.contains(used) &&
                !fits(*mine, *transaction.catalog()->find(used), *latest.find(used))) {
                return conflict(*mine, "what it depends on was changed");
            }
        }
        if (before != nullptr) {
            if (const ObjectPtr user = misfit_among_users(transaction, latest, changed, *before, *mine)) {
                return conflict(*mine, fmt::format("\"{}\" depends on it now", user->name));
            }
        }
        for (const ObjectId table : judged_tables(*mine, before)) {
            if (transaction.rows_changed_since_begin(table)) {
                return conflict(*mine, "rows changed while it was being defined");
            }
        }
    }
    return {};
}

}  // namespace kodiak::storage
