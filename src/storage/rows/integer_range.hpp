#pragma once

// Narrowing integers: the range of a column's values and their distances from a base.

#include <cstdint>

#include "storage/chunk.hpp"

namespace kodiak::storage {

// Of the values that are not NULL. `fits` is false when one does not fit int64 (kUint64 above INT64_MAX).
struct IntegerRange {
    bool found = false;
    bool fits = true;
    int64_t min = 0;
    int64_t max = 0;
};
// Of slots 0..count-1. Requires: a narrowable column.
IntegerRange integer_range(const StoredColumn& column, uint32_t count);

// Bytes (0, 1, 2, 4 or 8) that hold every distance from min to max.
uint8_t bytes_for_span(int64_t min, int64_t max);

// Writes value - base at `width` bytes for slots 0..count-1, 0 under NULLs. Width 0 writes nothing.
void store_distances(const StoredColumn& column, uint32_t count, int64_t base, uint32_t width, uint8_t* out);

uint32_t count_valid(const StoredColumn& column, uint32_t count);

}  // namespace kodiak::storage
