#include "storage/transaction/store_transaction.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "catalog/system_tables.hpp"
#include "storage/transaction/key_checks.hpp"
#include "storage/transaction/referential_actions.hpp"
#include "storage/transaction/table_write_job.hpp"
#include "storage/transaction/transaction_snapshot.hpp"

namespace kodiak::storage {

StoreTransaction::StoreTransaction(Store& store, BranchId branch, bool read_only)
    : store_(store), read_only_(read_only), view_(store.open_view(branch)) {
    catalog_at_begin_ = store.catalog(branch, view_.head());
    catalog_ = catalog_at_begin_;
}

StoreTransaction::~StoreTransaction() {
    for (auto& [id, writes] : writes_) {
        // Files of a committed transaction are referenced by the table, too, and stay.
        writes->truncate({}, store_.disk());
    }
    pinned_.clear();
    for (auto& [table, pin] : layouts_) {
        pin.table->unpin_layout(pin.layout.version);
    }
    store_.close_view(view_);
}

StoreTransaction::LayoutPin& StoreTransaction::pin_of(ObjectId table, BranchId branch) const {
    LayoutPin& pin = layouts_[{table, branch}];
    if (pin.table == nullptr) {
        pin.table = &store_.table(table, branch);
        pin.layout = pin.table->pin_layout();
    }
    return pin;
}

ChunkDirectory::Ptr StoreTransaction::committed(ObjectId table, BranchId branch) const {
    const std::lock_guard guard(mutex_);
    return pin_of(table, branch).layout.directory;
}

bool StoreTransaction::holds_layout_of(const BranchTable& table) const {
    const std::lock_guard guard(mutex_);
    return pin_of(table.table(), table.branch()).layout.version == table.layout_version();
}

Status StoreTransaction::follow_moves() {
    for (const auto& [id, writes] : writes_) {
        BranchTable& table = store_.table(id, branch());
        const auto pin = layouts_.find({id, branch()});
        if (pin == layouts_.end() || pin->second.layout.version == table.layout_version()) {
            continue;
        }
        const bool all_there = writes->erasures.relocate([&](Locator locator) { return table.locate(locator); });
        if (!all_there) {
            return make_error(ErrorCode::kSerializationFailure,
                              fmt::format("transaction conflict on table \"{}\": a row was changed by a concurrent "
                                          "transaction",
                                          writes->table()->name))
                .with_hint("Another transaction committed first: roll back and run the transaction again.");
        }
        writes->committed = table.directory();
    }
    return {};
}

bool StoreTransaction::has_changes() const {
    for (const auto& [id, writes] : writes_) {
        if (writes->erasures.size() > 0 || writes->private_rows() > 0) {
            return true;
        }
    }
    return false;
}

Status StoreTransaction::check_writable() const {
    if (read_only_) {
        return make_error(ErrorCode::kReadOnly, "cannot write: the transaction is read-only");
    }
    return {};
}

catalog::ObjectPtr StoreTransaction::find_table(ObjectId table) const {
    if (const catalog::CatalogObject* system = catalog::find_system_table(table)) {
        return {std::shared_ptr<void>(), system};  // shares ownership with nothing: the object is a constant
    }
    catalog::ObjectPtr object = catalog_->find(table);
    return object != nullptr && object->kind == catalog::ObjectKind::kTable ? object : nullptr;
}

std::shared_ptr<TableWrites> StoreTransaction::find_writes(ObjectId table) const {
    const std::lock_guard guard(mutex_);
    const auto found = writes_.find(table);
    return found == writes_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<TableWrites>> StoreTransaction::writes_of(ObjectId table) {
    if (auto found = find_writes(table)) {
        return found;
    }
    catalog::ObjectPtr object = find_table(table);
    if (object == nullptr) {
        return make_error(ErrorCode::kUndefinedTable, fmt::format("table with id {} does not exist", table.value));
    }
    auto writes = std::make_shared<TableWrites>(std::move(object), store_.origin());
    const std::lock_guard guard(mutex_);
    writes->committed = pin_of(table, branch()).layout.directory;
    return writes_.emplace(table, std::move(writes)).first->second;  // another thread may have been first
}

Result<TableSnapshotPtr> StoreTransaction::snapshot(ObjectId table) {
    catalog::ObjectPtr object = find_table(table);
    if (object == nullptr) {
        return make_error(ErrorCode::kUndefinedTable, fmt::format("table with id {} does not exist", table.value));
    }
    auto snapshot = std::make_shared<TransactionSnapshot>(*this, view_, std::move(object), find_writes(table),
                                                          statement_);
    const std::lock_guard guard(mutex_);
    pinned_.push_back(snapshot);
    return TableSnapshotPtr(std::move(snapshot));
}

Result<std::unique_ptr<WriteJob>> StoreTransaction::write(ObjectId table) {
    KODIAK_TRY(check_writable());
    KODIAK_TRY_ASSIGN(std::shared_ptr<TableWrites> writes, writes_of(table));
    return std::unique_ptr<WriteJob>(std::make_unique<TableWriteJob>(store_, std::move(writes)));
}

namespace {

// The columns of all unique keys.
std::vector<ColumnId> key_columns_of(const catalog::CatalogState& catalog, const catalog::CatalogObject& table) {
    std::vector<ColumnId> columns;
    for (const UniqueKey& key : unique_keys_of(catalog, table)) {
        columns.insert(columns.end(), key.columns.begin(), key.columns.end());
    }
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    return columns;
}

}  // namespace

Status StoreTransaction::erase(ObjectId table, std::span<const Locator> rows, bool* erased) {
    KODIAK_TRY(check_writable());
    KODIAK_TRY_ASSIGN(const std::shared_ptr<TableWrites> writes, writes_of(table));
    ChunkDirectory::Ptr all;
    BranchId directory_of{0xFFFF};
    std::vector<ColumnId> key_columns;
    bool has_key_columns = false;
    for (size_t i = 0; i < rows.size(); ++i) {
        const Locator locator = rows[i];
        if (!locator.is_transaction_local()) {
            if (directory_of != locator.branch()) {
                all = committed(table, locator.branch());
                directory_of = locator.branch();
            }
            if ((*all)[locator.chunk()].file != nullptr) {
                // The keys of ended rows are hashed and looked up, their row ids carried on.
                if (!has_key_columns) {
                    key_columns = key_columns_of(*catalog_, *writes->table());
                    has_key_columns = true;
                }
                KODIAK_TRY(verify_columns((*all)[locator.chunk()], key_columns));
            }
            const ChunkEnds* ends = (*all)[locator.chunk()].state->ends();
            if (ends != nullptr && ends->end(locator.slot()) != 0) {
                return make_error(ErrorCode::kSerializationFailure,
                                  fmt::format("transaction conflict on table \"{}\": a row was changed by a "
                                              "concurrent transaction",
                                              writes->table()->name))
                    .with_hint("Another transaction committed first: roll back and run the transaction again.");
            }
        }
        erased[i] = writes->erasures.erase(locator, statement_);
    }
    return {};
}

Result<uint64_t> StoreTransaction::erase_all(ObjectId table) {
    KODIAK_TRY_ASSIGN(const TableSnapshotPtr rows, snapshot(table));
    std::vector<uint32_t> slots(kRowsPerChunk);
    std::vector<Locator> locators;
    const auto erased = std::make_unique<bool[]>(kRowsPerChunk);
    uint64_t total = 0;
    for (size_t i = 0; i < rows->chunk_count(); ++i) {
        KODIAK_TRY(rows->verify(i, {}));
        bool all = false;
        const size_t count = rows->visible(i, slots.data(), &all);
        locators.clear();
        for (uint32_t k = 0; k < count; ++k) {
            locators.push_back(rows->locator(i, all ? k : slots[k]));
        }
        KODIAK_TRY(erase(table, locators, erased.get()));
        total += count;
    }
    return total;
}

bool StoreTransaction::sees(ObjectId table, Locator locator) const {
    if (locator.is_transaction_local()) {
        return true;
    }
    for (const BranchInterval& interval : view_.path) {
        if (interval.branch != locator.branch()) {
            continue;
        }
        const ChunkDirectory::Ptr all = committed(table, locator.branch());
        const DirectoryEntry& entry = (*all)[locator.chunk()];
        if (locator.slot() >= entry.chunk->count()) {
            return false;  // an index knows newer rows, too
        }
        const ChunkEnds* ends = entry.state->ends();
        const uint64_t end = ends == nullptr ? 0 : ends->end(locator.slot());
        return interval.contains(entry.chunk->created(locator.slot())) && (end == 0 || end > interval.upto);
    }
    return false;
}

bool StoreTransaction::rows_changed_since_begin(ObjectId table) const {
    return store_.table(table, view_.branch()).last_change() > view_.head();
}

Result<std::shared_ptr<TableIndex>> StoreTransaction::committed_index(const catalog::CatalogObject& table,
                                                                      const std::vector<ColumnId>& columns) {
    BranchTable& rows = store_.table(table.id, branch());
    BranchTable::PinnedLayout layout;
    {
        const std::lock_guard guard(mutex_);
        layout = pin_of(table.id, branch()).layout;
    }
    if (auto found = rows.find_index(table.table(), columns, layout.version)) {
        return found;
    }
    const std::lock_guard commit_guard(store_.commit_mutex());
    if (rows.layout_version() == layout.version) {
        return rows.ensure_index(table.table(), columns, store_.oldest_view(), store_.key_sorter());
    }
    const std::lock_guard guard(mutex_);
    std::vector<std::shared_ptr<TableIndex>>& own = pin_of(table.id, branch()).indexes;
    for (const auto& index : own) {
        if (index->columns() == columns && index->fits(KeyReader(table.table(), columns))) {
            return index;
        }
    }
    KODIAK_TRY_ASSIGN(auto index, rows.build_index(table.table(), columns, *layout.directory,
                                                      store_.oldest_view(), store_.key_sorter()));
    own.push_back(index);
    return index;
}

Result<std::vector<std::optional<Locator>>> StoreTransaction::find_by_key(ObjectId table, size_t key,
                                                                          const BatchView& keys) {
    const catalog::ObjectPtr object = find_table(table);
    if (object == nullptr || key >= object->table().keys.size()) {
        return make_error(ErrorCode::kUndefinedTable, fmt::format("table with id {} has no such key", table.value));
    }
    const std::vector<ColumnId>& columns = object->table().keys[key].columns;
    std::shared_ptr<TableIndex> committed;
    if (this->committed(table, branch())->size() > 0) {
        KODIAK_TRY_ASSIGN(committed, committed_index(*object, columns));
    }
    const std::shared_ptr<TableWrites> writes = find_writes(table);
    const index::KeyIndex* own = nullptr;
    std::unique_lock<std::mutex> own_guard;  // other threads of the statement may add rows meanwhile
    if (writes != nullptr) {
        own_guard = std::unique_lock(writes->mutex);
        if (!writes->chunks.empty()) {
            own_guard.unlock();
            KODIAK_TRY_ASSIGN(own, writes->index(columns, store_.key_sorter()));
            own_guard.lock();
        }
    }
    KeyReader reader(object->table(), columns);
    index::LocatorList found;
    std::vector<std::optional<Locator>> result(keys.rows);
    const auto pick = [&](const index::KeyIndex& index, index::KeyRef value) -> std::optional<Locator> {
        index.find(value, found);
        for (const Locator locator : found) {
            const bool erased = writes != nullptr && writes->erasures.is_erased_before(locator, statement_);
            if (!erased && sees(table, locator)) {
                return locator;
            }
        }
        return std::nullopt;
    };
    for (size_t row = 0; row < keys.rows; ++row) {
        KODIAK_TRY_ASSIGN(const auto value, reader.read(keys, row));
        if (!value.has_value()) {
            continue;
        }
        if (own != nullptr) {
            result[row] = pick(*own, *value);
        }
        if (!result[row].has_value() && committed != nullptr) {
            result[row] = pick(committed->keys(), *value);
        }
    }
    return result;
}

Result<int64_t> StoreTransaction::next_value(ObjectId sequence) {
    KODIAK_TRY(check_writable());
    const catalog::ObjectPtr object = catalog_->find(sequence);
    if (object == nullptr || object->kind != catalog::ObjectKind::kSequence) {
        return make_error(ErrorCode::kUndefinedObject,
                          fmt::format("sequence with id {} does not exist", sequence.value));
    }
    KODIAK_TRY_ASSIGN(const int64_t value,
                      store_.draw(sequence, std::get<catalog::SequenceDefinition>(object->definition), object->name));
    drawn_.insert(sequence);
    current_values_[sequence] = value;
    return value;
}

Result<int64_t> StoreTransaction::current_value(ObjectId sequence) {
    const auto found = current_values_.find(sequence);
    if (found == current_values_.end()) {
        return make_error(ErrorCode::kDataException, "currval: nextval was not called yet in this transaction");
    }
    return found->second;
}

Transaction::Mark StoreTransaction::mark() {
    ++statement_;
    // The statement before is over, and with it every vector that pointed into its snapshots.
    pinned_.clear();
    UndoPoint point;
    point.catalog = catalog_;
    for (const auto& [id, writes] : writes_) {
        point.tables[id] = {writes->table(), writes->end(), writes->erasures.size(), checked_[id].rows,
                            checked_[id].erasures, writes->links.size()};
    }
    undo_points_.push_back(std::move(point));
    return {undo_points_.size() - 1};
}

void StoreTransaction::undo_to(Mark mark) {
    KODIAK_ASSERT(mark.value < undo_points_.size());
    const UndoPoint point = std::move(undo_points_[mark.value]);
    undo_points_.resize(mark.value + 1);
    catalog_ = point.catalog;
    for (auto entry = writes_.begin(); entry != writes_.end();) {
        const auto known = point.tables.find(entry->first);
        if (known == point.tables.end()) {
            entry->second->truncate({}, store_.disk());
            checked_.erase(entry->first);
            entry = writes_.erase(entry);
            continue;
        }
        entry->second->restore(known->second.table);
        entry->second->truncate(known->second.end, store_.disk());
        entry->second->erasures.undo_to(known->second.erasures);
        entry->second->links.resize(known->second.links);
        entry->second->rekeyed.clear();
        checked_[entry->first] = {known->second.checked, known->second.checked_erasures};
        ++entry;
    }
    undo_points_.back() = point;
}

void StoreTransaction::release(Mark mark) {
    if (mark.value < undo_points_.size()) {
        undo_points_.resize(mark.value);
    }
}

Status StoreTransaction::finish_statement() {
    std::map<ObjectId, CheckScope> scopes;
    for (const auto& [id, done] : checked_) {
        scopes[id] = {done.rows, done.erasures};
    }
    KODIAK_TRY(carry_out_actions(*this, scopes));
    for (const auto& [id, writes] : writes_) {
        if (find_table(id) == nullptr) {
            continue;  // dropped in this transaction
        }
        Checked& checked = checked_[id];
        const CheckScope scope{checked.rows, checked.erasures};
        KODIAK_TRY(check_unique_keys(*this, *writes, scope));
        KODIAK_TRY(check_references(*this, *writes, scope));
        KODIAK_TRY(check_still_referenced(*this, *writes, scope));
        checked = {writes->end(), writes->erasures.log().size()};
        writes->links.insert(writes->links.end(), writes->rekeyed.begin(), writes->rekeyed.end());
        writes->rekeyed.clear();
    }
    return {};
}

}  // namespace kodiak::storage
