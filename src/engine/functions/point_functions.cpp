#include "engine/functions/point_functions.hpp"

#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"

#include "engine/catalog/past_point.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/session_database.hpp"
#include "engine/functions/system_functions.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "timeline/named_points.hpp"

namespace kodiak::engine {

namespace {

using catalog::ObjectKind;
using catalog::ObjectPtr;
using duckdb::LogicalType;
using duckdb::Value;
using Names = duckdb::vector<duckdb::string>;
using Types = duckdb::vector<LogicalType>;

struct PointsBinding : public duckdb::TableFunctionData {
    explicit PointsBinding(KodiakCatalog& bound) : catalog(bound) {}
    KodiakCatalog& catalog;
};

struct PointsScan : public duckdb::GlobalTableFunctionState {
    std::vector<ObjectPtr> points;
    catalog::CatalogState::Ptr state;
    uint64_t newest = 0;
    size_t next = 0;
};

duckdb::unique_ptr<duckdb::FunctionData> bind_snapshots(duckdb::ClientContext& context,
                                                        duckdb::TableFunctionBindInput&, Types& types, Names& names) {
    names = {"name", "commit_seq", "commit_id", "commit_time", "message", "head", "holds"};
    types = {LogicalType::VARCHAR, LogicalType::UBIGINT, LogicalType::VARCHAR, LogicalType::TIMESTAMP_TZ,
             LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::BOOLEAN};
    return duckdb::make_uniq<PointsBinding>(session_database(context));
}

duckdb::unique_ptr<duckdb::FunctionData> bind_watermarks(duckdb::ClientContext& context,
                                                         duckdb::TableFunctionBindInput&, Types& types, Names& names) {
    names = {"name", "tables", "commit_seq", "commit_id", "commit_time", "lag", "head", "holds"};
    types = {LogicalType::VARCHAR, LogicalType::LIST(LogicalType::VARCHAR), LogicalType::UBIGINT,
             LogicalType::VARCHAR, LogicalType::TIMESTAMP_TZ, LogicalType::UBIGINT, LogicalType::VARCHAR,
             LogicalType::BOOLEAN};
    return duckdb::make_uniq<PointsBinding>(session_database(context));
}

template <ObjectKind kKind>
duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start(duckdb::ClientContext& context,
                                                           duckdb::TableFunctionInitInput& input) {
    auto scan = duckdb::make_uniq<PointsScan>();
    storage::Transaction& transaction = transaction_of(context, input.bind_data->Cast<PointsBinding>().catalog);
    scan->state = transaction.catalog();
    scan->points = scan->state->list(kKind);
    scan->newest = transaction.view().head();
    return scan;
}

// What both views tell of the commit.
struct PlaceValues {
    Value time;
    Value head;
    bool holds = false;
};

PlaceValues place_values(const catalog::CatalogObject& object, timeline::History& history) {
    const catalog::PointDefinition& point = timeline::point_of(object);
    PlaceValues values;
    values.holds = timeline::verify_point(object, history).ok();
    if (point.commit <= history.size()) {
        values.head = Value(value_or_throw(history.head_at(point.commit)).id().hex());
    }
    if (point.commit > 0 && point.commit <= history.size()) {
        const timeline::HistoryCommit commit = value_or_throw(history.commit(point.commit));
        values.time = Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(commit.record.timestamp.micros));
    }
    return values;
}

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value tables_value(const catalog::PointDefinition& point, const catalog::CatalogState& state) {
    duckdb::vector<Value> tables;
    for (const ObjectId id : point.tables) {
        if (const ObjectPtr table = state.find(id)) {
            const ObjectPtr schema = state.find(table->schema);
            tables.emplace_back((schema == nullptr ? "" : schema->name + ".") + table->name);
        }
    }
    return point.tables.empty() ? Value(LogicalType::LIST(LogicalType::VARCHAR))
                                : Value::LIST(LogicalType::VARCHAR, std::move(tables));
}

void next_snapshots(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    auto& scan = input.global_state->Cast<PointsScan>();
    auto& history = input.bind_data->Cast<PointsBinding>().catalog.core().history();
    size_t row = 0;
    for (; row < STANDARD_VECTOR_SIZE && scan.next < scan.points.size(); ++row, ++scan.next) {
        const catalog::CatalogObject& object = *scan.points[scan.next];
        const catalog::PointDefinition& point = timeline::point_of(object);
        const PlaceValues place = place_values(object, history);
        const Value values[] = {Value(object.name),         Value::UBIGINT(point.commit),
                                text_or_null(point.commit_id), place.time, text_or_null(object.comment),
                                place.head,                 Value::BOOLEAN(place.holds)};
        for (size_t column = 0; column < std::size(values); ++column) {
            out.SetValue(column, row, values[column]);
        }
    }
    out.SetCardinality(row);
}

void next_watermarks(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    auto& scan = input.global_state->Cast<PointsScan>();
    auto& history = input.bind_data->Cast<PointsBinding>().catalog.core().history();
    size_t row = 0;
    for (; row < STANDARD_VECTOR_SIZE && scan.next < scan.points.size(); ++row, ++scan.next) {
        const catalog::CatalogObject& object = *scan.points[scan.next];
        const catalog::PointDefinition& point = timeline::point_of(object);
        const PlaceValues place = place_values(object, history);
        const uint64_t lag = scan.newest > point.commit ? scan.newest - point.commit : 0;
        const Value values[] = {Value(object.name), tables_value(point, *scan.state), Value::UBIGINT(point.commit),
                                text_or_null(point.commit_id), place.time, Value::UBIGINT(lag), place.head,
                                Value::BOOLEAN(place.holds)};
        for (size_t column = 0; column < std::size(values); ++column) {
            out.SetValue(column, row, values[column]);
        }
    }
    out.SetCardinality(row);
}

void resolve_points(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
    result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    for (size_t row = 0; row < arguments.size(); ++row) {
        const Value point = arguments.GetValue(0, row);
        if (point.IsNull()) {
            result.SetValue(row, Value());
            continue;
        }
        KodiakCatalog& catalog = session_database(state.GetContext());
        result.SetValue(row, Value::UBIGINT(resolve_value(point, catalog.core(),
                                                          transaction_of(state.GetContext(), catalog))));
    }
}

}  // namespace

duckdb::TableFunction snapshots_function() {
    return {kSnapshotsView, {}, next_snapshots, bind_snapshots, start<ObjectKind::kSnapshot>};
}

duckdb::TableFunction watermarks_function() {
    return {kWatermarksView, {}, next_watermarks, bind_watermarks, start<ObjectKind::kWatermark>};
}

void register_point_function(duckdb::ClientContext& context) {
    duckdb::ScalarFunction function("kodiak_point", {LogicalType::ANY}, LogicalType::UBIGINT, resolve_points);
    function.SetVolatile();
    function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    add_system_function(context, function);
}

}  // namespace kodiak::engine
