#include "engine/vectors/typed_rows.hpp"

#include <cstring>

#include "duckdb/common/vector_operations/vector_operations.hpp"

namespace kodiak::engine {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;

LogicalType read_as(const LogicalType& type) {
    switch (type.id()) {
        case LogicalTypeId::BOOLEAN:
        case LogicalTypeId::TINYINT:
        case LogicalTypeId::SMALLINT:
        case LogicalTypeId::INTEGER:
        case LogicalTypeId::BIGINT:
        case LogicalTypeId::UTINYINT:
        case LogicalTypeId::USMALLINT:
        case LogicalTypeId::UINTEGER:
        case LogicalTypeId::UBIGINT:
        case LogicalTypeId::DATE:
        case LogicalTypeId::TIME:
        case LogicalTypeId::TIME_NS:
        case LogicalTypeId::TIMESTAMP:
        case LogicalTypeId::TIMESTAMP_SEC:
        case LogicalTypeId::TIMESTAMP_MS:
        case LogicalTypeId::TIMESTAMP_NS:
        case LogicalTypeId::TIMESTAMP_TZ:
        case LogicalTypeId::DOUBLE:
        case LogicalTypeId::VARCHAR:
        case LogicalTypeId::BLOB:
            return type;
        case LogicalTypeId::DECIMAL:
            return type.InternalType() == PhysicalType::INT128 ? LogicalType::VARCHAR : type;
        case LogicalTypeId::FLOAT:
            return LogicalType::DOUBLE;
        default:
            return LogicalType::VARCHAR;
    }
}

void TypedRows::take(duckdb::ClientContext& context, duckdb::DataChunk& chunk) {
    rows_ = chunk.size();
    columns_.resize(chunk.ColumnCount());
    for (size_t i = 0; i < chunk.ColumnCount(); ++i) {
        duckdb::Vector* values = &chunk.data[i];
        const LogicalType type = read_as(values->GetType());
        if (type != values->GetType()) {
            columns_[i].cast = duckdb::make_uniq<duckdb::Vector>(type, rows_);
            duckdb::VectorOperations::Cast(context, *values, *columns_[i].cast, rows_);
            values = columns_[i].cast.get();
        }
        columns_[i].physical = type.InternalType();
        values->ToUnifiedFormat(rows_, columns_[i].format);
    }
}

namespace {

template <class T>
int64_t integer_at(const duckdb::data_t* data, size_t at) {
    return static_cast<int64_t>(reinterpret_cast<const T*>(data)[at]);
}

int64_t integer_at(PhysicalType physical, const duckdb::data_t* data, size_t at) {
    switch (physical) {
        case PhysicalType::BOOL:
        case PhysicalType::UINT8:
            return integer_at<uint8_t>(data, at);
        case PhysicalType::INT8:
            return integer_at<int8_t>(data, at);
        case PhysicalType::INT16:
            return integer_at<int16_t>(data, at);
        case PhysicalType::UINT16:
            return integer_at<uint16_t>(data, at);
        case PhysicalType::INT32:
            return integer_at<int32_t>(data, at);
        case PhysicalType::UINT32:
            return integer_at<uint32_t>(data, at);
        default:
            return integer_at<int64_t>(data, at);
    }
}

}  // namespace

void TypedRows::read(size_t row, storage::TypedValue* values) const {
    for (size_t i = 0; i < columns_.size(); ++i) {
        const duckdb::UnifiedVectorFormat& format = columns_[i].format;
        const size_t at = format.sel->get_index(row);
        values[i].is_null = !format.validity.RowIsValid(at);
        if (values[i].is_null) {
            continue;
        }
        if (columns_[i].physical == PhysicalType::VARCHAR) {
            std::memcpy(values[i].bytes, format.data + at * sizeof(StringRef), sizeof(StringRef));
        } else if (columns_[i].physical == PhysicalType::DOUBLE) {
            values[i].set_number(reinterpret_cast<const double*>(format.data)[at]);
        } else {
            values[i].set_integer(integer_at(columns_[i].physical, format.data, at));
        }
    }
}

}  // namespace kodiak::engine
