#include "storage/commit/net_changes.hpp"

#include <algorithm>

namespace kodiak::storage {
namespace {

struct NetRow {
    RowId id;
    const Chunk* chunk = nullptr;
    uint32_t slot = 0;
    bool is_new = false;  // a private version; else a committed one that was ended
    bool in_file = false;
};

void add(std::vector<NetRun>& runs, NetOp op, const NetRow& row) {
    if (!runs.empty()) {
        NetRun& last = runs.back();
        const bool follows = last.op == op && last.chunk == row.chunk && last.in_file == row.in_file &&
                             last.slot + last.count == row.slot && last.first.origin == row.id.origin &&
                             last.first.counter + last.count == row.id.counter;
        if (follows) {
            ++last.count;
            return;
        }
    }
    runs.push_back({op, row.in_file, row.slot, 1, row.chunk, row.id});
}

// Only new rows: their chunks give the runs, no row is looked at twice.
void add_inserts(TableNetChanges& changes) {
    const TableWrites& writes = *changes.writes;
    (void)writes.for_each_row({}, [&](size_t chunk, uint32_t slot) -> Status {
        const PrivateChunk& from = writes.chunks[chunk];
        add(changes.runs, NetOp::kInsert,
            {from.chunk->row_id(slot), from.chunk.get(), slot, true, from.file != nullptr});
        return {};
    });
    std::sort(changes.runs.begin(), changes.runs.end(),
              [](const NetRun& a, const NetRun& b) { return a.first < b.first; });
}

void add_mixed(TableNetChanges& changes) {
    const TableWrites& writes = *changes.writes;
    std::vector<NetRow> rows;
    (void)writes.for_each_row({}, [&](size_t chunk, uint32_t slot) -> Status {
        const PrivateChunk& from = writes.chunks[chunk];
        rows.push_back({from.chunk->row_id(slot), from.chunk.get(), slot, true, from.file != nullptr});
        return {};
    });
    for (const Locator locator : changes.ended) {
        const std::shared_ptr<const Chunk>& chunk = (*writes.committed)[locator.chunk()].chunk;
        if (changes.pinned.empty() || changes.pinned.back() != chunk) {
            changes.pinned.push_back(chunk);
        }
        rows.push_back({chunk->row_id(locator.slot()), chunk.get(), locator.slot(), false, false});
    }
    // Of one row the new version comes first.
    std::sort(rows.begin(), rows.end(), [](const NetRow& a, const NetRow& b) {
        return a.id != b.id ? a.id < b.id : a.is_new > b.is_new;
    });
    for (size_t i = 0; i < rows.size(); ++i) {
        const bool replaced = i + 1 < rows.size() && rows[i + 1].id == rows[i].id;
        if (!rows[i].is_new) {
            add(changes.runs, NetOp::kDelete, rows[i]);
        } else {
            add(changes.runs, replaced ? NetOp::kUpdate : NetOp::kInsert, rows[i]);
            i += replaced ? 1 : 0;
        }
    }
}

std::vector<Locator> ended_by(const TableWrites& writes) {
    std::vector<Locator> ended;
    for (const Locator locator : writes.erasures.log()) {
        if (!locator.is_transaction_local()) {
            ended.push_back(locator);
        }
    }
    std::sort(ended.begin(), ended.end());
    return ended;
}

}  // namespace

Status follow_moves(StoreTransaction& transaction, std::vector<TableNetChanges>& changes) {
    KODIAK_TRY(transaction.follow_moves());
    for (TableNetChanges& of_table : changes) {
        if (!of_table.ended.empty()) {
            of_table.ended = ended_by(*of_table.writes);
        }
    }
    return {};
}

std::vector<TableNetChanges> net_changes_of(StoreTransaction& transaction) {
    std::vector<TableNetChanges> all;
    for (const auto& [id, writes] : transaction.writes()) {
        if (transaction.find_table(id) == nullptr) {
            continue;
        }
        TableNetChanges changes;
        changes.table = id;
        changes.writes = writes;
        if (const catalog::KeyConstraint* key = writes->definition().primary_key()) {
            changes.primary_key = key->columns;
        }
        changes.ended = ended_by(*writes);
        if (changes.ended.empty()) {
            add_inserts(changes);
        } else {
            add_mixed(changes);
        }
        for (const NetRun& run : changes.runs) {
            changes.rows += run.count;
        }
        if (changes.rows > 0) {
            all.push_back(std::move(changes));
        }
    }
    return all;
}

}  // namespace kodiak::storage
