#pragma once

// Finds the view of every operand of a program by following its code from the entry. Private to the folder.

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "language/jit/unit.hpp"

namespace kodiak::language {

class Inference {
   public:
    // Requires: function.program and function.callees are set, and the views of all functions' results.
    Inference(std::vector<UnitFunction>& functions, UnitFunction& function);
    // Fills code, block_views, ever and has_objects. Error: kUnsupported with the reason.
    Status run();

   private:
    // A register at a place in the code; the type matters where parts of a value are read.
    struct State {
        View view = View::kNothing;
        const catalog::Type* type = nullptr;
        bool operator==(const State&) const = default;
    };
    using States = std::vector<State>;

    Status follow(uint32_t from, States states);
    Status merge(uint32_t into, const States& states);
    Status step(uint32_t at, States& states);
    Result<State> made_by(const Instruction& i, const States& states);
    Result<State> part_made_by(const Instruction& i, const States& states);
    State builtin_result(const Instruction& i) const;
    State item_of(const State& list) const;
    State join(const State& left, const State& right) const;
    State of_type(const catalog::Type& type) const { return {view_of(type), &type}; }
    const catalog::Type* list_of(const catalog::Type& item);
    Error refusal(std::string reason, const Instruction& i) const;

    std::vector<UnitFunction>& functions_;
    UnitFunction& function_;
    const Program& program_;
    std::map<uint32_t, States> entries_;  // states at the places that jumps lead to
    std::vector<uint32_t> open_;
    std::deque<catalog::Type> made_types_;
    std::vector<const catalog::Type*> declared_;  // types of the registers of variables
};

// The line of an instruction in its body, from 1.
size_t line_of(const Program& program, const Instruction& instruction);

}  // namespace kodiak::language
