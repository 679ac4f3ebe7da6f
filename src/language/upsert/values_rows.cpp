#include "language/upsert/values_rows.hpp"

#include <algorithm>

namespace kodiak::language {

std::optional<std::vector<ValuesRow>> read_values_rows(std::string_view text, const std::vector<Token>& tokens,
                                                       Span range) {
    const auto symbol_of = [&](const Token& token) {
        return token.kind == TokenKind::kSymbol ? text[token.span.offset] : '\0';
    };
    auto token = std::lower_bound(tokens.begin(), tokens.end(), range.offset,
                                  [](const Token& t, size_t offset) { return t.span.offset < offset; });
    std::vector<ValuesRow> rows;
    bool expects_row = true;
    for (++token; token->span.offset < range.end(); ++token) {
        if (!expects_row) {
            if (symbol_of(*token) != ',') {
                return std::nullopt;
            }
            expects_row = true;
            continue;
        }
        if (symbol_of(*token) != '(') {
            return std::nullopt;
        }
        ValuesRow row;
        row.row = token->span;
        std::optional<Span> value;
        size_t depth = 1;
        while (depth > 0) {
            ++token;
            if (token->kind == TokenKind::kEnd) {
                return std::nullopt;
            }
            const char symbol = symbol_of(*token);
            depth += symbol == '(' || symbol == '[' || symbol == '{' ? 1 : 0;
            depth -= symbol == ')' || symbol == ']' || symbol == '}' ? 1 : 0;
            const bool ends_value = depth == 0 || (depth == 1 && symbol == ',');
            if (!ends_value) {
                value = value ? Span::from_to(*value, token->span) : token->span;
                continue;
            }
            if (!value) {
                return std::nullopt;
            }
            row.values.push_back(*value);
            value.reset();
        }
        row.row = Span::from_to(row.row, token->span);
        rows.push_back(std::move(row));
        expects_row = false;
    }
    return expects_row ? std::nullopt : std::optional(std::move(rows));
}

}  // namespace kodiak::language
