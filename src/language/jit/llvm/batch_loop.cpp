#include "language/jit/llvm/batch_loop.hpp"

namespace kodiak::language {

using llvm::BasicBlock;
using llvm::Function;
using llvm::FunctionType;
using llvm::Type;

namespace {

// Longer roots are called by the loop instead of becoming part of it.
constexpr size_t kInlinedMost = 80;
constexpr size_t kInlinedTwiceMost = 40;

llvm::Align align_of(ColumnLayout layout) { return llvm::Align(layout.bytes < 8 ? layout.bytes : 8); }

}  // namespace

BatchLoop::BatchLoop(UnitTranslator& unit) : unit_(unit), module_(unit.module()), b_(unit.module().getContext()) {}

// uint64 batch(context, const BatchColumn*, const BatchResult*, const uint32* rows, uint64 first, uint64 count)
void BatchLoop::run() {
    Type* pointer = b_.getPtrTy();
    Type* number = b_.getInt64Ty();
    entry_ = Function::Create(FunctionType::get(number, {pointer, pointer, pointer, pointer, number, number}, false),
                              llvm::GlobalValue::ExternalLinkage, "kodiak_batch", module_);
    b_.SetInsertPoint(block());
    llvm::Value* plain = b_.CreateIsNull(entry_->getArg(3));
    for (size_t k = 0; k < unit_.unit().columns.size(); ++k) {
        llvm::Value* column = behind(b_, entry_->getArg(1), k * sizeof(BatchColumn));
        columns_.push_back({member(column, offsetof(BatchColumn, data)),
                            member(column, offsetof(BatchColumn, validity)),
                            member(column, offsetof(BatchColumn, selection))});
        plain = b_.CreateAnd(plain, b_.CreateIsNull(columns_.back().validity));
        plain = b_.CreateAnd(plain, b_.CreateIsNull(columns_.back().selection));
    }
    object_ = member(entry_->getArg(0), offsetof(JitContext, result));
    data_ = member(entry_->getArg(2), offsetof(BatchResult, data));
    validity_ = member(entry_->getArg(2), offsetof(BatchResult, validity));
    texts_ = member(entry_->getArg(2), offsetof(BatchResult, texts));
    BasicBlock* for_plain = block();
    BasicBlock* for_all = block();
    b_.CreateCondBr(plain, for_plain, for_all);
    b_.SetInsertPoint(for_plain);
    loop(true);
    b_.SetInsertPoint(for_all);
    loop(false);
}

void BatchLoop::loop(bool plain) {
    const UnitFunction& root = unit_.unit().functions[0];
    BasicBlock* before = b_.GetInsertBlock();
    BasicBlock* head = block();
    BasicBlock* body = block();
    BasicBlock* next = block();
    BasicBlock* done = block();
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    llvm::PHINode* at = b_.CreatePHI(b_.getInt64Ty(), 2);
    at->addIncoming(entry_->getArg(4), before);
    b_.CreateCondBr(b_.CreateICmpULT(at, entry_->getArg(5)), body, done);
    b_.SetInsertPoint(done);
    b_.CreateRet(entry_->getArg(5));

    b_.SetInsertPoint(body);
    llvm::Value* row = plain ? at : looked_up(entry_->getArg(3), at);
    std::vector<Operand> arguments;
    llvm::Value* any_null = b_.getFalse();
    for (size_t k = 0; k < columns_.size(); ++k) {
        arguments.push_back(argument(k, row, plain));
        any_null = b_.CreateOr(any_null, arguments.back().null);
    }
    BasicBlock* null = block();
    if (root.program->signature->strict) {
        BasicBlock* all_there = block();
        b_.CreateCondBr(any_null, null, all_there);
        b_.SetInsertPoint(all_there);
    }
    b_.CreateStore(b_.getInt32(0), entry_->getArg(0));  // fuel
    llvm::CallInst* made = unit_.call_root(b_, entry_->getArg(0), arguments, object_);
    if (root.program->code.size() <= (plain ? kInlinedMost : kInlinedTwiceMost)) {
        made->addFnAttr(llvm::Attribute::AlwaysInline);
    }
    llvm::Value* payload = b_.CreateExtractValue(made, 0);
    BasicBlock* value = block();
    BasicBlock* failed = block();
    llvm::SwitchInst* outcome = b_.CreateSwitch(b_.CreateExtractValue(made, 1), failed, 2);
    outcome->addCase(b_.getInt32(kJitNext), value);
    outcome->addCase(b_.getInt32(kJitOther), null);
    b_.SetInsertPoint(failed);
    b_.CreateRet(at);
    b_.SetInsertPoint(value);
    result(payload, row);
    b_.CreateBr(next);
    b_.SetInsertPoint(null);
    null_result(row);
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
    at->addIncoming(b_.CreateAdd(at, b_.getInt64(1)), next);
    b_.CreateBr(head);
}

// Entry `at` of a list of numbers that may be absent, or `at` itself.
llvm::Value* BatchLoop::looked_up(llvm::Value* list, llvm::Value* at) {
    BasicBlock* before = b_.GetInsertBlock();
    BasicBlock* look = block();
    BasicBlock* after = block();
    b_.CreateCondBr(b_.CreateIsNull(list), after, look);
    b_.SetInsertPoint(look);
    llvm::Value* found =
        b_.CreateZExt(b_.CreateLoad(b_.getInt32Ty(), b_.CreateGEP(b_.getInt32Ty(), list, at)), b_.getInt64Ty());
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
    llvm::PHINode* chosen = b_.CreatePHI(b_.getInt64Ty(), 2);
    chosen->addIncoming(at, before);
    chosen->addIncoming(found, look);
    return chosen;
}

// Bit `at` of a mask that may be absent.
llvm::Value* BatchLoop::is_valid(llvm::Value* validity, llvm::Value* at) {
    BasicBlock* before = b_.GetInsertBlock();
    BasicBlock* look = block();
    BasicBlock* after = block();
    b_.CreateCondBr(b_.CreateIsNull(validity), after, look);
    b_.SetInsertPoint(look);
    llvm::Value* word = b_.CreateLoad(b_.getInt64Ty(), b_.CreateGEP(b_.getInt64Ty(), validity, b_.CreateLShr(at, 6)));
    llvm::Value* bit = b_.CreateTrunc(b_.CreateLShr(word, b_.CreateAnd(at, 63)), b_.getInt1Ty());
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
    llvm::PHINode* valid = b_.CreatePHI(b_.getInt1Ty(), 2);
    valid->addIncoming(b_.getTrue(), before);
    valid->addIncoming(bit, look);
    return valid;
}

llvm::Value* BatchLoop::number_at(llvm::Value* place, ColumnLayout layout, View view) {
    if (layout.kind == ColumnKind::kDouble || layout.kind == ColumnKind::kFloat) {
        Type* stored = layout.kind == ColumnKind::kFloat ? b_.getFloatTy() : b_.getDoubleTy();
        return b_.CreateFPExt(b_.CreateAlignedLoad(stored, place, align_of(layout)), b_.getDoubleTy());
    }
    llvm::Value* number = b_.CreateAlignedLoad(b_.getIntNTy(layout.bytes * 8U), place, align_of(layout));
    return layout.kind == ColumnKind::kSigned ? b_.CreateSExtOrTrunc(number, unit_.type_of(view))
                                              : b_.CreateZExtOrTrunc(number, unit_.type_of(view));
}

// An object of a column as a Value of the run's.
llvm::Value* BatchLoop::object_at(llvm::Value* place, size_t index, llvm::Value* null) {
    Type* pointer = b_.getPtrTy();
    llvm::Value* context = entry_->getArg(0);
    llvm::Value* slot = behind(b_, member(context, offsetof(JitContext, arguments)), index * sizeof(Value));
    BasicBlock* fill = block();
    BasicBlock* clear = block();
    BasicBlock* filled = block();
    b_.CreateCondBr(null, clear, fill);
    b_.SetInsertPoint(fill);
    if (unit_.unit().columns[index].kind == ColumnKind::kText) {
        b_.CreateCall(unit_.runtime("kodiak_text_in", b_.getVoidTy(), {pointer, pointer, pointer}),
                      {context, slot, place});
    } else {
        b_.CreateCall(unit_.runtime("kodiak_assign", b_.getVoidTy(), {pointer, pointer}), {slot, place});
    }
    b_.CreateBr(filled);
    b_.SetInsertPoint(clear);
    b_.CreateCall(unit_.runtime("kodiak_release", b_.getVoidTy(), {pointer}), {slot});
    b_.CreateBr(filled);
    b_.SetInsertPoint(filled);
    return slot;
}

Operand BatchLoop::argument(size_t index, llvm::Value* row, bool plain) {
    const ColumnLayout layout = unit_.unit().columns[index];
    const View view = unit_.unit().functions[0].parameters[index];
    const Column& column = columns_[index];
    llvm::Value* at = plain ? row : looked_up(column.selection, row);
    llvm::Value* null = plain ? b_.getFalse() : b_.CreateNot(is_valid(column.validity, at));
    if (view == View::kNothing) {
        return {b_.getInt64(0), b_.getTrue()};
    }
    llvm::Value* place = b_.CreateGEP(llvm::ArrayType::get(b_.getInt8Ty(), layout.bytes), column.data, at);
    return {view == View::kObject ? object_at(place, index, null) : number_at(place, layout, view), null};
}

void BatchLoop::result(llvm::Value* payload, llvm::Value* row) {
    Type* pointer = b_.getPtrTy();
    const ColumnLayout layout = unit_.unit().result_column;
    llvm::Value* place = b_.CreateGEP(llvm::ArrayType::get(b_.getInt8Ty(), layout.bytes), data_, row);
    switch (layout.kind) {
        case ColumnKind::kText:
            b_.CreateCall(unit_.runtime("kodiak_text_out", b_.getVoidTy(), {pointer, pointer, pointer}),
                          {texts_, object_, place});
            return;
        case ColumnKind::kValue:
            b_.CreateCall(unit_.runtime("kodiak_assign", b_.getVoidTy(), {pointer, pointer}), {place, object_});
            return;
        case ColumnKind::kFloat:
            b_.CreateAlignedStore(b_.CreateFPTrunc(payload, b_.getFloatTy()), place, align_of(layout));
            return;
        case ColumnKind::kDouble:
            b_.CreateAlignedStore(payload, place, align_of(layout));
            return;
        default:
            b_.CreateAlignedStore(b_.CreateTrunc(payload, b_.getIntNTy(layout.bytes * 8U)), place, align_of(layout));
    }
}

void BatchLoop::null_result(llvm::Value* row) {
    llvm::Value* word = b_.CreateGEP(b_.getInt64Ty(), validity_, b_.CreateLShr(row, 6));
    llvm::Value* bit = b_.CreateShl(b_.getInt64(1), b_.CreateAnd(row, 63));
    b_.CreateStore(b_.CreateAnd(b_.CreateLoad(b_.getInt64Ty(), word), b_.CreateNot(bit)), word);
}

}  // namespace kodiak::language
