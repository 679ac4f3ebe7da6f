// Definitions of code: compiled when they are made, found by name, run by a Machine.

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "language/code.hpp"
#include "language/interpreter/dispatch.hpp"
#include "language/lexer/words.hpp"
#include "language/parser/definition_parser.hpp"
#include "language/semantic/analyser.hpp"
#include "language/values/cast.hpp"
#include "language/values/date_time.hpp"

namespace kodiak::language {
namespace {

bool same_inputs(const Signature& left, const Signature& right) {
    std::vector<const CodeType*> types[2];
    const Signature* both[2] = {&left, &right};
    for (size_t k = 0; k < 2; ++k) {
        for (const SignatureParameter& one : both[k]->parameters) {
            if (one.mode != ParameterMode::kOut) {
                types[k].push_back(&one.type);
            }
        }
    }
    return std::equal(types[0].begin(), types[0].end(), types[1].begin(), types[1].end(),
                      [](const CodeType* a, const CodeType* b) { return a->same(*b); });
}

class MachineRun : public CodeRun {
   public:
    MachineRun(const CodeEnvironment& environment, const ProgramSource& programs) : machine_(environment, programs) {}
    Machine& machine() { return machine_; }
    Result<bool> next(Value& row) override {
        if (done_) {
            return false;
        }
        Result<bool> more = machine_.resume(row);
        done_ = !more.ok() || !*more;
        return more;
    }

   private:
    Machine machine_;
    bool done_ = false;
};

}  // namespace

// WITH (timeout, max_memory, max_depth) may only narrow the limits.
Status narrow_limits(CodeLimits& limits, const std::vector<CodeSetting>& settings) {
    for (const CodeSetting& one : settings) {
        if (one.name == "max_depth") {
            const auto depth = read_decimal(one.value, 0);
            if (!depth || *depth < 1) {
                return make_error(ErrorCode::kInvalidValue, "max_depth must be a positive number");
            }
            limits.call_depth = std::min(limits.call_depth, static_cast<size_t>(std::min<int128>(*depth, 1'000'000)));
        } else if (one.name == "timeout") {
            const auto interval = read_interval(one.value);
            if (!interval || interval->months != 0 || interval->days != 0 || interval->micros <= 0) {
                return make_error(ErrorCode::kInvalidValue, "timeout must be a duration such as '2s'");
            }
            limits.timeout_micros =
                limits.timeout_micros == 0 ? interval->micros : std::min(limits.timeout_micros, interval->micros);
        } else {
            const size_t digits = one.value.find_first_not_of("0123456789");
            const auto count = read_decimal(one.value.substr(0, digits), 0);
            const std::string unit = digits == std::string::npos ? "" : fold_name(one.value.substr(digits));
            const int64_t factor = unit.empty() || unit == "b" ? 1
                                   : unit == "kb"              ? 1000
                                   : unit == "mb"              ? 1'000'000
                                   : unit == "gb"              ? 1'000'000'000
                                                               : 0;
            if (!count || factor == 0 || *count > int128{1} << 40) {
                return make_error(ErrorCode::kInvalidValue, "max_memory must be a size such as '64MB'");
            }
            limits.memory_bytes = std::min(limits.memory_bytes, static_cast<int64_t>(*count) * factor);
        }
    }
    return ok_status();
}

namespace {

class MachineCaller : public CodeCaller {
   public:
    MachineCaller(std::shared_ptr<const Signature> signature, std::shared_ptr<const Program> program,
                  std::vector<size_t> missing, const CodeEnvironment& environment, const CodeLibrary& library)
        : signature_(std::move(signature)),
          missing_(std::move(missing)),
          library_(library),
          environment_(environment),
          program_(std::move(program)),
          fits_(program_ != nullptr ? narrow_limits(environment_.limits, program_->limits)
                                    : Status(library.problem(*signature_))),
          machine_(environment_, library_) {
        std::vector<uint64_t> codes;
        for (const SignatureParameter& one : signature_->parameters) {
            if (one.mode != ParameterMode::kOut) {
                codes.push_back(one.default_code);
            }
        }
        for (const size_t place : missing_) {
            defaults_.push_back(library_.program(codes[place]));
        }
    }

    Result<Value> call(std::vector<Value>& arguments) override {
        KODIAK_TRY(fits_);
        Value result;
        for (size_t i = 0; i < missing_.size(); ++i) {
            if (defaults_[i] != nullptr) {
                std::vector<Value> none;
                KODIAK_TRY(machine_.start(defaults_[i], none));
                KODIAK_TRY(machine_.resume(arguments[missing_[i]]));
            }
        }
        if (signature_->strict &&
            std::any_of(arguments.begin(), arguments.end(), [](const Value& v) { return v.is_null(); })) {
            return result;
        }
        KODIAK_TRY(machine_.start(program_, arguments));
        KODIAK_TRY(machine_.resume(result));
        return result;
    }
    const Meter& meter() const override { return machine_.meter(); }

   private:
    std::shared_ptr<const Signature> signature_;
    std::vector<size_t> missing_;
    const CodeLibrary& library_;
    CodeEnvironment environment_;
    std::shared_ptr<const Program> program_;
    Status fits_;  // there is a program, and its limits read
    Machine machine_;
    std::vector<std::shared_ptr<const Program>> defaults_;
};

// No SQL, no messages, no clock.
bool computes_only(const Program& program) {
    return std::none_of(program.code.begin(), program.code.end(), [&](const Instruction& one) {
        switch (one.op) {
            case Op::kRunSql:
            case Op::kRunText:
            case Op::kOpenCursor:
            case Op::kCommit:
            case Op::kRollback:
            case Op::kRunExpected:
                return true;
            case Op::kRaise:
                return program.raises[static_cast<size_t>(one.d)].level != RaiseLevel::kException;
            case Op::kBuiltin: {
                const auto builtin = static_cast<Builtin>(static_cast<uint32_t>(one.d) & 0xFFFFU);
                return builtin == Builtin::kNow || builtin == Builtin::kCurrentDate ||
                       builtin == Builtin::kClockTimestamp;
            }
            default:
                return false;
        }
    });
}

// Reads a default or an expression as code of its own, without parameters.
CodeDefinition supplier_of(const CodeDefinition& definition, const Parameter& parameter, std::string_view statement) {
    CodeDefinition supplier;
    supplier.name = definition.name;
    supplier.result.kind = ResultKind::kType;
    supplier.result.type = parameter.type;
    supplier.language = definition.language;
    supplier.ast = definition.ast;
    supplier.source.text = statement;
    supplier.return_value = parameter.default_value;
    return supplier;
}

}  // namespace

struct CodeLibrary::State {
    // A definition whose head is known and whose body is not compiled yet.
    struct Declared {
        CodeDefinition definition;
        std::string statement;
        std::shared_ptr<const Signature> signature;
    };
    // Sets the executor that definitions are analysed with.
    class Use {
       public:
        Use(State& state, SqlExecutor* executor)
            : lock_(state.mutex), state_(state), before_(std::exchange(state.executor, executor)) {}
        ~Use() { state_.executor = before_; }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

       private:
        std::lock_guard<std::recursive_mutex> lock_;
        State& state_;
        SqlExecutor* before_;
    };

    explicit State(const CodeLibrary& library) : owner(library) {}

    std::string key_of(const std::string& schema, const std::string& name) const {
        return search_path.empty() ? fold_name(name) : fold_name(schema) + "." + fold_name(name);
    }
    std::vector<std::string> keys_of(const std::vector<NamePart>& name) const;
    void read_sources(const std::string& key);
    bool compile_defaults(const CodeDefinition& definition, std::string_view statement, std::vector<uint64_t>& codes,
                          DiagnosticList& diagnostics);
    std::shared_ptr<const Signature> declare(const CodeDefinition& definition, std::string_view statement,
                                             const std::string& key, bool replace, DiagnosticList& diagnostics);
    void compile(CodeDefinition definition, std::string_view statement, const Signature& signature,
                 DiagnosticList& diagnostics);
    void compile_declared();
    std::shared_ptr<const Program> find_program(uint64_t code) const {
        const auto found = programs.find(code);
        return found == programs.end() ? nullptr : found->second;
    }

    const CodeLibrary& owner;
    mutable std::recursive_mutex mutex;  // guards all below
    SqlExecutor* executor = nullptr;
    std::vector<std::string> search_path;
    std::map<std::string, std::vector<CodeSource>> sources;  // not read yet, by key
    std::vector<Declared> declared;
    std::map<std::string, std::vector<std::shared_ptr<const Signature>>> signatures;  // by key
    std::map<uint64_t, std::shared_ptr<const Program>> programs;
    std::map<uint64_t, std::string> statements;
    std::map<uint64_t, Error> problems;
    std::map<std::string, Error> unreadable;  // sources whose heads are wrong now, by folded name
    uint64_t next_code = 1;
};

CodeLibrary::CodeLibrary() : state_(std::make_unique<State>(*this)) {}
CodeLibrary::~CodeLibrary() = default;

std::vector<std::string> CodeLibrary::State::keys_of(const std::vector<NamePart>& name) const {
    if (search_path.empty()) {
        return {fold_name(name.back().name)};
    }
    if (name.size() > 1) {
        return {key_of(name[name.size() - 2].name, name.back().name)};
    }
    std::vector<std::string> keys;
    for (const std::string& schema : search_path) {
        keys.push_back(key_of(schema, name.back().name));
    }
    return keys;
}

void CodeLibrary::add_sources(std::vector<CodeSource> sources, std::vector<std::string> search_path) {
    const State::Use use(*state_, nullptr);
    state_->search_path = std::move(search_path);
    for (CodeSource& one : sources) {
        state_->sources[state_->key_of(one.schema, one.name)].push_back(std::move(one));
    }
}

std::vector<std::shared_ptr<const Signature>> CodeLibrary::overloads(const std::vector<NamePart>& name) const {
    const std::lock_guard lock(state_->mutex);
    for (const std::string& key : state_->keys_of(name)) {
        state_->read_sources(key);
        const auto found = state_->signatures.find(key);
        if (found != state_->signatures.end()) {
            return found->second;
        }
    }
    return {};
}

std::vector<std::shared_ptr<const Signature>> CodeLibrary::find(const std::vector<NamePart>& name,
                                                                SqlExecutor* executor) {
    const State::Use use(*state_, executor);
    auto found = overloads(name);
    state_->compile_declared();
    return found;
}

std::vector<std::string> CodeLibrary::names() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<std::string> names;
    for (const auto& [key, overloads] : state_->signatures) {
        names.push_back(overloads.front()->name);
    }
    for (const auto& [key, sources] : state_->sources) {
        names.push_back(sources.front().name);
    }
    return names;
}

std::shared_ptr<const Program> CodeLibrary::program(uint64_t code) const {
    const std::lock_guard lock(state_->mutex);
    return state_->find_program(code);
}

bool CodeLibrary::is_broken(const Signature& signature) const {
    const std::lock_guard lock(state_->mutex);
    return state_->problems.contains(signature.code);
}

std::string CodeLibrary::statement(const Signature& signature) const {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->statements.find(signature.code);
    return found == state_->statements.end() ? "" : found->second;
}

Error CodeLibrary::problem(const Signature& signature) const {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->problems.find(signature.code);
    if (found != state_->problems.end()) {
        return found->second;
    }
    if (signature.result.form == TypeForm::kTrigger) {
        return coded_error("0A000", "\"" + signature.name + "\" is for triggers, it cannot be called");
    }
    const auto head = state_->unreadable.find(fold_name(signature.name));
    if (head != state_->unreadable.end()) {
        return head->second;
    }
    return make_error(ErrorCode::kUndefinedFunction, "\"" + signature.name + "\" does not exist any more");
}

// Heads are read where a name is asked for; bodies wait, as they may ask for the name that is just being read.
void CodeLibrary::State::read_sources(const std::string& key) {
    const auto waiting = sources.find(key);
    if (waiting == sources.end()) {
        return;
    }
    const std::vector<CodeSource> texts = std::move(waiting->second);
    sources.erase(waiting);
    for (const CodeSource& one : texts) {
        DiagnosticList diagnostics;
        CodeDefinition definition = parse_code(one.text, diagnostics);
        std::shared_ptr<const Signature> signature;
        if (!diagnostics.has_errors()) {
            signature = declare(definition, one.text, key, true, diagnostics);
        }
        if (signature != nullptr) {
            declared.push_back({std::move(definition), one.text, signature});
        } else {
            unreadable[fold_name(one.name)] = joined_error(diagnostics, one.text);
        }
    }
}

void CodeLibrary::State::compile_declared() {
    while (!declared.empty()) {
        Declared next = std::move(declared.back());
        declared.pop_back();
        DiagnosticList diagnostics;
        compile(std::move(next.definition), next.statement, *next.signature, diagnostics);
        if (diagnostics.has_errors()) {
            problems[next.signature->code] = joined_error(diagnostics, next.statement);
        }
    }
}

// Each default becomes code of its own.
bool CodeLibrary::State::compile_defaults(const CodeDefinition& definition, std::string_view statement,
                                          std::vector<uint64_t>& codes, DiagnosticList& diagnostics) {
    for (const Parameter& parameter : definition.parameters) {
        codes.push_back(0);
        if (parameter.default_value == nullptr) {
            continue;
        }
        const AnalysedCode code =
            Analyser(supplier_of(definition, parameter, statement), {executor, &owner, nullptr}, diagnostics).run();
        if (diagnostics.has_errors()) {
            return false;
        }
        const Result<std::shared_ptr<const Program>> made = emit_program(code, std::string(statement));
        if (!made.ok()) {
            diagnostics.error("54000", made.error().message, parameter.name.span);
            return false;
        }
        codes.back() = next_code++;
        programs[codes.back()] = *made;
    }
    return true;
}

// Makes the signature known, before the body is looked at: code may call itself.
std::shared_ptr<const Signature> CodeLibrary::State::declare(const CodeDefinition& definition,
                                                             std::string_view statement, const std::string& key,
                                                             bool replace, DiagnosticList& diagnostics) {
    std::vector<uint64_t> defaults;
    if (!compile_defaults(definition, statement, defaults, diagnostics)) {
        return nullptr;
    }
    const Span name_span = definition.name.empty() ? Span{0, 2} : definition.name.back().span;
    CodeLimits limits;
    if (const Status fine = narrow_limits(limits, definition.limits); !fine.ok()) {
        diagnostics.error("22023", fine.error().message, name_span);
        return nullptr;
    }
    CodeDefinition head = definition;
    head.body = nullptr;
    head.return_value = nullptr;
    head.sql_body.clear();
    DiagnosticList head_problems;
    const AnalysedCode known = Analyser(std::move(head), {executor, &owner, nullptr}, head_problems).run();
    auto early = std::make_shared<Signature>(*known.signature);
    for (size_t i = 0; i < std::min(defaults.size(), early->parameters.size()); ++i) {
        early->parameters[i].default_code = defaults[i];
    }
    auto& overloads = signatures[key];
    const auto same =
        std::find_if(overloads.begin(), overloads.end(), [&](const auto& one) { return same_inputs(*one, *early); });
    std::shared_ptr<const Signature> replaced = same == overloads.end() ? nullptr : *same;
    // A replacement keeps the number, so callers that are compiled already find the new code at their next run.
    early->code = replaced != nullptr ? replaced->code : next_code++;
    if (replaced != nullptr && !replace) {
        diagnostics.error("42723", "function \"" + early->name + "\" exists already with these parameters", name_span)
            .hint = "Use CREATE OR REPLACE.";
    } else if (replaced != nullptr && !replaced->result.same(early->result)) {
        diagnostics
            .error("42P13",
                   "a replacement cannot change the result from " + type_text(replaced->result) + " to " +
                       type_text(early->result),
                   name_span)
            .hint = "Drop the function first.";
    }
    if (same != overloads.end()) {
        overloads.erase(same);
    }
    overloads.push_back(early);
    statements[early->code] = statement;
    return early;
}

void CodeLibrary::State::compile(CodeDefinition definition, std::string_view statement, const Signature& signature,
                                 DiagnosticList& diagnostics) {
    const Span name_span = definition.name.empty() ? Span{0, 2} : definition.name.back().span;
    if (definition.result.kind == ResultKind::kTrigger) {
        return;  // NEW and OLD have types once there is a table: see trigger_program()
    }
    const AnalysedCode analysed = Analyser(std::move(definition), {executor, &owner, nullptr}, diagnostics).run();
    if (diagnostics.has_errors()) {
        return;
    }
    Result<std::shared_ptr<const Program>> made = emit_program(analysed, std::string(statement));
    if (!made.ok()) {
        diagnostics.error("54000", made.error().message, name_span);
        return;
    }
    programs[signature.code] = *made;
}

std::shared_ptr<const Signature> CodeLibrary::define(std::string_view statement, SqlExecutor* executor,
                                                     DiagnosticList& diagnostics) {
    const State::Use use(*state_, executor);
    CodeDefinition definition = parse_code(statement, diagnostics);
    if (diagnostics.has_errors()) {
        diagnostics.sort();
        return nullptr;
    }
    std::string key;
    if (!definition.name.empty()) {
        key = state_->keys_of(definition.name).front();
        state_->read_sources(key);
    }
    const bool replace = definition.replace;
    const auto before = state_->signatures[key];
    const auto signature = state_->declare(definition, statement, key, replace, diagnostics);
    if (signature != nullptr) {
        state_->compile(std::move(definition), statement, *signature, diagnostics);
    }
    state_->compile_declared();
    if (diagnostics.has_errors()) {
        state_->signatures[key] = before;
        if (before.empty()) {
            state_->signatures.erase(key);
        }
        return nullptr;
    }
    return signature;
}

Status CodeLibrary::run_do(std::string_view statement, const CodeEnvironment& environment) {
    std::shared_ptr<const Program> program;
    {
        const State::Use use(*state_, environment.executor);
        DiagnosticList diagnostics;
        CodeDefinition definition = parse_code(statement, diagnostics);
        if (!diagnostics.has_errors()) {
            const AnalysedCode code =
                Analyser(std::move(definition), {environment.executor, this, nullptr}, diagnostics).run();
            state_->compile_declared();
            if (!diagnostics.has_errors()) {
                KODIAK_TRY_ASSIGN(program, emit_program(code, std::string(statement)));
            }
        }
        if (diagnostics.has_errors()) {
            return joined_error(diagnostics, statement);
        }
    }
    Machine machine(environment, *this);
    std::vector<Value> none;
    KODIAK_TRY(machine.start(program, none));
    Value ignored;
    const Result<bool> done = machine.resume(ignored);
    return done.ok() ? ok_status() : Status(done.error());
}

Result<std::unique_ptr<CodeRun>> CodeLibrary::open(const Signature& signature, std::vector<Value> arguments,
                                                   const CodeEnvironment& environment) const {
    const std::shared_ptr<const Program> found = program(signature.code);
    if (found == nullptr) {
        return problem(signature);
    }
    CodeEnvironment own = environment;
    KODIAK_TRY(narrow_limits(own.limits, found->limits));
    auto run = std::make_unique<MachineRun>(own, *this);
    KODIAK_TRY(run->machine().start(found, arguments));
    return std::unique_ptr<CodeRun>(std::move(run));
}

Result<Value> CodeLibrary::call(const Signature& signature, std::vector<Value> arguments,
                                const CodeEnvironment& environment) const {
    return MachineCaller(std::make_shared<Signature>(signature), program(signature.code), {}, environment, *this)
        .call(arguments);
}

std::unique_ptr<CodeCaller> CodeLibrary::caller(const std::shared_ptr<const Signature>& signature,
                                                std::vector<size_t> missing, const CodeEnvironment& environment) const {
    return std::make_unique<MachineCaller>(signature, program(signature->code), std::move(missing), environment, *this);
}

Result<std::shared_ptr<const Program>> CodeLibrary::trigger_program(const std::string& text, const catalog::Type& row,
                                                                    SqlExecutor* executor) {
    const State::Use use(*state_, executor);
    DiagnosticList diagnostics;
    CodeDefinition definition = parse_code(text, diagnostics);
    if (diagnostics.has_errors()) {
        return joined_error(diagnostics, text);
    }
    const AnalysedCode code = Analyser(std::move(definition), {executor, this, &row}, diagnostics).run();
    state_->compile_declared();
    if (diagnostics.has_errors()) {
        return joined_error(diagnostics, text);
    }
    return emit_program(code, text);
}

std::unique_ptr<CodeCaller> CodeLibrary::trigger_caller(std::shared_ptr<const Program> program,
                                                        const CodeEnvironment& environment) const {
    const std::shared_ptr<const Signature> signature = program->signature;
    return std::make_unique<MachineCaller>(signature, std::move(program), std::vector<size_t>(), environment, *this);
}

bool CodeLibrary::is_pure(const Signature& signature) const {
    const std::lock_guard lock(state_->mutex);
    std::set<uint64_t> seen;
    std::vector<uint64_t> waiting{signature.code};
    while (!waiting.empty()) {
        const uint64_t code = waiting.back();
        waiting.pop_back();
        if (!seen.insert(code).second) {
            continue;
        }
        const std::shared_ptr<const Program> found = state_->find_program(code);
        if (found == nullptr || !computes_only(*found)) {
            return false;
        }
        for (const auto& callee : found->callees) {
            waiting.push_back(callee->code);
        }
    }
    return true;
}

bool CodeLibrary::drop(const Signature& signature) {
    const std::lock_guard lock(state_->mutex);
    for (auto entry = state_->signatures.begin(); entry != state_->signatures.end(); ++entry) {
        const size_t dropped =
            std::erase_if(entry->second, [&](const auto& one) { return one->code == signature.code; });
        if (dropped > 0) {
            if (entry->second.empty()) {
                state_->signatures.erase(entry);
            }
            state_->programs.erase(signature.code);
            return true;
        }
    }
    return false;
}

}  // namespace kodiak::language
