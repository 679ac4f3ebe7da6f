#pragma once

// Rows over time: kodiak_versions(table, from => point, upto => point, before => point), kodiak_blame(table).
//
// What       kodiak_versions   every version of every row that was alive in a range of commits, with the columns that
//                              the table has now; without bounds all that there ever were. `upto` is inclusive,
//                              `before` exclusive. Pseudo columns, not among `*`, nameable unless a column has the
//                              name: _row_id, _commit (the number of the commit that wrote it), _row_start, _row_end
//                              (NULL: alive).
//            kodiak_blame      one row per row and column of now: the commit that last gave the cell its value
// Cost       Of all changes that the table ever saw. Memory: two places per version.

#include "duckdb/function/table_function.hpp"

namespace kodiak::engine {

duckdb::TableFunction versions_function();
duckdb::TableFunction blame_function();

}  // namespace kodiak::engine
