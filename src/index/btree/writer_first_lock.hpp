#pragma once

// WriterFirstLock: a shared lock whose waiting writer goes before new readers.
//
// Why      std::shared_mutex on Linux lets readers in as long as any reader holds it, so that a few busy readers keep
//          a writer out for good.
// How      A writer raises a flag and takes a turnstile; readers look at the flag and pass the turnstile only while
//          it is up. Without a writer a reader pays one load more than for std::shared_mutex.
// Threads  Any number of readers; writers are serialised.

#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace kodiak::index {

class WriterFirstLock {
   public:
    void lock() {
        turnstile_.lock();
        writer_waits_.store(true, std::memory_order_relaxed);
        lock_.lock();
        writer_waits_.store(false, std::memory_order_relaxed);
        turnstile_.unlock();
    }
    void unlock() { lock_.unlock(); }
    void lock_shared() {
        if (writer_waits_.load(std::memory_order_relaxed)) {
            const std::lock_guard wait(turnstile_);
        }
        lock_.lock_shared();
    }
    void unlock_shared() { lock_.unlock_shared(); }

   private:
    std::mutex turnstile_;
    std::atomic<bool> writer_waits_ = false;
    std::shared_mutex lock_;
};

}  // namespace kodiak::index
