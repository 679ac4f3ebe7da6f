#pragma once

// BranchTable: the rows of one table that one branch wrote, with their ends and indexes.
//
// What       The chunk directory, the open chunk at its end, the ends of row versions, row counts over time, column
//            summaries, and an index per key.
// Readers    directory(), live_rows(), statistics() and the index lookups are safe from many threads at any time.
// Writer     Functions marked *commit* run under Store::commit_mutex, one thread at a time.
// Layout     A rewrite (docs/decisions/0012) gives rows new places. Whoever keeps locators pins the layout: the
//            directory that he got goes on to show them where they were, and locate() tells the commit where they are.
// Invariants B1 A locator means the same row in every directory that shows a row there.
//            B2 A row is in an index from before its commit becomes visible until no open view can see it.
//            B3 Rows of a commit that failed at the log are ended by their own seq: no view shows them.
// Cost       An idle table: a few hundred bytes; the first row opens a chunk of 64 rows (a few KB).

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "base/result/result.hpp"
#include "catalog/definition.hpp"
#include "index/key_index.hpp"
#include "storage/hot/column_summary.hpp"
#include "storage/rows/open_chunk.hpp"
#include "storage/table/chunk_directory.hpp"
#include "storage/table/key_reader.hpp"
#include "storage/table/key_sorter.hpp"
#include "storage/table/rewrite.hpp"

namespace kodiak::storage {

// The stored schema of a definition.
std::shared_ptr<const StoredSchema> stored_schema_of(const catalog::TableDefinition& table);

// An index over one column list of a table. Lookups from anywhere, changes under the commit mutex.
class TableIndex {
   public:
    TableIndex(const catalog::TableDefinition& table, std::vector<ColumnId> columns);
    const std::vector<ColumnId>& columns() const { return columns_; }
    const index::KeyIndex& keys() const { return *keys_; }
    // A reader for this index's keys; one per thread.
    KeyReader reader() const { return KeyReader(*definition_, columns_); }
    bool fits(const KeyReader& reader) const { return writer_reader_.same_keys_as(reader); }

    Status add(const Chunk& chunk, uint32_t slot, Locator locator);     // commit
    Status remove(const Chunk& chunk, uint32_t slot, Locator locator);  // commit
    index::KeyIndex& writable_keys() { return *keys_; }                 // commit

   private:
    std::vector<ColumnId> columns_;
    std::shared_ptr<const catalog::TableDefinition> definition_;
    std::unique_ptr<index::KeyIndex> keys_;
    KeyReader writer_reader_;
};

class BranchTable {
   public:
    BranchTable(ObjectId table, BranchId branch, OriginId origin) : table_(table), branch_(branch), origin_(origin) {}

    ObjectId table() const { return table_; }
    BranchId branch() const { return branch_; }
    OriginId origin() const { return origin_; }

    ChunkDirectory::Ptr directory() const;
    // The directory and the version of its layout, which stays known to locate() until it is unpinned.
    struct PinnedLayout {
        ChunkDirectory::Ptr directory;
        uint64_t version = 0;
    };
    PinnedLayout pin_layout();
    void unpin_layout(uint64_t version);
    uint64_t layout_version() const;
    // Where the row is now that lay at `old` in some pinned layout. nullopt: it is gone, nobody may see it any more.
    std::optional<Locator> locate(Locator old) const;
    // Visible rows as of commit `seq` of this branch. Requires: a view of that age is open, or it is the newest.
    uint64_t live_rows(uint64_t seq) const;
    // The newest commit that changed rows, durable or not; after a restart perhaps a later one.
    uint64_t last_change() const;
    ColumnSummary summary(ColumnId column, const catalog::Type& type) const;
    // The index over these columns with the types they have in `table`; nullptr when it was not built yet, or not for
    // this version of the layout, whose changes end its upkeep.
    std::shared_ptr<TableIndex> find_index(const catalog::TableDefinition& table, const std::vector<ColumnId>& columns,
                                           uint64_t layout) const;
    // An index over the rows of a directory of this table that ended after `oldest_view` or not at all.
    Result<std::shared_ptr<TableIndex>> build_index(const catalog::TableDefinition& table,
                                                    const std::vector<ColumnId>& columns, const ChunkDirectory& rows,
                                                    uint64_t oldest_view, KeySorter& sorter) const;

    // True when this very index is still kept.
    bool has_index(const TableIndex& index) const;

    // --- commit
    // The open chunk for rows of `schema`, with at least one free slot; seals and opens as needed.
    OpenChunk& tail_for(const std::shared_ptr<const StoredSchema>& schema);
    // Where the next logged row goes.
    Locator next_locator(const StoredSchema& schema) const;
    // Makes the open chunk's filled rows readable and puts them into the indexes.
    Status publish_tail(uint64_t seq);
    // Appends the chunks of a file that were numbered and stamped; returns the chunk number of the first. Sets
    // first_chunk and chunks of `file`.
    Result<uint64_t> publish_file(std::vector<std::shared_ptr<const Chunk>> chunks, TableFile file);
    // Puts the chunks of a file with the same rows in the place of chunks in memory (tier moves).
    void move_to_file(const std::shared_ptr<const TableFile>& file);
    // Puts a file opened anew in the place of `old`: what was decoded of that goes when the last reader lets go of it.
    // False, with nothing done, when the table has it no more.
    bool reopen_file(const TableFile& old, TableFile opened);
    // Ends the open chunk, so that it can be rewritten.
    void seal_open_chunk();
    // Carries out a rewrite. Indexes are dropped. kCorruption when it does not fit the table, which is left as it was.
    Status rewrite(Rewrite rewrite);
    // Fills the table with dead rows up to `until`: the places of rows whose commit failed at the log.
    Status fill_dead(const std::shared_ptr<const StoredSchema>& schema, Locator until, uint64_t seq);
    void record_live_change(uint64_t seq, int64_t change);
    // Takes changes of `seq` out of the row counts (the commit failed).
    void forget_live_change(uint64_t seq);
    // Forgets row counts that no view from `oldest` on can ask for.
    void forget_live_before(uint64_t oldest);
    // Builds the index from the rows when it is missing.
    Result<std::shared_ptr<TableIndex>> ensure_index(const catalog::TableDefinition& table,
                                                     const std::vector<ColumnId>& columns, uint64_t oldest_view,
                                                     KeySorter& sorter);
    // Removes a dead row's entries from all indexes.
    Status unindex(Locator locator);
    bool has_indexes() const;
    std::vector<std::shared_ptr<TableIndex>> indexes() const;
    // Drops all indexes: after a change of the definition they are built again when needed.
    void drop_indexes();

    // Bytes of the chunks held in memory; not of mapped files.
    uint64_t hot_bytes() const;
    uint64_t index_bytes() const;

    // --- recovery, before anybody else sees the table
    // Takes over all chunks; `tail` is the last one while it is open, else nullptr.
    void load(ChunkDirectory::Parts chunks, std::shared_ptr<OpenChunk> tail, uint64_t live_rows, uint64_t seq,
              std::map<ColumnId, ColumnSummary> summaries);
    // Summaries of all sealed chunks.
    std::map<ColumnId, ColumnSummary> sealed_summaries() const;

   private:
    void seal_tail();
    Result<std::vector<MovedChunk>> plan_moves(const Rewrite& rewrite) const;
    void move_ends(const Rewrite& rewrite, const std::vector<MovedChunk>& moves, const ChunkDirectory& now);
    void forget_moves();
    void observe(const Chunk& chunk);
    void swap_directory(ChunkDirectory::Ptr next);

    const ObjectId table_;
    const BranchId branch_;
    const OriginId origin_;

    mutable std::mutex directory_mutex_;  // guards the pointer, and the layout
    ChunkDirectory::Ptr directory_ = std::make_shared<ChunkDirectory>();
    uint64_t layout_ = 0;
    std::multiset<uint64_t> pinned_layouts_;
    std::map<uint64_t, MovedChunk> moved_;  // by former chunk number, as far as a pinned layout may name it

    // Commit thread only: the last chunk while it is open; its place is directory size - 1.
    std::shared_ptr<OpenChunk> tail_;

    mutable std::mutex counts_mutex_;
    std::vector<std::pair<uint64_t, uint64_t>> live_;  // (seq, rows from it on), ascending
    std::map<ColumnId, ColumnSummary> summaries_;      // of sealed chunks

    mutable std::mutex indexes_mutex_;
    std::vector<std::shared_ptr<TableIndex>> indexes_;
};

}  // namespace kodiak::storage
