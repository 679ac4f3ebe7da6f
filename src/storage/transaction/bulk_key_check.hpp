#pragma once

// Bulk key check: the unique key of many new rows judged by sorting, beyond memory.
//
// Why        Looking every row up in a private index costs a tree of all new keys in memory. Sorted runs find what
//            occurs twice, and probe the committed index in key order, with memory that does not grow.
// Threads    Collects on all cores; called on the session's thread.
// Cost       One pass over the key's columns, a sort, a lookup per key; memory as key_sorter.hpp says.

#include <optional>

#include "base/result/result.hpp"
#include "storage/transaction/key_checks.hpp"

namespace kodiak::storage {

// True when sorting all private rows is cheaper than indexing those of `scope`: they are many, and most of all.
bool is_bulk(const TableWrites& writes, const CheckScope& scope);

// A live private row whose key another live row has, too; of several the one with the smallest key.
// kIo, kDiskFull when the runs do not fit on the disk.
Result<std::optional<Locator>> find_taken_key(StoreTransaction& transaction, TableWrites& writes,
                                              const std::vector<ColumnId>& columns);

}  // namespace kodiak::storage
