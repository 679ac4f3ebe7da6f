#pragma once

// Walks over the tokens of one statement and reports what was expected where it stops.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "language/lexer/lexer.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {

class TokenCursor {
   public:
    // `text` and `tokens` must outlive the cursor. Requires: the last token is kEnd.
    TokenCursor(std::string_view text, const std::vector<Token>& tokens) : text_(text), tokens_(tokens) {}

    std::string_view text() const { return text_; }
    size_t index() const { return index_; }
    void move_to(size_t index) { index_ = index; }
    // Returns the token `ahead` of the current one; beyond the end the last one, kEnd.
    const Token& peek(size_t ahead = 0) const { return tokens_[std::min(index_ + ahead, tokens_.size() - 1)]; }
    // The token before the current one. Requires: index() > 0.
    const Token& peek_behind() const { return tokens_[index_ - 1]; }
    void advance() { index_ = std::min(index_ + 1, tokens_.size() - 1); }
    bool at_end() const { return peek().kind == TokenKind::kEnd || at_symbol(';'); }
    std::string_view text_of(const Token& token) const { return token.span.in(text_); }

    // True if the token `ahead` is this word, without quotes, in any case. `word` is lower case.
    bool at_word(std::string_view word, size_t ahead = 0) const {
        return peek(ahead).kind == TokenKind::kWord && same_word(text_of(peek(ahead)), word);
    }
    bool at_symbol(char symbol, size_t ahead = 0) const {
        return peek(ahead).kind == TokenKind::kSymbol && text_[peek(ahead).span.offset] == symbol;
    }
    bool at_name(size_t ahead = 0) const {
        return peek(ahead).kind == TokenKind::kWord || peek(ahead).kind == TokenKind::kQuotedWord;
    }
    bool at_string() const {
        const TokenKind kind = peek().kind;
        return kind == TokenKind::kString || kind == TokenKind::kEscapeString || kind == TokenKind::kDollarString;
    }
    // Moves over a word or symbol if it is there.
    bool accept_word(std::string_view word) {
        const bool there = at_word(word);
        index_ += there ? 1 : 0;
        return there;
    }
    bool accept_symbol(char symbol) {
        const bool there = at_symbol(symbol);
        index_ += there ? 1 : 0;
        return there;
    }
    // Moves over several words in a row, or over none.
    bool accept_words(std::initializer_list<std::string_view> words) {
        size_t ahead = 0;
        for (const std::string_view word : words) {
            if (!at_word(word, ahead++)) {
                return false;
            }
        }
        index_ += ahead;
        return true;
    }

    // The error for the current token: `unexpected "x", expected A or B`; `expected` holds at most 5 descriptions.
    Error unexpected(std::initializer_list<std::string_view> expected) const;
    // The error at a token.
    Error error_at(ErrorCode code, std::string message, Span where) const;
    // Succeeds at the end of the statement (a `;` may follow); `expected` names what else could stand here.
    Status expect_end(std::initializer_list<std::string_view> expected) const;

   private:
    std::string_view text_;
    const std::vector<Token>& tokens_;
    size_t index_ = 0;
};

}  // namespace kodiak::language
