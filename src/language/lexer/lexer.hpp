#pragma once

// Cuts UTF-8 text into tokens, by the rules of DuckDB's own lexer and the additions of language reference 1.1.
//
// Linear time, no recursion, no allocation. A text that arrives in pieces is lexed with `whole_text` false: a
// token that touches the end of such a text might go on in the next piece and is not handed out yet; state() then
// says where to go on, inside a long quote or comment too, so that no byte is looked at twice.

#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "language/lexer/token.hpp"

namespace kodiak::language {

// Where a lexer stands in its text.
struct LexerState {
    enum class Open : uint8_t {
        kNothing,
        kString,
        kEscapeString,
        kQuotedWord,
        kDollarString,
        kLineComment,
        kBlockComment,
    };
    size_t offset = 0;           // everything before it was handed out or skipped
    Open open = Open::kNothing;  // what starts at offset and has not ended yet
    size_t scanned = 0;          // next byte to look at inside of what is open
    size_t opener_length = 0;    // of $tag$
    size_t comment_depth = 0;    // of nested block comments
};

class Lexer {
   public:
    // `text` must outlive the lexer. Requires: `state` belongs to this text or to a prefix of it.
    explicit Lexer(std::string_view text, LexerState state = {}, bool whole_text = true)
        : text_(text), state_(state), whole_text_(whole_text) {}

    // Returns the next token; kEnd at the end of the text, or where more text is needed to go on.
    Token next();
    LexerState state() const { return state_; }

   private:
    bool skip_trivia();
    Token open_token(LexerState::Open open, size_t opener_length);
    bool scan_open();
    bool scan_quote(char quote);
    bool scan_escape_string();
    bool scan_dollar_string();
    bool scan_line_comment();
    bool scan_block_comment();
    Token unterminated();
    Token token_to(TokenKind kind, size_t end);
    Token dollar_token();
    Token number_token();
    size_t word_end(size_t from) const;
    size_t digits_end(size_t from) const;
    size_t number_end(size_t from) const;
    size_t duration_end(size_t from) const;
    size_t operator_end(size_t from) const;
    bool starts_word(size_t at) const;
    bool digit_at(size_t at) const;
    char at(size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }

    std::string_view text_;
    LexerState state_;
    bool whole_text_;
};

// Cuts a whole text; the last token is kEnd. Errors, with position: kInvalidText for bytes that are not UTF-8 and
// for the zero byte, kSyntax for a quote or comment that is not closed.
Result<std::vector<Token>> tokenize(std::string_view text);

// Decodes a string token ('..', E'..' or dollar quoted): doubled quotes and escapes resolved. Errors: kSyntax for
// an escape that is no character.
Result<std::string> string_value(std::string_view text, Token token);
// Decodes a kWord or kQuotedWord token: the name with its spelling.
std::string name_value(std::string_view text, Token token);

}  // namespace kodiak::language
