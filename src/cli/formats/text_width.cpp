#include "cli/formats/text_width.hpp"

#include "language/lexer/utf8.hpp"

namespace kodiak::cli {

using language::cell_width;
using language::character_at;

size_t text_width(std::string_view text) {
    size_t cells = 0;
    for (size_t at = 0; at < text.size();) {
        auto character = character_at(text, at);
        cells += cell_width(character.code_point);
        at += character.bytes;
    }
    return cells;
}

std::string one_line(std::string_view text) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string line;
    line.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        auto character = character_at(text, at);
        uint32_t code = character.code_point;
        if (code == '\n' || code == '\r' || code == '\t') {
            line += code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t";
        } else if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
            line += "\\x";
            line += kDigits[code >> 4U];
            line += kDigits[code & 0xFU];
        } else if (code == 0xFFFD) {
            line += "\xEF\xBF\xBD";
        } else {
            line += text.substr(at, character.bytes);
        }
        at += character.bytes;
    }
    return line;
}

std::string cut_to_width(std::string_view text, size_t cells) {
    if (text_width(text) <= cells) {
        return std::string(text);
    }
    size_t width = 0;
    size_t at = 0;
    while (at < text.size()) {
        auto character = character_at(text, at);
        if (width + cell_width(character.code_point) + 1 > cells) {
            break;
        }
        width += cell_width(character.code_point);
        at += character.bytes;
    }
    return std::string(text.substr(0, at)) + "…";
}

void append_repeated(std::string& target, std::string_view piece, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        target += piece;
    }
}

}  // namespace kodiak::cli
