#pragma once

// Rewrites plain SQL that holds Kodiak's own clauses, and remembers where every byte came from.
//
// What       Rewriter replaces ranges of a text and yields the new text with a SourceMap. rewrite_plain() uses it
//            for the clauses that DuckDB does not parse: short durations (1h30m), and what PostgreSQL's users write in
//            DDL (definition/definition_rewriter.hpp), which travels on as notes. AS OF, FOR SYSTEM_TIME AS OF and
//            SINCE behind a table become the AT clause that DuckDB parses; GET CHANGES becomes a query of a table
//            function.
// Why        Replacing token ranges instead of printing a parsed tree leaves all other text as the user typed it.
// How        A statement without our clauses comes back as the same bytes. Errors of the engine carry offsets in the
//            rewritten text; SourceMap::original_offset() leads them back to the text that the user typed.
// Threads    Values and pure functions.
// Errors     kInvalidDatetimeFormat for an unknown unit next to a digit or a fraction of a month,
//            kDatetimeOutOfRange for a duration beyond INTERVAL, kPastIsReadOnly for a point behind a table
//            that is written, kUnsupported for forms of points that are not built yet, kSyntax and
//            kInvalidText as in statement.hpp.
// Cost       Linear in the length of the statement, no recursion; original_offset is O(log replacements).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "catalog/statement_notes.hpp"
#include "language/lexer/token.hpp"

namespace kodiak::language {

// Leads from offsets in a rewritten text back to the text it was made from. A default one maps every offset to
// itself.
class SourceMap {
   public:
    // Returns the original offset of a byte of the rewritten text. A byte of a replacement leads to the start of
    // the range that it replaced; an offset beyond the end leads to the end of the original.
    size_t original_offset(size_t rewritten_offset) const;
    // Returns the original range of a range of the rewritten text; a range that touches a replacement covers the
    // whole range that it replaced.
    Span original_span(Span rewritten) const;
    // Moves an engine error's byte range in the rewritten text onto the error as a position in `original`.
    void place(Error& error, std::string_view original, Span rewritten) const;
    bool is_identity() const { return pieces_.empty(); }

   private:
    friend class Rewriter;
    struct Piece {
        size_t rewritten_start;  // where this piece starts in the rewritten text; it ends where the next one starts
        Span original;
        bool copied;  // byte for byte; otherwise a replacement of `original`
    };
    const Piece& piece_at(size_t rewritten_offset) const;
    std::vector<Piece> pieces_;  // empty: identity
};

struct RewrittenText {
    std::string text;
    SourceMap source_map;
    bool changed = false;  // false: text is the same bytes as the original
};

// Collects replacements of ranges of one text.
class Rewriter {
   public:
    // `text` must outlive the rewriter.
    explicit Rewriter(std::string_view text) : text_(text) {}
    // Replaces a range. Requires: ranges are inside the text and do not overlap; several insertions (empty ranges)
    // at one offset keep their order and come before a replacement that starts there.
    void replace(Span range, std::string replacement);
    // Inserts before the byte at `offset`.
    void insert(size_t offset, std::string text) { replace({offset, 0}, std::move(text)); }
    // Builds the new text. The rewriter is spent afterwards.
    RewrittenText finish() &&;

   private:
    struct Replacement {
        Span range;
        std::string text;
    };
    std::string_view text_;
    std::vector<Replacement> replacements_;
};

// A plain statement for the engine, with what its text could not keep.
struct PlainRewrite : RewrittenText {
    catalog::StatementNotes notes;
};

// Rewrites one plain statement.
Result<PlainRewrite> rewrite_plain(std::string_view text);

}  // namespace kodiak::language
