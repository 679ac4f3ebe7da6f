#include "engine/scan/chunk_order.hpp"

#include <utility>

namespace kodiak::engine {

namespace {

constexpr size_t kMorselChunks = 60;
constexpr size_t kMorselsWanted = 8;

// Sorts ascending: what comes first is visited first.
struct Promise {
    bool known = false;  // chunks with unknown bounds first
    int64_t bound = 0;
    uint32_t chunk = 0;
    auto operator<=>(const Promise&) const = default;
};

Promise promise_of(const storage::TableSnapshot& snapshot, uint32_t index, const ScanOrder& wanted) {
    Promise result;
    result.chunk = index;
    const storage::StoredColumn* column = storage::TableSnapshot::stored(snapshot.chunk(index), wanted.column);
    // Codes of different dictionaries do not compare.
    if (column == nullptr || !column->has_range || column->encoding == storage::Encoding::kDictionary ||
        (wanted.nulls_first && column->validity != nullptr)) {
        return result;
    }
    result.known = true;
    const int64_t bound = wanted.by_max ? column->max : column->min;
    result.bound = wanted.descending ? ~bound : bound;  // ~ turns the order around without overflow
    return result;
}

}  // namespace

ChunkOrder::ChunkOrder(const storage::TableSnapshot& snapshot, const std::optional<ScanOrder>& wanted)
    : chunks_(snapshot.chunk_count()),
      morsel_chunks_(std::clamp<size_t>((chunks_ + kMorselsWanted - 1) / kMorselsWanted, 1, kMorselChunks)) {
    if (!wanted.has_value()) {
        return;
    }
    std::vector<Promise> promises;
    promises.reserve(chunks_);
    for (uint32_t index = 0; index < chunks_; ++index) {
        promises.push_back(promise_of(snapshot, index, *wanted));
    }
    std::sort(promises.begin(), promises.end());
    order_.reserve(chunks_);
    for (const Promise& promise : promises) {
        order_.push_back(promise.chunk);
    }
}

}  // namespace kodiak::engine
