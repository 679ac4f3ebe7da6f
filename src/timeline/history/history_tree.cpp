#include "timeline/history/history_tree.hpp"

#include <bit>

namespace kodiak::timeline {
namespace {

using Entry = TiledArray::Entry;

// Hash256 holds nothing but its bytes, so entries are hashes as they lie.
static_assert(sizeof(Hash256) == sizeof(Entry));

Entry root_of_tile(uint32_t, std::span<const Entry> tile) {
    return tree_root({reinterpret_cast<const Hash256*>(tile.data()), tile.size()}).bytes;
}

}  // namespace

HistoryTree::HistoryTree(std::shared_ptr<Disk> disk, const std::string& directory)
    : tiles_(std::move(disk), directory + "/history/tree", root_of_tile) {}

// The subtrees that make up [begin, end) are hashed from the entries of the level just below them: at most 128 each.
Result<Hash256> HistoryTree::root_over(uint64_t begin, uint64_t end) const {
    TreeBuilder builder;
    std::array<Entry, TiledArray::kTileEntries> entries;
    while (begin < end) {
        const auto height = static_cast<uint32_t>(std::bit_width(end - begin) - 1);
        const uint32_t level = height / TiledArray::kTileBits;
        const uint64_t count = uint64_t{1} << (height % TiledArray::kTileBits);
        KODIAK_TRY(tiles_.read(level, begin >> (level * TiledArray::kTileBits), std::span(entries).first(count)));
        builder.append_subtree(height, tree_root({reinterpret_cast<const Hash256*>(entries.data()), count}));
        begin += uint64_t{1} << height;
    }
    return builder.root();
}

Result<Hash256> HistoryTree::leaf(uint64_t index) const {
    Entry entry;
    KODIAK_TRY(tiles_.read(0, index, {&entry, 1}));
    return Hash256{entry};
}

Result<Hash256> HistoryTree::root_at(uint64_t size) const { return root_over(0, size); }

Result<InclusionProof> HistoryTree::prove_inclusion(uint64_t leaf_index, uint64_t size) const {
    return inclusion_proof([this](uint64_t begin, uint64_t end) { return root_over(begin, end); }, leaf_index, size);
}

Result<ConsistencyProof> HistoryTree::prove_consistency(uint64_t old_size, uint64_t new_size) const {
    return consistency_proof([this](uint64_t begin, uint64_t end) { return root_over(begin, end); }, old_size,
                             new_size);
}

}  // namespace kodiak::timeline
