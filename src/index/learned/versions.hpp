#pragma once

// VersionWords: the locators of one key, in the one word that a LearnedMap keeps per key.
//
// How      One locator stands for itself. Several are a sorted list of their own, replaced as a whole at each change,
//          so that a reader sees one state; very many are a LearnedMap of their own. Bit 63, which no locator of the
//          store uses, tells a list or map from a locator; a locator that does use it goes into a list.
// Threads  As LearnedMap: one writer; readers inside a ReaderEpochs::Guard.
// Cost     8 bytes for one, 64 for up to 7, 8 to 35 each for very many.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "index/learned/learned_map.hpp"

namespace kodiak::index::learned {

class VersionWords {
   public:
    explicit VersionWords(NodeMemory& memory) : memory_(memory) {}

    // --- readers
    static bool is_single(uint64_t word) { return word >> 63 == 0; }
    // Calls visit(locator) for each locator of a word, ascending, as of one moment.
    template <class Visit>
    static void for_each(uint64_t word, const Visit& visit) {
        if (is_single(word)) [[likely]] {
            visit(word);
        } else if (!is_many(word)) {
            for (const uint64_t locator : list_of(word).locators()) {
                visit(locator);
            }
        } else {
            for (const Item& item : consistent_items(word, ~size_t{0})) {
                visit(item.key);
            }
        }
    }
    static uint64_t first(uint64_t word);
    // Appends locators from `low` up, or `high` down: all of a list, about `wanted` of a map, of which there may then
    // be more.
    struct Part {
        std::vector<uint64_t> locators;
        bool is_cut = false;
    };
    static Part ascending_from(uint64_t word, uint64_t low, size_t wanted);
    static Part descending_from(uint64_t word, uint64_t high, size_t wanted);

    // --- the writer
    // Makes a word of ascending locators, at least one.
    uint64_t make(std::span<const uint64_t> locators);
    // Adds to, or takes from, the word at `place`; false when it is there, or not there.
    bool add(std::atomic<uint64_t>& place, uint64_t locator);
    // Requires: not holds_only, whose key the caller removes.
    bool remove(std::atomic<uint64_t>& place, uint64_t locator);
    static bool holds_only(uint64_t word, uint64_t locator);
    // Frees a word that no reader can see; or, retire, that no reader can find any more.
    void free(uint64_t word);
    void retire(uint64_t word);
    Status check(uint64_t word, uint64_t& locators) const;
    uint64_t counted_bytes(uint64_t word) const;

   private:
    static constexpr uint64_t kBoxed = uint64_t{1} << 63;
    static constexpr uint64_t kMany = 1;
    static constexpr size_t kListMax = 31;  // a list of 256 bytes
    static constexpr size_t kListAgain = 16;

    struct List {
        uint64_t count;
        uint64_t first[1];  // count of them
        std::span<const uint64_t> locators() const { return {first, count}; }
    };
    struct Many {
        explicit Many(NodeMemory& memory) : map(memory) {}
        LearnedMap map;                     // locator -> 0
        std::mutex writing;                 // for readers whom the writer keeps overtaking
        std::atomic<uint64_t> changes = 0;  // odd while the writer is at it
    };

    static bool is_many(uint64_t word) { return (word & kMany) != 0; }
    static const List& list_of(uint64_t word) { return *reinterpret_cast<const List*>(word & ~kBoxed); }
    static Many& many_of(uint64_t word) { return *reinterpret_cast<Many*>(word & ~(kBoxed | kMany)); }
    static size_t list_bytes(size_t count) { return (count + 1) * sizeof(uint64_t); }
    static std::vector<Item> consistent_items(uint64_t word, size_t wanted);
    void replace(std::atomic<uint64_t>& place, uint64_t fresh);

    NodeMemory& memory_;
};

}  // namespace kodiak::index::learned
