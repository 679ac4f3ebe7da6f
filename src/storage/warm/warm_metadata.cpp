#include "storage/warm/warm_metadata.hpp"

#include <charconv>

#include "base/bytes/byte_io.hpp"
#include "base/hash/xxh3.hpp"
#include "storage/warm/warm_file.hpp"

namespace kodiak::storage::warm {
namespace {

constexpr char kExtensionNameKey[] = "ARROW:extension:name";
constexpr char kExtensionMetadataKey[] = "ARROW:extension:metadata";
constexpr char kFormat[] = "1";
constexpr char kHistoryFormat[] = "2";
constexpr uint8_t kHasRowIds = 1;
constexpr uint8_t kHasCreated = 2;
constexpr uint8_t kHasEnded = 4;

Error bad_metadata(const char* what) {
    return make_error(ErrorCode::kCorruption, std::string("metadata of a warm file does not read: ") + what);
}

std::string to_hex(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        text.push_back(kDigits[static_cast<uint8_t>(byte) >> 4]);
        text.push_back(kDigits[static_cast<uint8_t>(byte) & 15]);
    }
    return text;
}

Result<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return bad_metadata("hexadecimal");
    }
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (size_t i = 0; i < text.size(); i += 2) {
        uint8_t byte = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        if (error != std::errc() || end != text.data() + i + 2) {
            return bad_metadata("hexadecimal");
        }
        bytes.push_back(static_cast<char>(byte));
    }
    return bytes;
}

Result<std::string> find_value(const arrow::KeyValueMetadata* metadata, const char* key) {
    const int at = metadata != nullptr ? metadata->FindKey(key) : -1;
    if (at < 0) {
        return make_error(ErrorCode::kCorruption, std::string("warm file lacks metadata: ") + key);
    }
    return metadata->value(at);
}

// The checksum over all fields and all file metadata but itself.
std::string metadata_hash(const arrow::FieldVector& fields, const arrow::KeyValueMetadata& file) {
    std::string bytes;
    ByteWriter writer(bytes);
    const auto add = [&](const arrow::KeyValueMetadata* metadata) {
        for (int64_t i = 0; metadata != nullptr && i < metadata->size(); ++i) {
            if (metadata->key(i) != kMetadataHashKey) {
                writer.bytes(metadata->key(i));
                writer.bytes(metadata->value(i));
            }
        }
    };
    for (const auto& field : fields) {
        writer.bytes(field->name());
        writer.bytes(field->type()->ToString());
        add(field->metadata().get());
    }
    add(&file);
    const uint64_t hash = xxh3(bytes);
    std::string digest;
    ByteWriter(digest).u64(hash);
    return to_hex(digest);
}

std::string bases_text(const std::vector<int64_t>& bases) {
    std::string text = std::to_string(kRowsPerChunk) + ";";
    for (size_t i = 0; i < bases.size(); ++i) {
        text += (i > 0 ? "," : "") + std::to_string(bases[i]);
    }
    return text;
}

Result<std::vector<int64_t>> read_bases(std::string_view text, size_t chunks) {
    const std::string prefix = std::to_string(kRowsPerChunk) + ";";
    if (!text.starts_with(prefix)) {
        return bad_metadata("rows per chunk of a frame");
    }
    const char* at = text.data() + prefix.size();
    const char* const end = text.data() + text.size();
    std::vector<int64_t> bases;
    while (true) {
        int64_t base = 0;
        const auto [next, error] = std::from_chars(at, end, base);
        if (error != std::errc() || bases.size() == chunks) {
            return bad_metadata("bases of a frame");
        }
        bases.push_back(base);
        if (next == end) {
            break;
        }
        if (*next != ',') {
            return bad_metadata("bases of a frame");
        }
        at = next + 1;
    }
    if (bases.size() != chunks) {
        return bad_metadata("number of bases");
    }
    return bases;
}

Result<ChunkZone> read_zone(ByteReader& reader) {
    ChunkZone zone;
    KODIAK_TRY_ASSIGN(const uint64_t nulls, reader.varint());
    KODIAK_TRY_ASSIGN(const uint8_t has_range, reader.u8());
    if (nulls > kRowsPerChunk || has_range > 1) {
        return bad_metadata("zone map");
    }
    zone.nulls = static_cast<uint32_t>(nulls);
    zone.has_range = has_range == 1;
    if (zone.has_range) {
        KODIAK_TRY_ASSIGN(zone.min, reader.i64());
        KODIAK_TRY_ASSIGN(zone.max, reader.i64());
    }
    return zone;
}

}  // namespace

std::shared_ptr<arrow::KeyValueMetadata> column_metadata(const ColumnLayout& layout) {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.u32(layout.id.value);
    writer.u8(static_cast<uint8_t>(layout.physical));
    writer.u8(static_cast<uint8_t>(layout.encoding));
    writer.u8(layout.width);
    for (const ChunkZone& zone : layout.zones) {
        writer.varint(zone.nulls);
        writer.u8(zone.has_range ? 1 : 0);
        if (zone.has_range) {
            writer.i64(zone.min);
            writer.i64(zone.max);
        }
    }
    writer.u64(layout.validity_hash);
    writer.u64(layout.data_hash);
    writer.u64(layout.heap_hash);
    if (layout.encoding == Encoding::kDictionary) {
        writer.varint(layout.dictionary_values);
        writer.u64(layout.dictionary_offsets_hash);
        writer.u64(layout.dictionary_heap_hash);
    }
    auto metadata = std::make_shared<arrow::KeyValueMetadata>();
    metadata->Append(kColumnKey, to_hex(bytes));
    if (layout.encoding == Encoding::kFrame) {
        metadata->Append(kExtensionNameKey, kFrameExtension);
        metadata->Append(kExtensionMetadataKey, bases_text(layout.bases));
    }
    return metadata;
}

Result<ColumnLayout> read_column_metadata(const arrow::Field& field, size_t chunks) {
    KODIAK_TRY_ASSIGN(const std::string text, find_value(field.metadata().get(), kColumnKey));
    KODIAK_TRY_ASSIGN(const std::string bytes, from_hex(text));
    ByteReader reader(bytes);
    ColumnLayout layout;
    KODIAK_TRY_ASSIGN(layout.id.value, reader.u32());
    KODIAK_TRY_ASSIGN(const uint8_t physical, reader.u8());
    KODIAK_TRY_ASSIGN(const uint8_t encoding, reader.u8());
    KODIAK_TRY_ASSIGN(layout.width, reader.u8());
    if (physical > static_cast<uint8_t>(catalog::Physical::kString) ||
        encoding > static_cast<uint8_t>(Encoding::kOffsets)) {
        return bad_metadata("kind of a column");
    }
    layout.physical = static_cast<catalog::Physical>(physical);
    layout.encoding = static_cast<Encoding>(encoding);
    for (size_t i = 0; i < chunks; ++i) {
        KODIAK_TRY_ASSIGN(const ChunkZone zone, read_zone(reader));
        layout.zones.push_back(zone);
    }
    KODIAK_TRY_ASSIGN(layout.validity_hash, reader.u64());
    KODIAK_TRY_ASSIGN(layout.data_hash, reader.u64());
    KODIAK_TRY_ASSIGN(layout.heap_hash, reader.u64());
    if (layout.encoding == Encoding::kDictionary) {
        KODIAK_TRY_ASSIGN(layout.dictionary_values, reader.varint());
        KODIAK_TRY_ASSIGN(layout.dictionary_offsets_hash, reader.u64());
        KODIAK_TRY_ASSIGN(layout.dictionary_heap_hash, reader.u64());
    }
    if (!reader.at_end()) {
        return bad_metadata("bytes left over");
    }
    if (layout.encoding == Encoding::kFrame) {
        KODIAK_TRY_ASSIGN(const std::string bases, find_value(field.metadata().get(), kExtensionMetadataKey));
        KODIAK_TRY_ASSIGN(layout.bases, read_bases(bases, chunks));
    }
    return layout;
}

std::shared_ptr<arrow::Schema> with_file_metadata(const arrow::FieldVector& fields, const FileLayout& layout,
                                                  const std::string& cold) {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.varint(layout.rows);
    writer.u8(static_cast<uint8_t>((layout.has_row_ids ? kHasRowIds : 0) | (layout.has_created ? kHasCreated : 0) |
                                   (layout.has_ended ? kHasEnded : 0)));
    for (const ChunkIdentity& chunk : layout.chunks) {
        if (layout.has_row_ids) {
            writer.u8(chunk.is_sequence ? 1 : 0);
            writer.u64(chunk.first_counter);
        }
        if (layout.has_created) {
            writer.u64(chunk.min_created);
            writer.u64(chunk.max_created);
        }
        if (layout.has_ended) {
            writer.u64(chunk.min_ended);
            writer.u64(chunk.max_ended);
        }
    }
    auto metadata = std::make_shared<arrow::KeyValueMetadata>();
    metadata->Append(kFormatKey, layout.has_ended ? kHistoryFormat : kFormat);
    metadata->Append(kChunksKey, to_hex(bytes));
    if (!cold.empty()) {
        metadata->Append(kColdKey, to_hex(cold));
    }
    metadata->Append(kMetadataHashKey, metadata_hash(fields, *metadata));
    return arrow::schema(fields, metadata);
}

Result<std::string> read_cold_metadata(const arrow::Schema& schema) {
    KODIAK_TRY_ASSIGN(const std::string text, find_value(schema.metadata().get(), kColdKey));
    return from_hex(text);
}

Result<FileLayout> read_file_metadata(const arrow::Schema& schema) {
    const arrow::KeyValueMetadata* const metadata = schema.metadata().get();
    KODIAK_TRY_ASSIGN(const std::string format, find_value(metadata, kFormatKey));
    KODIAK_TRY_ASSIGN(const std::string hash, find_value(metadata, kMetadataHashKey));
    if (hash != metadata_hash(schema.fields(), *metadata)) {
        return bad_metadata("checksum");
    }
    if (format != kFormat && format != kHistoryFormat) {
        return make_error(ErrorCode::kVersionTooNew, "warm file has format " + format);
    }
    KODIAK_TRY_ASSIGN(const std::string text, find_value(metadata, kChunksKey));
    KODIAK_TRY_ASSIGN(const std::string bytes, from_hex(text));
    ByteReader reader(bytes);
    FileLayout layout;
    KODIAK_TRY_ASSIGN(layout.rows, reader.varint());
    KODIAK_TRY_ASSIGN(const uint8_t flags, reader.u8());
    if (layout.rows == 0 || layout.rows > kWarmFileChunks * kRowsPerChunk ||
        flags > (kHasRowIds | kHasCreated | kHasEnded)) {
        return bad_metadata("rows or flags");
    }
    layout.has_row_ids = (flags & kHasRowIds) != 0;
    layout.has_created = (flags & kHasCreated) != 0;
    layout.has_ended = (flags & kHasEnded) != 0;
    layout.chunks.resize((layout.rows + kRowsPerChunk - 1) / kRowsPerChunk);
    for (ChunkIdentity& chunk : layout.chunks) {
        if (layout.has_row_ids) {
            KODIAK_TRY_ASSIGN(const uint8_t is_sequence, reader.u8());
            chunk.is_sequence = is_sequence == 1;
            KODIAK_TRY_ASSIGN(chunk.first_counter, reader.u64());
        }
        if (layout.has_created) {
            KODIAK_TRY_ASSIGN(chunk.min_created, reader.u64());
            KODIAK_TRY_ASSIGN(chunk.max_created, reader.u64());
        }
        if (layout.has_ended) {
            KODIAK_TRY_ASSIGN(chunk.min_ended, reader.u64());
            KODIAK_TRY_ASSIGN(chunk.max_ended, reader.u64());
        }
    }
    if (!reader.at_end()) {
        return bad_metadata("bytes left over");
    }
    return layout;
}

}  // namespace kodiak::storage::warm
