#include "engine/types/types.hpp"

#include <gtest/gtest.h>

#include "base/bytes/byte_io.hpp"
#include "engine/errors/errors.hpp"

namespace kodiak::engine {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

LogicalType enum_of(const std::vector<std::string>& labels) {
    duckdb::Vector values(LogicalType::VARCHAR, labels.size());
    for (size_t i = 0; i < labels.size(); ++i) {
        values.SetValue(i, duckdb::Value(labels[i]));
    }
    return LogicalType::ENUM(values, labels.size());
}

std::vector<LogicalType> all_types() {
    std::vector<LogicalType> types;
    for (const auto id :
         {LogicalTypeId::BOOLEAN, LogicalTypeId::TINYINT, LogicalTypeId::SMALLINT, LogicalTypeId::INTEGER,
          LogicalTypeId::BIGINT, LogicalTypeId::HUGEINT, LogicalTypeId::UTINYINT, LogicalTypeId::USMALLINT,
          LogicalTypeId::UINTEGER, LogicalTypeId::UBIGINT, LogicalTypeId::UHUGEINT, LogicalTypeId::FLOAT,
          LogicalTypeId::DOUBLE, LogicalTypeId::DATE, LogicalTypeId::TIME, LogicalTypeId::TIME_NS,
          LogicalTypeId::TIME_TZ, LogicalTypeId::TIMESTAMP, LogicalTypeId::TIMESTAMP_SEC, LogicalTypeId::TIMESTAMP_MS,
          LogicalTypeId::TIMESTAMP_NS, LogicalTypeId::TIMESTAMP_TZ, LogicalTypeId::INTERVAL, LogicalTypeId::UUID,
          LogicalTypeId::VARCHAR, LogicalTypeId::BLOB, LogicalTypeId::BIT, LogicalTypeId::BIGNUM,
          LogicalTypeId::SQLNULL}) {
        types.emplace_back(id);
    }
    for (const auto& [width, scale] : {std::pair<uint8_t, uint8_t>{4, 1}, {9, 9}, {18, 0}, {38, 10}}) {
        types.push_back(LogicalType::DECIMAL(width, scale));
    }
    types.push_back(LogicalType::JSON());
    types.push_back(LogicalType::VARCHAR_COLLATION("NOCASE"));
    types.push_back(enum_of({"sad", "it's ok", ""}));
    types.push_back(LogicalType::LIST(LogicalType::LIST(LogicalType::INTEGER)));
    types.push_back(LogicalType::ARRAY(LogicalType::FLOAT, 3));
    types.push_back(LogicalType::MAP(LogicalType::VARCHAR, LogicalType::LIST(LogicalType::DOUBLE)));
    types.push_back(LogicalType::STRUCT({{"a b", LogicalType::INTEGER}, {"é", enum_of({"x"})}}));
    types.push_back(LogicalType::UNION({{"n", LogicalType::BIGINT}, {"s", LogicalType::VARCHAR}}));
    types.push_back(LogicalType::VARIANT());
    types.push_back(LogicalType::GEOMETRY());
    types.push_back(LogicalType::GEOMETRY("EPSG:4326"));
    LogicalType aliased = LogicalType::INTEGER;
    aliased.SetAlias("my_int");
    types.push_back(aliased);
    return types;
}

TEST(Types, EveryColumnTypeComesBackEqual) {
    for (const LogicalType& type : all_types()) {
        const LogicalType back = to_logical_type(to_catalog_type(type));
        EXPECT_EQ(back, type) << type.ToString();
        EXPECT_EQ(back.GetAlias(), type.GetAlias());
        EXPECT_EQ(back.ToString(), type.ToString());
    }
}

TEST(Types, TheStoredFormComesBackEqual) {
    for (const LogicalType& type : all_types()) {
        const catalog::Type ours = to_catalog_type(type);
        std::string bytes;
        ByteWriter writer(bytes);
        catalog::encode_type(ours, writer);
        ByteReader reader(bytes);
        const auto back = catalog::decode_type(reader);
        ASSERT_TRUE(back.ok()) << type.ToString();
        EXPECT_EQ(back.value(), ours) << type.ToString();
    }
}

TEST(Types, TypesWithoutValuesAreRefused) {
    try {
        to_catalog_type(LogicalType(LogicalTypeId::LAMBDA));
        FAIL();
    } catch (const std::exception& exception) {
        EXPECT_EQ(from_exception(exception).code, ErrorCode::kUnsupported);
    }
}

}  // namespace
}  // namespace kodiak::engine
