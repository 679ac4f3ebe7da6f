#pragma once

// DictionaryBuilder: gathers the distinct strings of a run of chunks, up to 4,096, and sorts them.
//
// Two steps: add() numbers strings in the order they come; finish() gives the sorted dictionary and, for every such
// number, its code. Threads: one. Lifetime: strings added must live until finish().

#include <memory>
#include <string_view>
#include <vector>

#include "storage/chunk.hpp"

namespace kodiak::storage {

class DictionaryBuilder {
   public:
    static constexpr size_t kMaxValues = 4096;

    DictionaryBuilder() : table_(kSlots, kEmpty) {}
    // The number of a string, in order of first appearance; kMaxValues when there are too many different ones.
    uint32_t add(std::string_view text);
    size_t size() const { return values_.size(); }
    // Bytes that the finished dictionary takes.
    uint64_t bytes() const { return values_.size() * sizeof(StringRef) + long_bytes_; }
    // Copies the strings; codes[number] is the code of that number.
    std::shared_ptr<const Dictionary> finish(std::vector<uint16_t>& codes) const;

   private:
    static constexpr size_t kSlots = 16'384;
    static constexpr uint16_t kEmpty = UINT16_MAX;

    std::vector<std::string_view> values_;
    std::vector<uint64_t> hashes_;
    std::vector<uint16_t> table_;  // numbers by hash, linear probing
    uint64_t long_bytes_ = 0;
};

}  // namespace kodiak::storage
