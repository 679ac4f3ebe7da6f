#include <cstring>

#include <arrow/array/util.h>
#include <arrow/buffer.h>

#include "base/hash/xxh3.hpp"
#include "storage/warm/cold_file.hpp"
#include "storage/warm/written_columns.hpp"

namespace kodiak::storage {
namespace {

using warm::WrittenColumn;

// The narrowed data with zeros under NULLs: what reading makes of it.
std::string normal_data(const WrittenColumn& column, const warm::Run& run, size_t position, uint32_t width) {
    std::string data(reinterpret_cast<const char*>(column.array->buffers[1]->data()), run.rows * width);
    size_t row = 0;
    for (size_t c = 0; c < run.chunks.size(); ++c) {
        for (uint32_t slot = 0; slot < run.counts[c]; ++slot, ++row) {
            if (!run.chunks[c]->column(position).is_valid(slot)) {
                std::memset(data.data() + row * width, 0, width);
            }
        }
    }
    return data;
}

// Type and dictionary without rows.
std::shared_ptr<arrow::ArrayData> without_rows(const WrittenColumn& column) {
    std::vector<std::shared_ptr<arrow::Buffer>> buffers(column.array->buffers.size());
    for (size_t i = 1; i < buffers.size(); ++i) {
        buffers[i] = arrow::Buffer::FromString(std::string(8, '\0'));
    }
    auto array = arrow::ArrayData::Make(column.field->type(), 0, std::move(buffers), 0);
    array->dictionary = column.array->dictionary;
    return array;
}

std::vector<uint64_t> values_of(const WrittenColumn& column, uint64_t rows) {
    std::vector<uint64_t> values(rows);
    std::memcpy(values.data(), column.array->buffers[1]->data(), rows * sizeof(uint64_t));
    return values;
}

Status write_bytes(Disk& disk, const std::string& path, std::string_view bytes) {
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk.open(path, OpenMode::kCreate));
    KODIAK_TRY(file->write(0, bytes));
    return file->sync();
}

}  // namespace

std::string cold_layout_path(const std::string& path) { return path.substr(0, path.rfind('.')) + ".layout"; }

Status write_cold_file(Disk& disk, const std::string& path, const WarmContent& content, ColdCodec& codec,
                       const std::string& compression) {
    KODIAK_TRY_ASSIGN(const warm::WrittenColumns written, warm::make_columns(content));
    const size_t stored = content.chunks[0]->schema().ids.size();
    std::vector<SystemColumn> system;
    arrow::FieldVector fields;
    std::vector<std::shared_ptr<arrow::ArrayData>> arrays;
    std::string cold;
    ByteWriter writer(cold);
    for (size_t i = 0; i < written.columns.size(); ++i) {
        const WrittenColumn& column = written.columns[i];
        fields.push_back(column.field);
        arrays.push_back(without_rows(column));
        if (i >= stored) {
            system.push_back({column.field->name(), values_of(column, written.run.rows)});
        }
        KODIAK_TRY_ASSIGN(const warm::ColumnLayout layout,
                          warm::read_column_metadata(*column.field, written.run.chunks.size()));
        const bool has_heap = layout.encoding == Encoding::kOffsets;
        writer.varint(has_heap ? static_cast<uint64_t>(column.array->buffers[2]->size()) : 0);
        writer.u64(i >= stored                     ? layout.data_hash
                   : has_heap || layout.width == 0 ? 0
                                                   : xxh3(normal_data(column, written.run, i, layout.width)));
    }
    KODIAK_TRY_ASSIGN(const std::string parquet, codec.encode({content.chunks, system, compression}));
    std::string head;
    ByteWriter head_writer(head);
    head_writer.u64(parquet.size());
    head_writer.u64(xxh3(parquet));
    KODIAK_TRY(write_bytes(disk, path, parquet));
    const auto schema = warm::with_file_metadata(fields, written.layout, head + cold);
    const auto layout_bytes = warm::write_arrow(disk, cold_layout_path(path), schema, arrays, 0, WarmSync::kNow);
    return layout_bytes.ok() ? Status() : Status(layout_bytes.error());
}

}  // namespace kodiak::storage
