// Comparisons and three-valued logic.

#include "language/jit/llvm/function_translator.hpp"

namespace kodiak::language {

using catalog::TypeKind;
using llvm::CmpInst;

bool FunctionTranslator::logic() {
    switch (i_->op) {
        case Op::kMove:
        case Op::kAssign:
            copy(i_->a, i_->b, views_->b);
            return true;
        case Op::kNull:
            set_null(i_->a);
            return true;
        case Op::kCompareInt:
            comparison(static_cast<Operator>(i_->d), View::kInteger);
            return true;
        case Op::kCompareReal:
            comparison(static_cast<Operator>(i_->d), View::kReal);
            return true;
        case Op::kCompareHuge:
            comparison(static_cast<Operator>(i_->d), View::kHuge);
            return true;
        case Op::kDistinct:
            if (views_->b == View::kInteger && views_->c == View::kInteger) {
                distinct();
                return true;
            }
            return false;
        case Op::kAnd:
        case Op::kOr:
            connect(i_->op == Op::kAnd);
            return true;
        case Op::kNot: {
            const Operand given = b_of(View::kInteger);
            llvm::Value* result = b_.CreateICmpEQ(given.payload, b_.getInt64(0));
            write_a(View::kInteger, b_.CreateZExt(result, b_.getInt64Ty()), given.null);
            return true;
        }
        case Op::kIsNull:
        case Op::kIsNotNull: {
            llvm::Value* null = is_null(i_->b, views_->b);
            llvm::Value* result = i_->op == Op::kIsNull ? null : b_.CreateNot(null);
            write_a(View::kInteger, b_.CreateZExt(result, b_.getInt64Ty()), b_.getFalse());
            return true;
        }
        case Op::kIsTrue:
        case Op::kIsFalse: {
            const Operand given = b_of(View::kInteger);
            llvm::Value* zero = b_.CreateICmpEQ(given.payload, b_.getInt64(0));
            llvm::Value* result =
                b_.CreateAnd(b_.CreateNot(given.null), i_->op == Op::kIsFalse ? zero : b_.CreateNot(zero));
            write_a(View::kInteger, b_.CreateZExt(result, b_.getInt64Ty()), b_.getFalse());
            return true;
        }
        default:
            return false;
    }
}

// NaN is the greatest number and equal to itself.
llvm::Value* FunctionTranslator::compare(Operator op, View view, llvm::Value* left, llvm::Value* right) {
    if (view != View::kReal) {
        constexpr CmpInst::Predicate kSigned[] = {CmpInst::ICMP_EQ,  CmpInst::ICMP_NE,  CmpInst::ICMP_SLT,
                                                  CmpInst::ICMP_SLE, CmpInst::ICMP_SGT, CmpInst::ICMP_SGE};
        return b_.CreateICmp(kSigned[static_cast<size_t>(op) - static_cast<size_t>(Operator::kEqual)], left, right);
    }
    const auto less = [&](llvm::Value* x, llvm::Value* y) {
        return b_.CreateAnd(b_.CreateFCmpORD(x, x), b_.CreateFCmpULT(x, y));
    };
    switch (op) {
        case Operator::kEqual:
        case Operator::kNotEqual: {
            llvm::Value* both_nan = b_.CreateAnd(b_.CreateFCmpUNO(left, left), b_.CreateFCmpUNO(right, right));
            llvm::Value* equal = b_.CreateOr(b_.CreateFCmpOEQ(left, right), both_nan);
            return op == Operator::kEqual ? equal : b_.CreateNot(equal);
        }
        case Operator::kLess:
            return less(left, right);
        case Operator::kLessEqual:
            return b_.CreateNot(less(right, left));
        case Operator::kGreater:
            return less(right, left);
        default:
            return b_.CreateNot(less(left, right));
    }
}

void FunctionTranslator::comparison(Operator op, View view) {
    const Operand left = b_of(view);
    const Operand right = c_of(view);
    llvm::Value* result = compare(op, view, left.payload, right.payload);
    write_a(View::kInteger, b_.CreateZExt(result, b_.getInt64Ty()), b_.CreateOr(left.null, right.null));
}

void FunctionTranslator::distinct() {
    const Operand left = b_of(View::kInteger);
    const Operand right = c_of(View::kInteger);
    llvm::Value* differ = b_.CreateICmpNE(left.payload, right.payload);
    llvm::Value* result =
        b_.CreateSelect(b_.CreateOr(left.null, right.null), b_.CreateXor(left.null, right.null), differ);
    write_a(View::kInteger, b_.CreateZExt(result, b_.getInt64Ty()), b_.getFalse());
}

// AND is false if either side is, OR true if either side is; otherwise NULL if either side is NULL.
void FunctionTranslator::connect(bool conjunction) {
    const Operand sides[] = {b_of(View::kInteger), c_of(View::kInteger)};
    llvm::Value* decided = b_.getFalse();
    for (const Operand& side : sides) {
        llvm::Value* zero = b_.CreateICmpEQ(side.payload, b_.getInt64(0));
        decided = b_.CreateOr(decided, b_.CreateAnd(b_.CreateNot(side.null), conjunction ? zero : b_.CreateNot(zero)));
    }
    llvm::Value* null = b_.CreateAnd(b_.CreateNot(decided), b_.CreateOr(sides[0].null, sides[1].null));
    llvm::Value* result = conjunction ? b_.CreateNot(decided) : decided;
    write_a(View::kInteger, b_.CreateZExt(result, b_.getInt64Ty()), null);
}

}  // namespace kodiak::language
