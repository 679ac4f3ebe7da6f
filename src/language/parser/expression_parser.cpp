// Operators of expressions, by precedence; the engine's order (lowest binds least).

#include "language/parser/code_parser.hpp"

namespace kodiak::language {
namespace {

enum Precedence : int {
    kOrLevel = 1,
    kAndLevel = 2,
    kNotLevel = 3,
    kIsLevel = 4,
    kCompareLevel = 5,
    kRangeLevel = 6,  // BETWEEN, IN, LIKE
    kOtherLevel = 7,
    kAddLevel = 8,
    kMultiplyLevel = 9,
    kPowerLevel = 10,
    kSignLevel = 11,
};

struct Infix {
    std::string_view text;
    Operator op;
    int precedence;
};

constexpr Infix kInfixes[] = {
    {"=", Operator::kEqual, kCompareLevel},     {"==", Operator::kEqual, kCompareLevel},
    {"<>", Operator::kNotEqual, kCompareLevel}, {"!=", Operator::kNotEqual, kCompareLevel},
    {"<", Operator::kLess, kCompareLevel},      {"<=", Operator::kLessEqual, kCompareLevel},
    {">", Operator::kGreater, kCompareLevel},   {">=", Operator::kGreaterEqual, kCompareLevel},
    {"||", Operator::kConcat, kOtherLevel},     {"+", Operator::kAdd, kAddLevel},
    {"-", Operator::kSubtract, kAddLevel},      {"*", Operator::kMultiply, kMultiplyLevel},
    {"/", Operator::kDivide, kMultiplyLevel},   {"//", Operator::kIntegerDivide, kMultiplyLevel},
    {"%", Operator::kModulo, kMultiplyLevel},   {"^", Operator::kPower, kPowerLevel},
    {"**", Operator::kPower, kPowerLevel},
};

// Operators that are punctuation of the language, never of an expression.
bool is_separator(std::string_view op) { return op == ".." || op == ":=" || op == "=>" || op == "::" || op == ":"; }

}  // namespace

Expression* CodeParser::finish(Expression* node, size_t start) {
    node->span = span_from(start);
    return node;
}

Expression* CodeParser::add(Expression* node, Expression* child) {
    node->children.push_back(child);
    if (child != nullptr && child->depth >= node->depth) {
        node->depth = static_cast<uint16_t>(child->depth + 1);
        if (node->depth > kDepthMost) {
            fail("54001", "the expression is too deep", child->span,
                 "At most " + std::to_string(kDepthMost) + " operations may build on each other.");
        }
    }
    return node;
}

Expression* CodeParser::parse_expression(int lowest) {
    const Nesting nesting(*this);
    Expression* left = parse_prefix();
    while (true) {
        Expression* longer = parse_infix(left, lowest);
        if (longer == nullptr) {
            return left;
        }
        left = longer;
    }
}

Expression* CodeParser::parse_prefix() {
    const size_t start = cursor_.index();
    const Span span = cursor_.peek().span;
    if (cursor_.at_word("not")) {
        cursor_.advance();
        Expression* node = ast_.expression(ExpressionKind::kUnary, span);
        node->op = Operator::kNot;
        node->name_span = span;
        return finish(add(node, parse_expression(kNotLevel)), start);
    }
    for (const auto& [text, op] : {std::pair{"-", Operator::kNegate}, std::pair{"+", Operator::kPlus}}) {
        if (accept_operator(text)) {
            Expression* node = ast_.expression(ExpressionKind::kUnary, span);
            node->op = op;
            node->name_span = span;
            return finish(add(node, parse_expression(kSignLevel)), start);
        }
    }
    return parse_postfix(parse_primary());
}

// Reads one operator with its right side, if it binds tighter than `lowest`; nullptr otherwise.
Expression* CodeParser::parse_infix(Expression* left, int lowest) {
    const Token& token = cursor_.peek();
    const std::string_view text = cursor_.text_of(token);
    if (token.kind == TokenKind::kOperator && !is_separator(text)) {
        for (const Infix& infix : kInfixes) {
            if (infix.text == text) {
                return infix.precedence > lowest ? parse_binary(left, infix.op, infix.precedence, 1) : nullptr;
            }
        }
        return kOtherLevel > lowest ? parse_binary(left, Operator::kOther, kOtherLevel, 1) : nullptr;
    }
    if (token.kind != TokenKind::kWord) {
        return nullptr;
    }
    if (cursor_.at_word("or")) {
        return kOrLevel > lowest ? parse_binary(left, Operator::kOr, kOrLevel, 1) : nullptr;
    }
    if (cursor_.at_word("and")) {
        return kAndLevel > lowest ? parse_binary(left, Operator::kAnd, kAndLevel, 1) : nullptr;
    }
    if (cursor_.at_word("is") || cursor_.at_word("isnull") || cursor_.at_word("notnull")) {
        return kIsLevel > lowest ? parse_is(left) : nullptr;
    }
    if (kSignLevel > lowest && (cursor_.at_word("collate") || (cursor_.at_word("at") && cursor_.at_word("time", 1)))) {
        // Both belong to the engine: the tree so far becomes SQL.
        cursor_.move_to(cursor_.index() + (cursor_.at_word("at") ? 3 : 1));
        const Expression* right = parse_prefix();
        Expression* node = ast_.expression(ExpressionKind::kSql, Span::from_to(left->span, right->span));
        return node;
    }
    if (kRangeLevel <= lowest) {
        return nullptr;
    }
    const bool negated = cursor_.at_word("not");
    const size_t word = negated ? 1 : 0;
    const auto is = [&](std::string_view wanted) { return cursor_.at_word(wanted, word); };
    if (!is("between") && !is("in") && !is("like") && !is("ilike") && !is("similar") && !is("glob")) {
        return nullptr;
    }
    cursor_.move_to(cursor_.index() + word);
    return cursor_.at_word("between") ? parse_between(left, negated)
           : cursor_.at_word("in")    ? parse_in(left, negated)
                                      : parse_like(left, negated);
}

Expression* CodeParser::parse_binary(Expression* left, Operator op, int precedence, size_t tokens) {
    Expression* node = ast_.expression(ExpressionKind::kBinary, left->span);
    node->op = op;
    node->name_span = cursor_.peek().span;
    node->text = std::string(cursor_.text_of(cursor_.peek()));
    cursor_.move_to(cursor_.index() + tokens);
    add(node, left);
    add(node, parse_expression(precedence));
    node->span = Span::from_to(left->span, node->children[1]->span);
    return node;
}

Expression* CodeParser::parse_is(Expression* left) {
    Expression* node = ast_.expression(ExpressionKind::kIs, left->span);
    node->name_span = cursor_.peek().span;
    node->text = "null";
    const bool isnull = cursor_.accept_word("isnull");
    node->negated = !isnull && cursor_.accept_word("notnull");
    if (!isnull && !node->negated) {
        cursor_.advance();
        node->negated = cursor_.accept_word("not");
        if (cursor_.accept_words({"distinct", "from"})) {
            node->kind = ExpressionKind::kDistinct;
            add(node, left);
            add(node, parse_expression(kIsLevel));
            node->span = Span::from_to(left->span, node->children[1]->span);
            return node;
        }
        for (const std::string_view word : {"null", "true", "false", "unknown"}) {
            if (cursor_.at_word(word)) {
                node->text = word;
            }
        }
        if (!cursor_.at_word(node->text)) {
            unexpected({"NULL", "TRUE", "FALSE", "UNKNOWN", "DISTINCT FROM"});
        }
        cursor_.advance();
    }
    add(node, left);
    node->span = Span::from_to(left->span, tokens_[cursor_.index() - 1].span);
    return node;
}

Expression* CodeParser::parse_between(Expression* left, bool negated) {
    Expression* node = ast_.expression(ExpressionKind::kBetween, left->span);
    node->negated = negated;
    node->name_span = cursor_.peek().span;
    cursor_.advance();
    add(node, left);
    add(node, parse_expression(kRangeLevel));
    expect_word("and");
    add(node, parse_expression(kRangeLevel));
    node->span = Span::from_to(left->span, node->children[2]->span);
    return node;
}

Expression* CodeParser::parse_in(Expression* left, bool negated) {
    Expression* node = ast_.expression(ExpressionKind::kIn, left->span);
    node->negated = negated;
    node->name_span = cursor_.peek().span;
    cursor_.advance();
    if (!cursor_.at_symbol('(') || at_query_start(1)) {
        // IN (SELECT ...) and IN list: the engine's.
        const Span right = cursor_.at_symbol('(') ? (skip_brackets(), tokens_[cursor_.index() - 1].span)
                                                  : parse_expression(kRangeLevel)->span;
        return ast_.expression(ExpressionKind::kSql, Span::from_to(left->span, right));
    }
    cursor_.advance();
    add(node, left);
    do {
        add(node, parse_expression());
    } while (cursor_.accept_symbol(','));
    expect_symbol(')');
    node->span = Span::from_to(left->span, tokens_[cursor_.index() - 1].span);
    return node;
}

Expression* CodeParser::parse_like(Expression* left, bool negated) {
    Expression* node = ast_.expression(ExpressionKind::kLike, left->span);
    node->negated = negated;
    node->name_span = cursor_.peek().span;
    node->text = fold_name(cursor_.text_of(cursor_.peek()));
    bool native = node->text == "like" || node->text == "ilike";
    cursor_.advance();
    if (node->text == "similar") {
        expect_word("to");
    }
    add(node, left);
    add(node, parse_expression(kRangeLevel));
    Span last = node->children[1]->span;
    if (cursor_.accept_word("escape")) {
        last = parse_expression(kRangeLevel)->span;
        native = false;
    }
    node->span = Span::from_to(left->span, last);
    node->kind = native ? ExpressionKind::kLike : ExpressionKind::kSql;
    return node;
}

// Subscripts, fields and casts behind an expression.
Expression* CodeParser::parse_postfix(Expression* left) {
    while (true) {
        if (cursor_.at_symbol('[')) {
            left = parse_subscript(left);
        } else if (cursor_.at_symbol('.') && cursor_.at_name(1)) {
            cursor_.advance();
            Expression* node = ast_.expression(ExpressionKind::kField, left->span);
            node->name_span = cursor_.peek().span;
            node->text = name_value(cursor_.text(), cursor_.peek());
            cursor_.advance();
            add(node, left);
            node->span = Span::from_to(left->span, node->name_span);
            left = node;
        } else if (accept_operator("::")) {
            Expression* node = ast_.expression(ExpressionKind::kCast, left->span);
            node->type_name = parse_type();
            add(node, left);
            node->span = Span::from_to(left->span, tokens_[cursor_.index() - 1].span);
            left = node;
        } else {
            return left;
        }
    }
}

Expression* CodeParser::parse_subscript(Expression* left) {
    Expression* node = ast_.expression(ExpressionKind::kIndex, left->span);
    cursor_.advance();
    add(node, left);
    const auto bound = [&]() -> Expression* {
        return at_operator(":") || cursor_.at_symbol(']') ? nullptr : parse_expression();
    };
    add(node, bound());
    if (accept_operator(":")) {
        node->kind = ExpressionKind::kSlice;
        add(node, bound());
        if (at_operator(":")) {
            node->kind = ExpressionKind::kSql;  // a step: the engine's
            cursor_.advance();
            bound();
        }
    } else if (node->children[1] == nullptr) {
        unexpected({"an expression"});
    }
    expect_symbol(']');
    node->span = Span::from_to(left->span, tokens_[cursor_.index() - 1].span);
    return node;
}

}  // namespace kodiak::language
