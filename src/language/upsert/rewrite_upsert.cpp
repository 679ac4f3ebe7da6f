#include <functional>

#include "language/diagnostics.hpp"
#include "language/lexer/lexer.hpp"
#include "language/lexer/words.hpp"
#include "language/rewrite/clause_rewriter.hpp"
#include "language/upsert/upsert_plan.hpp"
#include "language/upsert/values_rows.hpp"

namespace kodiak::language {
namespace {

// Marks errors that our SQL raises through error(); recover_raised_error() looks for it.
constexpr std::string_view kRaisedTag = "[kodiak 21000] ";
constexpr std::string_view kKeyTwice = " occurs more than once in the input";
constexpr std::string_view kKeyFitsSeveral = " fits several rows of the table";
// The rows that come in, inside of the source; the table seen from there.
constexpr std::string_view kInput = "kodiak_input";
constexpr std::string_view kExisting = "kodiak_existing";

using Columns = std::vector<const ShapeColumn*>;

// Joins what `one` makes of each column.
std::string join(const Columns& columns, std::string_view separator,
                 const std::function<std::string(const ShapeColumn&)>& one) {
    std::string joined;
    for (const ShapeColumn* column : columns) {
        joined += (joined.empty() ? "" : std::string(separator)) + one(*column);
    }
    return joined;
}

std::string name_of(const ShapeColumn& column) { return quote_name(column.name); }

std::string cast(const std::string& value, const ShapeColumn& column) {
    return column.type_sql.empty() ? value : "CAST(" + value + " AS " + column.type_sql + ")";
}

std::string default_of(const ShapeColumn& column) {
    return cast(column.default_sql.empty() ? "NULL" : "(" + column.default_sql + ")", column);
}

class UpsertWriter {
   public:
    UpsertWriter(std::string_view text, const UpsertStatement& statement, const UpsertPlan& plan)
        : text_(text), statement_(statement), plan_(plan), rewriter_(text) {
        const std::string& table = statement.target.back().name;
        source_name_ = same_name(table, "kodiak_upsert") ? "kodiak_upsert_rows" : "kodiak_upsert";
        table_name_ = quote_name(table);
        target_ = Span::from_to(statement.target.front().span, statement.target.back().span);
    }

    Result<UpsertRewrite> run() {
        const bool prepare = statement_.prefix == UpsertPrefix::kPrepare;
        KODIAK_TRY_ASSIGN(tokens_, tokenize(text_));
        rewriter_.replace(statement_.verb, prepare ? "INSERT INTO" : "MERGE INTO");
        const Span head{target_.end(), statement_.source.offset - target_.end()};
        rewriter_.replace(head, prepare ? " (" + join(plan_.given, ", ", name_of) + ") " + source_head()
                                        : " USING (" + source_head());
        KODIAK_TRY(write_source());

        UpsertRewrite result;
        result.returns_merge_action = statement_.prefix == UpsertPrefix::kNone && !statement_.returning;
        std::string tail = source_tail() + (prepare ? on_conflict_tail() : merge_tail());
        tail += result.returns_merge_action ? " RETURNING merge_action" : "";
        rewriter_.insert(statement_.source.end(), std::move(tail));
        if (statement_.returning) {
            KODIAK_TRY(rewrite_clauses(text_, tokens_, *statement_.returning, rewriter_));
        }
        RewrittenText rewritten = std::move(rewriter_).finish();
        result.sql = std::move(rewritten.text);
        result.source_map = std::move(rewritten.source_map);
        return result;
    }

   private:
    // SELECT * FROM (SELECT <cast columns> FROM (
    std::string source_head() const {
        const std::string columns = join(plan_.given, ", ", [&](const ShapeColumn& column) {
            return cast(name_of(column), column) + " AS " + name_of(column);
        });
        return "SELECT * FROM (SELECT " + columns + " FROM (";
    }

    Status write_source() {
        const Span source = statement_.source;
        if (statement_.source_kind == UpsertSource::kDefaultValues) {
            one_row_ = true;
            rewriter_.replace(source, "VALUES (" + join(plan_.given, ", ", default_of) + ")");
            return ok_status();
        }
        KODIAK_TRY(rewrite_clauses(text_, tokens_, source, rewriter_));
        if (statement_.source_kind == UpsertSource::kValues) {
            if (const auto rows = read_values_rows(text_, tokens_, source)) {
                return write_values(*rows);
            }
        }
        // A query with fewer or more columns than given would be cut or filled silently; a set operation refuses it.
        const std::string nulls = join(plan_.given, ", ", [](const ShapeColumn&) { return std::string("NULL"); });
        rewriter_.insert(source.offset, "SELECT " + nulls + " WHERE false UNION ALL (");
        rewriter_.insert(source.end(), ")");
        return ok_status();
    }

    // Values are cast one by one: a column of VALUES has one type, but INSERT takes 1 and 'one' for a text column.
    Status write_values(const std::vector<ValuesRow>& rows) {
        one_row_ = rows.size() == 1;
        for (const ValuesRow& row : rows) {
            if (row.values.size() != plan_.given.size()) {
                return make_error_at(ErrorCode::kSyntax,
                                     "the row has " + std::to_string(row.values.size()) + " values for " +
                                         std::to_string(plan_.given.size()) + " columns",
                                     text_, row.row);
            }
            for (size_t i = 0; i < row.values.size(); ++i) {
                write_value(row.values[i], *plan_.given[i]);
            }
        }
        return ok_status();
    }

    void write_value(Span value, const ShapeColumn& column) {
        if (same_word(value.in(text_), "default")) {
            rewriter_.replace(value, default_of(column));
        } else if (!column.type_sql.empty()) {
            rewriter_.insert(value.offset, "CAST(");
            rewriter_.insert(value.end(), " AS " + column.type_sql + ")");
        }
    }

    // error(...) with the tag, the key and what is wrong with it.
    std::string raise(std::string_view what) const {
        const std::string names = join(plan_.key, ", ", [](const ShapeColumn& column) { return column.name; });
        const std::string values = join(plan_.key, " || ', ' || ", [](const ShapeColumn& column) {
            return "CAST(" + std::string(kInput) + "." + name_of(column) + " AS VARCHAR)";
        });
        return "error(" + quote_string(std::string(kRaisedTag) + "key (" + names + ") = (") + " || " + values + " || " +
               quote_string(")" + std::string(what)) + ")";
    }

    std::string key_is_not_null() const {
        return join(plan_.key, " AND ", [](const ShapeColumn& column) {
            return std::string(kInput) + "." + name_of(column) + " IS NOT NULL";
        });
    }

    // ) AS input(columns)) AS input <guards>
    std::string source_tail() const {
        const std::string input(kInput);
        std::string tail = ") AS " + input + "(" + join(plan_.given, ", ", name_of) + ")) AS " + input;
        if (!plan_.key_finds_one_row) {
            const std::string same_key = join(plan_.key, " AND ", [&](const ShapeColumn& column) {
                return std::string(kExisting) + "." + name_of(column) + " = " + input + "." + name_of(column);
            });
            tail += " WHERE CASE WHEN (SELECT count(*) FROM " + std::string(target_.in(text_)) + " AS " +
                    std::string(kExisting) + " WHERE " + same_key + ") > 1 THEN " + raise(kKeyFitsSeveral) +
                    " ELSE true END";
        }
        if (!one_row_) {
            const std::string key =
                join(plan_.key, ", ", [&](const ShapeColumn& column) { return input + "." + name_of(column); });
            tail += " QUALIFY CASE WHEN row_number() OVER (PARTITION BY " + key + ") > 1 AND " + key_is_not_null() +
                    " THEN " + raise(kKeyTwice) + " ELSE true END";
        }
        return tail;
    }

    // The assignments of all given columns that are no key columns; `from` names the new row. Empty: nothing to
    // update.
    std::string assignments(const std::string& from) const {
        Columns updated;
        for (const ShapeColumn* column : plan_.given) {
            if (!plan_.is_key(column)) {
                updated.push_back(column);
            }
        }
        return join(updated, ", ",
                    [&](const ShapeColumn& column) { return name_of(column) + " = " + from + "." + name_of(column); });
    }

    std::string merge_tail() const {
        const auto from_source = [&](const ShapeColumn& column) { return source_name_ + "." + name_of(column); };
        const std::string on = join(plan_.key, " AND ", [&](const ShapeColumn& column) {
            return table_name_ + "." + name_of(column) + " = " + from_source(column);
        });
        const std::string set = assignments(source_name_);
        return ") AS " + source_name_ + " ON " + on + " WHEN MATCHED THEN " +
               (set.empty() ? "DO NOTHING" : "UPDATE SET " + set) + " WHEN NOT MATCHED THEN INSERT (" +
               join(plan_.given, ", ", name_of) + ") VALUES (" + join(plan_.given, ", ", from_source) + ")";
    }

    std::string on_conflict_tail() const {
        const std::string set = assignments("excluded");
        return " ON CONFLICT (" + join(plan_.key, ", ", name_of) + ") DO " +
               (set.empty() ? "NOTHING" : "UPDATE SET " + set);
    }

    std::string_view text_;
    const UpsertStatement& statement_;
    const UpsertPlan& plan_;
    Rewriter rewriter_;
    std::vector<Token> tokens_;
    std::string source_name_;
    std::string table_name_;
    Span target_;
    bool one_row_ = false;
};

}  // namespace

Result<UpsertRewrite> rewrite_upsert(std::string_view text, const UpsertStatement& statement, CatalogLookup& catalog) {
    KODIAK_TRY_ASSIGN(const UpsertPlan plan, plan_upsert(text, statement, catalog));
    return UpsertWriter(text, statement, plan).run();
}

Error recover_raised_error(Error error) {
    const size_t tag = error.message.find(kRaisedTag);
    if (tag == std::string::npos) {
        return error;
    }
    // The engine may append the line of the SQL that it ran, which is not the user's.
    std::string message = error.message.substr(tag + kRaisedTag.size());
    message.resize(std::min(message.size(), message.find("\n\nLINE ")));
    error.code = ErrorCode::kCardinalityViolation;
    error.hint = message.find(kKeyTwice) != std::string::npos ? "Give each key once, e.g. by DISTINCT ON or GROUP BY."
                                                              : "Choose a KEY that finds one row at most.";
    error.message = std::move(message);
    return error;
}

}  // namespace kodiak::language
