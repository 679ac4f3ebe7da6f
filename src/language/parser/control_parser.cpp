// Control flow, assignments, RAISE and ASSERT.

#include "language/diagnostics.hpp"
#include "language/parser/code_parser.hpp"
#include "language/parser/conditions.hpp"

namespace kodiak::language {

// An expression, or one that goes on as a query: `count(*) FROM t WHERE ...`. With a closing word (THEN, LOOP) an
// error skips to that word, so that the statements behind it are checked too.
Expression* CodeParser::parse_full_expression(std::string_view closing_word) {
    const size_t start = cursor_.index();
    Expression* value = nullptr;
    const bool read = guarded([&] {
        value = parse_expression();
        if (cursor_.at_word("from")) {
            size_t depth = 0;
            while (cursor_.peek().kind != TokenKind::kEnd && !cursor_.at_symbol(';') &&
                   (depth > 0 || closing_word.empty() || !cursor_.at_word(closing_word))) {
                depth += cursor_.at_symbol('(') ? 1 : 0;
                depth -= cursor_.at_symbol(')') && depth > 0 ? 1 : 0;
                cursor_.advance();
            }
            value = sql_expression(start);
            value->text = "SELECT ";
        }
        if (!closing_word.empty() && !cursor_.at_word(closing_word)) {
            expect_word(closing_word);
        }
    });
    if (read) {
        return value;
    }
    if (closing_word.empty() || diagnostics_.full()) {
        throw Stop{};
    }
    while (!cursor_.at_word(closing_word) && !cursor_.at_end() && !cursor_.at_word("end")) {
        cursor_.advance();
    }
    if (!cursor_.at_word(closing_word)) {
        throw Stop{};
    }
    return finish(ast_.expression(ExpressionKind::kError, {}), start);
}

BodyStatement* CodeParser::parse_null() {
    cursor_.advance();
    return ast_.statement<NullStatement>();
}

// LET [CONST] name [type] [= expr]; LET (a, b) = expr
BodyStatement* CodeParser::parse_let() {
    cursor_.advance();
    Let* let = ast_.statement<Let>();
    if (cursor_.accept_symbol('(')) {
        do {
            Declaration declaration;
            declaration.name = parse_name("the name of a variable");
            let->names.push_back(std::move(declaration));
        } while (cursor_.accept_symbol(','));
        expect_symbol(')');
        if (!accept_operator("=") && !accept_operator(":=")) {
            unexpected({"="});
        }
        let->value = parse_full_expression();
        return let;
    }
    Declaration declaration;
    declaration.constant = cursor_.accept_word("const") || cursor_.accept_word("constant");
    declaration.name = parse_name("the name of a variable");
    const auto at_value = [&] { return at_operator("=") || at_operator(":="); };
    if (!at_value() && !cursor_.at_symbol(';') && !on_new_line()) {
        declaration.type = parse_type();
        declaration.not_null = cursor_.accept_words({"not", "null"});
    }
    if (at_value()) {
        cursor_.advance();
        declaration.value = parse_full_expression();
    } else if (declaration.constant || declaration.not_null || declaration.type == nullptr) {
        unexpected({"=", declaration.type == nullptr ? "a type" : "a value"});
    }
    let->names.push_back(std::move(declaration));
    return let;
}

BodyStatement* CodeParser::parse_assign() {
    Assign* assign = ast_.statement<Assign>();
    assign->target = parse_target();
    if (!accept_operator(":=") && !accept_operator("=")) {
        unexpected({":="});
    }
    assign->value = parse_full_expression();
    return assign;
}

BodyStatement* CodeParser::parse_if() {
    If* node = ast_.statement<If>();
    do {
        cursor_.advance();
        If::Branch branch;
        branch.condition = parse_full_expression("then");
        expect_word("then");
        branch.statements = parse_statements();
        node->branches.push_back(std::move(branch));
    } while (cursor_.at_word("elsif") || cursor_.at_word("elseif"));
    if (cursor_.accept_word("else")) {
        node->has_else = true;
        node->otherwise = parse_statements();
    }
    expect_word("end");
    expect_word("if");
    return node;
}

BodyStatement* CodeParser::parse_case_statement() {
    Case* node = ast_.statement<Case>();
    cursor_.advance();
    if (!cursor_.at_word("when")) {
        node->operand = parse_expression();
    }
    do {
        expect_word("when");
        Case::Branch branch;
        do {
            branch.values.push_back(parse_expression());
        } while (cursor_.accept_symbol(','));
        expect_word("then");
        branch.statements = parse_statements();
        node->branches.push_back(std::move(branch));
    } while (cursor_.at_word("when"));
    if (cursor_.accept_word("else")) {
        node->has_else = true;
        node->otherwise = parse_statements();
    }
    expect_word("end");
    expect_word("case");
    return node;
}

void CodeParser::parse_loop_body(LoopStatement* loop) {
    expect_word("loop");
    loop->statements = parse_statements();
    expect_word("end");
    expect_word("loop");
    parse_end_label(loop->label);
}

BodyStatement* CodeParser::parse_loop(std::string label) {
    Loop* loop = ast_.statement<Loop>();
    loop->label = std::move(label);
    if (cursor_.accept_word("while")) {
        loop->condition = parse_full_expression("loop");
    }
    parse_loop_body(loop);
    return loop;
}

// An error in a loop's head skips to its LOOP, so that the statements in it are checked and its END is understood.
BodyStatement* CodeParser::parse_for(std::string label) {
    const size_t start = cursor_.index();
    LoopStatement* loop = nullptr;
    if (!guarded([&] { loop = cursor_.at_word("for") ? parse_for_head() : parse_foreach_head(); })) {
        cursor_.move_to(start);
        while (!cursor_.at_word("loop") && !cursor_.at_end() && !cursor_.at_word("end")) {
            cursor_.advance();
        }
        if (!cursor_.at_word("loop")) {
            throw Stop{};
        }
        Loop* broken = ast_.statement<Loop>();
        broken->condition = finish(ast_.expression(ExpressionKind::kError, {}), start);
        loop = broken;
    }
    loop->label = std::move(label);
    parse_loop_body(loop);
    return loop;
}

LoopStatement* CodeParser::parse_for_head() {
    cursor_.advance();
    ForQuery* query = ast_.statement<ForQuery>();
    query->targets = parse_targets();
    expect_word("in");
    const bool reverse = cursor_.at_word("reverse") && !at_operator("..", 1);
    if (!reverse && (cursor_.at_word("execute") || at_query_start() || cursor_.at_word("insert") ||
                     cursor_.at_word("update") || cursor_.at_word("delete") || cursor_.at_word("get") ||
                     cursor_.at_word("show") || cursor_.at_word("merge") || cursor_.at_word("diff"))) {
        parse_for_query(query);
        return query;
    }
    cursor_.move_to(cursor_.index() + (reverse ? 1 : 0));
    Expression* first = parse_expression();
    if (at_operator("..") || reverse) {
        return parse_range(query->targets[0].place, query->targets.size() == 1, first, reverse);
    }
    if ((first->kind != ExpressionKind::kName && first->kind != ExpressionKind::kCall) || first->parts.size() != 1) {
        unexpected({"..", "a query", "the name of a cursor"});
    }
    query->over_cursor = true;
    query->cursor = first->parts[0];
    query->arguments = first->children;
    return query;
}

LoopStatement* CodeParser::parse_range(const Expression* target, bool single, Expression* first, bool reverse) {
    if (!single || target->kind != ExpressionKind::kName || target->parts.size() != 1) {
        fail("42601", "a loop over numbers has one plain variable", target->span);
    }
    ForRange* range = ast_.statement<ForRange>();
    range->name = target->parts[0];
    range->reverse = reverse;
    range->first = first;
    if (!accept_operator("..")) {
        unexpected({".."});
    }
    range->last = parse_expression();
    range->step = cursor_.accept_word("by") ? parse_expression() : nullptr;
    if (!cursor_.at_word("loop")) {
        expect_word("loop");
    }
    return range;
}

void CodeParser::parse_for_query(ForQuery* loop) {
    if (cursor_.accept_word("execute")) {
        loop->dynamic = parse_expression();
        if (cursor_.accept_word("using")) {
            do {
                loop->arguments.push_back(parse_expression());
            } while (cursor_.accept_symbol(','));
        }
    } else {
        loop->query = parse_query_until("loop");
    }
}

LoopStatement* CodeParser::parse_foreach_head() {
    Foreach* loop = ast_.statement<Foreach>();
    cursor_.advance();
    loop->target = parse_target();
    if (cursor_.accept_word("slice")) {
        if (cursor_.text_of(cursor_.peek()) != "0" && cursor_.text_of(cursor_.peek()) != "1") {
            unexpected({"0", "1"});
        }
        loop->slice = cursor_.text_of(cursor_.peek()) == "1" ? 1 : 0;
        cursor_.advance();
    }
    expect_word("in");
    expect_word("array");
    loop->list = parse_full_expression("loop");
    return loop;
}

BodyStatement* CodeParser::parse_jump(bool is_continue) {
    Jump* jump = ast_.statement<Jump>();
    jump->is_continue = is_continue;
    cursor_.advance();
    if (cursor_.at_name() && !cursor_.at_word("when") && !on_new_line()) {
        jump->label = parse_name("a label");
    }
    if (cursor_.accept_word("when")) {
        jump->condition = parse_full_expression();
    }
    return jump;
}

BodyStatement* CodeParser::parse_return() {
    cursor_.advance();
    if (cursor_.at_word("next") && !at_operator("=", 1)) {
        cursor_.advance();
        ReturnNext* node = ast_.statement<ReturnNext>();
        node->value = cursor_.at_symbol(';') || on_new_line() ? nullptr : parse_full_expression();
        return node;
    }
    if (cursor_.at_word("query") && !cursor_.at_symbol(';', 1)) {
        cursor_.advance();
        ReturnQuery* node = ast_.statement<ReturnQuery>();
        if (cursor_.accept_word("execute")) {
            node->dynamic = parse_expression();
            if (cursor_.accept_word("using")) {
                do {
                    node->arguments.push_back(parse_expression());
                } while (cursor_.accept_symbol(','));
            }
        } else {
            node->query = parse_query_until("");
        }
        return node;
    }
    Return* node = ast_.statement<Return>();
    node->value = cursor_.at_symbol(';') || at_list_end() ? nullptr : parse_full_expression();
    return node;
}

BodyStatement* CodeParser::parse_raise() {
    cursor_.advance();
    Raise* raise = ast_.statement<Raise>();
    if (cursor_.at_symbol(';') || at_list_end()) {
        raise->rethrow = true;
        return raise;
    }
    constexpr std::string_view kLevels[] = {"debug", "log", "info", "notice", "warning", "exception"};
    for (size_t level = 0; level < std::size(kLevels); ++level) {
        if (cursor_.at_word(kLevels[level])) {
            raise->level = static_cast<RaiseLevel>(level);
            cursor_.advance();
            break;
        }
    }
    if (cursor_.at_string()) {
        raise->has_format = true;
        raise->format_span = cursor_.peek().span;
        raise->format = string_literal()->text;
        while (cursor_.accept_symbol(',')) {
            raise->arguments.push_back(parse_expression());
        }
    } else if (cursor_.at_name() && !cursor_.at_word("using")) {
        const bool code = cursor_.at_word("sqlstate");
        const Span span = cursor_.peek().span;
        HandlerCondition condition = parse_condition();
        if (condition.others) {
            fail("42704", "OTHERS cannot be raised", span);
        }
        raise->sqlstate = condition.sqlstate;
        raise->condition = code ? condition.sqlstate : std::string(span.in(cursor_.text()));
    } else if (!cursor_.at_word("using")) {
        unexpected({"a format in quotes", "a condition", "SQLSTATE", "USING", ";"});
    }
    if (cursor_.accept_word("using")) {
        parse_raise_options(raise);
    }
    return raise;
}

void CodeParser::parse_raise_options(Raise* raise) {
    constexpr std::string_view kNames[] = {"message",    "detail", "hint",   "errcode", "column",
                                           "constraint", "table",  "schema", "datatype"};
    do {
        size_t option = 0;
        while (option < std::size(kNames) && !cursor_.at_word(kNames[option])) {
            ++option;
        }
        if (option == std::size(kNames)) {
            unexpected({"MESSAGE", "DETAIL", "HINT", "ERRCODE", "COLUMN"});
        }
        const Span span = cursor_.peek().span;
        cursor_.advance();
        if (!accept_operator("=") && !accept_operator(":=")) {
            unexpected({"="});
        }
        for (const auto& [given, value] : raise->options) {
            if (given == static_cast<RaiseOption>(option)) {
                fail("42601", "an option of RAISE is given twice", span);
            }
        }
        raise->options.emplace_back(static_cast<RaiseOption>(option), parse_expression());
    } while (cursor_.accept_symbol(','));
}

BodyStatement* CodeParser::parse_assert() {
    cursor_.advance();
    if (cursor_.at_word("raises") || cursor_.at_word("equal") ||
        (cursor_.at_word("empty") && cursor_.at_symbol('(', 1))) {
        AssertQuery* node = ast_.statement<AssertQuery>();
        if (cursor_.accept_word("raises")) {
            node->assertion = AssertQuery::Kind::kRaises;
            if (cursor_.at_string()) {
                const Span span = cursor_.peek().span;
                node->sqlstate = string_literal()->text;
                if (!is_sqlstate(node->sqlstate)) {
                    fail("42601", "\"" + node->sqlstate + "\" is no SQLSTATE", span);
                }
            } else {
                node->sqlstate = parse_condition().sqlstate;
            }
            node->queries = {parse_parenthesised_query()};
        } else if (cursor_.accept_word("equal")) {
            node->assertion = AssertQuery::Kind::kEqual;
            node->queries.push_back(parse_parenthesised_query());
            node->queries.push_back(parse_parenthesised_query());
            node->in_order = cursor_.accept_words({"in", "order"});
        } else {
            cursor_.advance();
            node->queries = {parse_parenthesised_query()};
        }
        return node;
    }
    Assert* node = ast_.statement<Assert>();
    node->condition = parse_expression();
    if (cursor_.accept_symbol(',')) {
        node->message = parse_expression();
    }
    return node;
}

BodyStatement* CodeParser::parse_transaction_end(bool commit) {
    TransactionEnd* node = ast_.statement<TransactionEnd>();
    node->commit = commit;
    const Span span = cursor_.peek().span;
    cursor_.advance();
    if (cursor_.at_word("to")) {
        fail("0A000", "savepoints by name are not allowed in code", span, "Use a TRY block.");
    }
    if (commit && cursor_.accept_word("message")) {
        node->message = parse_expression();
    }
    return node;
}

}  // namespace kodiak::language
