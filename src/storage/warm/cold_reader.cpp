#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>

#include "base/hash/xxh3.hpp"
#include "storage/warm/cold_columns.hpp"
#include "storage/warm/cold_file.hpp"

namespace kodiak::storage {
namespace {

using warm::OpenColumn;
using warm::OpenFile;

constexpr uint64_t kAlignment = 64;

Error damaged(const std::string& path, const std::string& what) {
    return make_error(ErrorCode::kCorruption, "cold file is damaged: " + path + ": " + what);
}

uint64_t padded(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// What `kodiak.cold` says.
struct ColdDescription {
    uint64_t bytes = 0;
    uint64_t hash = 0;
    std::vector<uint64_t> heap_bytes;
    std::vector<uint64_t> data_hashes;
};

Result<ColdDescription> read_description(const arrow::Schema& schema) {
    KODIAK_TRY_ASSIGN(const std::string bytes, warm::read_cold_metadata(schema));
    ByteReader reader(bytes);
    ColdDescription description;
    KODIAK_TRY_ASSIGN(description.bytes, reader.u64());
    KODIAK_TRY_ASSIGN(description.hash, reader.u64());
    for (int i = 0; i < schema.num_fields(); ++i) {
        KODIAK_TRY_ASSIGN(const uint64_t heap, reader.varint());
        KODIAK_TRY_ASSIGN(const uint64_t hash, reader.u64());
        if (heap > static_cast<uint64_t>(INT32_MAX)) {
            return make_error(ErrorCode::kCorruption, "a string heap is too large");
        }
        description.heap_bytes.push_back(heap);
        description.data_hashes.push_back(hash);
    }
    return description;
}

// Bytes of the buffers of one column, each padded.
struct BufferSizes {
    uint64_t validity = 0;
    uint64_t data = 0;
    uint64_t heap = 0;
    uint64_t all() const { return validity + data + heap; }
};

BufferSizes sizes_of(const warm::ColumnLayout& layout, uint64_t rows, uint64_t heap_bytes) {
    const bool has_nulls = std::any_of(layout.zones.begin(), layout.zones.end(),
                                       [](const warm::ChunkZone& zone) { return zone.nulls > 0; });
    const uint64_t entries = layout.encoding == Encoding::kOffsets ? rows + 1 : rows;
    return {has_nulls ? padded((rows + 7) / 8 + 8) : 0, padded(std::max<uint64_t>(1, entries * layout.width)),
            padded(heap_bytes)};
}

class OpenColdFile final : public ChunkFile {
   public:
    OpenColdFile(std::shared_ptr<OpenFile> file, std::unique_ptr<Mapping> values, ColdDescription description,
                 std::shared_ptr<const StoredSchema> schema, const RowNumbering& numbering,
                 std::shared_ptr<ColdCodec> codec)
        : file_(std::move(file)),
          values_(std::move(values)),
          description_(std::move(description)),
          schema_(std::move(schema)),
          codec_(std::move(codec)),
          verified_(file_->columns.size()) {
        const warm::SystemColumns system = warm::system_columns_of(*file_, schema_->ids.size());
        ends_ = system.ends;
        for (size_t index = 0; index < file_->layout.chunks.size(); ++index) {
            chunks_.push_back(std::make_shared<warm::FileChunk>(file_, schema_, index, numbering, system.counters,
                                                                system.commits));
        }
    }

    const std::string& path() const override { return file_->path; }
    const std::vector<std::shared_ptr<const Chunk>>& chunks() const override { return chunks_; }
    uint64_t rows() const override { return file_->layout.rows; }
    uint64_t bytes() const override { return values_->bytes() + file_->mapping->bytes(); }
    uint64_t memory_bytes() const override {
        uint64_t bytes = 0;
        for (size_t i = 0; i < verified_.size(); ++i) {
            const OpenColumn& column = file_->columns[i];
            bytes += verified_[i].load(std::memory_order_relaxed)
                         ? sizes_of(column.layout, file_->layout.rows, column.heap_bytes).all()
                         : 0;
        }
        return bytes;
    }
    uint32_t null_count(size_t chunk, size_t position) const override {
        return file_->columns[position].layout.zones[chunk].nulls;
    }
    FileEnds ends(size_t chunk) const override {
        if (ends_ == nullptr) {
            return {};
        }
        const warm::ChunkIdentity& identity = file_->layout.chunks[chunk];
        return {reinterpret_cast<const uint64_t*>(ends_->data) + chunk * kRowsPerChunk, identity.min_ended,
                identity.max_ended};
    }

    Status verify_columns(std::span<const size_t> positions) override {
        std::vector<size_t> missing;
        for (size_t system = schema_->ids.size(); system < file_->columns.size(); ++system) {
            add_missing(system, missing);
        }
        for (const size_t position : positions) {
            add_missing(position, missing);
        }
        if (missing.empty()) {
            return {};
        }
        const std::lock_guard guard(mutex_);
        std::erase_if(missing, [&](size_t at) { return verified_[at].load(std::memory_order_acquire); });
        return missing.empty() ? Status() : read(missing);
    }

    Status verify() override {
        if (xxh3(warm::bytes_at(values_->data(), values_->bytes())) != description_.hash) {
            return damaged(file_->path, "it fails its checksum");
        }
        std::vector<size_t> all(schema_->ids.size());
        for (size_t i = 0; i < all.size(); ++i) {
            all[i] = i;
        }
        return verify_columns(all);
    }

   private:
    void add_missing(size_t position, std::vector<size_t>& missing) const {
        const bool listed = std::find(missing.begin(), missing.end(), position) != missing.end();
        if (!listed && !verified_[position].load(std::memory_order_acquire)) {
            missing.push_back(position);
        }
    }

    // Requires: mutex_ held, none of them was read.
    Status read(const std::vector<size_t>& positions) {
        if (codec_ == nullptr) {
            return make_error(ErrorCode::kUnsupported,
                              "cannot read \"" + file_->path + "\": no Parquet codec is plugged in");
        }
        std::vector<ColdColumn> wanted;
        std::vector<warm::ColumnFiller> fillers;
        for (const size_t position : positions) {
            catalog::Type type;
            type.kind = catalog::TypeKind::kUBigInt;
            const bool is_stored = position < schema_->ids.size();
            wanted.push_back({file_->columns[position].name, is_stored ? schema_->types[position] : type});
            fillers.emplace_back(file_->columns[position], file_->layout.rows);
        }
        const Status decoded =
            codec_->decode(warm::bytes_at(values_->data(), values_->bytes()), wanted, [&](const BatchView& batch) {
                Status taken;
                for (size_t i = 0; i < fillers.size() && taken.ok(); ++i) {
                    taken = fillers[i].add(batch.columns[i], batch.rows);
                }
                return taken;
            });
        Status outcome = decoded.ok() ? Status() : Status(damaged(file_->path, decoded.error().message));
        for (size_t i = 0; i < positions.size() && outcome.ok(); ++i) {
            outcome = fillers[i].filled() == file_->layout.rows
                          ? check(positions[i])
                          : Status(damaged(file_->path, "rows are missing"));
        }
        for (const size_t position : positions) {
            if (outcome.ok()) {
                verified_[position].store(true, std::memory_order_release);
            } else {
                clear(position);
            }
        }
        return outcome;
    }

    Status check(size_t position) const {
        const OpenColumn& column = file_->columns[position];
        const warm::ColumnLayout& layout = column.layout;
        const uint64_t rows = file_->layout.rows;
        const auto fail = [&](const char* what) { return damaged(file_->path, "column " + column.name + ": " + what); };
        if (column.validity != nullptr &&
            xxh3(warm::bytes_at(column.validity, (rows + 7) / 8)) != layout.validity_hash) {
            return fail("presence bits fail their checksum");
        }
        if (layout.encoding == Encoding::kOffsets) {
            if (xxh3(warm::bytes_at(column.heap, column.heap_bytes)) != layout.heap_hash) {
                return fail("strings fail their checksum");
            }
        } else if (layout.width > 0 &&
                   xxh3(warm::bytes_at(column.data, rows * layout.width)) != description_.data_hashes[position]) {
            return fail("values fail their checksum");
        }
        return warm::check_bounds(*file_, column);
    }

    // Back to zeros, for the next attempt.
    void clear(size_t position) {
        const OpenColumn& column = file_->columns[position];
        const BufferSizes sizes = sizes_of(column.layout, file_->layout.rows, column.heap_bytes);
        const auto zero = [](const uint8_t* data, uint64_t bytes) {
            if (data != nullptr) {
                std::fill_n(const_cast<uint8_t*>(data), bytes, uint8_t{0});
            }
        };
        zero(column.validity, sizes.validity);
        zero(column.data, sizes.data);
        zero(column.heap, sizes.heap);
    }

    const std::shared_ptr<OpenFile> file_;
    const std::unique_ptr<Mapping> values_;
    const ColdDescription description_;
    const std::shared_ptr<const StoredSchema> schema_;
    const std::shared_ptr<ColdCodec> codec_;
    std::mutex mutex_;  // one thread reads columns
    std::vector<std::atomic<bool>> verified_;
    std::vector<std::shared_ptr<const Chunk>> chunks_;
    const OpenColumn* ends_ = nullptr;
};

// Layouts and dictionaries from the file, buffers in memory that costs nothing before it is written.
Status open_columns(OpenFile& file, const StoredSchema& schema, const ColdDescription& description) {
    const arrow::Schema& fields = *file.batch->schema();
    const uint64_t rows = file.layout.rows;
    uint64_t bytes = 0;
    for (int i = 0; i < fields.num_fields(); ++i) {
        OpenColumn column;
        column.name = fields.field(i)->name();
        auto layout = warm::read_column_metadata(*fields.field(i), file.layout.chunks.size());
        if (!layout.ok() || !warm::is_consistent(*layout)) {
            return damaged(file.path, "column " + column.name + ": layout contradicts itself");
        }
        column.layout = std::move(*layout);
        column.heap_bytes = description.heap_bytes[static_cast<size_t>(i)];
        if (column.layout.encoding == Encoding::kDictionary) {
            const auto& array = file.batch->column_data(i);
            auto dictionary = array->dictionary == nullptr
                                  ? Result<std::shared_ptr<const Dictionary>>(
                                        make_error(ErrorCode::kCorruption, "dictionary is missing"))
                                  : warm::open_dictionary(*array->dictionary, column.layout);
            if (!dictionary.ok()) {
                return damaged(file.path, "column " + column.name + ": " + dictionary.error().message);
            }
            column.dictionary = std::move(*dictionary);
        }
        bytes += sizes_of(column.layout, rows, column.heap_bytes).all();
        file.columns.push_back(std::move(column));
    }
    auto* const block = static_cast<uint8_t*>(std::calloc(bytes + kAlignment, 1));
    if (block == nullptr) {
        return make_error(ErrorCode::kOutOfMemory, "no memory for the columns of " + file.path);
    }
    file.memory = std::shared_ptr<uint8_t>(block, std::free);
    uint8_t* next = block + (kAlignment - reinterpret_cast<uintptr_t>(block) % kAlignment) % kAlignment;
    for (OpenColumn& column : file.columns) {
        const BufferSizes sizes = sizes_of(column.layout, rows, column.heap_bytes);
        column.validity = sizes.validity > 0 ? next : nullptr;
        column.data = next + sizes.validity;
        column.heap = sizes.heap > 0 ? next + sizes.validity + sizes.data : nullptr;
        next += sizes.all();
    }
    return warm::check_columns(file, schema);
}

}  // namespace

Result<std::shared_ptr<ChunkFile>> open_cold_file(Disk& disk, const std::string& path,
                                                  std::shared_ptr<const StoredSchema> schema,
                                                  const RowNumbering& numbering, std::shared_ptr<ColdCodec> codec) {
    auto file = std::make_shared<OpenFile>();
    file->path = path;
    KODIAK_TRY_ASSIGN(file->mapping, disk.map(cold_layout_path(path)));
    KODIAK_TRY_ASSIGN(std::unique_ptr<Mapping> values, disk.map(path));
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
        auto description = read_description(*file->batch->schema());
        if (!description.ok()) {
            return damaged(path, description.error().message);
        }
        if (description->bytes != values->bytes()) {
            return damaged(path, "it has another size than its layout says");
        }
        KODIAK_TRY(open_columns(*file, *schema, *description));
        return std::shared_ptr<ChunkFile>(std::make_shared<OpenColdFile>(std::move(file), std::move(values),
                                                                         std::move(*description), std::move(schema),
                                                                         numbering, std::move(codec)));
    } catch (const std::exception& error) {  // a damaged length may have asked for too much memory
        return damaged(path, error.what());
    }
}

}  // namespace kodiak::storage
