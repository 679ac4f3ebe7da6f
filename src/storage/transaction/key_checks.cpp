#include "storage/transaction/key_checks.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "storage/transaction/bulk_key_check.hpp"
#include "storage/transaction/definition_conflicts.hpp"
#include "storage/transaction/key_probe.hpp"

namespace kodiak::storage {
namespace {

Error unique_violation(const TableWrites& writes, const UniqueKey& key, size_t chunk, uint32_t slot) {
    const std::string shown =
        describe_key(writes.definition(), key.columns, *writes.chunks[chunk].chunk, slot);
    return make_error(ErrorCode::kUniqueViolation,
                      fmt::format("duplicate key {} violates {} of table \"{}\"", shown,
                                  key.name.empty() ? "a unique constraint" : "constraint \"" + key.name + "\"",
                                  writes.table()->name));
}

Error conflict(const catalog::CatalogObject& table, const std::string& what) {
    return make_error(ErrorCode::kSerializationFailure,
                      fmt::format("transaction conflict on table \"{}\": {}", table.name, what))
        .with_hint("Another transaction committed first: roll back and run the transaction again.");
}

// The references to `table` that a moment has to honour. At commit: of tables that this transaction defined or changed
// as it leaves them, of all others as they are now, for a reference may be younger than this transaction.
std::vector<Referencing> references_to(StoreTransaction& transaction, ObjectId table, Moment moment) {
    std::vector<Referencing> all = referencing(*transaction.catalog(), table);
    if (moment == Moment::kStatement) {
        return all;
    }
    const auto is_own = [&](const Referencing& child) {
        return transaction.catalog()->find(child.table->id) != transaction.catalog_at_begin()->find(child.table->id);
    };
    std::erase_if(all, [&](const Referencing& child) { return !is_own(child); });
    for (Referencing& child : referencing(*transaction.store().latest_catalog(transaction.branch()), table)) {
        if (!is_own(child)) {
            all.push_back(std::move(child));
        }
    }
    return all;
}

Status each_reference(StoreTransaction& transaction, TableWrites& writes, TableWrites::Position from, Moment moment) {
    for (const catalog::ForeignKeyConstraint& key : writes.definition().foreign_keys) {
        const catalog::ObjectPtr parent = transaction.find_table(key.referenced_table);
        if (parent == nullptr) {
            return conflict(*writes.table(), "a referenced table was dropped");
        }
        if (moment == Moment::kCommit && !transaction.rows_changed_since_begin(key.referenced_table)) {
            continue;  // the statement's verdict holds
        }
        KODIAK_TRY_ASSIGN(KeyProbe probe, KeyProbe::make(transaction, *parent, key.referenced, moment));
        KeyReader reader(writes.definition(), key.columns);
        KODIAK_TRY(writes.for_each_row(from, [&](size_t chunk, uint32_t slot) -> Status {
            KODIAK_TRY_ASSIGN(const auto value, reader.read(*writes.chunks[chunk].chunk, slot));
            if (!value.has_value() || probe.exists(*value)) {
                return {};
            }
            const std::string shown =
                describe_key(writes.definition(), key.columns, *writes.chunks[chunk].chunk, slot);
            if (moment == Moment::kCommit) {
                return conflict(*writes.table(), "the referenced row " + shown + " was deleted");
            }
            return foreign_key_violation(*writes.table(), key,
                                         fmt::format("key {} of table \"{}\" is not present in referenced table \"{}\"",
                                                     shown, writes.table()->name, parent->name));
        }));
    }
    return {};
}

Status each_referenced(StoreTransaction& transaction, TableWrites& writes, size_t from, Moment moment) {
    for (const Referencing& child : references_to(transaction, writes.id(), moment)) {
        const bool was_judged = transaction.catalog_at_begin()->find(child.table->id) == child.table;
        if (moment == Moment::kCommit && was_judged && !transaction.rows_changed_since_begin(child.table->id)) {
            continue;  // the statement's verdict holds
        }
        KODIAK_TRY_ASSIGN(KeyProbe parents,
                          KeyProbe::make(transaction, *writes.table(), child.key->referenced, moment));
        KODIAK_TRY_ASSIGN(KeyProbe children, KeyProbe::make(transaction, *child.table, child.key->columns, moment));
        KeyReader reader(writes.definition(), child.key->referenced);
        KODIAK_TRY(for_each_ended(writes, {from, writes.erasures.log().size()},
                                  [&](const Chunk& chunk, uint32_t slot, Locator) -> Status {
            KODIAK_TRY_ASSIGN(const auto value, reader.read(chunk, slot));
            if (!value.has_value() || parents.exists(*value) || !children.exists(*value)) {
                return {};
            }
            const std::string shown = describe_key(writes.definition(), child.key->referenced, chunk, slot);
            if (moment == Moment::kCommit) {
                return conflict(*writes.table(), "row " + shown + " was referenced from \"" + child.table->name + "\"");
            }
            return foreign_key_violation(*child.table, *child.key,
                                         fmt::format("key {} of table \"{}\" is still referenced from table \"{}\"",
                                                     shown, writes.table()->name, child.table->name));
        }));
    }
    return {};
}

}  // namespace

namespace {

// Calls visit(chunk, slot, locator) for every visible row of a snapshot; visit may read `columns`.
Status for_each_visible(const TableSnapshot& rows, const std::vector<ColumnId>& columns,
                        const std::function<Status(const Chunk&, uint32_t, Locator)>& visit) {
    std::vector<uint32_t> slots(kRowsPerChunk);
    for (size_t i = 0; i < rows.chunk_count(); ++i) {
        KODIAK_TRY(rows.verify(i, columns));
        bool all = false;
        const size_t count = rows.visible(i, slots.data(), &all);
        for (uint32_t k = 0; k < count; ++k) {
            const uint32_t slot = all ? k : slots[k];
            KODIAK_TRY(visit(rows.chunk(i), slot, rows.locator(i, slot)));
        }
    }
    return {};
}

Status check_new_unique_key(const TableSnapshot& rows, const UniqueKey& key, KeySorter& sorter) {
    const catalog::CatalogObject& table = *rows.table();
    KeyReader reader(table.table(), key.columns);
    const auto runs = sorter.make(reader.form(), index::Duplicates::kRefuse);
    index::KeyCollector& collector = runs->new_collector();
    KODIAK_TRY(for_each_visible(rows, key.columns, [&](const Chunk& chunk, uint32_t slot, Locator locator) -> Status {
        KODIAK_TRY_ASSIGN(const auto value, reader.read(chunk, slot));
        return value.has_value() ? collector.add(*value, locator.value) : Status();
    }));
    KODIAK_TRY_ASSIGN(const auto duplicate, runs->find_duplicate());
    if (!duplicate.has_value()) {
        return {};
    }
    const auto place = rows.find(Locator(duplicate->second_ordinal));
    KODIAK_ASSERT(place.has_value());
    return make_error(ErrorCode::kUniqueViolation,
                      fmt::format("cannot create unique key \"{}\" on table \"{}\": key {} is duplicated", key.name,
                                  table.name, describe_key(table.table(), key.columns, *place->chunk, place->slot)));
}

Status check_new_reference(StoreTransaction& transaction, const TableSnapshot& rows,
                           const catalog::ForeignKeyConstraint& key) {
    const catalog::ObjectPtr parent = transaction.find_table(key.referenced_table);
    if (parent == nullptr) {
        return make_error(ErrorCode::kUndefinedTable, "the referenced table does not exist");
    }
    KODIAK_TRY_ASSIGN(KeyProbe probe, KeyProbe::make(transaction, *parent, key.referenced, Moment::kStatement));
    const catalog::CatalogObject& table = *rows.table();
    KeyReader reader(table.table(), key.columns);
    return for_each_visible(rows, key.columns, [&](const Chunk& chunk, uint32_t slot, Locator) -> Status {
        KODIAK_TRY_ASSIGN(const auto value, reader.read(chunk, slot));
        if (!value.has_value() || probe.exists(*value)) {
            return {};
        }
        return foreign_key_violation(table, key,
                                     fmt::format("key {} of table \"{}\" is not present in referenced table \"{}\"",
                                                 describe_key(table.table(), key.columns, chunk, slot), table.name,
                                                 parent->name));
    });
}

}  // namespace

Status check_new_keys(StoreTransaction& transaction, const catalog::CatalogState& before, ObjectId table) {
    const catalog::ObjectPtr now = transaction.find_table(table);
    const catalog::ObjectPtr old = before.find(table);
    if (now == nullptr || old == nullptr) {
        return {};
    }
    KODIAK_TRY_ASSIGN(const TableSnapshotPtr rows, transaction.snapshot(table));
    const std::vector<UniqueKey> known = unique_keys_of(before, *old);
    for (const UniqueKey& key : unique_keys_of(*transaction.catalog(), *now)) {
        const bool is_new = std::none_of(known.begin(), known.end(),
                                         [&](const UniqueKey& other) { return other.columns == key.columns; });
        if (is_new) {
            KODIAK_TRY(check_new_unique_key(*rows, key, transaction.store().key_sorter()));
        }
    }
    const auto& old_references = old->table().foreign_keys;
    for (const catalog::ForeignKeyConstraint& key : now->table().foreign_keys) {
        if (std::find(old_references.begin(), old_references.end(), key) == old_references.end()) {
            KODIAK_TRY(check_new_reference(transaction, *rows, key));
        }
    }
    return {};
}

Error foreign_key_violation(const catalog::CatalogObject& table, const catalog::ForeignKeyConstraint& key,
                            std::string message) {
    Error error = make_error(ErrorCode::kForeignKeyViolation, std::move(message));
    if (!key.name.empty()) {
        error.detail = fmt::format("The constraint is \"{}\" of table \"{}\".", key.name, table.name);
    }
    return error;
}

std::vector<UniqueKey> unique_keys_of(const catalog::CatalogState& catalog, const catalog::CatalogObject& table) {
    std::vector<UniqueKey> keys;
    for (const catalog::KeyConstraint& key : table.table().keys) {
        std::string name = key.name;
        if (name.empty()) {
            name = table.name + (key.is_primary ? "_pkey" : "_key");
        }
        keys.push_back({name, key.columns});
    }
    for (const catalog::ObjectPtr& object : catalog.dependents_of(table.id)) {
        if (object->kind == catalog::ObjectKind::kIndex) {
            const auto& index = std::get<catalog::IndexDefinition>(object->definition);
            if (index.is_unique && index.table == table.id && !index.columns.empty()) {
                keys.push_back({object->name, index.columns});
            }
        }
    }
    return keys;
}

namespace {

Status check_unique_key_by_rows(StoreTransaction& transaction, TableWrites& writes, const CheckScope& scope,
                                const UniqueKey& key) {
    KODIAK_TRY_ASSIGN(KeyProbe probe, KeyProbe::make(transaction, *writes.table(), key.columns, Moment::kStatement));
    KeyReader reader(writes.definition(), key.columns);
    return writes.for_each_row(scope.rows, [&](size_t chunk, uint32_t slot) -> Status {
        KODIAK_TRY_ASSIGN(const auto value, reader.read(*writes.chunks[chunk].chunk, slot));
        if (value.has_value() && probe.exists(*value, TableWrites::local(chunk, slot))) {
            return unique_violation(writes, key, chunk, slot);
        }
        return {};
    });
}

}  // namespace

Status check_unique_keys(StoreTransaction& transaction, TableWrites& writes, const CheckScope& scope) {
    if (scope.rows == writes.end()) {
        return {};
    }
    const bool bulk = is_bulk(writes, scope);
    for (const UniqueKey& key : unique_keys_of(*transaction.catalog(), *writes.table())) {
        if (!bulk) {
            KODIAK_TRY(check_unique_key_by_rows(transaction, writes, scope, key));
            continue;
        }
        KODIAK_TRY_ASSIGN(const auto taken, find_taken_key(transaction, writes, key.columns));
        if (taken.has_value()) {
            return unique_violation(writes, key, taken->chunk(), taken->slot());
        }
    }
    return {};
}

Status check_references(StoreTransaction& transaction, TableWrites& writes, const CheckScope& scope) {
    if (scope.rows == writes.end()) {
        return {};
    }
    return each_reference(transaction, writes, scope.rows, Moment::kStatement);
}

Status check_still_referenced(StoreTransaction& transaction, TableWrites& writes, const CheckScope& scope) {
    if (scope.erasures == writes.erasures.log().size()) {
        return {};
    }
    return each_referenced(transaction, writes, scope.erasures, Moment::kStatement);
}

namespace {

// Judges the versions that the transaction ended: nobody else may have ended them.
Status check_ended_versions(StoreTransaction& transaction, const TableWrites& writes) {
    for (const Locator locator : writes.erasures.log()) {
        if (locator.is_transaction_local()) {
            continue;
        }
        const ChunkDirectory::Ptr all = transaction.store().table(writes.id(), locator.branch()).directory();
        const ChunkEnds* ends = (*all)[locator.chunk()].state->ends();
        if (ends != nullptr && ends->end(locator.slot()) != 0) {
            return conflict(*writes.table(), "a row was changed");
        }
    }
    return {};
}

Status check_keys_at_commit(StoreTransaction& transaction, const TableWrites& writes) {
    for (const UniqueKey& key : unique_keys_of(*transaction.catalog(), *writes.table())) {
        KODIAK_TRY_ASSIGN(KeyProbe probe,
                          KeyProbe::make_committed(transaction, *writes.table(), key.columns, Moment::kCommit));
        KeyReader reader(writes.definition(), key.columns);
        KODIAK_TRY(writes.for_each_row({}, [&](size_t chunk, uint32_t slot) -> Status {
            KODIAK_TRY_ASSIGN(const auto value, reader.read(*writes.chunks[chunk].chunk, slot));
            if (value.has_value() && probe.exists_committed(*value)) {
                return conflict(*writes.table(), "key " + describe_key(writes.definition(), key.columns,
                                                                       *writes.chunks[chunk].chunk, slot) +
                                                     " was taken");
            }
            return {};
        }));
    }
    return {};
}

// A unique index that another transaction made judged the rows of before this one's.
Status check_no_new_unique_index(StoreTransaction& transaction, const catalog::CatalogState& latest,
                                 const catalog::CatalogObject& table) {
    const auto known = unique_keys_of(*transaction.catalog_at_begin(), table);
    const auto own = unique_keys_of(*transaction.catalog(), table);
    for (const UniqueKey& key : unique_keys_of(latest, table)) {
        const auto is_same = [&](const UniqueKey& other) { return other.columns == key.columns; };
        if (std::none_of(known.begin(), known.end(), is_same) && std::none_of(own.begin(), own.end(), is_same)) {
            return conflict(table, "the unique index \"" + key.name + "\" was created");
        }
    }
    return {};
}

}  // namespace

Status check_conflicts(StoreTransaction& transaction) {
    const catalog::CatalogState::Ptr latest = transaction.store().latest_catalog(transaction.branch());
    KODIAK_TRY(check_definition_conflicts(transaction, *latest));
    for (const auto& [id, writes] : transaction.writes()) {
        const catalog::ObjectPtr before = transaction.catalog_at_begin()->find(id);
        if (before != nullptr && latest->find(id) != before) {
            return conflict(*writes->table(), "its definition was changed");
        }
        if (latest != transaction.catalog_at_begin() && before != nullptr) {
            KODIAK_TRY(check_no_new_unique_index(transaction, *latest, *writes->table()));
        }
        if (transaction.rows_changed_since_begin(id)) {
            KODIAK_TRY(check_ended_versions(transaction, *writes));
            KODIAK_TRY(check_keys_at_commit(transaction, *writes));
        }
        KODIAK_TRY(each_reference(transaction, *writes, {}, Moment::kCommit));
        KODIAK_TRY(each_referenced(transaction, *writes, 0, Moment::kCommit));
    }
    return {};
}

}  // namespace kodiak::storage
