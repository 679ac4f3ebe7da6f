#pragma once

// Knows whether a `;` belongs to a body of code without quotes: CREATE FUNCTION ... BEGIN ...; END, DO BEGIN ... END.
//
// Sees each token of a statement once and keeps a few numbers, so cutting stays linear for text that comes in pieces.
// It counts what END closes (BEGIN, CASE, TRY); END IF and END LOOP close what was never counted.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "language/lexer/token.hpp"

namespace kodiak::language {

class BodyTracker {
   public:
    // Takes the next token of a statement.
    void see(TokenKind kind, std::string_view text);
    // True while a `;` does not end the statement.
    bool inside() const { return state_ == State::kDeclare || (state_ == State::kBody && depth_ > 0); }

   private:
    enum class State : uint8_t { kStart, kCreate, kCreateOr, kCreateOrReplace, kHead, kDeclare, kBody, kPlain };
    enum class Before : uint8_t { kOther, kStatementStart, kEnd, kOpener, kAs };
    void see_first_words(std::string_view text);
    void see_head(TokenKind kind, std::string_view text);
    void see_body(TokenKind kind, std::string_view text);

    State state_ = State::kStart;
    Before before_ = Before::kOther;
    size_t brackets_ = 0;
    size_t depth_ = 0;
};

}  // namespace kodiak::language
