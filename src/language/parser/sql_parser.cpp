// Embedded SQL in bodies: what goes to the engine by its range, with INTO taken out; dynamic SQL; cursors.

#include "language/parser/code_parser.hpp"

namespace kodiak::language {

Target CodeParser::parse_target() {
    const size_t start = cursor_.index();
    Expression* place = ast_.expression(ExpressionKind::kName, {});
    place->parts = {parse_name("the name of a variable")};
    finish(place, start);
    return {parse_postfix(place)};
}

std::vector<Target> CodeParser::parse_targets() {
    std::vector<Target> targets{parse_target()};
    while (cursor_.accept_symbol(',')) {
        targets.push_back(parse_target());
    }
    return targets;
}

// Takes a query up to `;`, or up to a closing word outside of brackets.
SqlText CodeParser::parse_query_until(std::string_view closing_word) {
    const size_t start = cursor_.index();
    SqlText sql;
    sql.is_query = true;
    size_t depth = 0;
    while (!cursor_.at_end() && (depth > 0 || closing_word.empty() || !cursor_.at_word(closing_word))) {
        depth += cursor_.at_symbol('(') ? 1 : 0;
        depth -= cursor_.at_symbol(')') && depth > 0 ? 1 : 0;
        cursor_.advance();
    }
    if (cursor_.index() == start) {
        unexpected({"a query"});
    }
    sql.span = span_from(start);
    sql.pieces = {sql.span};
    return sql;
}

SqlText CodeParser::parse_parenthesised_query() {
    const size_t start = cursor_.index();
    if (!cursor_.at_symbol('(')) {
        unexpected({"("});
    }
    skip_brackets();
    SqlText sql;
    const Span all = span_from(start);
    sql.span = {all.offset + 1, all.length - 2};
    sql.pieces = {sql.span};
    sql.is_query = true;
    return sql;
}

// Any SQL statement. INTO outside of brackets takes its rows, except behind INSERT, MERGE and UPSERT.
BodyStatement* CodeParser::parse_sql() {
    SqlStatement* node = ast_.statement<SqlStatement>();
    const size_t start = cursor_.index();
    node->sql.is_query = at_query_start() || cursor_.at_word("show") || cursor_.at_word("get") ||
                         cursor_.at_word("describe") || cursor_.at_word("pivot");
    size_t piece = start;
    size_t depth = 0;
    while (!cursor_.at_end()) {
        depth += cursor_.at_symbol('(') ? 1 : 0;
        depth -= cursor_.at_symbol(')') && depth > 0 ? 1 : 0;
        const Token& before = tokens_[cursor_.index() == 0 ? 0 : cursor_.index() - 1];
        const std::string_view word = before.span.in(cursor_.text());
        const bool into = depth == 0 && cursor_.at_word("into") && !same_word(word, "insert") &&
                          !same_word(word, "merge") && !same_word(word, "upsert");
        const bool dml = depth == 0 &&
                         (cursor_.at_word("insert") || cursor_.at_word("update") || cursor_.at_word("delete")) &&
                         same_word(word, ")");
        if (dml || (depth == 0 && cursor_.at_word("returning"))) {
            node->sql.is_query = cursor_.at_word("returning");  // WITH x AS (...) INSERT answers no rows
        }
        if (!into || cursor_.index() == start) {
            cursor_.advance();
            continue;
        }
        if (!node->into.empty()) {
            unexpected({";"});
        }
        node->sql.pieces.push_back(span_from(piece));
        cursor_.advance();
        node->strict = cursor_.at_word("strict") && (cursor_.advance(), true);
        node->into = parse_targets();
        piece = cursor_.index();
    }
    if (!cursor_.at_symbol(';')) {
        unexpected({";"});
    }
    if (cursor_.index() > piece) {
        node->sql.pieces.push_back(span_from(piece));
    }
    node->sql.span = span_from(start);
    return node;
}

// PERFORM tail is SELECT tail; PERFORM f calls f().
BodyStatement* CodeParser::parse_perform() {
    SqlStatement* node = ast_.statement<SqlStatement>();
    node->perform = true;
    cursor_.advance();
    const bool bare =
        cursor_.at_name() && (cursor_.at_symbol(';', 1) || (cursor_.at_symbol('.', 1) && cursor_.at_symbol(';', 3)));
    node->sql = parse_query_until("");
    if (!cursor_.at_symbol(';')) {
        unexpected({";"});
    }
    node->sql.prefix = "SELECT ";
    node->sql.suffix = bare ? "()" : "";
    return node;
}

BodyStatement* CodeParser::parse_call_statement() {
    cursor_.advance();
    Call* node = ast_.statement<Call>();
    if (!cursor_.at_name()) {
        unexpected({"the name of a procedure"});
    }
    node->call = parse_name_or_call();
    if (node->call->kind != ExpressionKind::kName && node->call->kind != ExpressionKind::kCall) {
        fail("42601", "CALL takes one procedure with plain arguments", node->call->span);
    }
    node->call->kind = ExpressionKind::kCall;
    return node;
}

BodyStatement* CodeParser::parse_execute() {
    cursor_.advance();
    Execute* node = ast_.statement<Execute>();
    node->text = parse_expression();
    parse_execute_tail(&node->into, &node->strict, node->arguments);
    return node;
}

// [INTO [STRICT] targets] [USING list], in any order.
void CodeParser::parse_execute_tail(std::vector<Target>* into, bool* strict, std::vector<Expression*>& arguments) {
    while (true) {
        if (into->empty() && cursor_.accept_word("into")) {
            *strict = cursor_.accept_word("strict");
            *into = parse_targets();
        } else if (arguments.empty() && cursor_.accept_word("using")) {
            do {
                arguments.push_back(parse_expression());
            } while (cursor_.accept_symbol(','));
        } else {
            return;
        }
    }
}

BodyStatement* CodeParser::parse_get_diagnostics() {
    constexpr std::string_view kItems[] = {"row_count",         "pg_context",           "commit_id",
                                           "returned_sqlstate", "message_text",         "pg_exception_detail",
                                           "pg_exception_hint", "pg_exception_context", "column_name",
                                           "constraint_name",   "table_name",           "schema_name",
                                           "pg_datatype_name"};
    cursor_.advance();
    GetDiagnostics* node = ast_.statement<GetDiagnostics>();
    node->stacked = cursor_.accept_word("stacked");
    if (!node->stacked) {
        cursor_.accept_word("current");
    }
    expect_word("diagnostics");
    do {
        const Target target = parse_target();
        if (!accept_operator("=") && !accept_operator(":=")) {
            unexpected({"="});
        }
        size_t item = 0;
        while (item < std::size(kItems) && !cursor_.at_word(kItems[item])) {
            ++item;
        }
        if (item == std::size(kItems) || (item >= 3) != node->stacked) {
            node->stacked ? unexpected({"RETURNED_SQLSTATE", "MESSAGE_TEXT", "PG_EXCEPTION_DETAIL", "PG_EXCEPTION_HINT",
                                        "PG_EXCEPTION_CONTEXT"})
                          : unexpected({"ROW_COUNT", "PG_CONTEXT", "COMMIT_ID"});
        }
        cursor_.advance();
        node->items.emplace_back(target, static_cast<DiagnosticsItem>(item));
    } while (cursor_.accept_symbol(','));
    return node;
}

// OPEN c [(args)]; OPEN c [[NO] SCROLL] FOR {query | EXECUTE text [USING ...]}
BodyStatement* CodeParser::parse_open() {
    cursor_.advance();
    OpenCursor* node = ast_.statement<OpenCursor>();
    node->cursor = parse_name("the name of a cursor");
    if (cursor_.accept_symbol('(')) {
        do {
            const bool named = cursor_.at_name() && (at_operator(":=", 1) || at_operator("=>", 1));
            node->argument_names.push_back(named ? name_value(cursor_.text(), cursor_.peek()) : "");
            cursor_.move_to(cursor_.index() + (named ? 2 : 0));
            node->arguments.push_back(parse_expression());
        } while (cursor_.accept_symbol(','));
        expect_symbol(')');
        return node;
    }
    const bool no_scroll = cursor_.accept_words({"no", "scroll"});
    node->scroll = !no_scroll && cursor_.accept_word("scroll");
    if (!cursor_.accept_word("for")) {
        return node;
    }
    if (cursor_.accept_word("execute")) {
        node->dynamic = parse_expression();
        if (cursor_.accept_word("using")) {
            do {
                node->arguments.push_back(parse_expression());
            } while (cursor_.accept_symbol(','));
        }
        return node;
    }
    node->has_query = true;
    node->query = parse_query_until("");
    return node;
}

BodyStatement* CodeParser::parse_fetch(bool move) {
    constexpr std::string_view kDirections[] = {"next",     "prior",    "first",   "last",
                                                "absolute", "relative", "forward", "backward"};
    cursor_.advance();
    Fetch* node = ast_.statement<Fetch>();
    node->move = move;
    for (size_t i = 0; i < std::size(kDirections); ++i) {
        // `FETCH next INTO x` reads from a cursor called next.
        if (cursor_.at_word(kDirections[i]) && !cursor_.at_word("into", 1) && !cursor_.at_symbol(';', 1)) {
            node->direction = static_cast<FetchDirection>(i);
            cursor_.advance();
            size_t ahead = 0;
            while (!cursor_.at_word("from", ahead) && !cursor_.at_word("in", ahead) &&
                   !cursor_.at_word("into", ahead) && !cursor_.at_symbol(';', ahead) &&
                   cursor_.peek(ahead).kind != TokenKind::kEnd) {
                ++ahead;
            }
            const bool counted = cursor_.at_word("from", ahead) || cursor_.at_word("in", ahead);
            if (node->direction >= FetchDirection::kAbsolute && counted && ahead > 0) {
                node->count = parse_expression(6);  // not `c IN ...`
            }
            break;
        }
    }
    if (!cursor_.accept_word("from")) {
        cursor_.accept_word("in");
    }
    node->cursor = parse_name("the name of a cursor");
    if (!move) {
        expect_word("into");
        node->into = parse_targets();
    }
    return node;
}

BodyStatement* CodeParser::parse_close() {
    cursor_.advance();
    CloseCursor* node = ast_.statement<CloseCursor>();
    node->cursor = parse_name("the name of a cursor");
    return node;
}

}  // namespace kodiak::language
