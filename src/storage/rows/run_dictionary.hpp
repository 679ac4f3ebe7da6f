#pragma once

// RunDictionary: one sorted dictionary for a string column of several chunks, when it pays.
//
// What       Up to 4,096 distinct strings over the whole run; pays when codes and dictionary take fewer bytes than
//            StringRefs and the heap of long strings.
// How        DictionaryBuilder first numbers the strings as they come (hash table), then sorts them and renumbers.
// Threads    Pure function.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "storage/chunk.hpp"

namespace kodiak::storage {

struct RunDictionary {
    std::shared_ptr<const Dictionary> dictionary;  // nullptr: none pays
    std::vector<uint16_t> codes;                   // all chunks' rows one after the other; 0 for NULL
    uint64_t bytes = 0;                            // of the dictionary
};

// For the string column at `position` of slots 0..counts[i]-1 of each chunk.
RunDictionary build_run_dictionary(std::span<const Chunk* const> run, std::span<const uint32_t> counts,
                                   size_t position);

}  // namespace kodiak::storage
