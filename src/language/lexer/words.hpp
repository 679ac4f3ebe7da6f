#pragma once

// Words of SQL: the engine's keywords, comparison of names without regard to case, and quoting.
//
// For everybody who compares names that users wrote (savepoints, tables, settings) or writes SQL text. Names compare as
// in the engine: ASCII letters without regard to case, everything else byte by byte; the spelling is kept.

#include <cstdint>
#include <string>
#include <string_view>

namespace kodiak::language {

// How far the engine reserves a keyword (duckdb_keywords() of DuckDB 1.5.5).
enum class KeywordCategory : uint8_t { kNoKeyword, kUnreserved, kColumnName, kTypeFunction, kReserved };

// Returns the category of a word, in any case.
KeywordCategory keyword_category(std::string_view word);

// True for words that name a part of a date or a time: year, days, second, ...
bool is_date_part(std::string_view word);

// Compares a word of a text with a lower-case ASCII word, without regard to case.
bool same_word(std::string_view word, std::string_view lower_case);

// Returns the form under which names are compared: ASCII letters in lower case.
std::string fold_name(std::string_view name);

// Compares two names as the engine does: ASCII letters without regard to case.
bool same_name(std::string_view left, std::string_view right);

// Quotes a name for SQL: "na""me".
std::string quote_name(std::string_view name);

// Quotes a text as a SQL string: 'it''s'.
std::string quote_string(std::string_view text);

}  // namespace kodiak::language
