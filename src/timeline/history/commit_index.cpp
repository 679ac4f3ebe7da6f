#include "timeline/history/commit_index.hpp"

#include <algorithm>
#include <cstring>

namespace kodiak::timeline {
namespace {

using Entry = TiledArray::Entry;

Entry encode(const IndexedCommit& commit) {
    Entry entry;
    std::memcpy(entry.data(), &commit.offset, 8);
    std::memcpy(entry.data() + 8, &commit.timestamp.micros, 8);
    std::memcpy(entry.data() + 16, commit.id.bytes.data(), Ulid::kBytes);
    return entry;
}

IndexedCommit decode(const Entry& entry) {
    IndexedCommit commit;
    std::memcpy(&commit.offset, entry.data(), 8);
    std::memcpy(&commit.timestamp.micros, entry.data() + 8, 8);
    std::memcpy(commit.id.bytes.data(), entry.data() + 16, Ulid::kBytes);
    return commit;
}

struct IdRange {
    Ulid least;
    Ulid greatest;
};

// The ids that an entry stands for: a commit's own, or those of its run.
IdRange ids_of(uint32_t level, const Entry& entry) {
    IdRange range;
    std::memcpy(range.least.bytes.data(), entry.data() + (level == 0 ? 16 : 0), Ulid::kBytes);
    std::memcpy(range.greatest.bytes.data(), entry.data() + 16, Ulid::kBytes);
    return range;
}

Entry ids_of_tile(uint32_t level, std::span<const Entry> tile) {
    IdRange all = ids_of(level, tile.front());
    for (const Entry& entry : tile) {
        const IdRange one = ids_of(level, entry);
        all.least = std::min(all.least, one.least);
        all.greatest = std::max(all.greatest, one.greatest);
    }
    Entry entry;
    std::memcpy(entry.data(), all.least.bytes.data(), Ulid::kBytes);
    std::memcpy(entry.data() + 16, all.greatest.bytes.data(), Ulid::kBytes);
    return entry;
}

}  // namespace

CommitIndex::CommitIndex(std::shared_ptr<Disk> disk, const std::string& directory)
    : tiles_(std::move(disk), directory + "/history/index", ids_of_tile) {}

void CommitIndex::append(const IndexedCommit& commit) { tiles_.append(encode(commit)); }
void CommitIndex::replace(uint64_t seq, const IndexedCommit& commit) { tiles_.replace(seq - 1, encode(commit)); }

Result<IndexedCommit> CommitIndex::commit(uint64_t seq) const {
    Entry entry;
    KODIAK_TRY(tiles_.read(0, seq - 1, {&entry, 1}));
    return decode(entry);
}

Result<std::vector<IndexedCommit>> CommitIndex::commits(uint64_t first_seq, uint64_t count) const {
    std::vector<Entry> entries(count);
    KODIAK_TRY(tiles_.read(0, first_seq - 1, entries));
    std::vector<IndexedCommit> commits;
    commits.reserve(count);
    for (const Entry& entry : entries) {
        commits.push_back(decode(entry));
    }
    return commits;
}

Result<uint64_t> CommitIndex::newest_at(Timestamp time, uint64_t upto) const {
    uint64_t not_after = 0;  // the answer is at or above it
    uint64_t after = upto + 1;
    while (after - not_after > 1) {
        const uint64_t middle = not_after + (after - not_after) / 2;
        KODIAK_TRY_ASSIGN(const IndexedCommit probe, commit(middle));
        (probe.timestamp.micros <= time.micros ? not_after : after) = middle;
    }
    return not_after;
}

Result<std::optional<uint64_t>> CommitIndex::find(const Ulid& id, uint64_t upto) const {
    // Newest first: each level's entries that no entry above sums up.
    for (uint32_t level = 0; level < TiledArray::kLevels; ++level) {
        const uint64_t count = upto >> (TiledArray::kTileBits * level);
        const uint64_t summed_up = count / TiledArray::kTileEntries * TiledArray::kTileEntries;
        KODIAK_TRY_ASSIGN(const auto found, find_below(level, summed_up, count - summed_up, id));
        if (found.has_value()) {
            return found;
        }
    }
    return std::optional<uint64_t>();
}

Result<std::optional<uint64_t>> CommitIndex::find_below(uint32_t level, uint64_t first, uint64_t count,
                                                        const Ulid& id) const {
    std::array<Entry, TiledArray::kTileEntries> tile;
    const std::span<Entry> entries = std::span(tile).first(count);
    KODIAK_TRY(tiles_.read(level, first, entries));
    for (uint64_t i = 0; i < count; ++i) {
        const IdRange ids = ids_of(level, entries[i]);
        if (id < ids.least || ids.greatest < id) {
            continue;
        }
        if (level == 0) {
            return std::optional<uint64_t>(first + i + 1);
        }
        KODIAK_TRY_ASSIGN(const auto found, find_below(level - 1, (first + i) * TiledArray::kTileEntries,
                                                       TiledArray::kTileEntries, id));
        if (found.has_value()) {
            return found;
        }
    }
    return std::optional<uint64_t>();
}

}  // namespace kodiak::timeline
