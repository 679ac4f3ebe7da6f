#include "language/values/text.hpp"

#include <algorithm>

#include "language/lexer/utf8.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

// The byte at which the character with this index (from 0) starts.
size_t byte_of(std::string_view text, int64_t index) {
    size_t offset = 0;
    for (int64_t i = 0; i < index && offset < text.size(); ++i) {
        offset += character_at(text, offset).bytes;
    }
    return std::min(offset, text.size());
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

}  // namespace

std::string slice_characters(std::string_view text, int64_t first, int64_t last) {
    const bool ascii = is_ascii(text);
    const auto count = static_cast<int64_t>(ascii ? text.size() : count_characters(text));
    int64_t from = first < 0 ? std::max<int64_t>(count + first, 0) : std::max<int64_t>(first - 1, 0);
    const int64_t to = last < 0 ? count + last + 1 : std::min(last, count);
    from = std::min(from, count);
    if (to <= from) {
        return "";
    }
    const size_t start = ascii ? static_cast<size_t>(from) : byte_of(text, from);
    const size_t end = ascii ? static_cast<size_t>(to) : byte_of(text, to);
    return std::string(text.substr(start, end - start));
}

std::string substring(std::string_view text, int64_t start, int64_t length) {
    if (length <= 0) {
        return "";
    }
    const auto count = static_cast<int64_t>(count_characters(text));
    const int64_t from = start < 0 ? count + start + 1 : start;
    int64_t end = 0;  // behind the last one, from 1
    if (__builtin_add_overflow(from, length, &end)) {
        end = count + 1;
    }
    return end <= 1 ? "" : slice_characters(text, std::max<int64_t>(from, 1), std::min(end - 1, count));
}

// ASCII letters, and the letters of Latin-1, Greek and Cyrillic whose cases lie at a fixed distance.
namespace {

std::string change_case(std::string_view text, bool upper) {
    std::string out;
    out.reserve(text.size());
    for (size_t offset = 0; offset < text.size();) {
        const Character character = character_at(text, offset);
        uint32_t code = character.code_point;
        const auto in = [&](uint32_t low, uint32_t high) { return code >= low && code <= high; };
        if (upper) {
            const bool shifts = in('a', 'z') || (in(0xE0, 0xFE) && code != 0xF7) ||
                                (in(0x3B1, 0x3C9) && code != 0x3C2) || in(0x430, 0x44F);
            code -= shifts ? 32 : in(0x450, 0x45F) ? 80 : 0;
        } else {
            const bool shifts = in('A', 'Z') || (in(0xC0, 0xDE) && code != 0xD7) ||
                                (in(0x391, 0x3A9) && code != 0x3A2) || in(0x410, 0x42F);
            code += shifts ? 32 : in(0x400, 0x40F) ? 80 : 0;
        }
        append_utf8(out, code);
        offset += character.bytes;
    }
    return out;
}

}  // namespace

std::string upper_text(std::string_view text) { return change_case(text, true); }
std::string lower_text(std::string_view text) { return change_case(text, false); }

std::string reverse_text(std::string_view text) {
    std::string out(text.size(), '\0');
    size_t end = text.size();
    for (size_t offset = 0; offset < text.size();) {
        const size_t bytes = character_at(text, offset).bytes;
        end -= bytes;
        out.replace(end, bytes, text.substr(offset, bytes));
        offset += bytes;
    }
    return out;
}

int64_t character_position(std::string_view text, std::string_view wanted) {
    const size_t found = text.find(wanted);
    return found == std::string_view::npos ? 0 : static_cast<int64_t>(count_characters(text.substr(0, found))) + 1;
}

bool like_matches(std::string_view text, std::string_view pattern, bool fold_case) {
    const std::string folded_text = fold_case ? lower_text(text) : std::string();
    const std::string folded_pattern = fold_case ? lower_text(pattern) : std::string();
    const std::string_view t = fold_case ? std::string_view(folded_text) : text;
    const std::string_view p = fold_case ? std::string_view(folded_pattern) : pattern;
    size_t at = 0;
    size_t in_pattern = 0;
    size_t star = std::string_view::npos;  // behind the last %
    size_t star_text = 0;
    while (at < t.size()) {
        if (in_pattern < p.size() && p[in_pattern] == '%') {
            star = ++in_pattern;
            star_text = at;
        } else if (in_pattern < p.size() && p[in_pattern] == '_') {
            at += character_at(t, at).bytes;
            ++in_pattern;
        } else if (in_pattern < p.size() && p[in_pattern] == t[at]) {
            ++at;
            ++in_pattern;
        } else if (star != std::string_view::npos) {
            star_text += character_at(t, star_text).bytes;
            at = star_text;
            in_pattern = star;
        } else {
            return false;
        }
    }
    while (in_pattern < p.size() && p[in_pattern] == '%') {
        ++in_pattern;
    }
    return in_pattern == p.size();
}

}  // namespace kodiak::language
