#include "engine/scan/table_scan.hpp"

#include <algorithm>
#include <atomic>

#include "duckdb/parser/parsed_data/create_table_function_info.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/scan/chunk_filter.hpp"
#include "engine/scan/chunk_order.hpp"
#include "engine/scan/output_packer.hpp"
#include "engine/scan/point_lookup.hpp"
#include "engine/scan/scan_binding.hpp"
#include "engine/scan/scan_statistics.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

namespace {

// What the threads of one scan share.
struct ScanShared : public duckdb::GlobalTableFunctionState {
    storage::TableSnapshotPtr snapshot;
    std::vector<ScannedColumn> columns;
    std::vector<size_t> outputs;                  // positions in `columns`
    CompiledFilters filters;
    ChunkOrder order;
    std::optional<std::vector<FoundRow>> found;   // the rows to visit instead of all chunks
    std::atomic<size_t> next_morsel{0};
    mutable DictionaryVectors dictionaries;

    duckdb::idx_t MaxThreads() const override {
        return found.has_value() ? 1 : std::max<duckdb::idx_t>(1, order.morsels());
    }
};

// What one thread of a scan has in hand.
struct ScanThread : public duckdb::LocalTableFunctionState {
    ScanThread(duckdb::ClientContext& context, const ScanShared& shared)
        : filter(context, shared.filters, shared.columns),
          packer(shared.columns, shared.outputs, shared.dictionaries) {}

    ChunkFilter filter;
    OutputPacker packer;
    size_t morsel = 0;
    size_t next = 0;     // place in the scan order, or among the found rows
    size_t end = 0;      // of the morsel
    bool ends = false;   // no morsels are left
    ChunkRows pending;   // did not fit into the last output; count 0 = nothing
};

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_scan(duckdb::ClientContext& context,
                                                                duckdb::TableFunctionInitInput& input) {
    const auto& binding = input.bind_data->Cast<ScanBinding>();
    auto shared = duckdb::make_uniq<ScanShared>();
    shared->snapshot = binding.pinned != nullptr ? binding.pinned : current_snapshot(context, binding.entry);
    for (const duckdb::ColumnIndex& index : input.column_indexes) {
        shared->columns.push_back(scanned_column(binding.entry, index));
    }
    if (input.CanRemoveFilterColumns()) {
        shared->outputs.assign(input.projection_ids.begin(), input.projection_ids.end());
    } else {
        for (size_t i = 0; i < shared->columns.size(); ++i) {
            shared->outputs.push_back(i);
        }
    }
    if (input.filters) {
        shared->filters = compile_filters(*input.filters, shared->columns);
        // Indexes hold what somebody may still see as the present.
        if (binding.pinned == nullptr && !binding.entry.past()) {
            shared->found = find_rows_by_key(binding.entry, transaction_of(context, binding.entry.ParentCatalog()),
                                             *shared->snapshot, *input.filters, shared->columns);
        }
    }
    if (!shared->found.has_value()) {
        shared->order = ChunkOrder(*shared->snapshot, binding.order);
    }
    return shared;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> start_thread(duckdb::ExecutionContext& context,
                                                                 duckdb::TableFunctionInitInput&,
                                                                 duckdb::GlobalTableFunctionState* shared) {
    return duckdb::make_uniq<ScanThread>(context.client, shared->Cast<ScanShared>());
}

// Takes the next morsel; false when there is none.
bool next_morsel(ScanShared& shared, ScanThread& thread) {
    if (thread.ends) {
        return false;
    }
    thread.morsel = shared.next_morsel.fetch_add(1, std::memory_order_relaxed);
    if (shared.found.has_value()) {
        thread.next = 0;
        thread.end = thread.morsel == 0 ? shared.found->size() : 0;
        thread.ends = thread.morsel != 0;
    } else {
        thread.next = shared.order.begin_of(thread.morsel);
        thread.end = shared.order.end_of(thread.morsel);
        thread.ends = thread.next >= thread.end;
    }
    return !thread.ends;
}

ChunkRows next_rows(const ScanShared& shared, ScanThread& thread) {
    const size_t place = thread.next++;
    if (shared.found.has_value()) {
        const FoundRow& row = (*shared.found)[place];
        return thread.filter.row_at(*row.chunk, row.slot, row.locator);
    }
    return thread.filter.rows_of(*shared.snapshot, shared.order.chunk_at(place));
}

void scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
    auto& shared = input.global_state->Cast<ScanShared>();
    auto& thread = input.local_state->Cast<ScanThread>();
    thread.packer.begin(output);
    while (!thread.packer.is_full()) {
        ChunkRows rows = thread.pending;
        thread.pending.count = 0;
        if (rows.count == 0) {
            if (thread.next >= thread.end) {
                // An output holds rows of one morsel only: it has one batch index.
                if (thread.packer.rows() > 0 || !next_morsel(shared, thread)) {
                    break;
                }
                continue;
            }
            rows = next_rows(shared, thread);
        }
        if (rows.count == 0) {
            continue;
        }
        if (!thread.packer.fits(rows.count)) {
            thread.pending = rows;
            break;
        }
        thread.packer.append(rows);
    }
    thread.packer.finish();
}

duckdb::OperatorPartitionData partition_data(duckdb::ClientContext&, duckdb::TableFunctionGetPartitionInput& input) {
    return duckdb::OperatorPartitionData(input.local_state->Cast<ScanThread>().morsel);
}

double progress(duckdb::ClientContext&, const duckdb::FunctionData*, const duckdb::GlobalTableFunctionState* state) {
    const auto& shared = state->Cast<ScanShared>();
    const size_t morsels = shared.order.morsels();
    if (morsels == 0) {
        return 100;
    }
    return 100.0 * static_cast<double>(std::min(shared.next_morsel.load(), morsels)) / static_cast<double>(morsels);
}

duckdb::BindInfo bind_info(const duckdb::optional_ptr<duckdb::FunctionData> binding) {
    return duckdb::BindInfo(binding->Cast<ScanBinding>().entry);
}

duckdb::virtual_column_map_t virtual_columns(duckdb::ClientContext&,
                                             duckdb::optional_ptr<duckdb::FunctionData> binding) {
    return binding->Cast<ScanBinding>().entry.GetVirtualColumns();
}

duckdb::vector<duckdb::column_t> row_id_columns(duckdb::ClientContext&, duckdb::optional_ptr<duckdb::FunctionData>) {
    return {duckdb::COLUMN_IDENTIFIER_ROW_ID};
}

// Every expression over one column may be given to the scan: it is evaluated there on decoded values at worst.
bool takes_expression(duckdb::ClientContext&, const duckdb::LogicalGet&, duckdb::Expression&) { return true; }

duckdb::InsertionOrderPreservingMap<duckdb::string> describe(duckdb::TableFunctionToStringInput& input) {
    duckdb::InsertionOrderPreservingMap<duckdb::string> result;
    result["Table"] = input.bind_data->Cast<ScanBinding>().entry.name;
    return result;
}

// The function is looked up by name when a plan is copied; nobody may call it in SQL.
duckdb::unique_ptr<duckdb::FunctionData> refuse_call(duckdb::ClientContext&, duckdb::TableFunctionBindInput&,
                                                     duckdb::vector<duckdb::LogicalType>&,
                                                     duckdb::vector<duckdb::string>&) {
    throw duckdb::BinderException("kodiak_scan cannot be called: select from the table itself");
}

duckdb::TableFunction kodiak_scan_function() {
    duckdb::TableFunction function("kodiak_scan", {}, scan, refuse_call, start_scan, start_thread);
    function.cardinality = scan_cardinality;
    function.statistics = scan_statistics;
    function.get_partition_data = partition_data;
    function.get_partition_stats = scan_partition_statistics;
    function.get_bind_info = bind_info;
    function.get_virtual_columns = virtual_columns;
    function.get_row_id_columns = row_id_columns;
    function.set_scan_order = set_scan_order;
    function.table_scan_progress = progress;
    function.pushdown_expression = takes_expression;
    function.to_string = describe;
    function.serialize = serialize_scan;
    function.deserialize = deserialize_scan;
    function.projection_pushdown = true;
    function.filter_pushdown = true;
    function.filter_prune = true;
    return function;
}

}  // namespace

void register_table_scan(duckdb::ClientContext& context) {
    duckdb::CreateTableFunctionInfo info(kodiak_scan_function());
    info.internal = true;
    info.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
    auto& system = duckdb::Catalog::GetSystemCatalog(context);
    system.CreateTableFunction(duckdb::CatalogTransaction::GetSystemTransaction(*context.db), info);
}

duckdb::TableFunction kodiak_table_scan(KodiakTableEntry& entry, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
    bind_data = duckdb::make_uniq<ScanBinding>(entry);
    return kodiak_scan_function();
}

}  // namespace kodiak::engine
