#pragma once

// Tokens of SQL text, as spans into it.
//
// A token never owns text: it is a range of bytes, so a statement can be passed on or rewritten in place without
// printing it anew. Comments and white space are not tokens; what lies between two tokens is one of them.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kodiak::language {

// A range of bytes in a text.
struct Span {
    size_t offset = 0;
    size_t length = 0;

    size_t end() const { return offset + length; }
    // Returns the bytes of the range. Requires: the range lies inside `text`.
    std::string_view in(std::string_view text) const { return text.substr(offset, length); }
    // Returns the range from the start of `first` to the end of `last`.
    static Span from_to(Span first, Span last) { return {first.offset, last.end() - first.offset}; }
    friend bool operator==(const Span&, const Span&) = default;
};

enum class TokenKind : uint8_t {
    kEnd,           // end of the text, length 0
    kWord,          // identifier or keyword without quotes
    kQuotedWord,    // "identifier"
    kString,        // 'text', also behind a prefix of one letter (X'', B'', N''), which is a kWord of its own
    kEscapeString,  // E'text' with backslash escapes
    kDollarString,  // $$text$$, $tag$text$tag$
    kNumber,        // 1, 1_000, 0x1F, 1e5, .5
    kDuration,      // a number with letters joined to it that are no keyword: 1h, 1h30m, 1.5h, but also 1q
    kParameter,     // ?, ?1, $1, $name
    kSymbol,        // one of ( ) [ ] { } , ; .
    kOperator,      // a run of other punctuation: = <> :: -> => .. :=
    kUnterminated,  // a quote or comment that the text ends in; reaches to the end of the text
};

struct Token {
    TokenKind kind = TokenKind::kEnd;
    Span span;
};

}  // namespace kodiak::language
