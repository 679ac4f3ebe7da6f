#include "language/statement/upsert_parser.hpp"

#include "base/result/assert.hpp"

namespace kodiak::language {
namespace {

// Where UPSERT stands, and what comes before it.
struct Verb {
    UpsertPrefix prefix = UpsertPrefix::kNone;
    size_t ahead = 0;
};

// The number of tokens of a (...) that starts `ahead`; 0 if none starts there.
size_t parenthesised_length(const TokenCursor& cursor, size_t ahead) {
    if (!cursor.at_symbol('(', ahead)) {
        return 0;
    }
    size_t depth = 0;
    for (size_t i = ahead; cursor.peek(i).kind != TokenKind::kEnd; ++i) {
        if (cursor.at_symbol('(', i)) {
            ++depth;
        } else if (cursor.at_symbol(')', i) && --depth == 0) {
            return i + 1 - ahead;
        }
    }
    return 0;
}

std::optional<Verb> find_verb(const TokenCursor& cursor) {
    Verb verb;
    if (cursor.at_word("explain")) {
        verb = {UpsertPrefix::kExplain, 1};
        verb.ahead +=
            cursor.at_word("analyze", 1) || cursor.at_word("analyse", 1) ? 1 : parenthesised_length(cursor, 1);
    } else if (cursor.at_word("prepare") && cursor.at_name(1)) {
        verb = {UpsertPrefix::kPrepare, 2};
        verb.ahead += parenthesised_length(cursor, 2);
        if (!cursor.at_word("as", verb.ahead++)) {
            return std::nullopt;
        }
    }
    return cursor.at_word("upsert", verb.ahead) ? std::optional(verb) : std::nullopt;
}

Result<NamePart> parse_name_part(TokenCursor& cursor, std::string_view what) {
    if (!cursor.at_name()) {
        return cursor.unexpected({what});
    }
    NamePart part{name_value(cursor.text(), cursor.peek()), cursor.peek().span};
    cursor.advance();
    return part;
}

Result<std::vector<NamePart>> parse_target(TokenCursor& cursor) {
    std::vector<NamePart> target;
    do {
        if (target.size() == 3) {
            return cursor.error_at(ErrorCode::kSyntax, "a table name has at most three parts: database.schema.table",
                                   cursor.peek().span);
        }
        KODIAK_TRY_ASSIGN(NamePart part, parse_name_part(cursor, "the name of a table"));
        target.push_back(std::move(part));
    } while (cursor.accept_symbol('.'));
    return target;
}

// Reads (name, name, ...).
Result<std::vector<NamePart>> parse_columns(TokenCursor& cursor) {
    std::vector<NamePart> columns;
    if (!cursor.accept_symbol('(')) {
        return cursor.unexpected({"("});
    }
    do {
        KODIAK_TRY_ASSIGN(NamePart part, parse_name_part(cursor, "the name of a column"));
        columns.push_back(std::move(part));
    } while (cursor.accept_symbol(','));
    if (!cursor.accept_symbol(')')) {
        return cursor.unexpected({",", ")"});
    }
    return columns;
}

// A parenthesis behind the table starts a list of columns, unless it holds a query.
bool at_column_list(const TokenCursor& cursor) {
    if (!cursor.at_symbol('(')) {
        return false;
    }
    size_t inside = 1;
    while (cursor.at_symbol('(', inside)) {
        ++inside;
    }
    if (inside > 1 || !cursor.at_name(1)) {
        return inside == 1;
    }
    const bool followed_as_list = cursor.at_symbol(',', 2) || cursor.at_symbol(')', 2);
    const bool query_word = cursor.at_word("select", 1) || cursor.at_word("with", 1) || cursor.at_word("from", 1) ||
                            cursor.at_word("values", 1) || cursor.at_word("table", 1) || cursor.at_word("pivot", 1);
    return followed_as_list || !query_word;
}

// Finds the RETURNING that belongs to the statement: outside of parentheses.
void split_source(TokenCursor& cursor, UpsertStatement& upsert) {
    const Span first = cursor.peek().span;
    Span last = first;
    std::optional<Span> returning;
    size_t depth = 0;
    for (; cursor.peek().kind != TokenKind::kEnd && !(depth == 0 && cursor.at_symbol(';')); cursor.advance()) {
        const Span span = cursor.peek().span;
        if (cursor.at_symbol('(') || cursor.at_symbol('[') || cursor.at_symbol('{')) {
            ++depth;
        } else if (cursor.at_symbol(')') || cursor.at_symbol(']') || cursor.at_symbol('}')) {
            depth -= depth > 0 ? 1 : 0;
        } else if (depth == 0 && !returning && cursor.at_word("returning")) {
            upsert.source = Span::from_to(first, last);
            returning = span;
        }
        last = span;
    }
    if (returning) {
        upsert.returning = Span::from_to(*returning, last);
    } else {
        upsert.source = Span::from_to(first, last);
    }
}

Status parse_source(TokenCursor& cursor, UpsertStatement& upsert) {
    if (cursor.at_end() || cursor.at_word("returning")) {
        return cursor.unexpected({"VALUES", "a query", "DEFAULT VALUES"});
    }
    if (cursor.at_word("default")) {
        upsert.source_kind = UpsertSource::kDefaultValues;
        if (!cursor.at_word("values", 1)) {
            cursor.advance();
            return cursor.unexpected({"VALUES"});
        }
    } else if (cursor.at_word("values")) {
        upsert.source_kind = UpsertSource::kValues;
    } else if (!cursor.at_symbol('(') && !cursor.at_word("select") && !cursor.at_word("with") &&
               !cursor.at_word("from") && !cursor.at_word("table") && !cursor.at_word("pivot") &&
               !cursor.at_word("unpivot") && !cursor.at_word("describe") && !cursor.at_word("show") &&
               !cursor.at_word("summarize")) {
        return cursor.unexpected({"VALUES", "a query", "DEFAULT VALUES"});
    }
    split_source(cursor, upsert);
    return ok_status();
}

}  // namespace

bool at_upsert(const TokenCursor& cursor) { return find_verb(cursor).has_value(); }

Result<UpsertStatement> parse_upsert(TokenCursor& cursor) {
    const std::optional<Verb> verb = find_verb(cursor);
    KODIAK_ASSERT(verb.has_value());
    UpsertStatement upsert;
    upsert.prefix = verb->prefix;
    cursor.move_to(cursor.index() + verb->ahead);
    const Span first = cursor.peek().span;
    cursor.advance();
    if (!cursor.at_word("into")) {
        return cursor.unexpected({"INTO"});
    }
    upsert.verb = Span::from_to(first, cursor.peek().span);
    cursor.advance();
    KODIAK_TRY_ASSIGN(upsert.target, parse_target(cursor));
    // `UPSERT INTO key KEY (id)`: a table may be called key, so only a KEY behind the name counts.
    if (at_column_list(cursor)) {
        KODIAK_TRY_ASSIGN(upsert.columns, parse_columns(cursor));
    }
    if (cursor.accept_word("key")) {
        KODIAK_TRY_ASSIGN(upsert.key, parse_columns(cursor));
    }
    KODIAK_TRY(parse_source(cursor, upsert));
    KODIAK_TRY(cursor.expect_end({"the end of the statement"}));
    return upsert;
}

}  // namespace kodiak::language
