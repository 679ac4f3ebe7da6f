#include "language/script.hpp"

#include <algorithm>

#include "language/lexer/utf8.hpp"

namespace kodiak::language {
namespace {

// Enough of the line to show what stands before an error; the renderer shows less.
constexpr size_t kPrefixBytesMost = 400;
// Text that was handed out is dropped once it is this much and half of the buffer, so that dropping stays linear.
constexpr size_t kDropBytes = size_t{1} << 16;

}  // namespace

std::vector<Statement> split_script(std::string_view script) {
    StatementStream stream;
    stream.feed(script);
    stream.finish();
    std::vector<Statement> statements;
    while (std::optional<Statement> statement = stream.next()) {
        statements.push_back(std::move(*statement));
    }
    return statements;
}

Error in_script(Error error, const Statement& statement) {
    TextPosition& position = error.position;
    if (position.line == 0) {
        return error;
    }
    if (position.line == 1) {
        // Where the prefix was cut, spaces keep the caret in its column.
        const size_t before = statement.column - 1;
        const size_t kept = std::min(before, count_characters(statement.line_prefix));
        position.column += statement.column - 1;
        error.line_text = std::string(before - kept, ' ') + statement.line_prefix + error.line_text;
    }
    position.line += statement.line - 1;
    return error;
}

void StatementStream::feed(std::string_view text) { buffer_.append(text); }

void StatementStream::finish() { finished_ = true; }

bool StatementStream::has_partial_statement() const {
    if (first_.has_value() || search_.open == LexerState::Open::kLineComment) {
        return first_.has_value();
    }
    return buffer_.find_first_not_of(" \t\r\n\f", search_.offset) != std::string::npos;
}

std::optional<Statement> StatementStream::next() {
    Lexer lexer(buffer_, search_, finished_);
    while (true) {
        const Token token = lexer.next();
        if (token.kind == TokenKind::kEnd) {
            search_ = lexer.state();
            return finished_ && first_ ? std::optional(take()) : std::nullopt;
        }
        body_.see(token.kind, token.span.in(buffer_));
        if (token.kind == TokenKind::kSymbol && buffer_[token.span.offset] == ';' && !body_.inside()) {
            if (first_) {
                search_ = lexer.state();
                return take();
            }
            body_ = {};
            continue;
        }
        if (!first_) {
            first_ = token.span.offset;
        }
        end_ = token.span.end();
    }
}

// Hands out the statement that was collected.
Statement StatementStream::take() {
    advance_to(*first_);
    Statement statement;
    statement.offset = buffer_start_ + *first_;
    statement.line = line_;
    statement.column = column_;
    statement.line_prefix = line_prefix_;
    statement.text = buffer_.substr(*first_, end_ - *first_);
    advance_to(search_.offset);
    first_.reset();
    body_ = {};
    drop_consumed();
    return statement;
}

// Counts lines and columns up to `end`.
void StatementStream::advance_to(size_t end) {
    const std::string_view passed = std::string_view(buffer_).substr(place_, end - place_);
    place_ = end;
    const size_t newline = passed.rfind('\n');
    std::string_view of_last_line = passed;
    if (newline != std::string_view::npos) {
        line_ += static_cast<uint32_t>(std::count(passed.begin(), passed.end(), '\n'));
        column_ = 1;
        line_prefix_.clear();
        of_last_line = passed.substr(newline + 1);
    }
    column_ += static_cast<uint32_t>(count_characters(of_last_line));
    line_prefix_.append(of_last_line.substr(of_last_line.size() - std::min(of_last_line.size(), 2 * kPrefixBytesMost)));
    if (line_prefix_.size() > kPrefixBytesMost) {
        size_t cut = line_prefix_.size() - kPrefixBytesMost;
        while (cut < line_prefix_.size() && (static_cast<uint8_t>(line_prefix_[cut]) & 0xC0) == 0x80) {
            ++cut;
        }
        line_prefix_.erase(0, cut);
    }
}

void StatementStream::drop_consumed() {
    if (place_ < kDropBytes || place_ < buffer_.size() / 2) {
        return;
    }
    buffer_.erase(0, place_);
    buffer_start_ += place_;
    search_.offset -= place_;
    search_.scanned = 0;
    place_ = 0;
}

}  // namespace kodiak::language
