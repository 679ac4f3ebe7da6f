#include "language/jit/llvm/function_translator.hpp"

#include <llvm/IR/MDBuilder.h>

namespace kodiak::language {

using llvm::BasicBlock;
using llvm::ConstantFP;
using llvm::Type;

FunctionTranslator::FunctionTranslator(UnitTranslator& unit, size_t index)
    : unit_(unit),
      function_(unit.unit().functions[index]),
      program_(*function_.program),
      index_(static_cast<uint32_t>(index)),
      target_(unit.function(index)),
      b_(unit.module().getContext()),
      entry_(unit.module().getContext()),
      register_(program_.registers) {
    for (const ProgramConstant& one : program_.constants) {
        register_[one.where].constant = &one;
    }
}

void FunctionTranslator::run() {
    begin();
    bool open = true;  // the block being filled has no end yet
    for (uint32_t at = 0; at < program_.code.size(); ++at) {
        const InstructionViews& views = function_.code[at];
        if (views.target) {
            BasicBlock* here = block_at(at);
            if (open) {
                b_.CreateBr(here);
            }
            b_.SetInsertPoint(here);
            open = true;
        }
        if (!views.reachable) {
            if (open) {
                b_.CreateUnreachable();
            }
            open = false;
            continue;
        }
        if (!open) {
            continue;
        }
        instruction(at);
        open = b_.GetInsertBlock()->getTerminator() == nullptr;
    }
    if (open) {
        b_.CreateUnreachable();
    }
}

void FunctionTranslator::begin() {
    BasicBlock* variables = block();
    BasicBlock* start = block();
    fail_ = block();
    entry_.SetInsertPoint(llvm::BranchInst::Create(start, variables));
    b_.SetInsertPoint(start);
    llvm::Value* context = target_->getArg(0);
    fuel_ = variable(b_.getInt32Ty(), b_.getInt32(0));
    b_.CreateStore(b_.CreateLoad(b_.getInt32Ty(), context), fuel_);
    if (function_.has_objects) {
        frame_ = call_runtime("kodiak_enter", b_.getPtrTy(), {context, b_.getInt32(index_)});
    }
    for (unsigned k = 0; k < function_.parameters.size(); ++k) {
        const View view = function_.parameters[k];
        const uint16_t index = program_.parameters[k];
        if (view == View::kObject) {
            call_runtime("kodiak_assign", b_.getVoidTy(), {place(index), target_->getArg(2 + 2 * k)});
        } else if (view != View::kNothing) {
            write(index, view, target_->getArg(2 + 2 * k), target_->getArg(3 + 2 * k));
        }
    }
    BasicBlock* here = b_.GetInsertBlock();
    b_.SetInsertPoint(fail_);
    give(nullptr, b_.getInt32(kJitFailed));
    b_.SetInsertPoint(here);
}

void FunctionTranslator::instruction(uint32_t at) {
    at_ = at;
    i_ = &program_.code[at];
    views_ = &function_.code[at];
    if (texts() || arithmetic() || logic() || flow()) {
        return;
    }
    step_and_go_on();
}

BasicBlock* FunctionTranslator::block_at(uint32_t at) {
    BasicBlock*& known = blocks_[at];
    known = known == nullptr ? block() : known;
    return known;
}

llvm::AllocaInst* FunctionTranslator::variable(Type* type, llvm::Constant* initial) {
    llvm::AllocaInst* made = entry_.CreateAlloca(type);
    entry_.CreateStore(initial, made);
    return made;
}

llvm::AllocaInst* FunctionTranslator::payload_of(uint16_t index, View view) {
    Register& kept = register_[index];
    llvm::AllocaInst*& made = view == View::kReal ? kept.real : view == View::kHuge ? kept.huge : kept.integer;
    if (made == nullptr) {
        Type* type = unit_.type_of(view);
        made = variable(type, llvm::Constant::getNullValue(type));
    }
    return made;
}

llvm::AllocaInst* FunctionTranslator::null_of(uint16_t index) {
    Register& kept = register_[index];
    if (kept.null == nullptr) {
        kept.null = variable(b_.getInt1Ty(), b_.getTrue());
    }
    return kept.null;
}

llvm::Value* FunctionTranslator::registers() {
    return frame_ != nullptr
               ? frame_
               : b_.CreateLoad(b_.getPtrTy(), behind(b_, target_->getArg(0), offsetof(JitContext, scratch)));
}

Operand FunctionTranslator::read(uint16_t index, View view, View wanted) {
    Type* type = unit_.type_of(wanted);
    if (view == View::kNothing) {
        return {llvm::Constant::getNullValue(type), b_.getTrue()};
    }
    if (view == View::kObject) {
        llvm::Value* object = place(index);
        return {object, null_of_value(b_, object)};
    }
    if (const ProgramConstant* constant = register_[index].constant; constant != nullptr) {
        switch (view) {
            case View::kReal:
                return {ConstantFP::get(type, constant->value.real()), b_.getFalse()};
            case View::kHuge: {
                const int128 bits = constant->value.huge();
                const uint64_t words[] = {static_cast<uint64_t>(bits), static_cast<uint64_t>(bits >> 64)};
                return {llvm::ConstantInt::get(b_.getContext(), llvm::APInt(128, words)), b_.getFalse()};
            }
            default:
                return {b_.getInt64(static_cast<uint64_t>(constant->value.integer())), b_.getFalse()};
        }
    }
    return {b_.CreateLoad(type, payload_of(index, view)), b_.CreateLoad(b_.getInt1Ty(), null_of(index))};
}

llvm::Value* FunctionTranslator::is_null(uint16_t index, View view) {
    return read(index, view, view == View::kNothing ? View::kInteger : view).null;
}

void FunctionTranslator::write(uint16_t index, View view, llvm::Value* payload, llvm::Value* null) {
    release(index);
    b_.CreateStore(payload, payload_of(index, view));
    b_.CreateStore(null, null_of(index));
}

void FunctionTranslator::set_null(uint16_t index) {
    if (ever_object(index)) {
        call_runtime("kodiak_release", b_.getVoidTy(), {place(index)});
    }
    b_.CreateStore(b_.getTrue(), null_of(index));
}

void FunctionTranslator::copy(uint16_t to, uint16_t from, View view) {
    if (view == View::kNothing) {
        set_null(to);
    } else if (view == View::kObject) {
        call_runtime("kodiak_assign", b_.getVoidTy(), {place(to), place(from)});
    } else {
        const Operand value = read(from, view, view);
        write(to, view, value.payload, value.null);
    }
}

void FunctionTranslator::release(uint16_t index) {
    if (!ever_object(index)) {
        return;
    }
    llvm::Value* value = place(index);
    llvm::Value* owned = b_.CreateICmpNE(b_.CreateLoad(b_.getInt8Ty(), behind(b_, value, kOwnedOffset)), b_.getInt8(0));
    BasicBlock* drop = block();
    BasicBlock* after = block();
    b_.CreateCondBr(owned, drop, after);
    b_.SetInsertPoint(drop);
    call_runtime("kodiak_release", b_.getVoidTy(), {value});
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
}

// Puts a register where the interpreter looks for it.
void FunctionTranslator::spill(uint16_t index, View view) {
    if (view == View::kObject) {
        return;
    }
    release(index);
    llvm::Value* value = place(index);
    if (view == View::kNothing) {
        b_.CreateStore(b_.getInt8(1), behind(b_, value, kNullOffset));
        return;
    }
    const Operand given = read(index, view, view);
    b_.CreateAlignedStore(given.payload, value, llvm::Align(8));
    b_.CreateStore(b_.CreateZExt(given.null, b_.getInt8Ty()), behind(b_, value, kNullOffset));
}

void FunctionTranslator::reload(uint16_t index, View view) {
    if (view == View::kObject) {
        return;
    }
    llvm::Value* value = place(index);
    if (view != View::kNothing) {
        b_.CreateStore(b_.CreateAlignedLoad(unit_.type_of(view), value, llvm::Align(8)), payload_of(index, view));
    }
    b_.CreateStore(null_of_value(b_, value), null_of(index));
}

void FunctionTranslator::spill_operands() {
    const OperandShape& shape = views_->shape;
    if (shape.reads_a) {
        spill(i_->a, views_->a_before);
    }
    if (shape.reads_b) {
        spill(i_->b, views_->b);
    }
    if (shape.reads_c) {
        spill(i_->c, views_->c);
    }
    for (uint16_t k = 0; k < shape.block_size; ++k) {
        spill(static_cast<uint16_t>(shape.block + k), block_view(k));
    }
}

llvm::Value* FunctionTranslator::step() {
    spill_operands();
    return call_runtime("kodiak_step", b_.getInt32Ty(),
                        {target_->getArg(0), registers(), b_.getInt32(index_), b_.getInt32(at_)});
}

void FunctionTranslator::step_and_go_on() {
    llvm::Value* outcome = step();
    BasicBlock* fine = block();
    branch_rarely(b_.CreateICmpEQ(outcome, b_.getInt32(kJitFailed)), fail_, fine);
    b_.SetInsertPoint(fine);
    if (views_->shape.writes_a) {
        reload(i_->a, views_->a_after);
    }
}

// All steps that fail are one call.
void FunctionTranslator::step_and_fail() {
    spill_operands();
    BasicBlock* here = b_.GetInsertBlock();
    if (failing_at_ == nullptr) {
        BasicBlock* shared = block();
        b_.SetInsertPoint(shared);
        failing_at_ = b_.CreatePHI(b_.getInt32Ty(), 8);
        call_runtime("kodiak_step", b_.getInt32Ty(),
                     {target_->getArg(0), registers(), b_.getInt32(index_), failing_at_});
        b_.CreateBr(fail_);
        b_.SetInsertPoint(here);
    }
    failing_at_->addIncoming(b_.getInt32(at_), here);
    b_.CreateBr(failing_at_->getParent());
}

void FunctionTranslator::fail_if(llvm::Value* bad) {
    BasicBlock* failing = block();
    BasicBlock* fine = block();
    branch_rarely(bad, failing, fine);
    b_.SetInsertPoint(failing);
    step_and_fail();
    b_.SetInsertPoint(fine);
}

void FunctionTranslator::branch_rarely(llvm::Value* condition, BasicBlock* rare, BasicBlock* usual) {
    b_.CreateCondBr(condition, rare, usual, llvm::MDBuilder(b_.getContext()).createBranchWeights(1, 10'000));
}

llvm::Value* FunctionTranslator::call_runtime(const char* name, Type* result,
                                              const std::vector<llvm::Value*>& arguments) {
    std::vector<Type*> types;
    for (const llvm::Value* one : arguments) {
        types.push_back(one->getType());
    }
    return b_.CreateCall(unit_.runtime(name, result, std::move(types)), arguments);
}

llvm::Value* FunctionTranslator::overflow_op(llvm::Intrinsic::ID id, llvm::Value* left, llvm::Value* right,
                                             llvm::Value** over) {
    llvm::Value* both = b_.CreateBinaryIntrinsic(id, left, right);
    *over = b_.CreateExtractValue(both, 1);
    return b_.CreateExtractValue(both, 0);
}

}  // namespace kodiak::language
