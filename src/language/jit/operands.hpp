#pragma once

// What each instruction reads and writes, and why some cannot be compiled. Private to the folder.

#include <string>

#include "language/jit/unit.hpp"

namespace kodiak::language {

OperandShape operand_shape(const Program& program, const Instruction& instruction);
// Why compiled code cannot run the instruction, e.g. "a query"; empty if it can.
std::string not_compilable(const Program& program, const Instruction& instruction);
// Whether `d` is where the instruction may jump to.
bool may_jump(Op op);
// Whether the instruction behind it may follow.
bool falls_through(const Program& program, const Instruction& instruction);

}  // namespace kodiak::language
