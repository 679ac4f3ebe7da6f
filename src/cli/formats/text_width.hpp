#pragma once

// Widths of UTF-8 text on a terminal, and text made fit for one line.
//
// Errors     None: bytes that are no UTF-8 count and show as U+FFFD.

#include <cstddef>
#include <string>
#include <string_view>

namespace kodiak::cli {

// Terminal cells that a text fills: wide characters two, combining marks none.
size_t text_width(std::string_view text);

// The text with control characters and line ends written as \n, \t, \x1b: safe for one line of a terminal.
std::string one_line(std::string_view text);

// The text cut to at most `cells` cells; what is cut ends in an ellipsis.
std::string cut_to_width(std::string_view text, size_t cells);

// Appends `count` times `piece`.
void append_repeated(std::string& target, std::string_view piece, size_t count);

}  // namespace kodiak::cli
