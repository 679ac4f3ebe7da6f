#pragma once

// Prepared: one statement, planned once and run with parameters; rows come as typed values.
//
// What       Any statement of SQL that Session::execute() runs, one at a time. Parameters are written ? or $1, $2, ...
//            A SELECT of one row by its key goes past the planner, and its values are read where they lie.
// Use        1. bind() all parameters; they stay bound until they are bound again.
//            2. execute(): a statement without rows has run now, and outside BEGIN is committed and durable.
//            3. next() until it answers false; after true, is_null(), integer(), number() and text() read the row.
// Values     integer(): BOOLEAN, integers of up to 64 bits (UBIGINT as its bits), DATE in days, TIME and TIMESTAMP
//            in their own units (microseconds unless the type says otherwise) since 1970 or midnight, DECIMAL of up to
//            18 digits unscaled. number(): FLOAT and DOUBLE. text(): all others, BLOB as its bytes.
//            columns() says which type a column has; the wrong accessor gives a meaningless value, never an error.
// Threads    Those of its session.
// Lifetime   It must go before its session. A row, its texts included, lives until the next call of next() or
//            execute(), and until the session runs another statement.
// Limits     Statements that are not planned (BEGIN, CHECKPOINT, SHOW, PROVE, CALL of a procedure, ...) take no
//            parameters, and all their columns are text.
// Errors     Those of the statement, from execute() and next(). Inside BEGIN they fail the transaction.
// Cost       SELECT of a row by an integer key: 0.9 to 1.7 us, inside BEGIN 0.7 to 1.2 us (1M, 10M rows), there
//            without allocation in the steady state. Others by key: some microseconds. The rest: planning is spared,
//            execution is not.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result/result.hpp"
#include "database/result_sink.hpp"
#include "storage/typed_value.hpp"

namespace kodiak::database {

// The value of a parameter; std::monostate is NULL. Types that are not here are given as text.
using Value = std::variant<std::monostate, bool, int64_t, double, std::string>;

class Prepared {
   public:
    virtual ~Prepared() = default;

    size_t parameters() const { return values_.size(); }
    // Sets parameter `number`, from 1. kInvalidValue when there is no such parameter.
    Status bind(size_t number, Value value);

    virtual Status execute() = 0;
    // Steps to the next row of the last execute(); false at the end.
    virtual Result<bool> next() = 0;
    // The columns of the rows; known after execute().
    virtual const std::vector<ResultColumn>& columns() const = 0;
    // Rows that the last execute() inserted, updated or deleted.
    virtual uint64_t changed() const = 0;

    // Requires: next() answered true, column < columns().size().
    bool is_null(size_t column) const { return row_[column].is_null; }
    int64_t integer(size_t column) const { return row_[column].integer(); }
    double number(size_t column) const { return row_[column].number(); }
    std::string_view text(size_t column) const { return row_[column].text(); }
    // All its values; nullptr when there is no row.
    const storage::TypedValue* row() const { return row_; }

   protected:
    std::vector<Value> values_;                  // of the parameters
    const storage::TypedValue* row_ = nullptr;   // the current row
};

}  // namespace kodiak::database
