#pragma once

// ChunkEnds: which commit ended each row version of one chunk, on one branch (a deletion vector with time).
//
// What       end(slot) = 0 while the version lives, else the seq of the commit that replaced or deleted it. Ends are
//            never inside a chunk: chunks are shared by branches and tiers, ends belong to one branch. The ends of a
//            history segment never change; they lie in its file, which must be verified before end() is called.
// Threads    set() and clear() by the commit pipeline only (one thread at a time); everything else from anywhere. A
//            reader of view V sees each end <= V because the commit published its seq after setting it.
// Cost       16 KiB for a chunk with at least one ended row, nothing for the others, a few bytes for history.

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/ids/ids.hpp"

namespace kodiak::storage {

class ChunkEnds {
   public:
    ChunkEnds() : own_(new std::atomic<uint64_t>[kRowsPerChunk]()), ends_(own_.get()) {}
    // All rows have ended, by commits in [first, last], and nothing will change; `ends` outlives this object.
    ChunkEnds(const uint64_t* ends, uint32_t count, uint64_t first, uint64_t last)
        : ends_(reinterpret_cast<const std::atomic<uint64_t>*>(ends)),
          count_(count),
          first_seq_(first),
          last_seq_(last) {}

    uint64_t end(uint32_t slot) const { return ends_[slot].load(std::memory_order_acquire); }
    // Requires: end(slot) == 0, and not of history.
    void set(uint32_t slot, uint64_t seq);
    // Takes a set() back (the commit failed at the log).
    void clear(uint32_t slot);
    uint32_t count() const { return count_.load(std::memory_order_acquire); }
    // No end in this chunk is smaller.
    uint64_t first_seq() const { return first_seq_.load(std::memory_order_acquire); }
    // No end in this chunk is larger.
    uint64_t last_seq() const { return last_seq_.load(std::memory_order_acquire); }
    bool is_history() const { return own_ == nullptr; }

   private:
    static_assert(sizeof(std::atomic<uint64_t>) == sizeof(uint64_t) && std::atomic<uint64_t>::is_always_lock_free);
    std::unique_ptr<std::atomic<uint64_t>[]> own_;
    const std::atomic<uint64_t>* ends_;
    std::atomic<uint32_t> count_{0};
    std::atomic<uint64_t> first_seq_{UINT64_MAX};
    std::atomic<uint64_t> last_seq_{0};
};

// The ends of one chunk, allocated when the first row ends. Address-stable: shared by all directory versions.
class ChunkState {
   public:
    ChunkState() = default;
    explicit ChunkState(std::unique_ptr<ChunkEnds> ends) : ends_(ends.release()) {}
    ~ChunkState() { delete ends_.load(std::memory_order_relaxed); }
    ChunkState(const ChunkState&) = delete;
    ChunkState& operator=(const ChunkState&) = delete;
    // nullptr while no row has ended.
    const ChunkEnds* ends() const { return ends_.load(std::memory_order_acquire); }
    // The ends to write into. Commit pipeline only.
    ChunkEnds& writable();

   private:
    std::atomic<ChunkEnds*> ends_{nullptr};
};

}  // namespace kodiak::storage
