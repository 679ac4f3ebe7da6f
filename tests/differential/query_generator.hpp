#pragma once

// Random queries, predicates and expressions over tables of a schema.
//
// Rules      Every query has one right answer: LIMIT comes with an order over all columns it shows, floating sums are
//            left out, and predicates never raise errors, as the order in which they are evaluated is not defined.

#include "tests/differential/schema_model.hpp"

namespace kodiak::differential {

// A condition on the columns of `table`, each written as prefix.name.
std::string random_predicate(Dice& dice, const TableModel& table, const std::string& prefix);
Step random_query(Dice& dice, const SchemaModel& schema);

}  // namespace kodiak::differential
