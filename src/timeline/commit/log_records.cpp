#include "timeline/commit/log_records.hpp"

#include <cstring>

#include "base/bytes/byte_io.hpp"

namespace kodiak::timeline {
namespace {

void write_sequences(ByteWriter& writer, const std::vector<storage::SequencePosition>& sequences) {
    writer.varint(sequences.size());
    for (const storage::SequencePosition& position : sequences) {
        writer.u64(position.sequence.value);
        writer.i64(position.next);
        writer.u8(position.exhausted ? 1 : 0);
    }
}

Result<std::vector<storage::SequencePosition>> read_sequences(ByteReader& reader) {
    std::vector<storage::SequencePosition> sequences;
    KODIAK_TRY_ASSIGN(const uint64_t count, reader.varint());
    for (uint64_t i = 0; i < count; ++i) {
        storage::SequencePosition position;
        KODIAK_TRY_ASSIGN(position.sequence.value, reader.u64());
        KODIAK_TRY_ASSIGN(position.next, reader.i64());
        KODIAK_TRY_ASSIGN(const uint8_t exhausted, reader.u8());
        position.exhausted = exhausted != 0;
        sequences.push_back(position);
    }
    return sequences;
}

void write_table(ByteWriter& writer, const LoggedTable& table) {
    const storage::TablePlacement& placement = table.placement;
    writer.u64(placement.table.value);
    writer.u32(placement.schema_version.value);
    writer.varint(placement.files.size());
    for (const storage::PlacedFile& file : placement.files) {
        writer.varint(file.number);
        writer.varint(file.first_chunk);
        writer.varint(file.chunks);
        writer.u8(file.with_row_ids ? 1 : 0);
        writer.u64(file.origin.value);
        writer.varint(file.first_row_counter);
    }
    writer.varint(placement.logged_rows);
    if (placement.logged_rows > 0) {
        writer.u64(placement.first_logged.value);
    }
    writer.bytes(table.row_runs);
    writer.varint(placement.ended.size());
    for (const Locator locator : placement.ended) {
        writer.varint(locator.value);
    }
}

Result<storage::PlacedFile> read_file(ByteReader& reader) {
    storage::PlacedFile file;
    KODIAK_TRY_ASSIGN(file.number, reader.varint());
    KODIAK_TRY_ASSIGN(file.first_chunk, reader.varint());
    KODIAK_TRY_ASSIGN(const uint64_t chunks, reader.varint());
    file.chunks = static_cast<uint32_t>(chunks);
    KODIAK_TRY_ASSIGN(const uint8_t with_row_ids, reader.u8());
    file.with_row_ids = with_row_ids != 0;
    KODIAK_TRY_ASSIGN(file.origin.value, reader.u64());
    KODIAK_TRY_ASSIGN(file.first_row_counter, reader.varint());
    return file;
}

Result<LoggedTable> read_table(ByteReader& reader) {
    LoggedTable table;
    storage::TablePlacement& placement = table.placement;
    KODIAK_TRY_ASSIGN(placement.table.value, reader.u64());
    KODIAK_TRY_ASSIGN(placement.schema_version.value, reader.u32());
    KODIAK_TRY_ASSIGN(const uint64_t files, reader.varint());
    for (uint64_t i = 0; i < files; ++i) {
        KODIAK_TRY_ASSIGN(const storage::PlacedFile file, read_file(reader));
        placement.files.push_back(file);
    }
    KODIAK_TRY_ASSIGN(placement.logged_rows, reader.varint());
    if (placement.logged_rows > 0) {
        KODIAK_TRY_ASSIGN(placement.first_logged.value, reader.u64());
    }
    KODIAK_TRY_ASSIGN(table.row_runs, reader.bytes());
    KODIAK_TRY_ASSIGN(const uint64_t ended, reader.varint());
    for (uint64_t i = 0; i < ended; ++i) {
        KODIAK_TRY_ASSIGN(const uint64_t locator, reader.varint());
        placement.ended.emplace_back(locator);
    }
    return table;
}

}  // namespace

std::string encode_commit(const LoggedCommit& commit) {
    std::string payload;
    size_t expected = 256 + commit.record.size();
    for (const LoggedTable& table : commit.tables) {
        expected += table.row_runs.size() + 64 + table.placement.ended.size() * 8;
    }
    payload.reserve(expected);
    ByteWriter writer(payload);
    writer.varint(commit.seq);
    writer.u16(commit.branch.value);
    writer.bytes(commit.record);
    writer.raw(commit.seed.data(), commit.seed.size());
    writer.varint(commit.leaves);
    writer.varint(commit.tables.size());
    for (const LoggedTable& table : commit.tables) {
        write_table(writer, table);
    }
    write_sequences(writer, commit.sequences);
    return payload;
}

std::string encode_sequences(const std::vector<storage::SequencePosition>& sequences) {
    std::string payload;
    ByteWriter writer(payload);
    write_sequences(writer, sequences);
    return payload;
}

Result<LoggedCommit> decode_commit(std::string_view payload) {
    ByteReader reader(payload);
    LoggedCommit commit;
    KODIAK_TRY_ASSIGN(commit.seq, reader.varint());
    KODIAK_TRY_ASSIGN(commit.branch.value, reader.u16());
    KODIAK_TRY_ASSIGN(commit.record, reader.bytes());
    KODIAK_TRY_ASSIGN(const std::string_view seed, reader.raw(commit.seed.size()));
    std::memcpy(commit.seed.data(), seed.data(), seed.size());
    KODIAK_TRY_ASSIGN(commit.leaves, reader.varint());
    KODIAK_TRY_ASSIGN(const uint64_t tables, reader.varint());
    for (uint64_t i = 0; i < tables; ++i) {
        KODIAK_TRY_ASSIGN(LoggedTable table, read_table(reader));
        commit.tables.push_back(std::move(table));
    }
    KODIAK_TRY_ASSIGN(commit.sequences, read_sequences(reader));
    if (!reader.at_end()) {
        return make_error(ErrorCode::kCorruption, "a commit's log record has bytes after its end");
    }
    return commit;
}

Result<std::vector<storage::SequencePosition>> decode_sequences(std::string_view payload) {
    ByteReader reader(payload);
    return read_sequences(reader);
}

}  // namespace kodiak::timeline
