#include "engine/code/code_call.hpp"

#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"

namespace kodiak::engine {

using language::Signature;
using language::Value;

language::CodeType to_code_type(const duckdb::LogicalType& type) {
    language::CodeType result;
    const bool unknown = type.id() == duckdb::LogicalTypeId::UNKNOWN;
    result.type = unknown ? catalog::Type() : to_catalog_type(type);
    return result;
}

Error fold_place(Error error) {
    if (error.position.line == 0 || error.call_stack.starts_with("block")) {
        return error;
    }
    constexpr size_t kShown = 120;
    const size_t column = error.position.column - 1;
    if (!error.call_stack.empty() && column < kShown && error.line_text.size() < kShown) {
        error.call_stack += "\n      " + error.line_text + "\n      " + std::string(column, ' ') + "^";
    }
    error.position = {};
    error.line_text.clear();
    return error;
}

CodeCall match_code_call(duckdb::ClientContext& context, const std::string& schema, const std::string& name,
                         const std::vector<language::GivenArgument>& given) {
    CodeContext& code = CodeContext::of(context);
    const auto library = code.session()->library(context);
    const auto transactions = SessionState::of(context);
    NestedLane lane(context);
    CodeExecutor executor(lane, *code.session(), *transactions);
    return match_overload(library, library->find({{schema, {}}, {name, {}}}, &executor), name, given, false);
}

CodeCall match_overload(const std::shared_ptr<language::CodeLibrary>& library,
                        const std::vector<std::shared_ptr<const Signature>>& overloads, const std::string& name,
                        const std::vector<language::GivenArgument>& given, bool procedures) {
    CodeCall call;
    call.library = library;
    const language::CallMatch match = match_call(overloads, given, procedures);
    if (match.signature == nullptr) {
        if (overloads.empty()) {
            Signature unknown;
            unknown.name = name;
            throw_error(fold_place(call.library->problem(unknown)));
        }
        const std::string what = procedures ? "procedure" : "function";
        Error error = make_error(match.ambiguous ? ErrorCode::kAmbiguous : ErrorCode::kUndefinedFunction,
                                 match.ambiguous ? "the call fits several functions \"" + name + "\""
                                                 : "no " + what + " \"" + name + "\" takes these arguments");
        throw_error(std::move(error).with_hint("There are: " + candidates_text(overloads) + "."));
    }
    call.signature = match.signature;
    // Code that is being compiled may call itself through SQL.
    if (call.library->is_broken(*match.signature) || match.signature->result.form == language::TypeForm::kTrigger) {
        throw_error(fold_place(call.library->problem(*match.signature)));
    }
    const std::vector<const language::SignatureParameter*> inputs = inputs_of(*match.signature);
    call.input_count = inputs.size();
    call.argument_types.resize(given.size());
    call.inputs.resize(given.size(), inputs.size() - 1);
    for (size_t i = 0; i < inputs.size(); ++i) {
        const auto argument = match.arguments[i];
        if (argument >= 0) {
            call.inputs[static_cast<size_t>(argument)] = i;
            call.argument_types[static_cast<size_t>(argument)] = inputs[i]->type.type;
        } else if (inputs[i]->mode == language::ParameterMode::kVariadic) {
            call.has_rest = true;
            for (size_t k = i; k < given.size(); ++k) {
                call.argument_types[k] = inputs[i]->type.type.children[0].type;
            }
        } else if (inputs[i]->has_default) {
            call.missing.push_back(i);
        }
    }
    return call;
}

CodeCallRun::CodeCallRun(duckdb::ClientContext& context, const CodeCall& call)
    : call_(call),
      session_(CodeContext::of(context).session()),
      transactions_(SessionState::of(context)),
      lane_(context),
      executor_(lane_, *session_, *transactions_),
      environment_(session_->environment()) {
    environment_.executor = &executor_;
    caller_ = call_.library->caller(call_.signature, call_.missing, environment_);
    meter_ = caller_->meter();
    for (const catalog::Type& type : call_.argument_types) {
        bridges_.emplace_back(type);
    }
}

std::vector<Value>& CodeCallRun::place(std::vector<Value>& arguments) {
    inputs_.assign(call_.input_count, Value());
    std::vector<Value> rest;
    for (size_t i = 0; i < arguments.size(); ++i) {
        if (call_.has_rest && call_.inputs[i] + 1 == call_.input_count) {
            rest.push_back(std::move(arguments[i]));
        } else {
            inputs_[call_.inputs[i]] = std::move(arguments[i]);
        }
    }
    if (call_.has_rest) {
        inputs_.back() = language::list_value(meter_, std::move(rest));
    }
    return inputs_;
}

Value CodeCallRun::call(std::vector<Value>& arguments) {
    auto result = caller_->call(place(arguments));
    if (!result.ok()) {
        throw_error(fold_place(result.error()));
    }
    return std::move(result).value();
}

std::unique_ptr<language::CodeRun> CodeCallRun::open(std::vector<Value>& arguments) {
    std::vector<Value>& inputs = place(arguments);
    for (const size_t missing : call_.missing) {
        const auto parameters = inputs_of(*call_.signature);
        auto supplier = std::make_shared<Signature>();
        supplier->code = parameters[missing]->default_code;
        std::vector<Value> none;
        auto value = call_.library->caller(supplier, {}, environment_)->call(none);
        if (!value.ok()) {
            throw_error(fold_place(value.error()));
        }
        inputs[missing] = std::move(value).value();
    }
    auto run = call_.library->open(*call_.signature, inputs, environment_);
    if (!run.ok()) {
        throw_error(fold_place(run.error()));
    }
    return std::move(run).value();
}

}  // namespace kodiak::engine
