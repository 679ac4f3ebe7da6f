#include "storage/select_kernels.hpp"

#include "base/result/assert.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define KODIAK_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#endif

namespace kodiak::storage {
namespace {

// Positions first..count-1, appended to out[found].
template <class U>
size_t select_from(const U* values, U low, U span, size_t first, size_t count, uint32_t* out, size_t found) {
    for (size_t i = first; i < count; ++i) {
        out[found] = static_cast<uint32_t>(i);
        found += static_cast<U>(values[i] - low) <= span ? 1 : 0;
    }
    return found;
}

// Calls kernel(values, low, span) with the unsigned type of `width` bytes.
template <class Kernel>
auto with_width(const uint8_t* data, uint32_t width, uint64_t low, uint64_t span, Kernel&& kernel) {
    switch (width) {
        case 1: return kernel(data, static_cast<uint8_t>(low), static_cast<uint8_t>(span));
        case 2:
            return kernel(reinterpret_cast<const uint16_t*>(data), static_cast<uint16_t>(low),
                          static_cast<uint16_t>(span));
        case 4:
            return kernel(reinterpret_cast<const uint32_t*>(data), static_cast<uint32_t>(low),
                          static_cast<uint32_t>(span));
        case 8: return kernel(reinterpret_cast<const uint64_t*>(data), low, span);
        default: KODIAK_ASSERT(false);
    }
}

#if defined(__x86_64__)

// One bit per value of the 64 bytes at `values`.
KODIAK_AVX512 inline uint64_t match(const uint8_t* values, uint8_t low, uint8_t span) {
    const __m512i shifted = _mm512_sub_epi8(_mm512_loadu_si512(values), _mm512_set1_epi8(static_cast<char>(low)));
    return _mm512_cmple_epu8_mask(shifted, _mm512_set1_epi8(static_cast<char>(span)));
}
KODIAK_AVX512 inline uint64_t match(const uint16_t* values, uint16_t low, uint16_t span) {
    const __m512i shifted = _mm512_sub_epi16(_mm512_loadu_si512(values), _mm512_set1_epi16(static_cast<short>(low)));
    return _mm512_cmple_epu16_mask(shifted, _mm512_set1_epi16(static_cast<short>(span)));
}
KODIAK_AVX512 inline uint64_t match(const uint32_t* values, uint32_t low, uint32_t span) {
    const __m512i shifted = _mm512_sub_epi32(_mm512_loadu_si512(values), _mm512_set1_epi32(static_cast<int>(low)));
    return _mm512_cmple_epu32_mask(shifted, _mm512_set1_epi32(static_cast<int>(span)));
}
KODIAK_AVX512 inline uint64_t match(const uint64_t* values, uint64_t low, uint64_t span) {
    const __m512i shifted =
        _mm512_sub_epi64(_mm512_loadu_si512(values), _mm512_set1_epi64(static_cast<long long>(low)));
    return _mm512_cmple_epu64_mask(shifted, _mm512_set1_epi64(static_cast<long long>(span)));
}

template <class U>
KODIAK_AVX512 size_t select_wide(const U* values, U low, U span, size_t count, uint32_t* out) {
    constexpr size_t kLanes = 64 / sizeof(U);
    constexpr int kStep = kLanes < 16 ? static_cast<int>(kLanes) : 16;
    const __m512i step = _mm512_set1_epi32(kStep);
    __m512i positions = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t found = 0;
    size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        uint64_t matches = match(values + i, low, span);
        for (size_t lane = 0; lane < kLanes; lane += static_cast<size_t>(kStep)) {
            const auto some = static_cast<__mmask16>(matches & ((uint64_t{1} << kStep) - 1));
            if (some != 0) {
                _mm512_storeu_si512(out + found, _mm512_maskz_compress_epi32(some, positions));
                found += static_cast<size_t>(__builtin_popcount(some));
            }
            matches >>= kStep;
            positions = _mm512_add_epi32(positions, step);
        }
    }
    return select_from(values, low, span, i, count, out, found);
}

#endif

}  // namespace

bool have_avx512() {
#if defined(__x86_64__)
    static const bool have = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    return have;
#else
    return false;
#endif
}

size_t select_dense_portable(const uint8_t* data, uint32_t width, uint64_t low, uint64_t span, size_t count,
                             uint32_t* out) {
    return with_width(data, width, low, span, [&](const auto* values, auto from, auto range) {
        return select_from(values, from, range, 0, count, out, 0);
    });
}

size_t select_dense_avx512(const uint8_t* data, uint32_t width, uint64_t low, uint64_t span, size_t count,
                           uint32_t* out) {
#if defined(__x86_64__)
    return with_width(data, width, low, span, [&](const auto* values, auto from, auto range) {
        return select_wide(values, from, range, count, out);
    });
#else
    return select_dense_portable(data, width, low, span, count, out);
#endif
}

size_t select_dense(const uint8_t* data, uint32_t width, uint64_t low, uint64_t span, size_t count, uint32_t* out) {
    return have_avx512() ? select_dense_avx512(data, width, low, span, count, out)
                         : select_dense_portable(data, width, low, span, count, out);
}

}  // namespace kodiak::storage
