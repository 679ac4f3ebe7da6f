#pragma once

// PointReader: single rows by an integer key, as a transaction sees them, without allocation.
//
// What       get() finds the visible version of the row with a key; read() takes values out of it. For keys of one
//            integer-like column (integers, dates, timestamps, narrow decimals, ENUM positions), PRIMARY KEY or UNIQUE.
// Isolation  The transaction's snapshot and its own changes, as they are at the time of the call.
// Lifetime   To be used as long as its transaction, or the one that it follows, and no longer than the definition it
//            was made for holds; rows and texts as long as the reader, until the next call of get(), multi_get() or
//            follow().
// Threads    One thread per reader; several readers of one transaction may run side by side while it does not write.
// Errors     kCorruption when a row lies in a file that is damaged.
// Cost       Index and two cache misses for the row: 0.2 to 0.6 us with eight columns among 10 million rows
//            (benchmarks/point_benchmark.cpp). While the transaction has changes in the table: some 2 us.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result/result.hpp"
#include "index/key_index.hpp"
#include "storage/read_view.hpp"
#include "storage/table/chunk_directory.hpp"
#include "storage/table_snapshot.hpp"
#include "storage/typed_value.hpp"

namespace kodiak::storage {

class StoreTransaction;
class TableIndex;

class PointReader {
   public:
    struct Row {
        const Chunk* chunk = nullptr;  // nullptr: there is no such row
        uint32_t slot = 0;
        Locator locator;  // tells rows in the order in which they lie; of rows of get() with changes it says nothing
        explicit operator bool() const { return chunk != nullptr; }
    };

    // `columns`: what read() gives, in this order. kUndefinedTable; kUndefinedColumn; kInvalidColumnReference when the
    // key is not one integer-like column.
    static Result<std::unique_ptr<PointReader>> open(StoreTransaction& transaction, ObjectId table, size_t key,
                                                     std::vector<ColumnId> columns);
    ~PointReader();

    // Goes on in another transaction, which defines the table in the same way (the same object of the catalogue);
    // cheaper than a new reader. Rows read before are no longer valid.
    Status follow(StoreTransaction& transaction);

    Result<Row> get(int64_t key);
    // The rows of many keys, in any order; rows[i] belongs to keys[i]. Requires: rows.size() == keys.size().
    Status multi_get(std::span<const int64_t> keys, std::span<Row> rows);
    // Visits the rows with low <= key <= high, ascending by key, until the visitor answers false. kUnsupported while
    // the transaction has changes in the table.
    Status scan(int64_t low, int64_t high, const std::function<bool(const Row&)>& visit);
    // True when get() and read() are all that works: the transaction has changes in the table.
    bool has_changes() const;
    // The values of a row. Requires: `row` is there; room for all columns.
    void read(const Row& row, TypedValue* values);

   private:
    PointReader(StoreTransaction& transaction, catalog::ObjectPtr table, size_t key, std::vector<ColumnId> columns);
    Status prepare();
    Status add_missing(const catalog::ColumnDefinition& column);
    uint64_t mapped(int64_t key) const { return static_cast<uint64_t>(key) ^ sign_bit_; }
    Result<Row> visible(Locator locator);
    Result<Row> get_with_changes(int64_t key);
    Status verify(uint64_t chunk_number, const DirectoryEntry& entry);
    // Place in verified_: appended chunks, then rewritten ones.
    size_t checked_place(uint64_t chunk_number) const {
        return chunk_number < kRewrittenChunks ? chunk_number : chunks_->size() + (chunk_number - kRewrittenChunks);
    }
    template <class Visit>
    void each_column(const Row& row, Visit&& visit) const;
    void learn_schema(const StoredSchema& schema);

    StoreTransaction* transaction_;
    const catalog::ObjectPtr table_;
    const size_t key_;
    const std::vector<ColumnId> columns_;
    std::vector<ColumnId> checked_columns_;  // columns_ and the key's
    uint64_t sign_bit_ = 0;
    catalog::Physical key_physical_ = catalog::Physical::kInt64;
    std::shared_ptr<TableIndex> index_;
    ChunkDirectory::Ptr chunks_;             // of the branch that the transaction reads
    BranchInterval interval_;
    std::vector<uint8_t> verified_;          // by chunk: its file's bytes were checked
    const StoredSchema* schema_ = nullptr;   // of the chunk read last
    std::vector<int> positions_;             // of columns_ in schema_; -1: rows are older than the column
    std::vector<TypedValue> missing_;        // what such rows show
    std::vector<std::unique_ptr<std::string>> missing_texts_;  // theirs
    index::LocatorList found_;
    index::LocatorBatch batch_;
    std::vector<index::KeyRef> batch_keys_;
    TableSnapshotPtr with_changes_;          // pins the row that get_with_changes() found
    std::shared_ptr<const Chunk> pinned_;
};

}  // namespace kodiak::storage
