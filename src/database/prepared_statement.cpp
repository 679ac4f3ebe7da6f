#include "database/prepared_statement.hpp"

#include <type_traits>

#include "database/answer_rows.hpp"
#include "database/original_place.hpp"
#include "database/script_session.hpp"
#include "database/table_lookup.hpp"
#include "engine/prepared.hpp"
#include "language/code.hpp"
#include "language/key_statement.hpp"

namespace kodiak::database {
namespace {

using Kind = catalog::KeyStatement::Kind;
static_assert(std::is_same_v<Value, engine::Parameter>);

// Keeps an answer's rows as text.
class KeptRows final : public ResultSink {
   public:
    Status begin(const std::vector<ResultColumn>& names) override {
        columns = names;
        return {};
    }
    Status rows(const RowBatch& batch) override {
        for (size_t row = 0; row < batch.row_count(); ++row) {
            for (size_t c = 0; c < columns.size(); ++c) {
                cells.push_back(batch.is_null(row, c) ? std::nullopt : std::optional<std::string>(batch.text(row, c)));
            }
        }
        return {};
    }
    Status end(const Answer& answer) override {
        changed = answer.changed;
        return {};
    }
    std::vector<ResultColumn> columns;
    std::vector<std::optional<std::string>> cells;  // row by row
    uint64_t changed = 0;
};

// A statement that the engine does not plan. Its rows, if it has any, are few: kept, and all text.
class TextStatement final : public Prepared {
   public:
    TextStatement(ScriptSession& session, std::string_view text) : session_(session), text_(text) {}

    Status execute() override {
        answer_ = KeptRows();
        at_ = 0;
        KODIAK_TRY(session_.execute_script(text_, answer_));
        for (ResultColumn& column : answer_.columns) {
            column.type = "VARCHAR";
        }
        row_values_.resize(answer_.columns.size());
        return {};
    }
    Result<bool> next() override {
        row_ = row_values_.data();
        if (at_ >= answer_.cells.size()) {
            return false;
        }
        for (storage::TypedValue& value : row_values_) {
            const std::optional<std::string>& cell = answer_.cells[at_++];
            value.is_null = !cell.has_value();
            value.set_text(StringRef(cell ? std::string_view(*cell) : std::string_view()));
        }
        return true;
    }
    const std::vector<ResultColumn>& columns() const override { return answer_.columns; }
    uint64_t changed() const override { return answer_.changed; }

   private:
    ScriptSession& session_;
    const std::string text_;
    KeptRows answer_;
    size_t at_ = 0;  // the next cell
    std::vector<storage::TypedValue> row_values_;
};

// SQL with a plan of the engine, and a way past it for statements by key.
class PlannedStatement final : public Prepared {
   public:
    PlannedStatement(ScriptSession& session, engine::Connection& connection, std::string_view text)
        : session_(session), connection_(connection), text_(text) {}

    // Plans `sql`, which was made of the text.
    Status plan(std::string sql, language::SourceMap map, bool counts_rows) {
        sql_ = std::move(sql);
        map_ = std::move(map);
        counts_rows_ = counts_rows;
        auto query = connection_.prepare(sql_);
        if (!query.ok()) {
            return placed(query.error());
        }
        query_ = std::move(query).value();
        values_.resize(query_->parameters());
        return {};
    }
    // Lets the router try first.
    void route(catalog::KeyStatement statement) {
        if (statement.parameters != values_.size()) {
            return;
        }
        if (statement.kind == Kind::kSelect && !statement.range) {
            lookup_ = std::make_unique<engine::KeyLookup>(std::move(statement));
        } else {
            key_ = std::move(statement);
        }
    }

    Status execute() override;
    Result<bool> next() override;
    const std::vector<ResultColumn>& columns() const override {
        if (!columns_known_) {
            columns_ = result_columns(looked_up_ ? lookup_->columns() : result_->columns());
            columns_known_ = true;
        }
        return columns_;
    }
    uint64_t changed() const override { return changed_; }

   private:
    Error placed(Error error) const {
        return map_.is_identity() ? error : place_in_original(std::move(error), sql_, text_, map_);
    }
    Status run_plan();
    Status take_result(std::unique_ptr<engine::QueryResult> result);

    ScriptSession& session_;
    engine::Connection& connection_;
    const std::string text_;
    std::string sql_;
    language::SourceMap map_;
    bool counts_rows_ = false;  // the plan answers a row for each row it changed
    std::unique_ptr<engine::PreparedQuery> query_;
    std::unique_ptr<engine::KeyLookup> lookup_;
    std::optional<catalog::KeyStatement> key_;

    // --- of the last run
    bool looked_up_ = false;    // lookup_ answered it
    bool has_row_ = false;      // and its row was not given yet
    std::unique_ptr<engine::QueryResult> result_;
    engine::TypedChunk chunk_;
    size_t chunk_row_ = 0;
    std::vector<storage::TypedValue> row_values_;
    uint64_t changed_ = 0;
    mutable bool columns_known_ = false;
    uint64_t columns_version_ = 0;  // of lookup_'s columns
    mutable std::vector<ResultColumn> columns_;
};

Status PlannedStatement::execute() {
    KODIAK_TRY(session_.before_prepared());
    row_ = nullptr;
    if (lookup_ != nullptr) {
        KODIAK_TRY_ASSIGN(const auto outcome, connection_.look_up(*lookup_, values_));
        if (outcome != engine::LookupOutcome::kGeneralPath) {
            columns_known_ = columns_known_ && looked_up_ && columns_version_ == lookup_->version();
            columns_version_ = lookup_->version();
            looked_up_ = true;
            has_row_ = outcome == engine::LookupOutcome::kRow;
            return {};
        }
    }
    looked_up_ = false;
    columns_known_ = false;
    changed_ = 0;
    if (key_) {
        KODIAK_TRY_ASSIGN(auto answer, connection_.execute_by_key(*key_, values_));
        if (answer) {
            return take_result(std::move(answer->result));
        }
    }
    return run_plan();
}

Status PlannedStatement::run_plan() {
    result_.reset();
    auto result = connection_.execute(*query_, values_);
    return result.ok() ? take_result(std::move(result).value()) : Status(placed(result.error()));
}

Status PlannedStatement::take_result(std::unique_ptr<engine::QueryResult> result) {
    result_ = std::move(result);
    chunk_row_ = 0;
    row_values_.resize(result_->columns().size());
    if (result_->kind() == engine::ResultKind::kChangedRows) {
        changed_ = result_->changed_rows();
    }
    for (bool more = counts_rows_ && result_->kind() == engine::ResultKind::kRows; more;) {
        KODIAK_TRY_ASSIGN(more, result_->next(chunk_));
        changed_ += chunk_.rows();
    }
    return {};
}

Result<bool> PlannedStatement::next() {
    if (looked_up_) {
        row_ = has_row_ ? lookup_->row() : nullptr;
        return std::exchange(has_row_, false);
    }
    if (result_ == nullptr || counts_rows_) {
        return false;
    }
    if (chunk_row_ >= chunk_.rows() || row_ == nullptr) {
        auto more = result_->next(chunk_);
        if (!more.ok()) {
            return placed(more.error());
        }
        chunk_row_ = 0;
        if (!*more) {
            row_ = nullptr;
            return false;
        }
    }
    chunk_.read(chunk_row_++, row_values_.data());
    row_ = row_values_.data();
    return true;
}

}  // namespace

Status Prepared::bind(size_t number, Value value) {
    if (number == 0 || number > values_.size()) {
        return make_error(ErrorCode::kInvalidValue, "there is no parameter " + std::to_string(number))
            .with_hint("The statement has " + std::to_string(values_.size()) + ", counted from 1.");
    }
    values_[number - 1] = std::move(value);
    return {};
}

Result<std::unique_ptr<Prepared>> prepare_statement(ScriptSession& session, engine::Connection& connection,
                                                    std::string_view text) {
    const auto statements = language::split_script(text);
    if (statements.size() != 1) {
        return make_error(ErrorCode::kSyntax, "one statement can be prepared at a time");
    }
    KODIAK_TRY_ASSIGN(const auto parsed, language::parse_statement(text));
    auto planned = std::make_unique<PlannedStatement>(session, connection, text);
    if (const auto* upsert = std::get_if<language::UpsertStatement>(&parsed)) {
        TableLookup lookup(connection, *upsert);
        KODIAK_TRY_ASSIGN(auto rewrite, language::rewrite_upsert(text, *upsert, lookup));
        KODIAK_TRY(planned->plan(std::move(rewrite.sql), std::move(rewrite.source_map), rewrite.returns_merge_action));
    } else if (language::kind_of(parsed) == language::StatementKind::kPlain && !language::may_be_about_code(text)) {
        KODIAK_TRY_ASSIGN(auto rewritten, language::rewrite_plain(text));
        if (rewritten.notes.kind != catalog::StatementNotes::Kind::kNone) {
            return std::unique_ptr<Prepared>(std::make_unique<TextStatement>(session, text));
        }
        KODIAK_TRY(planned->plan(rewritten.changed ? std::move(rewritten.text) : std::string(text),
                                 std::move(rewritten.source_map), false));
    } else {
        return std::unique_ptr<Prepared>(std::make_unique<TextStatement>(session, text));
    }
    if (auto by_key = language::parse_key_statement(text)) {
        planned->route(std::move(*by_key));
    }
    return std::unique_ptr<Prepared>(std::move(planned));
}

}  // namespace kodiak::database
