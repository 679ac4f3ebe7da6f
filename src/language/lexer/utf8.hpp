#pragma once

// UTF-8: checking, counting, and how wide characters are on a terminal.
//
// For the lexer, and for everybody who prints text in columns. Nothing here fails or reads beyond the text, whatever
// bytes come in; invalid bytes count as one character each.

#include <cstdint>
#include <string>
#include <string_view>

namespace kodiak::language {

// Returns the offset of the first byte that is not valid UTF-8 (no surrogates, no overlong forms), or npos.
size_t find_invalid_utf8(std::string_view text);

// A decoded character. Invalid bytes decode one by one as U+FFFD.
struct Character {
    uint32_t code_point = 0;
    uint8_t bytes = 1;
};
// Decodes the character at `offset`. Requires: offset < text.size().
Character character_at(std::string_view text, size_t offset);

// Returns the number of characters of a text.
size_t count_characters(std::string_view text);

// Returns the number of terminal cells a character fills: 0, 1 or 2.
unsigned cell_width(uint32_t code_point);

// Appends a code point, encoded. Requires: a valid code point.
void append_utf8(std::string& text, uint32_t code_point);

}  // namespace kodiak::language
