#include "timeline/merkle/commit_record.hpp"

#include <cstring>
#include <tuple>
#include <unordered_set>

#include "base/bytes/byte_io.hpp"
#include "timeline/merkle/merkle_tree.hpp"

namespace kodiak::timeline {
namespace {

// With the terminating zero byte, so that the domain is no prefix of another.
constexpr std::string_view kIdentityDomain("kodiak commit v1\0", 17);
constexpr size_t kRootBytes = 2 + Hash256::kBytes;

Result<Hash256> read_hash(ByteReader& reader) {
    KODIAK_TRY_ASSIGN(const std::string_view raw, reader.raw(Hash256::kBytes));
    return Hash256::from_bytes(raw);
}

// Reads how many items follow; each takes at least `item_bytes_min`, so a count that cannot fit is refused before
// anything is allocated for it.
Result<size_t> read_count(ByteReader& reader, size_t item_bytes_min) {
    KODIAK_TRY_ASSIGN(const uint64_t count, reader.varint());
    if (count > reader.remaining() / item_bytes_min) {
        return make_error(ErrorCode::kCorruption, "a commit record claims " + std::to_string(count) +
                                                      " items in " + std::to_string(reader.remaining()) + " bytes");
    }
    return static_cast<size_t>(count);
}

// Returns which of the header's invariants is broken, or an empty text.
std::string broken_invariant(const CommitRecord& record) {
    std::unordered_set<Hash256> seen;
    for (const Hash256& parent : record.parents) {
        if (!seen.insert(parent).second) {
            return "parent " + parent.hex() + " is named twice";
        }
    }
    for (size_t i = 1; i < record.metadata.size(); ++i) {
        if (record.metadata[i - 1].first >= record.metadata[i].first) {
            return "metadata keys do not rise at '" + record.metadata[i].first + "'";
        }
    }
    for (size_t i = 0; i < record.roots.size(); ++i) {
        const Root& root = record.roots[i];
        if (static_cast<uint8_t>(root.kind) == 0) {
            return "a root has kind 0";
        }
        if (i > 0) {
            const Root& before = record.roots[i - 1];
            if (std::tie(before.kind, before.version) >= std::tie(root.kind, root.version)) {
                return "roots do not rise by kind and version";
            }
        }
    }
    return {};
}

void write_record(const CommitRecord& record, ByteWriter& writer) {
    writer.u16(CommitRecord::kFormatVersion);
    writer.varint(record.parents.size());
    for (const Hash256& parent : record.parents) {
        writer.raw(parent.view());
    }
    writer.bytes(record.branch);
    writer.i64(record.timestamp.micros);
    writer.raw(record.id.view());
    writer.bytes(record.author);
    writer.bytes(record.message);
    writer.varint(record.metadata.size());
    for (const auto& [key, value] : record.metadata) {
        writer.bytes(key);
        writer.bytes(value);
    }
    writer.varint(record.roots.size());
    for (const Root& root : record.roots) {
        writer.u8(static_cast<uint8_t>(root.kind));
        writer.u8(root.version);
        writer.raw(root.hash.view());
    }
}

Status read_fields(ByteReader& reader, CommitRecord& record) {
    KODIAK_TRY_ASSIGN(const size_t parent_count, read_count(reader, Hash256::kBytes));
    for (size_t i = 0; i < parent_count; ++i) {
        KODIAK_TRY_ASSIGN(const Hash256 parent, read_hash(reader));
        record.parents.push_back(parent);
    }
    KODIAK_TRY_ASSIGN(record.branch, reader.string());
    KODIAK_TRY_ASSIGN(record.timestamp.micros, reader.i64());
    KODIAK_TRY_ASSIGN(const std::string_view id, reader.raw(Ulid::kBytes));
    std::memcpy(record.id.bytes.data(), id.data(), Ulid::kBytes);
    KODIAK_TRY_ASSIGN(record.author, reader.string());
    KODIAK_TRY_ASSIGN(record.message, reader.string());
    KODIAK_TRY_ASSIGN(const size_t metadata_count, read_count(reader, 2));
    for (size_t i = 0; i < metadata_count; ++i) {
        KODIAK_TRY_ASSIGN(std::string key, reader.string());
        KODIAK_TRY_ASSIGN(std::string value, reader.string());
        record.metadata.emplace_back(std::move(key), std::move(value));
    }
    KODIAK_TRY_ASSIGN(const size_t root_count, read_count(reader, kRootBytes));
    for (size_t i = 0; i < root_count; ++i) {
        Root root;
        KODIAK_TRY_ASSIGN(const uint8_t kind, reader.u8());
        root.kind = static_cast<RootKind>(kind);
        KODIAK_TRY_ASSIGN(root.version, reader.u8());
        KODIAK_TRY_ASSIGN(root.hash, read_hash(reader));
        record.roots.push_back(root);
    }
    return ok_status();
}

}  // namespace

const Root* CommitRecord::root(RootKind kind) const {
    const Root* found = nullptr;
    for (const Root& candidate : roots) {
        if (candidate.kind == kind) {
            found = &candidate;  // C2: the last of a kind has its highest version
        }
    }
    return found;
}

Result<std::string> CommitRecord::encode() const {
    const std::string broken = broken_invariant(*this);
    if (!broken.empty()) {
        return make_error(ErrorCode::kInvalidValue, "this cannot be made a commit: " + broken);
    }
    std::string bytes;
    ByteWriter writer(bytes);
    write_record(*this, writer);
    return bytes;
}

Result<CommitRecord> CommitRecord::decode(std::string_view bytes) {
    ByteReader reader(bytes);
    KODIAK_TRY_ASSIGN(const uint16_t version, reader.u16());
    if (version > kFormatVersion) {
        return make_error(ErrorCode::kVersionTooNew,
                          "a commit record has format version " + std::to_string(version) +
                              ", this program reads up to " + std::to_string(kFormatVersion))
            .with_hint("Open the database with the newer Kodiak that wrote it.");
    }
    if (version != kFormatVersion) {
        return make_error(ErrorCode::kCorruption, "a commit record has no format version " + std::to_string(version));
    }
    CommitRecord record;
    KODIAK_TRY(read_fields(reader, record));
    if (!reader.at_end()) {
        return make_error(ErrorCode::kCorruption,
                          std::to_string(reader.remaining()) + " bytes follow the end of a commit record");
    }
    const std::string broken = broken_invariant(record);
    if (!broken.empty()) {
        return make_error(ErrorCode::kCorruption, "a commit record is not canonical: " + broken);
    }
    // The reader accepts padded variable-length numbers; one identity needs one spelling.
    std::string canonical;
    ByteWriter writer(canonical);
    write_record(record, writer);
    if (canonical != bytes) {
        return make_error(ErrorCode::kCorruption, "a commit record is not canonical: a length is padded");
    }
    return record;
}

Hash256 commit_identity(std::string_view encoding) { return sha256(kIdentityDomain, encoding); }

Hash256 history_leaf_hash(CommitSeq seq, BranchId branch, const Hash256& identity) {
    std::string data;
    ByteWriter writer(data);
    writer.u64(seq.value);
    writer.u16(branch.value);
    writer.raw(identity.view());
    return leaf_hash(data);
}

}  // namespace kodiak::timeline
