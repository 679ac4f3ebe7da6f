#pragma once

// CodeCall: a call from SQL, matched to an overload; and running it.
//
// Threads    A CodeCall is immutable and shared by the threads of a statement; a CodeCallRun belongs to one thread.

#include <memory>
#include <optional>
#include <vector>

#include "duckdb/main/client_context.hpp"

#include "engine/code/code_executor.hpp"
#include "engine/code/code_session.hpp"
#include "engine/code/code_values.hpp"
#include "language/code.hpp"
#include "language/semantic/match_call.hpp"

namespace kodiak::engine {

struct CodeCall {
    std::shared_ptr<language::CodeLibrary> library;
    std::shared_ptr<const language::Signature> signature;
    // What each given argument is cast to, and which input it is for; those of a VARIADIC rest are items of its list.
    std::vector<catalog::Type> argument_types;
    std::vector<size_t> inputs;
    std::vector<size_t> missing;  // inputs that take their defaults
    size_t input_count = 0;
    bool has_rest = false;  // the last input is the list of the arguments beyond
};

// Finds the overload that takes `given`. Throws 42883, 42725, and what makes the code impossible to compile now.
CodeCall match_code_call(duckdb::ClientContext& context, const std::string& schema, const std::string& name,
                         const std::vector<language::GivenArgument>& given);

// The same among overloads that were found before.
CodeCall match_overload(const std::shared_ptr<language::CodeLibrary>& library,
                        const std::vector<std::shared_ptr<const language::Signature>>& overloads,
                        const std::string& name, const std::vector<language::GivenArgument>& given, bool procedures);

// The type of a value of SQL in code.
language::CodeType to_code_type(const duckdb::LogicalType& type);

// An error of stored code has its place in the text that defined it, which is not the text that the user sees.
Error fold_place(Error error);

class CodeCallRun {
   public:
    // Runs inside of a statement of `context`. Both must outlive it.
    CodeCallRun(duckdb::ClientContext& context, const CodeCall& call);

    // One value per argument of the call (CodeCall::argument_types); moves from them. Throws the code's errors.
    language::Value call(std::vector<language::Value>& arguments);
    // Starts a set-returning function.
    std::unique_ptr<language::CodeRun> open(std::vector<language::Value>& arguments);
    language::Meter meter() const { return meter_; }
    const language::CodeEnvironment& environment() const { return environment_; }
    const std::vector<ValueBridge>& bridges() const { return bridges_; }

   private:
    // Arguments as the inputs of the signature.
    std::vector<language::Value>& place(std::vector<language::Value>& arguments);

    const CodeCall& call_;
    std::shared_ptr<CodeSession> session_;
    duckdb::shared_ptr<SessionState> transactions_;
    NestedLane lane_;
    CodeExecutor executor_;
    language::CodeEnvironment environment_;
    std::unique_ptr<language::CodeCaller> caller_;
    language::Meter meter_;
    std::vector<ValueBridge> bridges_;
    std::vector<language::Value> inputs_;
};

}  // namespace kodiak::engine
