#pragma once

// Transaction: one unit of work on one branch: a pinned read view plus private changes.
//
// What       Reads see the view's commits plus the transaction's own changes. Writes stay private (rows in private
//            chunks, ends in a private list, definitions in a private CatalogState) until the commit pipeline
//            (timeline/commit) publishes them as one commit.
// Isolation  Snapshot isolation, first committer wins per row and per unique-key value; a referenced parent key counts
//            as shared. The loser's commit fails with kSerializationFailure.
// Undo       mark() / undo_to(): every statement takes a mark; a failed statement is undone to it. Savepoints are
//            marks.
// Rows       Unique and foreign keys are checked at finish_statement(), over the state after the whole statement, so
//            `UPDATE t SET id = id + 1` works. NOT NULL and CHECK are the caller's (they need expressions).
// Threads    One statement at a time; within it RowWriters of one WriteJob run in parallel (one thread each), erase()
//            is safe from many threads, snapshots from anywhere.
// Lifetime   Owned by the session. Destroying an unfinished transaction rolls it back.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result/result.hpp"
#include "catalog/catalog_state.hpp"
#include "storage/column_view.hpp"
#include "storage/read_view.hpp"
#include "storage/row_changes.hpp"
#include "storage/table_snapshot.hpp"

namespace kodiak::storage {

// Appends rows on one thread of a WriteJob.
class RowWriter {
   public:
    virtual ~RowWriter() = default;
    // Rows of the batch that follows belong to this place of the statement's order (DuckDB's batch index).
    virtual void begin_batch(uint64_t batch_index) = 0;
    // Copies the rows. kDiskFull / kIo / kOutOfMemory when large loads cannot be spilled.
    virtual Status append(const BatchView& rows) = 0;
    // New versions of existing rows: `replaced[i]` is the version that row i replaces; it keeps that row's id. The
    // caller has erased `replaced` in this statement. `rows` holds full rows.
    virtual Status append_versions(const BatchView& rows, std::span<const Locator> replaced) = 0;
    // New rows in place of existing ones whose primary key the statement changes: row i gets an id of its own, and
    // ON UPDATE of foreign keys knows it as what became of `replaced[i]`, which the caller has erased.
    virtual Status append_rekeyed(const BatchView& rows, std::span<const Locator> replaced) = 0;
    // Hands everything over to the job. No calls after it.
    virtual Status finish() = 0;
};

// One statement's (or appender's) rows for one table.
class WriteJob {
   public:
    virtual ~WriteJob() = default;
    virtual std::unique_ptr<RowWriter> writer() = 0;  // one per thread; safe from many threads
    // Orders all batches, numbers new rows and makes them part of the transaction. Call once, after all writers.
    virtual Status finish() = 0;
};

class PointReader;

// A moment of the past to read a table at.
struct PastPoint {
    uint64_t upto = 0;   // rows as this commit left them
    uint64_t since = 0;  // only those that this commit or a later one wrote
    auto operator<=>(const PastPoint&) const = default;
};

class Transaction {
   public:
    virtual ~Transaction() = default;

    virtual const ReadView& view() const = 0;
    virtual BranchId branch() const = 0;
    virtual bool read_only() const = 0;
    // Definitions as this transaction sees them, its own DDL included.
    virtual catalog::CatalogState::Ptr catalog() const = 0;
    // True when there is something to commit.
    virtual bool has_changes() const = 0;

    // --- definitions. Name clashes and dependencies are the caller's to check against catalog().
    // A new object id (never reused).
    virtual ObjectId new_object_id() = 0;
    // Adds or replaces a definition. For a table whose stored columns changed, schema_version must have grown; private
    // rows are carried over. kInvalidDefinition when keys cannot be built; kUniqueViolation when a new key finds
    // duplicates.
    virtual Status put_object(catalog::CatalogObject object) = 0;
    virtual Status drop_object(ObjectId id) = 0;

    // --- rows
    // The table now. kUndefinedTable when it is not in catalog().
    virtual Result<TableSnapshotPtr> snapshot(ObjectId table) = 0;
    // What was there at a moment before this transaction's view (a later one means the view's): committed rows and
    // definitions only, none of the transaction's own. Cost of the definitions: reading all of them, once per moment.
    virtual Result<catalog::CatalogState::Ptr> past_catalog(uint64_t upto) = 0;
    // `table` is a definition of past_catalog(point.upto). Its row_count() is counted when first asked for (a look at
    // each row of chunks that have ended ones); its statistics say nothing.
    virtual Result<TableSnapshotPtr> past_snapshot(const catalog::ObjectPtr& table, const PastPoint& point) = 0;
    // What commits after `after` up to `upto` (both within the view) did to `table`, by commit, then by row. Values of
    // `columns` may be read from the versions. kCorruption.
    virtual Result<std::vector<RowChange>> changes(const catalog::CatalogObject& table, uint64_t after, uint64_t upto,
                                                   std::span<const ColumnId> columns) = 0;
    virtual Result<std::unique_ptr<WriteJob>> write(ObjectId table) = 0;
    // Ends the versions at `rows`. Those already ended by this transaction are skipped; erased[i] tells which were
    // ended by this call (room for rows.size()). kSerializationFailure when a commit after the view ended one.
    virtual Status erase(ObjectId table, std::span<const Locator> rows, bool* erased) = 0;
    // Ends all visible rows (TRUNCATE); returns how many.
    virtual Result<uint64_t> erase_all(ObjectId table) = 0;
    // Locators of visible rows whose key (a PRIMARY KEY or UNIQUE constraint, by position in TableDefinition::keys)
    // equals row i of `keys` (columns in the key's order); at most one per row: nullopt when none.
    virtual Result<std::vector<std::optional<Locator>>> find_by_key(ObjectId table, size_t key,
                                                                    const BatchView& keys) = 0;

    // A reader of single rows by a key of one integer-like column (storage/point_reader.hpp says what it refuses);
    // valid as long as this transaction.
    virtual Result<std::unique_ptr<PointReader>> point_reader(ObjectId table, size_t key,
                                                              std::vector<ColumnId> columns) = 0;
    // PointReader::follow() into this transaction.
    virtual Status take_over(PointReader& reader) = 0;

    // --- sequences: values are drawn from one counter for all branches and never rolled back.
    virtual Result<int64_t> next_value(ObjectId sequence) = 0;
    // The value this session's last next_value() gave; kDataException when there was none.
    virtual Result<int64_t> current_value(ObjectId sequence) = 0;

    // --- statements
    struct Mark {
        uint64_t value = 0;
    };
    virtual Mark mark() = 0;
    // Undoes everything after the mark: rows, ends, definitions. Later marks become invalid.
    virtual void undo_to(Mark mark) = 0;
    // Forgets a mark and all later ones without undoing anything: the statement succeeded, the savepoint was released.
    virtual void release(Mark mark) = 0;
    // Checks keys of the rows written since the last call and carries out referential actions. kUniqueViolation,
    // kForeignKeyViolation. The caller undoes to the statement's mark on error.
    virtual Status finish_statement() = 0;
};

}  // namespace kodiak::storage
