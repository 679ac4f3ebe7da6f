#include "storage/table/chunk_ends.hpp"

#include <algorithm>

#include "base/result/assert.hpp"

namespace kodiak::storage {

void ChunkEnds::set(uint32_t slot, uint64_t seq) {
    KODIAK_ASSERT(own_ != nullptr && own_[slot].load(std::memory_order_relaxed) == 0);
    first_seq_.store(std::min(first_seq_.load(std::memory_order_relaxed), seq), std::memory_order_release);
    last_seq_.store(std::max(last_seq_.load(std::memory_order_relaxed), seq), std::memory_order_release);
    count_.fetch_add(1, std::memory_order_release);
    own_[slot].store(seq, std::memory_order_release);
}

void ChunkEnds::clear(uint32_t slot) {
    KODIAK_ASSERT(own_ != nullptr && own_[slot].load(std::memory_order_relaxed) != 0);
    own_[slot].store(0, std::memory_order_release);
    count_.fetch_sub(1, std::memory_order_release);
}

ChunkEnds& ChunkState::writable() {
    ChunkEnds* ends = ends_.load(std::memory_order_relaxed);
    if (ends == nullptr) {
        ends = new ChunkEnds();
        ends_.store(ends, std::memory_order_release);
    }
    return *ends;
}

}  // namespace kodiak::storage
