#include "language/statement_table.hpp"

#include "language/grammar/form_matcher.hpp"

namespace kodiak::language {
namespace {

std::string_view owner_text(StatementOwner owner) {
    constexpr std::string_view kTexts[] = {"the engine's", "the engine's, with Kodiak's meaning",
                                           "rewritten for the engine", "Kodiak's", "Kodiak's"};
    return kTexts[static_cast<size_t>(owner)];
}

std::string without_marks(std::string_view grammar) {
    std::string text;
    for (size_t i = 0; i < grammar.size(); ++i) {
        if (grammar[i] == '!') {
            i += i + 1 < grammar.size() && grammar[i + 1] == ' ' ? 1 : 0;
            continue;
        }
        text += grammar[i];
    }
    while (!text.empty() && text.back() == ' ') {
        text.pop_back();
    }
    return text;
}

}  // namespace

std::optional<Span> OwnStatement::field(std::string_view label) const {
    for (const StatementField& one : fields) {
        if (one.label == label) {
            return one.span;
        }
    }
    return std::nullopt;
}

bool OwnStatement::has_word(std::string_view text, std::string_view word) const {
    for (const StatementField& one : fields) {
        if (one.label == "word" && same_name(one.span.in(text), word)) {
            return true;
        }
    }
    return false;
}

std::string statement_help(std::string_view words) {
    std::string text;
    for (const StatementForm& form : statement_forms()) {
        if (!same_name(form.name.substr(0, words.size()), words)) {
            continue;
        }
        if (words.empty()) {
            text += std::string(form.name) + "\n";
            continue;
        }
        text += std::string(form.name) + " (" + std::string(owner_text(form.owner)) +
                (form.runs ? "" : ", not in this version") + ")\n  " + without_marks(form.grammar) +
                "\n  example: " + std::string(form.example) + ";\n";
    }
    return text;
}

Result<OwnStatement> match_form(const StatementForm& form, std::string_view text) {
    KODIAK_TRY_ASSIGN(std::vector<Token> tokens, tokenize(text));
    tokens = split_operators(text, std::move(tokens));
    FormMatcher matcher(text, tokens);
    if (!matcher.match(read_grammar(form.grammar))) {
        return matcher.error();
    }
    return OwnStatement{&form, matcher.take_fields()};
}

std::optional<Result<OwnStatement>> parse_own_statement(std::string_view text) {
    Result<std::vector<Token>> cut = tokenize(text);
    if (!cut.ok()) {
        return std::nullopt;
    }
    const std::vector<Token> tokens = split_operators(text, std::move(*cut));
    std::optional<Error> error;
    size_t furthest = 0;
    for (const StatementForm& form : statement_forms()) {
        if (form.owner != StatementOwner::kOurs && form.owner != StatementOwner::kEngineMeaning) {
            continue;
        }
        FormMatcher matcher(text, tokens);
        if (matcher.match(read_grammar(form.grammar))) {
            return Result<OwnStatement>(OwnStatement{&form, matcher.take_fields()});
        }
        if (matcher.passed_cut() && (!error || matcher.furthest() > furthest)) {
            error = matcher.error();
            furthest = matcher.furthest();
        }
    }
    return error ? std::optional<Result<OwnStatement>>(*error) : std::nullopt;
}

}  // namespace kodiak::language
