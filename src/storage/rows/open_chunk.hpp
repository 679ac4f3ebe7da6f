#pragma once

// OpenChunk: a chunk that grows, in plain layout: the tail of a table, and a transaction's private rows.
//
// What       Room for `capacity` rows (1 to 2,048): one slab for fixed-width values, validity, row counters and
//            creating commits; strings over 12 bytes lie in an arena that grows.
// How        Rows are first *filled* (append*, set_row), then *published*: readers see slots below count() only, and
//            publish() moves that bound with release order. Slots below count() are never written again.
// Threads    One writer at a time; any number of readers of published rows at the same time. Validity words are shared
//            by 64 slots, so both sides touch them with relaxed atomic accesses (StoredColumn::validity_word).
// Lifetime   StringRefs point into the arena, which lives as long as any chunk that uses it (grown() shares it).
// Cost       64 rows of 16 eight-byte columns take about 10 KB; slabs of 16 KB and more are aligned to 64 bytes,
//            as is each column in them.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "catalog/definition.hpp"
#include "storage/chunk.hpp"
#include "storage/column_view.hpp"
#include "storage/rows/value_reader.hpp"

namespace kodiak::storage {

class StringArena;

class OpenChunk final : public Chunk {
   public:
    // An empty chunk. Requires: 1 <= capacity <= 2,048. Row counters and creating commits start as 0.
    static std::shared_ptr<OpenChunk> make(std::shared_ptr<const StoredSchema> schema, OriginId origin,
                                           uint32_t capacity);
    ~OpenChunk() override;
    OpenChunk(const OpenChunk&) = delete;
    OpenChunk& operator=(const OpenChunk&) = delete;

    uint32_t capacity() const { return capacity_; }
    // Rows written so far, published or not. Writer only.
    uint32_t filled() const { return filled_; }
    bool is_full() const { return filled_ == capacity_; }

    // Copies rows [from, from + count) of the batch behind the filled ones, as many as fit; returns how many.
    uint32_t append(const BatchView& batch, size_t from, size_t count);
    // Adds one canonical row of this schema (docs/formats/canonical_row.md): false when full. kCorruption when the
    // bytes are malformed; nothing is added then.
    Result<bool> append_canonical(std::string_view row_bytes);
    // Copies rows of a chunk of the same stored schema, of any encoding; slots == nullptr: 0..count-1. Values only,
    // not row counters and commits. Returns how many fitted.
    uint32_t append_from(const Chunk& source, const uint32_t* slots, size_t count);
    // The same from a chunk of any earlier schema version of the table, whose current definition is `table`: columns
    // that the source lacks show their missing_value, widened types are widened.
    // Requires: this chunk's schema is that of `table`. kCorruption when a missing_value is malformed.
    Result<uint32_t> append_from(const Chunk& source, const uint32_t* slots, size_t count,
                                 const catalog::TableDefinition& table);

    // Sets identity and creating commit of a filled slot. Requires: nobody reads it meanwhile (unpublished, or
    // private).
    void set_row(uint32_t slot, uint64_t row_counter, uint64_t created);
    // Makes slots 0..count-1 readable; all of them were created by commits in [min_created, max_created].
    // Requires: count() <= count <= filled().
    void publish(uint32_t count, uint64_t min_created, uint64_t max_created);
    // Forgets the rows from `filled` on, published ones included. Requires: nobody reads those (private chunks).
    // Arena bytes stay taken.
    void truncate(uint32_t filled);

    // A copy (values, identities, publication) with larger capacity; shares the arena, so this chunk may not be
    // appended to any more. Requires: capacity >= filled().
    std::shared_ptr<OpenChunk> grown(uint32_t capacity) const;
    // Slab and arena; a shared arena counts in full for each chunk.
    uint64_t memory_bytes() const override;

   private:
    OpenChunk(std::shared_ptr<const StoredSchema> schema, OriginId origin, uint32_t capacity);
    uint8_t* values(size_t position) { return const_cast<uint8_t*>(columns_[position].data); }
    uint64_t* validity(size_t position) { return const_cast<uint64_t*>(columns_[position].validity); }
    template <class IsValid>
    void put_validity(size_t position, uint32_t count, IsValid&& is_valid);
    void append_column(size_t position, const ColumnView& view, size_t from, uint32_t count);
    void copy_column(size_t position, const StoredColumn& source, const uint32_t* slots, uint32_t count);
    void repeat_value(size_t position, const void* value, uint32_t count);
    bool read_value(size_t position, ValueReader& reader);
    void keep_long_strings(size_t position, uint32_t count);

    uint32_t capacity_;
    uint32_t filled_ = 0;
    size_t slab_bytes_ = 0;
    uint8_t* slab_ = nullptr;
    uint64_t* own_counters_ = nullptr;  // row_counters_ and created_ unless number_rows / stamp_created replaced them
    uint64_t* own_created_ = nullptr;
    std::shared_ptr<StringArena> arena_;
    std::vector<LabelPositions> labels_;  // per column, built when the first canonical row with an ENUM comes
};

}  // namespace kodiak::storage
