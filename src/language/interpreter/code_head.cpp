// What can be said about code without a library: its head, its problems, its results as text.

#include "language/code.hpp"
#include "language/parser/definition_parser.hpp"
#include "language/values/cast.hpp"

namespace kodiak::language {
namespace {

std::vector<std::string> names_of(const std::vector<NamePart>& parts) {
    std::vector<std::string> names;
    for (const NamePart& part : parts) {
        names.push_back(part.name);
    }
    return names;
}

}  // namespace

Result<CodeHead> read_code_head(std::string_view statement) {
    DiagnosticList diagnostics;
    const CodeDefinition definition = parse_code(statement, diagnostics);
    if (diagnostics.has_errors()) {
        return joined_error(diagnostics, statement);
    }
    CodeHead head;
    head.kind = definition.kind;
    head.replace = definition.replace;
    head.name = names_of(definition.name);
    head.test_for = names_of(definition.test_for);
    for (const Parameter& parameter : definition.parameters) {
        head.parameter_names.push_back(parameter.name.name);
    }
    return head;
}

Error joined_error(const DiagnosticList& diagnostics, std::string_view statement) {
    std::optional<Error> first;
    for (const Diagnostic& one : diagnostics.all()) {
        if (one.severity != Severity::kError) {
            continue;
        }
        Error error = error_of(one, statement);
        if (!first) {
            first = std::move(error);
            continue;
        }
        first->detail += (first->detail.empty() ? "There is more: " : "; ") + one.sqlstate + " at line " +
                         std::to_string(error.position.line) + ", column " + std::to_string(error.position.column) +
                         ": " + one.message;
    }
    return first ? std::move(*first) : make_error(ErrorCode::kInternal, "code without an error did not compile");
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
