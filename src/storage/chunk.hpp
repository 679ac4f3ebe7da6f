#pragma once

// Chunk: up to 2,048 rows of one table in columns, immutable once sealed; the unit of scanning.
//
// What       One StoredColumn per stored column plus row ids and creating commits. Chunks of all tiers look alike: a
//            hot chunk's bytes lie in memory, a warm chunk's in a mapped file.
// Encodings  (docs/decisions/0002)
//            kPlain       values at physical width; strings as StringRef
//            kFrame       value = base + unsigned stored integer of `width` bytes 0, 1, 2, 4 or 8 (0: all equal base)
//            kDictionary  codes of `width` 1 or 2 into `dictionary`, sorted ascending by bytes, so that code order is
//                         value order
//            kOffsets     strings as uint32 offsets[count + 1] into `heap`
// Zone map   `has_range`: min and max bound all non-NULL values: narrowable kinds as int64 (kUint64 values above
//            INT64_MAX: no range), kDictionary columns as codes.
// Rows       Slot i holds row id row_ids(i), created by commit created(i). A slot whose commit is kNeverCommitted is
//            dead for everybody (its transaction failed at the log).
// Threads    A sealed chunk is immutable. The open chunk of a branch's table is appended to by the commit pipeline
//            only;
//            `count()` is published with release order, rows below it are readable.
// Lifetime   Held by shared_ptr; a TableSnapshot pins what it shows.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes/string_ref.hpp"
#include "base/ids/ids.hpp"
#include "catalog/type.hpp"

namespace kodiak::storage {

inline constexpr uint64_t kNeverCommitted = UINT64_MAX;

enum class Encoding : uint8_t { kPlain, kFrame, kDictionary, kOffsets };

// Sorted distinct strings; shared by the chunks of a run.
struct Dictionary {
    std::vector<StringRef> values;  // ascending by bytes; long ones point into `heap` or into memory `owner` keeps
    std::vector<char> heap;
    std::shared_ptr<const void> owner;
};

struct StoredColumn {
    Encoding encoding = Encoding::kPlain;
    catalog::Physical physical = catalog::Physical::kInt64;
    uint8_t width = 0;          // bytes per stored value; 16 for plain strings
    bool has_range = false;     // min and max are set
    const uint8_t* data = nullptr;
    const uint64_t* validity = nullptr;  // nullptr = no NULLs in this chunk
    int64_t base = 0;
    int64_t min = 0;
    int64_t max = 0;
    const char* heap = nullptr;             // kOffsets
    std::shared_ptr<const Dictionary> dictionary;  // kDictionary
    // 64 bits of `validity`, which must be set. Slots of one word may be written and read at the same time (open
    // chunks), so words are always read atomically: on all our machines an ordinary load.
    uint64_t validity_word(uint32_t word) const { return __atomic_load_n(&validity[word], __ATOMIC_RELAXED); }
    bool is_valid(uint32_t slot) const {
        return validity == nullptr || ((validity_word(slot / 64) >> (slot % 64)) & 1) != 0;
    }
};

// The stored columns of one schema version: what the columns of a chunk are.
struct StoredSchema {
    SchemaVersion version;
    std::vector<ColumnId> ids;          // ascending
    std::vector<catalog::Type> types;
    // Position of a column in chunks of this schema; -1 when it has none.
    int position(ColumnId id) const;
};

class Chunk {
   public:
    virtual ~Chunk() = default;
    const StoredSchema& schema() const { return *schema_; }
    const std::shared_ptr<const StoredSchema>& schema_ptr() const { return schema_; }
    uint32_t count() const { return count_.load(std::memory_order_acquire); }
    const StoredColumn& column(size_t position) const { return columns_[position]; }
    RowId row_id(uint32_t slot) const {
        return {origin_, row_counters_ != nullptr ? row_counters_[slot] : first_row_counter_ + slot};
    }
    // True when the row ids are known to follow each other slot by slot.
    bool is_numbered_in_order() const { return row_counters_ == nullptr; }
    uint64_t created(uint32_t slot) const { return created_ != nullptr ? created_[slot] : created_all_; }
    // All rows were created by commits in [min_created, max_created]; exact for sealed chunks.
    uint64_t min_created() const { return min_created_.load(std::memory_order_acquire); }
    uint64_t max_created() const { return max_created_.load(std::memory_order_acquire); }
    bool is_sealed() const { return sealed_; }
    // Bytes of memory this chunk holds; 0 for chunks whose bytes lie in a mapped file.
    virtual uint64_t memory_bytes() const { return 0; }
    // Gives rows made outside a table their place in it. Requires: not yet visible to other threads.
    void number_rows(OriginId origin, uint64_t first_counter) {
        origin_ = origin;
        first_row_counter_ = first_counter;
        row_counters_ = nullptr;
    }
    void stamp_created(uint64_t seq) {
        created_all_ = seq;
        created_ = nullptr;
        min_created_.store(seq, std::memory_order_release);
        max_created_.store(seq, std::memory_order_release);
    }

   protected:
    std::shared_ptr<const StoredSchema> schema_;
    std::vector<StoredColumn> columns_;
    OriginId origin_;
    uint64_t first_row_counter_ = 0;
    const uint64_t* row_counters_ = nullptr;  // nullptr: first_row_counter_ + slot
    uint64_t created_all_ = 0;
    const uint64_t* created_ = nullptr;       // nullptr: created_all_ for all
    std::atomic<uint64_t> min_created_{0};
    std::atomic<uint64_t> max_created_{0};
    std::atomic<uint32_t> count_{0};
    bool sealed_ = false;
};

}  // namespace kodiak::storage
