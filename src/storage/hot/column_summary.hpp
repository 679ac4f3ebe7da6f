#pragma once

// ColumnSummary: what is known of a column's values over many chunks; feeds the optimiser's statistics.
//
// What       NULL seen, integer range, string range and longest string, and an estimate of the number of different
//            values (HyperLogLog over XXH3, 1,024 registers: about 3 % off).
// How        Grows only: values observed and later deleted still count, so bounds are true but may be wide. Sets and
//            chunks are merged in any order with the same result. At most 1,024 values of a chunk are hashed for the
//            estimate (evenly spread), so columns whose values are all different are recognised by scaling: when
//            nearly all hashed values differ, the estimate is scaled to the number of values observed.
// Threads    Values; one writer.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/byte_io.hpp"
#include "base/result/result.hpp"
#include "catalog/type.hpp"
#include "storage/chunk.hpp"
#include "storage/table_snapshot.hpp"

namespace kodiak::storage {

class ColumnSummary {
   public:
    // Adds slots 0..count-1 of a column of `type`.
    void observe(const StoredColumn& column, const catalog::Type& type, uint32_t count);
    // Adds rows that show NULL (rows older than the column).
    void observe_nulls(uint64_t count);
    void merge(const ColumnSummary& other);
    ColumnStatistics statistics() const;
    uint64_t values() const { return values_; }  // not NULL, observed so far
    bool operator==(const ColumnSummary&) const = default;

    // The byte form kept in manifests (docs/formats/definitions.md, "Column summary").
    void encode(ByteWriter& writer) const;
    static Result<ColumnSummary> decode(ByteReader& reader);

   private:
    static constexpr size_t kRegisters = 1024;
    void observe_integers(const StoredColumn& column, uint32_t count);
    void observe_strings(const StoredColumn& column, bool with_range, uint32_t count);
    void hash_sample(const StoredColumn& column, uint32_t count);
    void add_hash(uint64_t hash);
    void widen(int64_t low, int64_t high);
    void widen(std::string_view low, std::string_view high);

    bool has_null_ = false;
    bool range_lost_ = false;  // some value does not fit int64
    bool has_range_ = false;
    bool has_string_range_ = false;
    int64_t min_ = 0;
    int64_t max_ = 0;
    uint64_t values_ = 0;
    uint64_t hashed_ = 0;
    uint64_t max_string_bytes_ = 0;
    std::string min_string_;
    std::string max_string_;
    std::vector<uint8_t> registers_;  // empty until the first value; else kRegisters
};

}  // namespace kodiak::storage
