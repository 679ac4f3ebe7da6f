#include "language/jit/operands.hpp"

namespace kodiak::language {
namespace {

constexpr OperandShape reads(bool a, bool b, bool c) { return {a, false, b, c, 0, 0}; }
constexpr OperandShape makes(bool b, bool c) { return {false, true, b, c, 0, 0}; }
constexpr OperandShape makes_of_block(uint16_t first, uint16_t count) {
    return {false, true, false, false, first, count};
}

}  // namespace

OperandShape operand_shape(const Program& program, const Instruction& i) {
    switch (i.op) {
        case Op::kMove:
        case Op::kAssign:
        case Op::kNegateInt:
        case Op::kNegateHuge:
        case Op::kNegateReal:
        case Op::kNot:
        case Op::kIsNull:
        case Op::kIsNotNull:
        case Op::kIsTrue:
        case Op::kIsFalse:
        case Op::kCast:
        case Op::kIntToReal:
        case Op::kField:
        case Op::kFieldNamed:
        case Op::kRecordTo:
            return makes(true, false);
        case Op::kNull:
            return makes(false, false);
        case Op::kJump:
        case Op::kLoop:
        case Op::kFail:
            return {};
        case Op::kJumpIfTrue:
        case Op::kJumpIfNotTrue:
        case Op::kJumpIfFalse:
        case Op::kJumpIfNull:
        case Op::kCheckNotNull:
            return reads(true, false, false);
        case Op::kReturn:
            return reads(i.a != kNoRegister, false, false);
        case Op::kJumpUnlessInt:
            return reads(true, true, false);
        case Op::kAssertTrue:
            return reads(true, i.b != kNoRegister, false);
        case Op::kForStart:
        case Op::kForNext:
            return {false, false, false, false, i.a, 3};
        case Op::kBuiltin:
        case Op::kMakeList:
        case Op::kMakeRecord:
        case Op::kCall:
            return makes_of_block(i.b, i.c);
        case Op::kRaise: {
            const RaiseSite& site = program.raises[static_cast<size_t>(i.d)];
            return {false, false, false, false, i.b, static_cast<uint16_t>(site.arguments + site.options.size())};
        }
        case Op::kSlice:
            return {false, true, true, false, i.c, 2};
        case Op::kStoreField:
        case Op::kStoreFieldNamed:
            return {true, true, true, false, 0, 0};
        case Op::kStoreItem:
            return {true, true, true, true, 0, 0};
        default:
            return makes(true, true);  // a := b op c
    }
}

std::string not_compilable(const Program& program, const Instruction& i) {
    switch (i.op) {
        case Op::kRaise:
            return program.raises[static_cast<size_t>(i.d)].level == RaiseLevel::kException ? "" : "RAISE of a message";
        case Op::kYield:
        case Op::kYieldRows:
            return "it hands out rows";
        case Op::kPushHandler:
        case Op::kPopHandler:
        case Op::kCatch:
        case Op::kErrorTexts:
        case Op::kEndCatch:
        case Op::kStacked:
        case Op::kRethrow:
            return "an exception handler";
        case Op::kContext:
            return "PG_CONTEXT";
        case Op::kRunSql:
        case Op::kFetchRow:
        case Op::kDrainRows:
        case Op::kCloseRows:
        case Op::kColumn:
        case Op::kRowCount:
        case Op::kFoundRows:
            return "a query";
        case Op::kRunText:
            return "EXECUTE";
        case Op::kOpenCursor:
        case Op::kFetchCursor:
        case Op::kMoveCursor:
        case Op::kCloseCursor:
            return "a cursor";
        case Op::kCommit:
        case Op::kRollback:
            return "the end of a transaction";
        case Op::kRunExpected:
        case Op::kCompareRows:
        case Op::kExpectNoRow:
            return "a test of code";
        default:
            return "";
    }
}

bool may_jump(Op op) {
    switch (op) {
        case Op::kJump:
        case Op::kLoop:
        case Op::kJumpIfTrue:
        case Op::kJumpIfNotTrue:
        case Op::kJumpIfFalse:
        case Op::kJumpIfNull:
        case Op::kJumpUnlessInt:
        case Op::kForStart:
        case Op::kForNext:
        case Op::kListNext:
            return true;
        default:
            return false;
    }
}

bool falls_through(const Program& program, const Instruction& i) {
    switch (i.op) {
        case Op::kJump:
        case Op::kLoop:
        case Op::kReturn:
        case Op::kFail:
            return false;
        case Op::kRaise:
            return program.raises[static_cast<size_t>(i.d)].level != RaiseLevel::kException;
        default:
            return true;
    }
}

}  // namespace kodiak::language
