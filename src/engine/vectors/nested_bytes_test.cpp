#include "engine/vectors/nested_bytes.hpp"

#include <random>

#include <gtest/gtest.h>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/value.hpp"

#include "base/result/result.hpp"
#include "engine/errors/errors.hpp"
#include "engine/vectors/batch_columns.hpp"

namespace kodiak::engine {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

// Random types and values of them.
class Generator {
   public:
    explicit Generator(uint64_t seed) : random_(seed) {}

    LogicalType nested_type(int depth) {
        switch (below(5)) {
            case 0:
                return LogicalType::LIST(type(depth - 1));
            case 1:
                return LogicalType::ARRAY(type(depth - 1), 1 + below(4));
            case 2:
                return LogicalType::MAP(LogicalType::VARCHAR, type(depth - 1));
            case 3:
                return LogicalType::UNION(fields(depth));
            default:
                return LogicalType::STRUCT(fields(depth));
        }
    }

    Value value(const LogicalType& of, bool may_be_null = true) {
        if (may_be_null && below(5) == 0) {
            return Value(of);
        }
        switch (of.id()) {
            case LogicalTypeId::LIST:
                return Value::LIST(duckdb::ListType::GetChildType(of),
                                   values(duckdb::ListType::GetChildType(of), below(5)));
            case LogicalTypeId::ARRAY:
                return Value::ARRAY(duckdb::ArrayType::GetChildType(of),
                                    values(duckdb::ArrayType::GetChildType(of), duckdb::ArrayType::GetSize(of)));
            case LogicalTypeId::MAP:
                return map(of);
            case LogicalTypeId::UNION: {
                const auto member = static_cast<uint8_t>(below(duckdb::UnionType::GetMemberCount(of)));
                return Value::UNION(duckdb::UnionType::CopyMemberTypes(of), member,
                                    value(duckdb::UnionType::GetMemberType(of, member)));
            }
            case LogicalTypeId::STRUCT: {
                duckdb::vector<Value> children;
                for (const auto& child : duckdb::StructType::GetChildTypes(of)) {
                    children.push_back(value(child.second));
                }
                return Value::STRUCT(of, std::move(children));
            }
            default:
                return scalar(of);
        }
    }

   private:
    uint64_t below(uint64_t bound) { return random_() % bound; }

    LogicalType type(int depth) { return depth > 0 && below(2) == 0 ? nested_type(depth) : scalar_type(); }

    LogicalType scalar_type() {
        static const std::vector<LogicalType> kTypes = {
            LogicalType::BOOLEAN, LogicalType::TINYINT,  LogicalType::USMALLINT,      LogicalType::INTEGER,
            LogicalType::BIGINT,  LogicalType::HUGEINT,  LogicalType::FLOAT,          LogicalType::DOUBLE,
            LogicalType::VARCHAR, LogicalType::BLOB,     LogicalType::DECIMAL(25, 3), LogicalType::DATE,
            LogicalType::UUID,    LogicalType::INTERVAL, LogicalType::TIMESTAMP,      LogicalType::DECIMAL(4, 1)};
        if (below(8) == 0) {
            duckdb::Vector labels(LogicalType::VARCHAR, 3);
            labels.SetValue(0, Value("red"));
            labels.SetValue(1, Value("a label longer than twelve"));
            labels.SetValue(2, Value(""));
            return LogicalType::ENUM(labels, 3);
        }
        return kTypes[below(kTypes.size())];
    }

    duckdb::child_list_t<LogicalType> fields(int depth) {
        duckdb::child_list_t<LogicalType> result;
        const uint64_t count = 1 + below(3);
        for (uint64_t i = 0; i < count; ++i) {
            result.emplace_back("f" + std::to_string(i), type(depth - 1));
        }
        return result;
    }

    duckdb::vector<Value> values(const LogicalType& of, uint64_t count) {
        duckdb::vector<Value> result;
        for (uint64_t i = 0; i < count; ++i) {
            result.push_back(value(of));
        }
        return result;
    }

    Value map(const LogicalType& of) {
        duckdb::vector<Value> keys;
        duckdb::vector<Value> mapped;
        const uint64_t count = below(4);
        for (uint64_t i = 0; i < count; ++i) {
            keys.push_back(Value(text() + std::to_string(i)));
            mapped.push_back(value(duckdb::MapType::ValueType(of)));
        }
        return Value::MAP(duckdb::MapType::KeyType(of), duckdb::MapType::ValueType(of), std::move(keys),
                          std::move(mapped));
    }

    std::string text() { return std::string(below(30), static_cast<char>('a' + below(26))); }

    Value scalar(const LogicalType& of) {
        const auto small = static_cast<int64_t>(below(100)) - 50;
        switch (of.id()) {
            case LogicalTypeId::VARCHAR:
                return Value(text());
            case LogicalTypeId::BLOB:
                return Value::BLOB_RAW(text() + std::string(1, '\0'));
            case LogicalTypeId::ENUM:
                return Value::ENUM(below(3), of);
            case LogicalTypeId::FLOAT:
                return below(4) == 0 ? Value::FLOAT(std::numeric_limits<float>::quiet_NaN()) : Value::FLOAT(0.5F);
            case LogicalTypeId::DOUBLE:
                return below(4) == 0 ? Value::DOUBLE(-std::numeric_limits<double>::infinity()) : Value::DOUBLE(-0.0);
            case LogicalTypeId::INTERVAL:
                return Value::INTERVAL(1, static_cast<int32_t>(small), small);
            case LogicalTypeId::UUID:
                return Value::UUID(duckdb::hugeint_t(small, static_cast<uint64_t>(small)));
            case LogicalTypeId::USMALLINT:
                return Value::USMALLINT(static_cast<uint16_t>(small));
            case LogicalTypeId::BOOLEAN:
                return Value::BOOLEAN(small > 0);
            case LogicalTypeId::DATE:
                return Value::DATE(duckdb::date_t(static_cast<int32_t>(small)));
            case LogicalTypeId::TIMESTAMP:
                return Value::TIMESTAMP(duckdb::timestamp_t(small));
            default:
                return Value::Numeric(of, small);
        }
    }

    std::mt19937_64 random_;
};

// The canonical bytes of each row; empty strings for NULL.
std::vector<std::string> bytes_of(duckdb::DataChunk& chunk) {
    BatchColumns columns;
    const size_t order[] = {0};
    const storage::BatchView view = columns.view(chunk, order);
    std::vector<std::string> result;
    for (size_t row = 0; row < view.rows; ++row) {
        const auto& column = view.columns[0];
        const auto* values = static_cast<const StringRef*>(column.data);
        result.emplace_back(column.is_valid(row) ? values[column.position(row)].view() : std::string_view());
    }
    return result;
}

TEST(NestedBytes, RandomValuesOfRandomTypesComeBackEqual) {
    for (uint64_t seed = 1; seed <= 150; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Generator generator(seed);
        const LogicalType type = generator.nested_type(3);
        duckdb::DataChunk chunk;
        chunk.Initialize(duckdb::Allocator::DefaultAllocator(), {type});
        std::vector<Value> rows;
        for (duckdb::idx_t row = 0; row < 40; ++row) {
            rows.push_back(generator.value(type));
            chunk.data[0].SetValue(row, rows.back());
        }
        chunk.SetCardinality(rows.size());
        const std::vector<std::string> bytes = bytes_of(chunk);

        duckdb::Vector back(type);
        for (duckdb::idx_t row = 0; row < rows.size(); ++row) {
            if (rows[row].IsNull()) {
                duckdb::FlatVector::SetNull(back, row, true);
            } else {
                read_nested_bytes(bytes[row], back, row);
            }
        }
        for (duckdb::idx_t row = 0; row < rows.size(); ++row) {
            ASSERT_TRUE(Value::NotDistinctFrom(back.GetValue(row), rows[row]))
                << type.ToString() << ": " << rows[row].ToString() << " became " << back.GetValue(row).ToString();
        }
    }
}

TEST(NestedBytes, ConstantAndDictionaryVectorsGiveTheSameBytesAsFlatOnes) {
    const LogicalType type = LogicalType::LIST(LogicalType::STRUCT({{"a", LogicalType::INTEGER}}));
    Generator generator(7);
    const Value value = generator.value(type, false);
    duckdb::DataChunk flat;
    flat.Initialize(duckdb::Allocator::DefaultAllocator(), {type});
    duckdb::DataChunk constant;
    constant.Initialize(duckdb::Allocator::DefaultAllocator(), {type});
    for (duckdb::idx_t row = 0; row < 3; ++row) {
        flat.data[0].SetValue(row, value);
    }
    constant.data[0].Reference(value);
    flat.SetCardinality(3);
    constant.SetCardinality(3);
    const auto expected = bytes_of(flat);
    EXPECT_EQ(bytes_of(constant), expected);
    duckdb::SelectionVector reversed(3);
    for (duckdb::idx_t i = 0; i < 3; ++i) {
        reversed.set_index(i, 2 - i);
    }
    flat.Slice(reversed, 3);
    EXPECT_EQ(bytes_of(flat), expected);
}

TEST(NestedBytes, DamagedBytesAreCorruptionAndNeverACrash) {
    size_t refused = 0;
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Generator generator(seed);
        std::mt19937_64 random(seed);
        const LogicalType type = generator.nested_type(3);
        duckdb::DataChunk chunk;
        chunk.Initialize(duckdb::Allocator::DefaultAllocator(), {type});
        chunk.data[0].SetValue(0, generator.value(type, false));
        chunk.SetCardinality(1);
        const std::string good = bytes_of(chunk)[0];
        for (int attempt = 0; attempt < 60; ++attempt) {
            std::string bad = good;
            if (attempt % 2 == 0) {
                bad.resize(random() % (bad.size() + 1));
            }
            if (!bad.empty()) {
                bad[random() % bad.size()] = static_cast<char>(random());
            }
            duckdb::Vector target(type);
            try {
                read_nested_bytes(bad, target, 0);
            } catch (const std::exception& exception) {
                EXPECT_EQ(from_exception(exception).code, ErrorCode::kCorruption) << exception.what();
                ++refused;
            }
        }
    }
    EXPECT_GT(refused, 1000U);
}

}  // namespace
}  // namespace kodiak::engine
