#pragma once

// The batch entry: the loop over the rows of columns, in two forms. Private to the folder.
//
// The first is for columns as they lie, without selection and NULLs: nothing is looked up, and the function's code,
// which becomes part of the loop, loses its checks for NULL. The second takes everything.

#include "language/jit/llvm/unit_translator.hpp"

namespace kodiak::language {

class BatchLoop {
   public:
    explicit BatchLoop(UnitTranslator& unit);
    void run();

   private:
    struct Column {
        llvm::Value* data = nullptr;
        llvm::Value* validity = nullptr;
        llvm::Value* selection = nullptr;
    };
    llvm::BasicBlock* block() { return llvm::BasicBlock::Create(module_.getContext(), "", entry_); }
    llvm::Value* member(llvm::Value* pointer, uint64_t offset) {
        return b_.CreateLoad(b_.getPtrTy(), behind(b_, pointer, offset));
    }
    // A number from a list of them that may be absent, or else `otherwise`.
    llvm::Value* looked_up(llvm::Value* list, llvm::Value* at);
    llvm::Value* is_valid(llvm::Value* validity, llvm::Value* at);
    llvm::Value* number_at(llvm::Value* place, ColumnLayout layout, View view);
    llvm::Value* object_at(llvm::Value* place, size_t index, llvm::Value* null);
    Operand argument(size_t index, llvm::Value* row, bool plain);
    void result(llvm::Value* payload, llvm::Value* row);
    void null_result(llvm::Value* row);
    void loop(bool plain);

    UnitTranslator& unit_;
    llvm::Module& module_;
    llvm::Function* entry_ = nullptr;
    Builder b_;
    std::vector<Column> columns_;
    llvm::Value* object_ = nullptr;  // where an object result comes out
    llvm::Value* data_ = nullptr;
    llvm::Value* validity_ = nullptr;
    llvm::Value* texts_ = nullptr;
};

}  // namespace kodiak::language
