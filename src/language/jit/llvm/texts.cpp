// Texts: calls of the runtime for the common cases (runtime_texts.cpp), steps for the rest.

#include "language/jit/llvm/function_translator.hpp"

namespace kodiak::language {

using llvm::BasicBlock;

bool FunctionTranslator::texts() {
    const bool both = views_->b == View::kObject && views_->c == View::kObject;
    switch (i_->op) {
        case Op::kCompareText: {
            if (!both) {
                return false;
            }
            llvm::Value* order = call_runtime("kodiak_compare_texts", b_.getInt32Ty(), {place(i_->b), place(i_->c)});
            llvm::Value* result = compare(static_cast<Operator>(i_->d), View::kInteger, order, b_.getInt32(0));
            llvm::Value* null = b_.CreateOr(is_null(i_->b, views_->b), is_null(i_->c, views_->c));
            write_a(View::kInteger, b_.CreateZExt(result, b_.getInt64Ty()), null);
            return true;
        }
        case Op::kConcat:
            if (!both) {
                return false;
            }
            by_runtime("kodiak_concat", b_.CreateOr(is_null(i_->b, views_->b), is_null(i_->c, views_->c)),
                       {place(i_->b), place(i_->c)});
            return true;
        case Op::kCast: {
            const bool whole = views_->b == View::kInteger && views_->a_after == View::kObject &&
                               is_small_integer_kind(program_.types[i_->c].kind);
            if (!whole || program_.types[static_cast<size_t>(i_->d)].kind != catalog::TypeKind::kVarchar) {
                return false;
            }
            const Operand number = b_of(View::kInteger);
            by_runtime("kodiak_number_text", number.null, {number.payload});
            return true;
        }
        case Op::kBuiltin:
            return text_builtin();
        default:
            return false;
    }
}

bool FunctionTranslator::text_builtin() {
    const auto function = static_cast<Builtin>(i_->d & 0xFFFF);
    if (i_->c == 0 || block_view(0) != View::kObject) {
        return false;
    }
    llvm::Value* null = is_null(i_->b, View::kObject);
    switch (function) {
        case Builtin::kLength: {
            BasicBlock* count = block();
            BasicBlock* none = block();
            BasicBlock* after = block();
            b_.CreateCondBr(null, none, count);
            b_.SetInsertPoint(count);
            write_a(View::kInteger, call_runtime("kodiak_text_length", b_.getInt64Ty(), {place(i_->b)}), b_.getFalse());
            b_.CreateBr(after);
            b_.SetInsertPoint(none);
            set_null(i_->a);
            b_.CreateBr(after);
            b_.SetInsertPoint(after);
            return true;
        }
        case Builtin::kUpper:
        case Builtin::kLower:
            by_runtime(function == Builtin::kUpper ? "kodiak_upper" : "kodiak_lower", null, {place(i_->b)});
            return true;
        case Builtin::kSubstr: {
            std::vector<llvm::Value*> arguments{place(i_->b)};
            for (uint16_t k = 1; k < i_->c; ++k) {
                const Operand number = read(static_cast<uint16_t>(i_->b + k), block_view(k), View::kInteger);
                arguments.push_back(number.payload);
                null = b_.CreateOr(null, number.null);
            }
            if (i_->c == 2) {
                arguments.push_back(b_.getInt64(INT64_MAX));
            }
            by_runtime("kodiak_substring", null, arguments);
            return true;
        }
        default:
            return false;
    }
}

// a := the runtime's function of the arguments, NULL if `null`; a step if the runtime says that it was not for it.
void FunctionTranslator::by_runtime(const char* name, llvm::Value* null, std::vector<llvm::Value*> arguments) {
    BasicBlock* none = block();
    BasicBlock* there = block();
    BasicBlock* other = block();
    BasicBlock* after = block();
    b_.CreateCondBr(null, none, there);
    b_.SetInsertPoint(there);
    arguments.insert(arguments.begin(), {target_->getArg(0), place(i_->a)});
    llvm::Value* done = call_runtime(name, b_.getInt32Ty(), arguments);
    branch_rarely(b_.CreateICmpEQ(done, b_.getInt32(0)), other, after);
    b_.SetInsertPoint(other);
    step_and_go_on();
    b_.CreateBr(after);
    b_.SetInsertPoint(none);
    set_null(i_->a);
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
}

}  // namespace kodiak::language
