// Statement lists, blocks, declarations, handlers, and going on behind an error.

#include <algorithm>
#include <array>

#include "language/diagnostics.hpp"
#include "language/parser/code_parser.hpp"
#include "language/parser/conditions.hpp"

namespace kodiak::language {
namespace {

// Words that a statement of the language starts with; behind an error on an earlier line the parser goes on there.
constexpr std::array<std::string_view, 16> kStarts = {"if",      "for",    "while", "loop",    "return", "raise",
                                                      "let",     "begin",  "try",   "foreach", "exit",   "continue",
                                                      "perform", "assert", "call",  "declare"};

// First words of SQL statements that may stand in a body.
constexpr std::array<std::string_view, 44> kSqlWords = {
    "select",   "insert",   "update",  "delete",   "merge",  "upsert", "with",    "values",  "from",
    "create",   "drop",     "alter",   "truncate", "copy",   "set",    "reset",   "show",    "switch",
    "checkout", "advance",  "get",     "diff",     "revert", "cherry", "restore", "undrop",  "blame",
    "resolve",  "refresh",  "run",     "apply",    "plan",   "prove",  "verify",  "erase",   "vacuum",
    "compact",  "optimize", "analyze", "comment",  "grant",  "revoke", "pivot",   "describe"};

}  // namespace

Block* CodeParser::parse_body() {
    Block* block = nullptr;
    guarded([&] {
        while (accept_operator("#")) {
            const Span option = cursor_.peek().span;
            if (!cursor_.accept_word("variable_conflict")) {
                unexpected({"variable_conflict"});
            }
            if (!cursor_.at_word("use_variable") && !cursor_.at_word("use_column") && !cursor_.at_word("error")) {
                unexpected({"use_variable", "use_column", "error"});
            }
            if (!variable_conflict_.empty()) {
                fail("42601", "variable_conflict is given twice", option);
            }
            variable_conflict_ = fold_name(cursor_.text_of(cursor_.peek()));
            cursor_.advance();
        }
        block = parse_block(parse_label());
        cursor_.accept_symbol(';');
        if (cursor_.peek().kind != TokenKind::kEnd) {
            unexpected({"the end of the code"});
        }
    });
    return block;
}

Expression* CodeParser::parse_return_body() {
    Expression* value = nullptr;
    const bool read = guarded([&] {
        expect_word("return");
        value = parse_full_expression();
        cursor_.accept_symbol(';');
        if (cursor_.peek().kind != TokenKind::kEnd) {
            unexpected({"the end of the code"});
        }
    });
    return read ? value : nullptr;
}

std::vector<SqlText> CodeParser::parse_sql_body() {
    std::vector<SqlText> statements;
    guarded([&] {
        while (cursor_.peek().kind != TokenKind::kEnd) {
            if (cursor_.accept_symbol(';')) {
                continue;
            }
            const size_t start = cursor_.index();
            SqlText sql;
            sql.is_query = at_query_start();
            while (cursor_.peek().kind != TokenKind::kEnd && !cursor_.at_symbol(';')) {
                cursor_.advance();
            }
            sql.span = span_from(start);
            sql.pieces = {sql.span};
            statements.push_back(std::move(sql));
        }
        if (statements.empty()) {
            unexpected({"a SQL statement"});
        }
    });
    return statements;
}

std::string CodeParser::parse_label() {
    if (!accept_operator("<<")) {
        return "";
    }
    std::string label = parse_name("the name of a label").name;
    if (!accept_operator(">>")) {
        unexpected({">>"});
    }
    return label;
}

bool CodeParser::on_new_line() const {
    if (cursor_.index() == 0) {
        return true;
    }
    const size_t from = tokens_[cursor_.index() - 1].span.end();
    const size_t to = cursor_.peek().span.offset;
    return cursor_.text().substr(from, to - from).find('\n') != std::string_view::npos;
}

// Words that end a list of statements.
bool CodeParser::at_list_end() const {
    if (cursor_.peek().kind == TokenKind::kEnd || cursor_.at_word("end") || cursor_.at_word("else") ||
        cursor_.at_word("when")) {
        return true;
    }
    const bool handlers = cursor_.at_word("exception") && cursor_.at_word("when", 1);
    const bool contextual =
        cursor_.at_word("elsif") || cursor_.at_word("elseif") || handlers || cursor_.at_word("finally");
    return contextual && !at_assignment();
}

Statements CodeParser::parse_statements() {
    Statements statements;
    const Nesting nesting(*this);
    while (!at_list_end()) {
        if (cursor_.accept_symbol(';')) {
            continue;
        }
        const size_t start = cursor_.index();
        const bool read = guarded([&] { statements.push_back(parse_statement()); });
        if (!read) {
            recover(start);
        }
        if (diagnostics_.full()) {
            throw Stop{};
        }
    }
    return statements;
}

BodyStatement* CodeParser::parse_statement() {
    const size_t start = cursor_.index();
    BodyStatement* statement = dispatch(start);
    statement->span = span_from(start);
    const bool sql = statement->kind == BodyKind::kSql || statement->kind == BodyKind::kReturnQuery ||
                     statement->kind == BodyKind::kOpen;
    end_statement(!sql);
    return statement;
}

void CodeParser::end_statement(bool line_end_suffices) {
    if (cursor_.accept_symbol(';') || (line_end_suffices && on_new_line())) {
        return;
    }
    const Error error = cursor_.unexpected({";"});
    const bool noticed = !diagnostics_.all().empty() && diagnostics_.all().back().where == cursor_.peek().span;
    if (!noticed) {
        diagnostics_.error("42601", error.message, cursor_.peek().span);
    }
    bool starts = cursor_.peek().kind == TokenKind::kEnd || at_list_end() || at_assignment();
    for (const std::string_view word : kStarts) {
        starts = starts || cursor_.at_word(word);
    }
    if (!starts) {
        recover(cursor_.index());
    }
}

// Skips what follows an error: to behind the next `;`, or to a word that ends the list, or, on a later line, to a word
// that starts a statement.
void CodeParser::recover(size_t start) {
    size_t cases = 0;
    if (cursor_.index() == start && !at_list_end()) {
        cursor_.advance();
    }
    while (cursor_.peek().kind != TokenKind::kEnd) {
        if (cursor_.accept_symbol(';')) {
            return;
        }
        if (cases == 0 && at_list_end()) {
            return;
        }
        if (cursor_.at_word("case")) {
            ++cases;
        } else if (cursor_.at_word("end") && cases > 0) {
            --cases;
        } else if (on_new_line()) {
            for (const std::string_view word : kStarts) {
                if (cursor_.at_word(word)) {
                    return;
                }
            }
        }
        cursor_.advance();
    }
}

// name {.field | [index]} := or =
bool CodeParser::at_assignment() const {
    const Token& first = cursor_.peek();
    if (!cursor_.at_name() ||
        (first.kind == TokenKind::kWord && keyword_category(cursor_.text_of(first)) == KeywordCategory::kReserved)) {
        return false;
    }
    size_t ahead = 1;
    bool subscripts = false;
    while (true) {
        if (cursor_.at_symbol('.', ahead) && cursor_.at_name(ahead + 1)) {
            ahead += 2;
        } else if (cursor_.at_symbol('[', ahead)) {
            subscripts = true;
            size_t depth = 0;
            do {
                if (cursor_.peek(ahead).kind == TokenKind::kEnd || cursor_.at_symbol(';', ahead)) {
                    return false;
                }
                depth += cursor_.at_symbol('[', ahead) ? 1 : 0;
                depth -= cursor_.at_symbol(']', ahead) ? 1 : 0;
                ++ahead;
            } while (depth > 0);
        } else {
            break;
        }
    }
    // RETURN [1] = [2] and IF [1] = x THEN are no assignments.
    return at_operator(":=", ahead) || (at_operator("=", ahead) && !(subscripts && cursor_.at_symbol('[', 1)));
}

BodyStatement* CodeParser::dispatch(size_t start) {
    if (at_assignment()) {
        return parse_assign();
    }
    if (at_operator("<<")) {
        std::string label = parse_label();
        if (cursor_.at_word("begin") || cursor_.at_word("declare")) {
            return parse_block(std::move(label));
        }
        if (cursor_.at_word("for") || cursor_.at_word("foreach")) {
            return parse_for(std::move(label));
        }
        return parse_loop(std::move(label));
    }
    if (BodyStatement* statement = parse_keyword_statement()) {
        return statement;
    }
    for (const std::string_view word : kSqlWords) {
        if (cursor_.at_word(word)) {
            return parse_sql();
        }
    }
    if (cursor_.at_symbol('(') && at_query_start()) {
        return parse_sql();
    }
    std::vector<std::string> words(kStarts.begin(), kStarts.end());
    words.insert(words.end(), kSqlWords.begin(), kSqlWords.end());
    std::string hint;
    if (cursor_.at_name()) {
        const bool call = cursor_.at_symbol('(', 1) || cursor_.at_symbol('.', 1);
        hint = call ? "Use CALL to run a procedure, PERFORM to run a function."
                    : did_you_mean(cursor_.text_of(cursor_.peek()), words);
    }
    cursor_.move_to(start);
    unexpected({"a statement"}, std::move(hint));
}

BodyStatement* CodeParser::parse_keyword_statement() {
    using Parse = BodyStatement* (*)(CodeParser&);
    struct Keyword {
        std::string_view word;
        Parse parse;
    };
    static constexpr Keyword kKeywords[] = {
        {"begin", [](CodeParser& p) -> BodyStatement* { return p.parse_block(""); }},
        {"declare", [](CodeParser& p) -> BodyStatement* { return p.parse_block(""); }},
        {"let", [](CodeParser& p) { return p.parse_let(); }},
        {"if", [](CodeParser& p) { return p.parse_if(); }},
        {"case", [](CodeParser& p) { return p.parse_case_statement(); }},
        {"loop", [](CodeParser& p) { return p.parse_loop(""); }},
        {"while", [](CodeParser& p) { return p.parse_loop(""); }},
        {"for", [](CodeParser& p) { return p.parse_for(""); }},
        {"foreach", [](CodeParser& p) { return p.parse_for(""); }},
        {"exit", [](CodeParser& p) { return p.parse_jump(false); }},
        {"break", [](CodeParser& p) { return p.parse_jump(false); }},
        {"continue", [](CodeParser& p) { return p.parse_jump(true); }},
        {"return", [](CodeParser& p) { return p.parse_return(); }},
        {"raise", [](CodeParser& p) { return p.parse_raise(); }},
        {"assert", [](CodeParser& p) { return p.parse_assert(); }},
        {"try", [](CodeParser& p) { return p.parse_try(); }},
        {"null", [](CodeParser& p) { return p.parse_null(); }},
        {"perform", [](CodeParser& p) { return p.parse_perform(); }},
        {"call", [](CodeParser& p) { return p.parse_call_statement(); }},
        {"execute", [](CodeParser& p) { return p.parse_execute(); }},
        {"open", [](CodeParser& p) { return p.parse_open(); }},
        {"fetch", [](CodeParser& p) { return p.parse_fetch(false); }},
        {"move", [](CodeParser& p) { return p.parse_fetch(true); }},
        {"close", [](CodeParser& p) { return p.parse_close(); }},
        {"commit", [](CodeParser& p) { return p.parse_transaction_end(true); }},
        {"rollback", [](CodeParser& p) { return p.parse_transaction_end(false); }},
    };
    if (cursor_.at_word("get") &&
        (cursor_.at_word("diagnostics", 1) || cursor_.at_word("stacked", 1) || cursor_.at_word("current", 1))) {
        return parse_get_diagnostics();
    }
    if (cursor_.at_word("savepoint") || cursor_.at_word("release")) {
        fail("0A000", "savepoints by name are not allowed in code", cursor_.peek().span, "Use a TRY block.");
    }
    for (const Keyword& keyword : kKeywords) {
        if (cursor_.at_word(keyword.word)) {
            return keyword.parse(*this);
        }
    }
    return nullptr;
}

// [DECLARE ...] BEGIN ... [EXCEPTION ...] END [label]
Block* CodeParser::parse_block(std::string label) {
    Block* block = ast_.statement<Block>();
    const size_t start = cursor_.index();
    block->label = std::move(label);
    if (cursor_.accept_word("declare")) {
        parse_declarations(block);
    }
    expect_word("begin");
    cursor_.accept_word("atomic");
    block->statements = parse_statements();
    if (cursor_.accept_word("exception")) {
        parse_handlers(block);
    }
    expect_word("end");
    parse_end_label(block->label);
    block->span = span_from(start);
    return block;
}

BodyStatement* CodeParser::parse_try() {
    Block* block = ast_.statement<Block>();
    cursor_.advance();
    block->statements = parse_statements();
    if (cursor_.accept_word("exception")) {
        parse_handlers(block);
    }
    if (cursor_.accept_word("finally")) {
        block->has_finally = true;
        block->finally = parse_statements();
    }
    if (block->handlers.empty() && !block->has_finally) {
        unexpected({"EXCEPTION", "FINALLY"});
    }
    expect_word("end");
    expect_word("try");
    return block;
}

void CodeParser::parse_end_label(const std::string& label) {
    if (!cursor_.at_name() || on_new_line() ||
        keyword_category(cursor_.text_of(cursor_.peek())) == KeywordCategory::kReserved) {
        return;
    }
    const NamePart name = parse_name("a label");
    if (!same_name(name.name, label)) {
        const std::string known = label.empty() ? "has no label" : "is called \"" + label + "\"";
        fail("42601", "end label \"" + name.name + "\" fits nothing: the block " + known, name.span);
    }
}

void CodeParser::parse_declarations(Block* block) {
    while (!cursor_.at_word("begin") && cursor_.peek().kind != TokenKind::kEnd) {
        if (cursor_.accept_symbol(';') || cursor_.accept_word("declare")) {
            continue;
        }
        const size_t start = cursor_.index();
        const bool read = guarded([&] {
            block->declarations.push_back(parse_declaration());
            if (!cursor_.accept_symbol(';') && !on_new_line()) {
                unexpected({";"});
            }
        });
        if (diagnostics_.full()) {
            throw Stop{};
        }
        while (!read && !cursor_.at_word("begin") && cursor_.peek().kind != TokenKind::kEnd) {
            if (cursor_.accept_symbol(';')) {
                break;
            }
            cursor_.advance();
        }
        if (cursor_.index() == start) {
            cursor_.advance();
        }
    }
}

Declaration CodeParser::parse_declaration() {
    Declaration declaration;
    declaration.name = parse_name("the name of a variable");
    if (cursor_.accept_words({"alias", "for"})) {
        declaration.kind = Declaration::Kind::kAlias;
        if (cursor_.peek().kind == TokenKind::kParameter) {
            declaration.alias_of = {std::string(cursor_.text_of(cursor_.peek())), cursor_.peek().span};
            cursor_.advance();
        } else {
            declaration.alias_of = parse_name("the name of a variable");
        }
        return declaration;
    }
    const bool no_scroll = cursor_.at_word("no") && cursor_.at_word("scroll", 1);
    if (no_scroll || cursor_.at_word("scroll") || cursor_.at_word("cursor")) {
        cursor_.move_to(cursor_.index() + (no_scroll ? 2 : 0));
        declaration.scroll = cursor_.accept_word("scroll");
        parse_cursor_declaration(declaration);
        return declaration;
    }
    declaration.constant = cursor_.accept_word("constant");
    declaration.type = parse_type();
    if (cursor_.accept_words({"not", "null"})) {
        declaration.not_null = true;
    }
    if (accept_operator(":=") || accept_operator("=") || cursor_.accept_word("default")) {
        declaration.value = parse_full_expression();
    } else if (declaration.not_null || declaration.constant) {
        fail(declaration.constant ? "42601" : "22004",
             "variable \"" + declaration.name.name + "\" needs a value: it is " +
                 (declaration.constant ? "CONSTANT" : "NOT NULL"),
             declaration.name.span);
    }
    return declaration;
}

void CodeParser::parse_cursor_declaration(Declaration& declaration) {
    declaration.kind = Declaration::Kind::kCursor;
    expect_word("cursor");
    if (cursor_.accept_symbol('(')) {
        do {
            CursorParameter parameter;
            parameter.name = parse_name("the name of a parameter");
            parameter.type = parse_type();
            declaration.parameters.push_back(std::move(parameter));
        } while (cursor_.accept_symbol(','));
        expect_symbol(')');
    }
    if (!cursor_.accept_word("for") && !cursor_.accept_word("is")) {
        unexpected({"FOR", "IS"});
    }
    declaration.query = parse_query_until("");
}

void CodeParser::parse_handlers(Block* block) {
    while (cursor_.at_word("when")) {
        const size_t start = cursor_.index();
        cursor_.advance();
        ExceptionHandler handler;
        guarded([&] {
            do {
                handler.conditions.push_back(parse_condition());
            } while (cursor_.accept_word("or"));
        });
        if (diagnostics_.full()) {
            throw Stop{};
        }
        while (!cursor_.at_word("then") && !at_list_end() && !cursor_.at_symbol(';')) {
            cursor_.advance();
        }
        expect_word("then");
        handler.statements = parse_statements();
        handler.span = span_from(start);
        block->handlers.push_back(std::move(handler));
    }
    if (block->handlers.empty()) {
        unexpected({"WHEN"});
    }
}

HandlerCondition CodeParser::parse_condition() {
    HandlerCondition condition;
    condition.span = cursor_.peek().span;
    if (cursor_.accept_word("others")) {
        condition.others = true;
        return condition;
    }
    if (cursor_.at_word("sqlstate") && tokens_[cursor_.index() + 1].kind == TokenKind::kString) {
        cursor_.advance();
        condition.span = cursor_.peek().span;
        condition.sqlstate = string_literal()->text;
        if (!is_sqlstate(condition.sqlstate)) {
            fail("42601", "\"" + condition.sqlstate + "\" is no SQLSTATE", condition.span,
                 "A SQLSTATE is five digits and capital letters.");
        }
        return condition;
    }
    const NamePart name = parse_name("the name of a condition");
    condition.sqlstate = sqlstate_of_condition(name.name);
    if (condition.sqlstate.empty()) {
        std::vector<std::string> names;
        for (const std::string_view one : condition_names()) {
            names.emplace_back(one);
        }
        fail("42704", "condition \"" + name.name + "\" does not exist", name.span, did_you_mean(name.name, names));
    }
    return condition;
}

}  // namespace kodiak::language
