#include "language/statement/transaction_parser.hpp"

#include "language/rewrite/point_parser.hpp"

namespace kodiak::language {
namespace {

void skip_work_or_transaction(TokenCursor& cursor) {
    if (!cursor.accept_word("work")) {
        cursor.accept_word("transaction");
    }
}

Result<std::string> parse_name(TokenCursor& cursor, std::string_view what) {
    if (!cursor.at_name()) {
        return cursor.unexpected({what});
    }
    std::string name = name_value(cursor.text(), cursor.peek());
    cursor.advance();
    return name;
}

Result<std::string> parse_string(TokenCursor& cursor) {
    if (!cursor.at_string()) {
        return cursor.unexpected({"a string"});
    }
    const Token token = cursor.peek();
    cursor.advance();
    return string_value(cursor.text(), token);
}

Result<IsolationLevel> parse_level(TokenCursor& cursor) {
    if (cursor.accept_words({"read", "uncommitted"})) {
        return IsolationLevel::kReadUncommitted;
    }
    if (cursor.accept_words({"read", "committed"})) {
        return IsolationLevel::kReadCommitted;
    }
    if (cursor.accept_words({"repeatable", "read"})) {
        return IsolationLevel::kRepeatableRead;
    }
    if (cursor.accept_word("snapshot")) {
        return IsolationLevel::kSnapshot;
    }
    if (cursor.accept_word("serializable")) {
        return IsolationLevel::kSerializable;
    }
    return cursor.unexpected({"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SNAPSHOT", "SERIALIZABLE"});
}

Error arrives_later(const TokenCursor& cursor, std::string_view what, std::string_view with_what) {
    const Span where = Span::from_to(cursor.peek().span, cursor.peek(1).span);
    return cursor.error_at(ErrorCode::kUnsupported,
                           std::string(what) + " is not supported yet, it arrives with " + std::string(with_what),
                           where);
}

Status parse_moment(TokenCursor& cursor, BeginStatement& begin) {
    if (begin.as_of) {
        return cursor.error_at(ErrorCode::kSyntax, "the point in history is given twice", cursor.peek().span);
    }
    cursor.accept_words({"as", "of"});
    KODIAK_TRY_ASSIGN(begin.as_of, parse_point_value(cursor));
    return ok_status();
}

Status parse_moment(TokenCursor& cursor, SetTransactionStatement&) {
    return cursor
        .error_at(ErrorCode::kUnsupported, "a transaction chooses its moment when it begins", cursor.peek().span)
        .with_hint("BEGIN READ ONLY AS OF ...");
}

// The options that BEGIN and SET TRANSACTION share; commas between them are allowed, as PostgreSQL does.
template <class Statement>
Result<Statement> parse_options(TokenCursor& cursor) {
    Statement statement;
    while (true) {
        const Span option = cursor.peek().span;
        if (cursor.accept_words({"isolation", "level"})) {
            if (statement.isolation) {
                return cursor.error_at(ErrorCode::kSyntax, "the isolation level is given twice", option);
            }
            KODIAK_TRY_ASSIGN(statement.isolation, parse_level(cursor));
        } else if (cursor.at_word("read") && (cursor.at_word("only", 1) || cursor.at_word("write", 1))) {
            if (statement.read_only) {
                return cursor.error_at(ErrorCode::kSyntax, "READ ONLY or READ WRITE is given twice", option);
            }
            statement.read_only = cursor.at_word("only", 1);
            cursor.advance();
            cursor.advance();
        } else if (cursor.at_word("as") && cursor.at_word("of", 1)) {
            KODIAK_TRY(parse_moment(cursor, statement));
        } else if (cursor.at_word("on") && cursor.at_word("branch", 1)) {
            return arrives_later(cursor, "BEGIN ... ON BRANCH", "branches");
        } else {
            break;
        }
        cursor.accept_symbol(',');
    }
    KODIAK_TRY(cursor.expect_end({"ISOLATION LEVEL", "READ ONLY", "READ WRITE", "the end of the statement"}));
    return statement;
}

// AND [NO] CHAIN, if it is there.
Result<bool> parse_chain(TokenCursor& cursor) {
    if (!cursor.accept_word("and")) {
        return false;
    }
    const bool no = cursor.accept_word("no");
    if (!cursor.accept_word("chain")) {
        return no ? cursor.unexpected({"CHAIN"}) : cursor.unexpected({"CHAIN", "NO CHAIN"});
    }
    return !no;
}

// Reads one {...} behind METADATA and returns its text.
Result<std::string> parse_metadata(TokenCursor& cursor) {
    if (!cursor.at_symbol('{')) {
        return cursor.unexpected({"a struct such as {'ticket': 'K-17'}"});
    }
    const Span first = cursor.peek().span;
    for (size_t depth = 0; cursor.peek().kind != TokenKind::kEnd; cursor.advance()) {
        if (cursor.at_symbol('{')) {
            ++depth;
        } else if (cursor.at_symbol('}') && --depth == 0) {
            const Span whole = Span::from_to(first, cursor.peek().span);
            cursor.advance();
            return std::string(whole.in(cursor.text()));
        }
    }
    return cursor.unexpected({"}"});
}

// Reads one option of COMMIT; false if none is there. An option may stand once.
Result<bool> parse_commit_option(TokenCursor& cursor, CommitStatement& commit) {
    const Span option = cursor.peek().span;
    const auto twice = [&](std::string_view name) {
        return cursor.error_at(ErrorCode::kSyntax, std::string(name) + " is given twice", option);
    };
    if (cursor.accept_word("message")) {
        if (commit.message) {
            return twice("MESSAGE");
        }
        KODIAK_TRY_ASSIGN(commit.message, parse_string(cursor));
    } else if (cursor.accept_word("author")) {
        if (commit.author) {
            return twice("AUTHOR");
        }
        KODIAK_TRY_ASSIGN(commit.author, parse_string(cursor));
    } else if (cursor.accept_word("metadata")) {
        if (commit.metadata) {
            return twice("METADATA");
        }
        KODIAK_TRY_ASSIGN(commit.metadata, parse_metadata(cursor));
    } else if (cursor.accept_word("allow")) {
        if (!cursor.accept_word("empty")) {
            return cursor.unexpected({"EMPTY"});
        }
        commit.allow_empty = true;
    } else {
        return false;
    }
    return true;
}

}  // namespace

Result<BeginStatement> parse_begin(TokenCursor& cursor) {
    cursor.advance();
    skip_work_or_transaction(cursor);
    return parse_options<BeginStatement>(cursor);
}

Result<SetTransactionStatement> parse_set_transaction(TokenCursor& cursor) {
    cursor.advance();
    cursor.advance();
    if (cursor.at_end()) {
        return cursor.unexpected({"ISOLATION LEVEL", "READ ONLY", "READ WRITE"});
    }
    return parse_options<SetTransactionStatement>(cursor);
}

Result<CommitStatement> parse_commit(TokenCursor& cursor) {
    cursor.advance();
    skip_work_or_transaction(cursor);
    CommitStatement commit;
    while (true) {
        KODIAK_TRY_ASSIGN(const bool found, parse_commit_option(cursor, commit));
        if (!found) {
            break;
        }
    }
    KODIAK_TRY_ASSIGN(commit.chain, parse_chain(cursor));
    KODIAK_TRY(cursor.expect_end({"MESSAGE", "AUTHOR", "METADATA", "ALLOW EMPTY", "AND CHAIN"}));
    return commit;
}

Result<RollbackStatement> parse_rollback(TokenCursor& cursor) {
    cursor.advance();
    skip_work_or_transaction(cursor);
    RollbackStatement rollback;
    if (cursor.accept_word("to")) {
        // ROLLBACK TO savepoint: a savepoint may itself be called "savepoint".
        if (cursor.at_word("savepoint") && cursor.at_name(1)) {
            cursor.advance();
        }
        KODIAK_TRY_ASSIGN(rollback.savepoint, parse_name(cursor, "the name of a savepoint"));
        KODIAK_TRY(cursor.expect_end({"the end of the statement"}));
        return rollback;
    }
    KODIAK_TRY_ASSIGN(rollback.chain, parse_chain(cursor));
    KODIAK_TRY(cursor.expect_end({"TO", "AND CHAIN", "the end of the statement"}));
    return rollback;
}

Result<SavepointStatement> parse_savepoint(TokenCursor& cursor) {
    cursor.advance();
    SavepointStatement savepoint;
    KODIAK_TRY_ASSIGN(savepoint.name, parse_name(cursor, "the name of a savepoint"));
    KODIAK_TRY(cursor.expect_end({"the end of the statement"}));
    return savepoint;
}

Result<ReleaseStatement> parse_release(TokenCursor& cursor) {
    cursor.advance();
    if (cursor.at_word("savepoint") && cursor.at_name(1)) {
        cursor.advance();
    }
    ReleaseStatement release;
    KODIAK_TRY_ASSIGN(release.name, parse_name(cursor, "the name of a savepoint"));
    KODIAK_TRY(cursor.expect_end({"the end of the statement"}));
    return release;
}

}  // namespace kodiak::language
