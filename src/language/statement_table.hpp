#pragma once

// The table of Kodiak's statements: one row per form, with its grammar, an example and what becomes of it.
//
// What       statement_forms() is the table; statement_help() makes help text from it; parse_own_statement() parses the
// forms
//            that are Kodiak's own by interpreting the same grammar texts, so help cannot differ from the parser.
// How        A grammar is written in capitals for words, [ ] optional, { } repeated, ( | ) choice, list(x) for x {, x},
// and
//            rules in lower case: name, qname, string, integer, expr, query, duration, point, ... `label:rule` names
//            what a rule takes. `!` is the point behind which the form is certain: before it the text may be the
//            engine's. Choices are tried in order, the first that fits is taken.
// Errors     kSyntax with the words that were expected at the furthest place reached (at most 5).
// Threads    Pure functions over constant tables.
// Cost       Linear in the statement's length times the alternatives of its form.
// Not here   BEGIN, COMMIT, savepoints, UPSERT (statement.hpp) and code (code.hpp) have parsers of their own; the table
// has
//            their grammar for help, and a test parses their examples with it.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "language/lexer/token.hpp"

namespace kodiak::language {

enum class StatementOwner : uint8_t {
    kEngine,         // passed on byte for byte
    kEngineMeaning,  // the engine parses it, our catalogue or store gives it its meaning
    kRewritten,      // rewritten into SQL that the engine parses
    kOurs,           // parsed and run by us
    kOursByHand,     // the same, by a parser of its own
};

struct StatementForm {
    std::string_view name;
    StatementOwner owner;
    bool runs;  // in this version; otherwise it is parsed and refused with 0A000
    std::string_view grammar;
    std::string_view example;
};

// What a labelled rule took.
struct StatementField {
    std::string label;
    Span span;
};

// A statement of ours: which form, and its parts in the order of the text. Words that were taken inside of [ ] or ( )
// appear as fields with the label "word".
struct OwnStatement {
    const StatementForm* form = nullptr;
    std::vector<StatementField> fields;

    // The span of the first field with a label; nothing if it was not given.
    std::optional<Span> field(std::string_view label) const;
    // True if this word (in capitals) was taken; `text` is the statement.
    bool has_word(std::string_view text, std::string_view word) const;
};

std::span<const StatementForm> statement_forms();

// Help on the statements whose name starts with these words; all names for an empty one.
std::string statement_help(std::string_view words);

// Parses a statement that is ours by the table; nothing if the text is no such statement.
std::optional<Result<OwnStatement>> parse_own_statement(std::string_view text);

// Checks that a text fits one form, whoever owns it. For tests and tools.
Result<OwnStatement> match_form(const StatementForm& form, std::string_view text);

}  // namespace kodiak::language
