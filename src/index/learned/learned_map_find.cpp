// Finding keys in a LearnedMap, compiled twice: for any processor, and for those with AVX2.
//
// Why twice  A find waits for memory; how many finds wait at the same time is how many fit into the processor's window
//            of some hundred instructions. Comparing seven keys one by one takes half of a find's instructions.

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <utility>

#include "index/learned/learned_map.hpp"

namespace kodiak::index::learned {

namespace plain {
// The live entries of a bucket with this key, a bit each, as of `header`.
inline uint64_t match(const Bucket& bucket, uint64_t header, uint64_t key) {
    const uint32_t at = bucket.match(key);
    return header & (uint64_t{1} << at) & Bucket::kLive;
}
#include "index/learned/find_code.inc"
}  // namespace plain

#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
namespace vectorised {
// Reads keys while the writer may write dead ones: each of the vectors' words is read whole, as on all x86-64
// processors, and what was read counts only when the header has not changed (K1), as with atomic loads.
inline uint64_t match(const Bucket& bucket, uint64_t header, uint64_t key) {
    const __m256i wanted = _mm256_set1_epi64x(static_cast<int64_t>(key));
    const auto* words = reinterpret_cast<const __m256i*>(&bucket);
    const __m256i low = _mm256_cmpeq_epi64(_mm256_load_si256(words), wanted);
    const __m256i high = _mm256_cmpeq_epi64(_mm256_load_si256(words + 1), wanted);
    const auto low_bits = static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(low)));
    const auto high_bits = static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(high)));
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the header is read again behind the keys
    return (low_bits >> 1 | high_bits << 3) & header & Bucket::kLive;
}
#include "index/learned/find_code.inc"
}  // namespace vectorised
#pragma GCC pop_options

namespace {

// ThreadSanitizer does not know that vector loads of atomic words are meant.
#if defined(__SANITIZE_THREAD__)
constexpr bool kIsVectorised = false;
#else
const bool kIsVectorised = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
#endif

}  // namespace

uint64_t LearnedMap::find(uint64_t key) const {
    const Ref root(root_.load(std::memory_order_acquire));
    return kIsVectorised ? vectorised::find(root, key) : plain::find(root, key);
}

void LearnedMap::find_group(std::span<const uint64_t> keys, std::span<uint64_t> values) const {
    KODIAK_DEBUG_ASSERT(keys.size() <= kGroup && keys.size() == values.size());
    const Ref root(root_.load(std::memory_order_acquire));
    kIsVectorised ? vectorised::find_group(root, keys, values) : plain::find_group(root, keys, values);
}

}  // namespace kodiak::index::learned
