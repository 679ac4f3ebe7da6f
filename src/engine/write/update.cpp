#include "engine/write/update.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/code/triggers.hpp"
#include "engine/errors/errors.hpp"
#include "engine/scan/scan_binding.hpp"
#include "engine/write/row_fetch.hpp"

namespace kodiak::engine {

struct UpdateOperator::Thread : public WriteThread {
    duckdb::DataChunk rows;      // full new rows
    duckdb::DataChunk part;      // some of them
    duckdb::DataChunk old_keys;
    std::unique_ptr<RowFetch> fetch_keys;
    std::unique_ptr<duckdb::ExpressionExecutor> defaults;
};

namespace {

std::vector<duckdb::PhysicalIndex> primary_key_of(const KodiakTableEntry& table) {
    const catalog::KeyConstraint* primary = table.table().primary_key();
    if (primary == nullptr) {
        return {};
    }
    std::vector<duckdb::PhysicalIndex> key;
    for (const auto& column : table.GetColumns().Physical()) {
        if (std::find(primary->columns.begin(), primary->columns.end(), table.column_id(column.Physical())) !=
            primary->columns.end()) {
            key.push_back(column.Physical());
        }
    }
    return key;
}

// The primary key's columns if one of them is set to something, else nothing.
std::vector<duckdb::PhysicalIndex> changing_key(const KodiakTableEntry& table,
                                                const UpdateOperator::Assignments& assignments) {
    std::vector<duckdb::PhysicalIndex> key = primary_key_of(table);
    for (size_t i = 0; i < assignments.columns.size(); ++i) {
        const bool in_key = std::find(key.begin(), key.end(), assignments.columns[i]) != key.end();
        if (in_key && assignments.expressions[i]->GetAlias() != kUnchangedColumn) {
            return key;
        }
    }
    return {};
}

}  // namespace

UpdateOperator::UpdateOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                               duckdb::idx_t cardinality, KodiakTableEntry* table, BoundConstraints constraints,
                               Assignments assignments, bool returns_rows)
    : WriteOperator(plan, std::move(result_types), cardinality, table, std::move(constraints), returns_rows),
      assignments_(std::move(assignments)),
      key_(changing_key(*table, assignments_)) {}

duckdb::unique_ptr<duckdb::GlobalSinkState> UpdateOperator::GetGlobalSinkState(duckdb::ClientContext& context) const {
    auto shared = WriteOperator::GetGlobalSinkState(context);
    if (!key_.empty() || fires_rows()) {
        shared->Cast<WriteShared>().before = current_snapshot(context, *table());
    }
    return shared;
}

duckdb::unique_ptr<duckdb::LocalSinkState> UpdateOperator::GetLocalSinkState(duckdb::ExecutionContext&) const {
    return duckdb::make_uniq<Thread>();
}

void UpdateOperator::start(duckdb::ClientContext& context, WriteShared& shared, Thread& thread) const {
    start_thread(context, shared, thread);
    const auto types_of_rows = table()->GetTypes();
    thread.rows.Initialize(context, types_of_rows);
    thread.part.Initialize(context, types_of_rows);
    thread.defaults = std::make_unique<duckdb::ExpressionExecutor>(context, assignments_.defaults);
    if (!key_.empty()) {
        thread.fetch_keys = std::make_unique<RowFetch>(*table(), shared.before, key_);
        duckdb::vector<duckdb::LogicalType> key_types;
        for (const duckdb::PhysicalIndex index : key_) {
            key_types.push_back(types_of_rows[index.index]);
        }
        thread.old_keys.Initialize(context, key_types);
    }
}

duckdb::SinkResultType UpdateOperator::Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                            duckdb::OperatorSinkInput& input) const {
    auto& shared = input.global_state.Cast<WriteShared>();
    auto& thread = static_cast<Thread&>(input.local_state);
    if (thread.writer == nullptr) {
        start(context.client, shared, thread);
    }
    chunk.Flatten();
    if (fires_rows()) {
        sink_fired(context.client, shared, thread, chunk);
        return duckdb::SinkResultType::NEED_MORE_INPUT;
    }
    std::vector<Locator> locators = locators_of(chunk.data.back(), chunk.size());
    std::array<bool, kRowsPerChunk> erased{};
    throw_if_error(shared.transaction->erase(table()->definition()->id, locators, erased.data()));
    duckdb::SelectionVector first_hits(chunk.size());
    size_t kept = 0;
    for (size_t i = 0; i < locators.size(); ++i) {
        if (erased[i]) {
            first_hits.set_index(kept, i);
            locators[kept++] = locators[i];
        }
    }
    if (kept == 0) {
        return duckdb::SinkResultType::NEED_MORE_INPUT;
    }
    if (kept < chunk.size()) {
        locators.resize(kept);
        chunk.Slice(first_hits, kept);
        chunk.Flatten();
    }
    build_rows(thread, chunk);
    thread.checks->check(thread.rows);
    write_rows(shared, thread, locators);
    return_rows(shared, thread.rows);
    shared.changed += kept;
    return duckdb::SinkResultType::NEED_MORE_INPUT;
}

TriggerEvent UpdateOperator::event() const { return TriggerEvent::kUpdate; }

void UpdateOperator::compare_keys() { key_ = primary_key_of(*table()); }

namespace {

// Keeps some rows of three things that belong together.
void keep_rows(const duckdb::SelectionVector& kept, size_t count, std::vector<Locator>& locators,
               duckdb::DataChunk& old_rows, duckdb::DataChunk& new_rows) {
    for (size_t i = 0; i < count; ++i) {
        locators[i] = locators[kept.get_index(i)];
    }
    locators.resize(count);
    for (duckdb::DataChunk* rows : {&old_rows, &new_rows}) {
        rows->Slice(kept, count);
        rows->Flatten();
    }
}

}  // namespace

// As Sink, but triggers see old and new rows before anything happens to them, and may change or skip them.
void UpdateOperator::sink_fired(duckdb::ClientContext& context, WriteShared& shared, Thread& thread,
                                duckdb::DataChunk& chunk) const {
    std::vector<Locator> locators = locators_of(chunk.data.back(), chunk.size());
    build_rows(thread, chunk);
    duckdb::DataChunk new_rows;
    own_rows(context, thread.rows, new_rows);
    std::vector<duckdb::PhysicalIndex> all;
    for (const auto& column : table()->GetColumns().Physical()) {
        all.push_back(column.Physical());
    }
    duckdb::DataChunk old_rows;
    old_rows.Initialize(context, table()->GetTypes());
    RowFetch(*table(), shared.before, all).fetch(locators, old_rows);
    duckdb::SelectionVector kept(locators.size());
    size_t count = shared.triggers->before_rows(event(), &old_rows, &new_rows, kept);
    if (count < locators.size()) {
        keep_rows(kept, count, locators, old_rows, new_rows);
    }
    std::array<bool, kRowsPerChunk> erased{};
    throw_if_error(shared.transaction->erase(table()->definition()->id, locators, erased.data()));
    count = 0;
    for (size_t i = 0; i < locators.size(); ++i) {
        if (erased[i]) {
            kept.set_index(count++, i);
        }
    }
    if (count == 0) {
        return;
    }
    if (count < locators.size()) {
        keep_rows(kept, count, locators, old_rows, new_rows);
    }
    thread.rows.Reference(new_rows);
    thread.checks->check(thread.rows);
    write_rows(shared, thread, locators);
    return_rows(shared, thread.rows);
    shared.changed += count;
    shared.triggers->keep(event(), &old_rows, &new_rows);
}

void UpdateOperator::build_rows(Thread& thread, duckdb::DataChunk& input) const {
    thread.rows.Reset();
    thread.rows.SetCardinality(input.size());
    thread.defaults->SetChunk(input);
    for (size_t i = 0; i < assignments_.expressions.size(); ++i) {
        const duckdb::Expression& expression = *assignments_.expressions[i];
        duckdb::Vector& target = thread.rows.data[assignments_.columns[i].index];
        if (expression.GetExpressionType() == duckdb::ExpressionType::VALUE_DEFAULT) {
            thread.defaults->ExecuteExpression(assignments_.columns[i].index, target);
        } else {
            target.Reference(input.data[expression.Cast<duckdb::BoundReferenceExpression>().index]);
        }
    }
}

void UpdateOperator::write_rows(WriteShared&, Thread& thread, std::span<const Locator> replaced) const {
    const size_t count = thread.rows.size();
    if (key_.empty()) {
        throw_if_error(thread.writer->append_versions(thread.columns.view(thread.rows, thread.order), replaced));
        return;
    }
    thread.old_keys.Reset();
    thread.fetch_keys->fetch(replaced, thread.old_keys);
    std::array<bool, kRowsPerChunk> changed{};
    duckdb::SelectionVector differing(count);
    for (size_t i = 0; i < key_.size(); ++i) {
        const size_t different =
            duckdb::VectorOperations::DistinctFrom(thread.rows.data[key_[i].index], thread.old_keys.data[i], nullptr,
                                                   count, &differing, nullptr);
        for (size_t k = 0; k < different; ++k) {
            changed[differing.get_index(k)] = true;
        }
    }
    duckdb::SelectionVector kept_rows(count);
    duckdb::SelectionVector new_rows(count);
    std::vector<Locator> kept;
    std::vector<Locator> rekeyed;
    for (size_t row = 0; row < count; ++row) {
        if (changed[row]) {
            new_rows.set_index(rekeyed.size(), row);
            rekeyed.push_back(replaced[row]);
        } else {
            kept_rows.set_index(kept.size(), row);
            kept.push_back(replaced[row]);
        }
    }
    if (!kept.empty()) {
        thread.part.Reset();
        thread.part.Slice(thread.rows, kept_rows, kept.size());
        throw_if_error(thread.writer->append_versions(thread.columns.view(thread.part, thread.order), kept));
    }
    if (!rekeyed.empty()) {
        thread.part.Reset();
        thread.part.Slice(thread.rows, new_rows, rekeyed.size());
        throw_if_error(thread.writer->append_rekeyed(thread.columns.view(thread.part, thread.order), rekeyed));
    }
}

}  // namespace kodiak::engine
