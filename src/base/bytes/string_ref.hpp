#pragma once

// StringRef: 16 bytes that hold a short string inline or point to a long one.
//
// Layout (shared with DuckDB's string_t and Arrow's string view of an in-memory buffer, so vectors pass without
// conversion): 4 bytes length, then up to 12 bytes inline (zero padded), or 4 bytes prefix + 8 bytes pointer.
// Ownership: a long StringRef points into memory that somebody else keeps alive.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace kodiak {

struct StringRef {
    static constexpr uint32_t kInlineBytes = 12;

    uint32_t length = 0;
    char prefix_or_inline[4] = {};
    union {
        char inline_rest[8];
        const char* pointer;
    };

    StringRef() : inline_rest{} {}
    // Refers to `text`; strings over 12 bytes must outlive this value. Requires: size below 4 GiB.
    explicit StringRef(std::string_view text) : length(static_cast<uint32_t>(text.size())), inline_rest{} {
        if (text.size() <= kInlineBytes) {
            char* target = prefix_or_inline;
            if (!text.empty()) {
                std::memcpy(target, text.data(), text.size() < 4 ? text.size() : 4);
            }
            if (text.size() > 4) {
                std::memcpy(inline_rest, text.data() + 4, text.size() - 4);
            }
        } else {
            std::memcpy(prefix_or_inline, text.data(), 4);
            pointer = text.data();
        }
    }

    bool is_inline() const { return length <= kInlineBytes; }
    const char* data() const { return is_inline() ? prefix_or_inline : pointer; }
    // Valid as long as this StringRef (inline) or its memory (long) lives.
    std::string_view view() const { return {data(), length}; }
};
static_assert(sizeof(StringRef) == 16);

}  // namespace kodiak
