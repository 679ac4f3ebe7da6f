#include "engine/functions/change_function.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "engine/catalog/past_point.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/named_table.hpp"
#include "engine/scan/column_decode.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

namespace {

using duckdb::LogicalType;
using duckdb::Value;

// Places of the output's columns.
enum Output : size_t {
    kOp, kCommitSeq, kCommitId, kCommitTime, kBranch, kTableName, kRowId, kKey, kOld, kNew
};

struct ChangeBinding : public duckdb::TableFunctionData {
    explicit ChangeBinding(KodiakTableEntry& table) : entry(table) {}
    KodiakTableEntry& entry;
    uint64_t after = 0;
    uint64_t upto = 0;
    std::vector<ScannedColumn> columns;  // all stored ones, in the table's order
    std::vector<size_t> key;             // places of the primary key's in `columns`
};

struct ChangeScan : public duckdb::GlobalTableFunctionState {
    std::vector<storage::RowChange> changes;
    size_t next = 0;
    timeline::HistoryCommit commit;  // of the change before
};

// A point given as a value: a text or number as in VERSION =>, a time as in TIMESTAMP =>.
uint64_t resolve_value(const Value& value, timeline::DatabaseCore& core, const storage::Transaction& transaction) {
    const bool is_time = value.type().id() == duckdb::LogicalTypeId::TIMESTAMP ||
                         value.type().id() == duckdb::LogicalTypeId::TIMESTAMP_TZ ||
                         value.type().id() == duckdb::LogicalTypeId::DATE;
    return resolve_past(duckdb::BoundAtClause(is_time ? "timestamp" : "version", value), core, transaction).upto;
}

void bind_range(duckdb::ClientContext& context, const duckdb::named_parameter_map_t& parameters,
                ChangeBinding& binding) {
    const storage::Transaction& transaction = transaction_of(context, binding.entry.ParentCatalog());
    auto& core = binding.entry.core();
    binding.upto = transaction.view().head();
    const auto since = parameters.find("since");
    if (since != parameters.end() && !since->second.IsNull()) {
        binding.after = resolve_value(since->second, core, transaction);
    }
    const auto until = parameters.find("until");
    if (until != parameters.end() && !until->second.IsNull()) {
        binding.upto = resolve_value(until->second, core, transaction);
    }
    if (binding.after > binding.upto) {
        throw_error(make_error(ErrorCode::kInvalidValue,
                               fmt::format("changes cannot run from commit {} back to commit {}", binding.after,
                                           binding.upto))
                        .with_hint("SINCE is the earlier point, UNTIL the later one."));
    }
}

duckdb::unique_ptr<duckdb::FunctionData> bind(duckdb::ClientContext& context, duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
    if (input.inputs[0].IsNull()) {
        throw_error(make_error(ErrorCode::kInvalidValue, "kodiak_changes needs the name of a table"));
    }
    KodiakTableEntry& entry = named_table(context, duckdb::StringValue::Get(input.inputs[0]));
    auto binding = duckdb::make_uniq<ChangeBinding>(entry);
    bind_range(context, input.named_parameters, *binding);
    const catalog::KeyConstraint* primary = entry.table().primary_key();
    duckdb::child_list_t<LogicalType> all;
    duckdb::child_list_t<LogicalType> key;
    for (const auto& column : entry.GetColumns().Physical()) {
        const ColumnId id = entry.column_id(column.Physical());
        if (primary != nullptr && std::ranges::find(primary->columns, id) != primary->columns.end()) {
            binding->key.push_back(binding->columns.size());
            key.emplace_back(column.Name(), column.Type());
        }
        binding->columns.push_back(scanned_column(entry, duckdb::ColumnIndex(column.Logical().index)));
        all.emplace_back(column.Name(), column.Type());
    }
    const LogicalType row = LogicalType::STRUCT(all);
    names = {"op", "commit_seq", "commit_id", "commit_time", "branch", "table_name", "row_id", "key", "old", "new"};
    types = {LogicalType::VARCHAR, LogicalType::UBIGINT, LogicalType::VARCHAR, LogicalType::TIMESTAMP_TZ,
             LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR,
             key.empty() ? LogicalType::SQLNULL : LogicalType::STRUCT(key), row, row};
    return binding;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start(duckdb::ClientContext& context,
                                                           duckdb::TableFunctionInitInput& input) {
    const auto& binding = input.bind_data->Cast<ChangeBinding>();
    auto scan = duckdb::make_uniq<ChangeScan>();
    storage::Transaction& transaction = transaction_of(context, binding.entry.ParentCatalog());
    scan->changes = value_or_throw(transaction.changes(*binding.entry.definition(), binding.after, binding.upto,
                                                       stored_ids(binding.columns)));
    return scan;
}

// Writes a version's values to row `at` of a STRUCT; NULL when there is no version. `which`: places in
// binding.columns, for each field of the struct.
void fill_row(const ChangeBinding& binding, const std::vector<size_t>& which, const storage::VersionPlace& version,
              duckdb::Vector& target, size_t at) {
    if (version.chunk == nullptr) {
        duckdb::FlatVector::SetNull(target, at, true);
        return;
    }
    auto& fields = duckdb::StructVector::GetEntries(target);
    for (size_t i = 0; i < fields.size(); ++i) {
        const ScannedColumn& column = binding.columns[which[i]];
        decode_column(column, column.in(*version.chunk), &version.slot, 1, *fields[i], at);
    }
}

void fill_commit(const timeline::HistoryCommit& commit, duckdb::DataChunk& out, size_t row) {
    out.SetValue(kCommitSeq, row, Value::UBIGINT(commit.seq.value));
    out.SetValue(kCommitId, row, Value(commit.record.id.text()));
    out.SetValue(kCommitTime, row, Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(commit.record.timestamp.micros)));
    out.SetValue(kBranch, row, Value(commit.record.branch));
}

void next(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    const auto& binding = input.bind_data->Cast<ChangeBinding>();
    auto& scan = input.global_state->Cast<ChangeScan>();
    std::vector<size_t> all(binding.columns.size());
    for (size_t i = 0; i < all.size(); ++i) {
        all[i] = i;
    }
    size_t row = 0;
    for (; row < STANDARD_VECTOR_SIZE && scan.next < scan.changes.size(); ++row, ++scan.next) {
        const storage::RowChange& change = scan.changes[scan.next];
        if (scan.commit.seq.value != change.seq) {
            scan.commit = value_or_throw(binding.entry.core().history().commit(change.seq));
        }
        const bool has_both = change.before.chunk != nullptr && change.after.chunk != nullptr;
        out.SetValue(kOp, row, Value(has_both ? "UPDATE" : change.after.chunk != nullptr ? "INSERT" : "DELETE"));
        fill_commit(scan.commit, out, row);
        out.SetValue(kTableName, row, Value(binding.entry.name));
        out.SetValue(kRowId, row, Value(fmt::format("{}:{}", change.row.origin.value, change.row.counter)));
        if (binding.key.empty()) {
            out.SetValue(kKey, row, Value());
        } else {
            const auto& shown = change.after.chunk != nullptr ? change.after : change.before;
            fill_row(binding, binding.key, shown, out.data[kKey], row);
        }
        fill_row(binding, all, change.before, out.data[kOld], row);
        fill_row(binding, all, change.after, out.data[kNew], row);
    }
    out.SetCardinality(row);
}

duckdb::unique_ptr<duckdb::NodeStatistics> cardinality(duckdb::ClientContext&, const duckdb::FunctionData*) {
    return duckdb::make_uniq<duckdb::NodeStatistics>();
}

}  // namespace

duckdb::TableFunction change_function() {
    duckdb::TableFunction function("kodiak_changes", {LogicalType::VARCHAR}, next, bind, start);
    function.named_parameters["since"] = LogicalType::ANY;
    function.named_parameters["until"] = LogicalType::ANY;
    function.cardinality = cardinality;
    return function;
}

}  // namespace kodiak::engine
