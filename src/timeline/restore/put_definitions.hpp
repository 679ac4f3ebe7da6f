#pragma once

// Definitions on their way back: which objects of a moment differ from now, and putting them into a transaction.

#include <vector>

#include "storage/transaction.hpp"

namespace kodiak::timeline {

// True when rows of both lie in the same columns: same ids and types.
bool same_stored_columns(const catalog::TableDefinition& left, const catalog::TableDefinition& right);

// What belongs to a table beside its own row: its indexes, the sequences that it owns, and what it depends on.
std::vector<catalog::ObjectPtr> belongings_of(const catalog::CatalogState& state, const catalog::CatalogObject& table);

// Drops an object with its indexes and owned sequences. kDependentObjects when another table's foreign key names it.
Status drop_with_belongings(storage::Transaction& transaction, const catalog::ObjectPtr& object);

// Makes the object be as `then` is; a table whose stored columns change gets a schema version of its own.
Status put_definition(storage::Transaction& transaction, const catalog::ObjectPtr& then);

}  // namespace kodiak::timeline
