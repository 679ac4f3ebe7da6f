#include "language/rewrite/get_changes.hpp"

#include <vector>

#include "language/rewrite/point_parser.hpp"

namespace kodiak::language {

namespace {

// The tables' names as texts that the engine parses again.
Result<std::vector<std::string>> parse_tables(TokenCursor& cursor) {
    std::vector<std::string> tables;
    do {
        std::string name;
        do {
            if (!cursor.at_name()) {
                return cursor.unexpected({"the name of a table"});
            }
            name += (name.empty() ? "" : ".") + quote_name(name_value(cursor.text(), cursor.peek()));
            cursor.advance();
        } while (cursor.accept_symbol('.'));
        tables.push_back(std::move(name));
    } while (cursor.accept_symbol(','));
    return tables;
}

Status refuse_missing_parts(const TokenCursor& cursor) {
    if (cursor.at_word("on")) {
        return cursor
            .error_at(ErrorCode::kUnsupported,
                      "this part of GET CHANGES is not supported yet: " + std::string(cursor.text_of(cursor.peek())),
                      cursor.peek().span)
            .with_hint("Supported are FROM tables, SINCE, UNTIL, NET and WITH PROOF.");
    }
    return ok_status();
}

}  // namespace

Result<std::string> parse_changes_start(TokenCursor& cursor) {
    if (cursor.at_word("watermark") && (cursor.at_name(1) || cursor.peek(1).kind == TokenKind::kString)) {
        cursor.advance();
        std::string name = name_value(cursor.text(), cursor.peek());
        if (cursor.at_string()) {
            KODIAK_TRY_ASSIGN(name, string_value(cursor.text(), cursor.peek()));
        }
        cursor.advance();
        return quote_string("watermark:" + name);
    }
    return parse_point_value(cursor);
}

bool at_get_changes(const TokenCursor& cursor) {
    return cursor.at_word("get") && cursor.at_word("changes", 1) &&
           (cursor.at_word("from", 2) || cursor.at_word("since", 2));
}

Result<std::string> get_changes_to_sql(TokenCursor& cursor) {
    cursor.accept_words({"get", "changes"});
    std::vector<std::string> tables;
    if (cursor.accept_word("from")) {
        KODIAK_TRY_ASSIGN(tables, parse_tables(cursor));
    }
    if (!cursor.accept_word("since")) {
        return cursor.unexpected({"SINCE"});
    }
    KODIAK_TRY_ASSIGN(const std::string since, parse_changes_start(cursor));
    std::string range = "since => " + since;
    if (cursor.accept_word("until")) {
        KODIAK_TRY_ASSIGN(const std::string until, parse_point_value(cursor));
        range += ", until => " + until;
    }
    if (cursor.accept_word("net")) {
        range += ", net => true";
    }
    if (cursor.accept_words({"with", "proof"})) {
        range += ", proof => true";
    }
    KODIAK_TRY(refuse_missing_parts(cursor));
    if (tables.empty()) {
        return "SELECT * FROM kodiak_all_changes(" + range + ")";
    }
    range = ", " + range;
    if (tables.size() == 1) {
        return "SELECT * FROM kodiak_changes(" + quote_string(tables[0]) + range + ")";
    }
    std::string sql;
    for (const std::string& table : tables) {
        sql += sql.empty() ? "SELECT * FROM (" : " UNION ALL ";
        sql += "SELECT * REPLACE (to_json(key) AS key, to_json(old) AS old, to_json(new) AS new) FROM kodiak_changes(" +
               quote_string(table) + range + ")";
    }
    return sql + ") ORDER BY commit_seq, table_name, row_id";
}

}  // namespace kodiak::language
