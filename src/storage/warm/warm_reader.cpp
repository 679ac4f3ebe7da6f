#include <algorithm>
#include <atomic>
#include <exception>

#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/hash/xxh3.hpp"
#include "storage/warm/warm_file.hpp"
#include "storage/warm/warm_metadata.hpp"

namespace kodiak::storage {
namespace {

using catalog::Physical;

// One field of the file: its layout and where its bytes lie.
struct OpenColumn {
    std::string name;
    warm::ColumnLayout layout;
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
    std::shared_ptr<arrow::RecordBatch> batch;
    warm::FileLayout layout;
    std::vector<OpenColumn> columns;  // stored ones, then system columns
};

Error damaged(const std::string& path, const std::string& what) {
    return make_error(ErrorCode::kCorruption, "warm file is damaged: " + path + ": " + what);
}

std::string_view bytes_at(const uint8_t* data, uint64_t bytes) {
    return {reinterpret_cast<const char*>(data), static_cast<size_t>(bytes)};
}

// A buffer of at least `bytes` bytes at an address that is a multiple of `alignment`.
Result<const uint8_t*> buffer_of(const arrow::ArrayData& array, size_t index, uint64_t bytes, uint64_t alignment) {
    if (index >= array.buffers.size() || array.buffers[index] == nullptr || array.offset != 0 ||
        static_cast<uint64_t>(array.buffers[index]->size()) < bytes) {
        return make_error(ErrorCode::kCorruption, "a buffer is missing or too short");
    }
    const uint8_t* const data = array.buffers[index]->data();
    if (reinterpret_cast<uintptr_t>(data) % alignment != 0) {
        return make_error(ErrorCode::kCorruption, "a buffer is not aligned");
    }
    return data;
}

// Widths and kinds must be those that the code reading the column relies on.
bool is_consistent(const warm::ColumnLayout& layout) {
    const uint32_t width = layout.width;
    switch (layout.encoding) {
        case Encoding::kPlain:
            return layout.physical != Physical::kString && width == catalog::physical_bytes(layout.physical);
        case Encoding::kFrame:
            return catalog::is_narrowable(layout.physical) && (width == 0 || width == 1 || width == 2 || width == 4) &&
                   width < catalog::physical_bytes(layout.physical);
        case Encoding::kDictionary:
            return layout.physical == Physical::kString && (width == 1 || width == 2) &&
                   layout.dictionary_values <= (width == 1 ? 256u : 4096u);
        case Encoding::kOffsets: return layout.physical == Physical::kString && width == 4;
    }
    return false;
}

// Copies nothing but the references; checks everything, because codes are looked up in it without a check later.
Result<std::shared_ptr<const Dictionary>> open_dictionary(const arrow::ArrayData& array,
                                                          const warm::ColumnLayout& layout) {
    const uint64_t count = layout.dictionary_values;
    auto dictionary = std::make_shared<Dictionary>();
    if (static_cast<uint64_t>(array.length) != count) {
        return make_error(ErrorCode::kCorruption, "dictionary has another number of values");
    }
    KODIAK_TRY_ASSIGN(const uint8_t* const offset_bytes, buffer_of(array, 1, (count + 1) * 4, 4));
    const auto* const offsets = reinterpret_cast<const uint32_t*>(offset_bytes);
    if (xxh3(bytes_at(offset_bytes, (count + 1) * 4)) != layout.dictionary_offsets_hash) {
        return make_error(ErrorCode::kCorruption, "dictionary offsets fail their checksum");
    }
    const uint8_t* heap = nullptr;
    if (offsets[count] > 0) {
        KODIAK_TRY_ASSIGN(heap, buffer_of(array, 2, offsets[count], 1));
    }
    if (xxh3(bytes_at(heap, offsets[count])) != layout.dictionary_heap_hash) {
        return make_error(ErrorCode::kCorruption, "dictionary strings fail their checksum");
    }
    for (uint64_t i = 0; i < count; ++i) {
        if (offsets[i] > offsets[i + 1] || offsets[i + 1] > offsets[count]) {
            return make_error(ErrorCode::kCorruption, "dictionary offsets do not ascend");
        }
        dictionary->values.emplace_back(bytes_at(heap + offsets[i], offsets[i + 1] - offsets[i]));
        if (i > 0 && dictionary->values[i - 1].view() >= dictionary->values[i].view()) {
            return make_error(ErrorCode::kCorruption, "dictionary is not sorted");
        }
    }
    return std::shared_ptr<const Dictionary>(std::move(dictionary));
}

Result<OpenColumn> open_column(const arrow::Field& field, const arrow::ArrayData& array, uint64_t rows, size_t chunks) {
    OpenColumn column;
    column.name = field.name();
    KODIAK_TRY_ASSIGN(column.layout, warm::read_column_metadata(field, chunks));
    const warm::ColumnLayout& layout = column.layout;
    if (!is_consistent(layout) || static_cast<uint64_t>(array.length) != rows) {
        return make_error(ErrorCode::kCorruption, "layout contradicts itself");
    }
    const bool has_nulls = std::any_of(layout.zones.begin(), layout.zones.end(),
                                       [](const warm::ChunkZone& zone) { return zone.nulls > 0; });
    if (has_nulls) {
        // Whole words: Arrow pads every buffer to eight bytes at least, and the file goes on behind them.
        KODIAK_TRY_ASSIGN(column.validity, buffer_of(array, 0, (rows + 7) / 8, 8));
    }
    const uint64_t entries = layout.encoding == Encoding::kOffsets ? rows + 1 : rows;
    const uint64_t alignment = layout.width == 0 ? 1 : std::min<uint64_t>(layout.width, 8);
    KODIAK_TRY_ASSIGN(column.data, buffer_of(array, 1, entries * layout.width, alignment));
    if (layout.encoding == Encoding::kOffsets && array.buffers.size() > 2 && array.buffers[2] != nullptr) {
        column.heap = array.buffers[2]->data();
        column.heap_bytes = static_cast<uint64_t>(array.buffers[2]->size());
    }
    if (layout.encoding == Encoding::kDictionary) {
        if (array.dictionary == nullptr) {
            return make_error(ErrorCode::kCorruption, "dictionary is missing");
        }
        KODIAK_TRY_ASSIGN(column.dictionary, open_dictionary(*array.dictionary, layout));
    }
    return column;
}

class WarmChunk final : public Chunk {
   public:
    // `counters` and `commits` are the system columns, nullptr where the file has none.
    WarmChunk(std::shared_ptr<const OpenFile> file, std::shared_ptr<const StoredSchema> schema, size_t index,
              const RowNumbering& numbering, const OpenColumn* counters, const OpenColumn* commits)
        : file_(std::move(file)) {
        schema_ = std::move(schema);
        sealed_ = true;
        const uint64_t first = index * kRowsPerChunk;
        const warm::ChunkIdentity& identity = file_->layout.chunks[index];
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
        const warm::ColumnLayout& layout = source.layout;
        const warm::ChunkZone& zone = layout.zones[index];
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

bool codes_fit(const OpenColumn& column, uint64_t rows) {
    const uint64_t values = std::max<uint64_t>(1, column.dictionary->values.size());  // all NULL: code 0, no value
    const auto* const narrow = column.data;
    const auto* const wide = reinterpret_cast<const uint16_t*>(column.data);
    for (uint64_t row = 0; row < rows; ++row) {
        if ((column.layout.width == 1 ? narrow[row] : wide[row]) >= values) {
            return false;
        }
    }
    return true;
}

bool offsets_fit(const OpenColumn& column, uint64_t rows) {
    const auto* const offsets = reinterpret_cast<const uint32_t*>(column.data);
    for (uint64_t row = 0; row < rows; ++row) {
        if (offsets[row] > offsets[row + 1]) {
            return false;
        }
    }
    return offsets[rows] <= column.heap_bytes;
}

Status verify_bytes(const OpenFile& file, const OpenColumn& column) {
    const warm::ColumnLayout& layout = column.layout;
    const uint64_t rows = file.layout.rows;
    const auto fail = [&](const char* what) { return damaged(file.path, "column " + column.name + ": " + what); };
    if (column.validity != nullptr && xxh3(bytes_at(column.validity, (rows + 7) / 8)) != layout.validity_hash) {
        return fail("presence bits fail their checksum");
    }
    const uint64_t entries = layout.encoding == Encoding::kOffsets ? rows + 1 : rows;
    if (layout.width > 0 && xxh3(bytes_at(column.data, entries * layout.width)) != layout.data_hash) {
        return fail("values fail their checksum");
    }
    if (layout.encoding == Encoding::kDictionary) {
        if (!codes_fit(column, rows)) {
            return fail("a code is not in the dictionary");
        }
    } else if (layout.encoding == Encoding::kOffsets) {
        if (!offsets_fit(column, rows)) {
            return fail("offsets do not fit the strings");
        }
        const uint32_t used = reinterpret_cast<const uint32_t*>(column.data)[rows];
        if (xxh3(bytes_at(column.heap, used)) != layout.heap_hash) {
            return fail("strings fail their checksum");
        }
    }
    return ok_status();
}

class OpenWarmFile final : public WarmFile {
   public:
    OpenWarmFile(std::shared_ptr<const OpenFile> file, const std::shared_ptr<const StoredSchema>& schema,
                 const RowNumbering& numbering)
        : file_(std::move(file)), values_(schema->ids.size()), verified_(file_->columns.size()) {
        const OpenColumn* counters = nullptr;
        const OpenColumn* commits = nullptr;
        for (size_t i = schema->ids.size(); i < file_->columns.size(); ++i) {
            const std::string& name = file_->columns[i].name;
            (name == warm::kRowCounterField ? counters : name == warm::kCreatedField ? commits : ended_) =
                &file_->columns[i];
        }
        for (size_t index = 0; index < file_->layout.chunks.size(); ++index) {
            chunks_.push_back(std::make_shared<WarmChunk>(file_, schema, index, numbering, counters, commits));
        }
    }

    const std::string& path() const override { return file_->path; }
    const std::vector<std::shared_ptr<const Chunk>>& chunks() const override { return chunks_; }
    uint64_t rows() const override { return file_->layout.rows; }
    uint64_t bytes() const override { return file_->mapping->bytes(); }
    uint32_t null_count(size_t chunk, size_t position) const override {
        return file_->columns[position].layout.zones[chunk].nulls;
    }
    FileEnds ends(size_t chunk) const override {
        if (ended_ == nullptr) {
            return {};
        }
        const warm::ChunkIdentity& identity = file_->layout.chunks[chunk];
        return {reinterpret_cast<const uint64_t*>(ended_->data) + chunk * kRowsPerChunk, identity.min_ended,
                identity.max_ended};
    }
    Status verify_columns(std::span<const size_t> positions) override {
        for (size_t system = file_->columns.size(); system > values_; --system) {
            KODIAK_TRY(verify_once(system - 1));
        }
        for (const size_t position : positions) {
            KODIAK_TRY(verify_once(position));
        }
        return ok_status();
    }
    Status verify() override {
        for (size_t position = 0; position < file_->columns.size(); ++position) {
            KODIAK_TRY(verify_bytes(*file_, file_->columns[position]));
            const OpenColumn& column = file_->columns[position];
            if (column.dictionary != nullptr) {
                const auto opened = open_dictionary(
                    *file_->batch->column_data(static_cast<int>(position))->dictionary, column.layout);
                if (!opened.ok()) {
                    return damaged(file_->path, "column " + column.name + ": " + opened.error().message);
                }
            }
            verified_[position].store(true, std::memory_order_release);
        }
        return ok_status();
    }

   private:
    Status verify_once(size_t position) {
        if (!verified_[position].load(std::memory_order_acquire)) {
            KODIAK_TRY(verify_bytes(*file_, file_->columns[position]));
            verified_[position].store(true, std::memory_order_release);
        }
        return ok_status();
    }

    std::shared_ptr<const OpenFile> file_;
    const size_t values_;  // columns of the table; row numbers and commits follow where the file holds them
    std::vector<std::atomic<bool>> verified_;
    std::vector<std::shared_ptr<const Chunk>> chunks_;
    const OpenColumn* ended_ = nullptr;
};

// Opens what Arrow makes of the file. Arrow checks its own structure; buffers point into the mapping.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> read_batch(const Mapping& mapping) {
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    options.use_threads = false;
    const auto source = std::make_shared<arrow::io::BufferReader>(
        std::make_shared<arrow::Buffer>(mapping.data(), static_cast<int64_t>(mapping.bytes())));
    ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchFileReader::Open(source, options));
    if (reader->num_record_batches() != 1) {
        return arrow::Status::Invalid("not exactly one record batch");
    }
    return reader->ReadRecordBatch(0);
}

Status open_columns(OpenFile& file, const StoredSchema& schema) {
    const arrow::Schema& fields = *file.batch->schema();
    const size_t chunks = file.layout.chunks.size();
    if (static_cast<uint64_t>(file.batch->num_rows()) != file.layout.rows) {
        return damaged(file.path, "the number of rows contradicts the metadata");
    }
    for (int i = 0; i < fields.num_fields(); ++i) {
        Result<OpenColumn> column =
            open_column(*fields.field(i), *file.batch->column_data(i), file.layout.rows, chunks);
        if (!column.ok()) {
            return damaged(file.path, "column " + fields.field(i)->name() + ": " + column.error().message);
        }
        file.columns.push_back(std::move(*column));
    }
    const auto is_system = [&](size_t at, const char* name) {
        const OpenColumn& column = file.columns[at];
        return column.name == name && column.layout.encoding == Encoding::kPlain &&
               column.layout.physical == Physical::kUint64;
    };
    const bool has_counters = std::any_of(file.layout.chunks.begin(), file.layout.chunks.end(),
                                          [](const auto& chunk) { return !chunk.is_sequence; });
    const bool has_commits = std::any_of(file.layout.chunks.begin(), file.layout.chunks.end(),
                                         [](const auto& chunk) { return chunk.min_created != chunk.max_created; });
    size_t next = schema.ids.size();
    const bool has_ends = file.layout.has_ended;
    if (file.columns.size() != next + (has_counters ? 1 : 0) + (has_commits ? 1 : 0) + (has_ends ? 1 : 0) ||
        (has_counters && !is_system(next++, warm::kRowCounterField)) ||
        (has_commits && !is_system(next++, warm::kCreatedField)) ||
        (has_ends && !is_system(next, warm::kEndedField))) {
        return damaged(file.path, "its columns are not those of the table");
    }
    for (size_t position = 0; position < schema.ids.size(); ++position) {
        const warm::ColumnLayout& layout = file.columns[position].layout;
        if (layout.id != schema.ids[position] || layout.physical != schema.types[position].physical()) {
            return damaged(file.path, "its columns are not those of the table");
        }
    }
    return ok_status();
}

}  // namespace

Result<std::shared_ptr<WarmFile>> open_warm_file(Disk& disk, const std::string& path,
                                                 std::shared_ptr<const StoredSchema> schema,
                                                 const RowNumbering& numbering) {
    auto file = std::make_shared<OpenFile>();
    file->path = path;
    KODIAK_TRY_ASSIGN(file->mapping, disk.map(path));
    try {
        arrow::Result<std::shared_ptr<arrow::RecordBatch>> batch = read_batch(*file->mapping);
        if (!batch.ok()) {
            return damaged(path, batch.status().message());
        }
        file->batch = std::move(*batch);
        Result<warm::FileLayout> layout = warm::read_file_metadata(*file->batch->schema());
        if (!layout.ok()) {
            return make_error(layout.error().code, layout.error().message + ": " + path);
        }
        file->layout = std::move(*layout);
        KODIAK_TRY(open_columns(*file, *schema));
    } catch (const std::exception& error) {  // a damaged length may have asked for too much memory
        return damaged(path, error.what());
    }
    return std::shared_ptr<WarmFile>(std::make_shared<OpenWarmFile>(std::move(file), schema, numbering));
}

}  // namespace kodiak::storage
