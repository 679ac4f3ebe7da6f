#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/lexer/utf8.hpp"

namespace kodiak::language {
namespace {

// What is shown of a line around the caret, in terminal cells.
constexpr size_t kCellsShown = 100;
constexpr size_t kCellsBefore = 40;
constexpr size_t kTabStop = 4;
constexpr std::string_view kCut = "...";

// One character of a line as it is printed: tabs become spaces, control and invalid bytes U+FFFD.
struct Glyph {
    std::string text;
    size_t cells = 0;
};

std::vector<Glyph> glyphs_of(std::string_view line, size_t most) {
    std::vector<Glyph> glyphs;
    size_t cells = 0;
    for (size_t offset = 0; offset < line.size() && glyphs.size() < most;) {
        const Character character = character_at(line, offset);
        Glyph glyph;
        if (character.code_point == '\t') {
            glyph.cells = kTabStop - cells % kTabStop;
            glyph.text = std::string(glyph.cells, ' ');
        } else if (character.code_point < 0x20 || (character.code_point >= 0x7F && character.code_point < 0xA0)) {
            glyph.cells = 1;
            append_utf8(glyph.text, 0xFFFD);
        } else {
            glyph.cells = cell_width(character.code_point);
            append_utf8(glyph.text, character.code_point);
        }
        cells += glyph.cells;
        offset += character.bytes;
        glyphs.push_back(std::move(glyph));
    }
    return glyphs;
}

size_t cells_of(const std::vector<Glyph>& glyphs, size_t first, size_t last) {
    size_t cells = 0;
    for (size_t i = first; i < std::min(last, glyphs.size()); ++i) {
        cells += glyphs[i].cells;
    }
    return cells;
}

struct ShownLine {
    std::string text;
    std::string caret;
};

// Picks the part of the line around the caret and draws the caret below it.
ShownLine show_line(std::string_view line, const TextPosition& position) {
    const size_t caret = position.column - 1;
    const std::vector<Glyph> glyphs = glyphs_of(line, caret + kCellsShown + 1);
    const size_t start = std::min(caret, glyphs.size());
    size_t first = start;
    size_t last = start;
    // Grow to the left, then to the right, then use what is left over at the left.
    if (cells_of(glyphs, 0, start) <= kCellsShown - kCellsBefore / 2) {
        first = 0;
    } else {
        for (size_t cells = 0; first > 0 && cells + glyphs[first - 1].cells <= kCellsBefore; --first) {
            cells += glyphs[first - 1].cells;
        }
    }
    for (size_t cells = cells_of(glyphs, first, start); last < glyphs.size() && cells < kCellsShown; ++last) {
        cells += glyphs[last].cells;
    }
    ShownLine shown;
    if (first > 0) {
        shown.text += kCut;
        shown.caret += std::string(kCut.size(), ' ');
    }
    for (size_t i = first; i < last; ++i) {
        shown.text += glyphs[i].text;
    }
    shown.caret += std::string(cells_of(glyphs, first, start), ' ');
    const size_t marked_end = std::min(last, start + position.length);
    shown.caret += std::string(std::max<size_t>(1, cells_of(glyphs, start, marked_end)), '^');
    if (last < glyphs.size()) {
        shown.text += kCut;
    }
    return shown;
}

// Invalid bytes and control characters out of messages, so that a rendered error is always printable.
std::string printable(std::string_view text) {
    std::string clean;
    for (size_t offset = 0; offset < text.size();) {
        const Character character = character_at(text, offset);
        const bool control =
            character.code_point < 0x20 && character.code_point != '\n' && character.code_point != '\t';
        append_utf8(clean, control ? 0xFFFD : character.code_point);
        offset += character.bytes;
    }
    return clean;
}

}  // namespace

std::string render_error(const Error& error, std::string_view file_name) {
    const bool raised = !error.raised_state.empty();
    const std::string condition = raised ? error.raised_condition : std::string(condition_name(error.code));
    std::string out = "ERROR " + (raised ? error.raised_state : std::string(sqlstate(error.code))) +
                      (condition.empty() ? "" : " " + condition) + ": " + printable(error.message);
    const TextPosition& position = error.position;
    if (position.line != 0 && position.column != 0) {
        const std::string line = std::to_string(position.line);
        const std::string column = std::to_string(position.column);
        out += file_name.empty() ? "\n  line " + line + ", column " + column
                                 : "\n  " + printable(file_name) + ":" + line + ":" + column;
        const ShownLine shown = show_line(error.line_text, position);
        out += "\n  " + line + " | " + shown.text;
        out += "\n  " + std::string(line.size(), ' ') + " | " + shown.caret;
    }
    if (!error.detail.empty()) {
        out += "\n  detail: " + printable(error.detail);
    }
    if (!error.hint.empty()) {
        out += "\n  hint: " + printable(error.hint);
    }
    if (!error.call_stack.empty()) {
        out += "\n  in: " + printable(error.call_stack);
    }
    return out;
}

}  // namespace kodiak::language
