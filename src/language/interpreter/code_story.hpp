#pragma once

// Runs a script of code on the small executor and writes down what comes out. For tests.
//
// Statements: definitions and DO are run; SELECT f(args) calls code with constants and shows the result; SELECT * FROM
// f(args) shows its rows; CALL p(args) shows the row of OUT parameters. Notices, warnings and errors appear in their
// order.

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock/clock.hpp"
#include "language/code.hpp"
#include "language/interpreter/story_executor.hpp"

namespace kodiak::language {

// Time that moves by a millisecond whenever somebody looks.
class StoryClock : public Clock {
   public:
    Timestamp now() override { return {time_ += 1000}; }

   private:
    int64_t time_ = 1'767'225'600'000'000;  // 2026-01-01
};

class CodeStory : public MessageSink {
   public:
    std::string run(std::string_view script);
    void message(RaiseLevel level, const Error& text) override;
    StoryExecutor& executor() { return executor_; }
    CodeLibrary& library() { return library_; }
    CodeEnvironment environment();
    CodeLimits limits;
    std::atomic<bool> cancelled = false;
    // Calls functions instead of the library, if it is set.
    std::function<Result<Value>(const Signature&, std::vector<Value>)> caller;

   private:
    std::string run_statement(std::string_view statement);
    std::string run_call(std::string_view statement);
    std::string show_rows(const Signature& signature, std::vector<Value> arguments, size_t limit);

    StoryExecutor executor_;
    StoryClock clock_;
    CodeLibrary library_;
    std::string out_;
};

}  // namespace kodiak::language
