#pragma once

// Referential actions: what ON DELETE and ON UPDATE of foreign keys do to the rows that refer to changed ones.
//
// What       CASCADE ends children or gives them the new key, SET NULL and SET DEFAULT write new versions of them,
//            RESTRICT refuses at once. NO ACTION is left to the key checks that follow.
// When       At the end of a statement, before its keys are checked: children see what the whole statement did. A
//            parent that keeps its key has not changed; a key that another row has taken over is not gone.
// How        In rounds: each looks at the versions that the last one ended, so that actions reach grandchildren.
// Children   keep their row id, unless the action changes their primary key: then they become new rows, as in UPDATE.
// Errors     kForeignKeyViolation (RESTRICT), kNotNullViolation, kTooLarge when actions go too deep,
//            kSerializationFailure when a concurrent commit changed a child.
// Cost       Per ended parent version one probe of the child's index, which is built when it is missing.
// Not here   CHECK: it needs expressions. The engine refuses actions that write columns named in a CHECK.

#include <map>

#include "storage/transaction/key_checks.hpp"
#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

// Carries out the actions of what the transaction did since `scopes` (by table; a missing one is all it did).
Status carry_out_actions(StoreTransaction& transaction, const std::map<ObjectId, CheckScope>& scopes);

}  // namespace kodiak::storage
