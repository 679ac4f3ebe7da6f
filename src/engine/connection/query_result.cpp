#include "engine/connection/query_result.hpp"

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/main/materialized_query_result.hpp"

#include "engine/errors/errors.hpp"

namespace kodiak::engine {

namespace {

using duckdb::LogicalTypeId;

ColumnClass class_of(const duckdb::LogicalType& type) {
    if (type.IsJSONType()) {
        return ColumnClass::kJson;
    }
    if (type.IsIntegral()) {
        return ColumnClass::kInteger;
    }
    switch (type.id()) {
        case LogicalTypeId::BIGNUM:
            return ColumnClass::kInteger;
        case LogicalTypeId::FLOAT:
        case LogicalTypeId::DOUBLE:
            return ColumnClass::kFloat;
        case LogicalTypeId::DECIMAL:
            return ColumnClass::kDecimal;
        case LogicalTypeId::BOOLEAN:
            return ColumnClass::kBoolean;
        case LogicalTypeId::VARCHAR:
        case LogicalTypeId::ENUM:
            return ColumnClass::kText;
        case LogicalTypeId::LIST:
        case LogicalTypeId::STRUCT:
        case LogicalTypeId::MAP:
        case LogicalTypeId::ARRAY:
        case LogicalTypeId::UNION:
        case LogicalTypeId::VARIANT:
            return ColumnClass::kNested;
        case LogicalTypeId::BLOB:
            return ColumnClass::kBlob;
        default:
            return ColumnClass::kOther;
    }
}

}  // namespace

ResultColumnInfo column_info(const std::string& name, const duckdb::LogicalType& type) {
    return {name, type.ToString(), class_of(type)};
}

Result<std::unique_ptr<QueryResult>> make_query_result(Session& session,
                                                       std::unique_ptr<duckdb::QueryResult> result) {
    auto state = std::make_unique<QueryResult::State>(session);
    state->result = std::move(result);
    if (state->result == nullptr) {
        state->done = true;
        return std::make_unique<QueryResult>(std::move(state));
    }
    auto& rows = *state->result;
    auto kind = rows.properties.return_type;
    // DuckDB calls CREATE TABLE AS a statement without result, but answers with the count.
    if (rows.statement_type == duckdb::StatementType::CREATE_STATEMENT && rows.names.size() == 1 &&
        rows.names[0] == "Count" && rows.Cast<duckdb::MaterializedQueryResult>().RowCount() == 1) {
        kind = duckdb::StatementReturnType::CHANGED_ROWS;
    }
    switch (kind) {
        case duckdb::StatementReturnType::QUERY_RESULT:
            state->kind = ResultKind::kRows;
            for (size_t i = 0; i < rows.names.size(); ++i) {
                state->columns.push_back(column_info(rows.names[i], rows.types[i]));
            }
            break;
        case duckdb::StatementReturnType::CHANGED_ROWS: {
            state->kind = ResultKind::kChangedRows;
            state->done = true;
            const auto chunk = rows.Fetch();
            if (chunk && chunk->size() > 0) {
                state->changed_rows = chunk->GetValue(0, 0).GetValue<uint64_t>();
            }
            break;
        }
        default:
            state->done = true;
    }
    if (rows.type == duckdb::QueryResultType::STREAM_RESULT) {
        state->stream = session.stream();
    }
    return std::make_unique<QueryResult>(std::move(state));
}

std::unique_ptr<QueryResult> make_count_result(Session& session, uint64_t changed_rows) {
    auto state = std::make_unique<QueryResult::State>(session);
    state->kind = ResultKind::kChangedRows;
    state->changed_rows = changed_rows;
    state->done = true;
    return std::make_unique<QueryResult>(std::move(state));
}

QueryResult::QueryResult(std::unique_ptr<State> state) : state_(std::move(state)) {}
QueryResult::~QueryResult() = default;

ResultKind QueryResult::kind() const { return state_->kind; }
const std::vector<ResultColumnInfo>& QueryResult::columns() const { return state_->columns; }
uint64_t QueryResult::changed_rows() const { return state_->changed_rows; }

// The next rows of a result; nullptr at the end.
Result<duckdb::unique_ptr<duckdb::DataChunk>> QueryResult::State::fetch() {
    using Chunk = duckdb::unique_ptr<duckdb::DataChunk>;
    if (done) {
        return Chunk();
    }
    const bool streams = stream != 0;
    if (streams && !session.is_current(stream)) {
        done = true;
        return make_error(ErrorCode::kCancelled, "the result was closed by the connection's next statement");
    }
    Chunk chunk;
    duckdb::ErrorData error;
    if (!result->TryFetch(chunk, error)) {
        done = true;
        if (!error.HasError()) {
            error = result->GetErrorObject();
        }
        return streams ? session.stream_failed(error) : from_duckdb(error);
    }
    if (!chunk || chunk->size() == 0) {
        done = true;
        if (streams) {
            KODIAK_TRY(session.stream_finished());
        }
        return Chunk();
    }
    return chunk;
}

Result<bool> QueryResult::next(ResultChunk& out) {
    out.rows_ = 0;
    KODIAK_TRY_ASSIGN(const auto chunk, state_->fetch());
    if (!chunk) {
        return false;
    }
    try {
        const size_t rows = chunk->size();
        out.columns_.resize(chunk->ColumnCount());
        for (size_t c = 0; c < chunk->ColumnCount(); ++c) {
            duckdb::Vector text(duckdb::LogicalType::VARCHAR, rows);
            duckdb::VectorOperations::Cast(state_->session.context(), chunk->data[c], text, rows);
            duckdb::UnifiedVectorFormat format;
            text.ToUnifiedFormat(rows, format);
            const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
            ResultChunk::Column& column = out.columns_[c];
            column.bytes.clear();
            column.ends.assign(1, 0);
            column.nulls.clear();
            for (size_t r = 0; r < rows; ++r) {
                const auto at = format.sel->get_index(r);
                const bool valid = format.validity.RowIsValid(at);
                if (valid) {
                    column.bytes.append(strings[at].GetData(), strings[at].GetSize());
                }
                column.nulls.push_back(valid ? 0 : 1);
                column.ends.push_back(column.bytes.size());
            }
        }
        out.rows_ = rows;
        return true;
    } catch (const std::exception& exception) {
        state_->done = true;
        return from_exception(exception);
    }
}

Result<bool> QueryResult::next(TypedChunk& out) {
    TypedChunk::State& typed = out.state();
    KODIAK_TRY_ASSIGN(typed.chunk, state_->fetch());
    if (!typed.chunk) {
        return false;
    }
    try {
        typed.rows.take(state_->session.context(), *typed.chunk);
        return true;
    } catch (const std::exception& exception) {
        state_->done = true;
        return from_exception(exception);
    }
}

TypedChunk::TypedChunk() : state_(std::make_unique<State>()) {}
TypedChunk::~TypedChunk() = default;
size_t TypedChunk::rows() const { return state_->chunk ? state_->rows.rows() : 0; }
void TypedChunk::read(size_t row, storage::TypedValue* values) const { state_->rows.read(row, values); }

}  // namespace kodiak::engine
