#pragma once

// ReaderEpochs: tells a writer when no reader can hold memory any more that it took out of a structure.
//
// Why      Readers follow pointers without a lock, so memory that a writer unlinks must outlive every read that began
//          before. Reference counts would cost each read two atomic additions on shared cache lines; this costs two
//          plain stores to a line of the thread's own.
// How      Epoch-based reclamation (Fraser 2004, section 5.2.3). A reader writes the current epoch into its line,
//          reads, and writes 0. A writer unlinks memory, calls advance, and frees what it unlinked once is_quiet says
//          that no line holds an older epoch. The order "line first, then the structure" needs a full fence on one
//          side: the writer pays for it with membarrier(2), which runs it on all threads; where the kernel has none,
//          readers pay with an atomic exchange.
// Threads  All functions from any thread. Lines belong to the process, not to an index: a thread has one, however
//          many databases it reads, and leaves it to the next thread when it ends.
// Not here What to free and when: node_memory.hpp.

#include <atomic>
#include <cstdint>

namespace kodiak::index::learned {

class ReaderEpochs {
    // One thread's mark; its own cache line, so that readers do not disturb each other.
    struct alignas(64) Line {
        std::atomic<uint64_t> epoch = 0;  // 0: not reading
        std::atomic<bool> taken = true;
        Line* next = nullptr;  // set before the line is published
    };

   public:
    // While a Guard lives, nothing that its thread can reach is freed. Keep it short; not to be nested.
    class Guard {
       public:
        Guard() : line_(own_line_ != nullptr ? *own_line_ : register_thread()) {
            const uint64_t now = current_.load(std::memory_order_relaxed);
            if (readers_fence_) [[unlikely]] {
                line_.epoch.exchange(now, std::memory_order_seq_cst);
            } else {
                line_.epoch.store(now, std::memory_order_relaxed);
                std::atomic_signal_fence(std::memory_order_seq_cst);
            }
        }
        ~Guard() { line_.epoch.store(0, std::memory_order_release); }
        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;

       private:
        Line& line_;
    };

    // Returns an epoch E: whatever was unlinked before this call is out of all readers' reach once is_quiet(E).
    // Costs a system call.
    static uint64_t advance();
    static bool is_quiet(uint64_t epoch);

   private:
    struct LineOwner;
    static Line& register_thread();

    static inline constinit std::atomic<uint64_t> current_ = 1;
    static inline constinit std::atomic<Line*> lines_ = nullptr;  // grows only
    static inline constinit thread_local Line* own_line_ = nullptr;
    static const bool readers_fence_;
};

}  // namespace kodiak::index::learned
