// The code generator: LLVM's optimiser and code generator over a unit's module, and ORC to place object files.
//
// One ORC instance per process; each unit has a dynamic library of its own within it, which goes when the last function
// of the unit does. Object files come from compile() or from a cache: both are linked alike.

#include <cstring>
#include <mutex>

#include <llvm/ExecutionEngine/Orc/Core.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>

#include "language/jit/llvm/unit_translator.hpp"

namespace kodiak::language {
namespace {

using llvm::orc::JITDylib;
using llvm::orc::LLJIT;

class LlvmGenerator : public CodeGenerator {
   public:
    // Empty if it works.
    std::string start(const RuntimeSymbol* symbols, size_t count);
    std::string identity() const override;
    Object compile(const JitUnit& unit, Listing listing) override;
    Linked link(const std::string& object) override;

   private:
    std::string optimise(llvm::Module& module);
    std::string problem(llvm::Error error) const { return llvm::toString(std::move(error)); }

    std::mutex compiling_;  // a TargetMachine serves one module at a time
    std::mutex linking_;
    std::unique_ptr<llvm::TargetMachine> machine_;
    std::shared_ptr<LLJIT> jit_;
    llvm::orc::SymbolMap runtime_;
    std::string features_;
    uint64_t units_ = 0;
};

std::string LlvmGenerator::start(const RuntimeSymbol* symbols, size_t count) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
    if (!builder) {
        return problem(builder.takeError());
    }
    builder->setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
    builder->setRelocationModel(llvm::Reloc::PIC_);
    builder->getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
    auto machine = builder->createTargetMachine();
    if (!machine) {
        return problem(machine.takeError());
    }
    machine_ = std::move(*machine);
    features_ = builder->getFeatures().getString();
    auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(*builder)).create();
    if (!jit) {
        return problem(jit.takeError());
    }
    jit_ = std::move(*jit);
    for (size_t k = 0; k < count; ++k) {
        runtime_[jit_->mangleAndIntern(symbols[k].name)] = {
            llvm::orc::ExecutorAddr::fromPtr(symbols[k].address),
            llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
    }
    return "";
}

std::string LlvmGenerator::identity() const {
    return std::string("llvm ") + LLVM_VERSION_STRING + "\n" + KODIAK_JIT_BUILD + "\n" +
           machine_->getTargetTriple().str() + "\n" + machine_->getTargetCPU().str() + "\n" + features_ + "\n";
}

// What numbers in loops gain from, in half the time of LLVM's -O2 and with its speed on our programs (decision 0010):
// no vectorisers, which find nothing between the checks, no unrolling, no passes over the whole module.
constexpr const char* kPasses =
    "function(sroa,early-cse,simplifycfg),cgscc(inline),"
    "function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,jump-threading,correlated-propagation,"
    "simplifycfg,loop-mssa(loop-rotate,licm),gvn,instcombine<no-verify-fixpoint>,simplifycfg)";

std::string LlvmGenerator::optimise(llvm::Module& module) {
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager calls;
    llvm::ModuleAnalysisManager modules;
    llvm::PassBuilder builder(machine_.get());
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(calls);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, calls, modules);
    llvm::ModulePassManager passes;
    if (auto error = builder.parsePassPipeline(passes, kPasses)) {
        return problem(std::move(error));
    }
    passes.run(module, modules);
    return "";
}

CodeGenerator::Object LlvmGenerator::compile(const JitUnit& unit, Listing listing) {
    const std::lock_guard guard(compiling_);
    Object object;
    llvm::LLVMContext context;
    llvm::Module module("kodiak", context);
    module.setDataLayout(machine_->createDataLayout());
    module.setTargetTriple(machine_->getTargetTriple().str());
    UnitTranslator(unit, module).run();
    for (llvm::Function& function : module) {
        if (!function.isDeclaration()) {
            function.addFnAttr("target-cpu", machine_->getTargetCPU());
            function.addFnAttr("target-features", machine_->getTargetFeatureString());
        }
    }
    llvm::raw_string_ostream text(object.problem);
    if (llvm::verifyModule(module, &text)) {
        object.problem.insert(0, "the code made is not valid: ");
        return object;
    }
    if (module.getFunction("kodiak_batch") == nullptr) {
        object.problem = "values lie in memory in another way than the code generator was built for";
        return object;
    }
    object.problem = optimise(module);
    if (!object.problem.empty()) {
        return object;
    }
    if (listing == Listing::kIr) {
        llvm::raw_string_ostream(object.listing) << module;
    }
    llvm::SmallVector<char, 0> bytes;
    llvm::raw_svector_ostream out(bytes);
    const auto kind =
        listing == Listing::kAssembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
    llvm::legacy::PassManager passes;
    if (machine_->addPassesToEmitFile(passes, out, nullptr, kind)) {
        object.problem = "the processor's code generator does not write object files";
        return object;
    }
    passes.run(module);
    (listing == Listing::kAssembly ? object.listing : object.bytes).assign(bytes.begin(), bytes.end());
    return object;
}

CodeGenerator::Linked LlvmGenerator::link(const std::string& object) {
    const std::lock_guard guard(linking_);
    Linked linked;
    auto library = jit_->createJITDylib("unit" + std::to_string(units_++));
    if (!library) {
        linked.problem = problem(library.takeError());
        return linked;
    }
    JITDylib& made = *library;
    linked.owner = std::shared_ptr<void>(
        &made, [jit = jit_, &made](void*) { llvm::consumeError(jit->getExecutionSession().removeJITDylib(made)); });
    if (auto error = made.define(llvm::orc::absoluteSymbols(runtime_))) {
        linked.problem = problem(std::move(error));
        return linked;
    }
    if (auto error = jit_->addObjectFile(made, llvm::MemoryBuffer::getMemBufferCopy(object))) {
        linked.problem = problem(std::move(error));
        return linked;
    }
    auto scalar = jit_->lookup(made, "kodiak_scalar");
    auto batch = jit_->lookup(made, "kodiak_batch");
    if (!scalar || !batch) {
        linked.problem = scalar ? problem(batch.takeError()) : problem(scalar.takeError());
        if (!scalar && !batch) {
            llvm::consumeError(batch.takeError());
        }
        return linked;
    }
    linked.scalar = scalar->toPtr<ScalarEntry>();
    linked.batch = batch->toPtr<BatchEntry>();
    return linked;
}

}  // namespace
}  // namespace kodiak::language

// Made once and kept: ORC's threads and LLVM's tables live as long as the process.
extern "C" __attribute__((visibility("default"))) kodiak::language::CodeGenerator* kodiak_make_code_generator(
    const char* build, const kodiak::language::RuntimeSymbol* symbols, size_t count, const char** problem) {
    static std::string failure;
    if (std::strcmp(build, KODIAK_JIT_BUILD) != 0) {
        *problem = "it belongs to another build";
        return nullptr;
    }
    auto generator = std::make_unique<kodiak::language::LlvmGenerator>();
    failure = generator->start(symbols, count);
    *problem = failure.c_str();
    return failure.empty() ? generator.release() : nullptr;
}
