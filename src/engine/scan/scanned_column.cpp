#include "engine/scan/scanned_column.hpp"

#include <cstring>

#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/vectors/nested_bytes.hpp"

namespace kodiak::engine {

namespace {

int64_t as_int64(catalog::Physical physical, const uint8_t* bytes) {
    using catalog::Physical;
    const auto load = [bytes]<class Int>(Int value) {
        std::memcpy(&value, bytes, sizeof value);
        return static_cast<int64_t>(value);
    };
    switch (physical) {
        case Physical::kInt8:
            return load(int8_t{});
        case Physical::kInt16:
            return load(int16_t{});
        case Physical::kInt32:
            return load(int32_t{});
        case Physical::kUint8:
        case Physical::kBool:
            return load(uint8_t{});
        case Physical::kUint16:
            return load(uint16_t{});
        case Physical::kUint32:
            return load(uint32_t{});
        default:
            return load(int64_t{});
    }
}

}  // namespace

ConstantColumn::ConstantColumn(const catalog::Type& type, std::string_view canonical) {
    const catalog::Physical physical = type.physical();
    column_.physical = physical;
    if (canonical.empty()) {
        validity_.assign(kRowsPerChunk / 64, 0);
        column_.validity = validity_.data();
    } else {
        value_ = value_or_throw(storage::decode_value(type, canonical));
    }
    if (catalog::is_narrowable(physical)) {
        column_.encoding = storage::Encoding::kFrame;
        column_.width = 0;
        column_.base = as_int64(physical, value_.bytes);
        column_.has_range = !canonical.empty() && physical != catalog::Physical::kUint64;
        column_.min = column_.max = column_.base;
        return;
    }
    fill_plain(physical);
}

void ConstantColumn::fill_plain(catalog::Physical physical) {
    const uint32_t width = catalog::physical_bytes(physical);
    column_.encoding = storage::Encoding::kPlain;
    column_.width = static_cast<uint8_t>(width);
    data_.resize(kRowsPerChunk * width);
    for (size_t slot = 0; slot < kRowsPerChunk; ++slot) {
        std::memcpy(data_.data() + slot * width, value_.bytes, width);
    }
    column_.data = data_.data();
}

ScannedColumn scanned_column(const KodiakTableEntry& entry, const duckdb::ColumnIndex& index) {
    ScannedColumn result;
    if (index.IsRowIdColumn()) {
        result.kind = ScannedColumn::Kind::kRowId;
        result.type = duckdb::LogicalType::ROW_TYPE;
        return result;
    }
    if (index.IsVirtualColumn()) {
        result.kind = ScannedColumn::Kind::kAny;
        result.type = duckdb::LogicalType::BOOLEAN;
        return result;
    }
    const auto& column = entry.GetColumns().GetColumn(index.ToLogical());
    result.id = entry.column_id(column.Physical());
    const catalog::ColumnDefinition* definition = entry.table().find_column(result.id);
    result.type = column.Type();
    result.physical = definition->type.physical();
    result.nested = is_nested_vector(result.type);
    result.missing = std::make_shared<ConstantColumn>(definition->type, definition->missing_value);
    return result;
}

std::vector<ColumnId> stored_ids(const std::vector<ScannedColumn>& columns) {
    std::vector<ColumnId> ids;
    for (const ScannedColumn& column : columns) {
        if (column.kind == ScannedColumn::Kind::kStored) {
            ids.push_back(column.id);
        }
    }
    return ids;
}

}  // namespace kodiak::engine
