#pragma once

// Key links: which row continues which when a primary key changed.
//
// Why        A change of primary key is a delete and an insert of two row ids. Rows of the system table `key_changes`
//            link them, so that history, merges and proofs can follow a row across its keys; being rows, the links
//            are committed, hashed and kept like everything else.
// Threads    The transaction's own thread, before its net changes are taken.
// Cost       Nothing without a changed primary key; else a pass over the table's private rows and one row per link.

#include "base/result/result.hpp"
#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

// Writes the links that hold in net effect: of a row that was there before the transaction, to the row that replaces
// it at the end. Errors as for any write.
Status write_key_links(StoreTransaction& transaction);

}  // namespace kodiak::storage
