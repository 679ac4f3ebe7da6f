#include "timeline/history/commit_rows.hpp"

#include <algorithm>
#include <tuple>

#include "catalog/system_tables.hpp"
#include "storage/store/object_rows.hpp"

namespace kodiak::timeline {
namespace {

using storage::Chunk;
using storage::ChunkDirectory;
using storage::ChunkEnds;
using storage::DirectoryEntry;
using storage::NetOp;
using storage::NetRun;
using storage::TableNetChanges;

bool may_have_ended(const ChunkEnds* ends, uint64_t seq) {
    return ends != nullptr && ends->first_seq() <= seq && ends->last_seq() >= seq;
}

// One table's part of a commit, while it is gathered.
struct Gathered {
    std::vector<NetRun> runs;        // of created rows, as inserts
    std::vector<RowEvent> ended;
};

void add_row(std::vector<NetRun>& runs, NetOp op, const Chunk& chunk, uint32_t slot, RowId row) {
    if (!runs.empty()) {
        NetRun& last = runs.back();
        if (last.op == op && last.chunk == &chunk && last.slot + last.count == slot &&
            last.first.origin == row.origin && last.first.counter + last.count == row.counter) {
            ++last.count;
            return;
        }
    }
    runs.push_back({op, true, slot, 1, &chunk, row});
}

Status gather_chunk(const DirectoryEntry& entry, ObjectId table, uint64_t seq, Gathered& gathered) {
    const Chunk& chunk = *entry.chunk;
    const uint32_t count = chunk.count();
    const ChunkEnds* ends = entry.state->ends();
    const bool created_here = count > 0 && chunk.min_created() <= seq && seq <= chunk.max_created();
    if (count == 0 || (!created_here && !may_have_ended(ends, seq))) {
        return {};
    }
    if (ends != nullptr && ends->is_history()) {
        KODIAK_TRY(storage::verify_columns(entry, {}));  // its ends lie in the file
    }
    if (!created_here) {
        // Ends lie in memory; the file is looked at only when one of them is this commit's.
        uint32_t slot = 0;
        while (slot < count && ends->end(slot) != seq) {
            ++slot;
        }
        if (slot == count) {
            return {};
        }
    }
    KODIAK_TRY(storage::verify_columns(entry, chunk.schema().ids));
    // A load's chunk, which is one run unless a row of it died with its commit.
    if (chunk.is_numbered_in_order() && chunk.is_sealed() && chunk.min_created() == seq &&
        chunk.max_created() == seq && !may_have_ended(ends, seq)) {
        gathered.runs.push_back({NetOp::kInsert, true, 0, count, &chunk, chunk.row_id(0)});
        return {};
    }
    for (uint32_t slot = 0; slot < count; ++slot) {
        const uint64_t created = chunk.created(slot);
        const uint64_t end = ends == nullptr ? 0 : ends->end(slot);
        if (created == seq && end != seq) {
            add_row(gathered.runs, NetOp::kInsert, chunk, slot, chunk.row_id(slot));
        } else if (end == seq && created != seq) {
            gathered.ended.push_back({seq, table, chunk.row_id(slot), &chunk, slot, false});
        }
    }
    return {};
}

std::vector<RowEvent> events_of(Gathered gathered, ObjectId table, uint64_t seq) {
    std::vector<RowEvent> events = std::move(gathered.ended);
    for (const NetRun& run : gathered.runs) {
        for (uint32_t i = 0; i < run.count; ++i) {
            events.push_back({seq, table, {run.first.origin, run.first.counter + i}, run.chunk, run.slot + i, true});
        }
    }
    sort_events(events);
    return events;
}

}  // namespace

void sort_events(std::vector<RowEvent>& events) {
    std::sort(events.begin(), events.end(), [](const RowEvent& a, const RowEvent& b) {
        return std::tie(a.seq, a.table, a.row, b.created) < std::tie(b.seq, b.table, b.row, a.created);
    });
}

Status KeyHistory::load(const ChunkDirectory& objects) {
    return objects.for_each([&](uint64_t, const DirectoryEntry& entry) -> Status {
        const Chunk& chunk = *entry.chunk;
        KODIAK_TRY(storage::verify_columns(entry, chunk.schema().ids));
        const ChunkEnds* ends = entry.state->ends();
        for (uint32_t slot = 0; slot < chunk.count(); ++slot) {
            const uint64_t end = ends == nullptr ? 0 : ends->end(slot);
            if (end != chunk.created(slot)) {
                KODIAK_TRY(add(chunk, slot));
            }
        }
        return {};
    });
}

std::vector<ColumnId> KeyHistory::key_at(ObjectId table, uint64_t seq) const {
    if (const catalog::CatalogObject* system = catalog::find_system_table(table)) {
        return system->table().primary_key()->columns;
    }
    const auto versions = versions_.find(table);
    if (versions == versions_.end()) {
        return {};
    }
    const auto after = versions->second.upper_bound(seq);
    return after == versions->second.begin() ? std::vector<ColumnId>() : std::prev(after)->second;
}

Status KeyHistory::add(const Chunk& chunk, uint32_t slot) {
    KODIAK_TRY_ASSIGN(const catalog::CatalogObject object, storage::object_of_row(chunk, slot));
    if (object.kind == catalog::ObjectKind::kTable) {
        const catalog::KeyConstraint* key = object.table().primary_key();
        versions_[object.id][chunk.created(slot)] = key == nullptr ? std::vector<ColumnId>() : key->columns;
    }
    return {};
}

std::vector<TableNetChanges> changes_of_events(std::span<const RowEvent> events, const KeyHistory& keys) {
    std::vector<TableNetChanges> changes;
    for (size_t at = 0; at < events.size(); ++at) {
        const RowEvent& event = events[at];
        if (changes.empty() || changes.back().table != event.table) {
            changes.emplace_back();
            changes.back().table = event.table;
            changes.back().primary_key = keys.key_at(event.table, event.seq);
        }
        const bool replaced =
            at + 1 < events.size() && events[at + 1].table == event.table && events[at + 1].row == event.row;
        const NetOp op = !event.created ? NetOp::kDelete : replaced ? NetOp::kUpdate : NetOp::kInsert;
        add_row(changes.back().runs, op, *event.chunk, event.slot, event.row);
        at += event.created && replaced ? 1 : 0;
    }
    return changes;
}

Result<std::vector<TableNetChanges>> changes_of_commit(std::span<const PinnedTable> tables, uint64_t seq) {
    std::vector<TableNetChanges> changes;
    KeyHistory keys;
    bool has_keys = false;
    for (const PinnedTable& table : tables) {
        Gathered gathered;
        KODIAK_TRY(table.chunks->for_each([&](uint64_t, const DirectoryEntry& entry) {
            return gather_chunk(entry, table.table, seq, gathered);
        }));
        if (gathered.ended.empty() && !gathered.runs.empty()) {
            std::sort(gathered.runs.begin(), gathered.runs.end(),
                      [](const NetRun& a, const NetRun& b) { return a.first < b.first; });
            changes.emplace_back();
            changes.back().table = table.table;
            changes.back().runs = std::move(gathered.runs);
            continue;
        }
        if (gathered.ended.empty()) {
            continue;
        }
        const auto objects = std::find_if(tables.begin(), tables.end(), [](const PinnedTable& candidate) {
            return candidate.table == catalog::kObjectsTable;
        });
        if (!has_keys && objects != tables.end()) {
            KODIAK_TRY(keys.load(*objects->chunks));
            has_keys = true;
        }
        const std::vector<RowEvent> events = events_of(std::move(gathered), table.table, seq);
        for (TableNetChanges& of_table : changes_of_events(events, keys)) {
            changes.push_back(std::move(of_table));
        }
    }
    return changes;
}

}  // namespace kodiak::timeline
