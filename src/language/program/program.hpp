#pragma once

// Program: analysed code as instructions for a register machine; what the interpreter runs and a JIT can read.
//
// What       Instructions of 16 bytes over registers of 32. Each register belongs to one class for its whole life: bare
// ones
//            (numbers, dates, BOOLEAN) are overwritten without looking, others hold objects and are assigned with their
//            counts. Constants are registers that a call fills at its start.
// Threads    Immutable once made; any number of runs may use it at once, except that constant texts are copied per run.
// Cost       One dispatch per instruction; a loop over integers with an addition is three instructions per round.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "language/semantic/analysed_code.hpp"
#include "language/semantic/builtins.hpp"

namespace kodiak::language {

// a, b, c are registers and d a number or a jump's target, unless the comment says otherwise.
enum class Op : uint16_t {
    kMove,      // a := b, bare
    kAssign,    // a := b, any
    kNull,      // a := NULL
    kAddInt32,  // a := b + c within INTEGER
    kSubtractInt32,
    kMultiplyInt32,
    kAddInt64,  // within BIGINT
    kSubtractInt64,
    kMultiplyInt64,
    kArithmeticInt,   // d: Operator | TypeKind << 8; any integer of up to 64 bits, // and % too
    kNegateInt,       // d: TypeKind
    kArithmeticHuge,  // d: Operator | type << 8; HUGEINT, UBIGINT, DECIMAL
    kNegateHuge,      // d: type
    kAddReal,         // d: 1 rounds to FLOAT
    kSubtractReal,
    kMultiplyReal,
    kDivideReal,
    kArithmeticReal,  // d: Operator | single << 8
    kNegateReal,
    kArithmeticTime,  // d: Operator | kind << 8 (TimeArithmetic)
    kCompareInt,      // a := b ? c; d: Operator
    kCompareReal,
    kCompareHuge,
    kCompareText,
    kCompareAny,  // d: Operator | type << 8
    kDistinct,    // a := b IS DISTINCT FROM c; d: type
    kAnd,         // a := b AND c, three-valued
    kOr,
    kNot,
    kIsNull,
    kIsNotNull,
    kIsTrue,
    kIsFalse,
    kJump,           // to d
    kLoop,           // back to d, looking at cancel and time
    kJumpIfTrue,     // a is true: to d
    kJumpIfNotTrue,  // a is false or NULL: to d
    kJumpIfFalse,    // a is false: to d
    kJumpIfNull,
    kJumpUnlessInt,  // unless a ? b (c: Operator): to d
    kForStart,       // a: last, a + 1: step, a + 2: count; checks, and to d if there is no round; c: reverse
    kForNext,        // the count goes on by the step; to d while rounds are left; c: reverse
    kCast,           // a := b; c: from type, d: to type
    kIntToReal,
    kConcat,
    kLike,        // a := b LIKE c; d: 1 ILIKE
    kBuiltin,     // a := function of c registers from b; d: Builtin | type << 16
    kMakeList,    // a := list of c registers from b
    kMakeRecord,  // d: type
    kJoinLists,
    kIndexList,  // a := b[c]
    kIndexText,
    kSlice,       // a := b[c : c + 1]; d: 1 of a text
    kField,       // a := field d of b
    kFieldNamed,  // a := the field called d of record b, cast to type c
    kStoreField,  // field d of a := b; c: type of the record, for a NULL one
    kStoreFieldNamed,
    kStoreItem,     // a[b] := c
    kListNext,      // a := element of b at c, c += 1; to d at the end
    kCall,          // a := callee d with c arguments from b
    kReturn,        // a
    kYield,         // hands out a as a row
    kYieldRows,     // hands out the rows of slot a; b: scratch; d: type
    kCheckNotNull,  // a is not NULL; d: name
    kFail,          // raises condition d (Failure)
    kRaise,         // site d with values from b
    kRethrow,
    kAssertTrue,   // a; b: message or kNoRegister
    kPushHandler,  // a block with handlers at d begins
    kPopHandler,   // it ends normally
    kCatch,        // the error fits handler conditions c? otherwise to d
    kErrorTexts,   // a := SQLSTATE, b := SQLERRM of the caught error
    kEndCatch,     // the handler ends
    kStacked,      // a := item d of the caught error
    kContext,      // a := where this is (PG_CONTEXT)
    kRunSql,       // slot a: SQL text d with c parameters from b
    kRunText,      // slot a: the text in b with c parameters from b + 1; d: types
    kFetchRow,     // a := next row of slot b; to d at the end
    kDrainRows,    // all rows of slot a
    kCloseRows,
    kColumn,       // a := column d of record b, cast to type c
    kRecordTo,     // a := record b cast to type d
    kRowCount,     // a := rows of the last statement
    kFoundRows,    // a := the last statement touched a row
    kOpenCursor,   // a: cursor variable, slot b; d: name; c: scroll
    kFetchCursor,  // a := row (or NULL) of cursor b; c: count or kNoRegister; d: FetchDirection
    kMoveCursor,
    kCloseCursor,
    kCommit,  // a: message or kNoRegister
    kRollback,
    kRunExpected,  // ASSERT RAISES: slot a ran through d; kept for tests of code
    kCompareRows,  // a: first slot, b: second slot, c: in order; fails unless equal
    kExpectNoRow,  // slot a answers nothing
};

inline constexpr uint16_t kNoRegister = 0xFFFF;

enum class TimeArithmetic : uint8_t {
    kDateAndDays,
    kPointAndInterval,
    kIntervals,
    kDates,
    kPoints,
    kIntervalTimes,
};

enum class Failure : uint8_t { kCaseNotFound, kNoReturn, kNoData, kTooManyRows, kNullText };

struct Instruction {
    Op op = Op::kNull;
    uint16_t a = 0;
    uint16_t b = 0;
    uint16_t c = 0;
    int32_t d = 0;
    uint32_t where = 0;  // offset in the body's text
};
static_assert(sizeof(Instruction) == 16);

struct ProgramSql {
    std::string text;
    std::vector<CodeType> types;  // of the parameters
};

struct RaiseSite {
    RaiseLevel level = RaiseLevel::kException;
    std::string format;    // % per argument
    std::string sqlstate;  // empty: P0001
    size_t arguments = 0;
    std::vector<RaiseOption> options;  // their values follow the arguments
    bool has_format = false;
};

struct ProgramConstant {
    uint16_t where = 0;
    Value value;
    catalog::Type type;
};

// A variable's register and what it was declared as.
struct ProgramVariable {
    uint16_t where = 0;
    catalog::Type type;
};

struct Program {
    std::shared_ptr<const Signature> signature;
    std::string statement;  // the text that defined it, for positions
    BodySource source;      // without its text
    std::vector<Instruction> code;
    std::vector<ProgramConstant> constants;
    std::vector<uint16_t> parameters;        // where arguments go; of a trigger's function NEW, OLD, ... (code.hpp)
    std::vector<ProgramVariable> variables;  // those of types of the catalogue
    uint32_t registers = 0;
    uint32_t slots = 0;  // running statements at a time
    std::vector<catalog::Type> types;
    std::vector<std::shared_ptr<const catalog::Type>> shapes;  // of MakeRecord, by type index
    std::vector<std::string> names;
    std::vector<ProgramSql> sql;
    std::vector<std::vector<CodeType>> parameter_types;     // of kRunText
    std::vector<std::vector<HandlerCondition>> conditions;  // of kCatch
    std::vector<RaiseSite> raises;
    std::vector<std::shared_ptr<const Signature>> callees;
    std::vector<std::string> sqlstates;  // of ASSERT RAISES
    std::vector<CodeSetting> limits;     // WITH (...)
    uint16_t found = kNoRegister;
};

// Makes the program of analysed code. Errors: kTooLarge when it needs more than 60,000 registers or a million
// instructions.
Result<std::shared_ptr<const Program>> emit_program(const AnalysedCode& code, std::string statement);

}  // namespace kodiak::language
