#include "engine/types/types.hpp"

#include "duckdb/common/extra_type_info.hpp"
#include "duckdb/common/types/value.hpp"
#include "duckdb/common/types/vector.hpp"

#include "engine/errors/errors.hpp"

namespace kodiak::engine {

namespace {

using catalog::TypeKind;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

struct SimpleType {
    TypeKind kind;
    LogicalTypeId id;
};

// Kinds without parameters.
constexpr SimpleType kSimpleTypes[] = {
    {TypeKind::kBoolean, LogicalTypeId::BOOLEAN},
    {TypeKind::kTinyInt, LogicalTypeId::TINYINT},
    {TypeKind::kSmallInt, LogicalTypeId::SMALLINT},
    {TypeKind::kInteger, LogicalTypeId::INTEGER},
    {TypeKind::kBigInt, LogicalTypeId::BIGINT},
    {TypeKind::kHugeInt, LogicalTypeId::HUGEINT},
    {TypeKind::kUTinyInt, LogicalTypeId::UTINYINT},
    {TypeKind::kUSmallInt, LogicalTypeId::USMALLINT},
    {TypeKind::kUInteger, LogicalTypeId::UINTEGER},
    {TypeKind::kUBigInt, LogicalTypeId::UBIGINT},
    {TypeKind::kUHugeInt, LogicalTypeId::UHUGEINT},
    {TypeKind::kFloat, LogicalTypeId::FLOAT},
    {TypeKind::kDouble, LogicalTypeId::DOUBLE},
    {TypeKind::kDate, LogicalTypeId::DATE},
    {TypeKind::kTime, LogicalTypeId::TIME},
    {TypeKind::kTimeNs, LogicalTypeId::TIME_NS},
    {TypeKind::kTimeTz, LogicalTypeId::TIME_TZ},
    {TypeKind::kTimestamp, LogicalTypeId::TIMESTAMP},
    {TypeKind::kTimestampS, LogicalTypeId::TIMESTAMP_SEC},
    {TypeKind::kTimestampMs, LogicalTypeId::TIMESTAMP_MS},
    {TypeKind::kTimestampNs, LogicalTypeId::TIMESTAMP_NS},
    {TypeKind::kTimestampTz, LogicalTypeId::TIMESTAMP_TZ},
    {TypeKind::kInterval, LogicalTypeId::INTERVAL},
    {TypeKind::kUuid, LogicalTypeId::UUID},
    {TypeKind::kBlob, LogicalTypeId::BLOB},
    {TypeKind::kBit, LogicalTypeId::BIT},
    {TypeKind::kBigNum, LogicalTypeId::BIGNUM},
    {TypeKind::kSqlNull, LogicalTypeId::SQLNULL},
};

[[noreturn]] void refuse(const LogicalType& type) {
    throw_error(make_error(ErrorCode::kUnsupported, "a column cannot have the type " + type.ToString()));
}

void add_children(const duckdb::child_list_t<LogicalType>& children, catalog::Type& type) {
    for (const auto& child : children) {
        type.children.push_back({child.first, to_catalog_type(child.second)});
    }
}

duckdb::child_list_t<LogicalType> child_list(const catalog::Type& type) {
    duckdb::child_list_t<LogicalType> children;
    for (const auto& child : type.children) {
        children.emplace_back(child.name, to_logical_type(child.type));
    }
    return children;
}

void fill(const LogicalType& type, catalog::Type& result) {
    switch (type.id()) {
        case LogicalTypeId::DECIMAL:
            result.kind = TypeKind::kDecimal;
            result.decimal_width = duckdb::DecimalType::GetWidth(type);
            result.decimal_scale = duckdb::DecimalType::GetScale(type);
            return;
        case LogicalTypeId::VARCHAR:
        case LogicalTypeId::CHAR:
        case LogicalTypeId::STRING_LITERAL:
            result.kind = TypeKind::kVarchar;
            if (type.id() == LogicalTypeId::VARCHAR) {
                result.collation = duckdb::StringType::GetCollation(type);
            }
            return;
        case LogicalTypeId::ENUM: {
            result.kind = TypeKind::kEnum;
            const auto size = duckdb::EnumType::GetSize(type);
            for (duckdb::idx_t i = 0; i < size; ++i) {
                result.labels.push_back(duckdb::EnumType::GetString(type, i).GetString());
            }
            return;
        }
        case LogicalTypeId::LIST:
            result.kind = TypeKind::kList;
            result.children.push_back({"", to_catalog_type(duckdb::ListType::GetChildType(type))});
            return;
        case LogicalTypeId::STRUCT:
            if (duckdb::StructType::IsUnnamed(type)) {
                throw_error(
                    make_error(ErrorCode::kInvalidDefinition,
                               "a column cannot have the type " + type.ToString() + ": its fields have no names")
                        .with_hint("Name them: {'a': 1, 'b': 2} instead of (1, 2)."));
            }
            result.kind = TypeKind::kStruct;
            add_children(duckdb::StructType::GetChildTypes(type), result);
            return;
        case LogicalTypeId::MAP:
            result.kind = TypeKind::kMap;
            result.children.push_back({"", to_catalog_type(duckdb::MapType::KeyType(type))});
            result.children.push_back({"", to_catalog_type(duckdb::MapType::ValueType(type))});
            return;
        case LogicalTypeId::ARRAY:
            result.kind = TypeKind::kArray;
            result.array_length = static_cast<uint32_t>(duckdb::ArrayType::GetSize(type));
            result.children.push_back({"", to_catalog_type(duckdb::ArrayType::GetChildType(type))});
            return;
        case LogicalTypeId::UNION:
            result.kind = TypeKind::kUnion;
            for (duckdb::idx_t i = 0; i < duckdb::UnionType::GetMemberCount(type); ++i) {
                result.children.push_back({duckdb::UnionType::GetMemberName(type, i),
                                           to_catalog_type(duckdb::UnionType::GetMemberType(type, i))});
            }
            return;
        case LogicalTypeId::VARIANT:
            result.kind = TypeKind::kVariant;
            return;
        case LogicalTypeId::GEOMETRY:
            result.kind = TypeKind::kGeometry;
            if (duckdb::GeoType::HasCRS(type)) {
                result.extra = duckdb::GeoType::GetCRS(type).GetDefinition();
            }
            return;
        default:
            refuse(type);
    }
}

LogicalType enum_type(const std::vector<std::string>& labels) {
    duckdb::Vector values(LogicalType::VARCHAR, labels.size());
    auto* strings = duckdb::FlatVector::GetData<duckdb::string_t>(values);
    for (size_t i = 0; i < labels.size(); ++i) {
        strings[i] = duckdb::StringVector::AddString(values, labels[i]);
    }
    return LogicalType::ENUM(values, labels.size());
}

LogicalType parameterised(const catalog::Type& type) {
    switch (type.kind) {
        case TypeKind::kDecimal:
            return LogicalType::DECIMAL(type.decimal_width, type.decimal_scale);
        case TypeKind::kVarchar:
            return type.collation.empty() ? LogicalType(LogicalType::VARCHAR)
                                          : LogicalType::VARCHAR_COLLATION(type.collation);
        case TypeKind::kEnum:
            return enum_type(type.labels);
        case TypeKind::kList:
            return LogicalType::LIST(to_logical_type(type.children[0].type));
        case TypeKind::kStruct:
            return LogicalType::STRUCT(child_list(type));
        case TypeKind::kMap:
            return LogicalType::MAP(to_logical_type(type.children[0].type), to_logical_type(type.children[1].type));
        case TypeKind::kArray:
            return LogicalType::ARRAY(to_logical_type(type.children[0].type), type.array_length);
        case TypeKind::kUnion:
            return LogicalType::UNION(child_list(type));
        case TypeKind::kVariant:
            return LogicalType::VARIANT();
        case TypeKind::kGeometry:
            return type.extra.empty() ? LogicalType::GEOMETRY() : LogicalType::GEOMETRY(type.extra);
        default:
            throw_error(make_error(ErrorCode::kCorruption, "a stored type has an unknown kind"));
    }
}

}  // namespace

catalog::Type to_catalog_type(const LogicalType& type) {
    catalog::Type result;
    bool simple = false;
    for (const SimpleType& entry : kSimpleTypes) {
        if (entry.id == type.id()) {
            result.kind = entry.kind;
            simple = true;
        }
    }
    if (!simple) {
        fill(type, result);
    }
    if (type.HasAlias()) {
        result.alias = type.GetAlias();
    }
    return result;
}

LogicalType to_logical_type(const catalog::Type& type) {
    LogicalType result;
    bool simple = false;
    for (const SimpleType& entry : kSimpleTypes) {
        if (entry.kind == type.kind) {
            result = LogicalType(entry.id);
            simple = true;
        }
    }
    if (!simple) {
        result = parameterised(type);
    }
    if (!type.alias.empty()) {
        result.SetAlias(type.alias);
    }
    return result;
}

}  // namespace kodiak::engine
