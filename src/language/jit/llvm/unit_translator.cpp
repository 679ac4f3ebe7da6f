#include "language/jit/llvm/unit_translator.hpp"

#include "language/jit/llvm/batch_loop.hpp"
#include "language/jit/llvm/function_translator.hpp"

namespace kodiak::language {

using llvm::BasicBlock;
using llvm::Function;
using llvm::FunctionType;
using llvm::PointerType;
using llvm::Type;

namespace {

// Members of Value are private, so a living one is looked at.
bool value_layout_holds() {
    Value value = language::Value::integer(1);
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    const bool not_null = bytes[0] == 1 && bytes[kNullOffset] == 0;
    value.set_null();
    return sizeof(Value) == 32 && not_null && bytes[kNullOffset] == 1 && bytes[kOwnedOffset] == 0;
}

}  // namespace

UnitTranslator::UnitTranslator(const JitUnit& unit, llvm::Module& module)
    : unit_(unit), module_(module), context_(module.getContext()) {}

void UnitTranslator::run() {
    if (!value_layout_holds()) {
        return;
    }
    for (size_t i = 0; i < unit_.functions.size(); ++i) {
        declare(i);
    }
    for (size_t i = 0; i < unit_.functions.size(); ++i) {
        FunctionTranslator(*this, i).run();
    }
    scalar_entry();
    BatchLoop(*this).run();
}

Type* UnitTranslator::type_of(View view) {
    switch (view) {
        case View::kReal:
            return Type::getDoubleTy(context_);
        case View::kHuge:
            return Type::getInt128Ty(context_);
        case View::kObject:
            return PointerType::getUnqual(context_);
        default:
            return Type::getInt64Ty(context_);
    }
}

llvm::StructType* UnitTranslator::return_type(View view) {
    Type* payload = type_of(view == View::kObject ? View::kInteger : view);
    return llvm::StructType::get(context_, {payload, Type::getInt32Ty(context_)});
}

llvm::FunctionCallee UnitTranslator::runtime(const char* name, Type* result, std::vector<Type*> parameters) {
    llvm::FunctionCallee callee = module_.getOrInsertFunction(name, FunctionType::get(result, parameters, false));
    llvm::cast<Function>(callee.getCallee())->setDoesNotThrow();
    return callee;
}

void UnitTranslator::declare(size_t index) {
    const UnitFunction& function = unit_.functions[index];
    Type* pointer = PointerType::getUnqual(context_);
    std::vector<Type*> parameters{pointer, pointer};
    for (const View view : function.parameters) {
        parameters.push_back(type_of(view));
        parameters.push_back(Type::getInt1Ty(context_));
    }
    Function* made = Function::Create(FunctionType::get(return_type(function.result), parameters, false),
                                      llvm::GlobalValue::InternalLinkage, "f" + std::to_string(index), module_);
    made->setCallingConv(llvm::CallingConv::Fast);
    made->setDoesNotThrow();
    functions_.push_back(made);
}

llvm::Value* null_of_value(Builder& b, llvm::Value* value) {
    return b.CreateICmpNE(b.CreateLoad(b.getInt8Ty(), behind(b, value, kNullOffset)), b.getInt8(0));
}

llvm::CallInst* UnitTranslator::call_root(Builder& b, llvm::Value* context, const std::vector<Operand>& arguments,
                                          llvm::Value* object) {
    std::vector<llvm::Value*> given{context, object};
    for (const Operand& one : arguments) {
        given.push_back(one.payload);
        given.push_back(one.null);
    }
    llvm::CallInst* call = b.CreateCall(functions_[0], given);
    call->setCallingConv(llvm::CallingConv::Fast);
    return call;
}

// int32 scalar(context, const Value* arguments, Value* result)
void UnitTranslator::scalar_entry() {
    Type* pointer = PointerType::getUnqual(context_);
    Function* entry =
        Function::Create(FunctionType::get(Type::getInt32Ty(context_), {pointer, pointer, pointer}, false),
                         llvm::GlobalValue::ExternalLinkage, "kodiak_scalar", module_);
    Builder b(BasicBlock::Create(context_, "", entry));
    const UnitFunction& root = unit_.functions[0];
    std::vector<Operand> arguments;
    for (size_t k = 0; k < root.parameters.size(); ++k) {
        llvm::Value* value = behind(b, entry->getArg(1), k * sizeof(Value));
        const View view = root.parameters[k];
        llvm::Value* payload = view == View::kObject ? value : b.CreateLoad(type_of(view), value);
        arguments.push_back({payload, null_of_value(b, value)});
    }
    llvm::Value* made = call_root(b, entry->getArg(0), arguments, entry->getArg(2));
    llvm::Value* status = b.CreateExtractValue(made, 1);
    if (root.result != View::kObject) {
        BasicBlock* store = BasicBlock::Create(context_, "", entry);
        BasicBlock* done = BasicBlock::Create(context_, "", entry);
        b.CreateCondBr(b.CreateICmpEQ(status, b.getInt32(kJitNext)), store, done);
        b.SetInsertPoint(store);
        b.CreateStore(b.CreateExtractValue(made, 0), entry->getArg(2));
        b.CreateStore(b.getInt8(0), behind(b, entry->getArg(2), kNullOffset));
        b.CreateBr(done);
        b.SetInsertPoint(done);
    }
    b.CreateRet(status);
}

}  // namespace kodiak::language
