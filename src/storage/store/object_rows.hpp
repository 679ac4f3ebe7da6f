#pragma once

// Object rows: reading definitions back from rows of the system table `objects`.
//
// What       The inverse of StoreTransaction::put_object, for recovery, replay and the check.
// Threads    Pure functions over immutable chunks.

#include "base/result/result.hpp"
#include "catalog/definition.hpp"
#include "storage/chunk.hpp"

namespace kodiak::storage {

// The id in a row of `objects`. Requires: `chunk` is of that table.
ObjectId object_id_of_row(const Chunk& chunk, uint32_t slot);
// The whole definition. kCorruption, kVersionTooNew.
Result<catalog::CatalogObject> object_of_row(const Chunk& chunk, uint32_t slot);

}  // namespace kodiak::storage
