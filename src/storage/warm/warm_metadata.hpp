#pragma once

// The metadata of a warm file (docs/formats/warm_file.md) as values and as Arrow metadata. Internal to storage/warm.
//
// Reading treats the input as hostile: counts must be what the caller says, everything else is bounds-checked.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "base/result/result.hpp"
#include "storage/chunk.hpp"

namespace kodiak::storage::warm {

inline constexpr char kColumnKey[] = "kodiak.column";
inline constexpr char kFormatKey[] = "kodiak.format";
inline constexpr char kChunksKey[] = "kodiak.chunks";
inline constexpr char kColdKey[] = "kodiak.cold";
inline constexpr char kMetadataHashKey[] = "kodiak.metadata_xxh3";
inline constexpr char kFrameExtension[] = "kodiak.for";
inline constexpr char kRowCounterField[] = "_row_counter";
inline constexpr char kCreatedField[] = "_created";
inline constexpr char kEndedField[] = "_ended";

// What the chunks of a column hold.
struct ChunkZone {
    uint32_t nulls = 0;
    bool has_range = false;
    int64_t min = 0;
    int64_t max = 0;
};

struct ColumnLayout {
    ColumnId id;
    catalog::Physical physical = catalog::Physical::kInt64;
    Encoding encoding = Encoding::kPlain;
    uint8_t width = 0;
    std::vector<ChunkZone> zones;
    uint64_t validity_hash = 0;
    uint64_t data_hash = 0;
    uint64_t heap_hash = 0;
    uint64_t dictionary_values = 0;
    uint64_t dictionary_offsets_hash = 0;
    uint64_t dictionary_heap_hash = 0;
    std::vector<int64_t> bases;  // kFrame: one per chunk; kept in the extension's metadata
};

// Who the rows of a chunk are.
struct ChunkIdentity {
    bool is_sequence = true;
    uint64_t first_counter = 0;
    uint64_t min_created = 0;
    uint64_t max_created = 0;
    uint64_t min_ended = 0;
    uint64_t max_ended = 0;
};

struct FileLayout {
    uint64_t rows = 0;
    bool has_row_ids = false;
    bool has_created = false;
    bool has_ended = false;
    std::vector<ChunkIdentity> chunks;
};

// The field's metadata, the extension's included.
std::shared_ptr<arrow::KeyValueMetadata> column_metadata(const ColumnLayout& layout);
// Of the field at hand; `chunks` as FileLayout says. kCorruption.
Result<ColumnLayout> read_column_metadata(const arrow::Field& field, size_t chunks);

// The schema with the file's own metadata and the checksum over everything.
// `cold`: what a cold file's layout says besides (docs/formats/cold_file.md).
std::shared_ptr<arrow::Schema> with_file_metadata(const arrow::FieldVector& fields, const FileLayout& layout,
                                                  const std::string& cold = {});
// Checks the checksum and format first. kCorruption, kVersionTooNew.
Result<FileLayout> read_file_metadata(const arrow::Schema& schema);
// What with_file_metadata() was given as `cold`. Requires: read_file_metadata() succeeded. kCorruption.
Result<std::string> read_cold_metadata(const arrow::Schema& schema);

}  // namespace kodiak::storage::warm
