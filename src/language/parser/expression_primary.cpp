// Literals, names, calls and what else an expression starts with.

#include <algorithm>

#include "language/parser/code_parser.hpp"

namespace kodiak::language {

// True where a query starts: its rows are the engine's.
bool CodeParser::at_query_start(size_t ahead) const {
    while (cursor_.at_symbol('(', ahead)) {
        ++ahead;
    }
    return cursor_.at_word("select", ahead) || cursor_.at_word("with", ahead) || cursor_.at_word("values", ahead) ||
           cursor_.at_word("from", ahead) || cursor_.at_word("table", ahead);
}

// Moves behind the bracket that closes the one at the cursor.
void CodeParser::skip_brackets() {
    const Span opened = cursor_.peek().span;
    size_t depth = 0;
    do {
        if (cursor_.peek().kind == TokenKind::kEnd || cursor_.at_symbol(';')) {
            fail("42601", "a bracket is not closed", opened);
        }
        if (cursor_.at_symbol('(') || cursor_.at_symbol('[') || cursor_.at_symbol('{')) {
            ++depth;
        } else if (cursor_.at_symbol(')') || cursor_.at_symbol(']') || cursor_.at_symbol('}')) {
            --depth;
        }
        cursor_.advance();
    } while (depth > 0);
}

Expression* CodeParser::sql_expression(size_t start) {
    return finish(ast_.expression(ExpressionKind::kSql, {}), start);
}

Expression* CodeParser::parse_primary() {
    const size_t start = cursor_.index();
    switch (cursor_.peek().kind) {
        case TokenKind::kNumber:
            return number_literal();
        case TokenKind::kString:
        case TokenKind::kEscapeString:
        case TokenKind::kDollarString:
            return string_literal();
        case TokenKind::kDuration:
        case TokenKind::kParameter: {
            const bool duration = cursor_.peek().kind == TokenKind::kDuration;
            Expression* node = ast_.expression(duration ? ExpressionKind::kDuration : ExpressionKind::kParameter, {});
            node->text = std::string(cursor_.text_of(cursor_.peek()));
            cursor_.advance();
            return finish(node, start);
        }
        case TokenKind::kQuotedWord:
            return parse_name_or_call();
        case TokenKind::kWord:
            return parse_word_primary();
        default:
            break;
    }
    if (cursor_.at_symbol('(')) {
        return parse_parenthesised();
    }
    if (cursor_.at_symbol('[')) {
        return parse_list_literal(start);
    }
    if (cursor_.at_symbol('{')) {
        return parse_struct_literal();
    }
    unexpected({"an expression"});
}

Expression* CodeParser::parse_word_primary() {
    const size_t start = cursor_.index();
    const auto constant = [&](ExpressionKind kind) {
        Expression* node = ast_.expression(kind, {});
        node->text = fold_name(cursor_.text_of(cursor_.peek()));
        cursor_.advance();
        return finish(node, start);
    };
    if (cursor_.at_word("null")) {
        return constant(ExpressionKind::kNull);
    }
    if (cursor_.at_word("true") || cursor_.at_word("false")) {
        return constant(ExpressionKind::kBoolean);
    }
    if (cursor_.at_word("case")) {
        return parse_case();
    }
    if (cursor_.at_word("cast") && cursor_.at_symbol('(', 1)) {
        return parse_cast();
    }
    if (cursor_.at_word("interval") && !cursor_.at_symbol('.', 1)) {
        return parse_interval();
    }
    if (cursor_.at_word("array") && cursor_.at_symbol('[', 1)) {
        cursor_.advance();
        return parse_list_literal(start);
    }
    const bool bracketed_query = (cursor_.at_word("exists") || cursor_.at_word("array")) && cursor_.at_symbol('(', 1);
    if (bracketed_query || (cursor_.at_word("map") && cursor_.at_symbol('{', 1))) {
        cursor_.advance();
        skip_brackets();
        return sql_expression(start);
    }
    if (cursor_.at_word("row") && cursor_.at_symbol('(', 1)) {
        cursor_.advance();
        cursor_.advance();
        Expression* node = ast_.expression(ExpressionKind::kRow, {});
        while (!cursor_.at_symbol(')')) {
            add(node, parse_expression());
            if (!cursor_.accept_symbol(',')) {
                break;
            }
        }
        expect_symbol(')');
        return finish(node, start);
    }
    if (keyword_category(cursor_.text_of(cursor_.peek())) == KeywordCategory::kReserved) {
        unexpected({"an expression"});
    }
    return parse_name_or_call();
}

Expression* CodeParser::string_literal() {
    const size_t start = cursor_.index();
    Result<std::string> value = string_value(cursor_.text(), cursor_.peek());
    if (!value.ok()) {
        fail("42601", value.error().message, cursor_.peek().span);
    }
    Expression* node = ast_.expression(ExpressionKind::kString, {});
    node->text = std::move(*value);
    cursor_.advance();
    return finish(node, start);
}

Expression* CodeParser::number_literal() {
    const size_t start = cursor_.index();
    Expression* node = ast_.expression(ExpressionKind::kNumber, {});
    node->text = std::string(cursor_.text_of(cursor_.peek()));
    node->text.erase(std::remove(node->text.begin(), node->text.end(), '_'), node->text.end());
    cursor_.advance();
    return finish(node, start);
}

// (expr), (a, b) as a row, or a subquery.
Expression* CodeParser::parse_parenthesised() {
    const size_t start = cursor_.index();
    if (at_query_start(1)) {
        skip_brackets();
        return sql_expression(start);
    }
    cursor_.advance();
    Expression* first = parse_expression();
    if (!cursor_.at_symbol(',')) {
        expect_symbol(')');
        first->span = span_from(start);
        return first;
    }
    Expression* node = add(ast_.expression(ExpressionKind::kRow, {}), first);
    while (cursor_.accept_symbol(',')) {
        add(node, parse_expression());
    }
    expect_symbol(')');
    return finish(node, start);
}

Expression* CodeParser::parse_case() {
    const size_t start = cursor_.index();
    cursor_.advance();
    Expression* node = ast_.expression(ExpressionKind::kCase, {});
    if (!cursor_.at_word("when")) {
        node->has_operand = true;
        add(node, parse_expression());
    }
    do {
        expect_word("when");
        add(node, parse_expression());
        expect_word("then");
        add(node, parse_expression());
    } while (cursor_.at_word("when"));
    if (cursor_.accept_word("else")) {
        node->has_else = true;
        add(node, parse_expression());
    }
    expect_word("end");
    return finish(node, start);
}

Expression* CodeParser::parse_cast() {
    const size_t start = cursor_.index();
    cursor_.advance();
    cursor_.advance();
    Expression* node = add(ast_.expression(ExpressionKind::kCast, {}), parse_expression());
    expect_word("as");
    node->type_name = parse_type();
    expect_symbol(')');
    return finish(node, start);
}

// INTERVAL 'text' is a literal of ours; INTERVAL n DAY, INTERVAL (x) DAY and INTERVAL '3' DAY are the engine's.
Expression* CodeParser::parse_interval() {
    const size_t start = cursor_.index();
    cursor_.advance();
    if (cursor_.at_string()) {
        Expression* literal = string_literal();
        if (cursor_.peek().kind == TokenKind::kWord && is_date_part(cursor_.text_of(cursor_.peek()))) {
            cursor_.advance();
            return sql_expression(start);
        }
        Expression* node = add(ast_.expression(ExpressionKind::kTypedLiteral, {}), literal);
        node->type_name = ast_.type_name();
        node->type_name->span = tokens_[start].span;
        node->type_name->parts = {{"interval", tokens_[start].span}};
        return finish(node, start);
    }
    if (cursor_.at_symbol('(')) {
        skip_brackets();
    } else if (cursor_.peek().kind == TokenKind::kNumber || cursor_.peek().kind == TokenKind::kParameter) {
        cursor_.advance();
    } else {
        cursor_.move_to(start);
        return parse_name_or_call();
    }
    if (cursor_.peek().kind != TokenKind::kWord || !is_date_part(cursor_.text_of(cursor_.peek()))) {
        unexpected({"a unit such as DAY"});
    }
    cursor_.advance();
    return sql_expression(start);
}

Expression* CodeParser::parse_list_literal(size_t start) {
    const size_t bracket = cursor_.index();
    cursor_.advance();
    Expression* node = ast_.expression(ExpressionKind::kList, {});
    while (!cursor_.at_symbol(']')) {
        add(node, parse_expression());
        if (cursor_.at_word("for")) {  // a list comprehension: the engine's
            cursor_.move_to(bracket);
            skip_brackets();
            return sql_expression(start);
        }
        if (!cursor_.accept_symbol(',')) {
            break;
        }
    }
    expect_symbol(']');
    return finish(node, start);
}

Expression* CodeParser::parse_struct_literal() {
    const size_t start = cursor_.index();
    cursor_.advance();
    Expression* node = ast_.expression(ExpressionKind::kStruct, {});
    while (!cursor_.at_symbol('}')) {
        if (cursor_.at_string()) {
            node->child_names.push_back(string_literal()->text);
        } else {
            node->child_names.push_back(parse_name("the name of a field").name);
        }
        if (!accept_operator(":")) {
            unexpected({":"});
        }
        add(node, parse_expression());
        if (!cursor_.accept_symbol(',')) {
            break;
        }
    }
    expect_symbol('}');
    return finish(node, start);
}

Expression* CodeParser::parse_name_or_call() {
    const size_t start = cursor_.index();
    std::vector<NamePart> parts{{name_value(cursor_.text(), cursor_.peek()), cursor_.peek().span}};
    const bool quoted = cursor_.peek().kind == TokenKind::kQuotedWord;
    cursor_.advance();
    if (!quoted && cursor_.at_string() && type_kind_named(parts[0].name)) {
        Expression* node = add(ast_.expression(ExpressionKind::kTypedLiteral, {}), string_literal());
        node->type_name = ast_.type_name();
        node->type_name->span = parts[0].span;
        node->type_name->parts = std::move(parts);
        return finish(node, start);
    }
    while (parts.size() < 4 && cursor_.at_symbol('.') && cursor_.at_name(1)) {
        cursor_.advance();
        parts.push_back({name_value(cursor_.text(), cursor_.peek()), cursor_.peek().span});
        cursor_.advance();
    }
    if (cursor_.at_symbol('(')) {
        return parse_call(start, std::move(parts));
    }
    Expression* node = ast_.expression(ExpressionKind::kName, {});
    node->parts = std::move(parts);
    return finish(node, start);
}

// Calls whose brackets hold more than expressions.
bool CodeParser::call_needs_engine(std::string_view name) const {
    const bool own_syntax = same_word(name, "extract") || same_word(name, "trim") || same_word(name, "position") ||
                            same_word(name, "overlay") || same_word(name, "try_cast") || same_word(name, "columns") ||
                            same_word(name, "grouping");
    return own_syntax || cursor_.at_word("distinct", 1) || cursor_.at_word("all", 1) || at_operator("*", 1) ||
           at_query_start(1) || cursor_.at_word("variadic", 1);
}

// lambda x : ..., x -> ... or (x, y) -> ... as an argument: the engine's.
bool CodeParser::at_lambda() const { return cursor_.at_word("lambda") || (cursor_.at_name() && at_operator("->", 1)); }

Expression* CodeParser::parse_call(size_t start, std::vector<NamePart> parts) {
    Expression* node = ast_.expression(ExpressionKind::kCall, {});
    const size_t bracket = cursor_.index();
    bool engine = call_needs_engine(parts.back().name);
    node->parts = std::move(parts);
    if (!engine) {
        cursor_.advance();
        while (!cursor_.at_symbol(')') && !engine) {
            const bool named = cursor_.at_name() && (at_operator("=>", 1) || at_operator(":=", 1));
            if (!named && !node->child_names.empty() && !node->child_names.back().empty()) {
                fail("42601", "a positional argument stands behind a named one", cursor_.peek().span);
            }
            node->child_names.push_back(named ? name_value(cursor_.text(), cursor_.peek()) : "");
            cursor_.move_to(cursor_.index() + (named ? 2 : 0));
            engine = at_lambda();
            if (!engine) {
                add(node, parse_expression());
                engine = cursor_.at_word("order") || cursor_.at_word("from") || cursor_.at_word("for") ||
                         cursor_.at_word("using") || cursor_.at_word("ignore") || cursor_.at_word("respect");
            }
            if (!engine && !cursor_.accept_symbol(',')) {
                break;
            }
        }
    }
    if (engine) {
        cursor_.move_to(bracket);
        skip_brackets();
    } else {
        expect_symbol(')');
    }
    bool windowed = false;
    while ((cursor_.at_word("filter") || cursor_.at_word("over")) && cursor_.at_symbol('(', 1)) {
        cursor_.advance();
        skip_brackets();
        windowed = true;
    }
    return engine || windowed ? sql_expression(start) : finish(node, start);
}

}  // namespace kodiak::language
