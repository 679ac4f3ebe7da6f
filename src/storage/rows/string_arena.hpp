#pragma once

// StringArena: memory for the long strings of open chunks; grows in blocks, frees all at once.
//
// Threads    One writer; bytes already handed out may be read meanwhile.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace kodiak::storage {

class StringArena {
   public:
    // Copies `text`; the copy lives as long as the arena.
    std::string_view keep(std::string_view text) {
        if (text.size() > left_) {
            add_block(text.size());
        }
        char* const at = next_;
        std::memcpy(at, text.data(), text.size());
        next_ += text.size();
        left_ -= text.size();
        return {at, text.size()};
    }
    uint64_t memory_bytes() const { return bytes_; }

   private:
    static constexpr size_t kFirstBlock = 512;
    static constexpr size_t kLargestBlock = 256 * 1024;

    void add_block(size_t wanted) {
        const size_t doubled = std::clamp(static_cast<size_t>(bytes_), kFirstBlock, kLargestBlock);
        const size_t size = std::max(wanted, doubled);
        blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
        next_ = blocks_.back().get();
        left_ = size;
        bytes_ += size;
    }

    std::vector<std::unique_ptr<char[]>> blocks_;
    char* next_ = nullptr;
    size_t left_ = 0;
    uint64_t bytes_ = 0;
};

}  // namespace kodiak::storage
