#pragma once

// TableWriteJob: gathers one statement's rows for one table from several threads.
//
// How        1. Each writer fills private chunks of 2,048 rows per *piece* (one batch of the statement's order).
//            2. 60 full chunks (a row group, 122,880 rows) become a warm file at once, so that loads need little
//               memory; file and directory are synced here, before any log record names it.
//            3. finish() orders the pieces by batch, numbers new rows in that order, and hands everything to
//               TableWrites; rows that fit join the transaction's last private chunk.
// Cost       A writer holds at most 60 chunks in plain layout.

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/store/store.hpp"
#include "storage/transaction.hpp"
#include "storage/transaction/file_syncer.hpp"
#include "storage/transaction/table_writes.hpp"

namespace kodiak::storage {

// Rows of one batch, in order.
struct WritePiece {
    uint64_t batch = 0;
    uint64_t arrival = 0;  // orders pieces of one batch
    std::vector<PrivateChunk> chunks;
};

class TableWriteJob final : public WriteJob {
   public:
    TableWriteJob(Store& store, std::shared_ptr<TableWrites> writes)
        : store_(store), writes_(std::move(writes)), syncer_(store.disk()) {}
    ~TableWriteJob() override;

    std::unique_ptr<RowWriter> writer() override;
    Status finish() override;

    // --- for its writers
    Store& store() { return store_; }
    TableWrites& writes() { return *writes_; }
    void add_piece(WritePiece piece);
    // Chunks filled by all writers so far: tells a large load from a small one.
    std::atomic<uint64_t> full_chunks{0};
    // Replaces the chunks [from, end) of `piece` by a warm file of the same rows.
    Status spill(WritePiece& piece, size_t from);
    // The row version that a locator names in this transaction, wherever it lies.
    struct Source {
        std::shared_ptr<const Chunk> chunk;
        uint32_t slot = 0;
        bool committed = false;  // it is, or replaces, a committed version
    };
    Source source_of(Locator locator);

   private:
    // Numbers the rows of a chunk in memory that have no number yet.
    void number_new_rows(PrivateChunk& chunk);
    // Numbers the rows of the file that begins at chunks[from]; returns the place behind its last chunk.
    size_t number_file(std::vector<PrivateChunk>& chunks, size_t from);
    Status spill_together();
    void return_freed_memory();
    static uint32_t fill_tail(PrivateChunk& tail, const PrivateChunk& chunk);
    void discard_files();

    Store& store_;
    std::shared_ptr<TableWrites> writes_;
    std::mutex pieces_mutex_;
    std::vector<WritePiece> pieces_;  // guarded by pieces_mutex_
    FileSyncer syncer_;
    bool finished_ = false;
    std::atomic<uint64_t> spills_{0};
};

}  // namespace kodiak::storage
