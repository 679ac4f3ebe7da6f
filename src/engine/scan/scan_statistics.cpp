#include "engine/scan/scan_statistics.hpp"

#include <array>

#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"
#include "duckdb/storage/statistics/string_stats.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/scan/scan_binding.hpp"
#include "engine/scan/table_scan.hpp"
#include "engine/vectors/nested_bytes.hpp"

namespace kodiak::engine {

namespace {

// An int64 as the value of a number's type: its lowest bytes are the value in plain layout. Columns that were widened
// to 128 bits have narrow rows and bounds; what is above the int64 is its sign.
duckdb::Value plain_value(const duckdb::LogicalType& type, int64_t value) {
    std::array<int64_t, 2> wide{value, value < 0 ? -1 : 0};
    duckdb::Vector one(type, reinterpret_cast<duckdb::data_ptr_t>(wide.data()));
    return one.GetValue(0);
}

duckdb::BaseStatistics numeric(const duckdb::LogicalType& type, const storage::ColumnStatistics& known) {
    if (!known.has_range) {
        return duckdb::BaseStatistics::CreateUnknown(type);
    }
    auto result = duckdb::NumericStats::CreateEmpty(type);
    duckdb::NumericStats::SetMin(result, plain_value(type, known.min));
    duckdb::NumericStats::SetMax(result, plain_value(type, known.max));
    result.SetHasNoNull();
    return result;
}

duckdb::BaseStatistics text(const duckdb::LogicalType& type, const storage::ColumnStatistics& known) {
    if (!known.has_string_range) {
        return duckdb::BaseStatistics::CreateUnknown(type);
    }
    auto result = duckdb::StringStats::CreateEmpty(type);
    duckdb::StringStats::Update(result, duckdb::string_t(known.min_string));
    duckdb::StringStats::Update(result, duckdb::string_t(known.max_string));
    // Not only the bounds: other values may hold what they do not.
    duckdb::StringStats::SetContainsUnicode(result);
    duckdb::StringStats::SetMaxStringLength(result, static_cast<uint32_t>(known.max_string_bytes));
    result.SetHasNoNull();
    return result;
}

duckdb::BaseStatistics statistics_of(const duckdb::LogicalType& type, const storage::ColumnStatistics& known) {
    switch (duckdb::BaseStatistics::GetStatsType(type)) {
        case duckdb::StatisticsType::NUMERIC_STATS:
            return numeric(type, known);
        case duckdb::StatisticsType::STRING_STATS:
            return text(type, known);
        default:
            return duckdb::BaseStatistics::CreateUnknown(type);
    }
}

}  // namespace

namespace {

// Exact for the present. Rows of the past would have to be counted one by one: all that lie in its chunks are near
// enough for a plan.
uint64_t likely_rows(const storage::TableSnapshot& snapshot, bool is_past) {
    if (!is_past) {
        return snapshot.row_count();
    }
    uint64_t rows = 0;
    for (size_t i = 0; i < snapshot.chunk_count(); ++i) {
        rows += snapshot.rows_in(i);
    }
    return rows;
}

}  // namespace

duckdb::unique_ptr<duckdb::NodeStatistics> scan_cardinality(duckdb::ClientContext& context,
                                                            const duckdb::FunctionData* binding) {
    KodiakTableEntry& entry = binding->Cast<ScanBinding>().entry;
    const uint64_t rows = likely_rows(*current_snapshot(context, entry), entry.past().has_value());
    return duckdb::make_uniq<duckdb::NodeStatistics>(rows, rows);
}

duckdb::unique_ptr<duckdb::BaseStatistics> scan_statistics(duckdb::ClientContext& context,
                                                           const duckdb::FunctionData* binding,
                                                           duckdb::column_t column) {
    return kodiak_column_statistics(context, binding->Cast<ScanBinding>().entry, column);
}

duckdb::vector<duckdb::PartitionStatistics> scan_partition_statistics(duckdb::ClientContext& context,
                                                                      duckdb::GetPartitionStatsInput& input) {
    KodiakTableEntry& entry = input.bind_data->Cast<ScanBinding>().entry;
    if (entry.past()) {
        return {};
    }
    duckdb::PartitionStatistics all;
    all.row_start = 0;
    all.count = current_snapshot(context, entry)->row_count();
    all.count_type = duckdb::CountType::COUNT_EXACT;
    return {all};
}

duckdb::unique_ptr<duckdb::BaseStatistics> kodiak_column_statistics(duckdb::ClientContext& context,
                                                                    KodiakTableEntry& entry,
                                                                    duckdb::column_t column) {
    if (column >= entry.GetColumns().LogicalColumnCount()) {
        return nullptr;
    }
    const auto& definition = entry.GetColumns().GetColumn(duckdb::LogicalIndex(column));
    if (definition.Generated() || is_nested_vector(definition.Type())) {
        return nullptr;
    }
    const duckdb::LogicalType& type = definition.Type();
    const storage::ColumnStatistics known =
        current_snapshot(context, entry)->statistics(entry.column_id(definition.Physical()));
    duckdb::BaseStatistics result = statistics_of(type, known);
    if (known.may_have_null) {
        result.SetHasNull();
    } else {
        result.Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
    }
    if (known.distinct > 0) {
        result.SetDistinctCount(known.distinct);
    }
    return result.ToUnique();
}

}  // namespace kodiak::engine
