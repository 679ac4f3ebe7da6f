#include "language/statement/upkeep_parser.hpp"

#include "language/definition/table_options.hpp"

namespace kodiak::language {
namespace {

Result<std::vector<NamePart>> parse_name(TokenCursor& cursor) {
    std::vector<NamePart> parts;
    do {
        if (!cursor.at_name() || parts.size() == 3) {
            return cursor.unexpected({"the name of a table"});
        }
        parts.push_back({name_value(cursor.text(), cursor.peek()), cursor.peek().span});
        cursor.advance();
    } while (cursor.accept_symbol('.'));
    return parts;
}

// How many tokens a name of up to three parts takes from `ahead` on; 0 when there is none.
size_t name_tokens(const TokenCursor& cursor, size_t ahead) {
    if (!cursor.at_name(ahead)) {
        return 0;
    }
    size_t tokens = 1;
    while (cursor.at_symbol('.', ahead + tokens) && cursor.at_name(ahead + tokens + 1)) {
        tokens += 2;
    }
    return tokens;
}

size_t alter_name_at(const TokenCursor& cursor) {
    return cursor.at_word("if", 2) && cursor.at_word("exists", 3) ? 4 : 2;
}

Status refuse_retain(const TokenCursor& cursor) {
    if (cursor.at_word("retain") || (cursor.at_word("dry") && cursor.at_word("run", 1))) {
        return cursor
            .error_at(ErrorCode::kUnsupported, "VACUUM with RETAIN or DRY RUN is not supported yet",
                      cursor.peek().span)
            .with_hint("All history is kept; VACUUM gives back space that nothing needs.");
    }
    return {};
}

}  // namespace

bool at_upkeep(const TokenCursor& cursor) {
    if (cursor.at_word("vacuum")) {
        if (cursor.at_word("analyze", 1) || cursor.at_word("full", 1) || cursor.at_word("freeze", 1) ||
            cursor.at_word("verbose", 1)) {
            return false;
        }
        const size_t name = cursor.at_word("retain", 1) || cursor.at_word("dry", 1) ? 0 : name_tokens(cursor, 1);
        const Token& behind = cursor.peek(1 + name);
        return behind.kind == TokenKind::kEnd || cursor.at_symbol(';', 1 + name) ||
               cursor.at_word("retain", 1 + name) || cursor.at_word("dry", 1 + name);
    }
    return (cursor.at_word("compact") && cursor.at_word("table", 1)) ||
           (cursor.at_word("optimize") && (cursor.at_name(1) || cursor.peek(1).kind == TokenKind::kEnd ||
                                           cursor.at_symbol(';', 1)));
}

Result<UpkeepStatement> parse_upkeep(TokenCursor& cursor) {
    UpkeepStatement upkeep;
    if (cursor.accept_word("compact")) {
        cursor.advance();
        KODIAK_TRY_ASSIGN(upkeep.table, parse_name(cursor));
        if (cursor.accept_word("to")) {
            if (!cursor.at_word("warm") && !cursor.at_word("cold")) {
                return cursor.unexpected({"WARM", "COLD"});
            }
            upkeep.target = cursor.at_word("warm") ? "warm" : "cold";
            cursor.advance();
        }
        KODIAK_TRY(cursor.expect_end({"TO WARM", "TO COLD", "the end of the statement"}));
        return upkeep;
    }
    const bool is_vacuum = cursor.accept_word("vacuum");
    upkeep.what = is_vacuum ? UpkeepStatement::What::kVacuum : UpkeepStatement::What::kOptimize;
    if (!is_vacuum) {
        cursor.advance();
        cursor.accept_word("table");
    }
    if (!cursor.at_end() && !(is_vacuum && (cursor.at_word("retain") || cursor.at_word("dry")))) {
        KODIAK_TRY_ASSIGN(upkeep.table, parse_name(cursor));
    }
    if (is_vacuum) {
        KODIAK_TRY(refuse_retain(cursor));
    }
    KODIAK_TRY(cursor.expect_end({"the name of a table", "the end of the statement"}));
    return upkeep;
}

bool at_table_options(const TokenCursor& cursor) {
    if (!cursor.at_word("alter") || !cursor.at_word("table", 1)) {
        return false;
    }
    const size_t at = alter_name_at(cursor);
    const size_t name = name_tokens(cursor, at);
    return name > 0 && (cursor.at_word("set", at + name) || cursor.at_word("reset", at + name)) &&
           cursor.at_symbol('(', at + name + 1);
}

Result<TableOptionsStatement> parse_table_options_statement(TokenCursor& cursor) {
    TableOptionsStatement statement;
    statement.if_exists = alter_name_at(cursor) == 4;
    cursor.move_to(cursor.index() + alter_name_at(cursor));
    KODIAK_TRY_ASSIGN(statement.table, parse_name(cursor));
    if (cursor.accept_word("set")) {
        KODIAK_TRY_ASSIGN(statement.set, parse_table_options(cursor));
    } else {
        cursor.advance();
        KODIAK_TRY_ASSIGN(statement.reset, parse_option_names(cursor));
    }
    KODIAK_TRY(cursor.expect_end({"the end of the statement"}));
    return statement;
}

}  // namespace kodiak::language
