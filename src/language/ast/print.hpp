#pragma once

// Prints trees of code for people: golden tests, EXPLAIN (TREE).
//
// One statement per line, indented; expressions in prefix form, so that precedence shows: (+ a (* b 2)).

#include <string>
#include <string_view>

#include "language/ast/code_statement.hpp"

namespace kodiak::language {

// `text` is the body's text, which SQL ranges refer to.
std::string print_expression(const Expression* expression, std::string_view text);
std::string print_type(const TypeName& type);
std::string print_statements(const Statements& statements, std::string_view text, size_t indent);
// The whole definition with its body; `statement` is the text that it was parsed from.
std::string print_code(const CodeDefinition& definition, std::string_view statement);

}  // namespace kodiak::language
