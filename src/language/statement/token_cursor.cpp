#include "language/statement/token_cursor.hpp"

#include "language/diagnostics.hpp"

namespace kodiak::language {
namespace {

// Tokens can be megabytes long; a message shows their start.
constexpr size_t kShownBytes = 40;

std::string shown(std::string_view token) {
    if (token.size() <= kShownBytes) {
        return std::string(token);
    }
    size_t cut = kShownBytes;
    while (cut > 0 && (static_cast<uint8_t>(token[cut]) & 0xC0) == 0x80) {
        --cut;
    }
    return std::string(token.substr(0, cut)) + "...";
}

}  // namespace

Error TokenCursor::unexpected(std::initializer_list<std::string_view> expected) const {
    std::string message = at_end() ? "the statement ends too early" : "unexpected " + shown(text_of(peek()));
    size_t count = 0;
    for (const std::string_view one : expected) {
        message += count == 0 ? ", expected " : count + 1 == expected.size() ? " or " : ", ";
        message += one;
        ++count;
    }
    return error_at(ErrorCode::kSyntax, std::move(message), peek().span);
}

Error TokenCursor::error_at(ErrorCode code, std::string message, Span where) const {
    return make_error_at(code, std::move(message), text_, where);
}

Status TokenCursor::expect_end(std::initializer_list<std::string_view> expected) const {
    const bool ended = peek().kind == TokenKind::kEnd || (at_symbol(';') && peek(1).kind == TokenKind::kEnd);
    return ended ? ok_status() : Status(unexpected(expected));
}

}  // namespace kodiak::language
