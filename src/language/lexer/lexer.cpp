#include "language/lexer/lexer.hpp"

#include <array>

#include "base/result/assert.hpp"
#include "language/diagnostics.hpp"
#include "language/lexer/utf8.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

using Open = LexerState::Open;

enum class ByteClass : uint8_t { kOther, kSpace, kWordStart, kDigit, kSymbol, kOperator };

constexpr std::array<ByteClass, 256> make_byte_classes() {
    std::array<ByteClass, 256> classes{};
    for (size_t byte = 0; byte < 256; ++byte) {
        const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (letter || byte == '_' || byte >= 0x80) {
            classes[byte] = ByteClass::kWordStart;
        } else if (byte >= '0' && byte <= '9') {
            classes[byte] = ByteClass::kDigit;
        }
    }
    for (const char c : std::string_view(" \t\n\r\f")) {
        classes[static_cast<uint8_t>(c)] = ByteClass::kSpace;
    }
    for (const char c : std::string_view("()[]{},;.")) {
        classes[static_cast<uint8_t>(c)] = ByteClass::kSymbol;
    }
    for (const char c : std::string_view("~!@#%^&|`+-*/<>=:")) {
        classes[static_cast<uint8_t>(c)] = ByteClass::kOperator;
    }
    return classes;
}

constexpr std::array<ByteClass, 256> kByteClasses = make_byte_classes();

ByteClass class_of(char c) { return kByteClasses[static_cast<uint8_t>(c)]; }

// The spaces beyond ASCII that DuckDB treats as spaces outside of quotes. Returns the length in bytes, 0 for none.
size_t wide_space_at(std::string_view text, size_t offset) {
    const auto byte = [&](size_t i) { return offset + i < text.size() ? static_cast<uint8_t>(text[offset + i]) : 0; };
    switch (byte(0)) {
        case 0xC2:
            return byte(1) == 0xA0 ? 2 : 0;
        case 0xE2:
            if (byte(1) == 0x80) {
                return (byte(2) >= 0x80 && byte(2) <= 0x8B) || byte(2) == 0xAF ? 3 : 0;
            }
            return byte(1) == 0x81 && (byte(2) == 0x9F || byte(2) == 0xA0) ? 3 : 0;
        case 0xE3:
            return byte(1) == 0x80 && byte(2) == 0x80 ? 3 : 0;
        case 0xEF:
            return byte(1) == 0xBB && byte(2) == 0xBF ? 3 : 0;
        default:
            return 0;
    }
}

// A token without an end in sight is handed out in parts when text comes in pieces, so that it is not read again
// and again. No name is that long; where a statement ends does not depend on it.
constexpr size_t kTokenBytesMost = size_t{1} << 16;

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

TokenKind kind_of_open(Open open) {
    switch (open) {
        case Open::kEscapeString:
            return TokenKind::kEscapeString;
        case Open::kQuotedWord:
            return TokenKind::kQuotedWord;
        case Open::kDollarString:
            return TokenKind::kDollarString;
        default:
            return TokenKind::kString;
    }
}

bool is_comment(Open open) { return open == Open::kLineComment || open == Open::kBlockComment; }

}  // namespace

Token Lexer::next() {
    if (state_.open != Open::kNothing && !is_comment(state_.open)) {
        return open_token(state_.open, state_.opener_length);
    }
    if (!skip_trivia()) {
        return whole_text_ ? unterminated() : Token{TokenKind::kEnd, {text_.size(), 0}};
    }
    const size_t start = state_.offset;
    if (start >= text_.size()) {
        return {TokenKind::kEnd, {text_.size(), 0}};
    }
    const char c = text_[start];
    switch (class_of(c)) {
        case ByteClass::kWordStart:
            if ((c == 'e' || c == 'E') && at(start + 1) == '\'') {
                return open_token(Open::kEscapeString, 2);
            }
            return token_to(TokenKind::kWord, word_end(start));
        case ByteClass::kDigit:
            return number_token();
        case ByteClass::kSymbol:
            if (c == '.' && at(start + 1) == '.') {
                return token_to(TokenKind::kOperator, start + 2);
            }
            if (c == '.' && digit_at(start + 1)) {
                return number_token();
            }
            return token_to(TokenKind::kSymbol, start + 1);
        case ByteClass::kOperator:
            return token_to(TokenKind::kOperator, operator_end(start));
        default:
            break;
    }
    if (c == '\'') {
        return open_token(Open::kString, 1);
    }
    if (c == '"') {
        return open_token(Open::kQuotedWord, 1);
    }
    if (c == '$') {
        return dollar_token();
    }
    return c == '?' ? token_to(TokenKind::kParameter, digits_end(start + 1))
                    : token_to(TokenKind::kOperator, start + 1);
}

// Skips white space and comments. False if a comment is still open at the end of the text.
bool Lexer::skip_trivia() {
    while (true) {
        if (state_.open != Open::kNothing && !scan_open()) {
            return false;
        }
        const size_t offset = state_.offset;
        if (offset >= text_.size()) {
            return true;
        }
        const char c = text_[offset];
        if (class_of(c) == ByteClass::kSpace) {
            ++state_.offset;
        } else if (const size_t length = wide_space_at(text_, offset); length != 0) {
            state_.offset += length;
        } else if ((c == '-' && at(offset + 1) == '-') || (c == '/' && at(offset + 1) == '*')) {
            state_.open = c == '-' ? Open::kLineComment : Open::kBlockComment;
            state_.scanned = offset + 2;
            state_.comment_depth = 1;
        } else {
            return true;
        }
    }
}

// Reads to the end of a quote that starts at the state's offset.
Token Lexer::open_token(Open open, size_t opener_length) {
    const size_t start = state_.offset;
    if (state_.open == Open::kNothing) {
        state_.open = open;
        state_.opener_length = opener_length;
        state_.scanned = start + opener_length;
    }
    if (scan_open()) {
        return {kind_of_open(open), {start, state_.offset - start}};
    }
    return whole_text_ ? unterminated() : Token{TokenKind::kEnd, {text_.size(), 0}};
}

// Looks for the end of what is open: true if it was found, the offset then lies behind it.
bool Lexer::scan_open() {
    bool closed = false;
    switch (state_.open) {
        case Open::kNothing:
            return true;
        case Open::kString:
            closed = scan_quote('\'');
            break;
        case Open::kQuotedWord:
            closed = scan_quote('"');
            break;
        case Open::kEscapeString:
            closed = scan_escape_string();
            break;
        case Open::kDollarString:
            closed = scan_dollar_string();
            break;
        case Open::kLineComment:
            closed = scan_line_comment();
            break;
        case Open::kBlockComment:
            closed = scan_block_comment();
            break;
    }
    if (closed) {
        state_.offset = state_.scanned;
        state_.open = Open::kNothing;
    }
    return closed;
}

bool Lexer::scan_quote(char quote) {
    while (true) {
        const size_t found = text_.find(quote, state_.scanned);
        if (found == std::string_view::npos) {
            state_.scanned = text_.size();
            return false;
        }
        if (found + 1 == text_.size() && !whole_text_) {
            state_.scanned = found;  // the next piece may double it
            return false;
        }
        if (at(found + 1) != quote) {
            state_.scanned = found + 1;
            return true;
        }
        state_.scanned = found + 2;
    }
}

bool Lexer::scan_escape_string() {
    while (true) {
        const size_t found = text_.find_first_of("'\\", state_.scanned);
        if (found == std::string_view::npos) {
            state_.scanned = text_.size();
            return false;
        }
        const bool at_end = found + 1 == text_.size();
        if (at_end && (!whole_text_ || text_[found] == '\\')) {
            state_.scanned = found;
            return false;
        }
        if (text_[found] == '\'' && at(found + 1) != '\'') {
            state_.scanned = found + 1;
            return true;
        }
        state_.scanned = found + 2;
    }
}

bool Lexer::scan_dollar_string() {
    const std::string_view tag = text_.substr(state_.offset, state_.opener_length);
    const size_t found = text_.find(tag, state_.scanned);
    if (found != std::string_view::npos) {
        state_.scanned = found + tag.size();
        return true;
    }
    // The last bytes may be the start of the closing tag.
    const size_t looked_at = text_.size() - std::min(text_.size(), tag.size() - 1);
    state_.scanned = std::max(state_.scanned, looked_at);
    return false;
}

bool Lexer::scan_line_comment() {
    const size_t found = text_.find_first_of("\n\r", std::min(state_.scanned, text_.size()));
    state_.scanned = found == std::string_view::npos ? text_.size() : found;
    return found != std::string_view::npos || whole_text_;
}

bool Lexer::scan_block_comment() {
    size_t& offset = state_.scanned;
    for (; offset + 1 < text_.size(); ++offset) {
        const char c = text_[offset];
        if (c == '*' && text_[offset + 1] == '/') {
            ++offset;
            if (--state_.comment_depth == 0) {
                ++offset;
                return true;
            }
        } else if (c == '/' && text_[offset + 1] == '*') {
            ++offset;
            ++state_.comment_depth;
        }
    }
    return false;
}

Token Lexer::unterminated() {
    const size_t start = state_.offset;
    state_.offset = text_.size();
    state_.open = Open::kNothing;
    return {TokenKind::kUnterminated, {start, text_.size() - start}};
}

// Hands out the token from the offset to `end`, unless it might go on in the next piece.
Token Lexer::token_to(TokenKind kind, size_t end) {
    const size_t start = state_.offset;
    const bool may_go_on = end >= text_.size() && !(kind == TokenKind::kSymbol && text_[start] != '.');
    if (!whole_text_ && may_go_on) {
        if (end - start < kTokenBytesMost) {
            return {TokenKind::kEnd, {text_.size(), 0}};
        }
        --end;
    }
    state_.offset = end;
    return {kind, {start, end - start}};
}

Token Lexer::dollar_token() {
    const size_t start = state_.offset;
    size_t end = start + 1;
    if (digit_at(end)) {
        return token_to(TokenKind::kParameter, digits_end(end));
    }
    while (end < text_.size() && (starts_word(end) || (digit_at(end) && end > start + 1))) {
        ++end;
    }
    if (at(end) == '$') {
        return open_token(Open::kDollarString, end + 1 - start);
    }
    return token_to(end == start + 1 ? TokenKind::kOperator : TokenKind::kParameter, end);
}

Token Lexer::number_token() {
    const size_t end = number_end(state_.offset);
    if (!starts_word(end)) {
        return token_to(TokenKind::kNumber, end);
    }
    // `1AND` and `5day` are a number and a keyword for the engine, so they stay that.
    const size_t letters_end = word_end(end);
    if (keyword_category(text_.substr(end, letters_end - end)) == KeywordCategory::kNoKeyword) {
        return token_to(TokenKind::kDuration, duration_end(end));
    }
    if (!whole_text_ && letters_end >= text_.size()) {
        return {TokenKind::kEnd, {text_.size(), 0}};
    }
    return token_to(TokenKind::kNumber, end);
}

size_t Lexer::number_end(size_t from) const {
    const char second = at(from + 1);
    if (at(from) == '0' && (second == 'x' || second == 'X') && is_hex_digit(at(from + 2))) {
        size_t end = from + 2;
        while (is_hex_digit(at(end)) || (at(end) == '_' && is_hex_digit(at(end + 1)))) {
            ++end;
        }
        return end;
    }
    size_t end = digits_end(from);
    if (at(end) == '.' && at(end + 1) != '.') {
        end = digits_end(end + 1);
    }
    if (at(end) == 'e' || at(end) == 'E') {
        const size_t sign = at(end + 1) == '+' || at(end + 1) == '-' ? 1 : 0;
        if (digit_at(end + 1 + sign)) {
            end = digits_end(end + 1 + sign);
        }
    }
    return end;
}

size_t Lexer::duration_end(size_t from) const {
    size_t end = word_end(from);
    while (at(end) == '.' && digit_at(end + 1)) {
        end = word_end(end + 1);
    }
    return end;
}

// The end of letters, digits, `_` and `$`.
size_t Lexer::word_end(size_t from) const {
    size_t end = from;
    while (end < text_.size() && (starts_word(end) || digit_at(end) || text_[end] == '$')) {
        ++end;
    }
    return end;
}

// The end of digits with single `_` between them.
size_t Lexer::digits_end(size_t from) const {
    size_t end = from;
    while (digit_at(end) || (at(end) == '_' && end > from && digit_at(end + 1))) {
        ++end;
    }
    return end;
}

size_t Lexer::operator_end(size_t from) const {
    size_t end = from + 1;
    while (end < text_.size() && class_of(text_[end]) == ByteClass::kOperator) {
        const char c = text_[end];
        if ((c == '-' && at(end + 1) == '-') || (c == '/' && at(end + 1) == '*')) {
            break;
        }
        ++end;
    }
    return end;
}

// True for a byte of a word other than a digit; bytes beyond ASCII are letters unless a wide space starts here.
bool Lexer::starts_word(size_t offset) const {
    if (offset >= text_.size() || class_of(text_[offset]) != ByteClass::kWordStart) {
        return false;
    }
    return static_cast<uint8_t>(text_[offset]) < 0x80 || wide_space_at(text_, offset) == 0;
}

bool Lexer::digit_at(size_t offset) const {
    return offset < text_.size() && class_of(text_[offset]) == ByteClass::kDigit;
}

Result<std::vector<Token>> tokenize(std::string_view text) {
    if (const size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
        return make_error_at(ErrorCode::kInvalidText, "the statement is not valid UTF-8 text", text, {bad, 1});
    }
    if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
        return make_error_at(ErrorCode::kInvalidText, "the statement holds a zero byte", text, {zero, 1});
    }
    std::vector<Token> tokens;
    Lexer lexer(text);
    while (true) {
        const Token token = lexer.next();
        if (token.kind == TokenKind::kUnterminated) {
            const char first = text[token.span.offset];
            std::string_view what = "string";
            std::string_view closing = "'";
            if (first == '/') {
                what = "comment";
                closing = "*/";
            } else if (first == '"') {
                what = "quoted name";
                closing = "\"";
            } else if (first == '$') {
                closing = text.substr(token.span.offset, text.find('$', token.span.offset + 1) + 1 - token.span.offset);
            }
            return make_error_at(ErrorCode::kSyntax, "unterminated " + std::string(what), text,
                                 {token.span.offset, std::min<size_t>(closing.size(), token.span.length)})
                .with_hint("Close it with " + std::string(closing) + ".");
        }
        tokens.push_back(token);
        if (token.kind == TokenKind::kEnd) {
            return tokens;
        }
    }
}

}  // namespace kodiak::language
