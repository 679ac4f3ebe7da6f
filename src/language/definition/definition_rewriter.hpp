#pragma once

// Takes the parts out of DDL (and INSERT) that the engine's parser has no place for, and notes what they said.
//
// What       CREATE TABLE: referential actions, constraint names, IDENTITY and SERIAL, WITH (...). ALTER TABLE ... ADD
//            and DROP CONSTRAINT become statements that the engine parses (see catalog::StatementNotes::Kind).
//            INSERT: OVERRIDING SYSTEM VALUE. Some statements that nobody can run yet are refused with a hint.
// How        Walks tokens, parentheses by depth; never parses expressions. What it does not know stays for the engine.
//            Temporary tables are the engine's own: their text is left alone.
// Errors     kSyntax, kUndefinedObject (option), kInvalidValue (option), kUnsupported; positions in the text.
// Cost       Linear; nothing for statements with other first words.

#include <optional>
#include <string_view>
#include <vector>

#include "catalog/statement_notes.hpp"
#include "language/rewrite.hpp"

namespace kodiak::language {

struct DefinitionNotes {
    catalog::StatementNotes notes;
    std::optional<Span> options;  // WITH (...): taken out whole, nobody else may rewrite in it
};

// Requires: `tokens` are those of the whole `text`.
Result<DefinitionNotes> rewrite_definition(std::string_view text, const std::vector<Token>& tokens,
                                           Rewriter& rewriter);

}  // namespace kodiak::language
