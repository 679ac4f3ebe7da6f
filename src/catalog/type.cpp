#include "catalog/type.hpp"

#include <algorithm>

#include "base/result/assert.hpp"

namespace kodiak::catalog {
namespace {

constexpr int kMaxDepth = 1000;
constexpr uint8_t kHasAlias = 1;
constexpr uint8_t kHasCollation = 2;
constexpr uint8_t kHasExtra = 4;

bool has_children(TypeKind kind) {
    switch (kind) {
        case TypeKind::kList:
        case TypeKind::kStruct:
        case TypeKind::kMap:
        case TypeKind::kArray:
        case TypeKind::kUnion:
        case TypeKind::kVariant: return true;
        default: return false;
    }
}

bool child_count_fits(TypeKind kind, uint64_t count) {
    switch (kind) {
        case TypeKind::kList:
        case TypeKind::kArray: return count == 1;
        case TypeKind::kMap: return count == 2;
        case TypeKind::kUnion: return count >= 1 && count <= 256;
        default: return true;
    }
}

Error bad_type(const char* what) {
    return make_error(ErrorCode::kCorruption, std::string("type does not read: ") + what);
}

Result<std::string> read_attribute(ByteReader& reader) {
    KODIAK_TRY_ASSIGN(std::string text, reader.string());
    if (text.empty()) {
        return bad_type("empty attribute");
    }
    return text;
}

Status read_parameters(Type& type, ByteReader& reader) {
    if (type.kind == TypeKind::kDecimal) {
        KODIAK_TRY_ASSIGN(type.decimal_width, reader.u8());
        KODIAK_TRY_ASSIGN(type.decimal_scale, reader.u8());
        if (type.decimal_width < 1 || type.decimal_width > 38 || type.decimal_scale > type.decimal_width) {
            return bad_type("decimal width and scale");
        }
    } else if (type.kind == TypeKind::kArray) {
        KODIAK_TRY_ASSIGN(const uint64_t length, reader.varint());
        if (length == 0 || length > UINT32_MAX) {
            return bad_type("array length");
        }
        type.array_length = static_cast<uint32_t>(length);
    } else if (type.kind == TypeKind::kEnum) {
        KODIAK_TRY_ASSIGN(const uint64_t count, reader.varint());
        if (count > reader.remaining()) {
            return bad_type("more labels than bytes");
        }
        for (uint64_t i = 0; i < count; ++i) {
            KODIAK_TRY_ASSIGN(std::string label, reader.string());
            type.labels.push_back(std::move(label));
        }
    }
    return ok_status();
}

Result<Type> read_type(ByteReader& reader, int depth) {
    if (depth > kMaxDepth) {
        return bad_type("nested too deeply");
    }
    KODIAK_TRY_ASSIGN(const uint8_t kind, reader.u8());
    if (kind < static_cast<uint8_t>(TypeKind::kBoolean) || kind > static_cast<uint8_t>(TypeKind::kSqlNull)) {
        return bad_type("unknown kind");
    }
    KODIAK_TRY_ASSIGN(const uint8_t flags, reader.u8());
    if ((flags & ~(kHasAlias | kHasCollation | kHasExtra)) != 0) {
        return bad_type("unknown flags");
    }
    Type type;
    type.kind = static_cast<TypeKind>(kind);
    KODIAK_TRY(read_parameters(type, reader));
    if (has_children(type.kind)) {
        KODIAK_TRY_ASSIGN(const uint64_t count, reader.varint());
        if (count > reader.remaining() || !child_count_fits(type.kind, count)) {
            return bad_type("number of children");
        }
        for (uint64_t i = 0; i < count; ++i) {
            NamedType child;
            KODIAK_TRY_ASSIGN(child.name, reader.string());
            KODIAK_TRY_ASSIGN(child.type, read_type(reader, depth + 1));
            type.children.push_back(std::move(child));
        }
    }
    if ((flags & kHasAlias) != 0) {
        KODIAK_TRY_ASSIGN(type.alias, read_attribute(reader));
    }
    if ((flags & kHasCollation) != 0) {
        KODIAK_TRY_ASSIGN(type.collation, read_attribute(reader));
    }
    if ((flags & kHasExtra) != 0) {
        KODIAK_TRY_ASSIGN(type.extra, read_attribute(reader));
    }
    return type;
}

// Bits of an integer kind, with its sign; 0 for other kinds.
struct IntegerShape {
    int bits = 0;
    bool is_signed = true;
};

IntegerShape integer_shape(TypeKind kind) {
    switch (kind) {
        case TypeKind::kTinyInt: return {8, true};
        case TypeKind::kSmallInt: return {16, true};
        case TypeKind::kInteger: return {32, true};
        case TypeKind::kBigInt: return {64, true};
        case TypeKind::kHugeInt: return {128, true};
        case TypeKind::kUTinyInt: return {8, false};
        case TypeKind::kUSmallInt: return {16, false};
        case TypeKind::kUInteger: return {32, false};
        case TypeKind::kUBigInt: return {64, false};
        case TypeKind::kUHugeInt: return {128, false};
        default: return {};
    }
}

}  // namespace

uint32_t physical_bytes(Physical physical) {
    switch (physical) {
        case Physical::kBool:
        case Physical::kInt8:
        case Physical::kUint8: return 1;
        case Physical::kInt16:
        case Physical::kUint16: return 2;
        case Physical::kInt32:
        case Physical::kUint32:
        case Physical::kFloat: return 4;
        case Physical::kInt64:
        case Physical::kUint64:
        case Physical::kDouble: return 8;
        case Physical::kInt128:
        case Physical::kUint128:
        case Physical::kInterval:
        case Physical::kString: return 16;
    }
    KODIAK_ASSERT(false);
}

bool is_narrowable(Physical physical) {
    switch (physical) {
        case Physical::kBool:
        case Physical::kInt8:
        case Physical::kInt16:
        case Physical::kInt32:
        case Physical::kInt64:
        case Physical::kUint8:
        case Physical::kUint16:
        case Physical::kUint32:
        case Physical::kUint64: return true;
        default: return false;
    }
}

bool Type::operator==(const Type& other) const {
    return kind == other.kind && decimal_width == other.decimal_width && decimal_scale == other.decimal_scale &&
           array_length == other.array_length && labels == other.labels && children == other.children &&
           alias == other.alias && collation == other.collation && extra == other.extra;
}

Physical Type::physical() const {
    switch (kind) {
        case TypeKind::kBoolean: return Physical::kBool;
        case TypeKind::kTinyInt: return Physical::kInt8;
        case TypeKind::kSmallInt: return Physical::kInt16;
        case TypeKind::kInteger:
        case TypeKind::kDate:
        case TypeKind::kSqlNull: return Physical::kInt32;
        case TypeKind::kBigInt:
        case TypeKind::kTime:
        case TypeKind::kTimeNs:
        case TypeKind::kTimeTz:
        case TypeKind::kTimestamp:
        case TypeKind::kTimestampS:
        case TypeKind::kTimestampMs:
        case TypeKind::kTimestampNs:
        case TypeKind::kTimestampTz: return Physical::kInt64;
        case TypeKind::kHugeInt:
        case TypeKind::kUuid: return Physical::kInt128;
        case TypeKind::kUTinyInt: return Physical::kUint8;
        case TypeKind::kUSmallInt: return Physical::kUint16;
        case TypeKind::kUInteger: return Physical::kUint32;
        case TypeKind::kUBigInt: return Physical::kUint64;
        case TypeKind::kUHugeInt: return Physical::kUint128;
        case TypeKind::kFloat: return Physical::kFloat;
        case TypeKind::kDouble: return Physical::kDouble;
        case TypeKind::kDecimal:
            return decimal_width <= 4    ? Physical::kInt16
                   : decimal_width <= 9  ? Physical::kInt32
                   : decimal_width <= 18 ? Physical::kInt64
                                         : Physical::kInt128;
        case TypeKind::kInterval: return Physical::kInterval;
        // DuckDB's rule: the narrowest unsigned integer that counts the labels.
        case TypeKind::kEnum:
            return labels.size() <= UINT8_MAX    ? Physical::kUint8
                   : labels.size() <= UINT16_MAX ? Physical::kUint16
                                                 : Physical::kUint32;
        case TypeKind::kVarchar:
        case TypeKind::kBlob:
        case TypeKind::kBit:
        case TypeKind::kBigNum:
        case TypeKind::kList:
        case TypeKind::kStruct:
        case TypeKind::kMap:
        case TypeKind::kArray:
        case TypeKind::kUnion:
        case TypeKind::kVariant:
        case TypeKind::kGeometry: return Physical::kString;
    }
    KODIAK_ASSERT(false);
}

bool Type::is_nested() const { return has_children(kind); }

void encode_type(const Type& type, ByteWriter& writer) {
    writer.u8(static_cast<uint8_t>(type.kind));
    writer.u8(static_cast<uint8_t>((type.alias.empty() ? 0 : kHasAlias) |
                                   (type.collation.empty() ? 0 : kHasCollation) |
                                   (type.extra.empty() ? 0 : kHasExtra)));
    if (type.kind == TypeKind::kDecimal) {
        writer.u8(type.decimal_width);
        writer.u8(type.decimal_scale);
    } else if (type.kind == TypeKind::kArray) {
        writer.varint(type.array_length);
    } else if (type.kind == TypeKind::kEnum) {
        writer.varint(type.labels.size());
        for (const std::string& label : type.labels) {
            writer.bytes(label);
        }
    }
    if (has_children(type.kind)) {
        KODIAK_ASSERT(child_count_fits(type.kind, type.children.size()));
        writer.varint(type.children.size());
        for (const NamedType& child : type.children) {
            writer.bytes(child.name);
            encode_type(child.type, writer);
        }
    }
    for (const std::string* attribute : {&type.alias, &type.collation, &type.extra}) {
        if (!attribute->empty()) {
            writer.bytes(*attribute);
        }
    }
}

Result<Type> decode_type(ByteReader& reader) { return read_type(reader, 1); }

bool is_lossless_widening(const Type& from, const Type& to) {
    if (from.kind == TypeKind::kFloat && to.kind == TypeKind::kDouble) {
        return true;
    }
    if (from.kind == TypeKind::kDecimal && to.kind == TypeKind::kDecimal) {
        return from.decimal_scale == to.decimal_scale && from.decimal_width <= to.decimal_width;
    }
    if (from.kind == TypeKind::kEnum && to.kind == TypeKind::kEnum) {
        return from.labels.size() <= to.labels.size() &&
               std::equal(from.labels.begin(), from.labels.end(), to.labels.begin());
    }
    const IntegerShape source = integer_shape(from.kind);
    const IntegerShape target = integer_shape(to.kind);
    if (source.bits == 0 || target.bits == 0) {
        return false;
    }
    return source.is_signed == target.is_signed ? source.bits < target.bits
                                                : target.is_signed && source.bits < target.bits;
}

}  // namespace kodiak::catalog
