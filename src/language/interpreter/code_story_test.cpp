#include "language/interpreter/code_story.hpp"

#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"
#include "language/parser/code_parser.hpp"
#include "language/script.hpp"
#include "language/semantic/constants.hpp"
#include "language/values/cast.hpp"

namespace kodiak::language {

CodeEnvironment CodeStory::environment() {
    CodeEnvironment environment;
    environment.executor = &executor_;
    environment.clock = &clock_;
    environment.messages = this;
    environment.cancelled = &cancelled;
    environment.limits = limits;
    return environment;
}

void CodeStory::message(RaiseLevel level, const Error& text) {
    constexpr std::string_view kLevels[] = {"DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION"};
    out_ += std::string(kLevels[static_cast<size_t>(level)]) + ": " + text.message + "\n";
}

std::string CodeStory::run(std::string_view script) {
    out_.clear();
    for (const Statement& statement : split_script(script)) {
        const std::string outcome = run_statement(statement.text);
        out_ += outcome.empty() ? "" : outcome + "\n";
    }
    return out_;
}

std::string CodeStory::run_statement(std::string_view statement) {
    if (!is_code_statement(statement)) {
        return run_call(statement);
    }
    if (same_word(statement.substr(0, 2), "do")) {
        const Status done = library_.run_do(statement, environment());
        return done.ok() ? "" : render_error(done.error(), "");
    }
    DiagnosticList problems;
    library_.define(statement, &executor_, problems);
    return render_diagnostics(problems, statement, "");
}

// A call written with constants: SELECT f(1), SELECT * FROM f(1) [LIMIT n], CALL p(1).
std::string CodeStory::run_call(std::string_view statement) {
    const std::vector<Token> tokens = tokenize(statement).value();
    const std::vector<Token> split = split_operators(statement, tokens);
    Ast ast;
    DiagnosticList problems;
    CodeParser parser(statement, split, ast, problems);
    const bool call = parser.cursor().accept_word("call");
    const bool rows = !call && parser.cursor().accept_word("select") && parser.at_operator("*");
    parser.cursor().move_to(parser.cursor().index() + (rows ? 2 : 0));
    Expression* expression = nullptr;
    parser.guarded([&] { expression = parser.parse_expression(); });
    if (expression == nullptr || expression->kind != ExpressionKind::kCall) {
        return "not a call: " + std::string(statement);
    }
    size_t limit = SIZE_MAX;
    if (parser.cursor().accept_word("limit")) {
        limit = static_cast<size_t>(whole_literal(parser.cursor().text_of(parser.cursor().peek())).value_or(0));
    }
    // The overload is chosen as in code: the arguments become those of a DO block's call, or are cast one by one.
    std::string problem = "no overload of " + expression->parts.back().name + " takes this";
    for (const auto& signature : library_.overloads(expression->parts)) {
        std::vector<Value> arguments;
        if (signature->input_count() != expression->children.size()) {
            continue;
        }
        const Meter meter = std::make_shared<MemoryMeter>(INT64_MAX);
        size_t input = 0;
        bool fits = true;
        for (const SignatureParameter& parameter : signature->parameters) {
            if (parameter.mode == ParameterMode::kOut) {
                continue;
            }
            const Expression* given = expression->children[input++];
            const Expression* literal = given->kind == ExpressionKind::kUnary ? given->children[0] : given;
            std::string text = literal->text;
            text.insert(0, literal == given ? "" : "-");
            Result<Value> value = Value();
            if (literal->kind != ExpressionKind::kNull) {
                value = cast_value(text_value(meter, text), code_type(catalog::TypeKind::kVarchar).type,
                                   parameter.type.type, meter);
            }
            fits = fits && value.ok();
            problem = value.ok() ? problem : render_error(value.error(), "");
            arguments.push_back(value.ok() ? std::move(*value) : Value());
        }
        if (!fits) {
            continue;
        }
        if (rows || signature->returns_set) {
            return show_rows(*signature, std::move(arguments), limit);
        }
        const Result<Value> result = caller ? caller(*signature, std::move(arguments))
                                            : library_.call(*signature, std::move(arguments), environment());
        return result.ok() ? result_text(*result, signature->result) : render_error(result.error(), "");
    }
    return problem;
}

std::string CodeStory::show_rows(const Signature& signature, std::vector<Value> arguments, size_t limit) {
    Result<std::unique_ptr<CodeRun>> run = library_.open(signature, std::move(arguments), environment());
    if (!run.ok()) {
        return render_error(run.error(), "");
    }
    std::string text;
    Value row;
    for (size_t count = 0; count < limit; ++count) {
        const Result<bool> more = (*run)->next(row);
        if (!more.ok()) {
            return text + render_error(more.error(), "");
        }
        if (!*more) {
            break;
        }
        text += result_text(row, signature.result) + "\n";
    }
    return text.empty() ? "no rows" : text.substr(0, text.size() - 1);
}

}  // namespace kodiak::language
