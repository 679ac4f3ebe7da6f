#pragma once

// OwnErasures: the row versions of one table that a transaction has ended, with the statement that did it.
//
// What       Each ended version carries the ordinal of its statement, so that a snapshot taken by statement k shows
//            what statement k itself ends (no Halloween problem) and hides what earlier ones ended.
// Threads    Safe from many threads: sinks erase while scans read.
// Cost       About 20 bytes per version while a chunk has few, 8 KiB per chunk beyond that.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "base/ids/ids.hpp"

namespace kodiak::storage {

class OwnErasures {
   public:
    // Ends a version; false when it is ended already.
    bool erase(Locator locator, uint32_t statement);
    bool is_erased(Locator locator) const { return is_erased_before(locator, UINT32_MAX); }
    // True when a statement with a smaller ordinal ended it.
    bool is_erased_before(Locator locator, uint32_t statement) const;
    // True when some version of this locator's chunk is ended.
    bool touches(Locator any_of_chunk) const;
    // Drops from `slots` those that an earlier statement ended; returns how many remain.
    size_t filter(Locator any_of_chunk, uint32_t statement, uint32_t* slots, size_t count) const;

    size_t size() const;
    // In the order in which they were ended.
    const std::vector<Locator>& log() const { return log_; }
    // Gives each committed version the place that `place_of` says; false when it knows none for some.
    bool relocate(const std::function<std::optional<Locator>(Locator)>& place_of);
    // Takes back all but the first `keep`.
    void undo_to(size_t keep);

   private:
    struct ChunkErasures {
        std::vector<std::pair<uint32_t, uint32_t>> few;  // (slot, statement)
        std::unique_ptr<std::vector<uint32_t>> by_slot;  // statement + 1; 0 = alive
    };
    static constexpr size_t kFew = 32;
    static uint64_t chunk_key(Locator locator) { return locator.value >> Locator::kSlotBits; }
    static uint32_t statement_of(const ChunkErasures& chunk, uint32_t slot);  // UINT32_MAX = alive

    mutable std::shared_mutex mutex_;
    std::unordered_map<uint64_t, ChunkErasures> chunks_;
    std::vector<Locator> log_;
};

}  // namespace kodiak::storage
