#pragma once

// ChunkOrder: the order in which a scan visits chunks, cut into morsels, the units of work of a thread.
//
// How        Without a wanted order: as the table has them. With one (a Top-N's): by the zone maps of a column, most
//            promising chunks first, chunks that may hold what sorts before everything (unknown ranges, NULLS FIRST)
//            ahead of all. The Top-N above re-checks every row, so this is about speed only.
// Morsels    60 chunks, DuckDB's row group; fewer for small tables, so that two threads have work.
// Threads    Immutable after construction.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/scan/scan_binding.hpp"
#include "storage/table_snapshot.hpp"

namespace kodiak::engine {

class ChunkOrder {
   public:
    ChunkOrder() = default;
    ChunkOrder(const storage::TableSnapshot& snapshot, const std::optional<ScanOrder>& wanted);

    size_t morsels() const { return (chunks_ + morsel_chunks_ - 1) / morsel_chunks_; }
    // Places [begin, end) in the order that morsel `index` visits; empty behind the last one.
    size_t begin_of(size_t index) const { return std::min(chunks_, index * morsel_chunks_); }
    size_t end_of(size_t index) const { return std::min(chunks_, (index + 1) * morsel_chunks_); }
    // The chunk at a place.
    size_t chunk_at(size_t place) const { return order_.empty() ? place : order_[place]; }

   private:
    size_t chunks_ = 0;
    size_t morsel_chunks_ = 1;
    std::vector<uint32_t> order_;  // empty = ascending
};

}  // namespace kodiak::engine
