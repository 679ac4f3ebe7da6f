#pragma once

// Translates one function of a unit. Private to the folder; UnitTranslator says how registers are kept.

#include <unordered_map>

#include "language/jit/llvm/unit_translator.hpp"

namespace kodiak::language {

// Integers of up to 64 bits, as is_small_integer() of values/code_type.hpp, which lies in the other library.
constexpr bool is_small_integer_kind(catalog::TypeKind kind) {
    using catalog::TypeKind;
    return (kind >= TypeKind::kTinyInt && kind <= TypeKind::kBigInt) ||
           (kind >= TypeKind::kUTinyInt && kind <= TypeKind::kUInteger);
}

class FunctionTranslator {
   public:
    FunctionTranslator(UnitTranslator& unit, size_t index);
    void run();

   private:
    struct Register {
        llvm::AllocaInst* integer = nullptr;
        llvm::AllocaInst* real = nullptr;
        llvm::AllocaInst* huge = nullptr;
        llvm::AllocaInst* null = nullptr;
        const ProgramConstant* constant = nullptr;
    };

    // function_translator.cpp: registers, blocks, steps
    void begin();
    void instruction(uint32_t at);
    llvm::BasicBlock* block() { return llvm::BasicBlock::Create(unit_.module().getContext(), "", target_); }
    llvm::BasicBlock* block_at(uint32_t at);
    llvm::AllocaInst* variable(llvm::Type* type, llvm::Constant* initial);
    llvm::AllocaInst* payload_of(uint16_t index, View view);
    llvm::AllocaInst* null_of(uint16_t index);
    bool ever_object(uint16_t index) const { return (function_.ever[index] & view_bit(View::kObject)) != 0; }
    llvm::Value* registers();  // of this call in memory
    llvm::Value* place(uint16_t index) { return behind(b_, registers(), index * sizeof(Value)); }
    // Reads a register as `wanted`, which is its view unless it is known to be NULL.
    Operand read(uint16_t index, View view, View wanted);
    Operand b_of(View wanted) { return read(i_->b, views_->b, wanted); }
    Operand c_of(View wanted) { return read(i_->c, views_->c, wanted); }
    llvm::Value* is_null(uint16_t index, View view);
    void write(uint16_t index, View view, llvm::Value* payload, llvm::Value* null);
    void write_a(View view, llvm::Value* payload, llvm::Value* null) { write(i_->a, view, payload, null); }
    void set_null(uint16_t index);
    void copy(uint16_t to, uint16_t from, View view);
    void release(uint16_t index);  // the object of a register that changes to a bare view
    void spill(uint16_t index, View view);
    void reload(uint16_t index, View view);
    View block_view(size_t k) const { return function_.block_views[views_->block_views + k]; }
    void spill_operands();
    // The interpreter runs the instruction; returns what step says.
    llvm::Value* step();
    void step_and_go_on();
    void step_and_fail();
    // Goes to a block where the step fails if `bad`.
    void fail_if(llvm::Value* bad);
    void branch_rarely(llvm::Value* condition, llvm::BasicBlock* rare, llvm::BasicBlock* usual);
    llvm::Value* call_runtime(const char* name, llvm::Type* result, const std::vector<llvm::Value*>& arguments);
    llvm::Value* overflow_op(llvm::Intrinsic::ID id, llvm::Value* left, llvm::Value* right, llvm::Value** over);

    // arithmetic.cpp
    bool arithmetic();
    void fast_integer(llvm::Intrinsic::ID id, bool narrow);
    void integer_arithmetic();
    void negate_integer();
    llvm::Value* out_of_kind(llvm::Value* number, catalog::TypeKind kind);
    void huge_arithmetic();
    llvm::Value* out_of_huge(llvm::Value* number, const catalog::Type& type);
    void real_arithmetic();
    llvm::Value* single(llvm::Value* real, bool is_single);
    void time_arithmetic();
    bool cast();
    bool builtin();

    // texts.cpp
    bool texts();
    bool text_builtin();
    void by_runtime(const char* name, llvm::Value* null, std::vector<llvm::Value*> arguments);

    // logic.cpp
    bool logic();
    llvm::Value* compare(Operator op, View view, llvm::Value* left, llvm::Value* right);
    void comparison(Operator op, View view);
    void distinct();
    void connect(bool conjunction);

    // flow.cpp
    bool flow();
    void safepoint();
    void jump_if(llvm::Value* condition);
    void for_start();
    void for_next();
    void call();
    void give(llvm::Value* payload, llvm::Value* status);
    void return_value();
    bool list_item();
    bool store_item();
    void list_next();

    UnitTranslator& unit_;
    const UnitFunction& function_;
    const Program& program_;
    uint32_t index_;
    llvm::Function* target_;
    Builder b_;
    Builder entry_;  // where variables are made
    std::vector<Register> register_;
    std::unordered_map<uint32_t, llvm::BasicBlock*> blocks_;
    llvm::BasicBlock* fail_ = nullptr;
    llvm::PHINode* failing_at_ = nullptr;  // the instruction whose step fails
    llvm::Value* frame_ = nullptr;
    llvm::AllocaInst* fuel_ = nullptr;
    const Instruction* i_ = nullptr;
    const InstructionViews* views_ = nullptr;
    uint32_t at_ = 0;
};

}  // namespace kodiak::language
