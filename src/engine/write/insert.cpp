#include "engine/write/insert.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/execution/operator/scan/physical_table_scan.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/code/triggers.hpp"
#include "engine/scan/scan_binding.hpp"

namespace kodiak::engine {

namespace {

// The bindings of all scans of Kodiak tables below `plan`.
void collect_scans(const duckdb::PhysicalOperator& plan, std::vector<const ScanBinding*>& found) {
    if (plan.type == duckdb::PhysicalOperatorType::TABLE_SCAN) {
        const auto& scan = plan.Cast<duckdb::PhysicalTableScan>();
        if (const auto* binding = dynamic_cast<const ScanBinding*>(scan.bind_data.get())) {
            found.push_back(binding);
        }
    }
    for (const auto& child : plan.GetChildren()) {
        collect_scans(child.get(), found);
    }
}

// Makes the scans of `plan` read their tables as they are now, whatever happens to them meanwhile.
void pin_scans(duckdb::ClientContext& context, const duckdb::PhysicalOperator& plan) {
    std::vector<const ScanBinding*> scans;
    collect_scans(plan, scans);
    for (const ScanBinding* scan : scans) {
        scan->pinned = current_snapshot(context, scan->entry);
    }
}

void unpin_scans(const duckdb::PhysicalOperator& plan) {
    std::vector<const ScanBinding*> scans;
    collect_scans(plan, scans);
    for (const ScanBinding* scan : scans) {
        scan->pinned = nullptr;
    }
}

bool replaces_table(const duckdb::BoundCreateTableInfo& create) {
    return create.base->on_conflict == duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
}

}  // namespace

InsertOperator::InsertOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> result_types,
                               duckdb::idx_t cardinality, KodiakTableEntry* table, BoundConstraints constraints,
                               bool returns_rows, Order order)
    : WriteOperator(plan, std::move(result_types), cardinality, table, std::move(constraints), returns_rows),
      order_(order) {}

duckdb::OperatorPartitionInfo InsertOperator::RequiredPartitionInfo() const {
    return order_ == Order::kBatches ? duckdb::OperatorPartitionInfo::BatchIndex()
                                     : duckdb::OperatorPartitionInfo::NoPartitionInfo();
}

duckdb::unique_ptr<duckdb::GlobalSinkState> InsertOperator::GetGlobalSinkState(duckdb::ClientContext& context) const {
    if (!create) {
        return WriteOperator::GetGlobalSinkState(context);
    }
    auto shared = duckdb::make_uniq<WriteShared>();
    if (replaces_table(*create)) {
        pin_scans(context, *this);
    }
    duckdb::SchemaCatalogEntry& target = *schema.get_mutable();
    duckdb::Catalog& catalog = target.ParentCatalog();
    auto created = catalog.CreateTable(catalog.GetCatalogTransaction(context), target, *create);
    if (created) {  // else it was there and IF NOT EXISTS was said
        open(context, *shared, created->Cast<KodiakTableEntry>());
    }
    return shared;
}

duckdb::unique_ptr<duckdb::LocalSinkState> InsertOperator::GetLocalSinkState(duckdb::ExecutionContext&) const {
    return duckdb::make_uniq<WriteThread>();
}

duckdb::SinkFinalizeType InsertOperator::Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                                                  duckdb::ClientContext& context,
                                                  duckdb::OperatorSinkFinalizeInput& input) const {
    if (create && replaces_table(*create)) {
        unpin_scans(*this);
    }
    return WriteOperator::Finalize(pipeline, event, context, input);
}

duckdb::SinkNextBatchType InsertOperator::NextBatch(duckdb::ExecutionContext&,
                                                    duckdb::OperatorSinkNextBatchInput& input) const {
    input.local_state.Cast<WriteThread>().batch.reset();
    return duckdb::SinkNextBatchType::READY;
}

TriggerEvent InsertOperator::event() const { return TriggerEvent::kInsert; }

void InsertOperator::put(WriteShared& shared, WriteThread& thread, duckdb::DataChunk& rows) const {
    append(thread, rows);
    return_rows(shared, rows);
    shared.changed += rows.size();
}

duckdb::SinkResultType InsertOperator::Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                            duckdb::OperatorSinkInput& input) const {
    auto& shared = input.global_state.Cast<WriteShared>();
    auto& thread = input.local_state.Cast<WriteThread>();
    if (shared.table == nullptr) {
        return duckdb::SinkResultType::FINISHED;
    }
    if (thread.writer == nullptr) {
        start_thread(context.client, shared, thread);
    }
    if (order_ == Order::kBatches && !thread.batch.has_value()) {
        thread.batch = thread.partition_info.batch_index.GetIndex();
        thread.writer->begin_batch(*thread.batch);
    }
    if (fires_rows()) {
        duckdb::DataChunk rows;
        own_rows(context.client, chunk, rows);
        duckdb::SelectionVector kept(rows.size());
        const size_t stays = shared.triggers->before_rows(event(), nullptr, &rows, kept);
        if (stays < rows.size()) {
            rows.Slice(kept, stays);
            rows.Flatten();
        }
        if (stays > 0) {
            put(shared, thread, rows);
            shared.triggers->keep(event(), nullptr, &rows);
        }
        return duckdb::SinkResultType::NEED_MORE_INPUT;
    }
    put(shared, thread, chunk);
    return duckdb::SinkResultType::NEED_MORE_INPUT;
}

}  // namespace kodiak::engine
