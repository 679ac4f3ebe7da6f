#include "engine/write/delete.hpp"

#include <array>

#include "engine/catalog/table_entry.hpp"
#include "engine/code/triggers.hpp"
#include "engine/errors/errors.hpp"
#include "engine/scan/scan_binding.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "engine/write/row_fetch.hpp"

namespace kodiak::engine {

namespace {

struct DeleteThread : public WriteThread {
    std::unique_ptr<RowFetch> fetch;  // RETURNING
    duckdb::DataChunk rows;
};

std::vector<duckdb::PhysicalIndex> all_columns(const KodiakTableEntry& table) {
    std::vector<duckdb::PhysicalIndex> result;
    for (const auto& column : table.GetColumns().Physical()) {
        result.push_back(column.Physical());
    }
    return result;
}

}  // namespace

DeleteOperator::DeleteOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                               duckdb::idx_t cardinality, KodiakTableEntry* table, duckdb::idx_t row_id,
                               bool returns_rows)
    : WriteOperator(plan, std::move(result_types), cardinality, table, BoundConstraints(), returns_rows),
      row_id_(row_id) {}

duckdb::unique_ptr<duckdb::GlobalSinkState> DeleteOperator::GetGlobalSinkState(duckdb::ClientContext& context) const {
    auto shared = WriteOperator::GetGlobalSinkState(context);
    if (returns_rows() || fires_rows()) {
        shared->Cast<WriteShared>().before = current_snapshot(context, *table());
    }
    return shared;
}

duckdb::unique_ptr<duckdb::LocalSinkState> DeleteOperator::GetLocalSinkState(duckdb::ExecutionContext&) const {
    return duckdb::make_uniq<DeleteThread>();
}

TriggerEvent DeleteOperator::event() const { return TriggerEvent::kDelete; }

void DeleteOperator::fire(WriteShared& shared, std::vector<Locator>& locators, duckdb::DataChunk& rows) const {
    RowFetch(*table(), shared.before, all_columns(*table())).fetch(locators, rows);
    duckdb::SelectionVector kept(locators.size());
    const size_t stays = shared.triggers->before_rows(event(), &rows, nullptr, kept);
    if (stays == locators.size()) {
        return;
    }
    for (size_t i = 0; i < stays; ++i) {
        locators[i] = locators[kept.get_index(i)];
    }
    locators.resize(stays);
    rows.Slice(kept, stays);
    rows.Flatten();
}

duckdb::SinkResultType DeleteOperator::Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                            duckdb::OperatorSinkInput& input) const {
    auto& shared = input.global_state.Cast<WriteShared>();
    auto& thread = input.local_state.Cast<DeleteThread>();
    std::vector<Locator> locators = locators_of(chunk.data[row_id_], chunk.size());
    duckdb::DataChunk old_rows;
    if (fires_rows()) {
        old_rows.Initialize(context.client, table()->GetTypes());
        fire(shared, locators, old_rows);
    }
    std::array<bool, kRowsPerChunk> erased{};
    throw_if_error(shared.transaction->erase(table()->definition()->id, locators, erased.data()));
    size_t kept = 0;
    duckdb::SelectionVector gone(locators.size());
    for (size_t i = 0; i < locators.size(); ++i) {
        if (erased[i]) {
            gone.set_index(kept, i);
            locators[kept++] = locators[i];
        }
    }
    shared.changed += kept;
    if (fires_rows() && kept > 0) {
        old_rows.Slice(gone, kept);
        old_rows.Flatten();
        shared.triggers->keep(event(), &old_rows, nullptr);
    }
    if (!returns_rows() || kept == 0) {
        return duckdb::SinkResultType::NEED_MORE_INPUT;
    }
    if (thread.fetch == nullptr) {
        thread.fetch = std::make_unique<RowFetch>(*table(), shared.before, all_columns(*table()));
        thread.rows.Initialize(context.client, types);
    }
    thread.rows.Reset();
    thread.fetch->fetch(std::span(locators).first(kept), thread.rows);
    return_rows(shared, thread.rows);
    return duckdb::SinkResultType::NEED_MORE_INPUT;
}

TruncateOperator::TruncateOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                                   KodiakTableEntry& table)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(result_types), 1), table_(table) {}

duckdb::SourceResultType TruncateOperator::GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                                           duckdb::OperatorSourceInput&) const {
    storage::Transaction& transaction = transaction_of(context.client, table_.ParentCatalog());
    const uint64_t erased = value_or_throw(transaction.erase_all(table_.definition()->id));
    throw_if_error(transaction.finish_statement());
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, duckdb::Value::BIGINT(static_cast<int64_t>(erased)));
    return duckdb::SourceResultType::FINISHED;
}

}  // namespace kodiak::engine
