#pragma once

// The functions that compiled code calls, and the run that calls compiled code. Private to the folder.

#include <span>

#include "language/interpreter/machine.hpp"
#include "language/jit/interface.hpp"

namespace kodiak::language {

// All functions that object files may name.
std::span<const RuntimeSymbol> runtime_symbols();

// A linked unit: what a CompiledFunction is.
class CompiledUnit : public CompiledFunction, public ProgramSource {
   public:
    CompiledUnit(JitUnit unit, CodeGenerator::Linked linked) : unit_(std::move(unit)), linked_(std::move(linked)) {}
    const Signature& signature() const override { return *unit_.functions[0].program->signature; }
    bool is_current(const ProgramSource& programs) const override;
    std::shared_ptr<const Program> program(uint64_t code) const override;
    Error problem(const Signature& signature) const override;
    const JitUnit& unit() const { return unit_; }
    const CodeGenerator::Linked& linked() const { return linked_; }

   private:
    JitUnit unit_;
    CodeGenerator::Linked linked_;
};

}  // namespace kodiak::language
