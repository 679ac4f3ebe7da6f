// Jumps, loops, calls, and items of lists.

#include "language/jit/llvm/function_translator.hpp"

namespace kodiak::language {

using llvm::BasicBlock;

bool FunctionTranslator::flow() {
    const auto truth = [&](bool wanted) {
        const Operand given = read(i_->a, views_->a_before, View::kInteger);
        llvm::Value* zero = b_.CreateICmpEQ(given.payload, b_.getInt64(0));
        return b_.CreateAnd(b_.CreateNot(given.null), wanted ? b_.CreateNot(zero) : zero);
    };
    switch (i_->op) {
        case Op::kJump:
            b_.CreateBr(block_at(static_cast<uint32_t>(i_->d)));
            return true;
        case Op::kLoop:
            safepoint();
            b_.CreateBr(block_at(static_cast<uint32_t>(i_->d)));
            return true;
        case Op::kJumpIfTrue:
            jump_if(truth(true));
            return true;
        case Op::kJumpIfNotTrue:
            jump_if(b_.CreateNot(truth(true)));
            return true;
        case Op::kJumpIfFalse:
            jump_if(truth(false));
            return true;
        case Op::kJumpIfNull:
            jump_if(is_null(i_->a, views_->a_before));
            return true;
        case Op::kJumpUnlessInt: {
            const Operand left = read(i_->a, views_->a_before, View::kInteger);
            const Operand right = b_of(View::kInteger);
            // Two branches: behind the first, LLVM knows that neither side is NULL.
            jump_if(b_.CreateOr(left.null, right.null));
            jump_if(b_.CreateNot(compare(static_cast<Operator>(i_->c), View::kInteger, left.payload, right.payload)));
            return true;
        }
        case Op::kForStart:
            for_start();
            return true;
        case Op::kForNext:
            for_next();
            return true;
        case Op::kCall:
            call();
            return true;
        case Op::kReturn:
            return_value();
            return true;
        case Op::kCheckNotNull:
            fail_if(is_null(i_->a, views_->a_before));
            return true;
        case Op::kFail:
        case Op::kRaise:
            step_and_fail();
            return true;
        case Op::kIndexList:
            return list_item();
        case Op::kStoreItem:
            return store_item();
        case Op::kListNext:
            list_next();
            return true;
        default:
            return false;
    }
}

// Looks at cancel, clock and memory once in kJitFuel times.
void FunctionTranslator::safepoint() {
    llvm::Value* fuel = b_.CreateAdd(b_.CreateLoad(b_.getInt32Ty(), fuel_), b_.getInt32(1));
    b_.CreateStore(fuel, fuel_);
    BasicBlock* look = block();
    BasicBlock* after = block();
    branch_rarely(b_.CreateICmpUGE(fuel, b_.getInt32(kJitFuel)), look, after);
    b_.SetInsertPoint(look);
    b_.CreateStore(b_.getInt32(0), fuel_);
    llvm::Value* fine =
        call_runtime("kodiak_look", b_.getInt32Ty(), {target_->getArg(0), b_.getInt32(index_), b_.getInt32(at_)});
    b_.CreateCondBr(b_.CreateICmpEQ(fine, b_.getInt32(kJitFailed)), fail_, after);
    b_.SetInsertPoint(after);
}

void FunctionTranslator::jump_if(llvm::Value* condition) {
    BasicBlock* behind_it = block();
    b_.CreateCondBr(condition, block_at(static_cast<uint32_t>(i_->d)), behind_it);
    b_.SetInsertPoint(behind_it);
}

void FunctionTranslator::for_start() {
    const Operand last = read(i_->a, block_view(0), View::kInteger);
    const Operand step_by = read(static_cast<uint16_t>(i_->a + 1), block_view(1), View::kInteger);
    const Operand first = read(static_cast<uint16_t>(i_->a + 2), block_view(2), View::kInteger);
    llvm::Value* null = b_.CreateOr(last.null, b_.CreateOr(step_by.null, first.null));
    fail_if(b_.CreateOr(null, b_.CreateICmpSLE(step_by.payload, b_.getInt64(0))));
    jump_if(i_->c != 0 ? b_.CreateICmpSLT(first.payload, last.payload) : b_.CreateICmpSGT(first.payload, last.payload));
}

// Compares before it adds, so the end of the type's range is no overflow.
void FunctionTranslator::for_next() {
    const auto counter = static_cast<uint16_t>(i_->a + 2);
    llvm::Value* last = read(i_->a, block_view(0), View::kInteger).payload;
    llvm::Value* by = read(static_cast<uint16_t>(i_->a + 1), block_view(1), View::kInteger).payload;
    llvm::Value* count = read(counter, block_view(2), View::kInteger).payload;
    const bool reverse = i_->c != 0;
    llvm::Value* left = reverse ? b_.CreateSub(count, last) : b_.CreateSub(last, count);
    BasicBlock* again = block();
    BasicBlock* done = block();
    b_.CreateCondBr(b_.CreateICmpULT(left, by), done, again);
    b_.SetInsertPoint(again);
    write(counter, View::kInteger, reverse ? b_.CreateSub(count, by) : b_.CreateAdd(count, by), b_.getFalse());
    safepoint();
    b_.CreateBr(block_at(static_cast<uint32_t>(i_->d)));
    b_.SetInsertPoint(done);
}

void FunctionTranslator::call() {
    const uint32_t number = function_.callees[static_cast<size_t>(i_->d)];
    const UnitFunction& callee = unit_.unit().functions[number];
    llvm::Value* context = target_->getArg(0);
    llvm::Value* object = callee.result == View::kObject
                              ? place(i_->a)
                              : llvm::ConstantPointerNull::get(llvm::cast<llvm::PointerType>(b_.getPtrTy()));
    std::vector<llvm::Value*> arguments{context, object};
    llvm::Value* any_null = b_.getFalse();
    for (uint16_t k = 0; k < i_->c; ++k) {
        const auto index = static_cast<uint16_t>(i_->b + k);
        if (callee.parameters[k] == View::kObject && block_view(k) == View::kNothing) {
            spill(index, View::kNothing);
            arguments.push_back(place(index));
            arguments.push_back(b_.getTrue());
        } else {
            const Operand given = read(index, block_view(k), callee.parameters[k]);
            arguments.push_back(given.payload);
            arguments.push_back(given.null);
        }
        any_null = b_.CreateOr(any_null, arguments.back());
    }
    BasicBlock* after = block();
    if (callee.program->signature->strict) {
        BasicBlock* null = block();
        BasicBlock* all_there = block();
        b_.CreateCondBr(any_null, null, all_there);
        b_.SetInsertPoint(null);
        set_null(i_->a);
        b_.CreateBr(after);
        b_.SetInsertPoint(all_there);
    }
    safepoint();
    llvm::Value* depth_at = behind(b_, context, offsetof(JitContext, depth));
    llvm::Value* depth = b_.CreateLoad(b_.getInt32Ty(), depth_at);
    llvm::Value* most = b_.CreateLoad(b_.getInt32Ty(), behind(b_, context, offsetof(JitContext, depth_most)));
    llvm::Value* end = b_.CreateLoad(b_.getInt64Ty(), behind(b_, context, offsetof(JitContext, stack_end)));
    llvm::Value* here = b_.CreateIntrinsic(llvm::Intrinsic::frameaddress, {b_.getPtrTy()}, {b_.getInt32(0)});
    BasicBlock* deep = block();
    BasicBlock* go = block();
    branch_rarely(
        b_.CreateOr(b_.CreateICmpUGE(depth, most), b_.CreateICmpULT(b_.CreatePtrToInt(here, b_.getInt64Ty()), end)),
        deep, go);
    b_.SetInsertPoint(deep);
    call_runtime("kodiak_deep", b_.getVoidTy(), {context, b_.getInt32(index_), b_.getInt32(at_)});
    b_.CreateBr(fail_);
    b_.SetInsertPoint(go);
    b_.CreateStore(b_.CreateAdd(depth, b_.getInt32(1)), depth_at);
    b_.CreateStore(b_.CreateLoad(b_.getInt32Ty(), fuel_), context);
    llvm::CallInst* made = b_.CreateCall(unit_.function(number), arguments);
    made->setCallingConv(llvm::CallingConv::Fast);
    b_.CreateStore(depth, depth_at);
    b_.CreateStore(b_.CreateLoad(b_.getInt32Ty(), context), fuel_);
    llvm::Value* status = b_.CreateExtractValue(made, 1);
    BasicBlock* failed = block();
    BasicBlock* fine = block();
    branch_rarely(b_.CreateICmpEQ(status, b_.getInt32(kJitFailed)), failed, fine);
    b_.SetInsertPoint(failed);
    call_runtime("kodiak_trace", b_.getVoidTy(), {context, b_.getInt32(index_), b_.getInt32(at_)});
    b_.CreateBr(fail_);
    b_.SetInsertPoint(fine);
    if (callee.result == View::kNothing) {
        set_null(i_->a);
    } else if (callee.result != View::kObject) {
        write_a(callee.result, b_.CreateExtractValue(made, 0), b_.CreateICmpEQ(status, b_.getInt32(kJitOther)));
    }
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
}

// Leaves the function; `payload` may be absent.
void FunctionTranslator::give(llvm::Value* payload, llvm::Value* status) {
    llvm::Value* context = target_->getArg(0);
    if (frame_ != nullptr) {
        call_runtime("kodiak_leave", b_.getVoidTy(), {context, b_.getInt32(index_)});
    }
    b_.CreateStore(b_.CreateLoad(b_.getInt32Ty(), fuel_), context);
    llvm::StructType* type = unit_.return_type(function_.result);
    llvm::Value* result = llvm::Constant::getNullValue(type);
    result = payload != nullptr ? b_.CreateInsertValue(result, payload, 0) : result;
    b_.CreateRet(b_.CreateInsertValue(result, status, 1));
}

void FunctionTranslator::return_value() {
    if (function_.result == View::kObject) {
        llvm::Value* result = target_->getArg(1);
        const bool nothing = i_->a == kNoRegister || views_->a_before == View::kNothing;
        if (nothing) {
            call_runtime("kodiak_release", b_.getVoidTy(), {result});
            return give(nullptr, b_.getInt32(kJitOther));
        }
        llvm::Value* null = is_null(i_->a, views_->a_before);
        call_runtime("kodiak_assign", b_.getVoidTy(), {result, place(i_->a)});
        return give(nullptr, b_.CreateSelect(null, b_.getInt32(kJitOther), b_.getInt32(kJitNext)));
    }
    if (i_->a == kNoRegister || views_->a_before == View::kNothing || function_.result == View::kNothing) {
        return give(nullptr, b_.getInt32(kJitOther));
    }
    const Operand value = read(i_->a, views_->a_before, function_.result);
    give(value.payload, b_.CreateSelect(value.null, b_.getInt32(kJitOther), b_.getInt32(kJitNext)));
}

// a := b[c] without a step, for lists of bare values.
bool FunctionTranslator::list_item() {
    if (views_->b != View::kObject || views_->item == View::kObject || views_->item == View::kNothing) {
        return false;
    }
    const Operand position = c_of(View::kInteger);
    BasicBlock* look = block();
    BasicBlock* take = block();
    BasicBlock* none = block();
    BasicBlock* after = block();
    b_.CreateCondBr(position.null, none, look);
    b_.SetInsertPoint(look);
    llvm::Value* item = call_runtime("kodiak_item", b_.getPtrTy(), {place(i_->b), position.payload});
    b_.CreateCondBr(b_.CreateIsNull(item), none, take);
    b_.SetInsertPoint(take);
    llvm::Value* payload = b_.CreateAlignedLoad(unit_.type_of(views_->item), item, llvm::Align(8));
    write_a(views_->item, payload, null_of_value(b_, item));
    b_.CreateBr(after);
    b_.SetInsertPoint(none);
    set_null(i_->a);
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
    return true;
}

// a[b] := c in place, for bare values; a step where the list is shared or has to grow.
bool FunctionTranslator::store_item() {
    if (views_->a_before != View::kObject || views_->c == View::kObject || views_->c == View::kNothing) {
        return false;
    }
    const Operand position = b_of(View::kInteger);
    const Operand value = read(i_->c, views_->c, views_->c);
    BasicBlock* look = block();
    BasicBlock* put = block();
    BasicBlock* other = block();
    BasicBlock* after = block();
    b_.CreateCondBr(position.null, other, look);
    b_.SetInsertPoint(look);
    llvm::Value* slot = call_runtime("kodiak_slot", b_.getPtrTy(), {place(i_->a), position.payload});
    b_.CreateCondBr(b_.CreateIsNull(slot), other, put);
    b_.SetInsertPoint(put);
    b_.CreateAlignedStore(value.payload, slot, llvm::Align(8));
    b_.CreateStore(b_.CreateZExt(value.null, b_.getInt8Ty()), behind(b_, slot, kNullOffset));
    b_.CreateBr(after);
    b_.SetInsertPoint(other);
    step_and_go_on();
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
    return true;
}

void FunctionTranslator::list_next() {
    llvm::Value* outcome = step();
    BasicBlock* fine = block();
    BasicBlock* item = block();
    branch_rarely(b_.CreateICmpEQ(outcome, b_.getInt32(kJitFailed)), fail_, fine);
    b_.SetInsertPoint(fine);
    b_.CreateCondBr(b_.CreateICmpEQ(outcome, b_.getInt32(kJitOther)), block_at(static_cast<uint32_t>(i_->d)), item);
    b_.SetInsertPoint(item);
    reload(i_->a, views_->a_after);
    reload(i_->c, View::kInteger);
}

}  // namespace kodiak::language
