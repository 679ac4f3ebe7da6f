#pragma once

// Turns a JitUnit into an LLVM module: one function per program, and the two entries. Private to the folder.
//
// Registers of numbers become stack slots that LLVM's mem2reg turns into processor registers: a payload per view and a
// NULL bit. Registers that hold objects stay Values in memory. Each instruction is inline code where that is worth it;
// every other one, and every failing one, is a step of the interpreter on registers in memory (FunctionTranslator).

#include <vector>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include "language/jit/interface.hpp"

namespace kodiak::language {

using Builder = llvm::IRBuilder<>;

// A value of a view that is no object, or the place of a Value; and whether it is NULL.
struct Operand {
    llvm::Value* payload = nullptr;
    llvm::Value* null = nullptr;
};

class UnitTranslator {
   public:
    UnitTranslator(const JitUnit& unit, llvm::Module& module);
    // Leaves a module without entries where a Value does not lie in memory as the generator expects.
    void run();

    // For the translators of the parts.
    llvm::Type* type_of(View view);
    // Payload and kJitFailed, kJitNext (a value) or kJitOther (NULL). Objects travel through memory.
    llvm::StructType* return_type(View view);
    llvm::FunctionCallee runtime(const char* name, llvm::Type* result, std::vector<llvm::Type*> parameters);
    llvm::Function* function(size_t index) { return functions_[index]; }
    llvm::CallInst* call_root(Builder& b, llvm::Value* context, const std::vector<Operand>& arguments,
                              llvm::Value* object);
    const JitUnit& unit() const { return unit_; }
    llvm::Module& module() { return module_; }

   private:
    void declare(size_t index);
    void scalar_entry();

    const JitUnit& unit_;
    llvm::Module& module_;
    llvm::LLVMContext& context_;
    std::vector<llvm::Function*> functions_;
};

// A place `bytes` behind a pointer.
inline llvm::Value* behind(Builder& b, llvm::Value* pointer, uint64_t bytes) {
    return b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), pointer, bytes);
}
// The NULL flag of a Value in memory.
llvm::Value* null_of_value(Builder& b, llvm::Value* value);

// Where a Value keeps its flags; run() checks it on a living one.
constexpr uint64_t kNullOffset = 16;
constexpr uint64_t kOwnedOffset = 17;

}  // namespace kodiak::language
