#pragma once

// Errors at the border to DuckDB, both ways; the only place where exceptions become Results and back.
//
// How        A kodiak::Error that crosses DuckDB rides in the exception's extra information (code, detail, hint) and
//            comes out as it went in. DuckDB's own errors get a code by exception type and, where one type means
//            several things, by subtype or wording (errors.cpp holds the table; a test pins each wording).
// Rules      INTERNAL and FATAL are never thrown by us: both make DuckDB refuse all further work until restart.
// Threads    Pure functions.

#include <string_view>

#include "duckdb/common/error_data.hpp"
#include "duckdb/common/exception.hpp"

#include "base/result/result.hpp"

namespace kodiak::engine {

// Throws `error` as a DuckDB exception from which from_duckdb() restores it.
[[noreturn]] void throw_error(const Error& error);

// The same as a value, for functions that return ErrorData.
duckdb::ErrorData to_error_data(const Error& error);

// Throws when `status` holds an error.
inline void throw_if_error(const Status& status) {
    if (!status.ok()) {
        throw_error(status.error());
    }
}

// The value of `result`, or throws its error.
template <class T>
T value_or_throw(Result<T> result) {
    if (!result.ok()) {
        throw_error(result.error());
    }
    return std::move(result).value();
}

// What DuckDB reported, in our terms. `sql` is the statement's text: it turns DuckDB's byte position into line and
// column; empty = no position.
Error from_duckdb(const duckdb::ErrorData& error, std::string_view sql = {});
// The same for a caught exception.
Error from_exception(const std::exception& exception, std::string_view sql = {});

}  // namespace kodiak::engine
