#include "language/rewrite/point_parser.hpp"

#include <utility>

#include "language/rewrite/duration.hpp"

namespace kodiak::language {

namespace {

bool at_operator(const TokenCursor& cursor, std::string_view one) {
    return cursor.peek().kind == TokenKind::kOperator && cursor.text_of(cursor.peek()) == one;
}

bool at_call(const TokenCursor& cursor) { return cursor.at_name() && cursor.at_symbol('(', 1); }

// Moves over a parenthesis with all that is in it.
void pass_parenthesis(TokenCursor& cursor) {
    size_t depth = 0;
    do {
        depth += cursor.at_symbol('(') ? 1 : 0;
        depth -= cursor.at_symbol(')') ? 1 : 0;
        cursor.advance();
    } while (depth > 0 && cursor.peek().kind != TokenKind::kEnd);
}

// Collects the SQL of an expression, durations written out.
class ExpressionText {
   public:
    explicit ExpressionText(TokenCursor& cursor) : cursor_(cursor), from_(cursor.peek().span.offset) {}

    Status pass_duration() {
        const Token token = cursor_.peek();
        copy_to(token.span.offset);
        KODIAK_TRY_ASSIGN(const std::string sql, duration_to_sql(cursor_.text(), token.span));
        text_ += sql;
        from_ = token.span.end();
        cursor_.advance();
        return ok_status();
    }
    void pass() { cursor_.advance(); }
    std::string finish(size_t end) {
        copy_to(end);
        return std::move(text_);
    }

   private:
    void copy_to(size_t end) {
        if (end > from_) {
            text_ += cursor_.text().substr(from_, end - from_);
        }
        from_ = end;
    }
    TokenCursor& cursor_;
    size_t from_;
    std::string text_;
};

bool is_constant(const Token& token) {
    return token.kind == TokenKind::kNumber || token.kind == TokenKind::kString || token.kind == TokenKind::kParameter;
}

}  // namespace

Status PastClauses::parse(TokenCursor& cursor) {
    KODIAK_TRY_ASSIGN(const Start start, parse_start(cursor));
    return parse_point(cursor, start);
}

Result<PastClauses::Start> PastClauses::parse_start(TokenCursor& cursor) const {
    Start start;
    const Span first = cursor.peek().span;
    if (cursor.accept_word("since")) {
        start.is_since = true;
    } else if (cursor.accept_word("for")) {
        start.is_version = cursor.at_word("version");
        const Token kind = cursor.peek();
        cursor.advance();
        if (!cursor.accept_words({"as", "of"})) {
            return cursor
                .error_at(ErrorCode::kUnsupported,
                          "FOR " + std::string(cursor.text_of(kind)) + " with a period is not supported yet",
                          Span::from_to(first, kind.span))
                .with_hint("Use AS OF a single point.");
        }
    } else {
        cursor.advance();
        cursor.advance();
    }
    start.where = Span::from_to(first, cursor.peek().span);
    return start;
}

Status PastClauses::parse_point(TokenCursor& cursor, const Start& start) {
    const auto text_here = [&] { return string_value(cursor.text(), cursor.peek()); };
    for (const std::string_view kind : {"snapshot", "tag", "branch"}) {
        if (cursor.at_word(kind) && (cursor.at_name(1) || cursor.peek(1).kind == TokenKind::kString)) {
            cursor.advance();
            std::string name = name_value(cursor.text(), cursor.peek());
            if (cursor.at_string()) {
                KODIAK_TRY_ASSIGN(name, text_here());
            }
            cursor.advance();
            return add(kind, std::move(name), start);
        }
    }
    if (cursor.at_word("commit")) {
        cursor.advance();
        if (!cursor.at_string() && cursor.peek().kind != TokenKind::kNumber) {
            return cursor.unexpected({"the number of a commit", "the id of a commit as a string"});
        }
        std::string value(cursor.text_of(cursor.peek()));
        if (cursor.at_string()) {
            KODIAK_TRY_ASSIGN(value, text_here());
        }
        cursor.advance();
        return add("commit", std::move(value), start);
    }
    const bool says_time = cursor.accept_word("timestamp");
    if (cursor.at_string()) {
        KODIAK_TRY_ASSIGN(std::string value, text_here());
        cursor.advance();
        return add(says_time ? "time" : "name", std::move(value), start);
    }
    if (cursor.peek().kind == TokenKind::kNumber) {
        std::string value(cursor.text_of(cursor.peek()));
        cursor.advance();
        return add(start.is_version && !says_time ? "commit" : "epoch", std::move(value), start);
    }
    if (cursor.at_name() && !at_call(cursor) && !says_time) {
        std::string value = name_value(cursor.text(), cursor.peek());
        cursor.advance();
        return add("name", std::move(value), start);
    }
    return parse_expression(cursor, start);
}

// A duration means so long ago; else calls, constants and parentheses joined by + and -.
Status PastClauses::parse_expression(TokenCursor& cursor, const Start& start) {
    if (start.is_since || !empty()) {
        return cursor.error_at(ErrorCode::kUnsupported,
                               start.is_since ? "SINCE takes a constant point; an expression is not supported yet"
                                              : "an expression cannot be combined with another point",
                               start.where);
    }
    ExpressionText sql(cursor);
    const bool is_ago = cursor.peek().kind == TokenKind::kDuration;
    size_t end = cursor.peek().span.offset;
    for (bool more = true; more;) {
        cursor.accept_word("interval");
        if (cursor.peek().kind == TokenKind::kDuration) {
            KODIAK_TRY(sql.pass_duration());
        } else if (at_call(cursor) || cursor.at_symbol('(')) {
            if (at_call(cursor)) {
                cursor.advance();
            }
            pass_parenthesis(cursor);
        } else if (is_constant(cursor.peek())) {
            sql.pass();
            if (cursor.at_name() && is_date_part(cursor.text_of(cursor.peek()))) {
                sql.pass();
            }
        } else {
            return cursor.unexpected({"a timestamp", "a number of seconds since 1970", "COMMIT", "an expression"});
        }
        end = cursor.peek().kind == TokenKind::kEnd ? cursor.text().size() : cursor.peek().span.offset;
        more = at_operator(cursor, "+") || at_operator(cursor, "-");
        if (more) {
            cursor.advance();
        }
    }
    timestamp_ = sql.finish(end);
    if (is_ago) {
        timestamp_ = "now() - " + timestamp_;
    }
    return ok_status();
}

Status PastClauses::add(std::string_view kind, std::string value, const Start& start) {
    if (!timestamp_.empty() || value.find(';') != std::string::npos) {
        return make_error(ErrorCode::kUnsupported, "this point in history cannot be combined with another one");
    }
    items_.push_back((start.is_since ? "since " : "") + std::string(kind) + ":" + std::move(value));
    return ok_status();
}

Status PastClauses::parse_bare(TokenCursor& cursor) {
    Start start;
    start.where = cursor.peek().span;
    return parse_point(cursor, start);
}

std::string PastClauses::to_value() const {
    return timestamp_.empty() ? quote_string(items_.front()) : "(" + timestamp_ + ")";
}

Result<std::string> parse_point_value(TokenCursor& cursor) {
    PastClauses point;
    KODIAK_TRY(point.parse_bare(cursor));
    return point.to_value();
}

std::string PastClauses::to_sql() const {
    if (!timestamp_.empty()) {
        return " AT (TIMESTAMP => " + timestamp_ + ")";
    }
    std::string text;
    for (const std::string& item : items_) {
        text += (text.empty() ? "" : ";") + item;
    }
    return " AT (VERSION => " + quote_string(text) + ")";
}

bool at_period(const TokenCursor& cursor) {
    return cursor.at_word("for") && cursor.at_word("system_time", 1) &&
           (cursor.at_word("from", 2) || cursor.at_word("between", 2) || cursor.at_word("all", 2));
}

Result<PeriodClause> parse_period(TokenCursor& cursor) {
    PeriodClause period;
    cursor.accept_words({"for", "system_time"});
    if (cursor.accept_word("all")) {
        return period;
    }
    const bool is_closed = cursor.at_word("between");
    cursor.advance();
    KODIAK_TRY_ASSIGN(period.from, parse_point_value(cursor));
    if (!cursor.accept_word(is_closed ? "and" : "to")) {
        return cursor.unexpected({is_closed ? "AND" : "TO"});
    }
    KODIAK_TRY_ASSIGN(std::string last, parse_point_value(cursor));
    (is_closed ? period.upto : period.before) = std::move(last);
    return period;
}

std::string PeriodClause::to_sql(std::string_view table) const {
    std::string sql = "kodiak_versions(" + quote_string(table);
    for (const auto& [name, value] :
         {std::pair("from", &from), std::pair("upto", &upto), std::pair("before", &before)}) {
        sql += value->empty() ? "" : ", \"" + std::string(name) + "\" => " + *value;
    }
    return sql + ")";
}

}  // namespace kodiak::language
