#include "storage/warm/file_columns.hpp"

#include <algorithm>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>

#include "base/hash/xxh3.hpp"

namespace kodiak::storage::warm {

using catalog::Physical;

Error damaged(const std::string& path, const std::string& what) {
    return make_error(ErrorCode::kCorruption, "warm file is damaged: " + path + ": " + what);
}

std::string_view bytes_at(const uint8_t* data, uint64_t bytes) {
    return {reinterpret_cast<const char*>(data), static_cast<size_t>(bytes)};
}

namespace {

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

}  // namespace

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

bool is_consistent(const ColumnLayout& layout) {
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

Result<std::shared_ptr<const Dictionary>> open_dictionary(const arrow::ArrayData& array,
                                                          const ColumnLayout& layout) {
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

Status check_columns(const OpenFile& file, const StoredSchema& schema) {
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
        (has_counters && !is_system(next++, kRowCounterField)) ||
        (has_commits && !is_system(next++, kCreatedField)) ||
        (has_ends && !is_system(next, kEndedField))) {
        return damaged(file.path, "its columns are not those of the table");
    }
    for (size_t position = 0; position < schema.ids.size(); ++position) {
        const ColumnLayout& layout = file.columns[position].layout;
        if (layout.id != schema.ids[position] || layout.physical != schema.types[position].physical()) {
            return damaged(file.path, "its columns are not those of the table");
        }
    }
    return ok_status();
}

Status check_bounds(const OpenFile& file, const OpenColumn& column) {
    const uint64_t rows = file.layout.rows;
    const auto fail = [&](const char* what) { return damaged(file.path, "column " + column.name + ": " + what); };
    if (column.layout.encoding == Encoding::kDictionary && !codes_fit(column, rows)) {
        return fail("a code is not in the dictionary");
    }
    if (column.layout.encoding == Encoding::kOffsets && !offsets_fit(column, rows)) {
        return fail("offsets do not fit the strings");
    }
    return ok_status();
}

SystemColumns system_columns_of(const OpenFile& file, size_t stored) {
    SystemColumns system;
    for (size_t i = stored; i < file.columns.size(); ++i) {
        const std::string& name = file.columns[i].name;
        (name == kRowCounterField ? system.counters : name == kCreatedField ? system.commits : system.ends) =
            &file.columns[i];
    }
    return system;
}

}  // namespace kodiak::storage::warm
