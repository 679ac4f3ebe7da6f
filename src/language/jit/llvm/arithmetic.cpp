// Arithmetic and casts of numbers. An operation that fails is left to the interpreter, which words the error.

#include <limits>

#include "language/jit/llvm/function_translator.hpp"

namespace kodiak::language {

using catalog::TypeKind;
using llvm::Intrinsic::ID;

namespace {

struct Bounds {
    int64_t least;
    int64_t most;
};

// As integer_bounds() of values/cast.hpp, which lies in the other library.
Bounds bounds_of(TypeKind kind) {
    switch (kind) {
        case TypeKind::kTinyInt:
            return {INT8_MIN, INT8_MAX};
        case TypeKind::kSmallInt:
            return {INT16_MIN, INT16_MAX};
        case TypeKind::kInteger:
            return {INT32_MIN, INT32_MAX};
        case TypeKind::kUTinyInt:
            return {0, UINT8_MAX};
        case TypeKind::kUSmallInt:
            return {0, UINT16_MAX};
        case TypeKind::kUInteger:
            return {0, UINT32_MAX};
        default:
            return {INT64_MIN, INT64_MAX};
    }
}

int128 power_of_ten(unsigned exponent) {
    int128 power = 1;
    for (unsigned k = 0; k < exponent; ++k) {
        power *= 10;
    }
    return power;
}

llvm::ConstantInt* huge(Builder& b, int128 value) {
    const uint64_t words[] = {static_cast<uint64_t>(value), static_cast<uint64_t>(value >> 64)};
    return llvm::ConstantInt::get(b.getContext(), llvm::APInt(128, words));
}

}  // namespace

bool FunctionTranslator::arithmetic() {
    switch (i_->op) {
        case Op::kAddInt32:
        case Op::kAddInt64:
            fast_integer(llvm::Intrinsic::sadd_with_overflow, i_->op == Op::kAddInt32);
            return true;
        case Op::kSubtractInt32:
        case Op::kSubtractInt64:
            fast_integer(llvm::Intrinsic::ssub_with_overflow, i_->op == Op::kSubtractInt32);
            return true;
        case Op::kMultiplyInt32:
        case Op::kMultiplyInt64:
            fast_integer(llvm::Intrinsic::smul_with_overflow, i_->op == Op::kMultiplyInt32);
            return true;
        case Op::kArithmeticInt:
            integer_arithmetic();
            return true;
        case Op::kNegateInt:
            negate_integer();
            return true;
        case Op::kArithmeticHuge:
            huge_arithmetic();
            return true;
        case Op::kAddReal:
        case Op::kSubtractReal:
        case Op::kMultiplyReal:
        case Op::kDivideReal:
        case Op::kArithmeticReal:
        case Op::kNegateReal:
            real_arithmetic();
            return true;
        case Op::kArithmeticTime:
            time_arithmetic();
            return true;
        case Op::kIntToReal: {
            const Operand number = b_of(View::kInteger);
            write_a(View::kReal, b_.CreateSIToFP(number.payload, b_.getDoubleTy()), number.null);
            return true;
        }
        case Op::kCast:
            return cast();
        case Op::kBuiltin:
            return builtin();
        default:
            return false;
    }
}

void FunctionTranslator::fast_integer(ID id, bool narrow) {
    const Operand left = b_of(View::kInteger);
    const Operand right = c_of(View::kInteger);
    llvm::Value* null = b_.CreateOr(left.null, right.null);
    llvm::Value* over = nullptr;
    llvm::Value* result = overflow_op(id, left.payload, right.payload, &over);
    if (narrow) {
        // Operands of 32 bits cannot overflow 64, so the result itself is looked at.
        over = b_.CreateICmpNE(result, b_.CreateSExt(b_.CreateTrunc(result, b_.getInt32Ty()), b_.getInt64Ty()));
    }
    fail_if(b_.CreateAnd(over, b_.CreateNot(null)));
    write_a(View::kInteger, result, null);
}

llvm::Value* FunctionTranslator::out_of_kind(llvm::Value* number, TypeKind kind) {
    const Bounds bounds = bounds_of(kind);
    if (bounds.least == INT64_MIN) {
        return b_.getFalse();
    }
    return b_.CreateOr(b_.CreateICmpSLT(number, b_.getInt64(static_cast<uint64_t>(bounds.least))),
                       b_.CreateICmpSGT(number, b_.getInt64(static_cast<uint64_t>(bounds.most))));
}

void FunctionTranslator::integer_arithmetic() {
    const auto op = static_cast<Operator>(i_->d & 0xFF);
    const auto kind = static_cast<TypeKind>(i_->d >> 8 & 0xFF);
    const bool strict = (i_->d >> 16 & 1) != 0;
    const Operand left = b_of(View::kInteger);
    const Operand right = c_of(View::kInteger);
    llvm::Value* null = b_.CreateOr(left.null, right.null);
    llvm::Value* bad = b_.getFalse();
    llvm::Value* result = nullptr;
    if (op == Operator::kAdd || op == Operator::kSubtract || op == Operator::kMultiply) {
        const ID id = op == Operator::kAdd        ? llvm::Intrinsic::sadd_with_overflow
                      : op == Operator::kSubtract ? llvm::Intrinsic::ssub_with_overflow
                                                  : llvm::Intrinsic::smul_with_overflow;
        result = overflow_op(id, left.payload, right.payload, &bad);
    } else {
        llvm::Value* zero = b_.CreateICmpEQ(right.payload, b_.getInt64(0));
        if (strict) {
            bad = zero;
        } else {
            null = b_.CreateOr(null, zero);
        }
        llvm::Value* wraps = b_.CreateAnd(b_.CreateICmpEQ(left.payload, b_.getInt64(static_cast<uint64_t>(INT64_MIN))),
                                          b_.CreateICmpEQ(right.payload, b_.getInt64(UINT64_MAX)));
        llvm::Value* divisor = b_.CreateSelect(b_.CreateOr(zero, wraps), b_.getInt64(1), right.payload);
        if (op == Operator::kModulo) {
            result = b_.CreateSRem(left.payload, divisor);  // of the one that wraps: 0, as it should
        } else {
            result = b_.CreateSDiv(left.payload, divisor);
            bad = b_.CreateOr(bad, wraps);
        }
    }
    bad = b_.CreateOr(bad, out_of_kind(result, kind));
    fail_if(b_.CreateAnd(bad, b_.CreateNot(b_.CreateOr(left.null, right.null))));
    write_a(View::kInteger, result, null);
}

void FunctionTranslator::negate_integer() {
    const Operand operand = b_of(View::kInteger);
    llvm::Value* over = nullptr;
    llvm::Value* result = overflow_op(llvm::Intrinsic::ssub_with_overflow, b_.getInt64(0), operand.payload, &over);
    over = b_.CreateOr(over, out_of_kind(result, static_cast<TypeKind>(i_->d)));
    fail_if(b_.CreateAnd(over, b_.CreateNot(operand.null)));
    write_a(View::kInteger, result, operand.null);
}

llvm::Value* FunctionTranslator::out_of_huge(llvm::Value* number, const catalog::Type& type) {
    if (type.kind == TypeKind::kDecimal) {
        const int128 limit = power_of_ten(type.decimal_width);
        return b_.CreateOr(b_.CreateICmpSGE(number, huge(b_, limit)), b_.CreateICmpSLE(number, huge(b_, -limit)));
    }
    if (type.kind == TypeKind::kUBigInt) {
        return b_.CreateOr(b_.CreateICmpSLT(number, huge(b_, 0)),
                           b_.CreateICmpSGT(number, huge(b_, static_cast<int128>(UINT64_MAX))));
    }
    return b_.getFalse();
}

// Division of 128 bits would need functions of a run-time library; the interpreter has them.
void FunctionTranslator::huge_arithmetic() {
    const auto op = static_cast<Operator>(i_->d & 0xFF);
    if (op != Operator::kAdd && op != Operator::kSubtract && op != Operator::kMultiply) {
        return step_and_go_on();
    }
    const catalog::Type& type = program_.types[static_cast<size_t>(i_->d >> 8 & 0xFFFF)];
    const Operand left = b_of(View::kHuge);
    const Operand right = c_of(View::kHuge);
    llvm::Value* null = b_.CreateOr(left.null, right.null);
    const ID id = op == Operator::kAdd        ? llvm::Intrinsic::sadd_with_overflow
                  : op == Operator::kSubtract ? llvm::Intrinsic::ssub_with_overflow
                                              : llvm::Intrinsic::smul_with_overflow;
    llvm::Value* over = nullptr;
    llvm::Value* result = overflow_op(id, left.payload, right.payload, &over);
    fail_if(b_.CreateAnd(b_.CreateOr(over, out_of_huge(result, type)), b_.CreateNot(null)));
    write_a(View::kHuge, result, null);
}

llvm::Value* FunctionTranslator::single(llvm::Value* real, bool is_single) {
    return is_single ? b_.CreateFPExt(b_.CreateFPTrunc(real, b_.getFloatTy()), b_.getDoubleTy()) : real;
}

void FunctionTranslator::real_arithmetic() {
    const Operand left = b_of(View::kReal);
    if (i_->op == Op::kNegateReal) {
        return write_a(View::kReal, b_.CreateFNeg(left.payload), left.null);
    }
    const Operand right = c_of(View::kReal);
    const bool general = i_->op == Op::kArithmeticReal;
    const auto op = static_cast<Operator>(i_->d & 0xFF);
    const bool is_single = (i_->d & (general ? 1 << 8 : 1)) != 0;
    const bool strict = (i_->d & (general ? 1 << 9 : 2)) != 0;
    llvm::Value* operands = b_.CreateOr(left.null, right.null);
    llvm::Value* null = operands;
    llvm::Value* zero = b_.CreateFCmpOEQ(right.payload, llvm::ConstantFP::get(b_.getDoubleTy(), 0));
    if (i_->op == Op::kDivideReal && strict) {
        fail_if(b_.CreateAnd(zero, b_.CreateNot(operands)));
    } else if (general && op != Operator::kPower && strict) {
        fail_if(b_.CreateAnd(zero, b_.CreateNot(operands)));
    } else if (general && op != Operator::kPower) {
        null = b_.CreateOr(operands, zero);
    }
    llvm::Value* result = nullptr;
    switch (i_->op) {
        case Op::kAddReal:
            result = b_.CreateFAdd(left.payload, right.payload);
            break;
        case Op::kSubtractReal:
            result = b_.CreateFSub(left.payload, right.payload);
            break;
        case Op::kMultiplyReal:
            result = b_.CreateFMul(left.payload, right.payload);
            break;
        case Op::kDivideReal:
            result = b_.CreateFDiv(left.payload, right.payload);
            break;
        default:
            result = op == Operator::kPower || op == Operator::kModulo
                         ? call_runtime(op == Operator::kPower ? "kodiak_power" : "kodiak_remainder", b_.getDoubleTy(),
                                        {left.payload, right.payload})
                         : b_.CreateUnaryIntrinsic(llvm::Intrinsic::trunc, b_.CreateFDiv(left.payload, right.payload));
    }
    write_a(View::kReal, single(result, is_single), null);
}

void FunctionTranslator::time_arithmetic() {
    const auto kind = static_cast<TimeArithmetic>(i_->d >> 8 & 0xFF);
    if (kind != TimeArithmetic::kDateAndDays && kind != TimeArithmetic::kDates) {
        return step_and_go_on();
    }
    const bool minus = static_cast<Operator>(i_->d & 0xFF) == Operator::kSubtract;
    const Operand left = b_of(View::kInteger);
    const Operand right = c_of(View::kInteger);
    llvm::Value* null = b_.CreateOr(left.null, right.null);
    llvm::Value* over = nullptr;
    llvm::Value* result = overflow_op(minus ? llvm::Intrinsic::ssub_with_overflow : llvm::Intrinsic::sadd_with_overflow,
                                      left.payload, right.payload, &over);
    if (kind == TimeArithmetic::kDateAndDays) {
        over = b_.CreateOr(over, out_of_kind(result, TypeKind::kInteger));
    }
    fail_if(b_.CreateAnd(over, b_.CreateNot(null)));
    write_a(View::kInteger, result, null);
}

// Casts from whole numbers, and of decimals to as many digits behind the point or more.
bool FunctionTranslator::cast() {
    const catalog::Type& from = program_.types[i_->c];
    const catalog::Type& to = program_.types[static_cast<size_t>(i_->d)];
    if (from.kind == TypeKind::kDecimal && to.kind == TypeKind::kDecimal && to.decimal_scale >= from.decimal_scale) {
        const Operand given = b_of(View::kHuge);
        llvm::Value* over = nullptr;
        llvm::Value* power = huge(b_, power_of_ten(static_cast<unsigned>(to.decimal_scale - from.decimal_scale)));
        llvm::Value* result = overflow_op(llvm::Intrinsic::smul_with_overflow, given.payload, power, &over);
        fail_if(b_.CreateAnd(b_.CreateOr(over, out_of_huge(result, to)), b_.CreateNot(given.null)));
        write_a(View::kHuge, result, given.null);
        return true;
    }
    if (!is_small_integer_kind(from.kind) && from.kind != TypeKind::kBoolean) {
        return false;
    }
    const Operand given = b_of(View::kInteger);
    switch (to.kind) {
        case TypeKind::kDouble:
        case TypeKind::kFloat: {
            llvm::Value* real =
                b_.CreateSIToFP(given.payload, to.kind == TypeKind::kFloat ? b_.getFloatTy() : b_.getDoubleTy());
            write_a(View::kReal, b_.CreateFPExt(real, b_.getDoubleTy()), given.null);
            return true;
        }
        case TypeKind::kBoolean: {
            llvm::Value* truth = b_.CreateICmpNE(given.payload, b_.getInt64(0));
            write_a(View::kInteger, b_.CreateZExt(truth, b_.getInt64Ty()), given.null);
            return true;
        }
        case TypeKind::kDecimal:
        case TypeKind::kHugeInt:
        case TypeKind::kUBigInt: {
            llvm::Value* wide = b_.CreateSExt(given.payload, b_.getInt128Ty());
            llvm::Value* over = b_.getFalse();
            if (to.kind == TypeKind::kDecimal) {
                wide = overflow_op(llvm::Intrinsic::smul_with_overflow, wide, huge(b_, power_of_ten(to.decimal_scale)),
                                   &over);
            }
            fail_if(b_.CreateAnd(b_.CreateOr(over, out_of_huge(wide, to)), b_.CreateNot(given.null)));
            write_a(View::kHuge, wide, given.null);
            return true;
        }
        default:
            break;
    }
    if (!is_small_integer_kind(to.kind)) {
        return false;
    }
    fail_if(b_.CreateAnd(out_of_kind(given.payload, to.kind), b_.CreateNot(given.null)));
    write_a(View::kInteger, given.payload, given.null);
    return true;
}

// The functions of numbers that are a few instructions; all others are steps.
bool FunctionTranslator::builtin() {
    const auto function = static_cast<Builtin>(i_->d & 0xFFFF);
    const catalog::Type& type = program_.types[static_cast<uint32_t>(i_->d) >> 16];
    const bool real = type.kind == TypeKind::kDouble;
    const bool whole = is_small_integer_kind(type.kind);
    if (function == Builtin::kAbs && (real || whole)) {
        const View view = real ? View::kReal : View::kInteger;
        const Operand given = read(i_->b, block_view(0), view);
        if (real) {
            write_a(view, b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, given.payload), given.null);
            return true;
        }
        llvm::Value* least = b_.CreateICmpEQ(given.payload, b_.getInt64(static_cast<uint64_t>(INT64_MIN)));
        llvm::Value* result = b_.CreateBinaryIntrinsic(llvm::Intrinsic::abs, given.payload, b_.getFalse());
        fail_if(b_.CreateAnd(b_.CreateOr(least, out_of_kind(result, type.kind)), b_.CreateNot(given.null)));
        write_a(view, result, given.null);
        return true;
    }
    if ((function == Builtin::kGreatest || function == Builtin::kLeast) && whole) {
        Operand best = read(i_->b, block_view(0), View::kInteger);
        for (uint16_t k = 1; k < i_->c; ++k) {
            const Operand next = read(static_cast<uint16_t>(i_->b + k), block_view(k), View::kInteger);
            llvm::Value* better = function == Builtin::kGreatest ? b_.CreateICmpSGT(next.payload, best.payload)
                                                                 : b_.CreateICmpSLT(next.payload, best.payload);
            llvm::Value* take = b_.CreateAnd(b_.CreateNot(next.null), b_.CreateOr(best.null, better));
            best = {b_.CreateSelect(take, next.payload, best.payload), b_.CreateAnd(best.null, next.null)};
        }
        write_a(View::kInteger, best.payload, best.null);
        return true;
    }
    return false;
}

}  // namespace kodiak::language
