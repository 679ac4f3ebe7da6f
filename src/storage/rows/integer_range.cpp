#include "storage/rows/integer_range.hpp"

#include <algorithm>
#include <vector>

#include "base/result/assert.hpp"
#include "storage/decode.hpp"

namespace kodiak::storage {
namespace {

using catalog::Physical;

// kUint64 values above INT64_MAX come out negative.
std::vector<int64_t> decode_all(const StoredColumn& column, uint32_t count) {
    std::vector<int64_t> values(count);
    const Physical target = column.physical == Physical::kUint64 ? Physical::kUint64 : Physical::kInt64;
    decode_fixed(column, target, nullptr, count, values.data());
    return values;
}

template <class U>
void store(const StoredColumn& column, const std::vector<int64_t>& values, int64_t base, uint8_t* out) {
    U* const target = reinterpret_cast<U*>(out);
    for (uint32_t slot = 0; slot < values.size(); ++slot) {
        const uint64_t distance = static_cast<uint64_t>(values[slot]) - static_cast<uint64_t>(base);
        target[slot] = column.is_valid(slot) ? static_cast<U>(distance) : U{0};
    }
}

}  // namespace

IntegerRange integer_range(const StoredColumn& column, uint32_t count) {
    const std::vector<int64_t> values = decode_all(column, count);
    IntegerRange range;
    for (uint32_t slot = 0; slot < count; ++slot) {
        if (!column.is_valid(slot)) {
            continue;
        }
        if (values[slot] < 0 && column.physical == Physical::kUint64) {
            range.fits = false;
            return range;
        }
        range.min = range.found ? std::min(range.min, values[slot]) : values[slot];
        range.max = range.found ? std::max(range.max, values[slot]) : values[slot];
        range.found = true;
    }
    return range;
}

uint8_t bytes_for_span(int64_t min, int64_t max) {
    const uint64_t span = static_cast<uint64_t>(max) - static_cast<uint64_t>(min);
    return span == 0 ? 0 : span <= UINT8_MAX ? 1 : span <= UINT16_MAX ? 2 : span <= UINT32_MAX ? 4 : 8;
}

void store_distances(const StoredColumn& column, uint32_t count, int64_t base, uint32_t width, uint8_t* out) {
    if (width == 0) {
        return;
    }
    const std::vector<int64_t> values = decode_all(column, count);
    switch (width) {
        case 1: store<uint8_t>(column, values, base, out); return;
        case 2: store<uint16_t>(column, values, base, out); return;
        case 4: store<uint32_t>(column, values, base, out); return;
        case 8: store<uint64_t>(column, values, base, out); return;
        default: KODIAK_ASSERT(false);
    }
}

uint32_t count_valid(const StoredColumn& column, uint32_t count) {
    if (column.validity == nullptr) {
        return count;
    }
    uint32_t valid = 0;
    for (uint32_t slot = 0; slot < count; ++slot) {
        valid += column.is_valid(slot) ? 1 : 0;
    }
    return valid;
}

}  // namespace kodiak::storage
