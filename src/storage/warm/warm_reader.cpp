#include <algorithm>
#include <atomic>
#include <exception>

#include "base/hash/xxh3.hpp"
#include "storage/warm/file_columns.hpp"
#include "storage/warm/warm_file.hpp"

namespace kodiak::storage {
namespace {

using warm::OpenColumn;
using warm::OpenFile;
using warm::bytes_at;
using warm::damaged;

Result<OpenColumn> open_column(const arrow::Field& field, const arrow::ArrayData& array, uint64_t rows, size_t chunks) {
    OpenColumn column;
    column.name = field.name();
    KODIAK_TRY_ASSIGN(column.layout, warm::read_column_metadata(field, chunks));
    const warm::ColumnLayout& layout = column.layout;
    if (!warm::is_consistent(layout) || static_cast<uint64_t>(array.length) != rows) {
        return make_error(ErrorCode::kCorruption, "layout contradicts itself");
    }
    const bool has_nulls = std::any_of(layout.zones.begin(), layout.zones.end(),
                                       [](const warm::ChunkZone& zone) { return zone.nulls > 0; });
    if (has_nulls) {
        // Whole words: Arrow pads every buffer to eight bytes at least, and the file goes on behind them.
        KODIAK_TRY_ASSIGN(column.validity, warm::buffer_of(array, 0, (rows + 7) / 8, 8));
    }
    const uint64_t entries = layout.encoding == Encoding::kOffsets ? rows + 1 : rows;
    const uint64_t alignment = layout.width == 0 ? 1 : std::min<uint64_t>(layout.width, 8);
    KODIAK_TRY_ASSIGN(column.data, warm::buffer_of(array, 1, entries * layout.width, alignment));
    if (layout.encoding == Encoding::kOffsets && array.buffers.size() > 2 && array.buffers[2] != nullptr) {
        column.heap = array.buffers[2]->data();
        column.heap_bytes = static_cast<uint64_t>(array.buffers[2]->size());
    }
    if (layout.encoding == Encoding::kDictionary) {
        if (array.dictionary == nullptr) {
            return make_error(ErrorCode::kCorruption, "dictionary is missing");
        }
        KODIAK_TRY_ASSIGN(column.dictionary, warm::open_dictionary(*array.dictionary, layout));
    }
    return column;
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
    KODIAK_TRY(warm::check_bounds(file, column));
    if (layout.encoding == Encoding::kOffsets) {
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
        const warm::SystemColumns system = warm::system_columns_of(*file_, values_);
        ended_ = system.ends;
        for (size_t index = 0; index < file_->layout.chunks.size(); ++index) {
            chunks_.push_back(std::make_shared<warm::FileChunk>(file_, schema, index, numbering, system.counters,
                                                                system.commits));
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
                const auto opened = warm::open_dictionary(
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
    return warm::check_columns(file, schema);
}

}  // namespace

Result<std::shared_ptr<WarmFile>> open_warm_file(Disk& disk, const std::string& path,
                                                 std::shared_ptr<const StoredSchema> schema,
                                                 const RowNumbering& numbering) {
    auto file = std::make_shared<OpenFile>();
    file->path = path;
    KODIAK_TRY_ASSIGN(file->mapping, disk.map(path));
    try {
        arrow::Result<std::shared_ptr<arrow::RecordBatch>> batch = warm::read_batch(*file->mapping);
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
