#include "engine/functions/version_functions.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "engine/catalog/past_point.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/named_table.hpp"
#include "engine/functions/table_columns.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "storage/rows/canonical_row.hpp"

namespace kodiak::engine {

namespace {

using duckdb::LogicalType;
using duckdb::Value;
using Names = duckdb::vector<duckdb::string>;
using Types = duckdb::vector<LogicalType>;

// Column ids of the pseudo columns, behind those that DuckDB uses itself.
constexpr duckdb::column_t kFirstPseudo = 100;
enum class Pseudo : uint8_t { kRowId, kCommit, kRowStart, kRowEnd };
struct PseudoColumn {
    Pseudo which;
    const char* name;
    duckdb::LogicalTypeId type;
};
constexpr PseudoColumn kPseudoColumns[] = {
    {Pseudo::kRowId, "_row_id", duckdb::LogicalTypeId::VARCHAR},
    {Pseudo::kCommit, "_commit", duckdb::LogicalTypeId::UBIGINT},
    {Pseudo::kRowStart, "_row_start", duckdb::LogicalTypeId::TIMESTAMP_TZ},
    {Pseudo::kRowEnd, "_row_end", duckdb::LogicalTypeId::TIMESTAMP_TZ},
};

struct Version {
    RowId row;
    storage::VersionPlace place;
    uint64_t created = 0;
    uint64_t ended = 0;  // 0 = alive
};

struct VersionsBinding : public duckdb::TableFunctionData {
    explicit VersionsBinding(KodiakTableEntry& table) : entry(table), table_columns(columns_of(table)) {}
    KodiakTableEntry& entry;
    TableColumns table_columns;
    uint64_t from = 0;            // versions that ended here or earlier are left out
    uint64_t upto = UINT64_MAX;   // and those that were created later
};

struct VersionsScan : public duckdb::GlobalTableFunctionState {
    std::vector<Version> versions;
    std::vector<duckdb::column_t> columns;
    size_t next = 0;
    std::map<uint64_t, Value> times;  // of commits
};

// All versions of all rows, in the order in which they were written.
std::vector<Version> all_versions(duckdb::ClientContext& context, const VersionsBinding& binding) {
    storage::Transaction& transaction = transaction_of(context, binding.entry.ParentCatalog());
    const auto changes = value_or_throw(transaction.changes(*binding.entry.definition(), 0,
                                                            transaction.view().head(), binding.table_columns.ids()));
    std::vector<Version> versions;
    std::unordered_map<RowId, size_t> alive;
    for (const storage::RowChange& change : changes) {
        if (const auto open = alive.find(change.row); open != alive.end()) {
            versions[open->second].ended = change.seq;
            alive.erase(open);
        }
        if (change.after.chunk != nullptr) {
            alive[change.row] = versions.size();
            versions.push_back({change.row, change.after, change.seq, 0});
        }
    }
    return versions;
}

duckdb::unique_ptr<VersionsBinding> bind_table(duckdb::ClientContext& context,
                                               duckdb::TableFunctionBindInput& input, const char* function) {
    if (input.inputs[0].IsNull()) {
        throw_error(make_error(ErrorCode::kInvalidValue, fmt::format("{} needs the name of a table", function)));
    }
    return duckdb::make_uniq<VersionsBinding>(named_table(context, duckdb::StringValue::Get(input.inputs[0])));
}

duckdb::unique_ptr<duckdb::FunctionData> bind_versions(duckdb::ClientContext& context,
                                                       duckdb::TableFunctionBindInput& input, Types& types,
                                                       Names& names) {
    auto binding = bind_table(context, input, "kodiak_versions");
    const storage::Transaction& transaction = transaction_of(context, binding->entry.ParentCatalog());
    const auto point = [&](const char* name) -> const Value* {
        const auto found = input.named_parameters.find(name);
        return found == input.named_parameters.end() || found->second.IsNull() ? nullptr : &found->second;
    };
    if (const Value* from = point("from")) {
        binding->from = resolve_value(*from, binding->entry.core(), transaction);
    }
    if (const Value* upto = point("upto")) {
        binding->upto = resolve_value(*upto, binding->entry.core(), transaction);
    }
    if (const Value* before = point("before")) {
        binding->upto = std::min(binding->upto, resolve_first(*before, binding->entry.core(), transaction) - 1);
    }
    for (size_t i = 0; i < binding->table_columns.columns.size(); ++i) {
        names.push_back(binding->table_columns.names[i]);
        types.push_back(binding->table_columns.columns[i].type);
    }
    return binding;
}

duckdb::virtual_column_map_t pseudo_columns(duckdb::ClientContext&,
                                            duckdb::optional_ptr<duckdb::FunctionData> bound) {
    const auto& binding = bound->Cast<VersionsBinding>();
    duckdb::virtual_column_map_t columns;
    for (const PseudoColumn& pseudo : kPseudoColumns) {
        if (binding.entry.table().find_column(pseudo.name) == nullptr) {
            columns.emplace(duckdb::VIRTUAL_COLUMN_START + kFirstPseudo + static_cast<uint8_t>(pseudo.which),
                            duckdb::TableColumn(pseudo.name, LogicalType(pseudo.type)));
        }
    }
    return columns;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_versions(duckdb::ClientContext& context,
                                                                    duckdb::TableFunctionInitInput& input) {
    const auto& binding = input.bind_data->Cast<VersionsBinding>();
    auto scan = duckdb::make_uniq<VersionsScan>();
    scan->columns = input.column_ids;
    scan->versions = all_versions(context, binding);
    std::erase_if(scan->versions, [&](const Version& version) {
        return version.created > binding.upto || (version.ended != 0 && version.ended <= binding.from);
    });
    return scan;
}

const Value& time_of(uint64_t commit, const VersionsBinding& binding, VersionsScan& scan) {
    const auto [known, is_new] = scan.times.try_emplace(commit);
    if (is_new && commit != 0) {
        const auto record = value_or_throw(binding.entry.core().history().commit(commit)).record;
        known->second = Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(record.timestamp.micros));
    }
    return known->second;
}

Value pseudo_value(Pseudo which, const Version& version, const VersionsBinding& binding, VersionsScan& scan) {
    switch (which) {
        case Pseudo::kRowId:
            return Value(fmt::format("{}:{}", version.row.origin.value, version.row.counter));
        case Pseudo::kCommit:
            return Value::UBIGINT(version.created);
        case Pseudo::kRowStart:
            return time_of(version.created, binding, scan);
        case Pseudo::kRowEnd:
            return time_of(version.ended, binding, scan);
    }
    return Value();
}

void next_versions(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    const auto& binding = input.bind_data->Cast<VersionsBinding>();
    auto& scan = input.global_state->Cast<VersionsScan>();
    size_t row = 0;
    for (; row < STANDARD_VECTOR_SIZE && scan.next < scan.versions.size(); ++row, ++scan.next) {
        const Version& version = scan.versions[scan.next];
        for (size_t i = 0; i < scan.columns.size(); ++i) {
            const duckdb::column_t column = scan.columns[i];
            if (column < binding.table_columns.columns.size()) {
                fill_cell(binding.table_columns.columns[column], version.place, out.data[i], row);
                continue;
            }
            const duckdb::column_t pseudo = column - duckdb::VIRTUAL_COLUMN_START - kFirstPseudo;
            if (pseudo < std::size(kPseudoColumns)) {
                out.SetValue(i, row, pseudo_value(kPseudoColumns[pseudo].which, version, binding, scan));
            }
        }
    }
    out.SetCardinality(row);
}

// --- blame

enum Blamed : size_t { kBlamedRow, kBlamedKey, kBlamedColumn, kBlamedValue, kBlamedSeq, kBlamedId, kBlamedTime,
                       kBlamedAuthor, kBlamedMessage };

struct BlamedCell {
    size_t version = 0;  // the newest one of the row
    size_t column = 0;
    uint64_t commit = 0;
};

struct BlameScan : public duckdb::GlobalTableFunctionState {
    std::vector<Version> versions;
    std::vector<BlamedCell> cells;
    size_t next = 0;
};

duckdb::unique_ptr<duckdb::FunctionData> bind_blame(duckdb::ClientContext& context,
                                                    duckdb::TableFunctionBindInput& input, Types& types,
                                                    Names& names) {
    auto binding = bind_table(context, input, "kodiak_blame");
    names = {"row_id", "key", "column_name", "value", "commit_seq", "commit_id", "commit_time", "author", "message"};
    types = {LogicalType::VARCHAR, binding->table_columns.key_type, LogicalType::VARCHAR, LogicalType::VARCHAR,
             LogicalType::UBIGINT, LogicalType::VARCHAR, LogicalType::TIMESTAMP_TZ, LogicalType::VARCHAR,
             LogicalType::VARCHAR};
    return binding;
}

// One cell's canonical bytes. Cells of before the column existed are one value of their own.
std::string cell_bytes(const ScannedColumn& column, const storage::VersionPlace& place) {
    const int position = place.chunk->schema().position(column.id);
    std::string bytes;
    if (position < 0) {
        return "missing";
    }
    std::vector<uint64_t> offsets;
    const size_t positions[] = {static_cast<size_t>(position)};
    storage::RowEncoder(place.chunk->schema_ptr()).encode_key(positions, *place.chunk, &place.slot, 1, bytes, offsets);
    return bytes;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_blame(duckdb::ClientContext& context,
                                                                 duckdb::TableFunctionInitInput& input) {
    const auto& binding = input.bind_data->Cast<VersionsBinding>();
    auto scan = duckdb::make_uniq<BlameScan>();
    scan->versions = all_versions(context, binding);
    std::map<RowId, std::vector<size_t>> of_row;
    for (size_t i = 0; i < scan->versions.size(); ++i) {
        of_row[scan->versions[i].row].push_back(i);
    }
    for (const auto& [row, versions] : of_row) {
        const Version& newest = scan->versions[versions.back()];
        for (size_t column = 0; newest.ended == 0 && column < binding.table_columns.columns.size(); ++column) {
            const ScannedColumn& scanned = binding.table_columns.columns[column];
            const std::string value = cell_bytes(scanned, newest.place);
            uint64_t commit = newest.created;
            for (auto older = std::next(versions.rbegin()); older != versions.rend(); ++older) {
                if (cell_bytes(scanned, scan->versions[*older].place) != value) {
                    break;
                }
                commit = scan->versions[*older].created;
            }
            scan->cells.push_back({versions.back(), column, commit});
        }
    }
    return scan;
}

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

void next_blame(duckdb::ClientContext& context, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    const auto& binding = input.bind_data->Cast<VersionsBinding>();
    auto& scan = input.global_state->Cast<BlameScan>();
    size_t row = 0;
    for (; row < STANDARD_VECTOR_SIZE && scan.next < scan.cells.size(); ++row, ++scan.next) {
        const BlamedCell& cell = scan.cells[scan.next];
        const Version& version = scan.versions[cell.version];
        const ScannedColumn& column = binding.table_columns.columns[cell.column];
        const timeline::HistoryCommit commit = value_or_throw(binding.entry.core().history().commit(cell.commit));
        duckdb::Vector value(column.type, 1);
        fill_cell(column, version.place, value, 0);
        const Value shown = value.GetValue(0);
        out.SetValue(kBlamedRow, row, Value(fmt::format("{}:{}", version.row.origin.value, version.row.counter)));
        fill_row(binding.table_columns, binding.table_columns.key, version.place, out.data[kBlamedKey], row);
        out.SetValue(kBlamedColumn, row, Value(binding.table_columns.names[cell.column]));
        out.SetValue(kBlamedValue, row, shown.CastAs(context, LogicalType::VARCHAR));
        out.SetValue(kBlamedSeq, row, Value::UBIGINT(cell.commit));
        out.SetValue(kBlamedId, row, Value(commit.record.id.text()));
        out.SetValue(kBlamedTime, row,
                     Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(commit.record.timestamp.micros)));
        out.SetValue(kBlamedAuthor, row, text_or_null(commit.record.author));
        out.SetValue(kBlamedMessage, row, text_or_null(commit.record.message));
    }
    out.SetCardinality(row);
}

duckdb::unique_ptr<duckdb::NodeStatistics> cardinality(duckdb::ClientContext&, const duckdb::FunctionData*) {
    return duckdb::make_uniq<duckdb::NodeStatistics>();
}

}  // namespace

duckdb::TableFunction versions_function() {
    duckdb::TableFunction function("kodiak_versions", {LogicalType::VARCHAR}, next_versions, bind_versions,
                                   start_versions);
    for (const char* parameter : {"from", "upto", "before"}) {
        function.named_parameters[parameter] = LogicalType::ANY;
    }
    function.get_virtual_columns = pseudo_columns;
    function.projection_pushdown = true;
    function.cardinality = cardinality;
    return function;
}

duckdb::TableFunction blame_function() {
    duckdb::TableFunction function("kodiak_blame", {LogicalType::VARCHAR}, next_blame, bind_blame, start_blame);
    function.cardinality = cardinality;
    return function;
}

}  // namespace kodiak::engine
