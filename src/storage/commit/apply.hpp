#pragma once

// Applying a commit: private changes become rows of the tables, under a seq that nobody sees yet.
//
// What       apply_changes() places new rows behind the table's last, ends replaced versions, updates indexes, row
//            counts and definitions. The caller logs the placement and makes the seq visible once the record is
//            durable; when the log fails, undo_changes() makes the commit as if it had never been: its rows are ended
//            by their own seq (their slots stay taken), ended versions live again.
// Order      Files first (each begins a chunk), then logged rows in the order of the runs.
// Threads    Commit mutex held.

#include <cstdint>
#include <vector>

#include "storage/commit/net_changes.hpp"

namespace kodiak::storage {

struct PlacedFile {
    uint64_t number = 0;
    bool with_row_ids = false;
    OriginId origin;
    uint64_t first_row_counter = 0;  // without row ids in the file
    uint64_t first_chunk = 0;
    uint32_t chunks = 0;
};

// Where one table's changes went.
struct TablePlacement {
    ObjectId table;
    SchemaVersion schema_version;
    std::vector<PlacedFile> files;
    uint64_t logged_rows = 0;
    Locator first_logged;             // with logged_rows > 0: rows follow each other from here
    std::vector<Locator> ended;       // committed versions, and rows of files that never came to life
};

struct AppliedCommit {
    uint64_t seq = 0;
    std::vector<TablePlacement> tables;
};

// Requires: check_conflicts() passed under the same hold of the mutex.
Result<AppliedCommit> apply_changes(StoreTransaction& transaction, std::vector<TableNetChanges>& changes,
                                    uint64_t seq);
// Takes it back. Commits are taken back newest first.
void undo_changes(Store& store, BranchId branch, const AppliedCommit& applied);

}  // namespace kodiak::storage
