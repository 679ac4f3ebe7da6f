#include <algorithm>

#include "base/result/assert.hpp"
#include "language/diagnostics.hpp"
#include "language/rewrite.hpp"

namespace kodiak::language {

const SourceMap::Piece& SourceMap::piece_at(size_t rewritten_offset) const {
    const auto next =
        std::upper_bound(pieces_.begin(), pieces_.end(), rewritten_offset,
                         [](size_t offset, const Piece& piece) { return offset < piece.rewritten_start; });
    return next == pieces_.begin() ? pieces_.front() : *std::prev(next);
}

size_t SourceMap::original_offset(size_t rewritten_offset) const {
    if (is_identity()) {
        return rewritten_offset;
    }
    const Piece& piece = piece_at(rewritten_offset);
    if (!piece.copied) {
        return piece.original.offset;
    }
    return piece.original.offset + std::min(rewritten_offset - piece.rewritten_start, piece.original.length);
}

Span SourceMap::original_span(Span rewritten) const {
    if (is_identity() || rewritten.length == 0) {
        return {original_offset(rewritten.offset), rewritten.length};
    }
    const size_t start = original_offset(rewritten.offset);
    const size_t last = rewritten.end() - 1;
    const Piece& last_piece = piece_at(last);
    const size_t end = last_piece.copied ? original_offset(last) + 1 : last_piece.original.end();
    return {start, end - start};
}

void SourceMap::place(Error& error, std::string_view original, Span rewritten) const {
    set_position(error, original, original_span(rewritten));
}

void Rewriter::replace(Span range, std::string replacement) {
    KODIAK_ASSERT(range.end() <= text_.size());
    replacements_.push_back({range, std::move(replacement)});
}

RewrittenText Rewriter::finish() && {
    RewrittenText rewritten;
    if (replacements_.empty()) {
        rewritten.text = std::string(text_);
        return rewritten;
    }
    std::stable_sort(replacements_.begin(), replacements_.end(), [](const Replacement& a, const Replacement& b) {
        return a.range.offset != b.range.offset ? a.range.offset < b.range.offset : a.range.length < b.range.length;
    });
    std::string& out = rewritten.text;
    std::vector<SourceMap::Piece>& pieces = rewritten.source_map.pieces_;
    size_t copied_to = 0;
    const auto copy_up_to = [&](size_t end) {
        KODIAK_ASSERT(copied_to <= end);  // replacements do not overlap
        if (end > copied_to) {
            pieces.push_back({out.size(), {copied_to, end - copied_to}, true});
            out.append(text_.substr(copied_to, end - copied_to));
        }
    };
    for (const Replacement& replacement : replacements_) {
        copy_up_to(replacement.range.offset);
        if (!replacement.text.empty()) {
            pieces.push_back({out.size(), replacement.range, false});
            out.append(replacement.text);
        }
        copied_to = replacement.range.end();
    }
    copy_up_to(text_.size());
    // A piece at the very end, so that offsets beyond the end lead to the end.
    pieces.push_back({out.size(), {text_.size(), 0}, true});
    rewritten.changed = true;
    return rewritten;
}

}  // namespace kodiak::language
