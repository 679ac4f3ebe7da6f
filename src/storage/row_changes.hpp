#pragma once

// RowChange: what committed transactions did to the rows of one table, from the rows themselves.
//
// What       A version that a commit created and one that it ended, of the same row, are an update; alone they are an
//            insert or a delete. No second event store (CDC-07).
// Lifetime   The chunks are held by the list.
// Cost       A look at each chunk (two comparisons), at each row of chunks that the commits touched, and sorting.

#include <memory>
#include <vector>

#include "base/ids/ids.hpp"
#include "base/result/result.hpp"
#include "storage/chunk.hpp"

namespace kodiak::storage {

// One version of a row, wherever it lies.
struct VersionPlace {
    std::shared_ptr<const Chunk> chunk;  // nullptr = there is none
    uint32_t slot = 0;
    Locator locator{};
};

struct RowChange {
    uint64_t seq = 0;
    RowId row;
    VersionPlace before;  // none: the row was inserted
    VersionPlace after;   // none: the row was deleted
};

}  // namespace kodiak::storage
