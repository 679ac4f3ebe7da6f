#include "language/lexer/utf8.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace kodiak::language {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;

struct Range {
    uint32_t first;
    uint32_t last;
};

// Combining marks and other characters without a cell of their own (Unicode 15, the blocks that occur in text).
constexpr Range kZeroWidth[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},   {0x06D6, 0x06DC},
    {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A},   {0x0E47, 0x0E4E},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},   {0x20D0, 0x20F0},
    {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0100, 0xE01EF},
};

// East Asian wide and full-width characters, and emoji.
constexpr Range kDoubleWidth[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x26A1, 0x26A1},   {0x26BD, 0x26BE},   {0x26D4, 0x26D4},   {0x2705, 0x2705},
    {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2E80, 0x303E},
    {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F004, 0x1F004}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF},
    {0x20000, 0x3FFFD},
};

template <size_t size>
bool in_ranges(const Range (&ranges)[size], uint32_t code_point) {
    const Range* range = std::lower_bound(std::begin(ranges), std::end(ranges), code_point,
                                          [](const Range& r, uint32_t wanted) { return r.last < wanted; });
    return range != std::end(ranges) && code_point >= range->first;
}

// Length that the first byte announces; 0 if no character starts with it.
uint8_t announced_length(uint8_t first) {
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return 2;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        return 3;
    }
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

// Decodes the character at `offset`; bytes 0 if it is not valid.
Character decode(std::string_view text, size_t offset) {
    const auto first = static_cast<uint8_t>(text[offset]);
    const uint8_t length = announced_length(first);
    if (length == 1) {
        return {first, 1};
    }
    if (length == 0 || offset + length > text.size()) {
        return {kReplacement, 0};
    }
    uint32_t code_point = first & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<uint8_t>(text[offset + i]);
        if ((byte & 0xC0) != 0x80) {
            return {kReplacement, 0};
        }
        code_point = (code_point << 6) | (byte & 0x3FU);
    }
    const bool overlong = (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (overlong || surrogate || code_point > 0x10FFFF) {
        return {kReplacement, 0};
    }
    return {code_point, length};
}

}  // namespace

size_t find_invalid_utf8(std::string_view text) {
    size_t offset = 0;
    while (offset < text.size()) {
        uint64_t eight = 0;
        if (offset + sizeof(eight) <= text.size()) {
            std::memcpy(&eight, text.data() + offset, sizeof(eight));
            if ((eight & 0x8080808080808080ULL) == 0) {
                offset += sizeof(eight);
                continue;
            }
        }
        const uint8_t bytes = decode(text, offset).bytes;
        if (bytes == 0) {
            return offset;
        }
        offset += bytes;
    }
    return std::string_view::npos;
}

Character character_at(std::string_view text, size_t offset) {
    Character character = decode(text, offset);
    character.bytes = std::max<uint8_t>(character.bytes, 1);
    return character;
}

size_t count_characters(std::string_view text) {
    size_t count = 0;
    for (size_t offset = 0; offset < text.size(); ++count) {
        offset += character_at(text, offset).bytes;
    }
    return count;
}

unsigned cell_width(uint32_t code_point) {
    if (code_point < 0x300) {
        return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) ? 0 : 1;
    }
    if (in_ranges(kZeroWidth, code_point)) {
        return 0;
    }
    return in_ranges(kDoubleWidth, code_point) ? 2 : 1;
}

void append_utf8(std::string& text, uint32_t code_point) {
    const auto add = [&](uint32_t byte) { text += static_cast<char>(byte); };
    if (code_point < 0x80) {
        add(code_point);
    } else if (code_point < 0x800) {
        add(0xC0 | (code_point >> 6));
        add(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        add(0xE0 | (code_point >> 12));
        add(0x80 | ((code_point >> 6) & 0x3F));
        add(0x80 | (code_point & 0x3F));
    } else {
        add(0xF0 | (code_point >> 18));
        add(0x80 | ((code_point >> 12) & 0x3F));
        add(0x80 | ((code_point >> 6) & 0x3F));
        add(0x80 | (code_point & 0x3F));
    }
}

}  // namespace kodiak::language
