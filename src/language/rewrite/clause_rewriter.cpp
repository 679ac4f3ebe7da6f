#include "language/rewrite/clause_rewriter.hpp"

#include <algorithm>

#include "language/definition/definition_rewriter.hpp"
#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"
#include "language/rewrite/duration.hpp"
#include "language/rewrite/get_changes.hpp"
#include "language/rewrite/point_parser.hpp"
#include "language/statement/token_cursor.hpp"

namespace kodiak::language {
namespace {

// What the walk knows inside one pair of parentheses.
struct Frame {
    bool in_table_list = false;  // a comma starts another table reference
    bool expects_table = false;  // the next token starts a table reference
    bool is_target = false;      // the expected table is written to
};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view one) { return same_word(word, one); });
}

class ClauseWalk {
   public:
    ClauseWalk(std::string_view text, const std::vector<Token>& tokens, Span range, Rewriter& rewriter)
        : cursor_(text, tokens), end_offset_(range.end()), rewriter_(rewriter) {
        const auto first = std::lower_bound(tokens.begin(), tokens.end(), range.offset,
                                            [](const Token& t, size_t offset) { return t.span.offset < offset; });
        cursor_.move_to(static_cast<size_t>(first - tokens.begin()));
    }

    Status run() {
        while (inside()) {
            if (starts_query() && at_get_changes(cursor_)) {
                KODIAK_TRY(pass_get_changes());
            } else if (frame().expects_table && at_table_name()) {
                KODIAK_TRY(pass_table_reference());
            } else {
                KODIAK_TRY(pass_token());
            }
        }
        return ok_status();
    }

   private:
    Frame& frame() { return frames_.back(); }
    bool inside() const { return cursor_.peek().kind != TokenKind::kEnd && cursor_.peek().span.offset < end_offset_; }
    KeywordCategory category(size_t ahead) const { return keyword_category(cursor_.text_of(cursor_.peek(ahead))); }
    std::string_view previous_word() const {
        return previous_.kind == TokenKind::kWord ? cursor_.text_of(previous_) : std::string_view();
    }

    void advance() {
        previous_ = cursor_.peek();
        cursor_.advance();
    }

    bool at_table_name() const {
        return cursor_.peek().kind == TokenKind::kQuotedWord ||
               (cursor_.peek().kind == TokenKind::kWord && category(0) != KeywordCategory::kReserved);
    }

    // A name that can be an alias without AS.
    bool at_bare_alias() const {
        if (cursor_.peek().kind == TokenKind::kQuotedWord) {
            return true;
        }
        return cursor_.peek().kind == TokenKind::kWord && category(0) != KeywordCategory::kReserved &&
               category(0) != KeywordCategory::kTypeFunction;
    }

    // True if a point in history can start `ahead`. Where rows are written fewer words count, as in `UPDATE t AS
    // of SET`.
    bool at_point(size_t ahead, bool is_target) const {
        switch (cursor_.peek(ahead).kind) {
            case TokenKind::kString:
            case TokenKind::kEscapeString:
            case TokenKind::kDollarString:
            case TokenKind::kNumber:
            case TokenKind::kDuration:
                return true;
            case TokenKind::kParameter:
            case TokenKind::kQuotedWord:
                return !is_target;
            case TokenKind::kWord:
                break;
            default:
                return false;
        }
        if (is_target) {
            return is_one_of(cursor_.text_of(cursor_.peek(ahead)),
                             {"timestamp", "commit", "snapshot", "tag", "branch"});
        }
        return category(ahead) != KeywordCategory::kReserved && category(ahead) != KeywordCategory::kTypeFunction;
    }

    // True if a clause that names a point in history hangs on the table reference which ends here.
    bool at_clause(bool is_target) const {
        if (cursor_.at_word("as") && cursor_.at_word("of", 1) && at_point(2, is_target)) {
            return true;
        }
        if (cursor_.at_word("since") && at_point(1, is_target)) {
            return true;
        }
        return cursor_.at_word("for") && cursor_.peek(1).kind == TokenKind::kWord &&
               is_one_of(cursor_.text_of(cursor_.peek(1)), {"system_time", "timestamp", "version"});
    }

    // Takes the clauses that stand here out of the text.
    Status take_clauses(bool is_target, PastClauses& clauses) {
        while (inside() && at_clause(is_target)) {
            const Span first = cursor_.peek().span;
            if (is_target) {
                return cursor_
                    .error_at(ErrorCode::kPastIsReadOnly, "the past cannot be written", Span::from_to(first, first))
                    .with_hint("Write to the table itself; its history stays as it was.");
            }
            KODIAK_TRY(clauses.parse(cursor_));
            const size_t end = cursor_.index() == 0 ? first.end() : cursor_.peek_behind().span.end();
            rewriter_.replace({first.offset, end - first.offset}, "");
            previous_ = cursor_.peek_behind();
        }
        return ok_status();
    }

    // t FOR SYSTEM_TIME ALL [[AS] alias]: the table function of all versions in its place, under the table's name.
    Status replace_by_versions(size_t name_offset) {
        const std::string table(cursor_.text().substr(name_offset, previous_.span.end() - name_offset));
        const std::string name(cursor_.text_of(previous_));
        KODIAK_TRY_ASSIGN(const PeriodClause period, parse_period(cursor_));
        previous_ = cursor_.peek_behind();
        const bool has_alias = (cursor_.at_word("as") && cursor_.at_name(1)) || (inside() && at_bare_alias());
        rewriter_.replace({name_offset, previous_.span.end() - name_offset},
                          period.to_sql(table) + (has_alias ? "" : " AS " + name));
        pass_alias(false);
        return ok_status();
    }

    // qname [[AS] alias [(columns)]] and the clauses before and after the alias.
    Status pass_table_reference() {
        const bool is_target = frame().is_target;
        frame().expects_table = false;
        if (is_one_of(cursor_.text_of(cursor_.peek()), {"lateral", "only", "table"}) && cursor_.at_name(1)) {
            advance();
        }
        const size_t name_offset = cursor_.peek().span.offset;
        advance();
        if (cursor_.peek().kind == TokenKind::kOperator && cursor_.text_of(cursor_.peek()) == ":") {
            frame().expects_table = true;  // `alias: table`
            advance();
            return ok_status();
        }
        while (cursor_.at_symbol('.') && cursor_.at_name(1)) {
            advance();
            advance();
        }
        if (!inside()) {
            return ok_status();
        }
        if (!is_target && at_period(cursor_)) {
            return replace_by_versions(name_offset);
        }
        PastClauses clauses;
        KODIAK_TRY(take_clauses(is_target, clauses));
        pass_alias(is_target);
        KODIAK_TRY(take_clauses(is_target, clauses));
        if (!clauses.empty()) {
            // Behind the alias: that is where DuckDB takes AT.
            rewriter_.insert(previous_end_, clauses.to_sql());
        }
        return ok_status();
    }

    void pass_alias(bool is_target) {
        previous_end_ = previous_.span.end();
        if (cursor_.at_word("as") && cursor_.at_name(1)) {
            advance();
            advance();
        } else if (inside() && at_bare_alias()) {
            advance();
        } else {
            return;
        }
        if (cursor_.at_symbol('(') && !is_target) {
            while (inside() && !cursor_.at_symbol(')')) {
                advance();
            }
            advance();
        }
        previous_end_ = previous_.span.end();
    }

    Status pass_token() {
        const Token token = cursor_.peek();
        switch (token.kind) {
            case TokenKind::kWord:
                pass_word(cursor_.text_of(token));
                return ok_status();
            case TokenKind::kSymbol:
                pass_symbol(cursor_.text()[token.span.offset]);
                return ok_status();
            case TokenKind::kDuration: {
                KODIAK_TRY_ASSIGN(std::string sql, duration_to_sql(cursor_.text(), token.span));
                rewriter_.replace(token.span, std::move(sql));
                break;
            }
            case TokenKind::kNumber:
                KODIAK_TRY(check_date_part());
                break;
            default:
                break;
        }
        frame().expects_table = false;
        advance();
        return ok_status();
    }

    // True where a query can stand: at the start, in a parenthesis, behind EXPLAIN and AS.
    bool starts_query() const {
        return previous_.kind == TokenKind::kEnd || is_one_of(previous_word(), {"as", "explain", "analyze"}) ||
               (previous_.kind == TokenKind::kSymbol && cursor_.text()[previous_.span.offset] == '(');
    }

    Status pass_get_changes() {
        const size_t start = cursor_.peek().span.offset;
        KODIAK_TRY_ASSIGN(std::string sql, get_changes_to_sql(cursor_));
        previous_ = cursor_.peek_behind();
        rewriter_.replace({start, previous_.span.end() - start}, std::move(sql));
        frame().expects_table = false;
        return ok_status();
    }

    // `1day` would be `1 AS day` for DuckDB, which nobody means; `INTERVAL 5day` is fine.
    Status check_date_part() const {
        const Token& number = cursor_.peek();
        const Token& unit = cursor_.peek(1);
        const bool joined = unit.kind == TokenKind::kWord && unit.span.offset == number.span.end();
        if (!joined || !is_date_part(cursor_.text_of(unit)) || same_word(previous_word(), "interval")) {
            return ok_status();
        }
        return cursor_
            .error_at(ErrorCode::kInvalidDatetimeFormat,
                      "unknown unit \"" + std::string(cursor_.text_of(unit)) + "\" next to a number", unit.span)
            .with_hint("Use us, ms, s, m, h, d, w, mo or y, or write INTERVAL in front.");
    }

    void pass_symbol(char symbol) {
        const bool expects_table = frame().expects_table;
        frame().expects_table = false;
        if (symbol == '(' || symbol == '[' || symbol == '{') {
            Frame inner;
            // FROM (a JOIN b): the parenthesis may hold table references.
            inner.expects_table = symbol == '(' && expects_table;
            inner.in_table_list = inner.expects_table;
            frames_.push_back(inner);
        } else if (symbol == ')' || symbol == ']' || symbol == '}') {
            if (frames_.size() > 1) {
                frames_.pop_back();
            }
            frame().expects_table = false;
        } else if (symbol == ',') {
            frame().expects_table = frame().in_table_list;
        }
        advance();
    }

    void expect_table(bool in_table_list, bool is_target) { frame() = {in_table_list, true, is_target}; }

    void pass_word(std::string_view word) {
        const std::string_view before = previous_word();
        if (same_word(word, "from")) {
            if (!same_word(before, "distinct")) {  // a IS DISTINCT FROM b
                expect_table(true, same_word(before, "delete"));
            }
        } else if (same_word(word, "join")) {
            expect_table(frame().in_table_list, false);
        } else if (same_word(word, "using")) {
            if (!cursor_.at_symbol('(', 1)) {  // not JOIN ... USING (columns)
                expect_table(true, false);
            }
        } else if (same_word(word, "into")) {
            expect_table(false, true);
        } else if (same_word(word, "update")) {
            if (!is_one_of(before, {"for", "do", "then", "on", "key"})) {
                expect_table(false, true);
            }
        } else if (!same_word(word, "lateral")) {
            frame().expects_table = false;
            if (is_one_of(word, {"select", "where", "group", "having", "order", "limit", "offset", "union", "intersect",
                                 "except", "window", "qualify", "set", "values", "returning", "with", "when"})) {
                frame().in_table_list = false;
            }
        }
        advance();
    }

    TokenCursor cursor_;
    size_t end_offset_;
    Rewriter& rewriter_;
    std::vector<Frame> frames_ = {Frame{}};
    Token previous_;
    size_t previous_end_ = 0;  // where the table reference with its alias ends
};

}  // namespace

Status rewrite_clauses(std::string_view text, const std::vector<Token>& tokens, Span range, Rewriter& rewriter) {
    return ClauseWalk(text, tokens, range, rewriter).run();
}

Result<PlainRewrite> rewrite_plain(std::string_view text) {
    KODIAK_TRY_ASSIGN(const std::vector<Token> tokens, tokenize(text));
    Rewriter rewriter(text);
    KODIAK_TRY_ASSIGN(DefinitionNotes definition, rewrite_definition(text, tokens, rewriter));
    Span rest{0, text.size()};
    if (definition.options) {
        KODIAK_TRY(rewrite_clauses(text, tokens, {0, definition.options->offset}, rewriter));
        rest = {definition.options->end(), text.size() - definition.options->end()};
    }
    KODIAK_TRY(rewrite_clauses(text, tokens, rest, rewriter));
    PlainRewrite rewritten;
    static_cast<RewrittenText&>(rewritten) = std::move(rewriter).finish();
    rewritten.notes = std::move(definition.notes);
    return rewritten;
}

}  // namespace kodiak::language
