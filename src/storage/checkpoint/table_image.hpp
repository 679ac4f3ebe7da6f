#pragma once

// Table image: one table's chunks and ends as a manifest keeps them (docs/formats/manifest.md).
//
// Threads    capture under the commit mutex; writing and reading the image need no lock.

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes/byte_io.hpp"
#include "base/result/result.hpp"
#include "storage/store/store.hpp"

namespace kodiak::storage {

// A table at one commit: its chunks are pinned, its row counts are those of then.
struct CapturedTable {
    BranchTable* table = nullptr;
    ChunkDirectory::Ptr directory;
    uint32_t tail_rows = 0;  // of the last chunk, as far as commits up to the captured one filled it
    uint64_t live_rows = 0;
    bool tail_is_open = false;
    uint32_t rows_of(uint64_t number) const {
        return number + 1 == directory->size() ? tail_rows : (*directory)[number].chunk->count();
    }
};

// Requires: commit mutex held, no commit in flight.
CapturedTable capture_table(BranchTable& table, uint64_t seq);

// Writes full sealed chunks that lie in memory to files, in runs of at least `least_chunks`; the capture then refers
// to the files. Files that were written are returned for move_to_file(). kDiskFull, kIo.
Result<std::vector<std::shared_ptr<const TableFile>>> write_warm_runs(Store& store, CapturedTable& captured,
                                                                      size_t least_chunks);
// Manifest versions: what compaction has touched needs the second.
inline constexpr uint16_t kPlainImages = 1;
inline constexpr uint16_t kRewrittenImages = 2;
bool was_rewritten(const CapturedTable& captured);

// Appends the table's image as of commit `seq`.
void write_table_image(const CapturedTable& captured, uint64_t seq, uint16_t version, ByteWriter& writer);
// Reads an image and loads the table into an empty store. kCorruption, kNotFound (a file is missing).
Status read_table_image(ByteReader& reader, Store& store, uint64_t seq, uint16_t version);

}  // namespace kodiak::storage
