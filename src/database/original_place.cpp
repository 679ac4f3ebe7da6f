#include "database/original_place.hpp"

namespace kodiak::database {

Error place_in_original(Error error, std::string_view sql, std::string_view text, const language::SourceMap& map) {
    if (error.position.line == 0) {
        return error;
    }
    size_t line_start = 0;
    for (uint32_t line = 1; line < error.position.line; ++line) {
        line_start = sql.find('\n', line_start) + 1;
    }
    // Columns count characters: skip that many first bytes of UTF-8 sequences.
    auto skip = [&](size_t at, uint32_t characters) {
        for (; characters > 0 && at < sql.size(); --characters) {
            do {
                ++at;
            } while (at < sql.size() && (static_cast<unsigned char>(sql[at]) & 0xC0U) == 0x80U);
        }
        return at;
    };
    size_t start = skip(line_start, error.position.column - 1);
    map.place(error, text, {start, skip(start, error.position.length) - start});
    return error;
}

}  // namespace kodiak::database
