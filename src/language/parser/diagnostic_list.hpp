#pragma once

// Problems found in one text: several per run, each with SQLSTATE, place and hint (language reference 1.3, 3.10).
//
// At most 20 errors are kept, so that hostile text costs no more than that; `full()` tells parsers to stop. Warnings
// have their own bound. Places are byte ranges in the body's or statement's text; error_of() renders one of them.

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "language/lexer/token.hpp"

namespace kodiak::language {

enum class Severity : uint8_t { kError, kWarning };

struct Diagnostic {
    Severity severity = Severity::kError;
    std::string sqlstate;
    std::string message;
    std::string hint;
    Span where;
};

class DiagnosticList {
   public:
    static constexpr size_t kErrorsMost = 20;
    static constexpr size_t kWarningsMost = 20;

    // Adds a problem; beyond the bounds it is counted and dropped. Returns it to add a hint (a scratch one if dropped).
    Diagnostic& error(std::string_view sqlstate, std::string message, Span where);
    Diagnostic& warning(std::string_view sqlstate, std::string message, Span where);

    bool has_errors() const { return errors_ > 0; }
    bool full() const { return errors_ >= kErrorsMost; }
    const std::vector<Diagnostic>& all() const { return list_; }
    std::vector<Diagnostic>& all() { return list_; }
    // Sorts by place, errors before warnings at one place, and drops repetitions.
    void sort();
    // Appends the problems of another list.
    void append(const DiagnosticList& other);

   private:
    std::vector<Diagnostic> list_;
    Diagnostic dropped_;
    size_t errors_ = 0;
    size_t warnings_ = 0;
};

// Makes an Error of one problem; positions are those of `text`.
Error error_of(const Diagnostic& diagnostic, std::string_view text);

// Renders all problems, one below the other; warnings begin with WARNING.
std::string render_diagnostics(const DiagnosticList& list, std::string_view text, std::string_view file_name);

}  // namespace kodiak::language
