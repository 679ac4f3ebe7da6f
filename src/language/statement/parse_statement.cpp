#include "language/statement.hpp"
#include "language/statement/history_parser.hpp"
#include "language/statement/prove_parser.hpp"
#include "language/statement/token_cursor.hpp"
#include "language/statement/transaction_parser.hpp"
#include "language/statement/upkeep_parser.hpp"
#include "language/statement/upsert_parser.hpp"

namespace kodiak::language {
namespace {

// SET TRANSACTION is ours; `SET transaction = 1` and `SET transaction TO 1` set an engine setting of that name.
bool at_set_transaction(const TokenCursor& cursor) {
    if (!cursor.at_word("set") || !cursor.at_word("transaction", 1)) {
        return false;
    }
    return !cursor.at_word("to", 2) && cursor.peek(2).kind != TokenKind::kOperator && !cursor.at_symbol('.', 2);
}

Result<CheckpointStatement> parse_checkpoint(TokenCursor& cursor) {
    CheckpointStatement checkpoint;
    checkpoint.force = cursor.accept_word("force");
    cursor.advance();
    if (cursor.at_name()) {
        checkpoint.database = name_value(cursor.text(), cursor.peek());
        cursor.advance();
    }
    KODIAK_TRY(cursor.expect_end({"the name of a database", "the end of the statement"}));
    return checkpoint;
}

// Wraps the result of one parser into the variant.
template <class T>
Result<ParsedStatement> parsed(Result<T> result) {
    if (!result.ok()) {
        return std::move(result).error();
    }
    return ParsedStatement(std::move(result).value());
}

}  // namespace

Result<ParsedStatement> parse_statement(std::string_view text) {
    KODIAK_TRY_ASSIGN(const std::vector<Token> tokens, tokenize(text));
    TokenCursor cursor(text, tokens);
    if (cursor.at_word("begin") || cursor.at_word("start")) {
        return parsed(parse_begin(cursor));
    }
    if (cursor.at_word("commit") || cursor.at_word("end")) {
        return parsed(parse_commit(cursor));
    }
    if (cursor.at_word("rollback") || cursor.at_word("abort")) {
        return parsed(parse_rollback(cursor));
    }
    if (cursor.at_word("savepoint")) {
        return parsed(parse_savepoint(cursor));
    }
    if (cursor.at_word("release")) {
        return parsed(parse_release(cursor));
    }
    if (at_set_transaction(cursor)) {
        return parsed(parse_set_transaction(cursor));
    }
    if (cursor.at_word("checkpoint") || (cursor.at_word("force") && cursor.at_word("checkpoint", 1))) {
        return parsed(parse_checkpoint(cursor));
    }
    if (at_upsert(cursor)) {
        return parsed(parse_upsert(cursor));
    }
    if (at_prove(cursor)) {
        return parsed(parse_prove(cursor));
    }
    if (at_upkeep(cursor)) {
        return parsed(parse_upkeep(cursor));
    }
    if (at_table_options(cursor)) {
        return parsed(parse_table_options_statement(cursor));
    }
    if (at_history_statement(cursor)) {
        return ParsedStatement(HistoryStatement{});
    }
    return ParsedStatement(PlainStatement{});
}

StatementKind kind_of(const ParsedStatement& statement) {
    struct Kinds {
        StatementKind operator()(const BeginStatement&) const { return StatementKind::kBegin; }
        StatementKind operator()(const CommitStatement&) const { return StatementKind::kCommit; }
        StatementKind operator()(const RollbackStatement&) const { return StatementKind::kRollback; }
        StatementKind operator()(const SavepointStatement&) const { return StatementKind::kSavepoint; }
        StatementKind operator()(const ReleaseStatement&) const { return StatementKind::kRelease; }
        StatementKind operator()(const SetTransactionStatement&) const { return StatementKind::kSetTransaction; }
        StatementKind operator()(const CheckpointStatement&) const { return StatementKind::kCheckpoint; }
        StatementKind operator()(const UpsertStatement&) const { return StatementKind::kUpsert; }
        StatementKind operator()(const ProveStatement&) const { return StatementKind::kProve; }
        StatementKind operator()(const HistoryStatement&) const { return StatementKind::kHistory; }
        StatementKind operator()(const UpkeepStatement&) const { return StatementKind::kUpkeep; }
        StatementKind operator()(const TableOptionsStatement&) const { return StatementKind::kTableOptions; }
        StatementKind operator()(const PlainStatement&) const { return StatementKind::kPlain; }
    };
    return std::visit(Kinds{}, statement);
}

}  // namespace kodiak::language
