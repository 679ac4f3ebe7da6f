#include "engine/functions/tier_functions.hpp"

#include <fmt/format.h>

#include "duckdb/common/string_util.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/named_table.hpp"
#include "engine/functions/session_database.hpp"
#include "engine/functions/system_functions.hpp"
#include "engine/scan/column_decode.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

namespace {

using duckdb::LogicalType;
using duckdb::Value;

constexpr const char* kTableStats = "kodiak_table_stats";
constexpr const char* kTierMoves = "kodiak_tier_moves";
// More than anybody reads, and a text of a few tens of megabytes.
constexpr uint64_t kPlacementRowsMax = 1'000'000;

// A table whose few rows are made when a scan of it begins.
struct RowsBinding : public duckdb::TableFunctionData {
    explicit RowsBinding(KodiakCatalog& bound) : catalog(bound) {}
    KodiakCatalog& catalog;
    std::string table;
    std::string target;
};

struct RowsScan : public duckdb::GlobalTableFunctionState {
    std::vector<duckdb::vector<Value>> rows;
    size_t next = 0;
};

void next_rows(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    auto& scan = input.global_state->Cast<RowsScan>();
    size_t row = 0;
    for (; row < STANDARD_VECTOR_SIZE && scan.next < scan.rows.size(); ++row, ++scan.next) {
        for (size_t column = 0; column < scan.rows[scan.next].size(); ++column) {
            out.SetValue(column, row, scan.rows[scan.next][column]);
        }
    }
    out.SetCardinality(row);
}

using Columns = std::initializer_list<std::pair<const char*, LogicalType>>;

void set_columns(Columns columns, duckdb::vector<LogicalType>& types, duckdb::vector<duckdb::string>& names) {
    for (const auto& [name, type] : columns) {
        names.emplace_back(name);
        types.push_back(type);
    }
}

Value name_of(storage::Transaction& transaction, ObjectId table) {
    const auto object = transaction.catalog()->find(table);
    return object == nullptr ? Value(LogicalType::VARCHAR) : Value(object->name);
}

// --- kodiak_compact(table, target)

duckdb::unique_ptr<duckdb::FunctionData> bind_compact(duckdb::ClientContext& context,
                                                      duckdb::TableFunctionBindInput& input,
                                                      duckdb::vector<LogicalType>& types,
                                                      duckdb::vector<duckdb::string>& names) {
    set_columns({{"rewrites", LogicalType::UBIGINT},
                 {"files", LogicalType::UBIGINT},
                 {"rows", LogicalType::UBIGINT},
                 {"history_rows", LogicalType::UBIGINT},
                 {"bytes_before", LogicalType::UBIGINT},
                 {"bytes_after", LogicalType::UBIGINT}},
                types, names);
    auto binding = duckdb::make_uniq<RowsBinding>(session_database(context));
    binding->table = input.inputs[0].IsNull() ? "" : duckdb::StringValue::Get(input.inputs[0]);
    binding->target = input.inputs[1].IsNull() ? "" : duckdb::StringValue::Get(input.inputs[1]);
    return binding;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_compact(duckdb::ClientContext& context,
                                                                   duckdb::TableFunctionInitInput& input) {
    const auto& binding = input.bind_data->Cast<RowsBinding>();
    using Target = timeline::CompactionRequest::Target;
    timeline::CompactionRequest request;
    timeline::DatabaseCore* core = &binding.catalog.core();
    if (!binding.table.empty()) {
        KodiakTableEntry& table = named_table(context, binding.table);
        request.table = table.definition()->id;
        core = &table.core();
    }
    request.target = binding.target == "cold"   ? Target::kCold
                     : binding.target == "warm" ? Target::kWarm
                                                : Target::kSame;
    const timeline::CompactionReport report = value_or_throw(core->compact(request));
    auto scan = duckdb::make_uniq<RowsScan>();
    scan->rows.push_back({Value::UBIGINT(report.rewrites), Value::UBIGINT(report.files_written),
                          Value::UBIGINT(report.rows), Value::UBIGINT(report.history_rows),
                          Value::UBIGINT(report.bytes_before), Value::UBIGINT(report.bytes_after)});
    return scan;
}

// --- kodiak_table_stats

duckdb::unique_ptr<duckdb::FunctionData> bind_stats(duckdb::ClientContext& context, duckdb::TableFunctionBindInput&,
                                                    duckdb::vector<LogicalType>& types,
                                                    duckdb::vector<duckdb::string>& names) {
    names = {"table_name", "live_rows",    "closed_rows",   "history_rows", "hot_rows", "warm_rows", "cold_rows",
             "hot_bytes",  "warm_bytes",   "cold_bytes",    "history_bytes", "index_bytes", "files"};
    types.assign(names.size(), LogicalType::UBIGINT);
    types[0] = LogicalType::VARCHAR;
    return duckdb::make_uniq<RowsBinding>(session_database(context));
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_stats(duckdb::ClientContext& context,
                                                                 duckdb::TableFunctionInitInput& input) {
    KodiakCatalog& catalog = input.bind_data->Cast<RowsBinding>().catalog;
    storage::Transaction& transaction = transaction_of(context, catalog);
    auto scan = duckdb::make_uniq<RowsScan>();
    for (const timeline::TableStatistics& table : catalog.core().table_statistics()) {
        const Value name = name_of(transaction, table.table);
        if (name.IsNull()) {
            continue;
        }
        duckdb::vector<Value> row{name};
        for (const uint64_t number :
             {table.live_rows, table.closed_rows, table.history_rows, table.hot_rows, table.warm_rows, table.cold_rows,
              table.hot_bytes, table.warm_bytes, table.cold_bytes, table.history_bytes, table.index_bytes,
              table.files}) {
            row.push_back(Value::UBIGINT(number));
        }
        scan->rows.push_back(std::move(row));
    }
    return scan;
}

// --- kodiak_tier_moves

duckdb::unique_ptr<duckdb::FunctionData> bind_moves(duckdb::ClientContext& context, duckdb::TableFunctionBindInput&,
                                                    duckdb::vector<LogicalType>& types,
                                                    duckdb::vector<duckdb::string>& names) {
    set_columns({{"time", LogicalType::TIMESTAMP_TZ},
                 {"table_name", LogicalType::VARCHAR},
                 {"action", LogicalType::VARCHAR},
                 {"reason", LogicalType::VARCHAR},
                 {"rows", LogicalType::UBIGINT},
                 {"history_rows", LogicalType::UBIGINT},
                 {"bytes_before", LogicalType::UBIGINT},
                 {"bytes_after", LogicalType::UBIGINT},
                 {"cost_us", LogicalType::BIGINT},
                 {"error", LogicalType::VARCHAR},
                 {"attempt", LogicalType::UBIGINT},
                 {"next_attempt", LogicalType::TIMESTAMP_TZ}},
                types, names);
    return duckdb::make_uniq<RowsBinding>(session_database(context));
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_moves(duckdb::ClientContext& context,
                                                                 duckdb::TableFunctionInitInput& input) {
    KodiakCatalog& catalog = input.bind_data->Cast<RowsBinding>().catalog;
    storage::Transaction& transaction = transaction_of(context, catalog);
    const auto time = [](Timestamp at) { return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(at.micros)); };
    auto scan = duckdb::make_uniq<RowsScan>();
    for (const timeline::TierMove& move : catalog.core().tier_moves()) {
        const bool failed = !move.error.empty();
        scan->rows.push_back({time(move.time), name_of(transaction, move.table), Value(move.action),
                              Value(move.reason), Value::UBIGINT(move.report.rows),
                              Value::UBIGINT(move.report.history_rows), Value::UBIGINT(move.report.bytes_before),
                              Value::UBIGINT(move.report.bytes_after), Value::BIGINT(move.micros),
                              failed ? Value(move.error) : Value(LogicalType::VARCHAR), Value::UBIGINT(move.attempt),
                              failed ? time(move.next_attempt) : Value(LogicalType::TIMESTAMP_TZ)});
    }
    return scan;
}

// --- kodiak_placement(table)

// Writes the text of each visible row's key to the text of its tier.
void add_placed(const storage::TableSnapshot& rows, size_t chunk, const std::vector<ScannedColumn>& key,
                std::array<std::string, 3>& texts) {
    throw_if_error(rows.verify(chunk, stored_ids(key)));
    std::vector<uint32_t> slots(kRowsPerChunk);
    bool all = false;
    const size_t count = rows.visible(chunk, slots.data(), &all);
    const uint32_t* const chosen = all ? nullptr : slots.data();
    std::string& text = texts[static_cast<size_t>(rows.tier(chunk))];
    const char letter = "HWC"[static_cast<size_t>(rows.tier(chunk))];
    std::vector<duckdb::Vector> values;
    for (const ScannedColumn& column : key) {
        values.emplace_back(column.type);
        decode_column(column, column.in(rows.chunk(chunk)), chosen, count, values.back(), 0);
    }
    for (size_t i = 0; i < count; ++i) {
        text += letter;
        for (size_t k = 0; k < key.size(); ++k) {
            text += (k > 0 ? "/" : "") + values[k].GetValue(i).ToString();
        }
        if (key.empty()) {
            text += std::to_string(rows.chunk(chunk).row_id(all ? static_cast<uint32_t>(i) : slots[i]).counter);
        }
        text += ',';
    }
}

std::string placement_of(duckdb::ClientContext& context, const std::string& name) {
    KodiakTableEntry& table = named_table(context, name);
    table.core().settle();
    const catalog::ObjectPtr definition = table.definition();
    std::vector<ScannedColumn> key;
    const catalog::KeyConstraint* primary = definition->table().primary_key();
    for (const auto& column : table.GetColumns().Physical()) {
        const ColumnId id = table.column_id(column.Physical());
        if (primary != nullptr && std::ranges::find(primary->columns, id) != primary->columns.end()) {
            key.push_back(scanned_column(table, duckdb::ColumnIndex(column.Logical().index)));
        }
    }
    const auto rows = value_or_throw(transaction_of(context, table.ParentCatalog()).snapshot(definition->id));
    if (rows->row_count() > kPlacementRowsMax) {
        throw_error(make_error(ErrorCode::kTooLarge,
                               fmt::format("cannot show the placement of {} rows, {} at most", rows->row_count(),
                                           kPlacementRowsMax))
                        .with_hint("kodiak_table_stats counts them."));
    }
    std::array<std::string, 3> texts;
    for (size_t chunk = 0; chunk < rows->chunk_count(); ++chunk) {
        add_placed(*rows, chunk, key, texts);
    }
    return "Records: " + texts[0] + texts[1] + texts[2];
}

void placement(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
    result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    for (size_t row = 0; row < arguments.size(); ++row) {
        const Value name = arguments.GetValue(0, row);
        result.SetValue(row, name.IsNull() ? Value(LogicalType::VARCHAR)
                                           : Value(placement_of(state.GetContext(), duckdb::StringValue::Get(name))));
    }
}

// --- kodiak_set_options(table, names, values, resets)

void set_options(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
    duckdb::ClientContext& context = state.GetContext();
    result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    for (size_t row = 0; row < arguments.size(); ++row) {
        KodiakTableEntry& table = named_table(context, duckdb::StringValue::Get(arguments.GetValue(0, row)));
        const auto texts = [&](size_t column) {
            std::vector<std::string> all;
            const Value list = arguments.GetValue(column, row);  // its children must not outlive it
            for (const Value& value : duckdb::ListValue::GetChildren(list)) {
                all.push_back(duckdb::StringValue::Get(value));
            }
            return all;
        };
        const std::vector<std::string> names = texts(1);
        const std::vector<std::string> values = texts(2);
        catalog::CatalogObject changed = *table.definition();
        auto& options = std::get<catalog::TableDefinition>(changed.definition).options;
        std::vector<std::string> replaced = texts(3);
        replaced.insert(replaced.end(), names.begin(), names.end());
        std::erase_if(options, [&](const auto& option) {
            return std::ranges::find(replaced, option.first) != replaced.end();
        });
        for (size_t i = 0; i < names.size(); ++i) {
            options.emplace_back(names[i], values[i]);
        }
        std::ranges::sort(options);
        throw_if_error(transaction_of(context, table.ParentCatalog()).put_object(std::move(changed)));
        result.SetValue(row, Value::BOOLEAN(true));
    }
}

duckdb::unique_ptr<duckdb::TableRef> replace_name(duckdb::ClientContext&, duckdb::ReplacementScanInput& input,
                                                  duckdb::optional_ptr<duckdb::ReplacementScanData>) {
    return read_as_table(input, {kTableStats, kTierMoves});
}

}  // namespace

void register_tier_functions(duckdb::ClientContext& context) {
    const LogicalType text = LogicalType::VARCHAR;
    add_system_function(
        context, duckdb::TableFunction("kodiak_compact", {text, text}, next_rows, bind_compact, start_compact));
    add_system_function(context, duckdb::TableFunction(kTableStats, {}, next_rows, bind_stats, start_stats));
    add_system_function(context, duckdb::TableFunction(kTierMoves, {}, next_rows, bind_moves, start_moves));
    const LogicalType texts = LogicalType::LIST(text);
    for (duckdb::ScalarFunction function :
         {duckdb::ScalarFunction("kodiak_placement", {text}, text, placement),
          duckdb::ScalarFunction("kodiak_set_options", {text, texts, texts, texts}, LogicalType::BOOLEAN,
                                 set_options)}) {
        function.SetVolatile();
        add_system_function(context, function);
    }
}

void register_tier_names(duckdb::DBConfig& config) { config.replacement_scans.emplace_back(replace_name); }

}  // namespace kodiak::engine
