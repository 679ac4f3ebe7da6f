#pragma once

// Strong types for every id in Kodiak, and the reserved values among them.
//
// An id of one kind cannot be passed where another is expected. All are plain values, ordered and hashable.
// Their byte forms are little-endian unsigned integers of the width shown (docs/formats/README.md).

#include <compare>
#include <cstdint>
#include <functional>

namespace kodiak {

// A strongly typed unsigned integer. `Tag` only tells kinds apart.
template <class Tag, class Int>
struct Id {
    using Value = Int;
    Int value = 0;

    constexpr Id() = default;
    constexpr explicit Id(Int v) : value(v) {}
    constexpr auto operator<=>(const Id&) const = default;
};

// Position of a commit in this database: gapless, one order over all branches, local to the database (D-04).
// 0 = before the first commit.
using CommitSeq = Id<struct CommitSeqTag, uint64_t>;

// A branch of this database; local, never reused. 0 = main. Below 32,767, the ordinal of transaction-local rows.
using BranchId = Id<struct BranchIdTag, uint16_t>;
inline constexpr BranchId kMainBranch{0};
inline constexpr BranchId kTransactionLocalBranch{0x7FFF};

// An object of the catalogue (schema, table, view, ...): high 32 bits tell the database that made it (0 = system
// object), low 32 bits count within it, so that clones can create objects without clashing.
using ObjectId = Id<struct ObjectIdTag, uint64_t>;
inline constexpr ObjectId kNoObject{0};

// A column within its table; stable under rename, never reused after a drop. Counts from 1.
using ColumnId = Id<struct ColumnIdTag, uint32_t>;

// Version of one table's definition; counts from 1, local to (table, branch history).
using SchemaVersion = Id<struct SchemaVersionTag, uint32_t>;

// The database that first numbered a row: random 64 bits drawn when a database is created.
using OriginId = Id<struct OriginIdTag, uint64_t>;

// Stable identity of a row for its whole life: unique within its table over all branches and clones, never reused.
struct RowId {
    OriginId origin;
    uint64_t counter = 0;  // from 1, per table of the origin
    constexpr auto operator<=>(const RowId&) const = default;
};

// Where a row version lies right now: chunk and slot of one branch's table. Valid only under a pinned read view
// (compaction may move rows); never hashed, never shown to users as identity.
//   bits 0-10 slot · bits 11-47 chunk · bits 48-62 branch · bit 63 always 0
struct Locator {
    uint64_t value = 0;

    static constexpr uint32_t kSlotBits = 11;
    static constexpr uint32_t kChunkBits = 37;
    static constexpr uint64_t kRowsPerChunk = uint64_t{1} << kSlotBits;  // 2,048: DuckDB's vector size

    constexpr Locator() = default;
    constexpr explicit Locator(uint64_t v) : value(v) {}
    constexpr Locator(BranchId branch, uint64_t chunk, uint64_t slot)
        : value((uint64_t{branch.value} << (kSlotBits + kChunkBits)) | (chunk << kSlotBits) | slot) {}

    constexpr uint32_t slot() const { return static_cast<uint32_t>(value & (kRowsPerChunk - 1)); }
    constexpr uint64_t chunk() const { return (value >> kSlotBits) & ((uint64_t{1} << kChunkBits) - 1); }
    constexpr BranchId branch() const { return BranchId(static_cast<uint16_t>(value >> (kSlotBits + kChunkBits))); }
    constexpr bool is_transaction_local() const { return branch() == kTransactionLocalBranch; }
    constexpr auto operator<=>(const Locator&) const = default;
};
inline constexpr uint64_t kRowsPerChunk = Locator::kRowsPerChunk;

}  // namespace kodiak

template <class Tag, class Int>
struct std::hash<kodiak::Id<Tag, Int>> {
    size_t operator()(const kodiak::Id<Tag, Int>& id) const noexcept { return std::hash<Int>()(id.value); }
};
template <>
struct std::hash<kodiak::RowId> {
    size_t operator()(const kodiak::RowId& id) const noexcept {
        return std::hash<uint64_t>()(id.origin.value * 0x9E3779B97F4A7C15ull ^ id.counter);
    }
};
template <>
struct std::hash<kodiak::Locator> {
    size_t operator()(const kodiak::Locator& locator) const noexcept { return std::hash<uint64_t>()(locator.value); }
};
