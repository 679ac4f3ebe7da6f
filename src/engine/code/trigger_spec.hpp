#pragma once

// TriggerSpec: what a CREATE TRIGGER says, read from its text (the definition keeps the text).

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"

namespace kodiak::engine {

enum class TriggerEvent : uint8_t { kInsert, kUpdate, kDelete };
constexpr size_t kTriggerEvents = 3;

struct TriggerSpec {
    enum class Timing : uint8_t { kBefore, kAfter, kInsteadOf };

    bool replace = false;
    std::string name;
    Timing timing = Timing::kBefore;
    bool on[kTriggerEvents] = {};
    bool on_truncate = false;
    std::vector<std::string> update_of;  // empty: any column
    std::vector<std::string> table;      // 1 to 3 parts
    bool each_row = false;
    bool has_transition_tables = false;
    std::string condition;  // of WHEN; empty: none
    std::vector<std::string> function;
    std::vector<std::string> arguments;  // as TG_ARGV has them
};

// Errors: kSyntax.
Result<TriggerSpec> read_trigger(std::string_view text);

// INSERT, UPDATE, DELETE; BEFORE, AFTER, INSTEAD OF.
const char* name_of(TriggerEvent event);
const char* name_of(TriggerSpec::Timing timing);

}  // namespace kodiak::engine
