#include "engine/scan/point_lookup.hpp"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/in_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/vectors/batch_columns.hpp"

namespace kodiak::engine {

namespace {

using duckdb::TableFilterType;

// Beyond this many key values a scan is as good.
constexpr size_t kKeyValuesMax = 1000;

// The values that a filter allows a column; nullptr when it does not fix them. An optional filter may be relied upon:
// rows that fail it are not wanted.
const duckdb::Value* equal_constant(const duckdb::TableFilter& filter) {
    if (filter.filter_type != TableFilterType::CONSTANT_COMPARISON) {
        return nullptr;
    }
    const auto& comparison = filter.Cast<duckdb::ConstantFilter>();
    return comparison.comparison_type == duckdb::ExpressionType::COMPARE_EQUAL ? &comparison.constant : nullptr;
}

std::optional<std::vector<duckdb::Value>> allowed_values(const duckdb::TableFilter& filter) {
    if (const duckdb::Value* constant = equal_constant(filter)) {
        return std::vector<duckdb::Value>{*constant};
    }
    switch (filter.filter_type) {
        case TableFilterType::IN_FILTER: {
            const auto& values = filter.Cast<duckdb::InFilter>().values;
            if (values.size() > kKeyValuesMax) {
                return std::nullopt;
            }
            return std::vector<duckdb::Value>(values.begin(), values.end());
        }
        case TableFilterType::OPTIONAL_FILTER: {
            const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
            return child ? allowed_values(*child) : std::nullopt;
        }
        case TableFilterType::CONJUNCTION_AND: {
            std::optional<std::vector<duckdb::Value>> fewest;
            for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
                auto allowed = allowed_values(*child);
                if (allowed.has_value() && (!fewest.has_value() || allowed->size() < fewest->size())) {
                    fewest = std::move(allowed);
                }
            }
            return fewest;
        }
        default:
            return std::nullopt;
    }
}

// What the filters say of a key's columns, in the key's order; empty when they do not fix the key.
struct KeyValues {
    std::vector<std::vector<duckdb::Value>> columns;
    std::vector<duckdb::LogicalType> types;
    size_t combinations = 1;
};

std::optional<KeyValues> values_of_key(const catalog::KeyConstraint& key, const duckdb::TableFilterSet& filters,
                                       const std::vector<ScannedColumn>& columns) {
    KeyValues result;
    for (const ColumnId id : key.columns) {
        const auto column = std::find_if(columns.begin(), columns.end(), [&](const ScannedColumn& c) {
            return c.kind == ScannedColumn::Kind::kStored && c.id == id;
        });
        if (column == columns.end() || column->nested) {
            return std::nullopt;
        }
        const auto filter = filters.filters.find(static_cast<size_t>(column - columns.begin()));
        auto allowed = filter == filters.filters.end() ? std::nullopt : allowed_values(*filter->second);
        if (!allowed.has_value()) {
            return std::nullopt;
        }
        const duckdb::LogicalType& type = column->type;
        std::erase_if(*allowed, [](const duckdb::Value& value) { return value.IsNull(); });
        if (std::any_of(allowed->begin(), allowed->end(), [&](const duckdb::Value& value) {
                return value.type().InternalType() != type.InternalType();
            })) {
            return std::nullopt;
        }
        result.combinations *= allowed->size();
        if (result.combinations > kKeyValuesMax) {
            return std::nullopt;
        }
        result.columns.push_back(std::move(*allowed));
        result.types.push_back(type);
    }
    return result;
}

// All combinations of the columns' values as rows.
void fill_keys(const KeyValues& values, duckdb::DataChunk& keys) {
    const duckdb::vector<duckdb::LogicalType> types(values.types.begin(), values.types.end());
    keys.Initialize(duckdb::Allocator::DefaultAllocator(), types);
    size_t repeat = 1;
    for (size_t column = 0; column < values.columns.size(); ++column) {
        const auto& allowed = values.columns[column];
        for (size_t row = 0; row < values.combinations; ++row) {
            duckdb::Value value = allowed[row / repeat % allowed.size()];
            value.Reinterpret(values.types[column]);
            keys.data[column].SetValue(row, value);
        }
        repeat *= allowed.size();
    }
    keys.SetCardinality(values.combinations);
}

}  // namespace

std::optional<std::vector<FoundRow>> find_rows_by_key(const KodiakTableEntry& entry, storage::Transaction& transaction,
                                                      const storage::TableSnapshot& snapshot,
                                                      const duckdb::TableFilterSet& filters,
                                                      const std::vector<ScannedColumn>& columns) {
    const auto& all_keys = entry.table().keys;
    for (size_t position = 0; position < all_keys.size(); ++position) {
        const auto values = values_of_key(all_keys[position], filters, columns);
        if (!values.has_value()) {
            continue;
        }
        std::vector<FoundRow> rows;
        if (values->combinations == 0) {
            return rows;
        }
        duckdb::DataChunk keys;
        fill_keys(*values, keys);
        std::vector<size_t> order(values->columns.size());
        for (size_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        BatchColumns batch;
        auto locators =
            value_or_throw(transaction.find_by_key(entry.definition()->id, position, batch.view(keys, order)));
        std::sort(locators.begin(), locators.end());
        locators.erase(std::unique(locators.begin(), locators.end()), locators.end());
        const std::vector<ColumnId> read = stored_ids(columns);
        for (const std::optional<Locator>& locator : locators) {
            if (!locator.has_value()) {
                continue;
            }
            throw_if_error(snapshot.verify(*locator, read));
            if (auto place = snapshot.find(*locator)) {
                rows.push_back({std::move(place->chunk), place->slot, *locator});
            }
        }
        return rows;
    }
    return std::nullopt;
}

}  // namespace kodiak::engine
