#pragma once

// What the analyser makes of a definition: variables, SQL with its parameters, callees; the tree carries types.

#include <memory>
#include <string>
#include <vector>

#include "language/ast/code_statement.hpp"
#include "language/semantic/signature.hpp"
#include "language/sql_executor.hpp"

namespace kodiak::language {

struct Variable {
    std::string name;
    CodeType type;
    Span declared;
    bool constant = false;
    bool not_null = false;
    bool parameter = false;
    bool read = false;
    bool written = false;
    int32_t cursor = -1;  // a bound cursor: its index among the cursors
};

// One SQL text of the code.
struct SqlUse {
    std::string text;                     // with $1, $2, ...
    std::vector<Expression*> parameters;  // what they are bound to
    SqlDescription description;
};

struct BoundCursor {
    std::string name;
    int32_t sql = -1;
    bool scroll = false;
    std::vector<int32_t> parameters;  // variables that OPEN fills
    std::vector<std::string> parameter_names;
};

struct AnalysedCode {
    CodeDefinition definition;
    std::shared_ptr<Signature> signature;
    std::vector<Variable> variables;  // the parameters first, in order
    std::vector<SqlUse> sql;
    std::vector<BoundCursor> cursors;
    std::vector<std::shared_ptr<const Signature>> callees;
    std::vector<int32_t> out_variables;  // OUT and INOUT parameters, columns of RETURNS TABLE
    int32_t found = -1;                  // the variable FOUND
    int32_t sqlstate = -1;
    int32_t sqlerrm = -1;
    bool end_reachable = false;  // the body's end can be reached although it must RETURN
};

}  // namespace kodiak::language
