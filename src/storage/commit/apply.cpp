#include "storage/commit/apply.hpp"

#include <algorithm>
#include <numeric>

#include "base/result/assert.hpp"
#include "catalog/system_tables.hpp"
#include "storage/store/object_rows.hpp"

namespace kodiak::storage {
namespace {

// Publishes the transaction's files; rows in them that it erased again are ended at once.
Status place_files(BranchTable& table, TableWrites& writes, uint64_t seq, TablePlacement& placement) {
    for (size_t i = 0; i < writes.chunks.size();) {
        const std::shared_ptr<PrivateFile> file = writes.chunks[i].file;
        if (file == nullptr) {
            ++i;
            continue;
        }
        PlacedFile placed{file->number, file->with_row_ids, writes.chunks[i].chunk->row_id(0).origin,
                          writes.chunks[i].chunk->row_id(0).counter, 0, 0};
        std::vector<std::shared_ptr<const Chunk>> chunks;
        const size_t first = i;
        for (; i < writes.chunks.size() && writes.chunks[i].file == file; ++i) {
            writes.chunks[i].chunk->stamp_created(seq);
            chunks.push_back(writes.chunks[i].chunk);
        }
        placed.chunks = static_cast<uint32_t>(chunks.size());
        TableFile table_file{.number = file->number,
                             .with_row_ids = file->with_row_ids,
                             .with_created = false,
                             .numbering = {placed.origin, placed.first_row_counter, seq},
                             .first_chunk = 0,
                             .chunks = 0,
                             .file = file->file};
        KODIAK_TRY_ASSIGN(placed.first_chunk, table.publish_file(std::move(chunks), std::move(table_file)));
        file->adopted = true;
        for (size_t k = first; k < i; ++k) {
            if (!writes.erasures.touches(TableWrites::local(k, 0))) {
                continue;
            }
            for (uint32_t slot = 0; slot < writes.chunks[k].chunk->count(); ++slot) {
                if (writes.erasures.is_erased(TableWrites::local(k, slot))) {
                    placement.ended.emplace_back(table.branch(), placed.first_chunk + (k - first), slot);
                }
            }
        }
        placement.files.push_back(placed);
    }
    return {};
}

Status place_logged_rows(BranchTable& table, const TableNetChanges& changes, uint64_t seq, TablePlacement& placement) {
    std::vector<uint32_t> slots(kRowsPerChunk);
    for (const NetRun& run : changes.runs) {
        if (run.op == NetOp::kDelete || run.in_file) {
            continue;
        }
        if (placement.logged_rows == 0) {
            placement.first_logged = table.next_locator(*changes.writes->schema());
        }
        KODIAK_ASSERT(run.first.origin == table.origin());
        uint32_t placed = 0;
        while (placed < run.count) {
            OpenChunk& tail = table.tail_for(changes.writes->schema());
            std::iota(slots.begin(), slots.begin() + (run.count - placed), run.slot + placed);
            const uint32_t at = tail.filled();
            const uint32_t taken = tail.append_from(*run.chunk, slots.data(), run.count - placed);
            KODIAK_ASSERT(taken > 0);
            for (uint32_t i = 0; i < taken; ++i) {
                tail.set_row(at + i, run.first.counter + placed + i, seq);
            }
            placed += taken;
            if (tail.is_full()) {
                KODIAK_TRY(table.publish_tail(seq));
            }
        }
        placement.logged_rows += run.count;
    }
    return placement.logged_rows > 0 ? table.publish_tail(seq) : Status();
}

void end_versions(Store& store, BranchTable& table, const std::vector<Locator>& ended, uint64_t seq) {
    const bool indexed = table.has_indexes();
    const ChunkDirectory::Ptr all = table.directory();
    for (const Locator locator : ended) {
        // Only versions that this branch wrote can be ended while there is one branch.
        KODIAK_ASSERT(locator.branch() == table.branch());
        (*all)[locator.chunk()].state->writable().set(locator.slot(), seq);
        if (indexed) {
            store.note_dead(seq, table.table(), locator);
        }
    }
}

// The newest definitions plus what this transaction changed.
void apply_definitions(StoreTransaction& transaction, const TableNetChanges& changes, uint64_t seq) {
    Store& store = transaction.store();
    catalog::CatalogState::Ptr state = store.latest_catalog(transaction.branch());
    if (state == transaction.catalog_at_begin()) {
        store.set_catalog(transaction.branch(), seq, transaction.catalog());
        return;
    }
    for (const NetRun& run : changes.runs) {
        for (uint32_t i = 0; i < run.count; ++i) {
            const ObjectId id = object_id_of_row(*run.chunk, run.slot + i);
            if (run.op == NetOp::kDelete) {
                state = state->without(id);
            } else {
                state = state->with(*transaction.catalog()->find(id));
            }
        }
    }
    store.set_catalog(transaction.branch(), seq, std::move(state));
}

}  // namespace

Result<AppliedCommit> apply_changes(StoreTransaction& transaction, std::vector<TableNetChanges>& changes,
                                    uint64_t seq) {
    Store& store = transaction.store();
    AppliedCommit applied;
    applied.seq = seq;
    KODIAK_TRY(store.collect_dead());
    for (TableNetChanges& table_changes : changes) {
        TableWrites& writes = *table_changes.writes;
        BranchTable& table = store.table(writes.id(), transaction.branch());
        TablePlacement placement;
        placement.table = writes.id();
        placement.schema_version = writes.schema()->version;
        KODIAK_TRY(place_files(table, writes, seq, placement));
        KODIAK_TRY(place_logged_rows(table, table_changes, seq, placement));
        const size_t stillborn = placement.ended.size();
        placement.ended.insert(placement.ended.end(), table_changes.ended.begin(), table_changes.ended.end());
        end_versions(store, table, placement.ended, seq);
        uint64_t file_rows = 0;
        for (const PrivateChunk& chunk : writes.chunks) {
            file_rows += chunk.file != nullptr ? chunk.chunk->count() : 0;
        }
        const int64_t born = static_cast<int64_t>(file_rows + placement.logged_rows - stillborn);
        table.record_live_change(seq, born - static_cast<int64_t>(table_changes.ended.size()));
        table.forget_live_before(store.oldest_view());
        if (writes.id() == catalog::kObjectsTable) {
            apply_definitions(transaction, table_changes, seq);
        }
        applied.tables.push_back(std::move(placement));
    }
    return applied;
}

void undo_changes(Store& store, BranchId branch, const AppliedCommit& applied) {
    for (const TablePlacement& placement : applied.tables) {
        BranchTable& table = store.table(placement.table, branch);
        const ChunkDirectory::Ptr all = table.directory();
        for (const Locator locator : placement.ended) {
            (*all)[locator.chunk()].state->writable().clear(locator.slot());
        }
        for (uint64_t chunk = 0; chunk < all->size(); ++chunk) {
            const DirectoryEntry& entry = (*all)[chunk];
            if (entry.chunk->max_created() < applied.seq) {
                continue;
            }
            for (uint32_t slot = 0; slot < entry.chunk->count(); ++slot) {
                const ChunkEnds* ends = entry.state->ends();
                const bool ended = ends != nullptr && ends->end(slot) != 0;
                if (entry.chunk->created(slot) == applied.seq && !ended) {
                    entry.state->writable().set(slot, applied.seq);
                }
            }
        }
        table.forget_live_change(applied.seq);
    }
    store.forget_dead_from(applied.seq);
    store.forget_catalog_from(applied.seq);
}

}  // namespace kodiak::storage
