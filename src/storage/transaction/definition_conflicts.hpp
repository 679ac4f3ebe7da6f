#pragma once

// Definition conflicts: what a transaction's new definitions took for granted and another commit has changed since.
//
// What       1. An object it dropped is used by an object that came meanwhile; or columns or keys of a table that it
//               dropped or retyped are.
//            2. An object it defined uses one that was dropped meanwhile, or columns or keys that were.
//            3. It gave a table new columns, keys, checks or references, or a unique index, and rows were judged
//            by them
//               that have changed since.
//            Two changes of one object, or two objects of one name, are conflicts of rows in the table `objects`.
// Threads    Commit mutex held.

#include "base/result/result.hpp"
#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

// Judges the transaction's definitions against `latest`, the branch's newest. kSerializationFailure.
Status check_definition_conflicts(StoreTransaction& transaction, const catalog::CatalogState& latest);

}  // namespace kodiak::storage
