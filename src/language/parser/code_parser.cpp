#include "language/parser/code_parser.hpp"

#include <array>

#include "language/diagnostics.hpp"

namespace kodiak::language {
namespace {

constexpr std::array<std::string_view, 31> kLongOperators = {
    "<=", ">=", "<>", "!=", "::", ":=",  "=>",  "->",   "->>", "||", "//",  "**",  "..",  "<<",   ">>", "==",
    "^@", "@>", "<@", "&&", "~~", "!~~", "~~*", "!~~*", "~*",  "!~", "!~*", "<->", "<=>", "!~~~", "~~~"};

bool is_long_operator(std::string_view op) {
    for (const std::string_view one : kLongOperators) {
        if (one == op) {
            return true;
        }
    }
    return false;
}

// How many bytes of a run of punctuation are its first operator.
size_t first_operator(std::string_view run) {
    if (run.size() == 1 || is_long_operator(run)) {
        return run.size();
    }
    // The longest known operator wins, as in `:=-1`; what is left may only be signs, or the run is one of the engine's.
    for (size_t length = std::min<size_t>(4, run.size() - 1); length > 0; --length) {
        const bool known = length == 1 || is_long_operator(run.substr(0, length));
        if (known && run.find_first_not_of("+-*@<>", length) == std::string_view::npos) {
            return length;
        }
    }
    return run.size();
}

}  // namespace

std::vector<Token> split_operators(std::string_view text, std::vector<Token> tokens) {
    std::vector<Token> result;
    result.reserve(tokens.size());
    for (Token token : tokens) {
        while (token.kind == TokenKind::kOperator) {
            const size_t length = first_operator(token.span.in(text));
            if (length >= token.span.length) {
                break;
            }
            result.push_back({TokenKind::kOperator, {token.span.offset, length}});
            token.span = {token.span.offset + length, token.span.length - length};
        }
        result.push_back(token);
    }
    return result;
}

std::string_view operator_text(Operator op) {
    constexpr std::array<std::string_view, 21> kTexts = {"",   "OR", "AND", "NOT", "=", "<>", "<",
                                                         "<=", ">",  ">=",  "||",  "+", "-",  "*",
                                                         "/",  "//", "%",   "^",   "-", "+",  "?"};
    return kTexts[static_cast<size_t>(op)];
}

CodeParser::Nesting::Nesting(CodeParser& parser) : parser_(parser) {
    if (++parser_.nesting_ > kNestingMost) {
        --parser_.nesting_;
        parser_.fail("54001", "nesting is too deep", parser_.cursor_.peek().span,
                     "At most " + std::to_string(kNestingMost) + " levels are allowed.");
    }
}

void CodeParser::fail(std::string_view sqlstate, std::string message, Span where, std::string hint) {
    diagnostics_.error(sqlstate, std::move(message), where).hint = std::move(hint);
    throw Stop{};
}

void CodeParser::unexpected(std::initializer_list<std::string_view> expected, std::string hint) {
    const Error error = cursor_.unexpected(expected);
    std::string message = error.message;
    if (cursor_.at_end()) {
        const bool at_semicolon = cursor_.at_symbol(';');
        message.replace(0, std::string_view("the statement ends too early").size(),
                        at_semicolon ? "unexpected ;" : "the code ends too early");
    }
    // One missing END or bracket is noticed by every level that it leaves open; the first one tells it.
    const auto& all = diagnostics_.all();
    if (cursor_.peek().kind == TokenKind::kEnd && !all.empty() && all.back().where == cursor_.peek().span) {
        throw Stop{};
    }
    fail("42601", std::move(message), cursor_.peek().span, std::move(hint));
}

void CodeParser::expect_word(std::string_view word) {
    if (!cursor_.accept_word(word)) {
        std::string upper(word);
        for (char& c : upper) {
            c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        }
        unexpected({upper});
    }
}

void CodeParser::expect_symbol(char symbol) {
    if (!cursor_.accept_symbol(symbol)) {
        unexpected({std::string_view(&symbol, 1)});
    }
}

bool CodeParser::at_operator(std::string_view op, size_t ahead) const {
    return cursor_.peek(ahead).kind == TokenKind::kOperator && cursor_.text_of(cursor_.peek(ahead)) == op;
}

bool CodeParser::accept_operator(std::string_view op) {
    if (!at_operator(op)) {
        return false;
    }
    cursor_.advance();
    return true;
}

// The range from a token to the last one that was read.
Span CodeParser::span_from(size_t start_token) const {
    const Span first = tokens_[std::min(start_token, tokens_.size() - 1)].span;
    if (cursor_.index() <= start_token) {
        return first;
    }
    return Span::from_to(first, tokens_[cursor_.index() - 1].span);
}

NamePart CodeParser::parse_name(std::string_view what) {
    const Token& token = cursor_.peek();
    const bool reserved =
        token.kind == TokenKind::kWord && keyword_category(cursor_.text_of(token)) == KeywordCategory::kReserved;
    if (!cursor_.at_name() || reserved) {
        unexpected({what}, reserved ? "This word is reserved; quote it to use it as a name." : "");
    }
    NamePart part{name_value(cursor_.text(), token), token.span};
    cursor_.advance();
    return part;
}

std::vector<NamePart> CodeParser::parse_qualified_name(std::string_view what) {
    std::vector<NamePart> parts{parse_name(what)};
    while (parts.size() < 3 && cursor_.at_symbol('.') && cursor_.at_name(1)) {
        cursor_.advance();
        parts.push_back({name_value(cursor_.text(), cursor_.peek()), cursor_.peek().span});
        cursor_.advance();
    }
    return parts;
}

}  // namespace kodiak::language
