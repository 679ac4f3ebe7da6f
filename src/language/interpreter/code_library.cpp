// Definitions of code: compiled when they are made, found by name, run by a Machine.

#include <algorithm>

#include "language/code.hpp"
#include "language/interpreter/machine.hpp"
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

// WITH (timeout, max_memory, max_depth) may only narrow the limits.
Status narrow(CodeLimits& limits, const std::vector<CodeSetting>& settings) {
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

}  // namespace

CodeLibrary::CodeLibrary() = default;
CodeLibrary::~CodeLibrary() = default;

std::vector<std::shared_ptr<const Signature>> CodeLibrary::overloads(const std::vector<NamePart>& name) const {
    const auto found = signatures_.find(fold_name(name.back().name));
    return found == signatures_.end() ? std::vector<std::shared_ptr<const Signature>>() : found->second;
}

std::vector<std::string> CodeLibrary::names() const {
    std::vector<std::string> names;
    for (const auto& [folded, overloads] : signatures_) {
        names.push_back(overloads.front()->name);
    }
    return names;
}

std::shared_ptr<const Program> CodeLibrary::program(uint64_t code) const {
    const auto found = programs_.find(code);
    return found == programs_.end() ? nullptr : found->second;
}

// Each default becomes code of its own, without parameters.
bool CodeLibrary::compile_defaults(const CodeDefinition& definition, std::string_view statement, SqlExecutor* executor,
                                   std::vector<uint64_t>& codes, DiagnosticList& diagnostics) {
    for (const Parameter& parameter : definition.parameters) {
        codes.push_back(0);
        if (parameter.default_value == nullptr) {
            continue;
        }
        CodeDefinition supplier;
        supplier.name = definition.name;
        supplier.result.kind = ResultKind::kType;
        supplier.result.type = parameter.type;
        supplier.language = definition.language;
        supplier.ast = definition.ast;
        supplier.source.text = statement;
        supplier.return_value = parameter.default_value;
        const AnalysedCode code = Analyser(std::move(supplier), {executor, this}, diagnostics).run();
        if (diagnostics.has_errors()) {
            return false;
        }
        const Result<std::shared_ptr<const Program>> made = emit_program(code, std::string(statement));
        if (!made.ok()) {
            diagnostics.error("54000", made.error().message, parameter.name.span);
            return false;
        }
        codes.back() = next_code_++;
        programs_[codes.back()] = *made;
    }
    return true;
}

std::shared_ptr<const Signature> CodeLibrary::add(CodeDefinition definition, std::string_view statement,
                                                  SqlExecutor* executor, DiagnosticList& diagnostics) {
    std::vector<uint64_t> defaults;
    if (!compile_defaults(definition, statement, executor, defaults, diagnostics)) {
        return nullptr;
    }
    const Span name_span = definition.name.empty() ? Span{0, 2} : definition.name.back().span;
    const bool replace = definition.replace;
    const std::string folded = definition.name.empty() ? "" : fold_name(definition.name.back().name);
    CodeLimits limits;
    if (const Status fine = narrow(limits, definition.limits); !fine.ok()) {
        diagnostics.error("22023", fine.error().message, name_span);
        return nullptr;
    }
    // Calls of itself are analysed against a signature that the analysis is about to make; it is known before the body.
    auto& overloads = signatures_[folded];
    const std::vector<std::shared_ptr<const Signature>> before = overloads;
    DiagnosticList head_problems;
    CodeDefinition head = definition;
    head.body = nullptr;
    head.return_value = nullptr;
    head.sql_body.clear();
    const AnalysedCode known = Analyser(std::move(head), {executor, this}, head_problems).run();
    auto early = std::make_shared<Signature>(*known.signature);
    for (size_t i = 0; i < std::min(defaults.size(), early->parameters.size()); ++i) {
        early->parameters[i].default_code = defaults[i];
    }
    const auto same =
        std::find_if(overloads.begin(), overloads.end(), [&](const auto& one) { return same_inputs(*one, *early); });
    std::shared_ptr<const Signature> replaced = same == overloads.end() ? nullptr : *same;
    // A replacement keeps the number, so callers that are compiled already find the new code at their next run.
    const uint64_t code = replaced != nullptr ? replaced->code : next_code_++;
    early->code = code;
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
    const AnalysedCode analysed = Analyser(std::move(definition), {executor, this}, diagnostics).run();
    Result<std::shared_ptr<const Program>> made = make_error(ErrorCode::kSyntax, "");
    if (!diagnostics.has_errors()) {
        made = emit_program(analysed, std::string(statement));
        if (!made.ok()) {
            diagnostics.error("54000", made.error().message, name_span);
        }
    }
    if (diagnostics.has_errors()) {
        overloads = before;
        if (overloads.empty()) {
            signatures_.erase(folded);
        }
        return nullptr;
    }
    programs_[code] = *made;
    return early;
}

std::shared_ptr<const Signature> CodeLibrary::define(std::string_view statement, SqlExecutor* executor,
                                                     DiagnosticList& diagnostics) {
    CodeDefinition definition = parse_code(statement, diagnostics);
    if (diagnostics.has_errors()) {
        diagnostics.sort();
        return nullptr;
    }
    return add(std::move(definition), statement, executor, diagnostics);
}

Status CodeLibrary::run_do(std::string_view statement, const CodeEnvironment& environment) {
    DiagnosticList diagnostics;
    CodeDefinition definition = parse_code(statement, diagnostics);
    std::shared_ptr<const Program> program;
    if (!diagnostics.has_errors()) {
        const AnalysedCode code = Analyser(std::move(definition), {environment.executor, this}, diagnostics).run();
        if (!diagnostics.has_errors()) {
            KODIAK_TRY_ASSIGN(program, emit_program(code, std::string(statement)));
        }
    }
    for (const Diagnostic& one : diagnostics.all()) {
        if (one.severity == Severity::kError) {
            return error_of(one, statement);
        }
    }
    Machine machine(environment, *this);
    KODIAK_TRY(machine.start(program, {}));
    Value ignored;
    const Result<bool> done = machine.resume(ignored);
    return done.ok() ? ok_status() : Status(done.error());
}

Result<std::unique_ptr<CodeRun>> CodeLibrary::open(const Signature& signature, std::vector<Value> arguments,
                                                   const CodeEnvironment& environment) const {
    const std::shared_ptr<const Program> found = program(signature.code);
    if (found == nullptr) {
        return make_error(ErrorCode::kUndefinedFunction, "function \"" + signature.name + "\" does not exist");
    }
    CodeEnvironment own = environment;
    KODIAK_TRY(narrow(own.limits, found->limits));
    auto run = std::make_unique<MachineRun>(own, *this);
    KODIAK_TRY(run->machine().start(found, std::move(arguments)));
    return std::unique_ptr<CodeRun>(std::move(run));
}

Result<Value> CodeLibrary::call(const Signature& signature, std::vector<Value> arguments,
                                const CodeEnvironment& environment) const {
    if (signature.strict &&
        std::any_of(arguments.begin(), arguments.end(), [](const Value& v) { return v.is_null(); })) {
        return Value();
    }
    KODIAK_TRY_ASSIGN(const std::unique_ptr<CodeRun> run, open(signature, std::move(arguments), environment));
    Value result;
    KODIAK_TRY_ASSIGN(const bool more, run->next(result));
    static_cast<void>(more);
    return result;
}

bool CodeLibrary::drop(const Signature& signature) {
    const auto found = signatures_.find(fold_name(signature.name));
    if (found == signatures_.end()) {
        return false;
    }
    const size_t dropped = std::erase_if(found->second, [&](const auto& one) { return one->code == signature.code; });
    if (found->second.empty()) {
        signatures_.erase(found);
    }
    programs_.erase(signature.code);
    return dropped > 0;
}

std::string result_text(const Value& value, const CodeType& type) {
    if (value.is_null()) {
        return "NULL";
    }
    if (value.is_object() && value.object()->kind() == Object::Kind::kRecord) {
        return value_text(value, *value.shape());
    }
    return value_text(value, type.type);
}

}  // namespace kodiak::language
