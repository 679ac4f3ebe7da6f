#include "storage/checkpoint/table_image.hpp"

#include <map>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "storage/hot/sealed_chunk.hpp"
#include "storage/rows/canonical_row.hpp"
#include "storage/warm/warm_file.hpp"

namespace kodiak::storage {
namespace {

constexpr uint8_t kFileEntry = 1;
constexpr uint8_t kSealedEntry = 2;
constexpr uint8_t kOpenEntry = 3;
constexpr uint8_t kGoneEntry = 4;
constexpr uint8_t kWithRowIds = 1;
constexpr uint8_t kWithCreated = 2;
constexpr uint8_t kWithEnds = 4;
constexpr uint8_t kCold = 8;

bool is_movable(const DirectoryEntry& entry) {
    return entry.file == nullptr && entry.chunk->is_sealed() && entry.chunk->count() == kRowsPerChunk;
}

Result<std::shared_ptr<const TableFile>> write_run(Store& store, CapturedTable& captured, uint64_t first,
                                                   uint64_t count) {
    std::vector<const Chunk*> run;
    for (uint64_t i = first; i < first + count; ++i) {
        run.push_back((*captured.directory)[i].chunk.get());
    }
    const std::vector<std::shared_ptr<const Chunk>> sealed = seal_run(run);
    TableFile file{.number = store.new_file_number(),
                   .with_row_ids = true,
                   .with_created = true,
                   .numbering = {sealed[0]->row_id(0).origin, 0, 0},
                   .first_chunk = first,
                   .chunks = static_cast<uint32_t>(count),
                   .file = nullptr};
    const std::string path = store.file_path(file.number);
    const auto written =
        write_warm_file(store.disk(), path, {.chunks = sealed, .with_row_ids = true, .with_created = true});
    if (!written.ok()) {
        (void)store.disk().remove(path).ok();
        return written.error();
    }
    KODIAK_TRY_ASSIGN(file.file, open_warm_file(store.disk(), path, run[0]->schema_ptr(), file.numbering));
    KODIAK_TRY(file.file->verify_columns({}));
    return std::make_shared<const TableFile>(std::move(file));
}

void write_schemas(const CapturedTable& captured, ByteWriter& writer) {
    std::map<SchemaVersion, const StoredSchema*> schemas;
    (void)captured.directory->for_each([&](uint64_t, const DirectoryEntry& entry) -> Status {
        schemas[entry.chunk->schema().version] = &entry.chunk->schema();
        return {};
    });
    writer.varint(schemas.size());
    for (const auto& [version, schema] : schemas) {
        writer.u32(version.value);
        writer.varint(schema->ids.size());
        for (size_t i = 0; i < schema->ids.size(); ++i) {
            writer.u32(schema->ids[i].value);
            catalog::encode_type(schema->types[i], writer);
        }
    }
}

void write_memory_chunk(const Chunk& chunk, uint32_t rows, bool open, ByteWriter& writer) {
    writer.u8(open ? kOpenEntry : kSealedEntry);
    writer.u32(chunk.schema().version.value);
    writer.u64(chunk.row_id(0).origin.value);
    writer.varint(rows);
    std::string bytes;
    std::vector<uint64_t> offsets;
    RowEncoder(chunk.schema_ptr()).encode(chunk, nullptr, rows, bytes, offsets);
    for (uint32_t slot = 0; slot < rows; ++slot) {
        writer.varint(chunk.row_id(slot).counter);
        writer.varint(chunk.created(slot));
        writer.bytes(std::string_view(bytes).substr(offsets[slot], offsets[slot + 1] - offsets[slot]));
    }
}

void write_file_entry(const TableFile& file, SchemaVersion version, ByteWriter& writer) {
    writer.u8(kFileEntry);
    writer.varint(file.number);
    writer.u32(version.value);
    writer.u8(static_cast<uint8_t>((file.with_row_ids ? kWithRowIds : 0) | (file.with_created ? kWithCreated : 0) |
                                   (file.is_history ? kWithEnds : 0) | (file.tier == Tier::kCold ? kCold : 0)));
    writer.u64(file.numbering.origin.value);
    writer.varint(file.numbering.first_row_counter);
    writer.varint(file.numbering.created_all);
    writer.varint(file.chunks);
}

void write_entries(const CapturedTable& captured, ByteWriter& writer) {
    const ChunkDirectory& all = *captured.directory;
    std::string entries;
    ByteWriter entry_writer(entries);
    uint64_t count = 0;
    for (uint64_t i = 0; i < all.size(); ++count) {
        if (const auto& file = all[i].file) {
            write_file_entry(*file, all[i].chunk->schema().version, entry_writer);
            i += file->chunks;
        } else if (ChunkDirectory::is_gone(all[i])) {
            const uint64_t first = i;
            while (i < all.size() && ChunkDirectory::is_gone(all[i])) {
                ++i;
            }
            entry_writer.u8(kGoneEntry);
            entry_writer.varint(i - first);
        } else {
            const bool open = captured.tail_is_open && i + 1 == all.size();
            write_memory_chunk(*all[i].chunk, captured.rows_of(i), open, entry_writer);
            ++i;
        }
    }
    writer.varint(count);
    writer.raw(entries);
}

// What compaction made, and the scan order.
void write_layout(const ChunkDirectory& all, ByteWriter& writer) {
    writer.varint(all.rewritten_size());
    std::string entries;
    ByteWriter entry_writer(entries);
    uint64_t count = 0;
    for (uint64_t i = 0; i < all.rewritten_size();) {
        const DirectoryEntry& entry = all[kRewrittenChunks + i];
        if (entry.file == nullptr) {
            ++i;
            continue;
        }
        entry_writer.varint(i);
        write_file_entry(*entry.file, entry.chunk->schema().version, entry_writer);
        i += entry.file->chunks;
        ++count;
    }
    writer.varint(count);
    writer.raw(entries);
    writer.varint(all.arranged_until());
    std::vector<ChunkRun> order;
    for (const uint64_t number : all.arranged()) {
        if (!order.empty() && order.back().first + order.back().count == number) {
            ++order.back().count;
        } else {
            order.push_back({number, 1});
        }
    }
    for (const std::vector<ChunkRun>* runs : {static_cast<const std::vector<ChunkRun>*>(&order), &all.history()}) {
        writer.varint(runs->size());
        for (const ChunkRun& run : *runs) {
            writer.varint(run.first);
            writer.varint(run.count);
        }
    }
}

void write_ends(const CapturedTable& captured, uint64_t seq, ByteWriter& writer) {
    std::string chunks;
    ByteWriter chunk_writer(chunks);
    uint64_t count = 0;
    (void)captured.directory->for_each([&](uint64_t number, const DirectoryEntry& entry) -> Status {
        const ChunkEnds* ends = entry.state->ends();
        if (ends == nullptr || ends->is_history()) {
            return {};
        }
        const Chunk& chunk = *entry.chunk;
        std::string slots;
        ByteWriter slot_writer(slots);
        uint64_t ended = 0;
        for (uint32_t slot = 0; slot < captured.rows_of(number); ++slot) {
            const uint64_t end = ends->end(slot);
            // Rows of a commit that failed at the log are ended by its own seq, which lies ahead when no other commit
            // came since: they must not come to life when that seq is given again.
            const bool was_ended = end != 0 && (end <= seq || end == chunk.created(slot));
            if (was_ended) {
                slot_writer.varint(slot);
                slot_writer.varint(end);
                ++ended;
            }
        }
        if (ended > 0) {
            chunk_writer.varint(number);
            chunk_writer.varint(ended);
            chunk_writer.raw(slots);
            ++count;
        }
        return {};
    });
    writer.varint(count);
    writer.raw(chunks);
}

// Reads the parts of one image in order.
class ImageReader {
   public:
    ImageReader(ByteReader& reader, Store& store, uint16_t version)
        : reader_(reader), store_(store), version_(version) {}

    Status read(uint64_t seq) {
        KODIAK_TRY_ASSIGN(const uint64_t id, reader_.u64());
        KODIAK_TRY_ASSIGN(const uint16_t branch, reader_.u16());
        KODIAK_TRY_ASSIGN(const uint64_t live_rows, reader_.varint());
        KODIAK_TRY(read_schemas());
        std::map<ColumnId, ColumnSummary> summaries;
        KODIAK_TRY_ASSIGN(const uint64_t summary_count, reader_.varint());
        for (uint64_t i = 0; i < summary_count; ++i) {
            KODIAK_TRY_ASSIGN(const uint32_t column, reader_.u32());
            KODIAK_TRY_ASSIGN(summaries[ColumnId(column)], ColumnSummary::decode(reader_));
        }
        KODIAK_TRY_ASSIGN(const uint64_t entry_count, reader_.varint());
        for (uint64_t i = 0; i < entry_count; ++i) {
            KODIAK_TRY(read_entry());
        }
        parts_.appended = std::move(entries_);
        if (version_ >= kRewrittenImages) {
            KODIAK_TRY(read_layout());
        }
        KODIAK_TRY(read_ends());
        store_.table(ObjectId(id), BranchId(branch))
            .load(std::move(parts_), std::move(tail_), live_rows, seq, std::move(summaries));
        return {};
    }

   private:
    Status read_schemas() {
        KODIAK_TRY_ASSIGN(const uint64_t count, reader_.varint());
        for (uint64_t i = 0; i < count; ++i) {
            auto schema = std::make_shared<StoredSchema>();
            KODIAK_TRY_ASSIGN(schema->version.value, reader_.u32());
            KODIAK_TRY_ASSIGN(const uint64_t columns, reader_.varint());
            for (uint64_t c = 0; c < columns; ++c) {
                KODIAK_TRY_ASSIGN(const uint32_t id, reader_.u32());
                schema->ids.emplace_back(id);
                KODIAK_TRY_ASSIGN(catalog::Type type, catalog::decode_type(reader_));
                schema->types.push_back(std::move(type));
            }
            schemas_[schema->version] = std::move(schema);
        }
        return {};
    }

    Result<std::shared_ptr<const StoredSchema>> schema_of(uint32_t version) {
        const auto found = schemas_.find(SchemaVersion(version));
        if (found == schemas_.end()) {
            return make_error(ErrorCode::kCorruption, fmt::format("manifest names unknown schema version {}", version));
        }
        return found->second;
    }

    Status read_entry() {
        KODIAK_TRY_ASSIGN(const uint8_t kind, reader_.u8());
        if (kind == kFileEntry) {
            return read_file(entries_, 0);
        }
        if (kind == kGoneEntry && version_ >= kRewrittenImages) {
            KODIAK_TRY_ASSIGN(const uint64_t count, reader_.varint());
            if (count > kGoneMax) {
                return make_error(ErrorCode::kCorruption, "manifest holds too many chunks that are gone");
            }
            entries_.insert(entries_.end(), count, ChunkDirectory::gone());
            return {};
        }
        if (kind == kSealedEntry || kind == kOpenEntry) {
            return read_memory_chunk(kind == kOpenEntry);
        }
        return make_error(ErrorCode::kCorruption, fmt::format("manifest holds an entry of unknown kind {}", kind));
    }

    Status read_file(std::vector<DirectoryEntry>& entries, uint64_t first_number) {
        TableFile file;
        KODIAK_TRY_ASSIGN(file.number, reader_.varint());
        KODIAK_TRY_ASSIGN(const uint32_t version, reader_.u32());
        KODIAK_TRY_ASSIGN(const uint8_t flags, reader_.u8());
        KODIAK_TRY_ASSIGN(file.numbering.origin.value, reader_.u64());
        KODIAK_TRY_ASSIGN(file.numbering.first_row_counter, reader_.varint());
        KODIAK_TRY_ASSIGN(file.numbering.created_all, reader_.varint());
        KODIAK_TRY_ASSIGN(const uint64_t chunks, reader_.varint());
        file.with_row_ids = (flags & kWithRowIds) != 0;
        file.with_created = (flags & kWithCreated) != 0;
        KODIAK_TRY_ASSIGN(const auto schema, schema_of(version));
        file.is_history = (flags & kWithEnds) != 0;
        file.tier = (flags & kCold) != 0 ? Tier::kCold : Tier::kWarm;
        KODIAK_TRY_ASSIGN(file.file, store_.open_file(file, schema));
        if (file.file->chunks().size() != chunks) {
            return make_error(ErrorCode::kCorruption,
                              fmt::format("file \"{}\" holds {} chunks, the manifest says {}", file.file->path(),
                                          file.file->chunks().size(), chunks));
        }
        file.first_chunk = first_number + entries.size();
        file.chunks = static_cast<uint32_t>(chunks);
        const auto shared = std::make_shared<const TableFile>(std::move(file));
        for (uint32_t i = 0; i < shared->chunks; ++i) {
            entries.push_back({shared->file->chunks()[i], state_of(*shared, i), shared});
        }
        return {};
    }

    Status read_layout() {
        KODIAK_TRY_ASSIGN(const uint64_t size, reader_.varint());
        KODIAK_TRY_ASSIGN(const uint64_t entries, reader_.varint());
        if (size > kGoneMax) {
            return make_error(ErrorCode::kCorruption, "manifest holds too many rewritten chunks");
        }
        for (uint64_t i = 0; i < entries; ++i) {
            KODIAK_TRY_ASSIGN(const uint64_t number, reader_.varint());
            KODIAK_TRY_ASSIGN(const uint8_t kind, reader_.u8());
            if (number < parts_.rewritten.size() || number >= size || kind != kFileEntry) {
                return make_error(ErrorCode::kCorruption, "manifest holds rewritten chunks out of order");
            }
            parts_.rewritten.resize(number, ChunkDirectory::gone());
            KODIAK_TRY(read_file(parts_.rewritten, kRewrittenChunks));
        }
        if (parts_.rewritten.size() > size) {
            return make_error(ErrorCode::kCorruption, "manifest holds more rewritten chunks than it says");
        }
        parts_.rewritten.resize(size, ChunkDirectory::gone());
        KODIAK_TRY_ASSIGN(parts_.arranged_until, reader_.varint());
        KODIAK_TRY_ASSIGN(const std::vector<ChunkRun> order, read_runs());
        for (const ChunkRun& run : order) {
            for (uint64_t i = 0; i < run.count; ++i) {
                parts_.arranged.push_back(run.first + i);
            }
        }
        KODIAK_TRY_ASSIGN(parts_.history, read_runs());
        for (const ChunkRun& run : parts_.history) {
            for (uint64_t i = 0; i < run.count; ++i) {
                const ChunkEnds* ends = entry_of(run.first + i)->state->ends();
                if (ends == nullptr || !ends->is_history()) {
                    return make_error(ErrorCode::kCorruption, "manifest names a segment of history that is none");
                }
            }
        }
        return parts_.arranged_until <= parts_.appended.size()
                   ? Status()
                   : Status(make_error(ErrorCode::kCorruption, "manifest arranges chunks that are not there"));
    }

    // Runs of chunks that are there.
    Result<std::vector<ChunkRun>> read_runs() {
        KODIAK_TRY_ASSIGN(const uint64_t count, reader_.varint());
        std::vector<ChunkRun> runs;
        for (uint64_t i = 0; i < count; ++i) {
            KODIAK_TRY_ASSIGN(const uint64_t first, reader_.varint());
            KODIAK_TRY_ASSIGN(const uint64_t length, reader_.varint());
            if (length == 0 || entry_of(first) == nullptr || entry_of(first + (length - 1)) == nullptr) {
                return make_error(ErrorCode::kCorruption, "manifest arranges chunks that are not there");
            }
            runs.push_back({first, length});
        }
        return runs;
    }

    // nullptr when there is none of this number.
    DirectoryEntry* entry_of(uint64_t number) {
        std::vector<DirectoryEntry>& entries = number < kRewrittenChunks ? parts_.appended : parts_.rewritten;
        const uint64_t index = number % kRewrittenChunks;
        return number < 2 * kRewrittenChunks && index < entries.size() ? &entries[index] : nullptr;
    }

    Status read_memory_chunk(bool open) {
        KODIAK_TRY_ASSIGN(const uint32_t version, reader_.u32());
        KODIAK_TRY_ASSIGN(const uint64_t origin, reader_.u64());
        KODIAK_TRY_ASSIGN(const uint64_t rows, reader_.varint());
        KODIAK_TRY_ASSIGN(const auto schema, schema_of(version));
        if (rows > kRowsPerChunk || tail_ != nullptr) {
            return make_error(ErrorCode::kCorruption, "manifest holds a chunk with too many rows");
        }
        auto chunk = OpenChunk::make(schema, OriginId(origin), static_cast<uint32_t>(kRowsPerChunk));
        uint64_t least = UINT64_MAX;
        uint64_t most = 0;
        for (uint32_t slot = 0; slot < rows; ++slot) {
            KODIAK_TRY_ASSIGN(const uint64_t counter, reader_.varint());
            KODIAK_TRY_ASSIGN(const uint64_t created, reader_.varint());
            KODIAK_TRY_ASSIGN(const std::string_view row, reader_.bytes());
            KODIAK_TRY_ASSIGN(const bool added, chunk->append_canonical(row));
            KODIAK_ASSERT(added);
            chunk->set_row(slot, counter, created);
            least = std::min(least, created);
            most = std::max(most, created);
        }
        chunk->publish(static_cast<uint32_t>(rows), rows == 0 ? 0 : least, most);
        if (open) {
            tail_ = chunk;
        }
        entries_.push_back({open ? std::shared_ptr<const Chunk>(chunk) : seal(*chunk), std::make_shared<ChunkState>(),
                            nullptr});
        return {};
    }

    Status read_ends() {
        KODIAK_TRY_ASSIGN(const uint64_t chunks, reader_.varint());
        for (uint64_t i = 0; i < chunks; ++i) {
            KODIAK_TRY_ASSIGN(const uint64_t chunk, reader_.varint());
            KODIAK_TRY_ASSIGN(const uint64_t count, reader_.varint());
            DirectoryEntry* const entry = entry_of(chunk);
            if (entry == nullptr || (entry->state->ends() != nullptr && entry->state->ends()->is_history())) {
                return make_error(ErrorCode::kCorruption, "manifest ends rows of a chunk that is not there");
            }
            if (ChunkDirectory::is_gone(*entry)) {
                return make_error(ErrorCode::kCorruption, "manifest ends rows of a chunk that is gone");
            }
            ChunkEnds& ends = entry->state->writable();
            for (uint64_t k = 0; k < count; ++k) {
                KODIAK_TRY_ASSIGN(const uint64_t slot, reader_.varint());
                KODIAK_TRY_ASSIGN(const uint64_t end, reader_.varint());
                if (slot >= entry->chunk->count() || end == 0 ||
                    ends.end(static_cast<uint32_t>(slot)) != 0) {
                    return make_error(ErrorCode::kCorruption, "manifest ends a row that is not there");
                }
                ends.set(static_cast<uint32_t>(slot), end);
            }
        }
        return {};
    }

    ByteReader& reader_;
    // Bounds what a damaged count can ask for.
    static constexpr uint64_t kGoneMax = uint64_t{1} << 32;
    Store& store_;
    const uint16_t version_;
    ChunkDirectory::Parts parts_;
    std::map<SchemaVersion, std::shared_ptr<const StoredSchema>> schemas_;
    std::vector<DirectoryEntry> entries_;
    std::shared_ptr<OpenChunk> tail_;
};

}  // namespace

CapturedTable capture_table(BranchTable& table, uint64_t seq) {
    CapturedTable captured;
    captured.table = &table;
    captured.directory = table.directory();
    captured.live_rows = table.live_rows(seq);
    const uint64_t size = captured.directory->size();
    captured.tail_is_open = size > 0 && !(*captured.directory)[size - 1].chunk->is_sealed();
    captured.tail_rows = size > 0 ? (*captured.directory)[size - 1].chunk->count() : 0;
    return captured;
}

Result<std::vector<std::shared_ptr<const TableFile>>> write_warm_runs(Store& store, CapturedTable& captured,
                                                                      size_t least_chunks) {
    std::vector<std::shared_ptr<const TableFile>> files;
    const uint64_t size = captured.directory->size();
    for (uint64_t i = 0; i < size;) {
        uint64_t end = i;
        while (end < size && end - i < kWarmFileChunks && is_movable((*captured.directory)[end]) &&
               (*captured.directory)[end].chunk->schema().version ==
                   (*captured.directory)[i].chunk->schema().version) {
            ++end;
        }
        if (end - i < least_chunks || end == i) {
            i = end == i ? i + 1 : end;
            continue;
        }
        KODIAK_TRY_ASSIGN(const std::shared_ptr<const TableFile> file, write_run(store, captured, i, end - i));
        for (uint64_t k = i; k < end; ++k) {
            captured.directory = captured.directory->with_replaced(k, file->file->chunks()[k - i], file);
        }
        files.push_back(file);
        i = end;
    }
    return files;
}

bool was_rewritten(const CapturedTable& captured) { return captured.directory->rewritten_size() > 0; }

void write_table_image(const CapturedTable& captured, uint64_t seq, uint16_t version, ByteWriter& writer) {
    writer.u64(captured.table->table().value);
    writer.u16(captured.table->branch().value);
    writer.varint(captured.live_rows);
    write_schemas(captured, writer);
    const std::map<ColumnId, ColumnSummary> summaries = captured.table->sealed_summaries();
    writer.varint(summaries.size());
    for (const auto& [column, summary] : summaries) {
        writer.u32(column.value);
        summary.encode(writer);
    }
    write_entries(captured, writer);
    if (version >= kRewrittenImages) {
        write_layout(*captured.directory, writer);
    }
    write_ends(captured, seq, writer);
}

Status read_table_image(ByteReader& reader, Store& store, uint64_t seq, uint16_t version) {
    return ImageReader(reader, store, version).read(seq);
}

}  // namespace kodiak::storage
