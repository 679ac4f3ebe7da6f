#pragma once

// Answers of queries as sqllogictest sees them, and how they are compared with what a file expects.
//
// How        A value is its text: NULL is `NULL`, the empty text `(empty)`, booleans `true`/`false` (also matched by 1
// and
//            0). Numbers match as numbers: exact ones exactly, floating ones within 1 %, as DuckDB's runner does.
//            Expectations are one value per line, one row per line with tabs, `N values hashing to <md5>`, or
//            `<REGEX>:` / `<!REGEX>:` patterns.

#include <optional>
#include <string>
#include <vector>

#include "database/result_sink.hpp"

namespace kodiak::sqllogictest {

enum class SortMode : uint8_t { kNoSort, kRowSort, kValueSort };

// Which runner's way of writing values is followed.
enum class Dialect : uint8_t {
    kDuckDB,
    kSQLite,  // by the type letter of the query: I as integer, R with three decimals, T with @ for odd characters
};

// Keeps the last answer of a script.
class AnswerTable final : public database::ResultSink {
   public:
    AnswerTable(Dialect dialect, std::string types) : dialect_(dialect), types_(std::move(types)) {}
    Status begin(const std::vector<database::ResultColumn>& columns) override;
    Status rows(const database::RowBatch& batch) override;
    Status end(const database::Answer& answer) override;

    const std::vector<database::ResultColumn>& columns() const { return columns_; }
    const std::vector<std::string>& values() const { return values_; }
    size_t row_count() const { return columns_.empty() ? 0 : values_.size() / columns_.size(); }
    void sort(SortMode mode);
    // "N values hashing to <md5>".
    std::string digest() const;

   private:
    std::string shown(const database::RowBatch& batch, size_t row, size_t column) const;
    Dialect dialect_;
    std::string types_;
    std::vector<database::ResultColumn> columns_;
    std::vector<std::string> values_;  // row by row
};

// What differs from the expectation; nothing when the answer is as expected. `answer` is sorted already.
std::optional<std::string> difference(const AnswerTable& answer, const std::vector<std::string>& expected,
                                      size_t expected_columns);

// Whether an error's text has what `expected` asks for: a part of it, or a `<REGEX>:` pattern for all of it.
bool error_matches(const std::string& error, const std::vector<std::string>& expected);

}  // namespace kodiak::sqllogictest
