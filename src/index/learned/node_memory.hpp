#pragma once

// NodeMemory: where the nodes of one learned index live, and how they are given back while readers run.
//
// How      Blocks of up to kSlabBytesMax come from 64 KiB pages of one size class, pages from 2 MiB regions that are
//          given back to the system when empty; regions beyond the first few ask for huge pages, which spare a random
//          read its TLB miss. Larger blocks, and all blocks while the index is small, come from the allocator.
//          A block that readers may still see is retired: it is freed when ReaderEpochs says that they are gone.
// Threads  The index's writer only. Blocks are read by anybody under a ReaderEpochs::Guard.
// Cost     Retiring is a push; every kRetiredMax blocks or bytes the epoch advances (about a microsecond).

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "index/learned/reader_epochs.hpp"

namespace kodiak::index::learned {

class NodeMemory {
   public:
    static constexpr size_t kAlignment = 64;
    static constexpr size_t kSlabBytesMax = 9216;

    // `small_bytes`: until this much is in use, blocks come from the allocator.
    explicit NodeMemory(size_t small_bytes = size_t{4} << 20);
    // Frees what was retired. Requires: everything else was freed, no reader is left.
    ~NodeMemory();
    NodeMemory(const NodeMemory&) = delete;
    NodeMemory& operator=(const NodeMemory&) = delete;

    // Returns a block aligned to a cache line; its contents are unspecified.
    void* allocate(size_t bytes);
    // What a block of at least `bytes` holds without costing more.
    static size_t rounded(size_t bytes);
    // Frees a block that no reader has seen or can see. `bytes` as given to allocate.
    void free(void* block, size_t bytes);
    // Frees a block once readers are gone.
    void retire(void* block, size_t bytes);
    // Frees what was retired, as far as readers allow.
    void reclaim();

    // Bytes of the blocks in use, retired ones not counted, each rounded as it is handed out.
    uint64_t used_bytes() const { return used_bytes_; }
    // Bytes taken from the system for them.
    uint64_t held_bytes() const { return allocator_bytes_ + region_bytes_; }

   private:
    struct Page;
    struct Region;
    struct Retired {
        void* block;
        size_t bytes;
    };

    void* allocate_from_slab(size_t bytes);
    bool free_to_slab(void* block);
    Page* new_page(size_t size_class);
    void give_back(Page* page);
    void release(void* block, size_t bytes);
    void free_all(std::vector<Retired>& retired);

    const size_t small_bytes_;
    uint64_t used_bytes_ = 0;
    uint64_t allocator_bytes_ = 0;
    uint64_t region_bytes_ = 0;
    std::map<uintptr_t, std::unique_ptr<Region>> regions_;  // by address
    std::vector<Page*> open_pages_;                         // by size class: pages with a free block, a list
    std::vector<Region*> open_regions_;                     // with a free page

    std::vector<Retired> retired_;   // since the last advance
    size_t retired_bytes_ = 0;
    std::vector<Retired> waiting_;   // unlinked before waiting_epoch_
    uint64_t waiting_epoch_ = 0;
};

}  // namespace kodiak::index::learned
