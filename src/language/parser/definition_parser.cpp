#include "language/parser/definition_parser.hpp"

#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/parser/code_parser.hpp"

namespace kodiak::language {
namespace {

constexpr size_t kBodyBytesMost = size_t{1} << 20;
constexpr size_t kParametersMost = 100;

class DefinitionParser {
   public:
    DefinitionParser(std::string_view text, const std::vector<Token>& tokens, DiagnosticList& diagnostics)
        : text_(text),
          tokens_(tokens),
          diagnostics_(diagnostics),
          parser_(text, tokens, *definition_.ast, diagnostics) {}

    CodeDefinition parse() {
        parser_.guarded([&] {
            if (cursor().accept_word("do")) {
                parse_do();
            } else {
                parse_create();
            }
        });
        return std::move(definition_);
    }

   private:
    TokenCursor& cursor() { return parser_.cursor(); }

    void parse_do() {
        definition_.kind = CodeKind::kDo;
        accept_language();
        if (cursor().at_string()) {
            const size_t body = cursor().index();
            cursor().advance();
            accept_language();
            expect_end();
            take_quoted_body(tokens_[body]);
        } else {
            take_open_body();
        }
    }

    void parse_create() {
        parser_.expect_word("create");
        definition_.replace = cursor().accept_words({"or", "replace"});
        if (cursor().accept_word("procedure")) {
            definition_.kind = CodeKind::kProcedure;
        } else if (cursor().accept_word("test")) {
            definition_.kind = CodeKind::kTest;
        } else {
            parser_.expect_word("function");
        }
        definition_.name = parser_.parse_qualified_name("a name");
        if (definition_.kind == CodeKind::kTest) {
            if (cursor().accept_word("for")) {
                definition_.test_for = parser_.parse_qualified_name("the name of a function or table");
            }
        } else {
            parse_parameters();
            if (definition_.kind == CodeKind::kFunction && cursor().accept_word("returns")) {
                if (cursor().accept_words({"null", "on", "null", "input"})) {
                    definition_.strict = true;
                } else {
                    parse_result();
                }
            }
        }
        parse_attributes_and_body();
    }

    void parse_parameters() {
        parser_.expect_symbol('(');
        while (!cursor().at_symbol(')')) {
            definition_.parameters.push_back(parse_parameter());
            if (definition_.parameters.size() > kParametersMost) {
                parser_.fail("54023", "more than 100 parameters", cursor().peek().span);
            }
            if (!cursor().accept_symbol(',')) {
                break;
            }
        }
        parser_.expect_symbol(')');
    }

    Parameter parse_parameter() {
        Parameter parameter;
        const auto mode = [&](std::string_view word) { return cursor().at_word(word) && named_type_follows(); };
        if (mode("in") || mode("out") || mode("inout") || mode("variadic")) {
            parameter.mode = cursor().at_word("in")      ? ParameterMode::kIn
                             : cursor().at_word("out")   ? ParameterMode::kOut
                             : cursor().at_word("inout") ? ParameterMode::kInOut
                                                         : ParameterMode::kVariadic;
            cursor().advance();
        }
        parameter.name = parser_.parse_name("the name of a parameter");
        parameter.type = parser_.parse_type();
        if (parser_.accept_operator(":=") || parser_.accept_operator("=") || cursor().accept_word("default")) {
            parameter.default_value = parser_.parse_expression();
        }
        return parameter;
    }

    // `out INT` is a parameter called out; `out n INT` has a mode.
    bool named_type_follows() { return cursor().at_name(1) && (cursor().at_name(2) || cursor().at_symbol('[', 2)); }

    void parse_result() {
        const size_t start = cursor().index();
        ResultClause& result = definition_.result;
        if (cursor().accept_word("void")) {
            result.kind = ResultKind::kVoid;
        } else if (cursor().accept_word("trigger")) {
            result.kind = ResultKind::kTrigger;
        } else if (cursor().at_word("table") && cursor().at_symbol('(', 1)) {
            result.kind = ResultKind::kTable;
            cursor().move_to(cursor().index() + 2);
            do {
                Parameter column;
                column.name = parser_.parse_name("the name of a column");
                column.type = parser_.parse_type();
                result.columns.push_back(std::move(column));
            } while (cursor().accept_symbol(','));
            parser_.expect_symbol(')');
        } else {
            result.kind = cursor().accept_word("setof") ? ResultKind::kSetOf : ResultKind::kType;
            result.type = parser_.parse_type();
        }
        result.span = parser_.span_from(start);
    }

    void accept_language() {
        if (!cursor().accept_word("language")) {
            return;
        }
        const Span span = cursor().peek().span;
        std::string name = fold_name(cursor().text_of(cursor().peek()));
        if (cursor().at_string()) {
            name = fold_name(string_value(text_, cursor().peek()).value_or(""));
        }
        const bool known = name == "grizzly" || name == "plpgsql" || name == "sql";
        if (!known || (name == "sql" && definition_.kind == CodeKind::kDo)) {
            parser_.fail("42704", "language \"" + name + "\" does not exist", span,
                         did_you_mean(name, {"grizzly", "plpgsql", "sql"}));
        }
        definition_.language = name == "grizzly"   ? CodeLanguage::kGrizzly
                               : name == "plpgsql" ? CodeLanguage::kPlpgsql
                                                   : CodeLanguage::kSql;
        cursor().advance();
    }

    void parse_attributes_and_body() {
        std::optional<Token> quoted;
        while (!cursor().at_end()) {
            if (cursor().at_word("begin") || cursor().at_word("declare") || cursor().at_word("return") ||
                parser_.at_operator("<<")) {
                if (quoted) {
                    parser_.unexpected({"an attribute", "the end of the statement"});
                }
                take_open_body();
                return;
            }
            if (!quoted && cursor().accept_word("as")) {
                if (!cursor().at_string()) {
                    parser_.unexpected({"the body in quotes"}, "A body without quotes stands without AS.");
                }
                quoted = cursor().peek();
                cursor().advance();
                continue;
            }
            parse_attribute();
        }
        expect_end();
        if (!quoted) {
            parser_.unexpected({"AS and the body in quotes", "BEGIN", "DECLARE", "RETURN"});
        }
        take_quoted_body(*quoted);
    }

    void parse_attribute() {
        const Span span = cursor().peek().span;
        if (cursor().at_word("language")) {
            accept_language();
        } else if (cursor().at_word("immutable") || cursor().at_word("stable") || cursor().at_word("volatile")) {
            definition_.volatility = cursor().at_word("immutable") ? Volatility::kImmutable
                                     : cursor().at_word("stable")  ? Volatility::kStable
                                                                   : Volatility::kVolatile;
            definition_.volatility_span = span;
            cursor().advance();
        } else if (cursor().accept_word("strict") ||
                   cursor().accept_words({"returns", "null", "on", "null", "input"})) {
            definition_.strict = true;
        } else if (cursor().accept_words({"called", "on", "null", "input"})) {
            definition_.strict = false;
        } else if (cursor().accept_words({"security", "invoker"}) || cursor().accept_words({"security", "definer"})) {
            definition_.security_definer = tokens_[cursor().index() - 1].span.length == 7 && is_definer();
        } else if (cursor().accept_word("set")) {
            parse_setting();
        } else if (cursor().at_word("with") && cursor().at_symbol('(', 1)) {
            parse_limits();
        } else if (cursor().accept_word("cost") || cursor().accept_word("rows") || cursor().accept_word("parallel")) {
            cursor().advance();  // planner hints
        } else if (!cursor().accept_word("leakproof")) {
            parser_.unexpected({"LANGUAGE", "IMMUTABLE", "STRICT", "AS and the body in quotes", "BEGIN"});
        }
    }

    bool is_definer() { return same_word(tokens_[cursor().index() - 1].span.in(text_), "definer"); }

    std::string value_text() {
        const Token& token = cursor().peek();
        std::string value =
            cursor().at_string() ? string_value(text_, token).value_or("") : std::string(cursor().text_of(token));
        cursor().advance();
        return value;
    }

    void parse_setting() {
        CodeSetting setting;
        setting.name = parser_.parse_name("the name of a setting").name;
        if (!parser_.accept_operator("=") && !cursor().accept_word("to")) {
            parser_.unexpected({"="});
        }
        setting.value = value_text();
        definition_.settings.push_back(std::move(setting));
    }

    void parse_limits() {
        cursor().move_to(cursor().index() + 2);
        do {
            const NamePart name = parser_.parse_name("the name of a limit");
            if (!same_word(name.name, "timeout") && !same_word(name.name, "max_memory") &&
                !same_word(name.name, "max_depth")) {
                parser_.fail("42704", "limit \"" + name.name + "\" does not exist", name.span,
                             did_you_mean(name.name, {"timeout", "max_memory", "max_depth"}));
            }
            if (!parser_.accept_operator("=")) {
                parser_.unexpected({"="});
            }
            definition_.limits.push_back({fold_name(name.name), value_text()});
        } while (cursor().accept_symbol(','));
        parser_.expect_symbol(')');
    }

    void expect_end() {
        cursor().accept_symbol(';');
        if (cursor().peek().kind != TokenKind::kEnd) {
            parser_.unexpected({"the end of the statement"});
        }
    }

    // A body without quotes reaches to the end of the statement.
    void take_open_body() {
        if (!cursor().at_word("begin") && !cursor().at_word("declare") && !cursor().at_word("return") &&
            !parser_.at_operator("<<")) {
            parser_.unexpected({"the body in quotes", "BEGIN", "DECLARE"});
        }
        definition_.source.offset = cursor().peek().span.offset;
        definition_.source.text = std::string(text_.substr(definition_.source.offset));
        parse_body();
    }

    void take_quoted_body(const Token& token) {
        Result<std::string> value = string_value(text_, token);
        if (!value.ok()) {
            parser_.fail("42601", value.error().message, token.span);
        }
        BodySource& source = definition_.source;
        source.text = std::move(*value);
        const std::string_view quoted = token.span.in(text_);
        size_t opener = 1;
        if (token.kind == TokenKind::kDollarString) {
            opener = quoted.find('$', 1) + 1;
        } else if (token.kind == TokenKind::kEscapeString) {
            opener = 2;
        } else {
            for (size_t i = source.text.find('\''); i != std::string::npos; i = source.text.find('\'', i + 1)) {
                source.doubled.push_back(i);
            }
        }
        source.offset = token.span.offset + opener;
        parse_body();
    }

    void parse_body() {
        const BodySource& source = definition_.source;
        if (source.text.size() > kBodyBytesMost) {
            parser_.fail("54000", "the body is longer than 1 MiB", {source.offset, 1});
        }
        DiagnosticList inside;
        const Result<std::vector<Token>> tokens = tokenize(source.text);
        if (!tokens.ok()) {
            const Error& error = tokens.error();
            parser_.fail(sqlstate(error.code), error.message, place_of(error), error.hint);
        }
        const std::vector<Token> split = split_operators(source.text, *tokens);
        CodeParser parser(source.text, split, *definition_.ast, inside);
        if (definition_.language == CodeLanguage::kSql) {
            definition_.sql_body = parser.parse_sql_body();
        } else if (parser.cursor().at_word("return")) {
            definition_.return_value = parser.parse_return_body();
        } else {
            definition_.body = parser.parse_body();
        }
        if (!parser.variable_conflict().empty()) {
            definition_.variable_conflict =
                parser.variable_conflict() == "use_variable" ? CodeDefinition::Conflict::kVariable
                : parser.variable_conflict() == "use_column" ? CodeDefinition::Conflict::kColumn
                                                             : CodeDefinition::Conflict::kError;
        }
        for (Diagnostic& one : inside.all()) {
            one.where = source.original(one.where);
        }
        diagnostics_.append(inside);
    }

    // The byte of a lexical error, from its line and column in the body.
    Span place_of(const Error& error) const {
        const std::string_view text = definition_.source.text;
        size_t offset = 0;
        for (uint32_t line = 1; line < error.position.line; ++line) {
            offset = std::min(text.find('\n', offset), text.size() - 1) + 1;
        }
        return definition_.source.original(Span{offset + error.position.column - 1, error.position.length});
    }

    std::string_view text_;
    const std::vector<Token>& tokens_;
    DiagnosticList& diagnostics_;
    CodeDefinition definition_;
    CodeParser parser_;
};

}  // namespace

size_t BodySource::original(size_t body_offset) const {
    const auto before = std::lower_bound(doubled.begin(), doubled.end(), body_offset);
    return offset + body_offset + static_cast<size_t>(before - doubled.begin());
}

bool is_code_statement(std::string_view text) {
    Lexer lexer(text);
    std::vector<Token> tokens;
    // A macro's head may be long, but what tells it apart stands before its expression.
    size_t depth = 0;
    bool out = false;
    while (true) {
        const Token token = lexer.next();
        const auto is = [&](size_t i, std::string_view word) {
            return i < tokens.size() && tokens[i].kind == TokenKind::kWord && same_word(tokens[i].span.in(text), word);
        };
        tokens.push_back(token);
        if (tokens.size() == 1 && is(0, "do")) {
            return true;
        }
        if (token.kind == TokenKind::kEnd || token.kind == TokenKind::kUnterminated) {
            return false;
        }
        const size_t kind = is(1, "or") ? 3 : 1;
        if (!is(0, "create") || (kind == 3 && tokens.size() > 2 && !is(2, "replace"))) {
            return false;
        }
        if (tokens.size() <= kind) {
            continue;
        }
        if (is(kind, "procedure") || is(kind, "test")) {
            return true;
        }
        if (!is(kind, "function")) {
            return false;
        }
        const std::string_view word = token.span.in(text);
        depth += word == "(" ? 1 : 0;
        if (depth == 1 && (same_word(word, "out") || same_word(word, "inout") || same_word(word, "variadic"))) {
            out = true;
        }
        if (word == ")" && depth > 0 && --depth == 0) {
            const Token next = lexer.next();
            return out || !same_word(next.span.in(text), "as");
        }
    }
}

bool may_be_about_code(std::string_view text) {
    Lexer lexer(text);
    const Token first = lexer.next();
    if (first.kind != TokenKind::kWord) {
        return false;
    }
    const std::string_view verb = first.span.in(text);
    const auto any_of = [](std::string_view word, std::initializer_list<std::string_view> words) {
        return std::any_of(words.begin(), words.end(), [&](std::string_view one) { return same_word(word, one); });
    };
    if (!any_of(verb, {"create", "drop", "do", "call", "run", "check", "let", "alter", "show", "explain"})) {
        return false;
    }
    if (any_of(verb, {"do", "call", "let"})) {
        return true;
    }
    std::string_view second = lexer.next().span.in(text);
    if (same_word(verb, "explain") && second == "(") {
        lexer.next();  // the option
        lexer.next();
        second = lexer.next().span.in(text);
    }
    if (same_word(verb, "create") && same_word(second, "or")) {
        lexer.next();
        return any_of(lexer.next().span.in(text), {"function", "procedure", "test", "trigger"});
    }
    return any_of(second, {"function", "procedure", "test", "trigger", "aggregate", "tests", "triggers", "procedures",
                           "create"});
}

CodeDefinition parse_code(std::string_view text, DiagnosticList& diagnostics) {
    const Result<std::vector<Token>> tokens = tokenize(text);
    if (!tokens.ok()) {
        const Error& error = tokens.error();
        diagnostics.error(sqlstate(error.code), error.message, {0, 1}).hint = error.hint;
        return {};
    }
    const std::vector<Token> split = split_operators(text, *tokens);
    return DefinitionParser(text, split, diagnostics).parse();
}

}  // namespace kodiak::language
