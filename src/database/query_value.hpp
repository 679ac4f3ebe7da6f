#pragma once

// One value from the engine.

#include <string>

#include "engine/engine.hpp"

namespace kodiak::database {

// The first column of the first row that a query answers; empty when there is none.
Result<std::string> query_value(engine::Connection& connection, const std::string& sql);

// The caret belongs under the user's text, not into a query that was made of it.
template <class T>
Result<T> without_position(Result<T> result) {
    if (result.ok()) {
        return result;
    }
    Error error = result.error();
    error.position = {};
    error.line_text.clear();
    return error;
}

}  // namespace kodiak::database
