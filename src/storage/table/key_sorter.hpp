#pragma once

// KeySorter: where a store sorts the keys of bulk work (building an index, checking a load for duplicates).
//
// What       Makes index::SortedRuns that share one idea of memory and one directory to spill into. Spill files lie
//            beside the tables' files and are named by no manifest: what a crash leaves is swept at the next open.
// Threads    Safe from many threads. It must outlive the runs it made.
// Cost       Each set of runs keeps within `memory_bytes`; beyond it 16 bytes of disk a key (12 and the key for text).

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/disk/disk.hpp"
#include "index/unique_runs.hpp"

namespace kodiak::storage {

class KeySorter {
   public:
    // Without a disk (a database opened read-only beside its writer) everything stays in memory.
    KeySorter(std::shared_ptr<Disk> disk, std::string directory, uint64_t memory_bytes);

    std::unique_ptr<index::SortedRuns> make(index::KeyForm form, index::Duplicates duplicates, uint32_t collectors = 1);

   private:
    const std::shared_ptr<Disk> disk_;
    const std::string directory_;
    const uint64_t memory_bytes_;
    std::atomic<uint64_t> next_name_{0};
};

}  // namespace kodiak::storage
