#include "storage/rows/value_reader.hpp"

#include <algorithm>
#include <cstring>

#include "storage/rows/canonical_row.hpp"

namespace kodiak::storage {

using catalog::Physical;
using catalog::Type;
using catalog::TypeKind;

LabelPositions positions_of_labels(const Type& type) {
    LabelPositions positions;
    positions.reserve(type.labels.size());
    for (size_t i = 0; i < type.labels.size(); ++i) {
        positions.emplace(type.labels[i], static_cast<uint32_t>(i));
    }
    return positions;
}

bool ValueReader::byte(uint8_t& value) {
    if (at_ == end_) {
        return false;
    }
    value = static_cast<uint8_t>(*at_++);
    return true;
}

bool ValueReader::varint(uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t part = 0;
        if (!byte(part)) {
            return false;
        }
        if (shift == 63 && part > 1) {
            return false;
        }
        value |= uint64_t{part & 0x7Fu} << shift;
        if ((part & 0x80) == 0) {
            return part != 0 || shift == 0;  // a last byte of zero could have been left out
        }
    }
    return false;
}

bool ValueReader::raw(uint64_t count, std::string_view& bytes) {
    if (count > remaining()) {
        return false;
    }
    bytes = {at_, static_cast<size_t>(count)};
    at_ += count;
    return true;
}

bool ValueReader::sized(std::string_view& bytes) {
    uint64_t length = 0;
    return varint(length) && length <= UINT32_MAX && raw(length, bytes);
}

bool ValueReader::fixed(Physical physical, void* out) {
    std::string_view bytes;
    if (!raw(catalog::physical_bytes(physical), bytes)) {
        return false;
    }
    std::memcpy(out, bytes.data(), bytes.size());
    if (physical == Physical::kBool) {
        return static_cast<uint8_t>(bytes[0]) <= 1;
    }
    if (physical == Physical::kFloat) {
        uint32_t bits = 0;
        std::memcpy(&bits, out, sizeof bits);
        return (bits & 0x7FFFFFFFu) <= 0x7F800000u || bits == kCanonicalNan32;
    }
    if (physical == Physical::kDouble) {
        uint64_t bits = 0;
        std::memcpy(&bits, out, sizeof bits);
        return (bits & 0x7FFFFFFFFFFFFFFFull) <= 0x7FF0000000000000ull || bits == kCanonicalNan64;
    }
    return true;
}

bool ValueReader::skip_optional(const Type& type) {
    uint8_t present = 0;
    return byte(present) && present <= 1 && (present == 0 || skip_inner(type));
}

bool ValueReader::skip_inner(const Type& type) {
    std::string_view bytes;
    if (type.kind == TypeKind::kVariant) {
        return sized(bytes);
    }
    if (type.is_nested()) {
        return skip_nested(type);
    }
    if (type.kind == TypeKind::kEnum) {
        return sized(bytes) && std::find(type.labels.begin(), type.labels.end(), bytes) != type.labels.end();
    }
    const Physical physical = type.physical();
    if (physical == Physical::kString) {
        return sized(bytes);
    }
    uint8_t value[16];
    return fixed(physical, value);
}

bool ValueReader::skip_nested(const Type& type) {
    uint64_t count = 0;
    uint8_t member = 0;
    std::string_view rest;
    switch (type.kind) {
        case TypeKind::kList:
            if (!varint(count)) {
                return false;
            }
            break;
        case TypeKind::kArray: count = type.array_length; break;
        case TypeKind::kMap:
            if (!varint(count)) {
                return false;
            }
            for (uint64_t i = 0; i < count; ++i) {
                if (!skip_inner(type.children[0].type) || !skip_optional(type.children[1].type)) {
                    return false;
                }
            }
            return true;
        case TypeKind::kStruct:
            return std::all_of(type.children.begin(), type.children.end(),
                               [&](const catalog::NamedType& field) { return skip_optional(field.type); });
        case TypeKind::kUnion:
            return byte(member) && member < type.children.size() && skip_optional(type.children[member].type);
        default: return raw(remaining(), rest);  // VARIANT at the top: opaque
    }
    // Each element takes a byte at least, so the input bounds the loop.
    for (uint64_t i = 0; i < count; ++i) {
        if (!skip_optional(type.children[0].type)) {
            return false;
        }
    }
    return true;
}

}  // namespace kodiak::storage
