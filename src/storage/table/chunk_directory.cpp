#include "storage/table/chunk_directory.hpp"

#include "base/result/assert.hpp"

namespace kodiak::storage {

Status verify_columns(const DirectoryEntry& entry, std::span<const ColumnId> columns) {
    if (entry.file == nullptr) {
        return {};
    }
    WarmFile& file = *entry.file->file;
    KODIAK_TRY(file.verify_columns({}));
    for (const ColumnId column : columns) {
        const int at = entry.chunk->schema().position(column);
        if (at >= 0) {
            const auto position = static_cast<size_t>(at);
            KODIAK_TRY(file.verify_columns({&position, 1}));
        }
    }
    return {};
}

ChunkDirectory::Ptr ChunkDirectory::with_appended(std::vector<DirectoryEntry> entries) const {
    auto next = std::make_shared<ChunkDirectory>(*this);
    std::shared_ptr<Block> open;
    for (DirectoryEntry& entry : entries) {
        const uint64_t within = next->size_ % kBlockEntries;
        if (within == 0) {
            open = std::make_shared<Block>();
            next->blocks_.push_back(open);
        } else if (open == nullptr) {
            open = std::make_shared<Block>(*next->blocks_.back());
            next->blocks_.back() = open;
        }
        if (entry.state == nullptr) {
            entry.state = std::make_shared<ChunkState>();
        }
        (*open)[within] = std::move(entry);
        ++next->size_;
    }
    return next;
}

ChunkDirectory::Ptr ChunkDirectory::with_replaced(uint64_t index, std::shared_ptr<const Chunk> chunk,
                                                  std::shared_ptr<const TableFile> file) const {
    KODIAK_ASSERT(index < size_);
    auto next = std::make_shared<ChunkDirectory>(*this);
    auto block = std::make_shared<Block>(*blocks_[index / kBlockEntries]);
    DirectoryEntry& entry = (*block)[index % kBlockEntries];
    entry.chunk = std::move(chunk);
    entry.file = std::move(file);
    next->blocks_[index / kBlockEntries] = std::move(block);
    return next;
}

}  // namespace kodiak::storage
