#pragma once

// Table: one table of a session by its integer key, for programs that read and write single rows all day.
//
// What       get, multi_get, scan, put and erase go straight to the store: no SQL, no planner, no text. They run in the
//            session's transaction when BEGIN is open, else each in one of its own. What they do and what SQL does is
//            the same: keys, checks of the table, conflicts, durability.
// Which      A table of the session's own database whose PRIMARY KEY is one integer column. put() needs a table without
//            CHECK, generated columns and GENERATED ALWAYS (prepared.hpp's UPSERT does those).
// Values     As in prepared.hpp: is_null(), integer(), number(), text() of the current row, by column in order.
// Threads    Those of the session.
// Lifetime   It must go before its session. A row lives until the next call, and until the session runs a statement.
//            The table may be altered or dropped meanwhile: calls then follow the new definition, or fail.
// Errors     As the statements: kUniqueViolation, kSerializationFailure, ... ; inside BEGIN they fail the transaction.
// Cost       get() 0.7 to 1.2 us inside BEGIN and 0.9 to 1.7 outside; multi_get() of 16 0.4 us a row; scan() 0.2 us
//            a row, after one index lookup; put() and erase() some microseconds and, outside BEGIN, the durable commit
//            (benchmarks/point_benchmark.cpp). No allocation in get(), multi_get() and scan() in the steady state.

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "database/prepared.hpp"

namespace kodiak::database {

class Table {
   public:
    virtual ~Table() = default;

    virtual const std::vector<ResultColumn>& columns() const = 0;

    // Reads the row with this key; false: there is none.
    virtual Result<bool> get(int64_t key) = 0;
    // Reads the rows with these keys and calls visit(i) for each that is there, i its place in `keys`, while the row is
    // the current one. The order of calls is that of `keys`.
    virtual Status multi_get(std::span<const int64_t> keys, const std::function<void(size_t)>& visit) = 0;
    // Calls visit() for each row with low <= key <= high, ascending, while it is the current one; false stops.
    virtual Status scan(int64_t low, int64_t high, const std::function<bool()>& visit) = 0;
    // Inserts a row, or replaces the one with its key. kInvalidValue unless there is a value for each column.
    virtual Status put(std::span<const Value> row) = 0;
    // Deletes the row with this key; false: there was none.
    virtual Result<bool> erase(int64_t key) = 0;

    // Of the current row. Requires: column < columns().size().
    bool is_null(size_t column) const { return row_[column].is_null; }
    int64_t integer(size_t column) const { return row_[column].integer(); }
    double number(size_t column) const { return row_[column].number(); }
    std::string_view text(size_t column) const { return row_[column].text(); }

   protected:
    const storage::TypedValue* row_ = nullptr;
};

}  // namespace kodiak::database
