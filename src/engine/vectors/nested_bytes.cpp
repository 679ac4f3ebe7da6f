#include "engine/vectors/nested_bytes.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "duckdb/common/types/string_type.hpp"

#include "engine/errors/errors.hpp"
#include "storage/rows/canonical_row.hpp"

namespace kodiak::engine {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;

bool is_nested_vector(const LogicalType& type) {
    switch (type.InternalType()) {
        case PhysicalType::LIST:
        case PhysicalType::ARRAY:
        case PhysicalType::STRUCT:
            return true;
        default:
            return false;
    }
}

namespace {

// --- vectors to bytes

void append_raw(const void* data, size_t bytes, std::string& out) {
    out.append(static_cast<const char*>(data), bytes);
}

void append_varint(uint64_t value, std::string& out) { ByteWriter(out).varint(value); }

template <class T>
const T& value_at(const duckdb::UnifiedVectorFormat& format, idx_t index) {
    return reinterpret_cast<const T*>(format.data)[index];
}

duckdb::string_t enum_label(const LogicalType& type, uint64_t position) {
    return duckdb::EnumType::GetString(type, position);
}

uint64_t enum_position(const duckdb::UnifiedVectorFormat& format, PhysicalType physical, idx_t index) {
    switch (physical) {
        case PhysicalType::UINT8:
            return value_at<uint8_t>(format, index);
        case PhysicalType::UINT16:
            return value_at<uint16_t>(format, index);
        default:
            return value_at<uint32_t>(format, index);
    }
}

void append_string(const duckdb::string_t& value, std::string& out) {
    ByteWriter(out).bytes({value.GetData(), value.GetSize()});
}

void append_scalar(const LogicalType& type, const duckdb::UnifiedVectorFormat& format, idx_t index,
                   std::string& out) {
    const PhysicalType physical = type.InternalType();
    if (type.id() == LogicalTypeId::ENUM) {
        append_string(enum_label(type, enum_position(format, physical, index)), out);
        return;
    }
    switch (physical) {
        case PhysicalType::VARCHAR:
            append_string(value_at<duckdb::string_t>(format, index), out);
            break;
        case PhysicalType::BOOL:
            out.push_back(value_at<uint8_t>(format, index) != 0 ? 1 : 0);
            break;
        case PhysicalType::FLOAT: {
            const float value = value_at<float>(format, index);
            const uint32_t bits = std::isnan(value) ? storage::kCanonicalNan32 : std::bit_cast<uint32_t>(value);
            append_raw(&bits, sizeof bits, out);
            break;
        }
        case PhysicalType::DOUBLE: {
            const double value = value_at<double>(format, index);
            const uint64_t bits = std::isnan(value) ? storage::kCanonicalNan64 : std::bit_cast<uint64_t>(value);
            append_raw(&bits, sizeof bits, out);
            break;
        }
        default: {
            const idx_t width = duckdb::GetTypeIdSize(physical);
            append_raw(format.data + index * width, width, out);
        }
    }
}

void append_value(const duckdb::RecursiveUnifiedVectorFormat& format, idx_t row, std::string& out) {
    if (format.logical_type.id() == LogicalTypeId::VARIANT) {
        // Opaque to the store, which finds its end by the length.
        std::string bytes;
        append_nested_bytes(format, row, bytes);
        ByteWriter(out).bytes(bytes);
    } else if (is_nested_vector(format.logical_type)) {
        append_nested_bytes(format, row, out);
    } else {
        append_scalar(format.logical_type, format.unified, format.unified.sel->get_index(row), out);
    }
}

bool is_present(const duckdb::RecursiveUnifiedVectorFormat& format, idx_t row) {
    return format.unified.validity.RowIsValid(format.unified.sel->get_index(row));
}

void append_optional(const duckdb::RecursiveUnifiedVectorFormat& format, idx_t row, std::string& out) {
    const bool present = is_present(format, row);
    out.push_back(present ? 1 : 0);
    if (present) {
        append_value(format, row, out);
    }
}

void append_map(const duckdb::RecursiveUnifiedVectorFormat& entries, duckdb::list_entry_t range, std::string& out) {
    append_varint(range.length, out);
    for (idx_t i = 0; i < range.length; ++i) {
        const idx_t entry = entries.unified.sel->get_index(range.offset + i);
        append_value(entries.children[0], entry, out);
        append_optional(entries.children[1], entry, out);
    }
}

void append_list(const duckdb::RecursiveUnifiedVectorFormat& elements, duckdb::list_entry_t range,
                 std::string& out) {
    append_varint(range.length, out);
    for (idx_t i = 0; i < range.length; ++i) {
        append_optional(elements, range.offset + i, out);
    }
}

// --- bytes to vectors

[[noreturn]] void damaged(const char* what) {
    throw_error(make_error(ErrorCode::kCorruption, fmt::format("a nested value is damaged: {}", what))
                    .with_hint("Run `kodiak check` and restore from a backup."));
}

// Reads forward and refuses to leave its bytes.
class Cursor {
   public:
    explicit Cursor(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    const char* take(size_t bytes) {
        if (bytes > remaining()) {
            damaged("it ends too early");
        }
        const char* taken = at_;
        at_ += bytes;
        return taken;
    }
    uint8_t u8() { return static_cast<uint8_t>(*take(1)); }
    bool flag() {
        const uint8_t value = u8();
        if (value > 1) {
            damaged("a flag is neither 0 nor 1");
        }
        return value == 1;
    }
    uint64_t varint() {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const uint8_t byte = u8();
            if (shift == 63 && byte > 1) {
                break;
            }
            value |= static_cast<uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) {
                return value;
            }
        }
        damaged("a count is too long");
    }
    // A count of things that take at least one byte each.
    idx_t count() {
        const uint64_t value = varint();
        if (value > remaining()) {
            damaged("a count exceeds the bytes that are left");
        }
        return value;
    }
    duckdb::string_t string() {
        const idx_t length = count();
        return {take(length), static_cast<uint32_t>(length)};
    }
    size_t remaining() const { return static_cast<size_t>(end_ - at_); }

   private:
    const char* at_;
    const char* end_;
};

void read_nested(Cursor& cursor, duckdb::Vector& target, idx_t at);

void read_enum(Cursor& cursor, duckdb::Vector& target, idx_t at) {
    const int64_t position = duckdb::EnumType::GetPos(target.GetType(), cursor.string());
    if (position < 0) {
        damaged("an ENUM label is unknown");
    }
    auto* data = duckdb::FlatVector::GetData(target);
    switch (target.GetType().InternalType()) {
        case PhysicalType::UINT8:
            data[at] = static_cast<uint8_t>(position);
            break;
        case PhysicalType::UINT16:
            reinterpret_cast<uint16_t*>(data)[at] = static_cast<uint16_t>(position);
            break;
        default:
            reinterpret_cast<uint32_t*>(data)[at] = static_cast<uint32_t>(position);
    }
}

void read_scalar(Cursor& cursor, duckdb::Vector& target, idx_t at) {
    const LogicalType& type = target.GetType();
    if (type.id() == LogicalTypeId::ENUM) {
        read_enum(cursor, target, at);
        return;
    }
    auto* data = duckdb::FlatVector::GetData(target);
    switch (type.InternalType()) {
        case PhysicalType::VARCHAR:
            reinterpret_cast<duckdb::string_t*>(data)[at] = cursor.string();
            break;
        case PhysicalType::BOOL:
            data[at] = cursor.flag() ? 1 : 0;
            break;
        default: {
            const idx_t width = duckdb::GetTypeIdSize(type.InternalType());
            std::memcpy(data + at * width, cursor.take(width), width);
        }
    }
}

void read_value(Cursor& cursor, duckdb::Vector& target, idx_t at) {
    if (target.GetType().id() == LogicalTypeId::VARIANT) {
        const idx_t length = cursor.count();
        read_nested_bytes({cursor.take(length), length}, target, at);
    } else if (is_nested_vector(target.GetType())) {
        read_nested(cursor, target, at);
    } else {
        read_scalar(cursor, target, at);
    }
}

void read_optional(Cursor& cursor, duckdb::Vector& target, idx_t at) {
    if (cursor.flag()) {
        read_value(cursor, target, at);
    } else {
        duckdb::FlatVector::SetNull(target, at, true);
    }
}

// Makes room for `count` more elements and returns where they begin.
idx_t grow_list(duckdb::Vector& target, idx_t at, idx_t count) {
    const idx_t offset = duckdb::ListVector::GetListSize(target);
    duckdb::ListVector::Reserve(target, offset + count);
    duckdb::ListVector::SetListSize(target, offset + count);
    duckdb::FlatVector::GetData<duckdb::list_entry_t>(target)[at] = {offset, count};
    return offset;
}

void read_list(Cursor& cursor, duckdb::Vector& target, idx_t at) {
    const idx_t count = cursor.count();
    const idx_t offset = grow_list(target, at, count);
    duckdb::Vector& elements = duckdb::ListVector::GetEntry(target);
    for (idx_t i = 0; i < count; ++i) {
        read_optional(cursor, elements, offset + i);
    }
}

void read_map(Cursor& cursor, duckdb::Vector& target, idx_t at) {
    const idx_t count = cursor.count();
    const idx_t offset = grow_list(target, at, count);
    auto& fields = duckdb::StructVector::GetEntries(duckdb::ListVector::GetEntry(target));
    for (idx_t i = 0; i < count; ++i) {
        read_value(cursor, *fields[0], offset + i);
        read_optional(cursor, *fields[1], offset + i);
    }
}

void read_union(Cursor& cursor, duckdb::Vector& target, idx_t at) {
    const uint8_t member = cursor.u8();
    auto& fields = duckdb::StructVector::GetEntries(target);  // the tag, then the members
    if (member + size_t{1} >= fields.size()) {
        damaged("a UNION member is unknown");
    }
    duckdb::FlatVector::GetData<duckdb::union_tag_t>(*fields[0])[at] = member;
    for (size_t i = 1; i < fields.size(); ++i) {
        if (i == member + size_t{1}) {
            read_optional(cursor, *fields[i], at);
        } else {
            duckdb::FlatVector::SetNull(*fields[i], at, true);
        }
    }
}

void read_nested(Cursor& cursor, duckdb::Vector& target, idx_t at) {
    const LogicalType& type = target.GetType();
    switch (type.InternalType()) {
        case PhysicalType::LIST:
            type.id() == LogicalTypeId::MAP ? read_map(cursor, target, at) : read_list(cursor, target, at);
            break;
        case PhysicalType::ARRAY: {
            const idx_t length = duckdb::ArrayType::GetSize(type);
            duckdb::Vector& elements = duckdb::ArrayVector::GetEntry(target);
            for (idx_t i = 0; i < length; ++i) {
                read_optional(cursor, elements, at * length + i);
            }
            break;
        }
        default:
            if (type.id() == LogicalTypeId::UNION) {
                read_union(cursor, target, at);
                break;
            }
            for (auto& field : duckdb::StructVector::GetEntries(target)) {
                read_optional(cursor, *field, at);
            }
    }
}

}  // namespace

void append_nested_bytes(const duckdb::RecursiveUnifiedVectorFormat& format, idx_t row, std::string& out) {
    const LogicalType& type = format.logical_type;
    const idx_t index = format.unified.sel->get_index(row);
    switch (type.InternalType()) {
        case PhysicalType::LIST: {
            const auto range = value_at<duckdb::list_entry_t>(format.unified, index);
            const auto& elements = format.children[0];
            type.id() == LogicalTypeId::MAP ? append_map(elements, range, out) : append_list(elements, range, out);
            break;
        }
        case PhysicalType::ARRAY: {
            const idx_t length = duckdb::ArrayType::GetSize(type);
            for (idx_t i = 0; i < length; ++i) {
                append_optional(format.children[0], index * length + i, out);
            }
            break;
        }
        default:
            if (type.id() == LogicalTypeId::UNION) {
                const auto& tags = format.children[0].unified;
                const auto member = value_at<duckdb::union_tag_t>(tags, tags.sel->get_index(index));
                out.push_back(static_cast<char>(member));
                append_optional(format.children[member + size_t{1}], index, out);
                break;
            }
            for (const auto& field : format.children) {
                append_optional(field, index, out);
            }
    }
}

void read_nested_bytes(std::string_view bytes, duckdb::Vector& target, idx_t at) {
    Cursor cursor(bytes);
    read_nested(cursor, target, at);
    if (cursor.remaining() != 0) {
        damaged("bytes follow its end");
    }
}

}  // namespace kodiak::engine
