#include "engine/catalog/rewrite_rows.hpp"

#include <algorithm>

#include "duckdb/execution/execution_context.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/parallel/thread_context.hpp"

#include "engine/errors/errors.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "engine/vectors/batch_columns.hpp"
#include "storage/decode.hpp"

namespace kodiak::engine {

namespace {

// A table's scan, opened: what it shows is fixed from construction on.
class OpenScan {
   public:
    OpenScan(duckdb::ClientContext& context, KodiakTableEntry& entry,
             const std::vector<duckdb::LogicalIndex>& columns)
        : context_(context), thread_(context), execution_(context, thread_, nullptr) {
        function_ = entry.GetScanFunction(context, bind_data_);
        duckdb::vector<duckdb::LogicalType> types;
        for (const auto& index : columns) {
            ids_.emplace_back(index.index);
            types.push_back(entry.GetColumns().GetColumn(index).Type());
        }
        ids_.emplace_back(duckdb::COLUMN_IDENTIFIER_ROW_ID);
        types.emplace_back(duckdb::LogicalType::ROW_TYPE);
        duckdb::TableFunctionInitInput input(bind_data_.get(), ids_, projection_, nullptr);
        global_ = function_.init_global(context, input);
        local_ = function_.init_local != nullptr ? function_.init_local(execution_, input, global_.get()) : nullptr;
        chunk_.Initialize(context, types);
    }

    // The next rows; nullptr at the end.
    duckdb::DataChunk* next() {
        chunk_.Reset();
        duckdb::TableFunctionInput input(bind_data_.get(), local_.get(), global_.get());
        function_.function(context_, input, chunk_);
        return chunk_.size() > 0 ? &chunk_ : nullptr;
    }

   private:
    duckdb::ClientContext& context_;
    duckdb::ThreadContext thread_;
    duckdb::ExecutionContext execution_;
    duckdb::TableFunction function_;
    duckdb::unique_ptr<duckdb::FunctionData> bind_data_;
    duckdb::vector<duckdb::ColumnIndex> ids_;
    duckdb::vector<duckdb::idx_t> projection_;
    duckdb::unique_ptr<duckdb::GlobalTableFunctionState> global_;
    duckdb::unique_ptr<duckdb::LocalTableFunctionState> local_;
    duckdb::DataChunk chunk_;
};

std::vector<duckdb::LogicalIndex> physical_columns(const KodiakTableEntry& entry) {
    std::vector<duckdb::LogicalIndex> result;
    for (const auto& column : entry.GetColumns().Physical()) {
        result.push_back(column.Logical());
    }
    return result;
}

// Where each stored column of the new definition comes from: a position in the old physical columns, or the computed
// column (behind them).
std::vector<size_t> sources_of(const KodiakTableEntry& entry, const catalog::TableDefinition& table,
                               const ComputedColumn& computed) {
    std::vector<size_t> sources;
    const size_t old_count = entry.GetColumns().PhysicalColumnCount();
    for (const auto* column : table.stored_columns()) {
        size_t source = old_count;
        for (size_t i = 0; column->id != computed.id && i < old_count; ++i) {
            if (entry.column_id(duckdb::PhysicalIndex(i)) == column->id) {
                source = i;
            }
        }
        sources.push_back(source);
    }
    return sources;
}

}  // namespace

void for_each_chunk(duckdb::ClientContext& context, KodiakTableEntry& entry,
                    const std::vector<duckdb::LogicalIndex>& columns,
                    const std::function<void(duckdb::DataChunk&)>& visit) {
    OpenScan scan(context, entry, columns);
    while (duckdb::DataChunk* chunk = scan.next()) {
        visit(*chunk);
    }
}

void rewrite_rows(duckdb::ClientContext& context, KodiakTableEntry& entry, catalog::CatalogObject changed,
                  ComputedColumn computed) {
    storage::Transaction& transaction = transaction_of(context, entry.ParentCatalog());
    const ObjectId table = changed.id;
    const auto columns = physical_columns(entry);
    const auto sources = sources_of(entry, changed.table(), computed);
    // The scan keeps the rows of before, whatever is put or written from here on.
    OpenScan scan(context, entry, columns);
    throw_if_error(transaction.put_object(std::move(changed)));
    auto job = value_or_throw(transaction.write(table));
    auto writer = job->writer();
    writer->begin_batch(0);

    duckdb::ExpressionExecutor executor(context, *computed.expression);
    duckdb::DataChunk inputs;
    duckdb::vector<duckdb::LogicalType> input_types;
    for (const auto& index : computed.inputs) {
        input_types.push_back(entry.GetColumns().GetColumn(index).Type());
    }
    inputs.InitializeEmpty(input_types);
    BatchColumns batch;
    std::vector<Locator> locators;
    while (duckdb::DataChunk* old = scan.next()) {
        const auto rows = old->size();
        for (size_t i = 0; i < computed.inputs.size(); ++i) {
            const auto place = std::ranges::find(columns, computed.inputs[i]);
            inputs.data[i].Reference(old->data[static_cast<size_t>(place - columns.begin())]);
        }
        inputs.SetCardinality(rows);
        duckdb::Vector values(computed.expression->return_type);
        executor.ExecuteExpression(inputs, values);

        duckdb::vector<duckdb::LogicalType> types = old->GetTypes();
        types.back() = computed.expression->return_type;  // the row id's place takes the computed column
        duckdb::DataChunk fresh;
        fresh.InitializeEmpty(types);
        for (size_t i = 0; i + 1 < types.size(); ++i) {
            fresh.data[i].Reference(old->data[i]);
        }
        fresh.data.back().Reference(values);
        fresh.SetCardinality(rows);

        auto& ids = old->data.back();
        ids.Flatten(rows);
        const auto* raw = duckdb::FlatVector::GetData<int64_t>(ids);
        locators.clear();
        for (size_t i = 0; i < rows; ++i) {
            locators.emplace_back(static_cast<uint64_t>(raw[i]));
        }
        const auto erased = std::make_unique<bool[]>(rows);
        throw_if_error(transaction.erase(table, locators, erased.get()));
        throw_if_error(writer->append_versions(batch.view(fresh, sources), locators));
    }
    throw_if_error(writer->finish());
    throw_if_error(job->finish());
    throw_if_error(transaction.finish_statement());
}

bool has_null(storage::Transaction& transaction, const catalog::CatalogObject& table, ColumnId column) {
    const auto snapshot = value_or_throw(transaction.snapshot(table.id));
    const bool missing_is_null = table.table().find_column(column)->missing_value.empty();
    std::vector<uint32_t> slots(kRowsPerChunk);
    bool found = false;
    for (size_t i = 0; i < snapshot->chunk_count() && !found; ++i) {
        throw_if_error(snapshot->verify(i, {&column, 1}));
        bool all = false;
        const size_t rows = snapshot->visible(i, slots.data(), &all);
        const storage::StoredColumn* stored = storage::TableSnapshot::stored(snapshot->chunk(i), column);
        if (stored == nullptr) {
            found = missing_is_null && rows > 0;
            continue;
        }
        storage::for_each_null(*stored, all ? nullptr : slots.data(), rows, [&](size_t) { found = true; });
    }
    return found;
}

}  // namespace kodiak::engine
