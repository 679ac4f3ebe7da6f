#pragma once

// Cuts a text into statements.
//
// What       split_script() for a whole text, StatementStream for text that arrives in pieces (stdin, a socket).
// Why        The engine can split too, but a stream must run each statement as soon as its `;` arrives, and every
//            error must name line and column of the text that the user typed.
// How        A cut is made at `;` outside of quotes, dollar quotes, comments and bodies of code (BEGIN ... END). Empty
// statements are skipped; the
//            last `;` may be missing. Splitting never fails: a quote that is never closed, or bytes that are no
//            UTF-8, make one statement that parse_statement() refuses with a position, so the statements before it
//            still run.
// Threads    A StatementStream belongs to one thread at a time.
// Cost       Linear in the length of the text, however it is cut into pieces.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "language/lexer/lexer.hpp"
#include "language/script/body_tracker.hpp"

namespace kodiak::language {

// One statement of a script, and where it stands there.
struct Statement {
    std::string text;         // byte for byte, from its first token to its last; without the `;`
    size_t offset = 0;        // of its first byte, in the whole script
    uint32_t line = 1;        // of its first byte, 1-based
    uint32_t column = 1;      // of its first byte, 1-based, in characters
    std::string line_prefix;  // what stands before it in its first line (the last 400 bytes of it), for the caret
};

// Cuts a whole script.
std::vector<Statement> split_script(std::string_view script);

// Moves an error's position from the statement's text to the whole script, line_text included.
Error in_script(Error error, const Statement& statement);

// Cuts text that arrives in pieces.
class StatementStream {
   public:
    // Adds text; a piece may end anywhere, even inside a character.
    void feed(std::string_view text);
    // Says that no more text will come: what is left becomes the last statement.
    void finish();
    // Returns the next complete statement, or nothing if more text is needed (after finish(): if none is left).
    std::optional<Statement> next();
    // True if text waits that is no complete statement yet, e.g. for the prompt of a shell.
    bool has_partial_statement() const;

   private:
    Statement take();
    void advance_to(size_t end);
    void drop_consumed();

    std::string buffer_;
    bool finished_ = false;
    size_t buffer_start_ = 0;      // offset of buffer_[0] in the script
    LexerState search_;            // how far the search for `;` came
    BodyTracker body_;             // whether the statement being collected is inside of a body
    std::optional<size_t> first_;  // start of the statement being collected, in buffer_
    size_t end_ = 0;               // end of its last token so far
    // The place that line, column and line prefix below belong to: the end of what was handed out.
    size_t place_ = 0;
    uint32_t line_ = 1;
    uint32_t column_ = 1;
    std::string line_prefix_;
};

}  // namespace kodiak::language
