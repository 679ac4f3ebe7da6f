#pragma once

// The columns of an open file of narrowed chunks, and the chunks over them. Internal to storage/warm.
//
// Warm files have their columns in the mapping, cold files in memory into which they are read. Either way the buffers
// lie where they are from the opening on, so that chunks are immutable.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/disk/disk.hpp"
#include "storage/chunk_file.hpp"
#include "storage/warm/warm_metadata.hpp"

namespace kodiak::storage::warm {

// One field of the file: its layout and where its bytes lie.
struct OpenColumn {
    std::string name;
    ColumnLayout layout;
    const uint8_t* validity = nullptr;
    const uint8_t* data = nullptr;
    const uint8_t* heap = nullptr;
    uint64_t heap_bytes = 0;
    std::shared_ptr<const Dictionary> dictionary;
};

// What the chunks keep alive: the mapping, and the batch whose buffers point into it.
struct OpenFile {
    std::string path;
    std::unique_ptr<Mapping> mapping;
    std::shared_ptr<uint8_t> memory;  // where a cold file's columns are read to
    std::shared_ptr<arrow::RecordBatch> batch;
    FileLayout layout;
    std::vector<OpenColumn> columns;  // stored ones, then system columns
};

Error damaged(const std::string& path, const std::string& what);
std::string_view bytes_at(const uint8_t* data, uint64_t bytes);
// A buffer of at least `bytes` bytes at an address that is a multiple of `alignment`.
Result<const uint8_t*> buffer_of(const arrow::ArrayData& array, size_t index, uint64_t bytes, uint64_t alignment);
// Widths and kinds are those that the code reading the column relies on.
bool is_consistent(const ColumnLayout& layout);
// Copies nothing but the references; checks everything, because codes are looked up in it without a check later.
Result<std::shared_ptr<const Dictionary>> open_dictionary(const arrow::ArrayData& array, const ColumnLayout& layout);
// Opens what Arrow makes of a mapped file. Arrow checks its own structure; buffers point into the mapping.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> read_batch(const Mapping& mapping);
// Checks that the columns, opened in the order of the fields, are those of `schema` and of the file's layout.
Status check_columns(const OpenFile& file, const StoredSchema& schema);
// Codes are in the dictionary, offsets ascend and end within the heap.
Status check_bounds(const OpenFile& file, const OpenColumn& column);

// The system columns of a file, nullptr where it has none.
struct SystemColumns {
    const OpenColumn* counters = nullptr;
    const OpenColumn* commits = nullptr;
    const OpenColumn* ends = nullptr;
};
SystemColumns system_columns_of(const OpenFile& file, size_t stored);

class FileChunk final : public Chunk {
   public:
    // `counters` and `commits` are the system columns, nullptr where the file has none.
    FileChunk(std::shared_ptr<const OpenFile> file, std::shared_ptr<const StoredSchema> schema, size_t index,
              const RowNumbering& numbering, const OpenColumn* counters, const OpenColumn* commits)
        : file_(std::move(file)) {
        schema_ = std::move(schema);
        sealed_ = true;
        const uint64_t first = index * kRowsPerChunk;
        const ChunkIdentity& identity = file_->layout.chunks[index];
        for (size_t position = 0; position < schema_->ids.size(); ++position) {
            columns_.push_back(column_of(file_->columns[position], index));
        }
        origin_ = numbering.origin;
        first_row_counter_ = file_->layout.has_row_ids ? identity.first_counter : numbering.first_row_counter + first;
        if (counters != nullptr && !identity.is_sequence) {
            row_counters_ = reinterpret_cast<const uint64_t*>(counters->data) + first;
        }
        created_all_ = file_->layout.has_created ? identity.min_created : numbering.created_all;
        const uint64_t max_created = file_->layout.has_created ? identity.max_created : numbering.created_all;
        if (commits != nullptr && identity.min_created != identity.max_created) {
            created_ = reinterpret_cast<const uint64_t*>(commits->data) + first;
        }
        min_created_.store(created_all_, std::memory_order_relaxed);
        max_created_.store(max_created, std::memory_order_relaxed);
        const uint64_t count = std::min<uint64_t>(kRowsPerChunk, file_->layout.rows - first);
        count_.store(static_cast<uint32_t>(count), std::memory_order_release);
    }

   private:
    static StoredColumn column_of(const OpenColumn& source, size_t index) {
        const ColumnLayout& layout = source.layout;
        const ChunkZone& zone = layout.zones[index];
        const uint64_t first = index * kRowsPerChunk;
        StoredColumn column;
        column.encoding = layout.encoding;
        column.physical = layout.physical;
        column.width = layout.width;
        column.has_range = zone.has_range;
        column.min = zone.min;
        column.max = zone.max;
        column.data = source.data + first * layout.width;
        column.heap = reinterpret_cast<const char*>(source.heap);
        column.dictionary = source.dictionary;
        if (zone.nulls > 0) {
            column.validity = reinterpret_cast<const uint64_t*>(source.validity + first / 8);
        }
        if (layout.encoding == Encoding::kFrame) {
            column.base = layout.bases[index];
        }
        return column;
    }

    std::shared_ptr<const OpenFile> file_;
};

}  // namespace kodiak::storage::warm
