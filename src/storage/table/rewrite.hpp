#pragma once

// Rewrite: chunks of a table and the files that take their place (docs/decisions/0012).
//
// What       The surviving slots of the sources, in order, are the rows of the files that are not history, slot by
//            slot. The versions of history files are no longer looked for by place.

#include <cstdint>
#include <vector>

#include "storage/table/chunk_directory.hpp"

namespace kodiak::storage {

struct SlotRun {
    uint32_t slot = 0;
    uint32_t count = 0;
};

struct RewriteSource {
    uint64_t chunk = 0;
    std::vector<SlotRun> kept;  // ascending
};

struct Rewrite {
    std::vector<RewriteSource> sources;  // neighbours in the scan order
    std::vector<TableFile> files;        // those of rows first, then history; first_chunk and chunks are not set yet
};

// Where the rows of one chunk went.
struct MovedChunk {
    struct Run {
        uint32_t slot = 0;
        uint32_t count = 0;
        Locator first;  // of `slot`; the others follow slot by slot and chunk by chunk
    };
    uint64_t layout = 0;  // the version of the table's layout that the move made
    std::vector<Run> runs;
};

}  // namespace kodiak::storage
