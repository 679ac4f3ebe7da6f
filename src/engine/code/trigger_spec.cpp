#include "engine/code/trigger_spec.hpp"

#include "engine/code/code_statements.hpp"
#include "language/lexer/lexer.hpp"
#include "language/lexer/words.hpp"
#include "language/statement_table.hpp"

namespace kodiak::engine {

namespace {

using language::same_word;

// A constant as text: the strings that TG_ARGV holds.
std::string constant_text(std::string_view text) {
    const auto tokens = language::tokenize(text);
    if (tokens.ok() && !tokens->empty() && (*tokens)[0].kind == language::TokenKind::kString) {
        const auto value = language::string_value(text, (*tokens)[0]);
        return value.ok() ? *value : std::string(text);
    }
    return std::string(text);
}

// The events stand between the timing and ON; grammar fields do not tell them apart from other words.
void read_events(std::string_view text, size_t from, TriggerSpec& spec) {
    const auto tokens = language::tokenize(text);
    for (const language::Token& token : *tokens) {
        const std::string_view word = token.span.in(text);
        if (token.span.offset < from || token.kind != language::TokenKind::kWord) {
            continue;
        }
        if (same_word(word, "on")) {
            return;
        }
        spec.on[0] = spec.on[0] || same_word(word, "insert");
        spec.on[1] = spec.on[1] || same_word(word, "update");
        spec.on[2] = spec.on[2] || same_word(word, "delete");
        spec.on_truncate = spec.on_truncate || same_word(word, "truncate");
        if (same_word(word, "before")) {
            spec.timing = TriggerSpec::Timing::kBefore;
        } else if (same_word(word, "after")) {
            spec.timing = TriggerSpec::Timing::kAfter;
        } else if (same_word(word, "instead")) {
            spec.timing = TriggerSpec::Timing::kInsteadOf;
        }
    }
}

}  // namespace

Result<TriggerSpec> read_trigger(std::string_view text) {
    const auto parsed = language::parse_own_statement(text);
    if (!parsed) {
        return make_error(ErrorCode::kSyntax, "this is no trigger");
    }
    KODIAK_TRY(*parsed);
    const language::OwnStatement& statement = **parsed;
    TriggerSpec spec;
    spec.replace = statement.has_word(text, "REPLACE");
    spec.name = name_parts(statement.field("name")->in(text)).back();
    spec.table = name_parts(statement.field("table")->in(text));
    spec.function = name_parts(statement.field("function")->in(text));
    spec.each_row = statement.has_word(text, "ROW");
    spec.has_transition_tables = statement.field("transition").has_value();
    if (const auto condition = statement.field("condition")) {
        spec.condition = condition->in(text);
    }
    for (const language::StatementField& field : statement.fields) {
        if (field.label == "column") {
            spec.update_of.push_back(name_parts(field.span.in(text)).back());
        } else if (field.label == "argument") {
            spec.arguments.push_back(constant_text(field.span.in(text)));
        }
    }
    read_events(text, statement.field("name")->end(), spec);
    return spec;
}

const char* name_of(TriggerEvent event) {
    constexpr const char* kNames[] = {"INSERT", "UPDATE", "DELETE"};
    return kNames[static_cast<size_t>(event)];
}

const char* name_of(TriggerSpec::Timing timing) {
    constexpr const char* kNames[] = {"BEFORE", "AFTER", "INSTEAD OF"};
    return kNames[static_cast<size_t>(timing)];
}

}  // namespace kodiak::engine
