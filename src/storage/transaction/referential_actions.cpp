#include "storage/transaction/referential_actions.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "storage/rows/canonical_row.hpp"
#include "storage/rows/open_chunk.hpp"
#include "storage/transaction/key_probe.hpp"

namespace kodiak::storage {
namespace {

using catalog::ForeignKeyConstraint;
using catalog::ReferentialAction;

// Chains of children longer than this are taken for a definition that goes round in circles.
constexpr uint32_t kRoundsMost = 100'000;

struct Place {
    const Chunk* chunk = nullptr;
    uint32_t slot = 0;
};

// A child row and what its foreign key becomes.
struct Change {
    Locator child;
    ReferentialAction action = ReferentialAction::kNoAction;
    bool on_delete = false;
    Place parent;  // the parent's new version, unless on_delete
};

bool acts(ReferentialAction action) { return action != ReferentialAction::kNoAction; }

// The versions by which a statement replaced rows of one table.
class Successors {
   public:
    Successors(const TableWrites& writes, TableWrites::Position from) {
        for (const PrivateChunk& chunk : writes.chunks) {
            pinned_.push_back(chunk.chunk);
        }
        for (const KeyLink& link : writes.rekeyed) {
            new_ids_[link.from] = link.to;
        }
        const Status never_fails = writes.for_each_row(from, [&](size_t chunk, uint32_t slot) -> Status {
            rows_[writes.chunks[chunk].chunk->row_id(slot)] = {writes.chunks[chunk].chunk.get(), slot};
            return {};
        });
        KODIAK_ASSERT(never_fails.ok());
    }

    // nullptr when the row is gone.
    const Place* find(RowId id) const {
        if (const auto row = rows_.find(id); row != rows_.end()) {
            return &row->second;
        }
        const auto rekeyed = new_ids_.find(id);
        return rekeyed == new_ids_.end() ? nullptr : find(rekeyed->second);
    }

   private:
    std::vector<std::shared_ptr<const Chunk>> pinned_;  // a chunk that grows is replaced
    std::unordered_map<RowId, Place> rows_;
    std::unordered_map<RowId, RowId> new_ids_;
};

// Writes new versions of children in which the foreign key's columns are replaced.
class ChildWriter {
   public:
    ChildWriter(StoreTransaction& transaction, const catalog::CatalogObject& parent, const Referencing& child)
        : transaction_(transaction), parent_(parent), table_(*child.table), key_(*child.key) {}

    // Requires: all changes are of one kind and their children are erased; at most 2,048.
    Status write(std::span<const Change> changes) {
        KODIAK_TRY_ASSIGN(const std::shared_ptr<TableWrites> writes, transaction_.writes_of(table_.id));
        KODIAK_TRY(load(*writes, changes));
        std::vector<ColumnView> columns;
        for (size_t i = 0; i < rows_->schema().ids.size(); ++i) {
            columns.push_back({rows_->column(i).data, rows_->column(i).validity, nullptr});
        }
        for (size_t i = 0; i < key_.columns.size(); ++i) {
            const int position = rows_->schema().position(key_.columns[i]);
            KODIAK_ASSERT(position >= 0);
            KODIAK_TRY_ASSIGN(columns[static_cast<size_t>(position)], replacement(i, changes));
            KODIAK_TRY(check_not_null(key_.columns[i], columns[static_cast<size_t>(position)], changes.size()));
        }
        std::vector<Locator> replaced;
        for (const Change& change : changes) {
            replaced.push_back(change.child);
        }
        KODIAK_TRY_ASSIGN(const std::unique_ptr<WriteJob> job, transaction_.write(table_.id));
        const std::unique_ptr<RowWriter> writer = job->writer();
        const BatchView batch{changes.size(), columns};
        KODIAK_TRY(changes_primary_key() ? writer->append_rekeyed(batch, replaced)
                                         : writer->append_versions(batch, replaced));
        KODIAK_TRY(writer->finish());
        return job->finish();
    }

   private:
    // Copies the children as they are, and their parents' new versions, into plain layout.
    Status load(const TableWrites& writes, std::span<const Change> changes) {
        const auto count = static_cast<uint32_t>(changes.size());
        rows_ = OpenChunk::make(writes.schema(), writes.origin(), count);
        for (const Change& change : changes) {
            KODIAK_TRY_ASSIGN(const Place place, place_of(writes, change.child));
            KODIAK_TRY(rows_->append_from(*place.chunk, &place.slot, 1, writes.definition()));
        }
        if (changes[0].on_delete) {
            return {};
        }
        parents_ = OpenChunk::make(stored_schema_of(parent_.table()), writes.origin(), count);
        for (const Change& change : changes) {
            KODIAK_TRY(parents_->append_from(*change.parent.chunk, &change.parent.slot, 1, parent_.table()));
        }
        return {};
    }

    Result<Place> place_of(const TableWrites& writes, Locator locator) const {
        if (locator.is_transaction_local()) {
            return Place{writes.chunks[locator.chunk()].chunk.get(), locator.slot()};
        }
        const ChunkDirectory::Ptr all = transaction_.committed(writes.id(), locator.branch());
        const DirectoryEntry& entry = (*all)[locator.chunk()];
        KODIAK_TRY(verify_columns(entry, entry.chunk->schema().ids));
        return Place{entry.chunk.get(), locator.slot()};
    }

    // What column number `i` of the foreign key becomes.
    Result<ColumnView> replacement(size_t i, std::span<const Change> changes) {
        static constexpr uint64_t kNothingValid[kRowsPerChunk / 64] = {};
        static constexpr uint32_t kFirst[kRowsPerChunk] = {};
        const ReferentialAction action = changes[0].action;
        if (action == ReferentialAction::kCascade) {
            const int position = parents_->schema().position(key_.referenced[i]);
            KODIAK_ASSERT(position >= 0);
            const StoredColumn& column = parents_->column(static_cast<size_t>(position));
            const catalog::Type& own_type = table_.table().find_column(key_.columns[i])->type;
            if (own_type != parent_.table().find_column(key_.referenced[i])->type) {
                return make_error(ErrorCode::kUnsupported,
                                  fmt::format("cannot cascade the new key to table \"{}\", whose columns have "
                                              "other types", table_.name));
            }
            return ColumnView{column.data, column.validity, nullptr};
        }
        const bool is_default = action == ReferentialAction::kSetDefault && i < key_.defaults.size();
        if (!is_default || key_.defaults[i].empty()) {
            return ColumnView{nullptr, kNothingValid, nullptr};
        }
        KODIAK_TRY_ASSIGN(PlainValue value, decode_value(table_.table().find_column(key_.columns[i])->type,
                                                         key_.defaults[i]));
        // A string's view may point into the value itself: it must not move any more.
        defaults_.push_back(std::make_unique<PlainValue>(std::move(value)));
        return ColumnView{defaults_.back()->bytes, nullptr, kFirst};
    }

    Status check_not_null(ColumnId id, const ColumnView& values, size_t rows) const {
        const catalog::ColumnDefinition& column = *table_.table().find_column(id);
        const catalog::KeyConstraint* primary = table_.table().primary_key();
        const bool in_primary = primary != nullptr && std::ranges::find(primary->columns, id) != primary->columns.end();
        for (size_t row = 0; row < rows && (column.not_null || in_primary); ++row) {
            if (!values.is_valid(row)) {
                return make_error(ErrorCode::kNotNullViolation,
                                  fmt::format("NOT NULL constraint failed: {}.{}", table_.name, column.name))
                    .with_detail(fmt::format("The foreign key to table \"{}\" sets the column.", parent_.name));
            }
        }
        return {};
    }

    bool changes_primary_key() const {
        const catalog::KeyConstraint* primary = table_.table().primary_key();
        return primary != nullptr && std::ranges::any_of(key_.columns, [&](ColumnId id) {
                   return std::ranges::find(primary->columns, id) != primary->columns.end();
               });
    }

    StoreTransaction& transaction_;
    const catalog::CatalogObject& parent_;
    const catalog::CatalogObject& table_;
    const ForeignKeyConstraint& key_;
    std::shared_ptr<OpenChunk> rows_;
    std::shared_ptr<OpenChunk> parents_;
    std::vector<std::unique_ptr<PlainValue>> defaults_;
};

class ReferentialActions {
   public:
    ReferentialActions(StoreTransaction& transaction, const std::map<ObjectId, CheckScope>& scopes)
        : transaction_(transaction), scopes_(scopes) {}

    Status run() {
        for (uint32_t round = 0; round < kRoundsMost; ++round) {
            std::vector<ObjectId> tables;
            for (const auto& [id, writes] : transaction_.writes()) {
                if (done_.try_emplace(id, scope_of(id).erasures).first->second < writes->erasures.log().size()) {
                    tables.push_back(id);
                }
            }
            if (tables.empty()) {
                return {};
            }
            for (const ObjectId id : tables) {
                KODIAK_TRY(follow(id));
            }
        }
        return make_error(ErrorCode::kTooLarge,
                          fmt::format("referential actions go deeper than {} rows", kRoundsMost));
    }

   private:
    CheckScope scope_of(ObjectId table) const {
        const auto found = scopes_.find(table);
        return found == scopes_.end() ? CheckScope{} : found->second;
    }

    // Acts on what was ended in one table since the last look.
    Status follow(ObjectId id) {
        const std::shared_ptr<TableWrites> writes = transaction_.find_writes(id);
        const size_t from = std::exchange(done_[id], writes->erasures.log().size());
        const catalog::ObjectPtr parent = transaction_.find_table(id);
        if (parent == nullptr) {
            return {};  // dropped in this transaction
        }
        std::optional<Successors> successors;
        for (const Referencing& child : referencing(*transaction_.catalog(), id)) {
            if (!acts(child.key->on_delete) && !acts(child.key->on_update)) {
                continue;
            }
            if (!successors) {
                successors.emplace(*writes, scope_of(id).rows);
            }
            KODIAK_TRY_ASSIGN(std::vector<Change> changes,
                              changes_of(*parent, *writes, {from, done_[id]}, *successors, child));
            KODIAK_TRY(apply(*parent, child, std::move(changes)));
        }
        return {};
    }

    // Children are all found before any is changed: keys may have changed places.
    Result<std::vector<Change>> changes_of(const catalog::CatalogObject& parent, const TableWrites& writes,
                                           EndedRange range, const Successors& successors, const Referencing& child) {
        KODIAK_TRY_ASSIGN(KeyProbe parents,
                          KeyProbe::make(transaction_, parent, child.key->referenced, Moment::kStatement));
        KODIAK_TRY_ASSIGN(KeyProbe children,
                          KeyProbe::make(transaction_, *child.table, child.key->columns, Moment::kStatement));
        KeyReader old_reader(parent.table(), child.key->referenced);
        KeyReader new_reader(parent.table(), child.key->referenced);
        std::vector<Change> changes;
        std::vector<Locator> found;
        KODIAK_TRY(for_each_ended(writes, range,
                                  [&](const Chunk& chunk, uint32_t slot, Locator) -> Status {
            KODIAK_TRY_ASSIGN(const auto old_key, old_reader.read(chunk, slot));
            if (!old_key.has_value()) {
                return {};
            }
            Change change;
            if (const Place* successor = successors.find(chunk.row_id(slot))) {
                KODIAK_TRY_ASSIGN(const auto new_key, new_reader.read(*successor->chunk, successor->slot));
                if (new_key.has_value() && *new_key == *old_key) {
                    return {};
                }
                change.parent = *successor;
                change.action = child.key->on_update;
            } else if (!parents.exists(*old_key)) {
                change.on_delete = true;
                change.action = child.key->on_delete;
            }
            if (!acts(change.action)) {
                return {};
            }
            found.clear();
            children.collect(*old_key, found);
            if (change.action == ReferentialAction::kRestrict && !found.empty()) {
                return still_referenced(parent, child, chunk, slot);
            }
            for (const Locator locator : found) {
                change.child = locator;
                changes.push_back(change);
            }
            return {};
        }));
        return changes;
    }

    static Error still_referenced(const catalog::CatalogObject& parent, const Referencing& child, const Chunk& chunk,
                                  uint32_t slot) {
        return foreign_key_violation(*child.table, *child.key,
                                     fmt::format("key {} of table \"{}\" is still referenced from table \"{}\"",
                                                 describe_key(parent.table(), child.key->referenced, chunk, slot),
                                                 parent.name, child.table->name));
    }

    Status apply(const catalog::CatalogObject& parent, const Referencing& child, std::vector<Change> changes) {
        // One kind after the other; the order of children within it stays that of their parents.
        std::ranges::stable_sort(changes, {}, &Change::on_delete);
        ChildWriter writer(transaction_, parent, child);
        for (size_t from = 0; from < changes.size();) {
            size_t to = from;
            while (to < changes.size() && to - from < kRowsPerChunk &&
                   changes[to].on_delete == changes[from].on_delete) {
                ++to;
            }
            KODIAK_TRY(apply_batch(child, writer, std::span(changes).subspan(from, to - from)));
            from = to;
        }
        return {};
    }

    Status apply_batch(const Referencing& child, ChildWriter& writer, std::span<Change> changes) {
        std::vector<Locator> locators;
        for (const Change& change : changes) {
            locators.push_back(change.child);
        }
        const auto erased = std::make_unique<bool[]>(changes.size());
        KODIAK_TRY(transaction_.erase(child.table->id, locators, erased.get()));
        if (changes[0].on_delete && changes[0].action == ReferentialAction::kCascade) {
            return {};
        }
        size_t kept = 0;
        for (size_t i = 0; i < changes.size(); ++i) {
            if (erased[i]) {
                changes[kept++] = changes[i];
            }
        }
        return kept == 0 ? Status() : writer.write(changes.first(kept));
    }

    StoreTransaction& transaction_;
    const std::map<ObjectId, CheckScope>& scopes_;
    std::map<ObjectId, size_t> done_;  // how much of each table's ended versions has been looked at
};

}  // namespace

Status carry_out_actions(StoreTransaction& transaction, const std::map<ObjectId, CheckScope>& scopes) {
    return ReferentialActions(transaction, scopes).run();
}

}  // namespace kodiak::storage
