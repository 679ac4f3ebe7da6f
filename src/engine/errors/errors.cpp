#include "engine/errors/errors.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <unordered_map>
#include <utility>

namespace kodiak::engine {

namespace {

// Keys of our part of an exception's extra information.
constexpr const char* kCodeKey = "kodiak_code";
constexpr const char* kDetailKey = "kodiak_detail";
constexpr const char* kHintKey = "kodiak_hint";
constexpr const char* kStateKey = "kodiak_state";
constexpr const char* kConditionKey = "kodiak_condition";
constexpr const char* kStackKey = "kodiak_stack";

// What one of DuckDB's wordings means. `type` INVALID matches every type.
struct Wording {
    duckdb::ExceptionType type;
    std::string_view text;
    ErrorCode code;
};

// Where DuckDB uses one exception type for several conditions, its wording decides; first match wins, so the narrower
// wording stands first. `text` is the start of the message, or what follows the name that the message starts with. What
// the message quotes is left out of the comparison: it is the user's. Checked against DuckDB 1.5.5 by
// errors_test.cpp and
// tests/sql/errors. Two wordings say less than we would like: bad text for TIMESTAMP_S, _MS and _NS reads as bad
// text for
// a number (22P02), and an impossible TIME reads as bad text (22007).
using Type = duckdb::ExceptionType;
constexpr std::array kWordings = {
    Wording{Type::INVALID, "Allocation failure", ErrorCode::kOutOfMemory},
    Wording{Type::TRANSACTION, "a single transaction can only write to a single attached database",
            ErrorCode::kMultiDatabaseWrite},
    Wording{Type::TRANSACTION, "Current transaction is aborted", ErrorCode::kInFailedTransaction},
    Wording{Type::TRANSACTION, "within a transaction", ErrorCode::kActiveTransaction},
    Wording{Type::TRANSACTION, "no transaction is active", ErrorCode::kNoActiveTransaction},
    Wording{Type::TRANSACTION, "read-only mode", ErrorCode::kReadOnly},
    Wording{Type::INVALID, "in read-only mode", ErrorCode::kReadOnly},
    Wording{Type::INVALID, "Failed to commit: PRIMARY KEY or UNIQUE", ErrorCode::kUniqueViolation},
    Wording{Type::CONSTRAINT, "NOT NULL constraint failed", ErrorCode::kNotNullViolation},
    Wording{Type::CONSTRAINT, "CHECK constraint failed", ErrorCode::kCheckViolation},
    Wording{Type::CONSTRAINT, "foreign key", ErrorCode::kForeignKeyViolation},
    Wording{Type::CONSTRAINT, "Duplicate key", ErrorCode::kUniqueViolation},
    Wording{Type::CONSTRAINT, "duplicate key", ErrorCode::kUniqueViolation},
    Wording{Type::CATALOG, "trying to drop type", ErrorCode::kUndefinedTable},
    Wording{Type::CATALOG, "trying to replace with type", ErrorCode::kDuplicateTable},
    Wording{Type::CATALOG, "Column with name", ErrorCode::kDuplicateColumn},
    Wording{Type::CATALOG, "Table with name", ErrorCode::kUndefinedTable},
    Wording{Type::CATALOG, "View with name", ErrorCode::kUndefinedTable},
    Wording{Type::CATALOG, "already has a column", ErrorCode::kDuplicateColumn},
    Wording{Type::CATALOG, "does not have a column", ErrorCode::kUndefinedColumn},
    Wording{Type::CATALOG, "Function with name", ErrorCode::kUndefinedFunction},
    Wording{Type::CATALOG, "already exists", ErrorCode::kDuplicateObject},
    Wording{Type::BINDER, "No function matches", ErrorCode::kUndefinedFunction},
    Wording{Type::BINDER, "must appear in the GROUP BY clause", ErrorCode::kGrouping},
    Wording{Type::BINDER, "cannot contain aggregates", ErrorCode::kGrouping},
    Wording{Type::BINDER, "aggregate function calls cannot be nested", ErrorCode::kGrouping},
    Wording{Type::BINDER, "LIMIT/OFFSET cannot be negative", ErrorCode::kInvalidValue},
    Wording{Type::BINDER, "Set operations can only apply to expressions with the same number", ErrorCode::kSyntax},
    Wording{Type::BINDER, "Subquery returns ", ErrorCode::kSyntax},
    Wording{Type::BINDER, "Referenced table", ErrorCode::kUndefinedTable},
    Wording{Type::BINDER, "Referenced column", ErrorCode::kUndefinedColumn},
    Wording{Type::BINDER, "does not have a column named", ErrorCode::kUndefinedColumn},
    Wording{Type::BINDER, "not found in FROM clause", ErrorCode::kUndefinedColumn},
    Wording{Type::BINDER, "not found in table", ErrorCode::kUndefinedColumn},
    Wording{Type::BINDER, "Ambiguous reference", ErrorCode::kAmbiguous},
    Wording{Type::BINDER, "is not unique", ErrorCode::kAmbiguous},
    Wording{Type::BINDER, "does not have a column with name", ErrorCode::kUndefinedColumn},
    Wording{Type::BINDER, "does not exist on left side of join", ErrorCode::kUndefinedColumn},
    Wording{Type::BINDER, "does not exist on right side of join", ErrorCode::kUndefinedColumn},
    Wording{Type::BINDER, "does not exist", ErrorCode::kUndefinedObject},
    Wording{Type::BINDER, "duplicate column", ErrorCode::kDuplicateColumn},
    Wording{Type::BINDER, "Duplicate column name", ErrorCode::kDuplicateColumn},
    Wording{Type::BINDER, "Failed to create foreign key", ErrorCode::kInvalidDefinition},
    Wording{Type::BINDER, "Cannot mix values of type", ErrorCode::kDatatypeMismatch},
    Wording{Type::BINDER, "Cannot compare values of type", ErrorCode::kDatatypeMismatch},
    Wording{Type::BINDER, "an explicit cast is required", ErrorCode::kDatatypeMismatch},
    Wording{Type::BINDER, "values for", ErrorCode::kSyntax},
    Wording{Type::BINDER, "values were supplied", ErrorCode::kSyntax},
    Wording{Type::CATALOG, "is not supported for tables", ErrorCode::kUnsupported},
    Wording{Type::INVALID_INPUT, "STORED generated column", ErrorCode::kUnsupported},
    Wording{Type::CATALOG, "with name \"", ErrorCode::kUndefinedObject},
    Wording{Type::INVALID, "Limit percent out of range", ErrorCode::kInvalidValue},
    Wording{Type::CONVERSION, "CSV Error on Line", ErrorCode::kInvalidText},
    Wording{Type::CONVERSION, "invalid date field format", ErrorCode::kInvalidDatetimeFormat},
    Wording{Type::CONVERSION, "invalid timestamp field format", ErrorCode::kInvalidDatetimeFormat},
    Wording{Type::CONVERSION, "time field value out of range: \"\", expected format",
            ErrorCode::kInvalidDatetimeFormat},
    Wording{Type::CONVERSION, "Could not convert string '' to INTERVAL", ErrorCode::kInvalidDatetimeFormat},
    Wording{Type::INVALID_INPUT, "Could not parse string \"\" according to format", ErrorCode::kInvalidDatetimeFormat},
    Wording{Type::CONVERSION, "field value out of range", ErrorCode::kDatetimeOutOfRange},
    Wording{Type::CONVERSION, "Date out of range", ErrorCode::kDatetimeOutOfRange},
    Wording{Type::CONVERSION, "Time out of range", ErrorCode::kDatetimeOutOfRange},
    Wording{Type::CONVERSION, "Date and time not in timestamp range", ErrorCode::kDatetimeOutOfRange},
    Wording{Type::CONVERSION, "Epoch seconds out of range", ErrorCode::kDatetimeOutOfRange},
    Wording{Type::CONVERSION, "Could not cast value ", ErrorCode::kOutOfRange},
    Wording{Type::CONVERSION, "out of range", ErrorCode::kOutOfRange},
    Wording{Type::CONVERSION, "extract specifier ", ErrorCode::kInvalidValue},
    Wording{Type::INVALID, "Unknown TimeZone", ErrorCode::kInvalidValue},
    Wording{Type::INVALID_INPUT, "More than one row returned by a subquery", ErrorCode::kCardinalityViolation},
    Wording{Type::INVALID_INPUT, "Failed to parse geometry", ErrorCode::kInvalidText},
    Wording{Type::PARSER, "column \"", ErrorCode::kInvalidDefinition},
    Wording{Type::PARSER, "more than one primary key", ErrorCode::kInvalidDefinition},
    Wording{Type::PARSER, "Too large", ErrorCode::kTooLarge},
    Wording{Type::PARSER, "Max expression depth", ErrorCode::kTooLarge},
    Wording{Type::BINDER, "Max expression depth", ErrorCode::kTooLarge},
    Wording{Type::IO, "No such file", ErrorCode::kNotFound},
    Wording{Type::IO, "Extension \"", ErrorCode::kNotFound},
    Wording{Type::IO, "No files found", ErrorCode::kNotFound},
    Wording{Type::IO, "No space left", ErrorCode::kDiskFull},
    Wording{Type::INVALID_INPUT, "Values were not provided for the following prepared statement parameters",
            ErrorCode::kUndefinedParameter},
    Wording{Type::INVALID_INPUT, "not valid UTF-8", ErrorCode::kInvalidText},
};

ErrorCode code_by_type(Type type) {
    switch (type) {
        case Type::OUT_OF_RANGE:
        case Type::DECIMAL:
            return ErrorCode::kOutOfRange;
        case Type::CONVERSION:
            return ErrorCode::kInvalidText;
        case Type::MISMATCH_TYPE:
        case Type::INVALID_TYPE:
        case Type::UNKNOWN_TYPE:
            return ErrorCode::kDatatypeMismatch;
        case Type::DIVIDE_BY_ZERO:
            return ErrorCode::kDivisionByZero;
        case Type::OBJECT_SIZE:
            return ErrorCode::kTooLarge;
        case Type::TRANSACTION:
            return ErrorCode::kSerializationFailure;
        case Type::NOT_IMPLEMENTED:
            return ErrorCode::kUnsupported;
        case Type::CATALOG:
            return ErrorCode::kUndefinedObject;
        case Type::PARSER:
        case Type::SYNTAX:
            return ErrorCode::kSyntax;
        case Type::BINDER:
        case Type::EXPRESSION:
        case Type::PLANNER:
            return ErrorCode::kInvalidColumnReference;
        case Type::CONSTRAINT:
            return ErrorCode::kCheckViolation;
        case Type::IO:
        case Type::NETWORK:
        case Type::HTTP:
        case Type::CONNECTION:
            return ErrorCode::kIo;
        case Type::INTERRUPT:
            return ErrorCode::kCancelled;
        case Type::OUT_OF_MEMORY:
            return ErrorCode::kOutOfMemory;
        case Type::PERMISSION:
            return ErrorCode::kPermission;
        case Type::PARAMETER_NOT_RESOLVED:
        case Type::PARAMETER_NOT_ALLOWED:
            return ErrorCode::kUndefinedParameter;
        case Type::DEPENDENCY:
            return ErrorCode::kDependentObjects;
        case Type::MISSING_EXTENSION:
        case Type::AUTOLOAD:
            return ErrorCode::kNotFound;
        case Type::SEQUENCE:
            return ErrorCode::kSequenceLimit;
        case Type::SETTINGS:
        case Type::INVALID_INPUT:
        case Type::INVALID_CONFIGURATION:
            return ErrorCode::kInvalidValue;
        default:
            return ErrorCode::kInternal;
    }
}

// `message` without what it quotes. A quote opens after a space or bracket and closes before anything but a letter, so
// that the apostrophe of "can't" is none.
std::string without_quoted(std::string_view message) {
    std::string rest;
    for (size_t i = 0; i < message.size(); ++i) {
        const char quote = message[i];
        rest += quote;
        if ((quote != '"' && quote != '\'') || (i > 0 && message[i - 1] != ' ' && message[i - 1] != '(')) {
            continue;
        }
        size_t close = message.find(quote, i + 1);
        while (close != std::string_view::npos && close + 1 < message.size() &&
               std::isalnum(static_cast<unsigned char>(message[close + 1])) != 0) {
            close = message.find(quote, close + 1);
        }
        if (close != std::string_view::npos) {
            rest += quote;
            i = close;
        }
    }
    return rest;
}

ErrorCode code_of(Type type, const std::string& message, const std::unordered_map<std::string, std::string>& extra) {
    const auto subtype = extra.find("error_subtype");
    if (subtype != extra.end()) {
        if (subtype->second == "COLUMN_NOT_FOUND") {
            return ErrorCode::kUndefinedColumn;
        }
        if (subtype->second == "NO_MATCHING_FUNCTION") {
            return ErrorCode::kUndefinedFunction;
        }
        if (subtype->second == "MISSING_ENTRY" || subtype->second == "ENTRY_ALREADY_EXISTS") {
            const bool missing = subtype->second == "MISSING_ENTRY";
            const auto kind = extra.find("type");
            const std::string what = kind != extra.end() ? kind->second : "";
            if (what == "Table" || what == "View") {
                return missing ? ErrorCode::kUndefinedTable : ErrorCode::kDuplicateTable;
            }
            if (missing && what.find("Function") != std::string::npos) {
                return ErrorCode::kUndefinedFunction;
            }
            return missing ? ErrorCode::kUndefinedObject : ErrorCode::kDuplicateObject;
        }
        if (subtype->second == "SYNTAX_ERROR") {
            return ErrorCode::kSyntax;
        }
    }
    const std::string own_words = without_quoted(message);
    for (const Wording& wording : kWordings) {
        if ((wording.type == Type::INVALID || wording.type == type) &&
            own_words.find(wording.text) != std::string::npos) {
            return wording.code;
        }
    }
    return code_by_type(type);
}

// The exception type that makes DuckDB treat our error as what it is. Never INTERNAL or FATAL. Types that leave a
// DuckDB transaction alive are avoided for run-time errors, so that DuckDB and the session agree that it failed.
Type type_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::kSyntax:
            return Type::PARSER;
        case ErrorCode::kUndefinedTable:
        case ErrorCode::kUndefinedObject:
        case ErrorCode::kDuplicateTable:
        case ErrorCode::kDuplicateObject:
            return Type::CATALOG;
        case ErrorCode::kUndefinedColumn:
        case ErrorCode::kDuplicateColumn:
        case ErrorCode::kInvalidDefinition:
            return Type::BINDER;
        case ErrorCode::kDependentObjects:
            return Type::DEPENDENCY;
        case ErrorCode::kUniqueViolation:
        case ErrorCode::kNotNullViolation:
        case ErrorCode::kCheckViolation:
        case ErrorCode::kForeignKeyViolation:
            return Type::CONSTRAINT;
        case ErrorCode::kSerializationFailure:
            return Type::TRANSACTION;
        case ErrorCode::kOutOfMemory:
            return Type::OUT_OF_MEMORY;
        case ErrorCode::kUnsupported:
            return Type::NOT_IMPLEMENTED;
        case ErrorCode::kSequenceLimit:
            return Type::SEQUENCE;
        case ErrorCode::kCorruption:
        case ErrorCode::kIo:
        case ErrorCode::kDiskFull:
            return Type::IO;
        default:
            return Type::INVALID_INPUT;
    }
}

size_t characters(std::string_view bytes) {
    size_t count = 0;
    for (const char byte : bytes) {
        count += (static_cast<unsigned char>(byte) & 0xC0u) != 0x80u ? 1 : 0;
    }
    return count;
}

void place(Error& error, std::string_view sql, size_t offset) {
    if (sql.empty() || offset > sql.size()) {
        return;
    }
    size_t line_start = 0;
    uint32_t line = 1;
    for (size_t i = 0; i < offset; ++i) {
        if (sql[i] == '\n') {
            ++line;
            line_start = i + 1;
        }
    }
    const size_t line_end = std::min(sql.find('\n', offset), sql.size());
    error.position.line = line;
    error.position.column = static_cast<uint32_t>(characters(sql.substr(line_start, offset - line_start))) + 1;
    error.line_text = std::string(sql.substr(line_start, line_end - line_start));
}

// DuckDB's message without the decorations that the front end makes itself.
std::string clean_message(std::string message) {
    const size_t trace = message.find("\n\nStack Trace:");
    if (trace != std::string::npos) {
        message.resize(trace);
    }
    const size_t caret = message.find("\n\nLINE ");
    if (caret != std::string::npos) {
        message.resize(caret);
    }
    for (const std::string_view prefix : {"TransactionContext Error: ", "Failed to commit: "}) {
        if (message.starts_with(prefix)) {
            message.erase(0, prefix.size());
        }
    }
    return message;
}

// DuckDB puts suggestions on lines below the message: those that tell what to do become the hint, others the detail.
void split_message(Error& error) {
    const size_t end = error.message.find('\n');
    if (end == std::string::npos) {
        return;
    }
    std::string rest = error.message.substr(error.message.find_first_not_of("\n", end));
    error.message.resize(end);
    (rest.starts_with("Did you mean") || rest.starts_with("Candidate") ? error.hint : error.detail) = std::move(rest);
}

std::unordered_map<std::string, std::string> extra_of(const Error& error) {
    return {{kCodeKey, std::to_string(static_cast<unsigned>(error.code))},
            {kDetailKey, error.detail},
            {kHintKey, error.hint},
            {kStateKey, error.raised_state},
            {kConditionKey, error.raised_condition},
            {kStackKey, error.call_stack}};
}

std::string value_of(const std::unordered_map<std::string, std::string>& map, const char* key) {
    const auto found = map.find(key);
    return found != map.end() ? found->second : std::string();
}

bool parse_number(const std::string& text, size_t& value) {
    if (text.empty() || text.size() > 18) {
        return false;
    }
    value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') {
            return false;
        }
        value = value * 10 + static_cast<size_t>(digit - '0');
    }
    return true;
}

}  // namespace

void throw_error(const Error& error) {
    const auto extra = extra_of(error);
    throw duckdb::Exception(duckdb::unordered_map<std::string, std::string>(extra.begin(), extra.end()),
                            type_of(error.code), error.message);
}

duckdb::ErrorData to_error_data(const Error& error) {
    try {
        throw_error(error);
    } catch (const std::exception& exception) {
        return duckdb::ErrorData(exception);
    }
}

Error from_duckdb(const duckdb::ErrorData& data, std::string_view sql) {
    // With errors_as_json the whole error travels in the message; reading it back restores type and extra information.
    if (!data.RawMessage().empty() && data.RawMessage().front() == '{') {
        const duckdb::ErrorData inner(data.RawMessage());
        if (!inner.RawMessage().empty() && inner.RawMessage().front() != '{') {
            return from_duckdb(inner, sql);
        }
    }
    const std::unordered_map<std::string, std::string> extra(data.ExtraInfo().begin(), data.ExtraInfo().end());
    Error error;
    size_t number = 0;
    error.message = clean_message(data.RawMessage());
    if (parse_number(value_of(extra, kCodeKey), number) && number <= 255) {
        error.code = static_cast<ErrorCode>(number);
        error.detail = value_of(extra, kDetailKey);
        error.hint = value_of(extra, kHintKey);
        error.raised_state = value_of(extra, kStateKey);
        error.raised_condition = value_of(extra, kConditionKey);
        error.call_stack = value_of(extra, kStackKey);
    } else {
        error.code = code_of(data.Type(), data.RawMessage(), extra);
        split_message(error);
    }
    if (parse_number(value_of(extra, "position"), number)) {
        place(error, sql, number);
    }
    return error;
}

Error from_exception(const std::exception& exception, std::string_view sql) {
    return from_duckdb(duckdb::ErrorData(exception), sql);
}

}  // namespace kodiak::engine
