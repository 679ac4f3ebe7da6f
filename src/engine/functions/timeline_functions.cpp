#include "engine/functions/timeline_functions.hpp"

#include "duckdb/common/string_util.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

#include "engine/catalog/past_point.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/change_function.hpp"
#include "engine/functions/point_functions.hpp"
#include "engine/functions/session_database.hpp"
#include "engine/functions/system_functions.hpp"
#include "engine/functions/version_functions.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

namespace {

using duckdb::LogicalType;
using duckdb::Value;

constexpr const char* kCommits = "kodiak_commits";
constexpr const char* kTreeHeads = "kodiak_tree_heads";

struct TimelineBinding : public duckdb::TableFunctionData {
    explicit TimelineBinding(KodiakCatalog& bound) : catalog(bound) {}
    KodiakCatalog& catalog;
    std::optional<uint64_t> only;  // one commit alone
};

struct TimelineScan : public duckdb::GlobalTableFunctionState {
    uint64_t next = 1;
    uint64_t last = 0;
    std::vector<timeline::TreeHead> heads;
};

void add_column(duckdb::vector<LogicalType>& types, duckdb::vector<duckdb::string>& names, const char* name,
                const LogicalType& type) {
    names.emplace_back(name);
    types.push_back(type);
}

duckdb::unique_ptr<duckdb::FunctionData> bind_commits(duckdb::ClientContext& context,
                                                      duckdb::TableFunctionBindInput& input,
                                                      duckdb::vector<LogicalType>& types,
                                                      duckdb::vector<duckdb::string>& names) {
    add_column(types, names, "seq", LogicalType::UBIGINT);
    add_column(types, names, "id", LogicalType::VARCHAR);
    add_column(types, names, "time", LogicalType::TIMESTAMP_TZ);
    add_column(types, names, "branch", LogicalType::VARCHAR);
    add_column(types, names, "author", LogicalType::VARCHAR);
    add_column(types, names, "message", LogicalType::VARCHAR);
    add_column(types, names, "metadata", LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR));
    add_column(types, names, "changed_rows", LogicalType::UBIGINT);
    add_column(types, names, "identity", LogicalType::VARCHAR);
    add_column(types, names, "parents", LogicalType::LIST(LogicalType::VARCHAR));
    add_column(types, names, "changes_root", LogicalType::VARCHAR);
    auto binding = duckdb::make_uniq<TimelineBinding>(session_database(context));
    const auto at = input.named_parameters.find("at");
    if (at != input.named_parameters.end() && !at->second.IsNull()) {
        binding->only = resolve_value(at->second, binding->catalog.core(), transaction_of(context, binding->catalog));
    }
    return binding;
}

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value metadata_of(const timeline::CommitRecord& record) {
    duckdb::vector<Value> keys;
    duckdb::vector<Value> values;
    for (const auto& [key, value] : record.metadata) {
        keys.emplace_back(key);
        values.emplace_back(value);
    }
    return Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values));
}

void fill_commit(const timeline::HistoryCommit& commit, duckdb::DataChunk& out, size_t row) {
    const timeline::CommitRecord& record = commit.record;
    duckdb::vector<Value> parents;
    for (const Hash256& parent : record.parents) {
        parents.emplace_back(parent.hex());
    }
    Hash256 changes_root;
    for (const timeline::Root& root : record.roots) {
        if (root.kind == timeline::RootKind::kChanges) {
            changes_root = root.hash;
        }
    }
    out.SetValue(0, row, Value::UBIGINT(commit.seq.value));
    out.SetValue(1, row, Value(record.id.text()));
    out.SetValue(2, row, Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(record.timestamp.micros)));
    out.SetValue(3, row, Value(record.branch));
    out.SetValue(4, row, text_or_null(record.author));
    out.SetValue(5, row, text_or_null(record.message));
    out.SetValue(6, row, metadata_of(record));
    out.SetValue(7, row, Value::UBIGINT(commit.leaves));
    out.SetValue(8, row, Value(commit.identity.hex()));
    out.SetValue(9, row, Value::LIST(LogicalType::VARCHAR, std::move(parents)));
    out.SetValue(10, row, Value(changes_root.hex()));
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_commits(duckdb::ClientContext& context,
                                                                   duckdb::TableFunctionInitInput& input) {
    auto scan = duckdb::make_uniq<TimelineScan>();
    const auto& binding = input.bind_data->Cast<TimelineBinding>();
    scan->next = std::max<uint64_t>(1, binding.only.value_or(1));
    scan->last = binding.only.value_or(transaction_of(context, binding.catalog).view().head());
    return scan;
}

void next_commits(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    auto& scan = input.global_state->Cast<TimelineScan>();
    auto& history = input.bind_data->Cast<TimelineBinding>().catalog.core().history();
    const uint64_t until = std::min<uint64_t>(scan.last, scan.next + STANDARD_VECTOR_SIZE - 1);
    size_t row = 0;
    throw_if_error(history.scan(scan.next, until, [&](const timeline::HistoryCommit& commit) -> Status {
        fill_commit(commit, out, row++);
        return {};
    }));
    scan.next = until + 1;
    out.SetCardinality(row);
}

duckdb::unique_ptr<duckdb::FunctionData> bind_heads(duckdb::ClientContext& context, duckdb::TableFunctionBindInput&,
                                                    duckdb::vector<LogicalType>& types,
                                                    duckdb::vector<duckdb::string>& names) {
    add_column(types, names, "size", LogicalType::UBIGINT);
    add_column(types, names, "root", LogicalType::VARCHAR);
    add_column(types, names, "id", LogicalType::VARCHAR);
    return duckdb::make_uniq<TimelineBinding>(session_database(context));
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_heads(duckdb::ClientContext&,
                                                                 duckdb::TableFunctionInitInput& input) {
    auto scan = duckdb::make_uniq<TimelineScan>();
    auto& history = input.bind_data->Cast<TimelineBinding>().catalog.core().history();
    scan->heads = value_or_throw(history.recorded_heads());
    const timeline::TreeHead now = value_or_throw(history.head());
    if (scan->heads.empty() || scan->heads.back() != now) {
        scan->heads.push_back(now);
    }
    scan->next = 0;
    return scan;
}

void next_heads(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    auto& scan = input.global_state->Cast<TimelineScan>();
    size_t row = 0;
    for (; row < STANDARD_VECTOR_SIZE && scan.next < scan.heads.size(); ++row, ++scan.next) {
        const timeline::TreeHead& head = scan.heads[scan.next];
        out.SetValue(0, row, Value::UBIGINT(head.size));
        out.SetValue(1, row, Value(head.root.hex()));
        out.SetValue(2, row, Value(head.id().hex()));
    }
    out.SetCardinality(row);
}

duckdb::unique_ptr<duckdb::TableRef> replace_name(duckdb::ClientContext&, duckdb::ReplacementScanInput& input,
                                                  duckdb::optional_ptr<duckdb::ReplacementScanData>) {
    return read_as_table(input, {kCommits, kTreeHeads, kSnapshotsView, kWatermarksView});
}

}  // namespace

void register_timeline_functions(duckdb::ClientContext& context) {
    duckdb::TableFunction commits(kCommits, {}, next_commits, bind_commits, start_commits);
    commits.named_parameters["at"] = LogicalType::ANY;
    add_system_function(context, commits);
    add_system_function(context, duckdb::TableFunction(kTreeHeads, {}, next_heads, bind_heads, start_heads));
    add_system_function(context, change_function());
    add_system_function(context, all_changes_function());
    add_system_function(context, versions_function());
    add_system_function(context, blame_function());
    add_system_function(context, snapshots_function());
    add_system_function(context, watermarks_function());
    register_point_function(context);
}

void register_timeline_names(duckdb::DBConfig& config) { config.replacement_scans.emplace_back(replace_name); }

}  // namespace kodiak::engine
