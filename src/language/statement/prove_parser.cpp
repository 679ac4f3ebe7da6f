#include "language/statement/prove_parser.hpp"

#include "language/rewrite/get_changes.hpp"
#include "language/rewrite/point_parser.hpp"

namespace kodiak::language {

namespace {

Status parse_commit(TokenCursor& cursor, ProveStatement& prove) {
    if (!cursor.at_string() && cursor.peek().kind != TokenKind::kNumber) {
        return cursor.unexpected({"the number of a commit", "the id of a commit as a string"});
    }
    std::string id(cursor.text_of(cursor.peek()));
    if (cursor.at_string()) {
        KODIAK_TRY_ASSIGN(id, string_value(cursor.text(), cursor.peek()));
    }
    prove.commit = "commit:" + id;
    cursor.advance();
    return ok_status();
}

Status parse_table(TokenCursor& cursor, ProveStatement& prove) {
    do {
        if (!cursor.at_name() || prove.table.size() == 3) {
            return cursor.unexpected({"the name of a table"});
        }
        prove.table.push_back({name_value(cursor.text(), cursor.peek()), cursor.peek().span});
        cursor.advance();
    } while (cursor.accept_symbol('.'));
    return ok_status();
}

// (expression, ...): their spans, parentheses inside counted.
Status parse_key(TokenCursor& cursor, ProveStatement& prove) {
    prove.key_clause = cursor.peek().span;
    if (!cursor.accept_word("key") || !cursor.accept_symbol('(')) {
        return cursor.unexpected({"KEY (values of the primary key)"});
    }
    size_t depth = 1;
    Span expression{cursor.peek().span.offset, 0};
    while (depth > 0) {
        const Token token = cursor.peek();
        if (token.kind == TokenKind::kEnd) {
            return cursor.unexpected({")"});
        }
        depth += cursor.at_symbol('(') || cursor.at_symbol('[') || cursor.at_symbol('{') ? 1 : 0;
        depth -= cursor.at_symbol(')') || cursor.at_symbol(']') || cursor.at_symbol('}') ? 1 : 0;
        if (depth == 0 || (depth == 1 && cursor.at_symbol(','))) {
            if (expression.length == 0) {
                return cursor.unexpected({"an expression"});
            }
            prove.key.push_back(expression);
            cursor.advance();
            expression = {cursor.peek().span.offset, 0};
        } else {
            expression.length = token.span.end() - expression.offset;
            cursor.advance();
        }
    }
    return ok_status();
}

Status parse_range(TokenCursor& cursor, ProveStatement& prove) {
    if (!cursor.accept_word("since")) {
        return cursor.unexpected({"SINCE"});
    }
    KODIAK_TRY_ASSIGN(prove.since, parse_changes_start(cursor));
    prove.until = quote_string("commit:HEAD");
    if (cursor.accept_word("until")) {
        KODIAK_TRY_ASSIGN(prove.until, parse_point_value(cursor));
    }
    return ok_status();
}

Result<uint64_t> parse_size(TokenCursor& cursor) {
    uint64_t size = 0;
    const std::string_view digits = cursor.text_of(cursor.peek());
    for (const char digit : digits) {
        if (cursor.peek().kind != TokenKind::kNumber || digit < '0' || digit > '9' || size > UINT64_MAX / 100) {
            return cursor.unexpected({"a number of commits"});
        }
        size = size * 10 + static_cast<uint64_t>(digit - '0');
    }
    if (digits.empty()) {
        return cursor.unexpected({"a number of commits"});
    }
    cursor.advance();
    return size;
}

}  // namespace

bool at_prove(const TokenCursor& cursor) {
    return cursor.at_word("prove") &&
           (cursor.at_word("commit", 1) || cursor.at_word("row", 1) || cursor.at_word("changes", 1) ||
            cursor.at_word("consistency", 1));
}

Result<ProveStatement> parse_prove(TokenCursor& cursor) {
    ProveStatement prove;
    cursor.advance();
    if (cursor.accept_word("commit")) {
        prove.what = ProveStatement::What::kCommit;
        KODIAK_TRY(parse_commit(cursor, prove));
    } else if (cursor.accept_word("row")) {
        prove.what = ProveStatement::What::kRow;
        KODIAK_TRY(parse_table(cursor, prove));
        KODIAK_TRY(parse_key(cursor, prove));
        if (cursor.at_word("as") && cursor.at_word("of", 1)) {
            PastClauses point;
            KODIAK_TRY(point.parse(cursor));
            prove.at_sql = point.to_sql();
        }
    } else if (cursor.accept_word("changes")) {
        prove.what = ProveStatement::What::kChanges;
        KODIAK_TRY(parse_table(cursor, prove));
        KODIAK_TRY(parse_range(cursor, prove));
    } else {
        cursor.advance();
        prove.what = ProveStatement::What::kConsistency;
        if (!cursor.accept_word("from")) {
            return cursor.unexpected({"FROM"});
        }
        KODIAK_TRY_ASSIGN(prove.from, parse_size(cursor));
        if (!cursor.accept_word("to")) {
            return cursor.unexpected({"TO"});
        }
        KODIAK_TRY_ASSIGN(prove.to, parse_size(cursor));
    }
    if (cursor.accept_word("into")) {
        if (!cursor.at_string()) {
            return cursor.unexpected({"the path of a file as a string"});
        }
        KODIAK_TRY_ASSIGN(prove.into, string_value(cursor.text(), cursor.peek()));
        cursor.advance();
    }
    KODIAK_TRY(cursor.expect_end({"INTO", "the end of the statement"}));
    return prove;
}

}  // namespace kodiak::language
