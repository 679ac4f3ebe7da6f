#pragma once

// Lsn: the position of a record in the log.
//
// What       Counts record bytes from 1; a later record has a greater Lsn. Stored in manifests.
// Threads    Value.

#include <compare>
#include <cstdint>

namespace kodiak::storage {

// Counts the bytes of all records from the start of the log's life; the first record has 1. Later records have
// higher values, values are never reused while the log is open, and gaps exist where records failed.
// 0 = before every record.
struct Lsn {
    uint64_t value = 0;
    constexpr auto operator<=>(const Lsn&) const = default;
};

}  // namespace kodiak::storage
