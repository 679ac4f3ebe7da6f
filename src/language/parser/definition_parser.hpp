#pragma once

// CREATE FUNCTION, CREATE PROCEDURE, CREATE TEST and DO: the statement around a body, and the body itself.
//
// A body in quotes is decoded and parsed as a text of its own; BodySource leads its places back to the statement, so
// all problems of one statement come in one list with places in the text that the user typed.

#include <string_view>

#include "language/ast/code_statement.hpp"
#include "language/parser/diagnostic_list.hpp"

namespace kodiak::language {

// True for a statement that defines or runs PL-Grizzly code. `CREATE FUNCTION f(a) AS expr` without RETURNS, LANGUAGE
// and OUT is a macro of the engine's.
bool is_code_statement(std::string_view text);

// Parses such a statement. The definition is whole if `diagnostics` has no errors; places are those of `text`.
CodeDefinition parse_code(std::string_view text, DiagnosticList& diagnostics);

}  // namespace kodiak::language
