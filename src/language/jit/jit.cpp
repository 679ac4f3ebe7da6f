#include "language/jit.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "language/jit/generator_library.hpp"
#include "language/jit/object_cache.hpp"
#include "language/jit/runtime.hpp"

namespace kodiak::language {
namespace {

constexpr uint64_t kLoopsCountAs = 100;
constexpr size_t kEntriesMost = 1000;  // each keeps its program and machine code

using Compiled = std::shared_ptr<const CompiledUnit>;

// Whether a single call may take long.
bool may_repeat(const Program& program) {
    return std::any_of(program.code.begin(), program.code.end(), [&](const Instruction& i) {
        return i.op == Op::kLoop || i.op == Op::kForNext ||
               (i.op == Op::kCall && program.callees[static_cast<size_t>(i.d)]->code == program.signature->code);
    });
}

}  // namespace

// Shared with the thread that compiles. One lock over everything but compiling itself.
class Jit::State {
   public:
    explicit State(JitOptions options) : options_(std::move(options)), enabled_(options_.enabled) {}
    ~State() { stop(); }

    Compiled find(const Signature& signature, const ProgramSource& programs, uint64_t calls);
    Result<Compiled> compile_now(const Signature& signature, const ProgramSource& programs);
    FunctionReport report(const Signature& signature, const ProgramSource& programs) const;
    Result<std::string> listing(const Signature& signature, const ProgramSource& programs, bool assembly);
    void set_enabled(bool enabled) {
        const std::lock_guard guard(mutex_);
        enabled_ = enabled;
    }
    void wait() const {
        std::unique_lock lock(mutex_);
        idle_.wait(lock, [&] { return queue_.empty() && !busy_; });
    }

   private:
    using ReportState = FunctionReport::State;
    struct Entry {
        std::shared_ptr<const Program> program;  // keeps the address, which is the entry's key
        FunctionReport report;
        Compiled compiled;
        uint64_t hot = 0;
    };
    struct Order {
        const Program* key = nullptr;
        JitUnit unit;
    };
    // The code of a unit while somebody uses it.
    struct Kept {
        ScalarEntry scalar = nullptr;
        BatchEntry batch = nullptr;
        std::weak_ptr<void> owner;
    };
    struct Made {
        Compiled compiled;
        int64_t micros = 0;
        bool from_disk = false;
    };

    Entry& entry_of(const std::shared_ptr<const Program>& program);
    void order(Entry& entry, const Signature& signature, const ProgramSource& programs);
    void work();
    void stop();
    Result<Made> make(JitUnit unit);
    Result<CodeGenerator::Linked> code_of(const JitUnit& unit, bool& from_disk);
    static void settle(Entry& entry, const Result<Made>& made);

    JitOptions options_;
    mutable std::mutex mutex_;
    mutable std::condition_variable idle_;
    std::condition_variable more_;
    bool enabled_;
    bool stopping_ = false;
    bool busy_ = false;
    std::deque<Order> queue_;
    std::unordered_map<const Program*, Entry> entries_;
    std::thread thread_;

    std::mutex making_;  // over what follows
    std::unordered_map<std::string, Kept> kept_;
    std::optional<ObjectCache> disk_;
};

Jit::State::Entry& Jit::State::entry_of(const std::shared_ptr<const Program>& program) {
    if (entries_.size() >= kEntriesMost && !entries_.contains(program.get())) {
        std::erase_if(entries_, [](const auto& one) { return one.second.report.state != ReportState::kCompiling; });
    }
    Entry& entry = entries_[program.get()];
    if (entry.program == nullptr) {
        entry.program = program;
        entry.hot = may_repeat(*program) ? options_.hot_calls / kLoopsCountAs : options_.hot_calls;
    }
    return entry;
}

Compiled Jit::State::find(const Signature& signature, const ProgramSource& programs, uint64_t calls) {
    const std::shared_ptr<const Program> program = programs.program(signature.code);
    if (program == nullptr) {
        return nullptr;
    }
    const std::lock_guard guard(mutex_);
    Entry& entry = entry_of(program);
    entry.report.calls += calls;
    if (!enabled_) {
        return nullptr;
    }
    if (entry.compiled != nullptr) {
        if (entry.compiled->is_current(programs)) {
            return entry.compiled;
        }
        entry.compiled = nullptr;  // something that it calls was replaced
        entry.report.state = ReportState::kCold;
    }
    if (entry.report.state == ReportState::kCold && entry.report.calls >= entry.hot) {
        order(entry, signature, programs);
    }
    return nullptr;
}

void Jit::State::order(Entry& entry, const Signature& signature, const ProgramSource& programs) {
    Result<JitUnit> unit = build_unit(signature, programs);
    if (!unit.ok()) {
        entry.report.state = ReportState::kRefused;
        entry.report.reason = unit.error().message;
        return;
    }
    entry.report.state = ReportState::kCompiling;
    entry.report.hash = unit->key;
    queue_.push_back({entry.program.get(), std::move(*unit)});
    if (!thread_.joinable()) {
        thread_ = std::thread([this] { work(); });
    }
    more_.notify_one();
}

void Jit::State::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        more_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (stopping_) {
            return;
        }
        Order next = std::move(queue_.front());
        queue_.pop_front();
        busy_ = true;
        lock.unlock();
        const Result<Made> made = make(std::move(next.unit));
        lock.lock();
        busy_ = false;
        if (const auto entry = entries_.find(next.key); entry != entries_.end()) {
            settle(entry->second, made);
        }
        idle_.notify_all();
    }
}

void Jit::State::settle(Entry& entry, const Result<Made>& made) {
    if (!made.ok()) {
        entry.report.state = ReportState::kFailed;
        entry.report.reason = made.error().message;
        return;
    }
    entry.compiled = made->compiled;
    entry.report.state = ReportState::kCompiled;
    entry.report.reason.clear();
    entry.report.hash = made->compiled->unit().key;
    entry.report.compile_micros = made->micros;
    entry.report.from_disk = made->from_disk;
}

void Jit::State::stop() {
    {
        const std::lock_guard guard(mutex_);
        stopping_ = true;
    }
    more_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

Result<CodeGenerator::Linked> Jit::State::code_of(const JitUnit& unit, bool& from_disk) {
    const std::lock_guard guard(making_);
    if (kept_.size() > kEntriesMost) {
        std::erase_if(kept_, [](const auto& one) { return one.second.owner.expired(); });
    }
    Kept& kept = kept_[unit.key];
    if (std::shared_ptr<void> owner = kept.owner.lock(); owner != nullptr) {
        return CodeGenerator::Linked{kept.scalar, kept.batch, std::move(owner), ""};
    }
    KODIAK_TRY_ASSIGN(CodeGenerator * generator, open_code_generator(options_.library));
    if (!disk_ && options_.disk != nullptr && !options_.cache_folder.empty()) {
        disk_.emplace(options_.disk, options_.cache_folder, generator->identity());
    }
    CodeGenerator::Linked linked;
    std::optional<std::string> object = disk_ ? disk_->find(unit.key) : std::nullopt;
    if (object) {
        linked = generator->link(*object);
        from_disk = linked.problem.empty();
    }
    if (!from_disk) {
        const CodeGenerator::Object made = generator->compile(unit, CodeGenerator::Listing::kNone);
        linked.problem = made.problem;
        linked = made.problem.empty() ? generator->link(made.bytes) : std::move(linked);
        if (linked.problem.empty() && disk_) {
            disk_->keep(unit.key, made.bytes);
        }
    }
    if (!linked.problem.empty()) {
        return make_error(ErrorCode::kUnsupported, "LLVM failed: " + linked.problem);
    }
    kept = {linked.scalar, linked.batch, linked.owner};
    return linked;
}

Result<Jit::State::Made> Jit::State::make(JitUnit unit) {
    const auto now = [&] { return options_.clock != nullptr ? options_.clock->now().micros : 0; };
    const int64_t start = now();
    Made made;
    KODIAK_TRY_ASSIGN(CodeGenerator::Linked linked, code_of(unit, made.from_disk));
    made.compiled = std::make_shared<const CompiledUnit>(std::move(unit), std::move(linked));
    made.micros = now() - start;
    return made;
}

Result<Compiled> Jit::State::compile_now(const Signature& signature, const ProgramSource& programs) {
    const std::shared_ptr<const Program> program = programs.program(signature.code);
    KODIAK_TRY_ASSIGN(JitUnit unit, build_unit(signature, programs));
    const Result<Made> made = make(std::move(unit));
    const std::lock_guard guard(mutex_);
    settle(entry_of(program), made);
    if (!made.ok()) {
        return made.error();
    }
    return made->compiled;
}

FunctionReport Jit::State::report(const Signature& signature, const ProgramSource& programs) const {
    FunctionReport report;
    {
        const std::shared_ptr<const Program> program = programs.program(signature.code);
        const std::lock_guard guard(mutex_);
        if (const auto entry = entries_.find(program.get()); entry != entries_.end()) {
            report = entry->second.report;
        }
        if (!enabled_ && report.state != ReportState::kRefused) {
            report.state = ReportState::kOff;
            report.reason = "jit is off";
        }
    }
    if (report.state == ReportState::kCold) {
        const Result<JitUnit> unit = build_unit(signature, programs);
        report.state = unit.ok() ? ReportState::kCold : ReportState::kRefused;
        report.reason = unit.ok() ? "called " + std::to_string(report.calls) + " times so far" : unit.error().message;
        report.hash = unit.ok() ? unit->key : "";
    }
    return report;
}

Result<std::string> Jit::State::listing(const Signature& signature, const ProgramSource& programs, bool assembly) {
    KODIAK_TRY_ASSIGN(const JitUnit unit, build_unit(signature, programs));
    const std::lock_guard guard(making_);
    KODIAK_TRY_ASSIGN(CodeGenerator * generator, open_code_generator(options_.library));
    CodeGenerator::Object made =
        generator->compile(unit, assembly ? CodeGenerator::Listing::kAssembly : CodeGenerator::Listing::kIr);
    if (!made.problem.empty()) {
        return make_error(ErrorCode::kUnsupported, "LLVM failed: " + made.problem);
    }
    return std::move(made.listing);
}

Jit::Jit(JitOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Jit::~Jit() = default;

std::shared_ptr<const CompiledFunction> Jit::find(const Signature& signature, const ProgramSource& programs,
                                                  uint64_t calls) {
    return state_->find(signature, programs, calls);
}

Result<std::shared_ptr<const CompiledFunction>> Jit::compile(const Signature& signature,
                                                             const ProgramSource& programs) {
    KODIAK_TRY_ASSIGN(Compiled made, state_->compile_now(signature, programs));
    return std::shared_ptr<const CompiledFunction>(std::move(made));
}

FunctionReport Jit::report(const Signature& signature, const ProgramSource& programs) const {
    return state_->report(signature, programs);
}

Result<std::string> Jit::listing(const Signature& signature, const ProgramSource& programs, bool assembly) {
    return state_->listing(signature, programs, assembly);
}

void Jit::set_enabled(bool enabled) { state_->set_enabled(enabled); }
void Jit::wait() const { state_->wait(); }

}  // namespace kodiak::language
