#include "engine/router/key_plan.hpp"

#include <algorithm>
#include <numeric>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/main/materialized_query_result.hpp"

#include "engine/catalog/noted_definitions.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/router/key_values.hpp"
#include "engine/scan/column_decode.hpp"

namespace kodiak::engine {

using catalog::KeyStatement;
using duckdb::PhysicalIndex;

namespace {

const duckdb::ColumnDefinition* find_column(const KodiakTableEntry& entry, const std::string& name) {
    return entry.ColumnExists(name) ? &entry.GetColumn(name) : nullptr;
}

duckdb::vector<duckdb::LogicalType> types_of(const std::vector<ScannedColumn>& columns) {
    duckdb::vector<duckdb::LogicalType> types;
    for (const ScannedColumn& column : columns) {
        types.push_back(column.type);
    }
    return types;
}

bool is_integer_key(const duckdb::vector<duckdb::LogicalType>& types) {
    return types.size() == 1 && types[0].IsIntegral() && duckdb::GetTypeIdSize(types[0].InternalType()) <= 8;
}

}  // namespace

std::unique_ptr<KeyPlan> KeyPlan::make(const KeyStatement& statement, KodiakTableEntry& entry) {
    std::unique_ptr<KeyPlan> plan(new KeyPlan(statement.kind, entry));
    return plan->resolve(statement) ? std::move(plan) : nullptr;
}

bool KeyPlan::resolve(const KeyStatement& statement) {
    if (!resolve_columns(statement.columns)) {
        return false;
    }
    switch (kind_) {
        case Kind::kSelect:
            range_ = statement.range;
            return resolve_key(statement.key_columns) && (!range_ || is_integer_key(key_types_));
        case Kind::kInsert:
            return columns_.size() == statement.values.size() && resolve_row();
        case Kind::kUpdate:
            return resolve_key(statement.key_columns) && resolve_row() &&
                   std::none_of(columns_.begin(), columns_.end(),
                                [&](PhysicalIndex index) { return in_key(entry_.column_id(index)); });
        case Kind::kDelete:
            return resolve_key(statement.key_columns) && resolve_row();
        case Kind::kUpsert: {
            std::vector<std::string> names;
            for (const PhysicalIndex index : columns_) {
                if (in_key(entry_.column_id(index))) {
                    names.push_back(entry_.GetColumns().GetColumn(index).Name());
                }
            }
            // Without a column to set, a row that is there is left alone.
            return columns_.size() == statement.values.size() && names.size() < columns_.size() &&
                   entry_.table().primary_key() != nullptr && resolve_key(names) && resolve_row();
        }
    }
    return false;
}

bool KeyPlan::in_key(ColumnId id) const {
    const catalog::KeyConstraint* primary = entry_.table().primary_key();
    return primary != nullptr &&
           std::find(primary->columns.begin(), primary->columns.end(), id) != primary->columns.end();
}

// The columns that are selected or written.
bool KeyPlan::resolve_columns(const std::vector<std::string>& names) {
    std::vector<const duckdb::ColumnDefinition*> columns;
    if (names.empty() && kind_ != Kind::kDelete) {
        for (const auto& column : entry_.GetColumns().Logical()) {
            columns.push_back(&column);
        }
    }
    for (const std::string& name : names) {
        columns.push_back(find_column(entry_, name));
    }
    for (const duckdb::ColumnDefinition* column : columns) {
        if (column == nullptr || column->Generated()) {
            return false;
        }
        if (kind_ == Kind::kSelect) {
            read_.push_back(scanned_column(entry_, duckdb::ColumnIndex(column->Logical().index)));
            names_.push_back(column->Name());
            continue;
        }
        if (!has_plain_casts(column->Type()) ||
            std::find(columns_.begin(), columns_.end(), column->Physical()) != columns_.end()) {
            return false;
        }
        columns_.push_back(column->Physical());
    }
    if (kind_ == Kind::kSelect) {
        selected_types_ = types_of(read_);
        row_.Initialize(duckdb::Allocator::DefaultAllocator(), selected_types_, kRangeRowsMax);
    }
    return true;
}

// Finds the key whose columns are just those of `names`.
bool KeyPlan::resolve_key(const std::vector<std::string>& names) {
    std::vector<ColumnId> ids;
    for (const std::string& name : names) {
        const duckdb::ColumnDefinition* column = find_column(entry_, name);
        if (column == nullptr || column->Generated() || !has_plain_keys(column->Type())) {
            return false;
        }
        ids.push_back(entry_.column_id(column->Physical()));
    }
    const auto& keys = entry_.table().keys;
    const auto fits = std::find_if(keys.begin(), keys.end(), [&](const catalog::KeyConstraint& key) {
        return (kind_ != Kind::kUpsert || key.is_primary) && key.columns.size() == ids.size() &&
               std::is_permutation(ids.begin(), ids.end(), key.columns.begin());
    });
    if (fits == keys.end()) {
        return false;
    }
    key_ = static_cast<size_t>(fits - keys.begin());
    for (const ColumnId id : fits->columns) {
        const auto at = static_cast<size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin());
        key_types_.push_back(find_column(entry_, names[at])->Type());
        key_operands_.push_back(at);
        if (kind_ == Kind::kUpsert) {
            const PhysicalIndex index = find_column(entry_, names[at])->Physical();
            key_operands_.back() =
                static_cast<size_t>(std::find(columns_.begin(), columns_.end(), index) - columns_.begin());
        }
    }
    key_order_.resize(key_types_.size());
    std::iota(key_order_.begin(), key_order_.end(), size_t{0});
    keys_.Initialize(duckdb::Allocator::DefaultAllocator(), key_types_, 1);
    return true;
}

// Whether a row can be written without computing anything for this column, `given` or not.
bool KeyPlan::fits_row(const duckdb::ColumnDefinition& column, bool given) const {
    const ColumnId id = entry_.column_id(column.Physical());
    if (given) {
        return !is_generated_always(*entry_.definition(), id);
    }
    const bool may_insert = kind_ == Kind::kInsert || kind_ == Kind::kUpsert;
    return !may_insert || !(column.HasDefaultValue() || in_key(id) || entry_.table().find_column(id)->not_null);
}

// Prepares for writing whole rows.
bool KeyPlan::resolve_row() {
    const auto& columns = entry_.GetColumns();
    if (!entry_.table().checks.empty()) {
        return false;
    }
    row_order_.resize(columns.PhysicalColumnCount());
    for (const auto& column : columns.Physical()) {
        const bool given = std::find(columns_.begin(), columns_.end(), column.Physical()) != columns_.end();
        if (!fits_row(column, given)) {
            return false;
        }
        row_order_[entry_.stored_position(column.Physical())] = column.Physical().index;
        read_.push_back(scanned_column(entry_, duckdb::ColumnIndex(column.Logical().index)));
    }
    row_.Initialize(duckdb::Allocator::DefaultAllocator(), types_of(read_), 1);
    return true;
}

bool KeyPlan::bind(const KeyStatement& statement, std::span<const Parameter> parameters) {
    values_.clear();
    steps_.clear();
    for (size_t i = 0; i < columns_.size(); ++i) {
        const duckdb::LogicalType& type = row_.data[columns_[i].index].GetType();
        steps_.emplace_back();
        if (statement.values[i].step != catalog::KeyOperand::Step::kSet) {
            steps_.back() = step_of(statement.values[i], parameters, type);
            if (!steps_.back()) {
                return false;
            }
            values_.emplace_back(type);
            continue;
        }
        auto value = to_value(statement.values[i], parameters, type);
        const ColumnId id = entry_.column_id(columns_[i]);
        if (!value || (value->IsNull() && (in_key(id) || entry_.table().find_column(id)->not_null))) {
            return false;
        }
        values_.push_back(std::move(*value));
    }
    if (range_) {
        return bind_range(statement, parameters);
    }
    keys_.Reset();
    for (size_t i = 0; i < key_operands_.size(); ++i) {
        const auto& operands = kind_ == Kind::kUpsert ? statement.values : statement.key_values;
        auto value = to_key(operands[key_operands_[i]], parameters, key_types_[i]);
        if (!value) {
            return false;
        }
        keys_.SetValue(i, 0, *value);
    }
    keys_.SetCardinality(1);
    return true;
}

// What `c = c + constant` adds to an INTEGER or BIGINT; other sums have types that DuckDB knows best.
std::optional<KeyPlan::Step> KeyPlan::step_of(const catalog::KeyOperand& operand,
                                              std::span<const Parameter> parameters,
                                              const duckdb::LogicalType& type) const {
    const bool is_plain = type.id() == duckdb::LogicalTypeId::INTEGER || type.id() == duckdb::LogicalTypeId::BIGINT;
    const auto constant = is_plain && !type.HasAlias() ? integer_of(operand, parameters) : std::nullopt;
    if (!constant || *constant < INT32_MIN || *constant > INT32_MAX) {
        return std::nullopt;
    }
    return Step{*constant, operand.step == catalog::KeyOperand::Step::kAdd};
}

// Turns steps into values, from the row in row_. kOutOfRange.
Status KeyPlan::take_steps() {
    for (size_t i = 0; i < columns_.size(); ++i) {
        if (!steps_[i]) {
            continue;
        }
        const duckdb::Vector& column = row_.data[columns_[i].index];
        const bool is_integer = column.GetType().id() == duckdb::LogicalTypeId::INTEGER;
        const duckdb::Value now = column.GetValue(0);
        int64_t sum = 0;
        const int64_t change = steps_[i]->adds ? steps_[i]->constant : -steps_[i]->constant;
        const bool fits = now.IsNull() || !__builtin_add_overflow(now.GetValue<int64_t>(), change, &sum);
        if (!fits || (is_integer && (sum < INT32_MIN || sum > INT32_MAX))) {
            // DuckDB's words.
            return make_error(ErrorCode::kOutOfRange,
                              std::string("Overflow in ") + (steps_[i]->adds ? "addition" : "subtraction") + " of " +
                                  (is_integer ? "INT32" : "INT64") + " (" + now.ToString() +
                                  (steps_[i]->adds ? " + " : " - ") + std::to_string(steps_[i]->constant) + ")!");
        }
        values_[i] = now.IsNull() ? now : is_integer ? duckdb::Value::INTEGER(static_cast<int32_t>(sum))
                                                     : duckdb::Value::BIGINT(sum);
    }
    return {};
}

Result<std::optional<KeyPlan::Found>> KeyPlan::find(storage::Transaction& transaction,
                                                    const std::vector<ScannedColumn>& read) {
    const ObjectId table = entry_.definition()->id;
    KODIAK_TRY_ASSIGN(const auto locators, transaction.find_by_key(table, key_, key_batch_.view(keys_, key_order_)));
    if (!locators[0]) {
        return std::optional<Found>();
    }
    KODIAK_TRY_ASSIGN(auto snapshot, transaction.snapshot(table));
    KODIAK_TRY(snapshot->verify(*locators[0], stored_ids(read)));
    auto place = snapshot->find(*locators[0]);
    if (!place) {
        return std::optional<Found>();
    }
    return std::optional(Found{*locators[0], std::move(snapshot), std::move(*place)});
}

Result<KeyRun> KeyPlan::run(duckdb::ClientContext& context, storage::Transaction& transaction) {
    if (kind_ == Kind::kSelect) {
        return range_ ? select_range(context, transaction) : select(context, transaction);
    }
    if (kind_ == Kind::kInsert) {
        return insert(transaction);
    }
    KODIAK_TRY_ASSIGN(const auto found, find(transaction, read_));
    if (!found) {
        return kind_ == Kind::kUpsert ? insert(transaction) : Result<KeyRun>(KeyRun{});
    }
    if (kind_ != Kind::kDelete) {
        load(found->place);
        KODIAK_TRY(take_steps());
    }
    bool erased = false;
    KODIAK_TRY(transaction.erase(entry_.definition()->id, std::span(&found->locator, 1), &erased));
    if (kind_ != Kind::kDelete && erased) {
        return update(transaction, *found);
    }
    KeyRun run;
    run.changed = erased ? 1 : 0;
    return run;
}

Result<duckdb::DataChunk*> KeyPlan::find_row(storage::Transaction& transaction) {
    KODIAK_TRY_ASSIGN(found_, find(transaction, read_));
    if (!found_) {
        return nullptr;
    }
    load(found_->place);
    return &row_;
}

Result<KeyRun> KeyPlan::select(duckdb::ClientContext& context, storage::Transaction& transaction) {
    KODIAK_TRY_ASSIGN(const duckdb::DataChunk* const row, find_row(transaction));
    KeyRun run = answer_with(context, row != nullptr);
    found_.reset();
    return run;
}

// The rows in row_ as a result.
KeyRun KeyPlan::answer_with(duckdb::ClientContext& context, bool any_rows) {
    auto rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(duckdb::Allocator::DefaultAllocator(),
                                                                selected_types_);
    if (any_rows) {
        rows->Append(row_);
    }
    duckdb::StatementProperties properties;
    properties.return_type = duckdb::StatementReturnType::QUERY_RESULT;
    KeyRun run;
    run.rows = duckdb::make_uniq<duckdb::MaterializedQueryResult>(
        duckdb::StatementType::SELECT_STATEMENT, properties, names_, std::move(rows), context.GetClientProperties());
    return run;
}

bool KeyPlan::bind_range(const KeyStatement& statement, std::span<const Parameter> parameters) {
    const auto low = integer_of(statement.key_values[0], parameters);
    const auto high = integer_of(statement.key_values[1], parameters);
    if (!low || !high || *low == INT64_MAX || *high == INT64_MIN) {
        return false;
    }
    low_ = *low + (statement.range->low_inclusive ? 0 : 1);
    high_ = *high - (statement.range->high_inclusive ? 0 : 1);
    return true;
}

Result<KeyRun> KeyPlan::select_range(duckdb::ClientContext& context, storage::Transaction& transaction) {
    KeyRun general;
    general.is_general = true;
    KODIAK_TRY_ASSIGN(const auto reader, transaction.point_reader(entry_.definition()->id, key_, stored_ids(read_)));
    if (reader->has_changes()) {
        return general;
    }
    found_rows_.clear();
    KODIAK_TRY(reader->scan(low_, high_, [&](const storage::PointReader::Row& row) {
        found_rows_.push_back(row);
        return found_rows_.size() <= kRangeRowsMax;
    }));
    if (found_rows_.size() > kRangeRowsMax) {
        return general;
    }
    using Order = KeyStatement::Range::Order;
    if (range_->order == Order::kDescending) {
        std::reverse(found_rows_.begin(), found_rows_.end());
    } else if (range_->order == Order::kNone) {
        // As a scan would show them.
        std::sort(found_rows_.begin(), found_rows_.end(), [](const auto& a, const auto& b) {
            return a.locator.value < b.locator.value;
        });
    }
    load_range();
    return answer_with(context, !found_rows_.empty());
}

void KeyPlan::load_range() {
    row_.Reset();
    for (size_t i = 0; i < read_.size(); ++i) {
        for (size_t at = 0; at < found_rows_.size(); ++at) {
            decode_column(read_[i], read_[i].in(*found_rows_[at].chunk), &found_rows_[at].slot, 1, row_.data[i], at);
        }
    }
    row_.SetCardinality(found_rows_.size());
}

// Puts the values of a row into row_.
void KeyPlan::load(const storage::TableSnapshot::Place& place) {
    row_.Reset();
    for (size_t i = 0; i < read_.size(); ++i) {
        decode_column(read_[i], read_[i].in(*place.chunk), &place.slot, 1, row_.data[i], 0);
    }
    row_.SetCardinality(1);
}

Result<KeyRun> KeyPlan::insert(storage::Transaction& transaction) {
    row_.Reset();
    for (duckdb::Vector& column : row_.data) {
        duckdb::FlatVector::SetNull(column, 0, true);
    }
    KODIAK_TRY(append(transaction, nullptr));
    KeyRun run;
    run.changed = 1;
    run.inserted = true;
    return run;
}

Result<KeyRun> KeyPlan::update(storage::Transaction& transaction, const Found& found) {
    KODIAK_TRY(append(transaction, &found.locator));
    KeyRun run;
    run.changed = 1;
    return run;
}

// Sets the bound values in row_ and hands it to the store.
Status KeyPlan::append(storage::Transaction& transaction, const Locator* replaced) {
    for (size_t i = 0; i < columns_.size(); ++i) {
        row_.SetValue(columns_[i].index, 0, values_[i]);
    }
    row_.SetCardinality(1);
    const storage::BatchView batch = row_batch_.view(row_, row_order_);
    KODIAK_TRY_ASSIGN(const auto job, transaction.write(entry_.definition()->id));
    const auto writer = job->writer();
    if (replaced != nullptr) {
        KODIAK_TRY(writer->append_versions(batch, std::span(replaced, 1)));
    } else {
        KODIAK_TRY(writer->append(batch));
    }
    KODIAK_TRY(writer->finish());
    return job->finish();
}

}  // namespace kodiak::engine
