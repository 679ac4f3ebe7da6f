#pragma once

// Result<T> and Status: how every Kodiak function that can fail says so.
//
// What       A value or an Error. Dropping one unread is a compiler warning (an error in our build).
// Why        Exceptions do not cross room fronts (ARCHITECTURE.md); a failure must be visible in the type.
// How        A thin [[nodiscard]] class over tl::expected (an alias would lose the warning).
// Threads    Values; no shared state.
// Not here   Our own mistakes: those are KODIAK_ASSERT (base/result/assert.hpp), never an Error.

#include <memory>
#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "base/result/error_code.hpp"

namespace kodiak {

// Where in the user's text an error lies; 1-based, in characters. line 0 = no position known.
struct TextPosition {
    uint32_t line = 0;
    uint32_t column = 0;
    uint32_t length = 1;  // characters to underline
};

// What failed, where, and what to do.
struct Error {
    ErrorCode code = ErrorCode::kInternal;
    std::string message;    // lower case, no full stop, says what was attempted, values at the end
    std::string detail;     // a sentence, may be empty
    std::string hint;       // a sentence telling what to do, may be empty
    TextPosition position;  // in the statement's text, when the error is about text
    std::string line_text;  // that line of the statement, for the caret
    std::string raised_state;      // kRaised: the SQLSTATE, five characters; empty otherwise
    std::string raised_condition;  // kRaised: the name of that SQLSTATE, may be empty
    std::string call_stack;        // where in code it happened, innermost first; may be empty

    Error& with_detail(std::string text) & { detail = std::move(text); return *this; }
    Error&& with_detail(std::string text) && { detail = std::move(text); return std::move(*this); }
    Error& with_hint(std::string text) & { hint = std::move(text); return *this; }
    Error&& with_hint(std::string text) && { hint = std::move(text); return std::move(*this); }
};

// Makes an error; the message follows the rules of Error::message.
inline Error make_error(ErrorCode code, std::string message) {
    Error error;
    error.code = code;
    error.message = std::move(message);
    return error;
}

// A T, or the Error that prevented it.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
   public:
    using Base = tl::expected<T, Error>;
    using Base::Base;
    Result(Error error) : Base(tl::unexpected<Error>(std::move(error))) {}  // NOLINT: implicit on purpose
    bool ok() const { return this->has_value(); }
};

// Success, or the Error that prevented it.
class [[nodiscard]] Status : public tl::expected<void, Error> {
   public:
    using Base = tl::expected<void, Error>;
    Status() = default;
    Status(Error error) : Base(tl::unexpected<Error>(std::move(error))) {}  // NOLINT: implicit on purpose
    bool ok() const { return this->has_value(); }
};

inline Status ok_status() { return {}; }

// Leaves the function with the error of `expr`, a Status or Result, if it has one.
#define KODIAK_TRY(expr)                                             \
    do {                                                             \
        auto kodiak_try_result = (expr);                             \
        if (!kodiak_try_result.ok()) {                               \
            return std::move(kodiak_try_result).error();             \
        }                                                            \
    } while (false)

#define KODIAK_CONCAT_INNER(a, b) a##b
#define KODIAK_CONCAT(a, b) KODIAK_CONCAT_INNER(a, b)
#define KODIAK_TRY_ASSIGN_INNER(name, target, expr) \
    auto name = (expr);                             \
    if (!name.ok()) {                               \
        return std::move(name).error();             \
    }                                               \
    target = std::move(name).value()
// Evaluates `expr`, a Result<T>, and leaves with its error or moves its value into `target`
// (an existing variable or a declaration such as `auto x`).
#define KODIAK_TRY_ASSIGN(target, expr) \
    KODIAK_TRY_ASSIGN_INNER(KODIAK_CONCAT(kodiak_try_, __LINE__), target, expr)

}  // namespace kodiak
