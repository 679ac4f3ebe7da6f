#pragma once

// Decoding: stored columns into plain values.
//
// All functions take the slots to read (ascending or not) or nullptr for slots 0..count-1, write densely from out[0],
// and leave values under NULLs unspecified (but initialised). Requires: every slot < chunk count.
// Threads: pure functions over immutable memory. Cost: a few tenths of a nanosecond per value for narrow integers.

#include <cstdint>

#include "storage/chunk.hpp"

namespace kodiak::storage {

// Writes `count` values at the width of `target`, which must be the column's physical kind or a lossless widening of
// it (integer to wider integer, FLOAT to DOUBLE). Not for strings.
void decode_fixed(const StoredColumn& column, catalog::Physical target, const uint32_t* slots, size_t count, void* out);

// Writes `count` StringRefs, which point into the chunk's memory: valid while the chunk is pinned.
void decode_strings(const StoredColumn& column, const uint32_t* slots, size_t count, StringRef* out);

// Writes `count` dictionary codes widened to 32 bits (a selection vector into the dictionary's values).
// Requires: encoding kDictionary.
void decode_codes(const StoredColumn& column, const uint32_t* slots, size_t count, uint32_t* out);

// Calls on_null(i) for each i < count whose slot is NULL.
template <class OnNull>
void for_each_null(const StoredColumn& column, const uint32_t* slots, size_t count, OnNull&& on_null) {
    if (column.validity == nullptr) {
        return;
    }
    for (size_t i = 0; i < count; ++i) {
        if (!column.is_valid(slots != nullptr ? slots[i] : static_cast<uint32_t>(i))) {
            on_null(i);
        }
    }
}

// Keeps the slots whose value lies in [low, high] and is not NULL; returns how many, written to `out` in order.
// For kFrame and narrowable kPlain columns; kDictionary columns take a range of codes. `out` needs room for
// `count` + 64 entries and may not alias `slots`.
size_t select_range(const StoredColumn& column, int64_t low, int64_t high, const uint32_t* slots, size_t count,
                    uint32_t* out);

// Keeps the slots whose dictionary code c has accept[c] != 0 and is not NULL. Requires: kDictionary.
size_t select_codes(const StoredColumn& column, const uint8_t* accept, const uint32_t* slots, size_t count,
                    uint32_t* out);

// Keeps the slots that are NULL (want_null) or not NULL.
size_t select_nulls(const StoredColumn& column, bool want_null, const uint32_t* slots, size_t count, uint32_t* out);

}  // namespace kodiak::storage
