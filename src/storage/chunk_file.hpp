#pragma once

// ChunkFile: an open file that holds chunks of a table, of whatever tier.
//
// What       The chunks show zone maps, dictionaries and row counts at once; everything else after it was verified:
//            verify_columns() checks the bytes (and for cold files reads them into memory) on first use.
// Threads    Opened files are immutable; all functions are safe from many threads.
// Ownership  Each chunk keeps what its columns point into alive.
// Errors     kCorruption names the file and, where it is known, the column.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result/result.hpp"
#include "storage/chunk.hpp"

namespace kodiak::storage {

// Chunks of one row group.
inline constexpr size_t kFileChunks = 60;

// Identities of rows where the file does not hold them.
struct RowNumbering {
    OriginId origin;
    uint64_t first_row_counter = 0;  // used without row ids in the file
    uint64_t created_all = 0;        // used without creating commits in the file
};

// The ends of a history segment's chunk, ascending, as its file holds them; readable once the file was verified.
struct FileEnds {
    const uint64_t* ends = nullptr;  // nullptr: not a history segment
    uint64_t first = 0;
    uint64_t last = 0;
};

class ChunkFile {
   public:
    virtual ~ChunkFile() = default;
    virtual const std::string& path() const = 0;
    virtual const std::vector<std::shared_ptr<const Chunk>>& chunks() const = 0;
    virtual uint64_t rows() const = 0;
    virtual uint64_t bytes() const = 0;
    // Bytes of memory that hold what was decoded; 0 for mapped files.
    virtual uint64_t memory_bytes() const { return 0; }
    // NULLs of the column at `position` in chunk `chunk`.
    virtual uint32_t null_count(size_t chunk, size_t position) const = 0;
    virtual FileEnds ends(size_t chunk) const = 0;
    // Checks the bytes of the columns at `positions`, and of row numbers, commits and ends, unless done before.
    virtual Status verify_columns(std::span<const size_t> positions) = 0;
    // Checks all bytes afresh.
    virtual Status verify() = 0;
};

}  // namespace kodiak::storage
