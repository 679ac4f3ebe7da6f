#pragma once

// Runs functions by interpreter and by machine code and compares what they say. For tests.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "language/interpreter/code_story.hpp"
#include "language/jit.hpp"

namespace kodiak::language {

// The generator is missing where LLVM was when the tests were built.
inline bool have_generator() { return std::filesystem::exists(KODIAK_JIT_LIBRARY); }
inline constexpr const char* kNoGenerator = "built without LLVM: nothing is compiled";

inline JitOptions jit_options() {
    JitOptions options;
    options.library = KODIAK_JIT_LIBRARY;
    return options;
}

// A value or an error with everything that a user sees of it.
inline std::string outcome_text(const Result<Value>& result, const CodeType& type) {
    if (result.ok()) {
        return result_text(*result, type);
    }
    const Error& error = result.error();
    const std::string state = error.raised_state.empty() ? std::string(sqlstate(error.code)) : error.raised_state;
    return "error " + state + " " + error.message + " | " + error.detail + " | " + error.hint + " | " +
           std::to_string(error.position.line) + ":" + std::to_string(error.position.column) + " | " + error.line_text +
           " | " + error.call_stack;
}

class JitFixture : public testing::Test {
   protected:
    void SetUp() override {
        if (!have_generator()) {
            GTEST_SKIP() << kNoGenerator;
        }
    }
    std::shared_ptr<const Signature> define(std::string_view definition) {
        DiagnosticList problems;
        const auto signature = story.library().define(definition, &story.executor(), problems);
        EXPECT_NE(signature, nullptr) << render_diagnostics(problems, definition, "");
        return signature;
    }
    std::shared_ptr<const CompiledFunction> compiled(const Signature& signature) {
        const auto made = jit.compile(signature, story.library());
        EXPECT_TRUE(made.ok()) << made.error().message;
        return made.ok() ? *made : nullptr;
    }
    std::string interpreted(const Signature& signature, const std::vector<Value>& arguments) {
        return outcome_text(story.library().call(signature, arguments, story.environment()), signature.result);
    }
    std::string by_machine_code(const Signature& signature, const std::vector<Value>& arguments) {
        const auto function = compiled(signature);
        if (function == nullptr) {
            return "not compiled";
        }
        return outcome_text(make_compiled_run(function, story.environment())->call(arguments), signature.result);
    }
    // Defines a function, calls it both ways and returns what both say.
    std::string both(std::string_view definition, const std::vector<Value>& arguments) {
        const auto signature = define(definition);
        if (signature == nullptr) {
            return "not defined";
        }
        const std::string expected = interpreted(*signature, arguments);
        EXPECT_EQ(by_machine_code(*signature, arguments), expected) << definition;
        return expected;
    }

    CodeStory story;
    Jit jit{jit_options()};
};

}  // namespace kodiak::language
