#pragma once

// Sealing: full chunks in plain layout become narrow, immutable ones.
//
// What       Integers and the like get a frame of reference, repeated strings a sorted dictionary, other strings one
//            heap block; row counters and creating commits collapse to one value when they are consecutive or equal;
//            validity vanishes where nothing is NULL. Values, slots and identities stay what they were.
// Why        docs/decisions/0002: narrow columns scan faster than DuckDB's own.
// How        Fixed parts of a chunk lie in one allocation, long strings in a second. A run of chunks shares one
//            dictionary per string column (up to 4,096 values), so that scans can hand out dictionary vectors.
// Choice     Dictionary only when codes + dictionary take fewer bytes than StringRefs + heap. Nested values, BIGNUM
//            and other byte strings are treated like strings.
// Threads    Pure functions; the input may be a published OpenChunk that is read meanwhile, not one being written.
// Memory     Chunk::memory_bytes() of the result counts a shared dictionary once: with the first chunk of its run.
// Lifetime   The result owns all its memory.

#include <memory>
#include <span>
#include <vector>

#include "storage/chunk.hpp"

namespace kodiak::storage {

// Seals slots 0..count()-1 of a chunk of any encoding.
std::shared_ptr<const Chunk> seal(const Chunk& full);
// Seals chunks of one schema that belong together (a load, a row group; up to 60), in order, with shared dictionaries.
std::vector<std::shared_ptr<const Chunk>> seal_run(std::span<const Chunk* const> run);

}  // namespace kodiak::storage
