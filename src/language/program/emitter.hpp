#pragma once

// Turns an analysed tree into a Program. Private to the folder; emit_program() is the way in.

#include <map>
#include <string>
#include <vector>

#include "language/program/program.hpp"

namespace kodiak::language {

class Emitter {
   public:
    Emitter(const AnalysedCode& code, std::string statement);
    Result<std::shared_ptr<const Program>> run();

   private:
    using Register = uint16_t;
    enum class Class : uint8_t { kBare, kObject, kConstant };
    // Frees the registers that were taken since it was made.
    class Temporaries {
       public:
        explicit Temporaries(Emitter& emitter) : emitter_(emitter), mark_(emitter.taken_.size()) {}
        ~Temporaries();
        Temporaries(const Temporaries&) = delete;
        Temporaries& operator=(const Temporaries&) = delete;

       private:
        Emitter& emitter_;
        size_t mark_;
    };
    struct Context {
        std::string label;
        bool is_loop = false;
        std::vector<size_t> exits;  // jumps to patch
        std::vector<size_t> continues;
        const Block* protects = nullptr;  // a block with handlers or FINALLY that a jump has to leave
        bool in_handler = false;
        bool open_rows = false;  // a query loop whose slot a jump has to close
        uint16_t slot = 0;
    };

    // emitter.cpp
    Register take(Class kind, size_t count = 1);
    Register temporary(const CodeType& type) { return take(type.is_object() ? Class::kObject : Class::kBare); }
    Register variable(int32_t index) const { return variables_[static_cast<size_t>(index)]; }
    Register constant(const Value& value, const CodeType& type);
    uint16_t type_index(const catalog::Type& type);
    int32_t name_index(const std::string& name);
    size_t emit(Op op, size_t a, size_t b, size_t c, int64_t d, Span where);
    void patch(size_t instruction) { program_->code[instruction].d = static_cast<int32_t>(program_->code.size()); }
    size_t here() const { return program_->code.size(); }
    void assign(Register to, Register from, const CodeType& type, Span where);

    // emit_expression.cpp; the result is in the register returned, or in `wanted`
    Register value(const Expression* node);
    void value_to(const Expression* node, Register to);
    void compute(const Expression* node, Register to);
    void compute_binary(const Expression* node, Register to);
    void arithmetic(const Expression* node, Register to);
    void compare(const Expression* node, Register to);
    void time_arithmetic(const Expression* node, Register to);
    void logic(const Expression* node, Register to);
    void is_test(const Expression* node, Register to);
    void between(const Expression* node, Register to);
    void in_list(const Expression* node, Register to);
    void case_value(const Expression* node, Register to);
    void cast(const Expression* node, Register to);
    void element(const Expression* node, Register to);
    void field(const Expression* node, Register to);
    void call(const Expression* node, Register to);
    void builtin(const Expression* node, Register to);
    void coalesce(const Expression* node, Register to);
    void sql_value(const Expression* node, Register to);
    Register block_of(const std::vector<Expression*>& nodes);
    // Jumps when the condition is not true; returns the instructions to patch.
    std::vector<size_t> jump_unless(const Expression* condition);

    // emit_statement.cpp
    void statements(const Statements& list);
    void statement(const BodyStatement& node);
    void control(const BodyStatement& node);
    void block(const Block& node);
    void declaration(const Declaration& node);
    void handlers(const Block& node, std::vector<size_t>& ends);
    void let(const Let& node);
    void if_statement(const If& node);
    void case_statement(const Case& node);
    void loop(const Loop& node);
    void range(const ForRange& node);
    void query_loop(const ForQuery& node);
    void foreach (const Foreach& node);
    void jump(const Jump& node);
    void body_of(const LoopStatement& node, std::vector<size_t>& exits, size_t continue_at);
    void return_statement(const Return& node);
    void return_out(Span where);
    void unwind_to(size_t depth, Span where);
    void store(const Target& target, Register from, const CodeType& type);
    void store_row(const std::vector<Target>& targets, Register row, Span where);
    void set_null(const std::vector<Target>& targets, Span where);
    // emit_sql.cpp
    void sql_related(const BodyStatement& node);
    uint16_t run_sql(int32_t sql, Span where);
    uint16_t run_text(const Expression* text, const std::vector<Expression*>& arguments, Span where);
    void rows_into(uint16_t slot, const std::vector<Target>& into, bool strict, Span where);
    void return_next(const ReturnNext& node);
    void return_query(const ReturnQuery& node);
    void raise(const Raise& node);
    void assert_query(const AssertQuery& node);
    void call_statement(const Call& node);
    void diagnostics(const GetDiagnostics& node);
    void open(const OpenCursor& node);
    void open_bound(int32_t cursor_variable, const std::vector<Expression*>& arguments,
                    const std::vector<std::string>& names, Span where);
    void fetch(const Fetch& node);
    uint16_t take_slot() { return static_cast<uint16_t>(program_->slots++); }

    const AnalysedCode& code_;
    std::shared_ptr<Program> program_ = std::make_shared<Program>();
    Meter meter_ = std::make_shared<MemoryMeter>(INT64_MAX);
    std::vector<Class> classes_;
    std::vector<bool> busy_;
    std::vector<Register> free_[2];  // of class kBare and kObject; some may have been taken by a block since
    std::vector<Register> taken_;
    std::vector<Register> variables_;
    std::map<std::string, Register> constants_;
    std::map<std::string, std::vector<uint16_t>> types_;  // by how they are shown
    std::map<std::string, int32_t> names_;
    std::vector<Context> contexts_;
    bool too_large_ = false;
};

}  // namespace kodiak::language
