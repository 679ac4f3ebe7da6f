#include "index/learned/node_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>
#include <utility>

#include "base/result/assert.hpp"

namespace kodiak::index::learned {
namespace {

constexpr size_t kPageBytes = size_t{64} << 10;
constexpr size_t kRegionBytes = size_t{2} << 20;
constexpr size_t kPagesPerRegion = kRegionBytes / kPageBytes;
constexpr uint32_t kAllPages = ~uint32_t{0};
static_assert(kPagesPerRegion == 32);
// Regions before this number are filled page by page, so that a middling index does not pay for whole huge pages.
constexpr size_t kFirstHugeRegion = 8;
constexpr size_t kRetiredMax = 256;
constexpr size_t kRetiredBytesMax = size_t{256} << 10;

// Sanitizers see errors in blocks of the allocator, not in blocks that are cut from pages.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kUsesSlabs = false;
#else
constexpr bool kUsesSlabs = true;
#endif

// Sizes in steps of an eighth of the next lower power of two, at least 64.
size_t round_up(size_t bytes) {
    const size_t step = std::max<size_t>(NodeMemory::kAlignment, std::bit_floor(bytes) / 8);
    return (bytes + step - 1) / step * step;
}

// Maps memory aligned to its own size; straight from the system, so that unmapping gives it back for sure.
char* map_region() {
    void* memory = mmap(nullptr, 2 * kRegionBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::bad_alloc();
    }
    char* begin = static_cast<char*>(memory);
    char* aligned = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(begin) + kRegionBytes - 1) &
                                            ~(kRegionBytes - 1));
    if (aligned > begin) {
        munmap(begin, static_cast<size_t>(aligned - begin));
    }
    munmap(aligned + kRegionBytes, static_cast<size_t>(begin + kRegionBytes - aligned));
    return aligned;
}

}  // namespace

// The head of a page; blocks follow it, aligned.
struct alignas(64) NodeMemory::Page {
    Region* region;
    Page* previous;  // among the open pages of its size
    Page* next;
    void* first_free;     // a list through the free blocks
    uint32_t block_bytes;
    uint32_t used;        // blocks
    uint32_t fresh;       // blocks from here on were never handed out
    uint32_t capacity;

    char* block(uint32_t index) { return reinterpret_cast<char*>(this + 1) + size_t{index} * block_bytes; }
};

struct NodeMemory::Region {
    char* memory;
    uint32_t free_pages = kAllPages;  // a bit each
    bool is_huge;
};

NodeMemory::NodeMemory(size_t small_bytes) : small_bytes_(small_bytes) {}

NodeMemory::~NodeMemory() {
    free_all(waiting_);
    free_all(retired_);
    KODIAK_ASSERT(used_bytes_ == 0 && regions_.empty());
}

size_t NodeMemory::rounded(size_t bytes) { return round_up(bytes); }

void* NodeMemory::allocate(size_t bytes) {
    bytes = round_up(bytes);
    used_bytes_ += bytes;
    if (kUsesSlabs && bytes <= kSlabBytesMax && used_bytes_ > small_bytes_) {
        return allocate_from_slab(bytes);
    }
    const bool is_huge = bytes >= kRegionBytes;
    const size_t alignment = is_huge ? kRegionBytes : kAlignment;
    void* block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    if (is_huge) {
        madvise(block, bytes, MADV_HUGEPAGE);  // a wish: without it the block is only slower
    }
    allocator_bytes_ += bytes;
    return block;
}

void NodeMemory::free(void* block, size_t bytes) {
    bytes = round_up(bytes);
    used_bytes_ -= bytes;
    release(block, bytes);
}

void NodeMemory::release(void* block, size_t bytes) {
    if (!free_to_slab(block)) {
        allocator_bytes_ -= bytes;
        std::free(block);
    }
}

void NodeMemory::retire(void* block, size_t bytes) {
    bytes = round_up(bytes);
    used_bytes_ -= bytes;
    retired_.push_back({block, bytes});
    retired_bytes_ += bytes;
    if (retired_.size() >= kRetiredMax || retired_bytes_ >= kRetiredBytesMax) {
        reclaim();
    }
}

void NodeMemory::reclaim() {
    if (!waiting_.empty()) {
        if (!ReaderEpochs::is_quiet(waiting_epoch_)) {
            return;
        }
        free_all(waiting_);
    }
    waiting_.swap(retired_);
    retired_bytes_ = 0;
    waiting_epoch_ = ReaderEpochs::advance();
    if (ReaderEpochs::is_quiet(waiting_epoch_)) {
        free_all(waiting_);
    }
}

void NodeMemory::free_all(std::vector<Retired>& retired) {
    for (const Retired& one : retired) {
        release(one.block, one.bytes);
    }
    retired.clear();
}

void* NodeMemory::allocate_from_slab(size_t bytes) {
    const size_t size_class = bytes / kAlignment;
    if (size_class >= open_pages_.size()) {
        open_pages_.resize(size_class + 1, nullptr);
    }
    Page* page = open_pages_[size_class];
    if (page == nullptr) {
        page = new_page(size_class);
        open_pages_[size_class] = page;
    }
    void* block = page->first_free;
    if (block != nullptr) {
        page->first_free = *static_cast<void**>(block);
    } else {
        block = page->block(page->fresh++);
    }
    if (++page->used == page->capacity) {
        open_pages_[size_class] = page->next;
        if (page->next != nullptr) {
            page->next->previous = nullptr;
        }
        page->next = nullptr;
    }
    return block;
}

NodeMemory::Page* NodeMemory::new_page(size_t size_class) {
    if (open_regions_.empty()) {
        char* memory = map_region();
        auto region = std::make_unique<Region>();
        region->memory = memory;
        region->is_huge = regions_.size() >= kFirstHugeRegion;
        if (region->is_huge) {
            madvise(memory, kRegionBytes, MADV_HUGEPAGE);
            region_bytes_ += kRegionBytes;
        }
        open_regions_.push_back(region.get());
        regions_.emplace(reinterpret_cast<uintptr_t>(memory), std::move(region));
    }
    Region& region = *open_regions_.back();
    const auto number = static_cast<uint32_t>(std::countr_zero(region.free_pages));
    region.free_pages &= region.free_pages - 1;
    if (region.free_pages == 0) {
        open_regions_.pop_back();
    }
    region_bytes_ += region.is_huge ? 0 : kPageBytes;
    auto* page = new (region.memory + number * kPageBytes) Page{};
    page->region = &region;
    page->block_bytes = static_cast<uint32_t>(size_class * kAlignment);
    page->capacity = static_cast<uint32_t>((kPageBytes - sizeof(Page)) / page->block_bytes);
    return page;
}

bool NodeMemory::free_to_slab(void* block) {
    const auto address = reinterpret_cast<uintptr_t>(block);
    if (regions_.empty() || regions_.find(address & ~(kRegionBytes - 1)) == regions_.end()) {
        return false;
    }
    auto* page = reinterpret_cast<Page*>(address & ~(kPageBytes - 1));
    Page*& open = open_pages_[page->block_bytes / kAlignment];
    if (page->used == page->capacity) {
        page->previous = nullptr;
        page->next = open;
        if (open != nullptr) {
            open->previous = page;
        }
        open = page;
    }
    *static_cast<void**>(block) = page->first_free;
    page->first_free = block;
    if (--page->used == 0) {
        give_back(page);
    }
    return true;
}

// Returns an empty page to its region, and an empty region to the system.
void NodeMemory::give_back(Page* page) {
    Page*& open = open_pages_[page->block_bytes / kAlignment];
    (page->previous != nullptr ? page->previous->next : open) = page->next;
    if (page->next != nullptr) {
        page->next->previous = page->previous;
    }
    Region& region = *page->region;
    if (region.free_pages == 0) {
        open_regions_.push_back(&region);
    }
    const auto number = static_cast<size_t>(reinterpret_cast<char*>(page) - region.memory) / kPageBytes;
    region.free_pages |= uint32_t{1} << number;
    if (!region.is_huge) {
        region_bytes_ -= kPageBytes;
        madvise(page, kPageBytes, MADV_DONTNEED);
    }
    if (region.free_pages == kAllPages) {
        region_bytes_ -= region.is_huge ? kRegionBytes : 0;
        std::erase(open_regions_, &region);
        munmap(region.memory, kRegionBytes);
        regions_.erase(reinterpret_cast<uintptr_t>(region.memory));
    }
}

}  // namespace kodiak::index::learned
