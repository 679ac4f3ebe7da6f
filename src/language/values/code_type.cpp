#include "language/values/code_type.hpp"

#include <iterator>

#include "language/lexer/words.hpp"

namespace kodiak::language {

using catalog::TypeKind;

namespace {

struct NamedKind {
    std::string_view name;
    TypeKind kind;
};

constexpr NamedKind kNames[] = {
    {"boolean", TypeKind::kBoolean},
    {"bool", TypeKind::kBoolean},
    {"logical", TypeKind::kBoolean},
    {"tinyint", TypeKind::kTinyInt},
    {"int1", TypeKind::kTinyInt},
    {"smallint", TypeKind::kSmallInt},
    {"int2", TypeKind::kSmallInt},
    {"short", TypeKind::kSmallInt},
    {"integer", TypeKind::kInteger},
    {"int", TypeKind::kInteger},
    {"int4", TypeKind::kInteger},
    {"signed", TypeKind::kInteger},
    {"bigint", TypeKind::kBigInt},
    {"int8", TypeKind::kBigInt},
    {"long", TypeKind::kBigInt},
    {"hugeint", TypeKind::kHugeInt},
    {"int128", TypeKind::kHugeInt},
    {"utinyint", TypeKind::kUTinyInt},
    {"uint8", TypeKind::kUTinyInt},
    {"usmallint", TypeKind::kUSmallInt},
    {"uint16", TypeKind::kUSmallInt},
    {"uinteger", TypeKind::kUInteger},
    {"uint32", TypeKind::kUInteger},
    {"ubigint", TypeKind::kUBigInt},
    {"uint64", TypeKind::kUBigInt},
    {"uhugeint", TypeKind::kUHugeInt},
    {"float", TypeKind::kFloat},
    {"real", TypeKind::kFloat},
    {"float4", TypeKind::kFloat},
    {"double", TypeKind::kDouble},
    {"float8", TypeKind::kDouble},
    {"decimal", TypeKind::kDecimal},
    {"numeric", TypeKind::kDecimal},
    {"dec", TypeKind::kDecimal},
    {"date", TypeKind::kDate},
    {"time", TypeKind::kTime},
    {"timetz", TypeKind::kTimeTz},
    {"timestamp", TypeKind::kTimestamp},
    {"datetime", TypeKind::kTimestamp},
    {"timestamptz", TypeKind::kTimestampTz},
    {"timestamp_s", TypeKind::kTimestampS},
    {"timestamp_ms", TypeKind::kTimestampMs},
    {"timestamp_ns", TypeKind::kTimestampNs},
    {"interval", TypeKind::kInterval},
    {"uuid", TypeKind::kUuid},
    {"guid", TypeKind::kUuid},
    {"varchar", TypeKind::kVarchar},
    {"text", TypeKind::kVarchar},
    {"string", TypeKind::kVarchar},
    {"char", TypeKind::kVarchar},
    {"character", TypeKind::kVarchar},
    {"bpchar", TypeKind::kVarchar},
    {"blob", TypeKind::kBlob},
    {"bytea", TypeKind::kBlob},
    {"binary", TypeKind::kBlob},
    {"varbinary", TypeKind::kBlob},
    {"bit", TypeKind::kBit},
    {"bitstring", TypeKind::kBit},
    {"bignum", TypeKind::kBigNum},
    {"variant", TypeKind::kVariant},
};

// As the engine shows them.
constexpr std::string_view kShown[] = {
    "",
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
    "DATE",
    "TIME",
    "TIME_NS",
    "TIME WITH TIME ZONE",
    "TIMESTAMP",
    "TIMESTAMP_S",
    "TIMESTAMP_MS",
    "TIMESTAMP_NS",
    "TIMESTAMP WITH TIME ZONE",
    "INTERVAL",
    "UUID",
    "VARCHAR",
    "BLOB",
    "BIT",
    "BIGNUM",
    "ENUM",
    "LIST",
    "STRUCT",
    "MAP",
    "ARRAY",
    "UNION",
    "VARIANT",
    "GEOMETRY",
    "NULL",
};

}  // namespace

bool CodeType::is_object() const {
    if (form != TypeForm::kValue) {
        return true;
    }
    switch (type.kind) {
        case TypeKind::kVarchar:
        case TypeKind::kBlob:
        case TypeKind::kBit:
        case TypeKind::kBigNum:
        case TypeKind::kTimeTz:
        case TypeKind::kUuid:
        case TypeKind::kUHugeInt:
        case TypeKind::kGeometry:
        case TypeKind::kVariant:
        case TypeKind::kList:
        case TypeKind::kStruct:
        case TypeKind::kMap:
        case TypeKind::kArray:
        case TypeKind::kUnion:
            return true;
        default:
            return false;
    }
}

CodeType code_type(TypeKind kind) {
    CodeType type;
    type.type.kind = kind;
    return type;
}

CodeType decimal_type(unsigned width, unsigned scale) {
    CodeType type = code_type(TypeKind::kDecimal);
    type.type.decimal_width = static_cast<uint8_t>(width);
    type.type.decimal_scale = static_cast<uint8_t>(scale);
    return type;
}

CodeType list_type(const CodeType& element) {
    CodeType type = code_type(TypeKind::kList);
    type.type.children.push_back({"", element.type});
    return type;
}

CodeType special_type(TypeForm form) {
    CodeType type;
    type.form = form;
    return type;
}

bool is_integer(const CodeType& type) {
    return type.form == TypeForm::kValue && type.type.kind >= TypeKind::kTinyInt &&
           type.type.kind <= TypeKind::kUHugeInt;
}

bool is_small_integer(const CodeType& type) {
    return is_integer(type) && type.type.kind != TypeKind::kHugeInt && type.type.kind != TypeKind::kUBigInt &&
           type.type.kind != TypeKind::kUHugeInt;
}

bool is_number(const CodeType& type) {
    return is_integer(type) || type.is(TypeKind::kFloat) || type.is(TypeKind::kDouble) || type.is(TypeKind::kDecimal);
}

bool is_timestamp(const CodeType& type) { return type.is(TypeKind::kTimestamp) || type.is(TypeKind::kTimestampTz); }

bool is_text(const CodeType& type) { return type.is(TypeKind::kVarchar) || type.is(TypeKind::kBlob); }

std::string type_text(const catalog::Type& type) {
    if (!type.alias.empty()) {
        return type.alias;
    }
    switch (type.kind) {
        case TypeKind::kDecimal:
            return "DECIMAL(" + std::to_string(type.decimal_width) + "," + std::to_string(type.decimal_scale) + ")";
        case TypeKind::kList:
            return type_text(type.children[0].type) + "[]";
        case TypeKind::kArray:
            return type_text(type.children[0].type) + "[" + std::to_string(type.array_length) + "]";
        case TypeKind::kMap:
            return "MAP(" + type_text(type.children[0].type) + ", " + type_text(type.children[1].type) + ")";
        case TypeKind::kStruct: {
            std::string text = "STRUCT(";
            for (size_t i = 0; i < type.children.size(); ++i) {
                text += (i > 0 ? ", " : "") + type.children[i].name + " " + type_text(type.children[i].type);
            }
            return text + ")";
        }
        case TypeKind::kEnum: {
            std::string text = "ENUM(";
            for (size_t i = 0; i < type.labels.size(); ++i) {
                text += (i > 0 ? ", " : "") + quote_string(type.labels[i]);
            }
            return text + ")";
        }
        default:
            return std::string(kShown[static_cast<size_t>(type.kind)]);
    }
}

std::string type_text(const CodeType& type) {
    switch (type.form) {
        case TypeForm::kValue:
            return type_text(type.type);
        case TypeForm::kRecord:
            return "RECORD";
        case TypeForm::kCursor:
            return "REFCURSOR";
        case TypeForm::kVoid:
            return "VOID";
        case TypeForm::kTrigger:
            return "TRIGGER";
        case TypeForm::kDynamic:
        case TypeForm::kError:
            break;
    }
    return "?";
}

std::optional<TypeKind> type_kind_named(std::string_view name) {
    for (const NamedKind& one : kNames) {
        if (same_word(name, one.name)) {
            return one.kind;
        }
    }
    return std::nullopt;
}

}  // namespace kodiak::language
