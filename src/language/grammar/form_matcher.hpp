#pragma once

// Interprets the grammar texts of the statement table over the tokens of a statement.
//
// A grammar is read into a small tree and matched in order: a choice takes its first alternative that fits, an optional
// part is taken when it fits. Nothing is tried twice at one place, so time is linear in the statement for each form.

#include <memory>
#include <string>
#include <vector>

#include "language/parser/code_parser.hpp"
#include "language/statement_table.hpp"

namespace kodiak::language {

struct GrammarNode {
    enum class Kind : uint8_t { kWord, kSymbol, kRule, kSequence, kChoice, kOptional, kRepeat, kList, kCut } kind;
    std::string text;   // of a word (lower case), a symbol or a rule
    std::string label;  // of a rule
    std::vector<GrammarNode> children;
};

// Reads a grammar text. Requires: it is well formed (the tables are ours; a test reads them all).
GrammarNode read_grammar(std::string_view grammar);

class FormMatcher {
   public:
    FormMatcher(std::string_view text, const std::vector<Token>& tokens)
        : text_(text), tokens_(tokens), parser_(text, tokens, ast_, problems_) {}

    // Matches the whole statement.
    bool match(const GrammarNode& grammar);
    bool passed_cut() const { return cut_; }
    size_t furthest() const { return furthest_; }
    // What was expected at the furthest place.
    Error error();
    std::vector<StatementField> take_fields() { return std::move(fields_); }

   private:
    TokenCursor& cursor() { return parser_.cursor(); }
    bool match_node(const GrammarNode& node, bool optional);
    bool match_children(const GrammarNode& node, bool optional);
    bool match_list(const GrammarNode& node);
    bool match_rule(const GrammarNode& node);
    bool match_basic(const std::string& rule);
    bool expect(std::string_view what);

    std::string_view text_;
    const std::vector<Token>& tokens_;
    Ast ast_;
    DiagnosticList problems_;
    CodeParser parser_;
    std::vector<StatementField> fields_;
    bool cut_ = false;
    size_t furthest_ = 0;
    std::vector<std::string> expected_;
};

}  // namespace kodiak::language
