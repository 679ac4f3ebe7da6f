#include "timeline/checkpoint/manifest.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/bytes/byte_io.hpp"
#include "base/disk/replace_file.hpp"
#include "base/hash/xxh3.hpp"

namespace kodiak::timeline {
namespace {

constexpr std::string_view kMagic = "KDKM";
constexpr uint16_t kManifestVersion = storage::kRewrittenImages;
constexpr std::string_view kCurrentFirstLine = "kodiak 1\n";

void write_head(const ManifestHead& head, ByteWriter& writer) {
    writer.u64(head.origin.value);
    writer.u64(head.log_id);
    writer.u64(head.log_from);
    writer.varint(head.seq);
    writer.i64(head.last_timestamp);
    writer.u32(head.next_object);
    writer.varint(head.next_file);
    writer.varint(head.heads.size());
    for (const auto& [branch, branch_head] : head.heads) {
        writer.u16(branch.value);
        writer.bytes(branch_head.name);
        writer.raw(branch_head.identity.view());
    }
    writer.varint(head.history_bytes);
    writer.varint(head.history_commits);
    writer.varint(head.row_counters.size());
    for (const auto& [table, next] : head.row_counters) {
        writer.u64(table.value);
        writer.varint(next);
    }
    writer.bytes(encode_sequences(head.sequences));
}

Result<std::map<BranchId, BranchHead>> read_heads(ByteReader& reader) {
    std::map<BranchId, BranchHead> heads;
    KODIAK_TRY_ASSIGN(const uint64_t count, reader.varint());
    for (uint64_t i = 0; i < count; ++i) {
        KODIAK_TRY_ASSIGN(const uint16_t branch, reader.u16());
        BranchHead head;
        KODIAK_TRY_ASSIGN(head.name, reader.string());
        KODIAK_TRY_ASSIGN(const std::string_view identity, reader.raw(32));
        KODIAK_TRY_ASSIGN(head.identity, Hash256::from_bytes(identity));
        heads[BranchId(branch)] = std::move(head);
    }
    return heads;
}

Result<ManifestHead> read_head(ByteReader& reader) {
    ManifestHead head;
    KODIAK_TRY_ASSIGN(head.origin.value, reader.u64());
    KODIAK_TRY_ASSIGN(head.log_id, reader.u64());
    KODIAK_TRY_ASSIGN(head.log_from, reader.u64());
    KODIAK_TRY_ASSIGN(head.seq, reader.varint());
    KODIAK_TRY_ASSIGN(head.last_timestamp, reader.i64());
    KODIAK_TRY_ASSIGN(head.next_object, reader.u32());
    KODIAK_TRY_ASSIGN(head.next_file, reader.varint());
    KODIAK_TRY_ASSIGN(head.heads, read_heads(reader));
    KODIAK_TRY_ASSIGN(head.history_bytes, reader.varint());
    KODIAK_TRY_ASSIGN(head.history_commits, reader.varint());
    KODIAK_TRY_ASSIGN(const uint64_t counters, reader.varint());
    for (uint64_t i = 0; i < counters; ++i) {
        KODIAK_TRY_ASSIGN(const uint64_t table, reader.u64());
        KODIAK_TRY_ASSIGN(const uint64_t next, reader.varint());
        head.row_counters.emplace_back(table, next);
    }
    KODIAK_TRY_ASSIGN(const std::string_view sequences, reader.bytes());
    KODIAK_TRY_ASSIGN(head.sequences, decode_sequences(sequences));
    return head;
}

Error damaged(const std::string& path, const std::string& what) {
    return make_error(ErrorCode::kCorruption, fmt::format("manifest \"{}\" is damaged: {}", path, what))
        .with_hint("Restore the database from a backup.");
}

}  // namespace

std::string encode_manifest(const ManifestHead& head, const std::vector<storage::CapturedTable>& tables) {
    std::string payload;
    ByteWriter writer(payload);
    write_head(head, writer);
    writer.varint(tables.size());
    const bool rewritten = std::any_of(tables.begin(), tables.end(), storage::was_rewritten);
    const uint16_t version = rewritten ? storage::kRewrittenImages : storage::kPlainImages;
    for (const storage::CapturedTable& table : tables) {
        storage::write_table_image(table, head.seq, version, writer);
    }
    std::string file(kMagic);
    ByteWriter file_writer(file);
    file_writer.u16(version);
    file_writer.u64(payload.size());
    file_writer.raw(payload);
    file_writer.u64(xxh3(file));
    return file;
}

Result<OpenedManifest> decode_manifest(std::string_view bytes, const std::string& path) {
    constexpr size_t kHeaderBytes = 14;
    constexpr size_t kChecksumBytes = 8;
    if (bytes.size() < kHeaderBytes + kChecksumBytes || bytes.substr(0, kMagic.size()) != kMagic) {
        return damaged(path, "it does not begin as a manifest");
    }
    ByteReader reader(bytes.substr(kMagic.size()));
    KODIAK_TRY_ASSIGN(const uint16_t version, reader.u16());
    if (version > kManifestVersion) {
        return make_error(ErrorCode::kVersionTooNew,
                          fmt::format("manifest \"{}\" has format version {}, this program reads up to {}", path,
                                      version, kManifestVersion))
            .with_hint("Open the database with a newer Kodiak.");
    }
    KODIAK_TRY_ASSIGN(const uint64_t length, reader.u64());
    if (length != bytes.size() - kHeaderBytes - kChecksumBytes) {
        return damaged(path, "its length does not fit");
    }
    ByteReader checksum(bytes.substr(bytes.size() - kChecksumBytes));
    KODIAK_TRY_ASSIGN(const uint64_t expected, checksum.u64());
    if (xxh3(bytes.substr(0, bytes.size() - kChecksumBytes)) != expected) {
        return damaged(path, "its checksum does not fit");
    }
    const std::string_view payload = bytes.substr(kHeaderBytes, length);
    ByteReader payload_reader(payload);
    OpenedManifest manifest;
    manifest.version = version;
    KODIAK_TRY_ASSIGN(manifest.head, read_head(payload_reader));
    KODIAK_TRY_ASSIGN(manifest.table_count, payload_reader.varint());
    manifest.tables = payload.substr(payload_reader.offset());
    return manifest;
}

std::string manifest_name(uint64_t number) { return fmt::format("manifest-{:016x}", number); }

Result<std::string> read_file(Disk& disk, const std::string& path) {
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
    KODIAK_TRY_ASSIGN(const uint64_t bytes, file->size());
    std::string content(bytes, '\0');
    KODIAK_TRY(file->read(0, bytes, content.data()));
    return content;
}

namespace {

bool is_manifest_name(std::string_view name) {
    constexpr std::string_view kPrefix = "manifest-";
    constexpr size_t kDigits = 16;
    return name.starts_with(kPrefix) && name.size() == kPrefix.size() + kDigits &&
           name.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

// "kodiak 2" and later.
bool is_newer_format(std::string_view content) {
    constexpr std::string_view kName = "kodiak ";
    if (!content.starts_with(kName)) {
        return false;
    }
    const size_t end = content.find_first_not_of("0123456789", kName.size());
    const std::string_view number = content.substr(kName.size(), std::min(end, content.size()) - kName.size());
    return !number.empty() && number.front() != '0' && number != "1";
}

}  // namespace

Result<std::string> read_current(Disk& disk, const std::string& directory) {
    const std::string path = directory + "/CURRENT";
    KODIAK_TRY_ASSIGN(const std::string content, read_file(disk, path));
    if (content.starts_with(kCurrentFirstLine) && content.ends_with('\n')) {
        const std::string name =
            content.substr(kCurrentFirstLine.size(), content.size() - kCurrentFirstLine.size() - 1);
        if (is_manifest_name(name)) {
            return name;
        }
    }
    if (is_newer_format(content)) {
        return make_error(ErrorCode::kVersionTooNew,
                          fmt::format("cannot open database \"{}\": its format is newer than this program's",
                                      directory))
            .with_hint("Open it with a newer Kodiak.");
    }
    if (content.empty() || content.starts_with("kodiak")) {
        return make_error(ErrorCode::kCorruption, fmt::format("file \"{}\" is damaged: it names no manifest", path))
            .with_hint("Restore the database from a backup.");
    }
    return make_error(ErrorCode::kNotADatabase,
                      fmt::format("cannot open \"{}\": it is not a Kodiak database", directory))
        .with_detail(fmt::format("The file \"{}\" is there but was not written by Kodiak.", path));
}

Status write_current(Disk& disk, const std::string& directory, const std::string& manifest_name) {
    return replace_file(disk, directory + "/CURRENT", std::string(kCurrentFirstLine) + manifest_name + "\n");
}

}  // namespace kodiak::timeline
