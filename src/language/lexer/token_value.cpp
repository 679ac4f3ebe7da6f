// Decodes the values of tokens: strings with their escapes, names with their quotes.

#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/lexer/lexer.hpp"
#include "language/lexer/utf8.hpp"

namespace kodiak::language {
namespace {

// Removes the quotes and halves the doubled ones.
std::string unquote(std::string_view quoted) {
    const char quote = quoted.front();
    std::string value;
    for (size_t i = 1; i + 1 < quoted.size(); ++i) {
        value += quoted[i];
        if (quoted[i] == quote) {
            ++i;
        }
    }
    return value;
}

int digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

// Reads up to `most` digits of a base at `i` and moves it behind them. Returns false if there is none.
bool read_digits(std::string_view text, size_t& i, size_t most, int base, uint32_t& value) {
    const size_t start = i;
    value = 0;
    while (i < text.size() && i - start < most && digit_value(text[i]) < base) {
        value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit_value(text[i]));
        ++i;
    }
    return i > start;
}

// Decodes the escape behind the backslash at `i - 1` and moves `i` behind it. False if it is no character.
bool append_escape(std::string_view body, size_t& i, std::string& value) {
    constexpr std::string_view kLetters = "bfnrt";
    constexpr std::string_view kMeanings = "\b\f\n\r\t";
    const char c = body[i];
    if (const size_t letter = kLetters.find(c); letter != std::string_view::npos) {
        value += kMeanings[letter];
        ++i;
        return true;
    }
    uint32_t number = 0;
    if (c == 'x' || (c >= '0' && c <= '7')) {
        i += c == 'x' ? 1 : 0;
        if (!read_digits(body, i, c == 'x' ? 2 : 3, c == 'x' ? 16 : 8, number)) {
            value += c;
            return true;
        }
        value += static_cast<char>(number & 0xFF);
        return number != 0;
    }
    if (c == 'u' || c == 'U') {
        const size_t length = c == 'u' ? 4 : 8;
        const size_t start = ++i;
        const bool complete = read_digits(body, i, length, 16, number) && i - start == length;
        if (!complete || number == 0 || number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF)) {
            return false;
        }
        append_utf8(value, number);
        return true;
    }
    value += c;
    ++i;
    return true;
}

Result<std::string> decode_escapes(std::string_view text, Span body_span) {
    const std::string_view body = body_span.in(text);
    std::string value;
    for (size_t i = 0; i < body.size();) {
        const size_t start = i;
        if (body[i] != '\\') {
            value += body[i];
            i += body[i] == '\'' ? 2 : 1;
            continue;
        }
        ++i;
        if (!append_escape(body, i, value)) {
            return make_error_at(ErrorCode::kSyntax, "invalid escape in a string", text,
                                 {body_span.offset + start, i - start});
        }
    }
    if (find_invalid_utf8(value) != std::string_view::npos) {
        return make_error_at(ErrorCode::kInvalidText, "the escapes of a string do not make valid UTF-8 text", text,
                             body_span);
    }
    return value;
}

}  // namespace

Result<std::string> string_value(std::string_view text, Token token) {
    const std::string_view quoted = token.span.in(text);
    if (token.kind == TokenKind::kDollarString) {
        const size_t tag = quoted.find('$', 1) + 1;
        return std::string(quoted.substr(tag, quoted.size() - 2 * tag));
    }
    if (token.kind == TokenKind::kEscapeString) {
        return decode_escapes(text, {token.span.offset + 2, token.span.length - 3});
    }
    return unquote(quoted);
}

std::string name_value(std::string_view text, Token token) {
    const std::string_view word = token.span.in(text);
    return token.kind == TokenKind::kQuotedWord ? unquote(word) : std::string(word);
}

}  // namespace kodiak::language
