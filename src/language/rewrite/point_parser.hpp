#pragma once

// Parses the points in history that hang on a table reference (language reference 1.4, 2.1) and says how the engine is
// to be asked for them: as the AT clause that DuckDB parses, whose VERSION text engine/catalog/past_point.hpp reads.

#include <string>
#include <vector>

#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

// FOR SYSTEM_TIME with a period: the bounds as SQL values; none of them means all time.
struct PeriodClause {
    std::string from;
    std::string upto;    // inclusive
    std::string before;  // exclusive

    // The function that stands for the table: ` kodiak_versions('t', ...)`.
    std::string to_sql(std::string_view table) const;
};
// True where a period stands: FOR SYSTEM_TIME FROM, BETWEEN or ALL.
bool at_period(const TokenCursor& cursor);
// Moves behind it. Requires: at_period().
Result<PeriodClause> parse_period(TokenCursor& cursor);

// The clauses of one table reference, in the order in which they stand.
class PastClauses {
   public:
    bool empty() const { return items_.empty() && timestamp_.empty(); }
    // Parses one clause at the cursor, which stands on AS OF, SINCE or FOR, and moves behind it. kSyntax when no point
    // follows; kUnsupported for forms that are not built yet.
    Status parse(TokenCursor& cursor);
    // The same for a point alone, behind a word that the caller has passed.
    Status parse_bare(TokenCursor& cursor);
    // A SQL value that names the point: a text, or an expression. Requires: parse_bare() succeeded.
    std::string to_value() const;
    // ` AT (...)`. Requires: not empty().
    std::string to_sql() const;

   private:
    struct Start {
        bool is_since = false;
        bool is_version = false;  // FOR VERSION: a number is a commit
        Span where;
    };
    Result<Start> parse_start(TokenCursor& cursor) const;
    Status parse_point(TokenCursor& cursor, const Start& start);
    Status parse_expression(TokenCursor& cursor, const Start& start);
    Status add(std::string_view kind, std::string value, const Start& start);

    std::vector<std::string> items_;
    std::string timestamp_;  // SQL of a point that is computed
};

// Parses a point and returns it as the SQL value that functions over the timeline take.
Result<std::string> parse_point_value(TokenCursor& cursor);

}  // namespace kodiak::language
