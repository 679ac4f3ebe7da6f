#include "engine/code/code_executor.hpp"

#include "duckdb/main/materialized_query_result.hpp"
#include "duckdb/main/pending_query_result.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/insert_statement.hpp"

#include "engine/code/code_values.hpp"
#include "engine/code/table_shapes.hpp"
#include "engine/connection/noted_statement.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"
#include "language/key_statement.hpp"
#include "language/lexer/words.hpp"
#include "language/rewrite.hpp"
#include "language/statement.hpp"
#include "language/upsert.hpp"

namespace kodiak::engine {

using language::CodeType;
using language::NameMeaning;
using language::Value;

namespace {

constexpr size_t kStatementsKept = 64;

Error not_here(const char* what) {
    return language::coded_error("2D000", std::string(what) + " cannot be used here")
        .with_hint("It needs a procedure or DO block that was started outside of a transaction.");
}

// The place of an error in SQL of code is where that SQL stands in the code, which the interpreter knows.
Error without_place(Error error) {
    error.position = {};
    error.line_text.clear();
    return error;
}

class MaterializedRows : public language::SqlRows {
   public:
    // `hides_rows`: the rows are only counted.
    MaterializedRows(std::unique_ptr<duckdb::QueryResult> result, language::Meter meter, bool hides_rows)
        : result_(std::move(result)), meter_(std::move(meter)) {
        auto shape = std::make_shared<catalog::Type>();
        shape->kind = catalog::TypeKind::kStruct;
        if (result_->properties.return_type == duckdb::StatementReturnType::QUERY_RESULT) {
            for (size_t i = 0; i < result_->names.size(); ++i) {
                shape->children.push_back({result_->names[i], to_catalog_type(result_->types[i])});
                bridges_.emplace_back(shape->children.back().type);
            }
            count_ = static_cast<int64_t>(result_->Cast<duckdb::MaterializedQueryResult>().RowCount());
            if (hides_rows) {
                shape->children.clear();
                bridges_.clear();
                done_ = true;
            }
        } else {
            done_ = true;
            if (result_->properties.return_type == duckdb::StatementReturnType::CHANGED_ROWS) {
                const auto chunk = result_->Fetch();
                count_ = chunk && chunk->size() > 0 ? chunk->GetValue(0, 0).GetValue<int64_t>() : 0;
            }
        }
        shape_ = std::move(shape);
    }

    const std::shared_ptr<const catalog::Type>& shape() const override { return shape_; }
    int64_t row_count() const override { return count_; }

    Result<bool> next(std::vector<Value>& row) override {
        try {
            if (chunk_ == nullptr || at_ == chunk_->size()) {
                chunk_ = done_ ? nullptr : result_->Fetch();
                at_ = 0;
                if (chunk_ == nullptr || chunk_->size() == 0) {
                    chunk_ = nullptr;
                    done_ = true;
                    return false;
                }
                formats_.resize(chunk_->ColumnCount());
                for (size_t c = 0; c < formats_.size(); ++c) {
                    chunk_->data[c].ToUnifiedFormat(chunk_->size(), formats_[c]);
                }
            }
            row.resize(bridges_.size());
            for (size_t c = 0; c < bridges_.size(); ++c) {
                row[c] = bridges_[c].read(formats_[c], at_, chunk_->data[c], meter_);
            }
            ++at_;
            return true;
        } catch (const std::exception& exception) {
            return without_place(from_exception(exception));
        }
    }

   private:
    std::unique_ptr<duckdb::QueryResult> result_;
    language::Meter meter_;
    std::shared_ptr<const catalog::Type> shape_;
    std::vector<ValueBridge> bridges_;
    duckdb::unique_ptr<duckdb::DataChunk> chunk_;
    std::vector<duckdb::UnifiedVectorFormat> formats_;
    size_t at_ = 0;
    int64_t count_ = 0;
    bool done_ = false;
};

// What a statement without rows did.
class ChangedRows : public language::SqlRows {
   public:
    explicit ChangedRows(uint64_t count) : count_(static_cast<int64_t>(count)) {
        auto shape = std::make_shared<catalog::Type>();
        shape->kind = catalog::TypeKind::kStruct;
        shape_ = std::move(shape);
    }
    const std::shared_ptr<const catalog::Type>& shape() const override { return shape_; }
    Result<bool> next(std::vector<Value>&) override { return false; }
    int64_t row_count() const override { return count_; }

   private:
    std::shared_ptr<const catalog::Type> shape_;
    int64_t count_;
};

// A value as the router takes it; nullopt for types that go the general way.
std::optional<Parameter> router_parameter(const Value& value, const CodeType& type) {
    if (type.form != language::TypeForm::kValue) {
        return std::nullopt;
    }
    if (value.is_null()) {
        return Parameter();
    }
    if (language::is_small_integer(type)) {
        return Parameter(value.integer());
    }
    switch (type.type.kind) {
        case catalog::TypeKind::kBoolean:
            return Parameter(value.is_true());
        case catalog::TypeKind::kDouble:
            return Parameter(value.real());
        case catalog::TypeKind::kVarchar:
            return Parameter(value.text());
        default:
            return std::nullopt;
    }
}

bool changes_rows_in_place(const duckdb::SQLStatement& statement) {
    switch (statement.type) {
        case duckdb::StatementType::UPDATE_STATEMENT:
        case duckdb::StatementType::DELETE_STATEMENT:
        case duckdb::StatementType::MERGE_INTO_STATEMENT:
            return true;
        case duckdb::StatementType::INSERT_STATEMENT:
            return statement.Cast<duckdb::InsertStatement>().on_conflict_info != nullptr;
        default:
            return false;
    }
}

bool is_dml(const duckdb::SQLStatement& statement) {
    return statement.type == duckdb::StatementType::INSERT_STATEMENT || changes_rows_in_place(statement);
}

}  // namespace

Status SqlLane::commit(const std::optional<std::string>&) { return not_here("COMMIT"); }
Status SqlLane::rollback() { return not_here("ROLLBACK"); }

duckdb::ClientContext& NestedLane::take() {
    CodeContext& code = CodeContext::of(outer_);
    code.mutex().lock();
    try {
        return code.nested(outer_);
    } catch (...) {
        code.mutex().unlock();
        throw;
    }
}

WritingRows::WritingRows(CodeSession& session, const duckdb::SQLStatement& statement)
    : WritingRows(session, changes_rows_in_place(statement)) {}

CodeExecutor::~CodeExecutor() {
    marks_.clear();
    let_go();
}

void CodeExecutor::let_go() {
    if (held_ != nullptr && (marks_.empty() || !marks_.front().marks)) {
        lane_.give_back();
        held_ = nullptr;
    }
}

// Reads one statement as the front end of a session would.
Result<CodeExecutor::Statement> CodeExecutor::parse(duckdb::ClientContext& context, std::string_view text) {
    KODIAK_TRY_ASSIGN(const auto own, language::parse_statement(text));
    const language::StatementKind kind = language::kind_of(own);
    Statement statement;
    statement.text = text;
    statement.key = language::parse_key_statement(text);
    std::string sql(text);
    if (kind == language::StatementKind::kUpsert) {
        TableShapes shapes(context);
        const auto& upsert = std::get<language::UpsertStatement>(own);
        KODIAK_TRY_ASSIGN(auto rewritten, language::rewrite_upsert(text, upsert, shapes));
        sql = std::move(rewritten.sql);
        statement.upsert = rewritten.returns_merge_action;
    } else if (kind == language::StatementKind::kPlain) {
        KODIAK_TRY_ASSIGN(auto rewritten, language::rewrite_plain(text));
        sql = rewritten.changed ? std::move(rewritten.text) : sql;
        statement.notes = std::move(rewritten.notes);
    } else {
        return not_here("this statement");
    }
    try {
        duckdb::Parser parser(context.GetParserOptions());
        parser.ParseQuery(sql);
        if (parser.statements.size() != 1) {
            return make_error(ErrorCode::kSyntax, parser.statements.empty() ? "there is no statement in this text"
                                                                            : "one statement is expected here");
        }
        statement.parsed = std::move(parser.statements[0]);
    } catch (const std::exception& exception) {
        return without_place(from_exception(exception));
    }
    if (statement.parsed->type == duckdb::StatementType::TRANSACTION_STATEMENT) {
        return not_here("this statement");
    }
    return statement;
}

Result<const CodeExecutor::Statement*> CodeExecutor::statement(duckdb::ClientContext& context, std::string_view text) {
    const auto known = statements_.find(std::string(text));
    if (known != statements_.end()) {
        return &known->second;
    }
    KODIAK_TRY_ASSIGN(Statement parsed, parse(context, text));
    if (statements_.size() >= kStatementsKept) {
        statements_.clear();
    }
    return &statements_.emplace(std::string(text), std::move(parsed)).first->second;
}

Result<std::optional<KeyRun>> CodeExecutor::run_by_key(duckdb::ClientContext& context, const Statement& statement,
                                                       const std::vector<Value>& parameters,
                                                       const std::vector<CodeType>& types) {
    std::optional<KeyRun> none;
    if (!statement.key || session_.core() == nullptr || transactions_.as_of()) {
        return none;
    }
    std::vector<Parameter> given;
    for (size_t i = 0; i < parameters.size(); ++i) {
        auto parameter = router_parameter(parameters[i], types[i]);
        if (!parameter) {
            return none;
        }
        given.push_back(std::move(*parameter));
    }
    KODIAK_TRY_ASSIGN(storage::Transaction * transaction, transactions_.transaction_on(*session_.core()));
    KeyPlan* plan = nullptr;
    try {
        plan = router_.plan_for(context, *statement.key, *transaction, *session_.core());
    } catch (const std::exception&) {
        plan = nullptr;  // the general path finds the same error, and words it
    }
    if (plan == nullptr || (plan->writes() && transaction->read_only()) || !plan->bind(*statement.key, given)) {
        return none;
    }
    if (plan->writes() && !lane_.is_nested()) {
        // DuckDB refuses a transaction that writes two databases: it must know of this one.
        auto& database = plan->entry().ParentCatalog().GetAttached();
        context.ActiveTransaction().ModifyDatabase(database, duckdb::DatabaseModificationType());
    }
    KODIAK_TRY_ASSIGN(KeyRun run, plan->run(context, *transaction));
    return std::optional(std::move(run));
}

Result<std::unique_ptr<duckdb::QueryResult>> CodeExecutor::execute(duckdb::ClientContext& context,
                                                                   const Statement& statement,
                                                                   const std::vector<Value>& parameters,
                                                                   const std::vector<CodeType>& types) {
    if (statement.parsed->type != duckdb::StatementType::SELECT_STATEMENT && !is_dml(*statement.parsed)) {
        router_.forget_names();
    }
    const catalog::StatementNotes outer_notes = transactions_.notes();
    transactions_.set_notes(statement.notes);
    std::optional<Error> failure;
    std::unique_ptr<duckdb::QueryResult> result;
    try {
        const WritingRows writing(session_, *statement.parsed);
        const NotedText noted(session_, statement.text);
        duckdb::case_insensitive_map_t<duckdb::BoundParameterData> values;
        for (size_t i = 0; i < parameters.size(); ++i) {
            const catalog::Type& type = types[i].type;
            values.emplace(std::to_string(i + 1),
                           duckdb::BoundParameterData(ValueBridge(type).to_duckdb(parameters[i])));
        }
        auto copy = statement.parsed->Copy();
        apply_notes(context, copy, statement.notes);
        auto pending =
            context.PendingQuery(std::move(copy), values, duckdb::QueryResultOutputType::FORCE_MATERIALIZED);
        if (pending->HasError()) {
            failure = from_duckdb(pending->GetErrorObject());
        } else {
            result = pending->Execute();
            if (result->HasError()) {
                failure = from_duckdb(result->GetErrorObject());
            }
        }
    } catch (const std::exception& exception) {
        failure = from_exception(exception);
    }
    transactions_.set_notes(outer_notes);
    if (failure) {
        return without_place(language::recover_raised_error(std::move(*failure)));
    }
    return result;
}

Result<std::unique_ptr<language::SqlRows>> CodeExecutor::run(std::string_view text,
                                                             const std::vector<Value>& parameters,
                                                             const std::vector<CodeType>& types,
                                                             const language::Meter& meter) {
    try {
        Hold hold(*this);
        KODIAK_TRY_ASSIGN(const Statement* statement, this->statement(hold.context(), text));
        const bool reads = statement->parsed->type == duckdb::StatementType::SELECT_STATEMENT;
        if (session_.core() != nullptr) {
            KODIAK_TRY(transactions_.transaction_on(*session_.core()));  // begun before the marks
        }
        for (HandlerMark& one : marks_) {
            if (!one.marks) {
                one.marks = transactions_.mark();
            }
            one.wrote = one.wrote || !reads;
        }
        const SessionState::Marks start = transactions_.mark();
        std::unique_ptr<language::SqlRows> rows;
        const Status done = [&]() -> Status {
            KODIAK_TRY_ASSIGN(auto by_key, run_by_key(hold.context(), *statement, parameters, types));
            if (by_key && by_key->rows == nullptr) {
                rows = std::make_unique<ChangedRows>(by_key->changed);
            } else if (by_key) {
                rows = std::make_unique<MaterializedRows>(std::move(by_key->rows), meter, false);
            } else {
                KODIAK_TRY_ASSIGN(auto result, execute(hold.context(), *statement, parameters, types));
                rows = std::make_unique<MaterializedRows>(std::move(result), meter, statement->upsert);
            }
            return defers_keys() ? ok_status() : transactions_.finish_statement();
        }();
        if (!done.ok()) {
            transactions_.undo_to(start);
            KODIAK_TRY(lane_.recover());
            return done.error();
        }
        transactions_.release(start);
        return rows;
    } catch (const std::exception& exception) {
        return without_place(from_exception(exception));
    }
}

Result<uint64_t> CodeExecutor::mark() {
    marks_.emplace_back();
    return marks_.size() - 1;
}

Status CodeExecutor::undo_to(uint64_t mark) {
    const HandlerMark& one = marks_.at(mark);
    if (!one.wrote) {
        return ok_status();
    }
    if (defers_keys()) {
        return make_error(ErrorCode::kUnsupported,
                          "a handler cannot undo changes inside of a statement that updates or deletes rows")
            .with_hint("Change tables in a procedure, or behind the statement.");
    }
    transactions_.undo_to(*one.marks);
    return ok_status();
}

Status CodeExecutor::release(uint64_t mark) {
    if (marks_.at(mark).marks) {
        transactions_.release(*marks_[mark].marks);
    }
    marks_.resize(mark);
    let_go();
    return ok_status();
}

Status CodeExecutor::commit(const std::optional<std::string>& message) { return lane_.commit(message); }
Status CodeExecutor::rollback() { return lane_.rollback(); }

Result<catalog::Type> CodeExecutor::find_type(const std::vector<std::string>& name) {
    std::string quoted;
    for (const std::string& part : name) {
        quoted += (quoted.empty() ? "" : ".") + language::quote_name(part);
    }
    try {
        Hold hold(*this);
        return to_catalog_type(hold.context().ParseLogicalType(quoted));
    } catch (const std::exception& exception) {
        KODIAK_TRY(lane_.recover());
        return without_place(from_exception(exception));
    }
}

Result<std::vector<catalog::NamedType>> CodeExecutor::table_columns(const std::vector<std::string>& name) {
    std::string quoted;
    for (const std::string& part : name) {
        quoted += (quoted.empty() ? "" : ".") + language::quote_name(part);
    }
    KODIAK_TRY_ASSIGN(const Bound bound, bind("SELECT * FROM " + quoted, {}));
    std::vector<catalog::NamedType> columns;
    for (size_t i = 0; i < bound.names.size(); ++i) {
        columns.push_back({bound.names[i], to_catalog_type(bound.types[i])});
    }
    return columns;
}

}  // namespace kodiak::engine
