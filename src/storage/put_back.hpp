#pragma once

// Puts rows back to versions that they had before: what RESTORE and REVERT do to a table.
//
// What       A RowPutBack says what becomes of one row: its version now, and the version of the past whose values it
//            gets. put_back() writes them into a transaction as new versions, so that history only grows.
// How        A row that is there now keeps its row id; one that had gone comes back under a new one, as row ids are
//            never used twice. Values pass from chunk to chunk; columns that the old version lacks show their missing
//            value, widened ones are widened.
// Threads    The transaction's.
// Errors     Those of Transaction::erase() and write(); keys are judged by finish_statement(). CHECK and NOT NULL are
//            the caller's to think of: the values were in the table once, the constraints may be younger.
// Cost       About an UPDATE of as many rows. find_put_back(): of the changes since, and a look at each chunk;
//            all_rows_put_back(): of all rows.

#include <span>
#include <vector>

#include "storage/transaction.hpp"

namespace kodiak::storage {

struct RowPutBack {
    VersionPlace now;   // no chunk: the row is not there
    VersionPlace then;  // no chunk: the row was not there
};

// What leads from the rows at the transaction's view back to those as of commit `upto`; rows that have the values of
// then again are left out. Requires: the transaction has no changes of its own to `table`.
Result<std::vector<RowPutBack>> find_put_back(Transaction& transaction, const catalog::CatalogObject& table,
                                              uint64_t upto);
// The same for all rows, whether they differ or not, as the transaction sees them: for a table whose columns change as
// well. `then`: the definition of that moment.
Result<std::vector<RowPutBack>> all_rows_put_back(Transaction& transaction, const catalog::ObjectPtr& then,
                                                  uint64_t upto);
// Carries it out on a table as the transaction defines it now.
Status put_back(Transaction& transaction, ObjectId table, std::span<const RowPutBack> rows);

}  // namespace kodiak::storage
