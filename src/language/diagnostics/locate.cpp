#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/lexer/utf8.hpp"

namespace kodiak::language {
namespace {

// An error's line is kept with the error, so lines of megabytes (generated SQL) are cut when they are taken.
constexpr size_t kLineBytesKept = 4096;

// Moves an offset back to the first byte of the character it lies in.
size_t character_start(std::string_view text, size_t offset) {
    size_t start = offset;
    while (start > 0 && offset - start < 3 && start < text.size() &&
           (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80) {
        --start;
    }
    return start;
}

}  // namespace

LocatedText locate(std::string_view text, size_t byte_offset, size_t length) {
    const size_t place = character_start(text, std::min(byte_offset, text.size()));
    const std::string_view before = text.substr(0, place);
    const size_t newline = before.rfind('\n');
    const size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
    size_t line_end = std::min(text.find('\n', place), text.size());
    if (line_end > line_start && line_end > place && text[line_end - 1] == '\r') {
        --line_end;
    }
    const std::string_view marked = text.substr(place, std::min(std::max<size_t>(length, 1), line_end - place));

    LocatedText located;
    located.position.line = static_cast<uint32_t>(1 + std::count(before.begin(), before.end(), '\n'));
    located.position.column = static_cast<uint32_t>(1 + count_characters(before.substr(line_start)));
    located.position.length = static_cast<uint32_t>(std::max<size_t>(1, count_characters(marked)));
    // The line is cut at its end only: the column counts from its start. Lines cut at their start as well would
    // need a second column; the renderer cuts there when it prints.
    const size_t kept_end = std::min(line_end, character_start(text, std::max(place, line_start) + kLineBytesKept));
    located.line_text = std::string(text.substr(line_start, kept_end - line_start));
    return located;
}

void set_position(Error& error, std::string_view text, Span where) {
    LocatedText located = locate(text, where.offset, where.length);
    error.position = located.position;
    error.line_text = std::move(located.line_text);
}

Error make_error_at(ErrorCode code, std::string message, std::string_view text, Span where) {
    Error error = make_error(code, std::move(message));
    set_position(error, text, where);
    return error;
}

}  // namespace kodiak::language
