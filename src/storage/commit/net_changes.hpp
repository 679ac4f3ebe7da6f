#pragma once

// Net changes: what a transaction's many steps come to, row by row, in the order of the changes tree.
//
// What       For each table one list of runs ordered by row id. A row inserted and deleted again is nowhere; a row
//            changed ten times is one update. Runs name rows where they lie; nothing is copied.
// Threads    The transaction's own thread, before the commit mutex is taken.
// Cost       One pass over the private rows; rows that replace or end committed ones are sorted (32 bytes each).

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

// Numbers of docs/formats/merkle.md.
enum class NetOp : uint8_t { kInsert = 1, kUpdate = 2, kDelete = 3 };

// `count` rows of one chunk with consecutive slots and consecutive row counters.
struct NetRun {
    NetOp op = NetOp::kInsert;
    bool in_file = false;   // the row lies in a file that the log names; not for deletes
    uint32_t slot = 0;
    uint32_t count = 0;
    const Chunk* chunk = nullptr;  // new version, for deletes the ended one
    RowId first;
};

struct TableNetChanges {
    ObjectId table;
    std::vector<ColumnId> primary_key;                 // empty without one
    std::shared_ptr<TableWrites> writes;               // nullptr when made from committed rows (the check)
    std::vector<NetRun> runs;                          // ascending by row id
    uint64_t rows = 0;                                 // over all runs
    std::vector<Locator> ended;                        // committed versions ended, ascending
    std::vector<std::shared_ptr<const Chunk>> pinned;  // chunks that delete runs point into
};

// Tables in ascending id; those without net effect are left out, dropped tables too.
std::vector<TableNetChanges> net_changes_of(StoreTransaction& transaction);
// Makes the transaction and its changes name ended versions where they lie now (StoreTransaction::follow_moves). Commit
// mutex held. kSerializationFailure.
Status follow_moves(StoreTransaction& transaction, std::vector<TableNetChanges>& changes);

}  // namespace kodiak::storage
