#include "language/statement/history_parser.hpp"

#include <algorithm>
#include <array>

#include "language/history_statement.hpp"
#include "language/rewrite/point_parser.hpp"
#include "language/statement_table.hpp"

namespace kodiak::language {

namespace {

using What = HistoryAction::What;

// The statements with the words that they begin with; `form`: their name in the statement table.
struct Beginning {
    std::string_view form;
    What what;
    std::string_view first;
    std::string_view second;
    std::string_view third = "";
};

constexpr auto kBeginnings = std::to_array<Beginning>({
    {"CREATE SNAPSHOT", What::kCreateSnapshot, "create", "snapshot"},
    {"CREATE SNAPSHOT", What::kCreateSnapshot, "create", "tag"},
    {"DROP SNAPSHOT", What::kDropSnapshot, "drop", "snapshot"},
    {"DROP SNAPSHOT", What::kDropSnapshot, "drop", "tag"},
    {"CREATE WATERMARK", What::kCreateWatermark, "create", "watermark"},
    {"ADVANCE WATERMARK", What::kAdvanceWatermark, "advance", "watermark"},
    {"DROP WATERMARK", What::kDropWatermark, "drop", "watermark"},
    {"RESTORE TABLE", What::kRestoreTable, "restore", "table"},
    {"RESTORE DATABASE AS OF", What::kRestoreDatabase, "restore", "database", "as"},
    {"UNDROP TABLE", What::kUndropTable, "undrop", "table"},
    {"REVERT", What::kRevert, "revert", "commit"},
    {"BACKUP DATABASE", What::kBackUp, "backup", "database"},
    {"RESTORE DATABASE", What::kRestoreBackup, "restore", "database", "from"},
    {"BLAME", What::kQuery, "blame", ""},
    {"SHOW HISTORY", What::kQuery, "show", "snapshots"},
    {"SHOW HISTORY", What::kQuery, "show", "tags"},
    {"SHOW HISTORY", What::kQuery, "show", "watermarks"},
    {"SHOW HISTORY", What::kQuery, "show", "commits"},
    {"SHOW HISTORY", What::kQuery, "show", "log"},
});

const Beginning* beginning_at(const TokenCursor& cursor) {
    const size_t skipped = cursor.at_word("create") && cursor.at_word("or", 1) && cursor.at_word("replace", 2) ? 2 : 0;
    const auto found = std::ranges::find_if(kBeginnings, [&](const Beginning& one) {
        return cursor.at_word(one.first) &&
               (one.second.empty() ? cursor.at_name(1) : cursor.at_word(one.second, 1 + skipped)) &&
               (one.third.empty() || cursor.at_word(one.third, 2 + skipped));
    });
    return found == kBeginnings.end() ? nullptr : &*found;
}

const StatementForm& form_named(std::string_view name) {
    const auto forms = statement_forms();
    return *std::ranges::find(forms, name, &StatementForm::name);
}

// Reads the fields of a statement that fits its form.
class Fields {
   public:
    Fields(std::string_view text, const std::vector<Token>& tokens, const OwnStatement& statement)
        : text_(text), tokens_(tokens), statement_(statement) {}

    bool has_word(std::string_view word) const { return statement_.has_word(text_, word); }

    Result<std::optional<std::string>> point(std::string_view label) const {
        const auto span = statement_.field(label);
        if (!span) {
            return std::optional<std::string>();
        }
        TokenCursor cursor = cursor_at(*span);
        KODIAK_TRY_ASSIGN(std::string value, parse_point_value(cursor));
        if (!cursor.at_end() && cursor.peek().span.offset < span->end()) {
            return cursor.unexpected({"the end of the point"});
        }
        return std::optional(std::move(value));
    }

    // The commit that REVERT names: a number or a text.
    Result<std::optional<std::string>> commit(std::string_view label) const {
        KODIAK_TRY_ASSIGN(const std::optional<std::string> id, text(label));
        return id ? std::optional(quote_string("commit:" + *id)) : std::nullopt;
    }

    // A name, a string or a number as a text.
    Result<std::optional<std::string>> text(std::string_view label) const {
        const auto span = statement_.field(label);
        if (!span) {
            return std::optional<std::string>();
        }
        const TokenCursor cursor = cursor_at(*span);
        if (cursor.at_string()) {
            KODIAK_TRY_ASSIGN(std::string value, string_value(text_, cursor.peek()));
            return std::optional(std::move(value));
        }
        return std::optional(cursor.at_name() ? name_value(text_, cursor.peek())
                                              : std::string(cursor.text_of(cursor.peek())));
    }

    std::optional<std::string_view> raw(std::string_view label) const {
        const auto span = statement_.field(label);
        return span ? std::optional(span->in(text_)) : std::nullopt;
    }

    std::vector<std::vector<std::string>> tables() const {
        std::vector<std::vector<std::string>> tables;
        for (const StatementField& field : statement_.fields) {
            if (field.label == "table") {
                tables.push_back(parts_of(field.span));
            }
        }
        return tables;
    }

   private:
    TokenCursor cursor_at(Span span) const {
        TokenCursor cursor(text_, tokens_);
        const auto found = std::ranges::find_if(tokens_, [&](const Token& t) { return t.span.offset >= span.offset; });
        cursor.move_to(static_cast<size_t>(found - tokens_.begin()));
        return cursor;
    }

    std::vector<std::string> parts_of(Span span) const {
        std::vector<std::string> parts;
        TokenCursor cursor = cursor_at(span);
        do {
            parts.push_back(name_value(text_, cursor.peek()));
            cursor.advance();
        } while (cursor.accept_symbol('.'));
        return parts;
    }

    std::string_view text_;
    const std::vector<Token>& tokens_;
    const OwnStatement& statement_;
};

std::string quoted(const std::vector<std::string>& parts) {
    std::string name;
    for (const std::string& part : parts) {
        name += (name.empty() ? "" : ".") + quote_name(part);
    }
    return name;
}

// BLAME as a query; the condition is on the table's rows as they are now.
std::string blame_query(const Fields& fields) {
    const std::vector<std::string> table = fields.tables().at(0);
    const std::string name = quote_string(quoted(table));
    const std::optional<std::string_view> condition = fields.raw("condition");
    const std::string rows = condition ? " WHERE row_id IN (SELECT _row_id FROM kodiak_versions(" + name +
                                             ", \"from\" => 'commit:HEAD') AS " + quote_name(table.back()) +
                                             " WHERE _row_end IS NULL AND (" + std::string(*condition) + "))"
                                       : "";
    return "SELECT * FROM kodiak_blame(" + name + ")" + rows;
}

// SHOW as a query.
Result<std::string> show_query(std::string_view second, const Fields& fields) {
    std::string sql;
    std::string shown = "name";
    const auto tables = fields.tables();
    if (second == "snapshots" || second == "tags") {
        sql = "SELECT * FROM kodiak_snapshots()";
    } else if (second == "watermarks") {
        sql = "SELECT * FROM kodiak_watermarks()";
    } else {
        shown = "message";
        sql = "SELECT * FROM kodiak_commits()";
    }
    std::string condition;
    if (!tables.empty()) {
        if (shown == "name") {
            return make_error(ErrorCode::kSyntax, "only SHOW LOG and SHOW COMMITS take FOR a table");
        }
        condition = " WHERE seq IN (SELECT commit_seq FROM kodiak_changes(" + quote_string(quoted(tables[0])) + "))";
    }
    KODIAK_TRY_ASSIGN(const auto pattern, fields.text("pattern"));
    if (pattern) {
        condition += (condition.empty() ? " WHERE " : " AND ") + shown + " LIKE " + quote_string(*pattern);
    }
    sql += condition + (shown == "name" ? " ORDER BY name" : " ORDER BY seq DESC");
    KODIAK_TRY_ASSIGN(const auto limit, fields.text("limit"));
    return limit ? sql + " LIMIT " + *limit : sql;
}

}  // namespace

bool at_history_statement(const TokenCursor& cursor) { return beginning_at(cursor) != nullptr; }

Result<HistoryAction> parse_history_statement(std::string_view text) {
    KODIAK_TRY_ASSIGN(const std::vector<Token> tokens, tokenize(text));
    const Beginning& beginning = *beginning_at(TokenCursor(text, tokens));
    KODIAK_TRY_ASSIGN(const OwnStatement statement, match_form(form_named(beginning.form), text));
    const Fields fields(text, tokens, statement);
    HistoryAction action;
    action.what = beginning.what;
    const bool is_blame = beginning.form == "BLAME";
    action.command = beginning.what == What::kQuery && !is_blame ? "SHOW" : std::string(beginning.form);
    KODIAK_TRY_ASSIGN(const auto name, fields.text("name"));
    action.name = name.value_or("");
    action.tables = fields.tables();
    KODIAK_TRY_ASSIGN(action.point, fields.point(beginning.what == What::kAdvanceWatermark ? "to" : "at"));
    if (const auto written = fields.raw("at")) {
        action.point_text = std::string(*written);
    }
    if (beginning.what == What::kRevert) {
        KODIAK_TRY_ASSIGN(action.point, fields.commit("commit"));
        KODIAK_TRY_ASSIGN(action.last, fields.commit("to"));
    }
    KODIAK_TRY_ASSIGN(action.message, fields.text("message"));
    KODIAK_TRY_ASSIGN(const auto path, fields.text("path"));
    action.path = path.value_or("");
    if (beginning.what == What::kRestoreBackup) {
        KODIAK_TRY_ASSIGN(const auto to, fields.text("to"));
        action.to = to.value_or("");
    }
    action.incremental = fields.has_word("INCREMENTAL");
    action.or_replace = fields.has_word("REPLACE");
    action.if_exists = fields.has_word("EXISTS");
    action.force = fields.has_word("FORCE");
    if (beginning.what == What::kQuery) {
        KODIAK_TRY_ASSIGN(action.query, is_blame ? Result<std::string>(blame_query(fields))
                                                 : show_query(beginning.second, fields));
    }
    return action;
}

}  // namespace kodiak::language
