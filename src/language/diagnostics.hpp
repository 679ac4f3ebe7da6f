#pragma once

// Shows errors to people: line, column, caret, hint (language reference 1.3).
//
//   ERROR 42703 undefined_column: column "nam" does not exist in "users"
//     script.sql:2:8
//     2 | SELECT nam FROM users;
//       |        ^^^
//     hint: did you mean "name"?
//
// Columns count characters (code points) from 1. The caret lines up on a terminal also behind tabs, wide letters and
// combining marks. Very long lines are cut around the caret. Bytes that are no UTF-8 are shown as U+FFFD, so a
// rendered error is always valid UTF-8.

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "language/lexer/token.hpp"

namespace kodiak::language {

// A place in a text: 1-based line and column, and the text of that line.
struct LocatedText {
    TextPosition position;
    std::string line_text;  // without its line end; lines over 4 KiB are cut around the place
};

// Finds line and column of a byte offset; an offset beyond the end means the end. `length` is in bytes; the
// underlined part ends at the end of the line at the latest.
LocatedText locate(std::string_view text, size_t byte_offset, size_t length = 1);

// Makes an error whose position is `where` in `text`.
Error make_error_at(ErrorCode code, std::string message, std::string_view text, Span where);

// Gives `error` the position `where` in `text`.
void set_position(Error& error, std::string_view text, Span where);

// Renders an error as above, without a line end after the last line. `file_name` may be empty: then the position line
// says `line 2, column 8`. Without a position only the first line, detail and hint appear.
std::string render_error(const Error& error, std::string_view file_name);

// Returns those of `candidates` that look like misspellings of `wanted`, best first, at most 3.
std::vector<std::string> near_names(std::string_view wanted, const std::vector<std::string>& candidates);

// Returns `did you mean "a" or "b"?` for the near names, or nothing if there is none.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& candidates);

}  // namespace kodiak::language
