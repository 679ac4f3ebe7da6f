#include "language/script/body_tracker.hpp"

#include "language/lexer/words.hpp"

namespace kodiak::language {

void BodyTracker::see(TokenKind kind, std::string_view text) {
    switch (state_) {
        case State::kStart:
        case State::kCreate:
        case State::kCreateOr:
        case State::kCreateOrReplace:
            state_ = kind == TokenKind::kWord ? state_ : State::kPlain;
            return see_first_words(text);
        case State::kHead:
            return see_head(kind, text);
        case State::kDeclare:
            if (kind == TokenKind::kWord && same_word(text, "begin") && before_ == Before::kStatementStart) {
                state_ = State::kBody;
                depth_ = 1;
            } else {
                before_ = text == ";" ? Before::kStatementStart : Before::kOther;
            }
            return;
        case State::kBody:
            return see_body(kind, text);
        case State::kPlain:
            return;
    }
}

void BodyTracker::see_first_words(std::string_view text) {
    const State before = state_;
    state_ = State::kPlain;
    if (before == State::kStart) {
        state_ = same_word(text, "create") ? State::kCreate : same_word(text, "do") ? State::kHead : State::kPlain;
    } else if (before == State::kCreate && same_word(text, "or")) {
        state_ = State::kCreateOr;
    } else if (before == State::kCreateOr && same_word(text, "replace")) {
        state_ = State::kCreateOrReplace;
    } else if (before != State::kPlain && before != State::kCreateOr &&
               (same_word(text, "function") || same_word(text, "procedure") || same_word(text, "test"))) {
        state_ = State::kHead;
    }
}

void BodyTracker::see_head(TokenKind kind, std::string_view text) {
    if (before_ == Before::kAs && kind != TokenKind::kString && kind != TokenKind::kDollarString &&
        kind != TokenKind::kEscapeString) {
        state_ = State::kPlain;  // a macro
        return;
    }
    before_ = Before::kOther;
    if (text == "(") {
        ++brackets_;
    } else if (text == ")" && brackets_ > 0) {
        --brackets_;
    }
    if (kind != TokenKind::kWord || brackets_ > 0) {
        return;
    }
    if (same_word(text, "as")) {
        before_ = Before::kAs;
    } else if (same_word(text, "return")) {
        state_ = State::kPlain;
    } else if (same_word(text, "declare") || same_word(text, "begin")) {
        state_ = same_word(text, "begin") ? State::kBody : State::kDeclare;
        depth_ = 1;
        before_ = Before::kStatementStart;
    }
}

void BodyTracker::see_body(TokenKind kind, std::string_view text) {
    const Before before = before_;
    before_ = Before::kOther;
    if (before == Before::kOpener && (text == ":=" || text == "=" || text == "." || text == "[")) {
        --depth_;  // a variable called begin or try
        return;
    }
    const bool word = kind == TokenKind::kWord;
    if (before == Before::kEnd) {
        if (word && (same_word(text, "if") || same_word(text, "loop"))) {
            return;
        }
        depth_ -= depth_ > 0 ? 1 : 0;
        if (word && (same_word(text, "case") || same_word(text, "try"))) {
            return;
        }
    }
    if (text == ";" || text == ">>") {
        before_ = Before::kStatementStart;
    } else if (!word) {
        return;
    } else if (same_word(text, "end")) {
        before_ = Before::kEnd;
    } else if (same_word(text, "case")) {
        ++depth_;
    } else if (same_word(text, "then") || same_word(text, "else") || same_word(text, "loop") ||
               same_word(text, "finally")) {
        before_ = Before::kStatementStart;
    } else if ((before == Before::kStatementStart || before == Before::kOpener) &&
               (same_word(text, "begin") || same_word(text, "try"))) {
        ++depth_;
        before_ = Before::kOpener;
    }
}

}  // namespace kodiak::language
