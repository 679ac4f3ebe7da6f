#pragma once

// The functions of the instructions, in the order of Op. Private to the folder.

#include <array>
#include <string>

#include "language/interpreter/machine.hpp"

namespace kodiak::language {

using InstructionFunction = const Instruction* (*)(Machine&, const Instruction*);
inline constexpr size_t kOpCount = static_cast<size_t>(Op::kExpectNoRow) + 1;
extern const std::array<InstructionFunction, kOpCount> kDispatch;

std::string error_state(const Error& error);
Error nested_too_deep(size_t most);
// Applies WITH (...) of a definition. Error: kInvalidValue.
Status narrow_limits(CodeLimits& limits, const std::vector<CodeSetting>& settings);
bool condition_fits(const HandlerCondition& condition, const Error& error);

// Each file of instructions adds its own to the table.
using DispatchTable = std::array<InstructionFunction, kOpCount>;
constexpr size_t op_index(Op op) { return static_cast<size_t>(op); }
void add_number_instructions(DispatchTable& table);
void add_flow_instructions(DispatchTable& table);
void add_object_instructions(DispatchTable& table);
void add_sql_instructions(DispatchTable& table);
const Instruction* run_builtin(Machine& m, const Instruction* i);

}  // namespace kodiak::language
