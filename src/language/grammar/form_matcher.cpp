#include "language/grammar/form_matcher.hpp"

#include <algorithm>

namespace kodiak::language {
namespace {

struct Rule {
    std::string_view name;
    std::string_view grammar;
};

// Rules made of others. The rest (name, qname, string, ...) are matched by match_basic.
constexpr Rule kRules[] = {
    {"point",
     "BRANCH name [TIMESTAMP expr | COMMIT id | (SNAPSHOT | TAG) name] | TIMESTAMP expr | COMMIT id | (SNAPSHOT | TAG) "
     "name | "
     "bare"},
    {"from", "WATERMARK name | point"},
    {"event", "INSERT | UPDATE [OF list(column:name)] | DELETE | TRUNCATE"},
    {"argument", "name (=> | :=) expr | expr"},
    {"level", "READ UNCOMMITTED | READ COMMITTED | REPEATABLE READ | SNAPSHOT | SERIALIZABLE"},
    {"right", "word [(list(name))]"},
    {"parameter", "[IN | OUT | INOUT | VARIADIC] name type [(DEFAULT | = | :=) expr]"},
    {"result", "TABLE (list(name type)) | [SETOF] type"},
    {"attribute", "LANGUAGE name | IMMUTABLE | STABLE | VOLATILE | STRICT | SECURITY (INVOKER | DEFINER)"},
    {"body", "AS string | string | BEGIN query | DECLARE query | RETURN query"},
};

class GrammarReader {
   public:
    explicit GrammarReader(std::string_view text) : text_(text) {}

    GrammarNode choice() {
        GrammarNode node{GrammarNode::Kind::kChoice, "", "", {sequence()}};
        while (next_is('|')) {
            ++at_;
            node.children.push_back(sequence());
        }
        return node.children.size() == 1 ? std::move(node.children[0]) : node;
    }

   private:
    bool next_is(char c) {
        while (at_ < text_.size() && text_[at_] == ' ') {
            ++at_;
        }
        return at_ < text_.size() && text_[at_] == c;
    }

    GrammarNode sequence() {
        GrammarNode node{GrammarNode::Kind::kSequence, "", "", {}};
        while (!next_is('|') && !next_is(']') && !next_is('}') && !next_is(')') && at_ < text_.size()) {
            node.children.push_back(item());
        }
        return node;
    }

    GrammarNode bracketed(GrammarNode::Kind kind) {
        ++at_;
        GrammarNode node{kind, "", "", {choice()}};
        next_is(']');
        ++at_;
        return node;
    }

    static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

    std::string_view word() {
        const size_t start = at_;
        while (at_ < text_.size() && is_letter(text_[at_])) {
            ++at_;
        }
        return text_.substr(start, at_ - start);
    }

    // ( a | b ) groups; a bracket around anything else is one of the language: (list(x)), (condition:expr).
    GrammarNode parenthesis() {
        size_t depth = 0;
        bool group = false;
        for (size_t i = at_; i < text_.size(); ++i) {
            depth += text_[i] == '(' || text_[i] == '[' ? 1 : 0;
            depth -= text_[i] == ')' || text_[i] == ']' ? 1 : 0;
            group = group || (depth == 1 && text_[i] == '|');
            if (depth == 0) {
                break;
            }
        }
        ++at_;
        GrammarNode inner = choice();
        next_is(')');
        ++at_;
        if (group) {
            return inner;
        }
        return {
            GrammarNode::Kind::kSequence,
            "",
            "",
            {{GrammarNode::Kind::kSymbol, "(", "", {}}, std::move(inner), {GrammarNode::Kind::kSymbol, ")", "", {}}}};
    }

    GrammarNode item() {
        if (next_is('[')) {
            return bracketed(GrammarNode::Kind::kOptional);
        }
        if (next_is('{')) {
            return bracketed(GrammarNode::Kind::kRepeat);
        }
        if (next_is('(')) {
            return parenthesis();
        }
        if (next_is('!')) {
            ++at_;
            return {GrammarNode::Kind::kCut, "", "", {}};
        }
        if (!is_letter(text_[at_])) {
            const size_t start = at_;
            while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != ')' && text_[at_] != ']') {
                ++at_;
            }
            return {GrammarNode::Kind::kSymbol, std::string(text_.substr(start, at_ - start)), "", {}};
        }
        const std::string_view first = word();
        if (first == "list" && at_ < text_.size() && text_[at_] == '(') {
            ++at_;
            GrammarNode node{GrammarNode::Kind::kList, "", "", {choice()}};
            next_is(')');
            ++at_;
            return node;
        }
        if (first[0] >= 'A' && first[0] <= 'Z') {
            return {GrammarNode::Kind::kWord, fold_name(first), "", {}};
        }
        if (at_ < text_.size() && text_[at_] == ':' && at_ + 1 < text_.size() && is_letter(text_[at_ + 1])) {
            ++at_;
            return {GrammarNode::Kind::kRule, std::string(word()), std::string(first), {}};
        }
        return {GrammarNode::Kind::kRule, std::string(first), "", {}};
    }

    std::string_view text_;
    size_t at_ = 0;
};

std::string upper(std::string text) {
    for (char& c : text) {
        c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return text;
}

}  // namespace

GrammarNode read_grammar(std::string_view grammar) { return GrammarReader(grammar).choice(); }

bool FormMatcher::expect(std::string_view what) {
    if (cursor().index() > furthest_) {
        furthest_ = cursor().index();
        expected_.clear();
    }
    if (cursor().index() == furthest_ && std::find(expected_.begin(), expected_.end(), what) == expected_.end()) {
        expected_.emplace_back(what);
    }
    return false;
}

bool FormMatcher::match(const GrammarNode& grammar) {
    if (!match_node(grammar, false)) {
        return false;
    }
    cursor().accept_symbol(';');
    return cursor().peek().kind == TokenKind::kEnd || expect("the end of the statement");
}

Error FormMatcher::error() {
    cursor().move_to(furthest_);
    const Token& token = cursor().peek();
    std::string shown(cursor().text_of(token).substr(0, 40));
    std::string message = token.kind == TokenKind::kEnd ? "the statement ends too early" : "unexpected " + shown;
    const size_t count = std::min<size_t>(expected_.size(), 5);
    for (size_t i = 0; i < count; ++i) {
        message += (i == 0 ? ", expected " : i + 1 == count ? " or " : ", ") + expected_[i];
    }
    return cursor().error_at(ErrorCode::kSyntax, std::move(message), token.span);
}

bool FormMatcher::match_children(const GrammarNode& node, bool optional) {
    for (const GrammarNode& child : node.children) {
        if (!match_node(child, optional)) {
            return false;
        }
    }
    return true;
}

bool FormMatcher::match_list(const GrammarNode& node) {
    do {
        if (!match_children(node, false)) {
            return false;
        }
    } while (cursor().accept_symbol(','));
    return true;
}

bool FormMatcher::match_node(const GrammarNode& node, bool optional) {
    const size_t start = cursor().index();
    const size_t fields = fields_.size();
    const auto undo = [&] {
        cursor().move_to(start);
        fields_.resize(fields);
        return false;
    };
    switch (node.kind) {
        case GrammarNode::Kind::kCut:
            cut_ = true;
            return true;
        case GrammarNode::Kind::kWord:
            if (!cursor().at_word(node.text)) {
                return expect(upper(node.text));
            }
            if (optional) {
                fields_.push_back({"word", cursor().peek().span});
            }
            cursor().advance();
            return true;
        case GrammarNode::Kind::kSymbol:
            if (cursor().at_end() || cursor().text_of(cursor().peek()) != node.text) {
                return expect(node.text);
            }
            cursor().advance();
            return true;
        case GrammarNode::Kind::kSequence:
            return match_children(node, optional) || undo();
        case GrammarNode::Kind::kChoice:
            for (const GrammarNode& child : node.children) {
                if (match_node(child, true)) {
                    return true;
                }
            }
            return undo();
        case GrammarNode::Kind::kOptional:
            static_cast<void>(match_node(node.children[0], true) || undo());
            return true;
        case GrammarNode::Kind::kRepeat:
            while (!cursor().at_end() && match_node(node.children[0], true)) {
            }
            return true;
        case GrammarNode::Kind::kList:
            return match_list(node) || undo();
        case GrammarNode::Kind::kRule:
            return match_rule(node) || undo();
    }
    return false;
}

bool FormMatcher::match_rule(const GrammarNode& node) {
    const size_t start = cursor().index();
    bool matched = false;
    bool composed = false;
    for (const Rule& rule : kRules) {
        if (rule.name == node.text) {
            composed = true;
            matched = match_node(read_grammar(rule.grammar), true);
        }
    }
    if (!composed) {
        matched = match_basic(node.text);
    }
    if (matched && !node.label.empty()) {
        fields_.push_back({node.label, parser_.span_from(start)});
    }
    return matched;
}

bool FormMatcher::match_basic(const std::string& rule) {
    const TokenKind kind = cursor().peek().kind;
    const auto take = [&](bool fits, std::string_view what) {
        if (!fits) {
            return expect(what);
        }
        cursor().advance();
        return true;
    };
    if (rule == "string") {
        return take(cursor().at_string(), "a text in quotes");
    }
    if (rule == "integer") {
        return take(kind == TokenKind::kNumber, "a number");
    }
    if (rule == "word") {
        return take(kind == TokenKind::kWord, "a word");
    }
    if (rule == "duration") {
        return take(kind == TokenKind::kDuration || cursor().at_string(), "a duration");
    }
    if (rule == "id") {
        return take(kind == TokenKind::kNumber || kind == TokenKind::kParameter || cursor().at_string(),
                    "a number or a text in quotes");
    }
    if (rule == "query") {
        if (cursor().at_end()) {
            return expect("a query");
        }
        while (cursor().peek().kind != TokenKind::kEnd) {
            cursor().advance();
        }
        return true;
    }
    const size_t start = cursor().index();
    const bool read = parser_.guarded([&] {
        if (rule == "name") {
            parser_.parse_name("a name");
        } else if (rule == "qname") {
            parser_.parse_qualified_name("a name");
        } else if (rule == "type") {
            parser_.parse_type();
        } else {
            parser_.parse_expression();
        }
    });
    if (!read) {
        cursor().move_to(start);
        return expect(rule == "expr"   ? "an expression"
                      : rule == "type" ? "a type"
                      : rule == "bare" ? "a point"
                                       : "a name");
    }
    return true;
}

}  // namespace kodiak::language
