#pragma once

// ChunkDirectory: the chunks of one table on one branch, in insertion order.
//
// What       An immutable list; changing it makes a new version that shares all blocks but the changed one. Readers
//            hold a version by shared_ptr and are never disturbed; the writer swaps versions.
// Layout     Blocks of 256 entries, so that appending copies one block and the block list (8 bytes per 524,288 rows).
// Threads    Immutable.
// Cost       Append or replace: a copy of one block (about 2 us) plus the block list.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "storage/chunk.hpp"
#include "storage/table/chunk_ends.hpp"
#include "storage/warm/warm_file.hpp"

namespace kodiak::storage {

// A file that holds chunks of a table.
struct TableFile {
    uint64_t number = 0;
    bool with_row_ids = false;
    bool with_created = false;
    RowNumbering numbering;
    uint64_t first_chunk = 0;  // place in the directory
    uint32_t chunks = 0;
    std::shared_ptr<WarmFile> file;
};

struct DirectoryEntry {
    std::shared_ptr<const Chunk> chunk;
    std::shared_ptr<ChunkState> state;      // the same object over all versions
    std::shared_ptr<const TableFile> file;  // where the chunk's bytes lie; nullptr = in memory
};

// Checks the bytes of row identities and of `columns` where the chunk lies in a file, unless done before. To be called
// before these are read. kCorruption.
Status verify_columns(const DirectoryEntry& entry, std::span<const ColumnId> columns);

class ChunkDirectory {
   public:
    using Ptr = std::shared_ptr<const ChunkDirectory>;

    uint64_t size() const { return size_; }
    // Requires: index < size().
    const DirectoryEntry& operator[](uint64_t index) const {
        return (*blocks_[index / kBlockEntries])[index % kBlockEntries];
    }
    // This list plus chunks at its end; their states are new unless given.
    Ptr with_appended(std::vector<DirectoryEntry> entries) const;
    // This list with another chunk (of the same rows) in place `index`.
    Ptr with_replaced(uint64_t index, std::shared_ptr<const Chunk> chunk,
                      std::shared_ptr<const TableFile> file = nullptr) const;

   private:
    static constexpr uint64_t kBlockEntries = 256;
    using Block = std::array<DirectoryEntry, kBlockEntries>;
    std::vector<std::shared_ptr<const Block>> blocks_;
    uint64_t size_ = 0;
};

}  // namespace kodiak::storage
