#pragma once

// ResultSink: where the answers of a script go, statement by statement, rows in batches.
//
// What       A session calls begin(), then rows() as often as there are batches, then end(), for each statement that
// ran
//            without error; a statement without rows gets end() only. An error ends the calls for its statement.
// Why        Answers stream: a result larger than memory can be written out, and a reader at the end of a pipe sees
// each
//            answer as soon as its statement is done.
// Threads    All calls come from the thread that runs the script.
// Lifetime   A batch and the texts in it are valid during the call.
// Durability end() of a statement that committed comes after its commit is durable.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"

namespace kodiak::database {

// How a column's values look in formats that know kinds of values (JSON, alignment).
enum class ValueKind : uint8_t {
    kBoolean,
    kExactNumber,  // integers and decimals of any width: their text is the exact number
    kFloat,        // FLOAT and DOUBLE: their text may be nan, inf or -inf
    kText,         // VARCHAR and all types whose text is the natural form: dates, UUID, BLOB, ENUM, ...
    kJson,         // JSON: the text is a JSON value
    kNested,       // LIST, ARRAY, STRUCT, MAP, UNION, VARIANT: the engine's text form
};

struct ResultColumn {
    std::string name;
    std::string type;  // as SQL spells it: DECIMAL(9,2), INTEGER[]
    ValueKind kind = ValueKind::kText;
};

// Some consecutive rows of an answer.
class RowBatch {
   public:
    virtual ~RowBatch() = default;
    virtual size_t row_count() const = 0;
    virtual bool is_null(size_t row, size_t column) const = 0;
    // The value as SQL's cast to VARCHAR writes it; empty for NULL. Valid until the next call for the same column.
    virtual std::string_view text(size_t row, size_t column) const = 0;
};

// How a statement ended.
struct Answer {
    std::string command;     // INSERT, CREATE TABLE, COMMIT, ...: the statement's first words
    bool has_rows = false;   // begin() was called: the answer is a table
    bool has_count = false;  // `changed` counts rows
    uint64_t changed = 0;    // rows inserted, updated or deleted
    std::string text;        // the whole answer in words, e.g. `INSERT 3`, `inserted 1, updated 2`, `COMMIT`
};

class ResultSink {
   public:
    virtual ~ResultSink() = default;
    // An error returned by these ends the script with that error.
    virtual Status begin(const std::vector<ResultColumn>& columns) = 0;
    virtual Status rows(const RowBatch& batch) = 0;
    virtual Status end(const Answer& answer) = 0;
    // What code reports while the statement runs (RAISE NOTICE); `level` in capitals. From any thread, one at a time.
    virtual void notice(const std::string& level, const Error& text) {
        static_cast<void>(level);
        static_cast<void>(text);
    }
};

}  // namespace kodiak::database
