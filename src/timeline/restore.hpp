#pragma once

// Going back without rewriting history: RESTORE, UNDROP and REVERT as changes of a transaction.
//
// What       Each function makes the transaction's tables and definitions be as they were; its commit is one like any
//            other, and what it takes back stays readable as of the commits before.
// How        What changed since is found from the versions that commits created and ended (storage/put_back.hpp);
//            rows that did not change are not touched, rows that still live keep their ids. Definitions come back under
//            their old object ids, which makes a dropped table's rows visible again without writing any.
// Rules      R1. A transaction that has changes already is refused: what it did would be taken back half.
//            R2. Keys and foreign keys are judged at the end of the statement, over all tables together. A table comes
//                back with the constraints that it had.
//            R3. Snapshots and watermarks stay as they are.
// Threads    The transaction's.
// Errors     kActiveTransaction (R1), kUndefinedTable, kBeforeCreation, kDuplicateTable, kDependentObjects,
//            kMergeConflict when later commits changed what REVERT takes back, kUnsupported for what it cannot.
// Cost       A look at each chunk of the tables, and an UPDATE of the rows that changed. A table whose columns changed
//            since is written anew, all rows.

#include <string>

#include "storage/transaction.hpp"

namespace kodiak::timeline {

struct TableName {
    std::string schema;
    std::string table;
};

// The table that had this name as of commit `upto`, as it was then, in place of the one that has it now.
Status restore_table(storage::Transaction& transaction, const TableName& name, uint64_t upto);
// The last table of this name that was dropped, as it was before. kDuplicateTable when one has the name.
Status undrop_table(storage::Transaction& transaction, const TableName& name);
// All definitions and rows as of commit `upto`.
Status restore_database(storage::Transaction& transaction, uint64_t upto);
// Takes back what the commits first..last did.
Status revert_commits(storage::Transaction& transaction, uint64_t first, uint64_t last);

}  // namespace kodiak::timeline
