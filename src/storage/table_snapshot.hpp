#pragma once

// TableSnapshot: one table as one statement of one transaction sees it; what scans and point reads work on.
//
// What       The committed chunks of the read view plus the transaction's own rows, minus everything ended, as of the
//            moment the snapshot was taken: rows that the same statement appends or erases later do not change it
//            (no Halloween problem).
// Chunks     Numbered 0..chunk_count()-1 in insertion order: committed ones first, then the transaction's own.
// Locators   locator(i, slot) is what erase() and update() take; valid until the transaction ends.
// Pins       Memory that chunks show (and StringRefs decoded from them) stays valid as long as the snapshot lives; the
//            transaction keeps a statement's snapshots until its next mark().
// Threads    All const functions are safe from many threads, also while the transaction appends or erases.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result/result.hpp"
#include "catalog/catalog_state.hpp"
#include "storage/chunk.hpp"
#include "storage/read_view.hpp"

namespace kodiak::storage {

// What is known of a column's values; bounds are true for all visible rows but may be wider than needed.
struct ColumnStatistics {
    bool may_have_null = true;
    bool has_range = false;      // min and max are set: narrowable kinds
    int64_t min = 0;
    int64_t max = 0;
    bool has_string_range = false;  // min_string and max_string are set (full values, byte order)
    std::string min_string;
    std::string max_string;
    uint64_t max_string_bytes = 0;
    uint64_t distinct = 0;       // estimate; 0 = unknown
};

// Where a chunk lies.
enum class ChunkTier : uint8_t { kHot, kWarm, kCold };

class TableSnapshot {
   public:
    virtual ~TableSnapshot() = default;

    virtual const catalog::ObjectPtr& table() const = 0;
    virtual size_t chunk_count() const = 0;
    virtual const Chunk& chunk(size_t index) const = 0;
    virtual Locator locator(size_t index, uint32_t slot) const = 0;

    // Chunks in files are read through a mapping, whose bytes are checked column by column on first use. Checks the
    // file of chunk `index`: row identities, and `columns` of this snapshot's definition. Call it before visible(), and
    // with every column whose values are read from that chunk; once per chunk and scan is enough. Zone maps and
    // dictionaries need no check. kCorruption names file and column; an unchecked read may go outside the file.
    // Cost: nothing for chunks in memory; a few nanoseconds per column once its file was checked, else one pass over
    // that column in the file (60 chunks). Threads may meet in one file: both check, both are right.
    virtual Status verify(size_t index, std::span<const ColumnId> columns) const = 0;
    // The same for the row that a locator names, before find(): for point reads.
    virtual Status verify(Locator row, std::span<const ColumnId> columns) const = 0;

    // Rows of chunk `index` that this snapshot shows. When all of 0..chunk.count()-1 are visible returns count and
    // sets *all; otherwise writes their slots in ascending order to `slots` (room for 2,048) and returns how many.
    virtual size_t visible(size_t index, uint32_t* slots, bool* all) const = 0;
    virtual ChunkTier tier(size_t index) const = 0;
    // Rows in chunk as this snapshot captured it (the open chunk may have grown since).
    virtual uint32_t rows_in(size_t index) const = 0;

    // The chunk and slot a locator names; nullopt when the row is not visible here. For point reads.
    struct Place {
        std::shared_ptr<const Chunk> chunk;
        uint32_t slot = 0;
    };
    virtual std::optional<Place> find(Locator locator) const = 0;

    // How column `id` of this snapshot's definition lies in a chunk: nullptr when rows of that chunk were written
    // before the column existed (they show ColumnDefinition::missing_value).
    static const StoredColumn* stored(const Chunk& chunk, ColumnId id) {
        const int position = chunk.schema().position(id);
        return position < 0 ? nullptr : &chunk.column(static_cast<size_t>(position));
    }

    // Number of visible rows: exact.
    virtual uint64_t row_count() const = 0;
    virtual ColumnStatistics statistics(ColumnId id) const = 0;
};

using TableSnapshotPtr = std::shared_ptr<const TableSnapshot>;

}  // namespace kodiak::storage
