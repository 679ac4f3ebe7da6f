#include "storage/transaction/key_probe.hpp"

namespace kodiak::storage {

Result<KeyProbe> KeyProbe::make_committed(StoreTransaction& transaction, const catalog::CatalogObject& table,
                                          const std::vector<ColumnId>& columns, Moment moment) {
    KeyProbe probe(transaction, table.id, moment);
    BranchTable& rows = transaction.store().table(table.id, transaction.branch());
    if (rows.directory()->size() > 0) {
        if (moment == Moment::kCommit) {
            KODIAK_TRY_ASSIGN(probe.committed_,
                              rows.ensure_index(table.table(), columns, transaction.store().oldest_view(),
                                                transaction.store().key_sorter()));
        } else {
            KODIAK_TRY_ASSIGN(probe.committed_, transaction.committed_index(table, columns));
        }
    }
    probe.writes_ = transaction.find_writes(table.id);
    return probe;
}

Result<KeyProbe> KeyProbe::make(StoreTransaction& transaction, const catalog::CatalogObject& table,
                                const std::vector<ColumnId>& columns, Moment moment) {
    KODIAK_TRY_ASSIGN(KeyProbe probe, make_committed(transaction, table, columns, moment));
    if (probe.writes_ != nullptr && !probe.writes_->chunks.empty()) {
        KODIAK_TRY_ASSIGN(probe.own_, probe.writes_->index(columns, transaction.store().key_sorter()));
    }
    return probe;
}

void KeyProbe::collect(index::KeyRef key, std::vector<Locator>& rows) {
    for (const index::KeyIndex* keys : {committed_ == nullptr ? nullptr : &committed_->keys(), own_}) {
        if (keys == nullptr || !keys->find(key, found_)) {
            continue;
        }
        for (const Locator locator : found_) {
            if (is_live(locator)) {
                rows.push_back(locator);
            }
        }
    }
}

bool KeyProbe::any(index::KeyRef key, const index::KeyIndex* keys, std::optional<Locator> except) {
    if (keys == nullptr || !keys->find(key, found_)) {
        return false;
    }
    for (const Locator locator : found_) {
        if (locator != except && is_live(locator)) {
            return true;
        }
    }
    return false;
}

bool KeyProbe::is_live(Locator locator) const {
    if (writes_ != nullptr && writes_->erasures.is_erased(locator)) {
        return false;
    }
    if (locator.is_transaction_local()) {
        return true;
    }
    if (moment_ == Moment::kStatement) {
        return transaction_->sees(table_, locator);
    }
    const ChunkDirectory::Ptr all = transaction_->store().table(table_, locator.branch()).directory();
    const DirectoryEntry& entry = (*all)[locator.chunk()];
    const ChunkEnds* ends = entry.state->ends();
    return ends == nullptr || ends->end(locator.slot()) == 0;
}

std::vector<Referencing> referencing(const catalog::CatalogState& catalog, ObjectId table) {
    std::vector<catalog::ObjectPtr> candidates = catalog.dependents_of(table);
    // A table is not its own dependent, but its foreign keys may well refer to it.
    if (catalog::ObjectPtr self = catalog.find(table); self != nullptr) {
        candidates.push_back(std::move(self));
    }
    std::vector<Referencing> all;
    for (const catalog::ObjectPtr& object : candidates) {
        if (object->kind != catalog::ObjectKind::kTable) {
            continue;
        }
        for (const catalog::ForeignKeyConstraint& key : object->table().foreign_keys) {
            if (key.referenced_table == table) {
                all.push_back({object, &key});
            }
        }
    }
    return all;
}

Status for_each_ended(const TableWrites& writes, EndedRange range,
                      const std::function<Status(const Chunk&, uint32_t, Locator)>& visit) {
    for (size_t i = range.from; i < range.to; ++i) {
        const Locator locator = writes.erasures.log()[i];
        if (locator.is_transaction_local()) {
            KODIAK_TRY(visit(*writes.chunks[locator.chunk()].chunk, locator.slot(), locator));
            continue;
        }
        KODIAK_TRY(visit(*(*writes.committed)[locator.chunk()].chunk, locator.slot(), locator));
    }
    return {};
}

}  // namespace kodiak::storage
