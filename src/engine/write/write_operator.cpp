#include "engine/write/write_operator.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/code/triggers.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

namespace {

struct ReturnedRows : public duckdb::GlobalSourceState {
    duckdb::ColumnDataScanState scan;
    bool started = false;
};

}  // namespace

WriteOperator::WriteOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                             duckdb::idx_t cardinality, KodiakTableEntry* table, BoundConstraints constraints,
                             bool returns_rows)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(result_types), cardinality),
      table_(table),
      constraints_(std::move(constraints)),
      returns_rows_(returns_rows) {}

duckdb::unique_ptr<duckdb::GlobalSinkState> WriteOperator::GetGlobalSinkState(duckdb::ClientContext& context) const {
    auto shared = duckdb::make_uniq<WriteShared>();
    open(context, *shared, *table_);
    return shared;
}

void WriteOperator::open(duckdb::ClientContext& context, WriteShared& shared, KodiakTableEntry& target) const {
    shared.table = &target;
    shared.transaction = &transaction_of(context, target.ParentCatalog());
    if (triggers != nullptr) {
        shared.triggers = &triggers->run(context);
        shared.triggers->before_statement(event());
    }
    shared.job = value_or_throw(shared.transaction->write(target.definition()->id));
    if (returns_rows_) {
        shared.returned = std::make_unique<duckdb::ColumnDataCollection>(context, types);
    }
}

void WriteOperator::start_thread(duckdb::ClientContext& context, WriteShared& shared, WriteThread& thread) const {
    thread.writer = shared.job->writer();
    thread.checks.emplace(context, *shared.table, constraints_);
    const auto& columns = shared.table->GetColumns();
    thread.order.resize(columns.PhysicalColumnCount());
    for (const auto& column : columns.Physical()) {
        thread.order[shared.table->stored_position(column.Physical())] = column.Physical().index;
    }
}

void WriteOperator::append(WriteThread& thread, duckdb::DataChunk& rows) {
    thread.checks->check(rows);
    throw_if_error(thread.writer->append(thread.columns.view(rows, thread.order)));
}

void WriteOperator::return_rows(WriteShared& shared, duckdb::DataChunk& rows) const {
    if (returns_rows_) {
        const std::lock_guard guard(shared.mutex);
        shared.returned->Append(rows);
    }
}

duckdb::SinkCombineResultType WriteOperator::Combine(duckdb::ExecutionContext&,
                                                     duckdb::OperatorSinkCombineInput& input) const {
    auto& thread = input.local_state.Cast<WriteThread>();
    if (thread.writer != nullptr) {
        throw_if_error(thread.writer->finish());
        thread.writer.reset();
    }
    return duckdb::SinkCombineResultType::FINISHED;
}

duckdb::SinkFinalizeType WriteOperator::Finalize(duckdb::Pipeline&, duckdb::Event&, duckdb::ClientContext&,
                                                 duckdb::OperatorSinkFinalizeInput& input) const {
    auto& shared = input.global_state.Cast<WriteShared>();
    if (shared.job != nullptr) {
        throw_if_error(shared.job->finish());
        shared.job.reset();
        if (finishes_statement) {
            throw_if_error(shared.transaction->finish_statement());
            if (shared.triggers != nullptr) {
                shared.triggers->after();
                triggers->end_run();
            }
        }
    }
    return duckdb::SinkFinalizeType::READY;
}

duckdb::unique_ptr<duckdb::GlobalSourceState> WriteOperator::GetGlobalSourceState(duckdb::ClientContext&) const {
    return duckdb::make_uniq<ReturnedRows>();
}

duckdb::SourceResultType WriteOperator::GetDataInternal(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                                        duckdb::OperatorSourceInput& input) const {
    auto& shared = sink_state->Cast<WriteShared>();
    if (!returns_rows_) {
        chunk.SetCardinality(1);
        chunk.SetValue(0, 0, duckdb::Value::BIGINT(static_cast<int64_t>(shared.changed.load())));
        return duckdb::SourceResultType::FINISHED;
    }
    auto& rows = input.global_state.Cast<ReturnedRows>();
    if (!rows.started) {
        shared.returned->InitializeScan(rows.scan);
        rows.started = true;
    }
    shared.returned->Scan(rows.scan, chunk);
    return chunk.size() == 0 ? duckdb::SourceResultType::FINISHED : duckdb::SourceResultType::HAVE_MORE_OUTPUT;
}

bool WriteOperator::fires_rows() const { return triggers != nullptr && triggers->needs_rows(event()); }

void WriteOperator::own_rows(duckdb::ClientContext& context, duckdb::DataChunk& rows, duckdb::DataChunk& copy) {
    copy.Initialize(context, rows.GetTypes());
    rows.Copy(copy);
}

std::vector<Locator> locators_of(duckdb::Vector& row_ids, size_t count) {
    row_ids.Flatten(count);
    const auto* ids = duckdb::FlatVector::GetData<int64_t>(row_ids);
    std::vector<Locator> result;
    result.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        result.emplace_back(static_cast<uint64_t>(ids[i]));
    }
    return result;
}

}  // namespace kodiak::engine
