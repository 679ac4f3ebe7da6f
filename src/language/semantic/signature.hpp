#pragma once

// What callers know of a function or procedure: name, parameters, result; and how the analyser finds them.
//
// Signatures are immutable once a library hands them out; a replaced function gets a new one with the same number, so
// that callers find the new code at their next run while runs that go on keep the old.

#include <memory>
#include <string>
#include <vector>

#include "language/ast/code_statement.hpp"

namespace kodiak::language {

struct SignatureParameter {
    std::string name;
    CodeType type;
    ParameterMode mode = ParameterMode::kIn;
    bool has_default = false;
    uint64_t default_code = 0;  // the code that gives the default, found by CodeLookup::program
};

struct Signature {
    uint64_t code = 0;  // its number among all code of the library
    std::string name;
    CodeKind kind = CodeKind::kFunction;
    std::vector<SignatureParameter> parameters;
    CodeType result;           // of one row; VOID, TRIGGER too
    bool returns_set = false;  // SETOF and TABLE
    bool strict = false;
    Volatility volatility = Volatility::kVolatile;

    // Parameters that a caller gives.
    size_t input_count() const;
    size_t required_count() const;
};

// Finds code by name. The library implements it.
class CodeLookup {
   public:
    virtual ~CodeLookup() = default;
    // All overloads of a name; 1 to 3 parts, the last one counts for code without a schema.
    virtual std::vector<std::shared_ptr<const Signature>> overloads(const std::vector<NamePart>& name) const = 0;
    // All names, for suggestions.
    virtual std::vector<std::string> names() const = 0;
};

}  // namespace kodiak::language
