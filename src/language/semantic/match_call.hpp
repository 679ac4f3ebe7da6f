#pragma once

// Overloads: which one a call means, and where its arguments go.
//
// One rule for calls in code and in SQL (language reference 3.1): the overload that takes the arguments with the fewest
// implicit casts; two with equally few are ambiguous. Pure functions.

#include <memory>
#include <string>
#include <vector>

#include "language/semantic/signature.hpp"

namespace kodiak::language {

// What a caller gives.
struct GivenArgument {
    CodeType type;
    std::string name;           // of a named argument, else empty
    bool text_literal = false;  // a string literal takes the type beside it
};

struct CallMatch {
    std::shared_ptr<const Signature> signature;  // nullptr: none fits, or several do
    bool ambiguous = false;
    // Per input of the signature the argument that it takes; -1: its default, or the rest for a VARIADIC one.
    std::vector<int32_t> arguments;
};

// The parameters that a caller gives: all but OUT, which only procedures are given (a variable, or nothing).
std::vector<const SignatureParameter*> inputs_of(const Signature& signature);

// Chooses among functions (`procedures` false) or procedures.
CallMatch match_call(const std::vector<std::shared_ptr<const Signature>>& overloads,
                     const std::vector<GivenArgument>& given, bool procedures);

// f(INTEGER), f(VARCHAR): for messages.
std::string candidates_text(const std::vector<std::shared_ptr<const Signature>>& overloads);

}  // namespace kodiak::language
