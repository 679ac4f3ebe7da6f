#pragma once

// Key checks: PRIMARY KEY, UNIQUE and FOREIGN KEY over a transaction's changes.
//
// Two moments: at the end of each statement over what the transaction sees (violations are the user's: 23505, 23503),
// and at commit over the newest state of the branch, when other commits came in between (a clash there is 40001:
// somebody was faster).
// Threads: statement checks on the session's thread; commit checks under the commit mutex.

#include "base/result/result.hpp"
#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

// Rows of one table to check: private rows from `rows` on, ended versions from `erasures` on.
struct CheckScope {
    TableWrites::Position rows;
    size_t erasures = 0;
};

// Checks the unique keys of new rows. kUniqueViolation.
Status check_unique_keys(StoreTransaction& transaction, TableWrites& writes, const CheckScope& scope);
// Checks that new rows find the rows they reference. kForeignKeyViolation.
Status check_references(StoreTransaction& transaction, TableWrites& writes, const CheckScope& scope);
// Checks that no row still references a key that ended rows took away (NO ACTION). kForeignKeyViolation.
Status check_still_referenced(StoreTransaction& transaction, TableWrites& writes, const CheckScope& scope);

// Checks existing rows against keys that the table has now and had not in `before`. kUniqueViolation,
// kForeignKeyViolation.
Status check_new_keys(StoreTransaction& transaction, const catalog::CatalogState& before, ObjectId table);

// Judges all changes against the newest state of the branch. kSerializationFailure. Commit mutex held.
Status check_conflicts(StoreTransaction& transaction);

// The error for a broken foreign key; names the constraint.
Error foreign_key_violation(const catalog::CatalogObject& table, const catalog::ForeignKeyConstraint& key,
                            std::string message);

// The column lists of all unique keys of a table: constraints and unique indexes.
struct UniqueKey {
    std::string name;
    std::vector<ColumnId> columns;
};
std::vector<UniqueKey> unique_keys_of(const catalog::CatalogState& catalog, const catalog::CatalogObject& table);

}  // namespace kodiak::storage
