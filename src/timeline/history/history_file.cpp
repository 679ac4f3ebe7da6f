#include "timeline/history/history_file.hpp"

#include <cstring>

#include <fmt/format.h>

#include "base/bytes/byte_io.hpp"
#include "base/hash/xxh3.hpp"
#include "timeline/merkle/merkle_tree.hpp"

namespace kodiak::timeline {
namespace {

constexpr uint64_t kBlockHeaderBytes = 12;
constexpr uint64_t kHeadBytes = 48;
constexpr uint64_t kCheckedHeadBytes = 40;

static_assert(sizeof(Hash256) == Hash256::kBytes, "hashes are written as they lie");

std::string pieces_path(const std::string& directory, uint64_t seq) {
    return directory + "/history/pieces-" + std::to_string(seq);
}

std::string heads_path(const std::string& directory) { return directory + "/history/heads"; }

Error damaged_block(const std::string& path, uint64_t at) {
    return make_error(ErrorCode::kCorruption,
                      fmt::format("history file \"{}\" is damaged in the block at offset {}", path, at));
}

Result<HistoryEntry> read_entry(ByteReader& reader) {
    HistoryEntry entry;
    KODIAK_TRY_ASSIGN(entry.seq, reader.varint());
    KODIAK_TRY_ASSIGN(entry.branch.value, reader.u16());
    KODIAK_TRY_ASSIGN(entry.record, reader.string());
    KODIAK_TRY_ASSIGN(const std::string_view seed, reader.raw(entry.seed.size()));
    std::memcpy(entry.seed.data(), seed.data(), seed.size());
    KODIAK_TRY_ASSIGN(entry.leaves, reader.varint());
    return entry;
}

// Nothing when the checksum does not fit.
std::optional<RecordedHead> decode_head(std::string_view bytes) {
    RecordedHead head;
    std::memcpy(&head.size, bytes.data(), 8);
    std::memcpy(head.root.bytes.data(), bytes.data() + 8, Hash256::kBytes);
    uint64_t checksum = 0;
    std::memcpy(&checksum, bytes.data() + kCheckedHeadBytes, 8);
    return checksum == xxh3(bytes.substr(0, kCheckedHeadBytes)) ? std::optional(head) : std::nullopt;
}

}  // namespace

std::string history_path(const std::string& directory) { return directory + "/history/commits"; }

Result<AppendedHistory> append_history(Disk& disk, const std::string& directory, uint64_t at,
                                       const std::vector<HistoryEntry>& entries) {
    AppendedHistory appended{at, {}};
    if (entries.empty()) {
        return appended;
    }
    std::string payload;
    ByteWriter writer(payload);
    writer.varint(entries.size());
    for (const HistoryEntry& entry : entries) {
        appended.offsets.push_back(at + kBlockHeaderBytes + payload.size());
        writer.varint(entry.seq);
        writer.u16(entry.branch.value);
        writer.bytes(entry.record);
        writer.raw(entry.seed.data(), entry.seed.size());
        writer.varint(entry.leaves);
    }
    std::string block;
    ByteWriter block_writer(block);
    block_writer.u32(static_cast<uint32_t>(payload.size()));
    block_writer.u64(xxh3(payload));
    block_writer.raw(payload);
    KODIAK_TRY(disk.create_directory(directory + "/history"));
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk.open(history_path(directory), OpenMode::kCreateOrOpen));
    KODIAK_TRY(file->write(at, block));
    KODIAK_TRY(file->sync());
    appended.bytes = at + block.size();
    return appended;
}

Status for_each_history_entry(Disk& disk, const std::string& directory, uint64_t bytes,
                              const std::function<Status(HistoryEntry entry, uint64_t offset)>& visit) {
    if (bytes == 0) {
        return {};
    }
    const std::string path = history_path(directory);
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
    KODIAK_TRY_ASSIGN(const uint64_t available, file->size());
    if (available < bytes) {
        return make_error(ErrorCode::kCorruption, fmt::format("history file \"{}\" ends at offset {}, {} expected",
                                                              path, available, bytes));
    }
    std::string block;
    for (uint64_t at = 0; at < bytes; at += kBlockHeaderBytes + block.size()) {
        char header[kBlockHeaderBytes] = {};
        uint32_t length = 0;
        uint64_t checksum = 0;
        if (bytes - at < kBlockHeaderBytes) {
            return damaged_block(path, at);
        }
        KODIAK_TRY(file->read(at, kBlockHeaderBytes, header));
        std::memcpy(&length, header, 4);
        std::memcpy(&checksum, header + 4, 8);
        if (bytes - at - kBlockHeaderBytes < length) {
            return damaged_block(path, at);
        }
        block.resize(length);
        KODIAK_TRY(file->read(at + kBlockHeaderBytes, length, block.data()));
        if (xxh3(block) != checksum) {
            return damaged_block(path, at);
        }
        ByteReader reader(block);
        KODIAK_TRY_ASSIGN(const uint64_t count, reader.varint());
        for (uint64_t i = 0; i < count; ++i) {
            const uint64_t offset = at + kBlockHeaderBytes + reader.offset();
            KODIAK_TRY_ASSIGN(HistoryEntry entry, read_entry(reader));
            KODIAK_TRY(visit(std::move(entry), offset));
        }
    }
    return {};
}

Result<std::vector<HistoryEntry>> read_history(Disk& disk, const std::string& directory, uint64_t bytes) {
    std::vector<HistoryEntry> entries;
    KODIAK_TRY(for_each_history_entry(disk, directory, bytes, [&](HistoryEntry entry, uint64_t) -> Status {
        entries.push_back(std::move(entry));
        return {};
    }));
    return entries;
}

Result<HistoryEntry> decode_history_entry(std::string_view bytes) {
    ByteReader reader(bytes);
    return read_entry(reader);
}

Status write_pieces(Disk& disk, const std::string& directory, const HistoryEntry& entry) {
    if (entry.piece_roots.size() < kLeastPieces) {
        return {};
    }
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file,
                      disk.open(pieces_path(directory, entry.seq), OpenMode::kCreateOrOpen));
    KODIAK_TRY(file->truncate(0));
    KODIAK_TRY(file->write(0, {reinterpret_cast<const char*>(entry.piece_roots.data()),
                               entry.piece_roots.size() * Hash256::kBytes}));
    return file->sync();
}

std::vector<Hash256> read_pieces(Disk& disk, const std::string& directory, uint64_t seq, const Hash256& root) {
    const auto file = disk.open(pieces_path(directory, seq), OpenMode::kRead);
    const auto bytes = file.ok() ? (*file)->size() : Result<uint64_t>(0);
    if (!bytes.ok()) {
        return {};
    }
    std::vector<Hash256> pieces(*bytes / Hash256::kBytes);
    const bool is_read =
        !pieces.empty() &&
        (*file)->read(0, pieces.size() * Hash256::kBytes, reinterpret_cast<char*>(pieces.data())).ok();
    return is_read && combine_aligned_subtrees(pieces) == root ? pieces : std::vector<Hash256>();
}

Result<std::optional<FoundHead>> find_head(Disk& disk, const std::string& directory, uint64_t size) {
    const std::string path = heads_path(directory);
    KODIAK_TRY_ASSIGN(const bool exists, disk.exists(path));
    if (!exists) {
        return std::optional<FoundHead>();
    }
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
    KODIAK_TRY_ASSIGN(const uint64_t bytes, file->size());
    std::string record(kHeadBytes, '\0');
    for (uint64_t index = bytes / kHeadBytes; index-- > 0;) {
        KODIAK_TRY(file->read(index * kHeadBytes, kHeadBytes, record.data()));
        const auto head = decode_head(record);
        if (head.has_value() && head->size <= size) {
            return std::optional(FoundHead{index, *head});
        }
    }
    return std::optional<FoundHead>();
}

Status write_head(Disk& disk, const std::string& directory, uint64_t index, const RecordedHead& head) {
    std::string record;
    ByteWriter writer(record);
    writer.u64(head.size);
    writer.raw(head.root.view());
    writer.u64(xxh3(record));
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk.open(heads_path(directory), OpenMode::kCreateOrOpen));
    KODIAK_TRY(file->write(index * kHeadBytes, record));
    return file->sync();
}

Result<std::vector<RecordedHead>> read_heads(Disk& disk, const std::string& directory, uint64_t count) {
    std::vector<RecordedHead> heads;
    if (count == 0) {
        return heads;
    }
    const std::string path = heads_path(directory);
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
    std::string all(count * kHeadBytes, '\0');
    KODIAK_TRY(file->read(0, all.size(), all.data()));
    for (uint64_t i = 0; i < count; ++i) {
        const auto head = decode_head(std::string_view(all).substr(i * kHeadBytes, kHeadBytes));
        if (!head.has_value()) {
            return make_error(ErrorCode::kCorruption,
                              fmt::format("file \"{}\" is damaged at offset {}", path, i * kHeadBytes));
        }
        heads.push_back(*head);
    }
    return heads;
}

}  // namespace kodiak::timeline
