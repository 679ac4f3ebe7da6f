#include "storage/compaction/layout_record.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/bytes/byte_io.hpp"

namespace kodiak::storage {
namespace {

Error malformed(const char* what) {
    return make_error(ErrorCode::kCorruption, fmt::format("a layout record of the log is malformed: {}", what));
}

Result<RewriteSource> read_source(ByteReader& reader) {
    RewriteSource source;
    KODIAK_TRY_ASSIGN(source.chunk, reader.varint());
    KODIAK_TRY_ASSIGN(const uint64_t runs, reader.varint());
    uint64_t next = 0;
    for (uint64_t i = 0; i < runs; ++i) {
        KODIAK_TRY_ASSIGN(const uint64_t gap, reader.varint());
        KODIAK_TRY_ASSIGN(const uint64_t count, reader.varint());
        if (gap > kRowsPerChunk || count > kRowsPerChunk || next + gap + count > kRowsPerChunk) {
            return malformed("rows beyond a chunk");
        }
        source.kept.push_back({static_cast<uint32_t>(next + gap), static_cast<uint32_t>(count)});
        next += gap + count;
    }
    return source;
}

Result<TableFile> read_file(Store& store, const BranchTable& table, const RewriteSource& source, ByteReader& reader) {
    TableFile file;
    KODIAK_TRY_ASSIGN(const uint8_t role, reader.u8());
    KODIAK_TRY_ASSIGN(const uint8_t tier, reader.u8());
    KODIAK_TRY_ASSIGN(file.number, reader.varint());
    KODIAK_TRY_ASSIGN(const uint32_t version, reader.u32());
    KODIAK_TRY_ASSIGN(file.numbering.origin.value, reader.u64());
    KODIAK_TRY_ASSIGN(const uint64_t chunks, reader.varint());
    if (role > 1 || tier > 1) {
        return malformed("kind of a file");
    }
    file.is_history = role == 1;
    file.tier = tier == 1 ? Tier::kCold : Tier::kWarm;
    file.with_row_ids = true;
    file.with_created = true;
    const ChunkDirectory::Ptr all = table.directory();
    const Chunk& like = *(*all)[source.chunk].chunk;
    if (like.count() == 0 || like.schema().version.value != version) {
        return malformed("schema version");
    }
    KODIAK_TRY_ASSIGN(file.file, store.open_file(file, like.schema_ptr()));
    if (file.file->chunks().size() != chunks) {
        return malformed("chunks of a file");
    }
    store.reserve_file_numbers(file.number + 1);
    return file;
}

}  // namespace

std::string encode_layout(const BranchTable& table, const Rewrite& rewrite) {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.u64(table.table().value);
    writer.u16(table.branch().value);
    writer.varint(rewrite.sources.size());
    for (const RewriteSource& source : rewrite.sources) {
        writer.varint(source.chunk);
        writer.varint(source.kept.size());
        uint64_t next = 0;
        for (const SlotRun& run : source.kept) {
            writer.varint(run.slot - next);
            writer.varint(run.count);
            next = uint64_t{run.slot} + run.count;
        }
    }
    writer.varint(rewrite.files.size());
    for (const TableFile& file : rewrite.files) {
        writer.u8(file.is_history ? 1 : 0);
        writer.u8(static_cast<uint8_t>(file.tier));
        writer.varint(file.number);
        writer.u32(file.file->chunks()[0]->schema().version.value);
        writer.u64(file.numbering.origin.value);
        writer.varint(file.file->chunks().size());
    }
    return bytes;
}

Status replay_layout(Store& store, std::string_view payload) {
    ByteReader reader(payload);
    KODIAK_TRY_ASSIGN(const uint64_t id, reader.u64());
    KODIAK_TRY_ASSIGN(const uint16_t branch, reader.u16());
    BranchTable& table = store.table(ObjectId(id), BranchId(branch));
    Rewrite rewrite;
    KODIAK_TRY_ASSIGN(const uint64_t sources, reader.varint());
    for (uint64_t i = 0; i < sources; ++i) {
        KODIAK_TRY_ASSIGN(RewriteSource source, read_source(reader));
        rewrite.sources.push_back(std::move(source));
    }
    if (rewrite.sources.empty()) {
        return malformed("it replaces nothing");
    }
    KODIAK_TRY_ASSIGN(const uint64_t files, reader.varint());
    for (uint64_t i = 0; i < files; ++i) {
        KODIAK_TRY_ASSIGN(TableFile file, read_file(store, table, rewrite.sources.front(), reader));
        rewrite.files.push_back(std::move(file));
    }
    return apply_rewrite(store, table, std::move(rewrite));
}

Status apply_rewrite(Store& store, BranchTable& table, Rewrite rewrite) {
    const BranchTable::PinnedLayout before = table.pin_layout();
    std::vector<std::shared_ptr<const TableFile>> replaced;
    for (const RewriteSource& source : rewrite.sources) {
        const std::shared_ptr<const TableFile>& file = (*before.directory)[source.chunk].file;
        if (file != nullptr && (replaced.empty() || replaced.back() != file)) {
            replaced.push_back(file);
        }
    }
    const Status done = table.rewrite(std::move(rewrite));
    if (done.ok()) {
        store.follow_moves(table);
        store.retire_files(std::move(replaced));
    }
    table.unpin_layout(before.version);
    return done;
}

}  // namespace kodiak::storage
