#include "timeline/checkpoint/replay.hpp"

#include <fmt/format.h>

#include "catalog/system_tables.hpp"
#include "storage/compaction/layout_record.hpp"
#include "storage/store/object_rows.hpp"

namespace kodiak::timeline {

using storage::BranchTable;
using storage::StoredSchema;

namespace {

Error misfit(uint64_t seq, const std::string& what) {
    return make_error(ErrorCode::kCorruption, fmt::format("cannot replay commit {}: {}", seq, what));
}

}  // namespace

Result<catalog::CatalogState::Ptr> catalog_of_rows(const BranchTable& objects) {
    std::vector<catalog::ObjectPtr> definitions;
    const storage::ChunkDirectory::Ptr all = objects.directory();
    for (uint64_t i = 0; i < all->size(); ++i) {
        const storage::DirectoryEntry& entry = (*all)[i];
        KODIAK_TRY(storage::verify_columns(entry, entry.chunk->schema().ids));
        const storage::ChunkEnds* ends = entry.state->ends();
        for (uint32_t slot = 0; slot < entry.chunk->count(); ++slot) {
            if (ends == nullptr || ends->end(slot) == 0) {
                KODIAK_TRY_ASSIGN(catalog::CatalogObject object, storage::object_of_row(*entry.chunk, slot));
                definitions.push_back(std::make_shared<const catalog::CatalogObject>(std::move(object)));
            }
        }
    }
    return catalog::CatalogState::of(definitions);
}

Status Replayer::apply(storage::LogRecord record) {
    if (record.type == kCommitRecordType) {
        return apply_commit(record.payload);
    }
    if (record.type == kSequenceRecordType) {
        KODIAK_TRY_ASSIGN(const auto positions, decode_sequences(record.payload));
        for (const storage::SequencePosition& position : positions) {
            store_.set_sequence_position(position);
        }
        return {};
    }
    if (record.type == kLayoutRecordType) {
        return storage::replay_layout(store_, record.payload);
    }
    return make_error(ErrorCode::kVersionTooNew, fmt::format("the log holds a record of unknown type {}", record.type))
        .with_hint("Open the database with a newer Kodiak.");
}

Status Replayer::apply_commit(std::string_view payload) {
    KODIAK_TRY_ASSIGN(const LoggedCommit commit, decode_commit(payload));
    if (commit.seq != store_.latest_seq() + 1) {
        return misfit(commit.seq, fmt::format("commit {} was expected", store_.latest_seq() + 1));
    }
    KODIAK_TRY_ASSIGN(const CommitRecord record, CommitRecord::decode(commit.record));
    for (const LoggedTable& table : commit.tables) {
        KODIAK_TRY(apply_table(commit, table));
    }
    for (const storage::SequencePosition& position : commit.sequences) {
        store_.set_sequence_position(position);
    }
    const Hash256 identity = commit_identity(commit.record);
    state_.heads[commit.branch].identity = identity;
    state_.last_timestamp = record.timestamp.micros;
    history_.append({commit.seq, commit.branch, std::string(commit.record), commit.seed, commit.leaves, {}},
                    record.timestamp, record.id, identity);
    store_.set_latest_seq(commit.seq);
    store_.publish_seq(commit.seq);
    ++commits_;
    return {};
}

Result<std::shared_ptr<const StoredSchema>> Replayer::schema_of(const LoggedCommit& commit, const LoggedTable& table) {
    const ObjectId id = table.placement.table;
    if (const catalog::CatalogObject* system = catalog::find_system_table(id)) {
        return storage::stored_schema_of(system->table());
    }
    const catalog::ObjectPtr object = store_.latest_catalog(commit.branch)->find(id);
    if (object == nullptr || object->kind != catalog::ObjectKind::kTable ||
        object->table().schema_version != table.placement.schema_version) {
        return misfit(commit.seq, fmt::format("it changes table {} in a version that does not exist", id.value));
    }
    return storage::stored_schema_of(object->table());
}

Status Replayer::apply_table(const LoggedCommit& commit, const LoggedTable& table) {
    KODIAK_TRY_ASSIGN(const auto schema, schema_of(commit, table));
    BranchTable& rows = store_.table(table.placement.table, commit.branch);
    uint64_t born = 0;
    for (const storage::PlacedFile& file : table.placement.files) {
        KODIAK_TRY(attach_file(commit, rows, schema, file));
        const storage::ChunkDirectory::Ptr all = rows.directory();
        for (uint32_t i = 0; i < file.chunks; ++i) {
            born += (*all)[file.first_chunk + i].chunk->count();
        }
    }
    const uint64_t first_chunk = table.placement.first_logged.chunk();
    KODIAK_TRY_ASSIGN(const uint64_t added, add_rows(commit, rows, schema, table));
    KODIAK_TRY(end_rows(rows, table, commit.seq));
    rows.record_live_change(commit.seq, static_cast<int64_t>(born + added) -
                                            static_cast<int64_t>(table.placement.ended.size()));
    rows.forget_live_before(commit.seq);
    if (table.placement.table == catalog::kObjectsTable) {
        return apply_definitions(commit, rows, table, first_chunk);
    }
    return {};
}

Status Replayer::attach_file(const LoggedCommit& commit, BranchTable& rows,
                             const std::shared_ptr<const StoredSchema>& schema, const storage::PlacedFile& file) {
    storage::TableFile table_file{.number = file.number,
                                  .with_row_ids = file.with_row_ids,
                                  .with_created = false,
                                  .numbering = {file.origin, file.first_row_counter, commit.seq},
                                  .first_chunk = 0,
                                  .chunks = 0,
                                  .file = nullptr};
    KODIAK_TRY_ASSIGN(table_file.file, storage::open_warm_file(store_.disk(), store_.file_path(file.number), schema,
                                                               table_file.numbering));
    if (table_file.file->chunks().size() != file.chunks) {
        return misfit(commit.seq, fmt::format("file \"{}\" holds {} chunks, {} expected", table_file.file->path(),
                                              table_file.file->chunks().size(), file.chunks));
    }
    if (rows.directory()->size() < file.first_chunk) {
        KODIAK_TRY(rows.fill_dead(schema, Locator(rows.branch(), file.first_chunk, 0), commit.seq));
    }
    uint64_t last_counter = file.first_row_counter + table_file.file->rows();
    if (file.with_row_ids) {
        KODIAK_TRY(table_file.file->verify_columns({}));
        for (const auto& chunk : table_file.file->chunks()) {
            for (uint32_t slot = 0; slot < chunk->count(); ++slot) {
                last_counter = std::max(last_counter, chunk->row_id(slot).counter + 1);
            }
        }
    }
    store_.reserve_row_counters(rows.table(), last_counter);
    store_.reserve_file_numbers(file.number + 1);
    std::vector<std::shared_ptr<const storage::Chunk>> chunks = table_file.file->chunks();
    KODIAK_TRY_ASSIGN(const uint64_t first, rows.publish_file(std::move(chunks), std::move(table_file)));
    if (first != file.first_chunk) {
        return misfit(commit.seq, fmt::format("a file belongs at chunk {}, the table ends at {}", file.first_chunk,
                                              first));
    }
    return {};
}

Result<uint64_t> Replayer::add_rows(const LoggedCommit& commit, BranchTable& rows,
                                    const std::shared_ptr<const StoredSchema>& schema, const LoggedTable& table) {
    if (table.placement.logged_rows == 0) {
        return uint64_t{0};
    }
    if (rows.next_locator(*schema) != table.placement.first_logged) {
        KODIAK_TRY(rows.fill_dead(schema, table.placement.first_logged, commit.seq));
    }
    uint64_t added = 0;
    KODIAK_TRY(for_each_logged_row(table.row_runs,
                                   [&](uint8_t, uint64_t counter, std::string_view row) -> Status {
        storage::OpenChunk& tail = rows.tail_for(schema);
        const uint32_t slot = tail.filled();
        KODIAK_TRY_ASSIGN(const bool fitted, tail.append_canonical(row));
        if (!fitted) {
            return misfit(commit.seq, "a chunk has no room for its rows");
        }
        tail.set_row(slot, counter, commit.seq);
        store_.reserve_row_counters(rows.table(), counter + 1);
        ++added;
        return tail.is_full() ? rows.publish_tail(commit.seq) : Status();
    }));
    KODIAK_TRY(rows.publish_tail(commit.seq));
    if (added != table.placement.logged_rows) {
        return misfit(commit.seq, fmt::format("it says {} rows and holds {}", table.placement.logged_rows, added));
    }
    return added;
}

Status Replayer::end_rows(BranchTable& rows, const LoggedTable& table, uint64_t seq) {
    const storage::ChunkDirectory::Ptr all = rows.directory();
    for (const Locator locator : table.placement.ended) {
        if (locator.branch() != rows.branch() ||
            locator.slot() >= (*all)[locator.chunk()].chunk->count()) {
            return misfit(seq, "it ends a row that is not there");
        }
        storage::ChunkEnds& ends = (*all)[locator.chunk()].state->writable();
        if (ends.end(locator.slot()) != 0) {
            return misfit(seq, "it ends a row that has ended");
        }
        ends.set(locator.slot(), seq);
    }
    return {};
}

Status Replayer::apply_definitions(const LoggedCommit& commit, BranchTable& rows, const LoggedTable& table,
                                   uint64_t first_chunk) {
    catalog::CatalogState::Ptr state = store_.latest_catalog(commit.branch);
    const storage::ChunkDirectory::Ptr all = rows.directory();
    for (const Locator locator : table.placement.ended) {
        state = state->without(storage::object_id_of_row(*(*all)[locator.chunk()].chunk, locator.slot()));
    }
    for (uint64_t i = first_chunk; table.placement.logged_rows > 0 && i < all->size(); ++i) {
        const storage::DirectoryEntry& entry = (*all)[i];
        const storage::ChunkEnds* ends = entry.state->ends();
        for (uint32_t slot = 0; slot < entry.chunk->count(); ++slot) {
            if (entry.chunk->created(slot) == commit.seq && (ends == nullptr || ends->end(slot) == 0)) {
                KODIAK_TRY_ASSIGN(catalog::CatalogObject object, storage::object_of_row(*entry.chunk, slot));
                store_.reserve_object_ids(static_cast<uint32_t>(object.id.value) + 1);
                state = state->with(std::move(object));
            }
        }
    }
    store_.set_catalog(commit.branch, commit.seq, std::move(state));
    return {};
}

}  // namespace kodiak::timeline
