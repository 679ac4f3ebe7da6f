#include "storage/table/chunk_directory.hpp"

#include <algorithm>
#include <array>

#include "base/result/assert.hpp"

namespace kodiak::storage {
namespace {

// Holds no rows and no columns; no range of commits meets it.
class GoneChunk final : public Chunk {
   public:
    GoneChunk() {
        schema_ = std::make_shared<const StoredSchema>();
        sealed_ = true;
        min_created_.store(UINT64_MAX, std::memory_order_relaxed);
    }
};

}  // namespace

Status verify_columns(const DirectoryEntry& entry, std::span<const ColumnId> columns) {
    if (entry.file == nullptr) {
        return {};
    }
    ChunkFile& file = *entry.file->file;
    // Together: a cold file reads what is missing in one go.
    constexpr size_t kAtOnce = 64;
    std::array<size_t, kAtOnce> positions;
    size_t count = 0;
    for (const ColumnId column : columns) {
        if (const int at = entry.chunk->schema().position(column); at >= 0) {
            positions[count++] = static_cast<size_t>(at);
        }
        if (count == kAtOnce) {
            KODIAK_TRY(file.verify_columns({positions.data(), count}));
            count = 0;
        }
    }
    return file.verify_columns({positions.data(), count});
}

std::shared_ptr<ChunkState> state_of(const TableFile& file, size_t index) {
    if (!file.is_history) {
        return std::make_shared<ChunkState>();
    }
    const FileEnds ends = file.file->ends(index);
    return std::make_shared<ChunkState>(
        std::make_unique<ChunkEnds>(ends.ends, file.file->chunks()[index]->count(), ends.first, ends.last));
}

const DirectoryEntry& ChunkDirectory::gone() {
    static const DirectoryEntry entry{std::make_shared<const GoneChunk>(), std::make_shared<ChunkState>(), nullptr};
    return entry;
}

bool ChunkDirectory::is_gone(const DirectoryEntry& entry) { return entry.chunk == gone().chunk; }

void ChunkDirectory::Numbered::append(std::vector<DirectoryEntry> entries) {
    std::shared_ptr<Block> open;
    for (DirectoryEntry& entry : entries) {
        const uint64_t within = size % kBlockEntries;
        if (within == 0) {
            open = std::make_shared<Block>();
            blocks.push_back(open);
        } else if (open == nullptr) {
            open = std::make_shared<Block>(*blocks.back());
            blocks.back() = open;
        }
        if (entry.state == nullptr) {
            entry.state = std::make_shared<ChunkState>();
        }
        (*open)[within] = std::move(entry);
        ++size;
    }
}

void ChunkDirectory::Numbered::set(std::span<const uint64_t> indexes, const DirectoryEntry& entry) {
    std::shared_ptr<Block> open;
    uint64_t open_number = UINT64_MAX;
    for (const uint64_t index : indexes) {
        KODIAK_ASSERT(index < size);
        if (index / kBlockEntries != open_number) {
            open_number = index / kBlockEntries;
            open = std::make_shared<Block>(*blocks[open_number]);
            blocks[open_number] = open;
        }
        (*open)[index % kBlockEntries] = entry;
    }
}

ChunkDirectory::Ptr ChunkDirectory::with_appended(std::vector<DirectoryEntry> entries) const {
    auto next = std::make_shared<ChunkDirectory>(*this);
    next->appended_.append(std::move(entries));
    return next;
}

ChunkDirectory::Ptr ChunkDirectory::with_replaced(uint64_t number, std::shared_ptr<const Chunk> chunk,
                                                  std::shared_ptr<const TableFile> file,
                                                  std::shared_ptr<ChunkState> state) const {
    auto next = std::make_shared<ChunkDirectory>(*this);
    DirectoryEntry entry = (*this)[number];
    entry.chunk = std::move(chunk);
    entry.file = std::move(file);
    entry.state = state == nullptr ? std::move(entry.state) : std::move(state);
    const uint64_t index = number % kRewrittenChunks;
    (number < kRewrittenChunks ? next->appended_ : next->rewritten_).set({&index, 1}, entry);
    return next;
}

ChunkDirectory::Ptr ChunkDirectory::with_rewritten(std::span<const uint64_t> sources, std::vector<DirectoryEntry> rows,
                                                   std::vector<DirectoryEntry> history) const {
    KODIAK_ASSERT(!sources.empty());
    auto next = std::make_shared<ChunkDirectory>(*this);
    std::vector<uint64_t> appended;
    std::vector<uint64_t> rewritten;
    for (const uint64_t number : sources) {
        (number < kRewrittenChunks ? appended : rewritten).push_back(number % kRewrittenChunks);
    }
    next->appended_.set(appended, gone());
    next->rewritten_.set(rewritten, gone());

    uint64_t place = 0;
    while (place < scan_count() && scan_number(place) != sources.front()) {
        ++place;
    }
    KODIAK_ASSERT(place + sources.size() <= scan_count());
    const uint64_t behind = place + sources.size();
    auto arranged = std::make_shared<std::vector<uint64_t>>();
    for (uint64_t before = 0; before < place; ++before) {
        arranged->push_back(scan_number(before));
    }
    const uint64_t first = kRewrittenChunks + rewritten_.size;
    for (uint64_t i = 0; i < rows.size(); ++i) {
        arranged->push_back(first + i);
    }
    for (uint64_t after = behind; after < arranged_size(); ++after) {
        arranged->push_back(scan_number(after));
    }
    if (behind > arranged_size()) {
        next->arranged_until_ = arranged_until_ + (behind - arranged_size());
    }
    next->arranged_ = std::move(arranged);
    if (!history.empty()) {
        next->history_.push_back({first + rows.size(), history.size()});
    }
    next->rewritten_.append(std::move(rows));
    next->rewritten_.append(std::move(history));
    return next;
}

ChunkDirectory::Ptr ChunkDirectory::of(Parts parts) {
    auto directory = std::make_shared<ChunkDirectory>();
    directory->appended_.append(std::move(parts.appended));
    directory->rewritten_.append(std::move(parts.rewritten));
    if (!parts.arranged.empty()) {
        directory->arranged_ = std::make_shared<const std::vector<uint64_t>>(std::move(parts.arranged));
    }
    directory->arranged_until_ = parts.arranged_until;
    directory->history_ = std::move(parts.history);
    return directory;
}

}  // namespace kodiak::storage
