#include "engine/scan/column_decode.hpp"

#include <array>

#include "engine/vectors/nested_bytes.hpp"
#include "storage/decode.hpp"

namespace kodiak::engine {

namespace {

void copy_nulls(const storage::StoredColumn& stored, const uint32_t* slots, size_t count, duckdb::Vector& target,
                size_t at) {
    auto& validity = duckdb::FlatVector::Validity(target);
    storage::for_each_null(stored, slots, count, [&](size_t i) { validity.SetInvalid(at + i); });
}

void decode_nested(const storage::StoredColumn& stored, const uint32_t* slots, size_t count, duckdb::Vector& target,
                   size_t at) {
    std::array<StringRef, kRowsPerChunk> values;
    storage::decode_strings(stored, slots, count, values.data());
    for (size_t i = 0; i < count; ++i) {
        const uint32_t slot = slots != nullptr ? slots[i] : static_cast<uint32_t>(i);
        if (stored.is_valid(slot)) {
            // The view must not be of the array's copy: inline bytes would dangle, but those are copied on reading.
            read_nested_bytes(values[i].view(), target, at + i);
        } else {
            duckdb::FlatVector::SetNull(target, at + i, true);
        }
    }
}

}  // namespace

void decode_column(const ScannedColumn& column, const storage::StoredColumn& stored, const uint32_t* slots,
                   size_t count, duckdb::Vector& target, size_t at) {
    if (column.nested) {
        decode_nested(stored, slots, count, target, at);
        return;
    }
    auto* data = duckdb::FlatVector::GetData(target);
    if (column.physical == catalog::Physical::kString) {
        storage::decode_strings(stored, slots, count, reinterpret_cast<StringRef*>(data) + at);
    } else {
        storage::decode_fixed(stored, column.physical, slots, count,
                              data + at * catalog::physical_bytes(column.physical));
    }
    copy_nulls(stored, slots, count, target, at);
}

bool share_column(const ScannedColumn& column, const storage::StoredColumn& stored, size_t count,
                  duckdb::Vector& target) {
    if (column.nested || stored.encoding != storage::Encoding::kPlain || stored.physical != column.physical) {
        return false;
    }
    // DuckDB reads shared values only; the cast away from const is its interface.
    duckdb::FlatVector::SetData(target, const_cast<uint8_t*>(stored.data));
    copy_nulls(stored, nullptr, count, target, 0);
    return true;
}

}  // namespace kodiak::engine
