#pragma once

// WarmFile: up to 60 chunks of one schema in an Arrow IPC file, read through a mapping.
//
// What       write_warm_file() writes one record batch with narrowed columns; open_warm_file() gives the same rows back
//            as chunks whose columns point into the mapping. Any Arrow reader can open the file; tools/read_warm.py
//            shows how the narrowed columns are widened again. Bytes: docs/formats/warm_file.md.
// Threads    Opened files are immutable; all functions are safe from many threads.
// Ownership  Each chunk keeps the mapping alive.
// Durability write_warm_file() syncs the file unless told to leave that to the caller; the caller syncs the directory
//            before it names the file anywhere.
// Errors     kCorruption names the file and, where it is known, the column. Opening checks all metadata (checksummed)
//            and the dictionaries; other data is not read before verify_columns() or verify() is called. Reading a
//            column that was never verified may show damaged values or, for strings, read outside the file: call
//            verify_columns() before the first use of a column. It remembers, so it costs one pass per open file.
// Cost       Opening: one metadata parse and the dictionaries, about 130 microseconds for 60 chunks of 16 columns
//            (most of
//            a millisecond for a process's first). Checking all their 5.3 MB once: about 0.8 ms from the page cache.
// Limits     60 chunks; string bytes of one column below 2 GiB (kTooLarge: write fewer chunks).

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/disk/disk.hpp"
#include "base/result/result.hpp"
#include "storage/chunk_file.hpp"

namespace kodiak::storage {

inline constexpr size_t kWarmFileChunks = kFileChunks;

struct WarmContent {
    // Of one stored schema and one origin; only the last may have fewer than 2,048 rows. At least one, none empty.
    std::span<const std::shared_ptr<const Chunk>> chunks;
    bool with_row_ids = false;  // false: rows are numbered in sequence, RowNumbering tells from where
    bool with_created = false;  // false: all rows were made by one commit, RowNumbering tells which
    std::span<const uint64_t> ends = {};  // of all rows, ascending: a history segment; empty: none
};

struct WarmFileSummary {
    uint64_t rows = 0;
    uint64_t bytes = 0;
    uint32_t chunks = 0;
};

enum class WarmSync : uint8_t { kNow, kByCaller };

// Writes a new file. kTooLarge, kDiskFull, kIo; the caller removes what is left of it then.
Result<WarmFileSummary> write_warm_file(Disk& disk, const std::string& path, const WarmContent& content,
                                        WarmSync sync = WarmSync::kNow);

using WarmFile = ChunkFile;

// Maps a file written with `schema` (ids and types must be the same). kNotFound, kIo, kCorruption.
Result<std::shared_ptr<WarmFile>> open_warm_file(Disk& disk, const std::string& path,
                                                 std::shared_ptr<const StoredSchema> schema,
                                                 const RowNumbering& numbering);

}  // namespace kodiak::storage
