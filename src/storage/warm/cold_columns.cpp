#include "storage/warm/cold_columns.hpp"

#include <cstring>

#include "base/bytes/string_ref.hpp"

namespace kodiak::storage::warm {
namespace {

using catalog::Physical;

Error misfit() { return make_error(ErrorCode::kCorruption, "its values are not those that its layout describes"); }

template <class T>
uint64_t load_as(const void* data, size_t at) {
    T value;
    std::memcpy(&value, static_cast<const char*>(data) + at * sizeof(T), sizeof value);
    return static_cast<uint64_t>(value);  // sign-extended where T has a sign
}

// The value of a narrowable kind, modulo 2^64.
uint64_t integer_at(Physical physical, const void* data, size_t at) {
    switch (physical) {
        case Physical::kBool:
        case Physical::kUint8: return load_as<uint8_t>(data, at);
        case Physical::kInt8: return load_as<int8_t>(data, at);
        case Physical::kUint16: return load_as<uint16_t>(data, at);
        case Physical::kInt16: return load_as<int16_t>(data, at);
        case Physical::kUint32: return load_as<uint32_t>(data, at);
        case Physical::kInt32: return load_as<int32_t>(data, at);
        default: return load_as<uint64_t>(data, at);
    }
}

}  // namespace

// The buffers belong to the file's own memory, which nobody reads before the column counts as verified.
ColumnFiller::ColumnFiller(const OpenColumn& column, uint64_t rows)
    : column_(column),
      rows_(rows),
      validity_(const_cast<uint8_t*>(column.validity)),
      data_(const_cast<uint8_t*>(column.data)),
      heap_(const_cast<uint8_t*>(column.heap)) {
    if (column.dictionary != nullptr) {
        for (size_t code = 0; code < column.dictionary->values.size(); ++code) {
            codes_.emplace(column.dictionary->values[code].view(), static_cast<uint16_t>(code));
        }
    }
}

Status ColumnFiller::add(const ColumnView& values, size_t count) {
    if (count > rows_ - row_) {
        return misfit();
    }
    const bool is_string = column_.layout.physical == Physical::kString;
    for (size_t i = 0; i < count; ++i, ++row_) {
        const bool is_valid = values.is_valid(i);
        if (is_valid && validity_ != nullptr) {
            validity_[row_ / 8] = static_cast<uint8_t>(validity_[row_ / 8] | (1u << (row_ % 8)));
        } else if (!is_valid && validity_ == nullptr) {
            return misfit();
        }
        if (is_string) {
            KODIAK_TRY(is_valid ? add_string(values, i) : Status());
            if (column_.layout.encoding == Encoding::kOffsets) {
                const auto offset = static_cast<uint32_t>(heap_used_);
                std::memcpy(data_ + (row_ + 1) * sizeof offset, &offset, sizeof offset);
            }
        } else if (is_valid) {
            add_number(values, i);
        }
    }
    return {};
}

Status ColumnFiller::add_string(const ColumnView& values, size_t i) {
    const StringRef* const text = static_cast<const StringRef*>(values.data) + values.position(i);
    if (column_.layout.encoding == Encoding::kDictionary) {
        return add_code(text->view());
    }
    if (text->length > column_.heap_bytes - heap_used_) {
        return misfit();
    }
    std::memcpy(heap_ + heap_used_, text->view().data(), text->length);
    heap_used_ += text->length;
    return {};
}

Status ColumnFiller::add_code(std::string_view text) {
    const auto code = codes_.find(text);
    if (code == codes_.end()) {
        return misfit();
    }
    std::memcpy(data_ + row_ * column_.layout.width, &code->second, column_.layout.width);
    return {};
}

// What does not fit shows in the checksum.
void ColumnFiller::add_number(const ColumnView& values, size_t i) {
    const ColumnLayout& layout = column_.layout;
    uint8_t* const target = data_ + row_ * layout.width;
    if (layout.encoding == Encoding::kFrame) {
        const uint64_t distance = integer_at(layout.physical, values.data, values.position(i)) -
                                  static_cast<uint64_t>(layout.bases[row_ / kRowsPerChunk]);
        std::memcpy(target, &distance, layout.width);
    } else {
        std::memcpy(target, static_cast<const char*>(values.data) + size_t{values.position(i)} * layout.width,
                    layout.width);
    }
}

}  // namespace kodiak::storage::warm
