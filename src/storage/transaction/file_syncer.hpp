#pragma once

// FileSyncer: makes written files durable on a thread of its own, so that a load computes while the disk writes.
//
// Threads    add() from any number of threads; finish() once, after all add() calls.
// Durability When finish() returns success every file added is synced.
// Errors     The first sync that fails: kIo, kDiskFull.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "base/disk/disk.hpp"
#include "base/result/result.hpp"

namespace kodiak::storage {

class FileSyncer {
   public:
    explicit FileSyncer(Disk& disk) : disk_(disk) {}
    // Waits for what is under way and drops the rest.
    ~FileSyncer();
    FileSyncer(const FileSyncer&) = delete;
    FileSyncer& operator=(const FileSyncer&) = delete;

    void add(std::string path);
    Status finish();

   private:
    void run();
    void stop(bool drop);

    Disk& disk_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::string> paths_;  // guarded by mutex_
    Status outcome_;                 // guarded by mutex_
    bool ending_ = false;            // guarded by mutex_
    std::thread thread_;             // started by the first add()
};

}  // namespace kodiak::storage
