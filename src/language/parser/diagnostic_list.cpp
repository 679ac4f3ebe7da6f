#include "language/parser/diagnostic_list.hpp"

#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/parser/conditions.hpp"

namespace kodiak::language {

Diagnostic& DiagnosticList::error(std::string_view sqlstate, std::string message, Span where) {
    const bool kept = errors_++ < kErrorsMost;
    Diagnostic& target = kept ? list_.emplace_back() : dropped_;
    target = {Severity::kError, std::string(sqlstate), std::move(message), "", where};
    return target;
}

Diagnostic& DiagnosticList::warning(std::string_view sqlstate, std::string message, Span where) {
    const bool kept = warnings_++ < kWarningsMost;
    Diagnostic& target = kept ? list_.emplace_back() : dropped_;
    target = {Severity::kWarning, std::string(sqlstate), std::move(message), "", where};
    return target;
}

void DiagnosticList::sort() {
    std::stable_sort(list_.begin(), list_.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return a.where.offset != b.where.offset ? a.where.offset < b.where.offset : a.severity < b.severity;
    });
    const auto same = [](const Diagnostic& a, const Diagnostic& b) {
        return a.where == b.where && a.message == b.message;
    };
    list_.erase(std::unique(list_.begin(), list_.end(), same), list_.end());
}

void DiagnosticList::append(const DiagnosticList& other) {
    for (const Diagnostic& one : other.list_) {
        const bool is_error = one.severity == Severity::kError;
        (is_error ? error(one.sqlstate, one.message, one.where) : warning(one.sqlstate, one.message, one.where)).hint =
            one.hint;
    }
}

Error error_of(const Diagnostic& diagnostic, std::string_view text) {
    const ErrorCode code = code_of_sqlstate(diagnostic.sqlstate);
    Error error = make_error_at(code, diagnostic.message, text, diagnostic.where);
    error.hint = diagnostic.hint;
    if (code == ErrorCode::kRaised) {
        error.raised_state = diagnostic.sqlstate;
        error.raised_condition = condition_of_sqlstate(diagnostic.sqlstate);
    }
    return error;
}

std::string render_diagnostics(const DiagnosticList& list, std::string_view text, std::string_view file_name) {
    std::string out;
    for (const Diagnostic& one : list.all()) {
        std::string shown = render_error(error_of(one, text), file_name);
        if (one.severity == Severity::kWarning) {
            shown.replace(0, std::string_view("ERROR").size(), "WARNING");
        }
        out += (out.empty() ? "" : "\n") + shown;
    }
    return out;
}

}  // namespace kodiak::language
