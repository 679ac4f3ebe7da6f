#include "engine/router/key_lookup.hpp"

#include <algorithm>

#include "engine/catalog/table_entry.hpp"
#include "engine/connection/query_result.hpp"
#include "engine/router/key_values.hpp"

namespace kodiak::engine {

using duckdb::LogicalTypeId;
using storage::TypedValue;

namespace {

// Whether PointReader gives what TypedRows would.
bool reads_alike(const duckdb::LogicalType& type) { return read_as(type) == type; }

bool is_unsigned(const duckdb::LogicalType& type) {
    return type.id() == LogicalTypeId::UTINYINT || type.id() == LogicalTypeId::USMALLINT ||
           type.id() == LogicalTypeId::UINTEGER || type.id() == LogicalTypeId::UBIGINT;
}

}  // namespace

KeyLookup::KeyLookup(catalog::KeyStatement statement) : state_(std::make_unique<State>(std::move(statement))) {}
KeyLookup::~KeyLookup() = default;
const std::vector<ResultColumnInfo>& KeyLookup::columns() const { return state_->columns; }
uint64_t KeyLookup::version() const { return state_->version; }
const TypedValue* KeyLookup::row() const { return state_->values.data(); }

bool KeyLookup::State::resolve(duckdb::ClientContext& context, Router& router, storage::Transaction& transaction,
                               timeline::DatabaseCore& core) {
    if (plan_ != nullptr && names_ == router.names()) {
        const catalog::ObjectPtr& definition = plan_->entry().definition();
        if (transaction.catalog()->find(definition->id) == definition) {
            return true;
        }
    }
    plan_ = router.plan_for(context, statement, transaction, core);
    names_ = router.names();
    if (plan_ != nullptr) {
        learn_plan();
    }
    return plan_ != nullptr;
}

void KeyLookup::State::learn_plan() {
    columns.clear();
    ++version;
    point_columns_.clear();
    reader_.reset();
    const auto& types = plan_->selected_types();
    for (size_t i = 0; i < types.size(); ++i) {
        columns.push_back(column_info(plan_->selected_names()[i], types[i]));
    }
    values.assign(types.size(), {});
    const auto& keys = plan_->key_types();
    is_point_ = !statement.range && keys.size() == 1 && keys[0].IsIntegral() &&
                keys[0].InternalType() != duckdb::PhysicalType::INT128 &&
                keys[0].InternalType() != duckdb::PhysicalType::UINT128 &&
                std::all_of(types.begin(), types.end(), reads_alike);
    key_is_unsigned_ = is_point_ && is_unsigned(keys[0]);
    for (size_t i = 0; is_point_ && i < types.size(); ++i) {
        point_columns_.push_back(plan_->selected_column(i));
    }
}

Result<LookupOutcome> KeyLookup::State::run(duckdb::ClientContext& context, storage::Transaction& transaction,
                                            uint64_t serial, std::span<const Parameter> parameters) {
    if (is_point_) {
        if (const auto key = integer_of(statement.key_values[0], parameters)) {
            return key_is_unsigned_ && *key < 0 ? LookupOutcome::kNoRow : find_point(transaction, serial, *key);
        }
    }
    if (!plan_->bind(statement, parameters)) {
        return LookupOutcome::kGeneralPath;
    }
    KODIAK_TRY_ASSIGN(duckdb::DataChunk* const row, plan_->find_row(transaction));
    if (row == nullptr) {
        return LookupOutcome::kNoRow;
    }
    rows_.take(context, *row);
    rows_.read(0, values.data());
    return LookupOutcome::kRow;
}

Status KeyLookup::State::follow(storage::Transaction& transaction, uint64_t serial) {
    const catalog::ObjectPtr& table = plan_->entry().definition();
    if (reader_ == nullptr || read_table_ != table) {
        KODIAK_TRY_ASSIGN(reader_, transaction.point_reader(table->id, plan_->key(), point_columns_));
        read_table_ = table;
    } else if (serial == 0 || serial != serial_) {
        KODIAK_TRY(transaction.take_over(*reader_));
    }
    serial_ = serial;
    return {};
}

Result<LookupOutcome> KeyLookup::State::find_point(storage::Transaction& transaction, uint64_t serial, int64_t key) {
    KODIAK_TRY(follow(transaction, serial));
    KODIAK_TRY_ASSIGN(const auto row, reader_->get(key));
    if (!row) {
        return LookupOutcome::kNoRow;
    }
    reader_->read(row, values.data());
    return LookupOutcome::kRow;
}

Result<LookupOutcome> KeyLookup::State::run_many(storage::Transaction& transaction, uint64_t serial,
                                                 std::span<const int64_t> keys,
                                                 const std::function<void(size_t)>& visit) {
    const bool has_strangers =
        key_is_unsigned_ && std::any_of(keys.begin(), keys.end(), [](int64_t key) { return key < 0; });
    if (!is_point_ || has_strangers) {
        return LookupOutcome::kGeneralPath;
    }
    KODIAK_TRY(follow(transaction, serial));
    if (reader_->has_changes()) {
        return LookupOutcome::kGeneralPath;
    }
    found_.resize(keys.size());
    KODIAK_TRY(reader_->multi_get(keys, found_));
    for (size_t i = 0; i < keys.size(); ++i) {
        if (found_[i]) {
            reader_->read(found_[i], values.data());
            visit(i);
        }
    }
    return LookupOutcome::kRow;
}

Result<LookupOutcome> KeyLookup::State::run_range(storage::Transaction& transaction, uint64_t serial, int64_t low,
                                                  int64_t high, const std::function<bool()>& visit) {
    if (!is_point_) {
        return LookupOutcome::kGeneralPath;
    }
    KODIAK_TRY(follow(transaction, serial));
    if (reader_->has_changes()) {
        return LookupOutcome::kGeneralPath;
    }
    KODIAK_TRY(reader_->scan(low, high, [&](const storage::PointReader::Row& row) {
        reader_->read(row, values.data());
        return visit();
    }));
    return LookupOutcome::kRow;
}

}  // namespace kodiak::engine
