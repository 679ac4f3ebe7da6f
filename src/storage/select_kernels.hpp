#pragma once

// The innermost loop of range filters: which of `count` unsigned integers lie in a range.
//
// What       Writes the positions i < count with low <= data[i] <= low + span (unsigned, modulo the width, so that a
//            signed range works, too) to `out` in order and returns how many.
// How        Two ways with the same result: portable, and 64 bytes at a time with AVX-512 (compare to a mask, compress
//            the positions). select_dense() picks at run time.
// Requires   width 1, 2, 4 or 8; `out` has room for count + 64 entries.

#include <cstddef>
#include <cstdint>

namespace kodiak::storage {

size_t select_dense(const uint8_t* data, uint32_t width, uint64_t low, uint64_t span, size_t count, uint32_t* out);
size_t select_dense_portable(const uint8_t* data, uint32_t width, uint64_t low, uint64_t span, size_t count,
                             uint32_t* out);
// Requires: have_avx512().
size_t select_dense_avx512(const uint8_t* data, uint32_t width, uint64_t low, uint64_t span, size_t count,
                           uint32_t* out);
bool have_avx512();

}  // namespace kodiak::storage
