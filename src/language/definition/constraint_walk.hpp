#pragma once

// Walks over the constraints of one element of a CREATE TABLE (a column or a table constraint), or of an ADD
// CONSTRAINT.

#include "catalog/statement_notes.hpp"
#include "language/rewrite.hpp"
#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

class ConstraintWalk {
   public:
    ConstraintWalk(TokenCursor& cursor, Rewriter& rewriter, catalog::StatementNotes& notes)
        : cursor_(cursor), rewriter_(rewriter), notes_(notes) {}

    // Walks from the current token up to a comma or closing parenthesis outside of parentheses, or the end.
    // `column`: the name of the column; empty for a table constraint.
    Status run(std::string_view column);

   private:
    Status pass_word();
    Status pass_references();
    // One action, MATCH or DEFERRABLE clause behind REFERENCES, taken out; false when none is there.
    Result<bool> pass_reference_clause(catalog::NotedForeignKey& key);
    Result<catalog::ReferentialAction> parse_action();
    Status pass_deferrable(bool& taken);
    Status pass_generated();
    Status parse_identity_options(catalog::NotedIdentity& identity);
    Result<int64_t> parse_integer();
    void pass_qualified_name();
    void pass_parenthesis();
    std::string take_name();
    // Takes everything from `first` up to the current token out of the text.
    void take_out(Span first);
    void advance();

    TokenCursor& cursor_;
    Rewriter& rewriter_;
    catalog::StatementNotes& notes_;
    std::string column_;
    std::string pending_name_;  // of CONSTRAINT name
    Span previous_;
};

}  // namespace kodiak::language
