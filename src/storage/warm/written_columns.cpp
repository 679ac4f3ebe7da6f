#include "storage/warm/written_columns.hpp"

#include <algorithm>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>

#include "base/hash/xxh3.hpp"
#include "base/result/assert.hpp"
#include "storage/decode.hpp"
#include "storage/rows/integer_range.hpp"
#include "storage/rows/run_dictionary.hpp"

namespace kodiak::storage::warm {

using catalog::Physical;

namespace {

// Arrow's sink over one of our files; small writes are gathered.
class DiskStream final : public arrow::io::OutputStream {
   public:
    explicit DiskStream(File& file) : file_(file) { set_mode(arrow::io::FileMode::WRITE); }

    arrow::Status Write(const void* data, int64_t bytes) override {
        gathered_.append(static_cast<const char*>(data), static_cast<size_t>(bytes));
        position_ += bytes;
        return gathered_.size() >= kFlushBytes ? Flush() : arrow::Status::OK();
    }
    using arrow::io::OutputStream::Write;
    arrow::Status Flush() override {
        const auto offset = static_cast<uint64_t>(position_) - gathered_.size();
        outcome_ = file_.write(offset, gathered_);
        gathered_.clear();
        return outcome_.ok() ? arrow::Status::OK() : arrow::Status::IOError("see outcome");
    }
    arrow::Status Close() override {
        closed_ = true;
        return arrow::Status::OK();
    }
    arrow::Result<int64_t> Tell() const override { return position_; }
    bool closed() const override { return closed_; }
    // What the disk said last.
    const Status& outcome() const { return outcome_; }

   private:
    static constexpr size_t kFlushBytes = 1 << 20;
    File& file_;
    std::string gathered_;
    int64_t position_ = 0;
    bool closed_ = false;
    Status outcome_;
};

std::shared_ptr<arrow::Buffer> own(std::string bytes) { return arrow::Buffer::FromString(std::move(bytes)); }

std::shared_ptr<arrow::DataType> integer_type(uint32_t width, bool is_signed) {
    switch (width) {
        case 0:
        case 1: return is_signed ? arrow::int8() : arrow::uint8();
        case 2: return is_signed ? arrow::int16() : arrow::uint16();
        case 4: return is_signed ? arrow::int32() : arrow::uint32();
        default: return is_signed ? arrow::int64() : arrow::uint64();
    }
}

std::shared_ptr<arrow::DataType> plain_type(Physical physical) {
    switch (physical) {
        case Physical::kFloat: return arrow::float32();
        case Physical::kDouble: return arrow::float64();
        case Physical::kInt8:
        case Physical::kInt16:
        case Physical::kInt32:
        case Physical::kInt64: return integer_type(catalog::physical_bytes(physical), true);
        case Physical::kInt128:
        case Physical::kUint128:
        case Physical::kInterval: return arrow::fixed_size_binary(16);
        default: return integer_type(catalog::physical_bytes(physical), false);
    }
}

// Presence bits of the whole file; empty when nothing is NULL. Chunks but the last end at word boundaries.
std::string gather_validity(const Run& run, size_t position) {
    std::string bits;
    bool has_nulls = false;
    for (size_t c = 0; c < run.chunks.size(); ++c) {
        const StoredColumn& column = run.chunks[c]->column(position);
        for (uint32_t first = 0; first < run.counts[c]; first += 64) {
            const uint32_t left = run.counts[c] - first;
            const uint64_t mask = left < 64 ? (uint64_t{1} << left) - 1 : UINT64_MAX;
            const uint64_t word = column.validity == nullptr ? mask : column.validity_word(first / 64) & mask;
            has_nulls = has_nulls || word != mask;
            bits.append(reinterpret_cast<const char*>(&word), sizeof word);
        }
    }
    return has_nulls ? bits : std::string();
}

// Sets zone maps and, when the column can be narrowed, encoding, width and bases.
void plan_integers(const Run& run, size_t position, ColumnLayout& layout) {
    uint8_t width = 0;
    bool all_fit = true;
    for (size_t c = 0; c < run.chunks.size(); ++c) {
        const IntegerRange range = integer_range(run.chunks[c]->column(position), run.counts[c]);
        all_fit = all_fit && range.fits;
        layout.zones[c].has_range = range.found && range.fits;
        layout.zones[c].min = layout.zones[c].has_range ? range.min : 0;
        layout.zones[c].max = layout.zones[c].has_range ? range.max : 0;
        width = std::max(width, bytes_for_span(layout.zones[c].min, layout.zones[c].max));
        layout.bases.push_back(layout.zones[c].min);
    }
    if (all_fit && width < layout.width) {
        layout.encoding = Encoding::kFrame;
        layout.width = width;
    } else {
        layout.bases.clear();
    }
}

std::string gather_fixed(const Run& run, size_t position, const ColumnLayout& layout) {
    std::string data(run.rows * std::max<size_t>(layout.width, 1), '\0');
    auto* out = reinterpret_cast<uint8_t*>(data.data());
    for (size_t c = 0; c < run.chunks.size(); ++c) {
        const StoredColumn& column = run.chunks[c]->column(position);
        if (layout.encoding == Encoding::kFrame) {
            store_distances(column, run.counts[c], layout.bases[c], layout.width, out);
        } else {
            decode_fixed(column, layout.physical, nullptr, run.counts[c], out);
        }
        out += size_t{run.counts[c]} * layout.width;
    }
    return data;
}

void hash_data(const std::string& data, ColumnLayout& layout) {
    layout.data_hash = layout.width == 0 ? 0 : xxh3(data);
}

std::shared_ptr<arrow::ArrayData> string_values(const std::vector<StringRef>& values,
                                                const std::shared_ptr<arrow::DataType>& type,
                                                ColumnLayout& layout) {
    std::string offsets;
    std::string heap;
    ByteWriter writer(offsets);
    writer.u32(0);
    for (const StringRef& value : values) {
        heap.append(value.view());
        writer.u32(static_cast<uint32_t>(heap.size()));
    }
    layout.dictionary_values = values.size();
    layout.dictionary_offsets_hash = xxh3(offsets);
    layout.dictionary_heap_hash = xxh3(heap);
    const std::vector<std::shared_ptr<arrow::Buffer>> buffers = {nullptr, own(std::move(offsets)),
                                                                 own(std::move(heap))};
    return arrow::ArrayData::Make(type, static_cast<int64_t>(values.size()), buffers, 0);
}

WrittenColumn write_dictionary(const Run& run, size_t position, const RunDictionary& strings,
                               const std::string& name,
                               const std::shared_ptr<arrow::DataType>& value_type,
                               std::shared_ptr<arrow::Buffer> validity, ColumnLayout& layout) {
    layout.encoding = Encoding::kDictionary;
    layout.width = strings.dictionary->values.size() <= 256 ? 1 : 2;
    std::string codes;
    ByteWriter writer(codes);
    size_t row = 0;
    for (size_t c = 0; c < run.chunks.size(); ++c) {
        ChunkZone& zone = layout.zones[c];
        const StoredColumn& column = run.chunks[c]->column(position);
        for (uint32_t slot = 0; slot < run.counts[c]; ++slot, ++row) {
            const uint16_t code = strings.codes[row];
            layout.width == 1 ? writer.u8(static_cast<uint8_t>(code)) : writer.u16(code);
            if (column.is_valid(slot)) {
                zone.min = zone.has_range ? std::min<int64_t>(zone.min, code) : code;
                zone.max = zone.has_range ? std::max<int64_t>(zone.max, code) : code;
                zone.has_range = true;
            }
        }
    }
    hash_data(codes, layout);
    const auto values = string_values(strings.dictionary->values, value_type, layout);
    const auto type = arrow::dictionary(integer_type(layout.width, false), value_type, true);
    const std::vector<std::shared_ptr<arrow::Buffer>> buffers = {std::move(validity), own(std::move(codes))};
    auto array = arrow::ArrayData::Make(type, static_cast<int64_t>(run.rows), buffers);
    array->dictionary = values;
    return {arrow::field(name, type, true, column_metadata(layout)), array};
}

Result<WrittenColumn> write_strings(const Run& run, size_t position, const std::string& name,
                                    const std::shared_ptr<arrow::DataType>& type,
                                    std::shared_ptr<arrow::Buffer> validity, ColumnLayout& layout) {
    const RunDictionary dictionary = build_run_dictionary(run.chunks, run.counts, position);
    if (dictionary.dictionary != nullptr) {
        return write_dictionary(run, position, dictionary, name, type, std::move(validity), layout);
    }
    layout.encoding = Encoding::kOffsets;
    layout.width = 4;
    std::string offsets;
    std::string heap;
    ByteWriter writer(offsets);
    writer.u32(0);
    std::vector<StringRef> strings;
    for (size_t c = 0; c < run.chunks.size(); ++c) {
        const StoredColumn& column = run.chunks[c]->column(position);
        strings.resize(run.counts[c]);
        decode_strings(column, nullptr, run.counts[c], strings.data());
        for (uint32_t slot = 0; slot < run.counts[c]; ++slot) {
            if (column.is_valid(slot)) {
                if (heap.size() + strings[slot].length > static_cast<size_t>(INT32_MAX)) {
                    return make_error(ErrorCode::kTooLarge,
                                      "strings of one column exceed 2 GiB in a warm file: column id " +
                                          std::to_string(layout.id.value));
                }
                heap.append(strings[slot].view());
            }
            writer.u32(static_cast<uint32_t>(heap.size()));
        }
    }
    hash_data(offsets, layout);
    layout.heap_hash = xxh3(heap);
    const std::vector<std::shared_ptr<arrow::Buffer>> buffers = {std::move(validity), own(std::move(offsets)),
                                                                 own(std::move(heap))};
    return WrittenColumn{arrow::field(name, type, true, column_metadata(layout)),
                         arrow::ArrayData::Make(type, static_cast<int64_t>(run.rows), buffers)};
}

Result<WrittenColumn> write_column(const Run& run, size_t position) {
    const StoredSchema& schema = run.chunks[0]->schema();
    ColumnLayout layout;
    layout.id = schema.ids[position];
    layout.physical = schema.types[position].physical();
    layout.width = static_cast<uint8_t>(catalog::physical_bytes(layout.physical));
    layout.zones.resize(run.chunks.size());
    for (size_t c = 0; c < run.chunks.size(); ++c) {
        layout.zones[c].nulls = run.counts[c] - count_valid(run.chunks[c]->column(position), run.counts[c]);
    }
    std::shared_ptr<arrow::Buffer> validity;
    if (std::string bits = gather_validity(run, position); !bits.empty()) {
        layout.validity_hash = xxh3(std::string_view(bits).substr(0, (run.rows + 7) / 8));
        validity = own(std::move(bits));
    }
    const std::string name = "c" + std::to_string(layout.id.value);
    if (layout.physical == Physical::kString) {
        const bool is_text = schema.types[position].kind == catalog::TypeKind::kVarchar;
        return write_strings(run, position, name, is_text ? arrow::utf8() : arrow::binary(), std::move(validity),
                             layout);
    }
    if (catalog::is_narrowable(layout.physical)) {
        plan_integers(run, position, layout);
    }
    std::string data = gather_fixed(run, position, layout);
    hash_data(data, layout);
    const auto type =
        layout.encoding == Encoding::kFrame ? integer_type(layout.width, false) : plain_type(layout.physical);
    const std::vector<std::shared_ptr<arrow::Buffer>> buffers = {std::move(validity), own(std::move(data))};
    return WrittenColumn{arrow::field(name, type, true, column_metadata(layout)),
                         arrow::ArrayData::Make(type, static_cast<int64_t>(run.rows), buffers)};
}

// `value_of(chunk, slot)` for every row, as a plain uint64 column without NULLs.
template <class ValueOf>
WrittenColumn write_system_column(const Run& run, const char* name, ValueOf&& value_of) {
    ColumnLayout layout;
    layout.physical = Physical::kUint64;
    layout.width = 8;
    layout.zones.resize(run.chunks.size());
    std::string data;
    ByteWriter writer(data);
    for (size_t c = 0; c < run.chunks.size(); ++c) {
        for (uint32_t slot = 0; slot < run.counts[c]; ++slot) {
            writer.u64(value_of(*run.chunks[c], slot));
        }
    }
    hash_data(data, layout);
    const std::vector<std::shared_ptr<arrow::Buffer>> buffers = {nullptr, own(std::move(data))};
    return {arrow::field(name, arrow::uint64(), true, column_metadata(layout)),
            arrow::ArrayData::Make(arrow::uint64(), static_cast<int64_t>(run.rows), buffers, 0)};
}

ChunkIdentity identity_of(const Chunk& chunk, uint32_t count) {
    ChunkIdentity identity;
    identity.first_counter = chunk.row_id(0).counter;
    identity.min_created = UINT64_MAX;
    for (uint32_t slot = 0; slot < count; ++slot) {
        identity.is_sequence = identity.is_sequence && chunk.row_id(slot).counter == identity.first_counter + slot;
        identity.min_created = std::min(identity.min_created, chunk.created(slot));
        identity.max_created = std::max(identity.max_created, chunk.created(slot));
    }
    return identity;
}

}  // namespace

Result<WrittenColumns> make_columns(const WarmContent& content) {
    KODIAK_ASSERT(!content.chunks.empty() && content.chunks.size() <= kWarmFileChunks);
    WrittenColumns written;
    Run& run = written.run;
    FileLayout& layout = written.layout;
    std::vector<WrittenColumn>& columns = written.columns;
    layout.has_row_ids = content.with_row_ids;
    layout.has_created = content.with_created;
    layout.has_ended = !content.ends.empty();
    bool all_in_sequence = true;
    bool all_of_one_commit = true;
    for (const auto& chunk : content.chunks) {
        run.chunks.push_back(chunk.get());
        run.counts.push_back(chunk->count());
        KODIAK_ASSERT(run.counts.back() > 0 && run.rows % kRowsPerChunk == 0 &&
                      chunk->schema().ids == content.chunks[0]->schema().ids);
        run.rows += run.counts.back();
        layout.chunks.push_back(identity_of(*chunk, run.counts.back()));
        if (layout.has_ended) {
            layout.chunks.back().min_ended = content.ends[run.rows - run.counts.back()];
            layout.chunks.back().max_ended = content.ends[run.rows - 1];
        }
        all_in_sequence = all_in_sequence && layout.chunks.back().is_sequence;
        all_of_one_commit =
            all_of_one_commit && layout.chunks.back().min_created == layout.chunks.back().max_created;
    }
    layout.rows = run.rows;
    for (size_t position = 0; position < run.chunks[0]->schema().types.size(); ++position) {
        KODIAK_TRY_ASSIGN(WrittenColumn column, write_column(run, position));
        columns.push_back(std::move(column));
    }
    if (content.with_row_ids && !all_in_sequence) {
        columns.push_back(write_system_column(run, kRowCounterField, [](const Chunk& chunk, uint32_t slot) {
            return chunk.row_id(slot).counter;
        }));
    }
    if (content.with_created && !all_of_one_commit) {
        columns.push_back(write_system_column(
            run, kCreatedField, [](const Chunk& chunk, uint32_t slot) { return chunk.created(slot); }));
    }
    if (layout.has_ended) {
        KODIAK_ASSERT(content.ends.size() == run.rows);
        auto next = content.ends.begin();
        columns.push_back(
            write_system_column(run, kEndedField, [&next](const Chunk&, uint32_t) { return *next++; }));
    }
    return written;
}

Result<uint64_t> write_arrow(Disk& disk, const std::string& path, const std::shared_ptr<arrow::Schema>& schema,
                             const std::vector<std::shared_ptr<arrow::ArrayData>>& arrays, uint64_t rows,
                             WarmSync sync) {
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk.open(path, OpenMode::kCreate));
    DiskStream stream(*file);
    auto options = arrow::ipc::IpcWriteOptions::Defaults();
    options.alignment = 64;
    options.use_threads = false;
    const auto batch = arrow::RecordBatch::Make(schema, static_cast<int64_t>(rows), arrays);
    arrow::Status written = [&]() -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeFileWriter(&stream, schema, options));
        ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
        ARROW_RETURN_NOT_OK(writer->Close());
        return stream.Flush();
    }();
    if (!stream.outcome().ok()) {
        return stream.outcome().error();
    }
    if (!written.ok()) {
        return make_error(ErrorCode::kInternal, "warm file could not be written: " + written.ToString());
    }
    if (sync == WarmSync::kNow) {
        KODIAK_TRY(file->sync());
    }
    return static_cast<uint64_t>(stream.Tell().ValueOrDie());
}

}  // namespace kodiak::storage::warm
