#include "storage/rows/canonical_row.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "base/result/assert.hpp"
#include "storage/decode.hpp"
#include "storage/rows/value_reader.hpp"

namespace kodiak::storage {
namespace {

using catalog::Physical;
using catalog::Type;
using catalog::TypeKind;

constexpr size_t kBlockRows = 2048;

Error bad_value(const char* what) {
    return make_error(ErrorCode::kCorruption, std::string("canonical value does not read: ") + what);
}

size_t varint_bytes(uint64_t value) {
    return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

char* write_varint(char* at, uint64_t value) {
    while (value >= 0x80) {
        *at++ = static_cast<char>(value | 0x80);
        value >>= 7;
    }
    *at++ = static_cast<char>(value);
    return at;
}

void canonicalise_nans(float* values, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        if (values[i] != values[i]) {
            std::memcpy(values + i, &kCanonicalNan32, sizeof kCanonicalNan32);
        }
    }
}

void canonicalise_nans(double* values, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        if (values[i] != values[i]) {
            std::memcpy(values + i, &kCanonicalNan64, sizeof kCanonicalNan64);
        }
    }
}

std::string_view label_of(const Type& type, uint64_t position) {
    KODIAK_ASSERT(position < type.labels.size());
    return type.labels[position];
}

// One column of the rows being encoded, decoded to plain values.
struct EncodedColumn {
    const StoredColumn* stored = nullptr;
    const Type* type = nullptr;
    uint32_t bytes = 0;         // of a fixed value; 0 = strings (ENUM labels among them)
    std::vector<StringRef> strings;
    bool is_text() const { return bytes == 0; }
};

// The rows of one chunk that are encoded together; at most kBlockRows.
struct Block {
    const uint32_t* slots;  // nullptr: 0..count-1
    size_t count;
    uint32_t slot(size_t row) const { return slots != nullptr ? slots[row] : static_cast<uint32_t>(row); }
};

void decode_labels(EncodedColumn& column, const Block& block) {
    uint32_t positions[kBlockRows];
    decode_fixed(*column.stored, Physical::kUint32, block.slots, block.count, positions);
    for (size_t i = 0; i < block.count; ++i) {
        const bool present = column.stored->is_valid(block.slot(i));
        column.strings[i] = present ? StringRef(label_of(*column.type, positions[i])) : StringRef();
    }
}

void add_text_sizes(EncodedColumn& column, const Block& block, uint64_t* sizes) {
    column.strings.resize(block.count);
    if (column.type->kind == TypeKind::kEnum) {
        decode_labels(column, block);
    } else {
        decode_strings(*column.stored, block.slots, block.count, column.strings.data());
    }
    for (size_t i = 0; i < block.count; ++i) {
        const uint32_t length = column.strings[i].length;
        sizes[i] += length < 0x80 ? length + 1 : length + varint_bytes(length);
    }
    for_each_null(*column.stored, block.slots, block.count, [&](size_t i) {
        sizes[i] -= column.strings[i].length + varint_bytes(column.strings[i].length);
    });
}

template <size_t kBytes>
void scatter(const EncodedColumn& column, const Block& block, const uint8_t* values, char** cursors) {
    const bool has_nulls = column.stored->validity != nullptr;
    for (size_t i = 0; i < block.count; ++i) {
        if (!has_nulls || column.stored->is_valid(block.slot(i))) {
            std::memcpy(cursors[i], values + i * kBytes, kBytes);
            cursors[i] += kBytes;
        }
    }
}

void scatter_fixed(const EncodedColumn& column, const Block& block, uint8_t* scratch, char** cursors) {
    const Physical physical = column.type->physical();
    decode_fixed(*column.stored, physical, block.slots, block.count, scratch);
    if (physical == Physical::kFloat) {
        canonicalise_nans(reinterpret_cast<float*>(scratch), block.count);
    } else if (physical == Physical::kDouble) {
        canonicalise_nans(reinterpret_cast<double*>(scratch), block.count);
    }
    switch (column.bytes) {
        case 1: scatter<1>(column, block, scratch, cursors); return;
        case 2: scatter<2>(column, block, scratch, cursors); return;
        case 4: scatter<4>(column, block, scratch, cursors); return;
        case 8: scatter<8>(column, block, scratch, cursors); return;
        default: scatter<16>(column, block, scratch, cursors); return;
    }
}

void scatter_text(const EncodedColumn& column, const Block& block, char** cursors) {
    const bool has_nulls = column.stored->validity != nullptr;
    for (size_t i = 0; i < block.count; ++i) {
        if (has_nulls && !column.stored->is_valid(block.slot(i))) {
            continue;
        }
        const StringRef& text = column.strings[i];
        char* at = write_varint(cursors[i], text.length);
        std::memcpy(at, text.data(), text.length);
        cursors[i] = at + text.length;
    }
}

// Sizes of all rows of the block: bitmap, fixed values, then what NULLs take away and strings add.
void measure(std::vector<EncodedColumn>& columns, const Block& block, uint64_t* sizes) {
    size_t fixed_bytes = (columns.size() + 7) / 8;
    for (const EncodedColumn& column : columns) {
        fixed_bytes += column.bytes;
    }
    std::fill(sizes, sizes + block.count, fixed_bytes);
    for (EncodedColumn& column : columns) {
        if (column.is_text()) {
            add_text_sizes(column, block, sizes);
        } else {
            for_each_null(*column.stored, block.slots, block.count, [&](size_t i) { sizes[i] -= column.bytes; });
        }
    }
}

void write_presence(const std::vector<EncodedColumn>& columns, const Block& block, char** cursors) {
    if (columns.empty()) {
        return;  // the key of a table without one
    }
    std::vector<uint8_t> all_present((columns.size() + 7) / 8, 0);
    for (size_t c = 0; c < columns.size(); ++c) {
        all_present[c / 8] = static_cast<uint8_t>(all_present[c / 8] | (1u << (c % 8)));
    }
    for (size_t i = 0; i < block.count; ++i) {
        std::memcpy(cursors[i], all_present.data(), all_present.size());
    }
    for (size_t c = 0; c < columns.size(); ++c) {
        for_each_null(*columns[c].stored, block.slots, block.count, [&](size_t i) {
            cursors[i][c / 8] = static_cast<char>(cursors[i][c / 8] & ~(1u << (c % 8)));
        });
    }
    for (size_t i = 0; i < block.count; ++i) {
        cursors[i] += all_present.size();
    }
}

void encode_block(std::vector<EncodedColumn>& columns, const Block& block, std::string& out, uint64_t* offsets) {
    uint64_t sizes[kBlockRows];
    char* cursors[kBlockRows];
    alignas(64) static thread_local uint8_t scratch[kBlockRows * 16];
    measure(columns, block, sizes);
    for (size_t i = 0; i < block.count; ++i) {
        offsets[i + 1] = offsets[i] + sizes[i];
    }
    out.resize(offsets[block.count]);
    for (size_t i = 0; i < block.count; ++i) {
        cursors[i] = out.data() + offsets[i];
    }
    write_presence(columns, block, cursors);
    for (const EncodedColumn& column : columns) {
        if (column.is_text()) {
            scatter_text(column, block, cursors);
        } else {
            scatter_fixed(column, block, scratch, cursors);
        }
    }
    KODIAK_DEBUG_ASSERT(block.count == 0 || cursors[block.count - 1] == out.data() + out.size());
}

}  // namespace

RowEncoder::RowEncoder(std::shared_ptr<const StoredSchema> schema)
    : schema_(std::move(schema)), all_positions_(schema_->ids.size()) {
    std::iota(all_positions_.begin(), all_positions_.end(), size_t{0});
}

void RowEncoder::encode(const Chunk& chunk, const uint32_t* slots, size_t count, std::string& out,
                        std::vector<uint64_t>& offsets) const {
    encode_key(all_positions_, chunk, slots, count, out, offsets);
}

void RowEncoder::encode_key(std::span<const size_t> positions, const Chunk& chunk, const uint32_t* slots, size_t count,
                            std::string& out, std::vector<uint64_t>& offsets) const {
    KODIAK_ASSERT(chunk.schema().version == schema_->version && chunk.schema().ids == schema_->ids);
    std::vector<EncodedColumn> columns(positions.size());
    for (size_t c = 0; c < positions.size(); ++c) {
        const Type& type = schema_->types[positions[c]];
        const Physical physical = type.physical();
        const bool is_text = physical == Physical::kString || type.kind == TypeKind::kEnum;
        columns[c].stored = &chunk.column(positions[c]);
        columns[c].type = &type;
        columns[c].bytes = is_text ? 0 : catalog::physical_bytes(physical);
    }
    offsets.resize(count + 1);
    offsets[0] = out.size();
    // decode_* without slots start at slot 0, so later blocks of a long identity list are spelt out.
    std::vector<uint32_t> identity;
    if (slots == nullptr && count > kBlockRows) {
        identity.resize(count);
        std::iota(identity.begin(), identity.end(), 0u);
        slots = identity.data();
    }
    for (size_t done = 0; done < count; done += kBlockRows) {
        const Block block{slots != nullptr ? slots + done : nullptr, std::min(kBlockRows, count - done)};
        encode_block(columns, block, out, offsets.data() + done);
    }
}

PlainValue& PlainValue::operator=(PlainValue&& other) noexcept {
    const bool points_into_text = !other.text.empty();
    std::memcpy(bytes, other.bytes, sizeof bytes);
    text = std::move(other.text);
    if (points_into_text) {
        const StringRef ref{std::string_view(text)};
        std::memcpy(bytes, &ref, sizeof ref);
    }
    return *this;
}

Result<PlainValue> decode_value(const Type& type, std::string_view bytes) {
    ValueReader reader(bytes);
    PlainValue value;
    const Physical physical = type.physical();
    if (type.kind == TypeKind::kEnum) {
        std::string_view label;
        const bool read = reader.sized(label);
        const auto found = std::find(type.labels.begin(), type.labels.end(), label);
        if (!read || found == type.labels.end()) {
            return bad_value("unknown label");
        }
        const auto position = static_cast<uint32_t>(found - type.labels.begin());
        std::memcpy(value.bytes, &position, sizeof position);
    } else if (physical == Physical::kString) {
        std::string_view text;
        if (!reader.sized(text)) {
            return bad_value("string length");
        }
        if (type.is_nested()) {
            KODIAK_TRY(validate_nested(type, text));
        }
        value.text = std::string(text);
        const StringRef ref{std::string_view(value.text)};
        std::memcpy(value.bytes, &ref, sizeof ref);
    } else if (!reader.fixed(physical, value.bytes)) {
        return bad_value("fixed width");
    }
    if (!reader.at_end()) {
        return bad_value("bytes left over");
    }
    return value;
}

void encode_value(const Type& type, const ColumnView& column, size_t row, std::string& out) {
    const Physical physical = type.physical();
    const uint32_t width = catalog::physical_bytes(physical);
    const auto* at = static_cast<const uint8_t*>(column.data) + size_t{column.position(row)} * width;
    ByteWriter writer(out);
    if (physical == Physical::kString) {
        StringRef text;
        std::memcpy(static_cast<void*>(&text), at, sizeof text);
        writer.bytes(text.view());
        return;
    }
    alignas(16) uint8_t value[16] = {};
    std::memcpy(value, at, width);
    if (type.kind == TypeKind::kEnum) {
        uint32_t position = 0;
        std::memcpy(&position, value, sizeof position);
        writer.bytes(label_of(type, position));
        return;
    }
    if (physical == Physical::kFloat) {
        canonicalise_nans(reinterpret_cast<float*>(value), 1);
    } else if (physical == Physical::kDouble) {
        canonicalise_nans(reinterpret_cast<double*>(value), 1);
    }
    writer.raw(value, width);
}

Status validate_nested(const Type& type, std::string_view bytes) {
    KODIAK_ASSERT(type.is_nested());
    ValueReader reader(bytes);
    if (!reader.skip_nested(type) || !reader.at_end()) {
        return bad_value("nested value");
    }
    return ok_status();
}

}  // namespace kodiak::storage
