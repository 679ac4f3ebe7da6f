#pragma once

// SqlExecutor: how code runs SQL. This room owns the interface; the room that knows the engine implements it.
//
// What       Describing a statement (its columns, which names in it are columns), running it with typed parameters,
// marks
//            to undo to, commit and rollback, and types and tables by name.
// How        The analyser calls describe() when code is created, with every name that could be a variable. The answer
//            says what each one is; those that are variables become $1, $2, ... in the text that run() gets.
// Threads    One executor belongs to one session and is used by one thread at a time.
// Ownership  Values that go in and come out are counted on the run's meter (values/value.hpp).
// Errors     Those of the engine; a SQLSTATE that no ErrorCode has travels as kRaised with Error::raised_state.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "language/lexer/token.hpp"
#include "language/values/code_type.hpp"
#include "language/values/value.hpp"

namespace kodiak::language {

// A name in a statement that could be a variable of the code around it: `x`, `r.total`, `label.x`.
struct SqlName {
    Span span;      // in the statement's text
    CodeType type;  // of the variable
};

enum class NameMeaning : uint8_t { kVariable, kColumn, kBoth };

struct SqlDescription {
    std::vector<NameMeaning> names;           // one per name that was asked about
    std::vector<catalog::NamedType> columns;  // of the answer; empty: it answers no rows
    bool writes = false;                      // it changes data or definitions
    bool volatile_answer = false;             // it may answer something else when run again (random, sequences)
};

// The rows of one running statement.
class SqlRows {
   public:
    virtual ~SqlRows() = default;
    // The columns, as a STRUCT type.
    virtual const std::shared_ptr<const catalog::Type>& shape() const = 0;
    // Fetches the next row into `row` (one value per column); false at the end.
    virtual Result<bool> next(std::vector<Value>& row) = 0;
    // Rows changed, or rows handed out so far.
    virtual int64_t row_count() const = 0;
};

class SqlExecutor {
   public:
    virtual ~SqlExecutor() = default;

    // Binds a statement without running it. `names` that mean variables have the given types.
    virtual Result<SqlDescription> describe(std::string_view text, const std::vector<SqlName>& names) = 0;
    // Runs one statement; $1 is the first parameter. `types` are those of the parameters.
    virtual Result<std::unique_ptr<SqlRows>> run(std::string_view text, const std::vector<Value>& parameters,
                                                 const std::vector<CodeType>& types, const Meter& meter) = 0;

    // Marks a point to undo to; undo_to takes back what was changed since and keeps the mark; release drops it.
    virtual Result<uint64_t> mark() = 0;
    virtual Status undo_to(uint64_t mark) = 0;
    virtual Status release(uint64_t mark) = 0;
    // End the transaction and start the next one. Errors: 2D000 (kRaised) where that is not allowed.
    virtual Status commit(const std::optional<std::string>& message) = 0;
    virtual Status rollback() = 0;

    // A type of the user's, by 1 to 3 name parts. Error: kUndefinedObject.
    virtual Result<catalog::Type> find_type(const std::vector<std::string>& name) = 0;
    // A table's columns. Error: kUndefinedTable.
    virtual Result<std::vector<catalog::NamedType>> table_columns(const std::vector<std::string>& name) = 0;
};

}  // namespace kodiak::language
