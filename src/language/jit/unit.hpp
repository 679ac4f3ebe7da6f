#pragma once

// JitUnit: a function with everything it calls, checked and typed for compilation. Private to the folder.
//
// A Program says which registers an instruction uses, not what they hold. build_unit() follows the code from its entry
// and finds the view (how a register's payload is read) of every operand; code whose operands have no single view, or
// with an instruction that compiled code cannot run, is refused with a reason for the user.
// Shared with the code generator, which lies in a library of its own: plain data, nothing here is a function it needs.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "language/code.hpp"
#include "language/program/program.hpp"

namespace kodiak::language {

// How a register's payload is read.
enum class View : uint8_t {
    kNothing,  // only NULL so far
    kInteger,  // 64 bits
    kReal,     // double
    kHuge,     // 128 bits, intervals too
    kObject,   // a Value in memory
    kUnusable  // differs by path; fine as long as nobody reads it
};

constexpr uint8_t view_bit(View view) { return static_cast<uint8_t>(1U << static_cast<unsigned>(view)); }

// What an instruction does with its operands.
struct OperandShape {
    bool reads_a = false;
    bool writes_a = false;
    bool reads_b = false;
    bool reads_c = false;
    uint16_t block = 0;  // first register of a block that it reads
    uint16_t block_size = 0;
};

struct InstructionViews {
    bool reachable = false;
    bool target = false;  // a jump leads here
    OperandShape shape;
    View a_before = View::kNothing;
    View a_after = View::kNothing;
    View b = View::kNothing;
    View c = View::kNothing;
    uint32_t block_views = 0;    // where the block's views begin in UnitFunction::block_views
    View item = View::kNothing;  // of list instructions: the view of the list's items
};

struct UnitFunction {
    std::shared_ptr<const Program> program;
    std::vector<uint32_t> callees;  // number in the unit, by the program's index
    std::vector<View> parameters;
    View result = View::kNothing;
    std::vector<InstructionViews> code;
    std::vector<View> block_views;
    std::vector<uint8_t> ever;  // per register: the views it takes, as bits
    bool has_objects = false;   // some register holds objects, so calls need a frame in memory
};

// One parameter or result of the root as columns hold it.
enum class ColumnKind : uint8_t { kBool, kSigned, kUnsigned, kFloat, kDouble, kText, kValue };
struct ColumnLayout {
    ColumnKind kind = ColumnKind::kValue;
    uint8_t bytes = 0;
};

struct JitUnit {
    std::vector<UnitFunction> functions;  // the root first
    std::vector<uint64_t> codes;          // the number of each in its library
    std::vector<ColumnLayout> columns;    // of the root's parameters
    ColumnLayout result_column;
    uint32_t registers_most = 0;
    std::string key;  // hash of everything that the machine code depends on, but for the generator itself
};

// Collects and types the unit of a function. Error: kUnsupported, whose message is the reason ("query at line 3").
Result<JitUnit> build_unit(const Signature& root, const ProgramSource& programs);

// How values of a type are viewed.
View view_of(const CodeType& type);
View view_of(const catalog::Type& type);

}  // namespace kodiak::language
