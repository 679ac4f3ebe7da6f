#include "storage/point_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "storage/decode.hpp"
#include "storage/rows/canonical_row.hpp"
#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

namespace {

using catalog::Physical;

// Integers as int64, all else as it lies in plain layout.
Physical widened(Physical physical) {
    return catalog::is_narrowable(physical) && physical != Physical::kUint64 ? Physical::kInt64 : physical;
}

int64_t frame_value(const StoredColumn& column, uint32_t slot) {
    const auto at = [&](auto stored) { return static_cast<uint64_t>(stored[slot]); };
    switch (column.width) {
        case 0:
            return column.base;
        case 1:
            return static_cast<int64_t>(static_cast<uint64_t>(column.base) + at(column.data));
        case 2:
            return static_cast<int64_t>(static_cast<uint64_t>(column.base) +
                                        at(reinterpret_cast<const uint16_t*>(column.data)));
        case 4:
            return static_cast<int64_t>(static_cast<uint64_t>(column.base) +
                                        at(reinterpret_cast<const uint32_t*>(column.data)));
        default:
            return static_cast<int64_t>(static_cast<uint64_t>(column.base) +
                                        at(reinterpret_cast<const uint64_t*>(column.data)));
    }
}

// Asks the memory for what read_value() is going to touch first.
void prefetch_value(const StoredColumn& column, uint32_t slot) {
    __builtin_prefetch(column.data + size_t{slot} * column.width);
    if (column.validity != nullptr) {
        __builtin_prefetch(column.validity + slot / 64);
    }
}

// The same for a text behind its offset; what prefetch_value() asked for should be there.
void prefetch_text(const StoredColumn& column, uint32_t slot) {
    if (column.encoding == Encoding::kOffsets) {
        __builtin_prefetch(column.heap + reinterpret_cast<const uint32_t*>(column.data)[slot]);
    }
}

void read_value(const StoredColumn& column, uint32_t slot, TypedValue& value) {
    value.is_null = !column.is_valid(slot);
    if (value.is_null) {
        return;
    }
    if (column.physical == Physical::kString) {
        decode_strings(column, &slot, 1, reinterpret_cast<StringRef*>(value.bytes));
    } else if (column.encoding == Encoding::kFrame && catalog::is_narrowable(column.physical)) {
        *reinterpret_cast<int64_t*>(value.bytes) = frame_value(column, slot);
    } else {
        decode_fixed(column, widened(column.physical), &slot, 1, value.bytes);
    }
}

}  // namespace

PointReader::PointReader(StoreTransaction& transaction, catalog::ObjectPtr table, size_t key,
                         std::vector<ColumnId> columns)
    : transaction_(&transaction), table_(std::move(table)), key_(key), columns_(std::move(columns)) {}

PointReader::~PointReader() = default;

Result<std::unique_ptr<PointReader>> PointReader::open(StoreTransaction& transaction, ObjectId table, size_t key,
                                                       std::vector<ColumnId> columns) {
    catalog::ObjectPtr object = transaction.find_table(table);
    if (object == nullptr || key >= object->table().keys.size()) {
        return make_error(ErrorCode::kUndefinedTable, fmt::format("table with id {} has no such key", table.value));
    }
    std::unique_ptr<PointReader> reader(new PointReader(transaction, std::move(object), key, std::move(columns)));
    KODIAK_TRY(reader->prepare());
    return reader;
}

Status PointReader::prepare() {
    const catalog::TableDefinition& definition = table_->table();
    const std::vector<ColumnId>& key = definition.keys[key_].columns;
    const catalog::ColumnDefinition* key_column = definition.find_column(key[0]);
    if (key.size() != 1 || !catalog::is_narrowable(key_column->type.physical())) {
        return make_error(ErrorCode::kInvalidColumnReference,
                          fmt::format("key {} of table \"{}\" is not one integer column", key_, table_->name));
    }
    key_physical_ = key_column->type.physical();
    const bool is_unsigned = key_physical_ == Physical::kBool || key_physical_ == Physical::kUint8 ||
                             key_physical_ == Physical::kUint16 || key_physical_ == Physical::kUint32 ||
                             key_physical_ == Physical::kUint64;
    sign_bit_ = is_unsigned ? 0 : uint64_t{1} << 63;
    for (const ColumnId id : columns_) {
        const catalog::ColumnDefinition* column = definition.find_column(id);
        if (column == nullptr || column->is_generated()) {
            return make_error(ErrorCode::kUndefinedColumn,
                              fmt::format("table \"{}\" stores no column with id {}", table_->name, id.value));
        }
        KODIAK_TRY(add_missing(*column));
    }
    checked_columns_ = columns_;
    checked_columns_.push_back(key[0]);
    return follow(*transaction_);
}

Status PointReader::follow(StoreTransaction& transaction) {
    transaction_ = &transaction;
    with_changes_ = nullptr;
    pinned_ = nullptr;
    KODIAK_ASSERT(transaction.view().path.size() == 1);
    interval_ = transaction.view().path[0];
    BranchTable& rows = transaction.store().table(table_->id, interval_.branch);
    ChunkDirectory::Ptr chunks = transaction.committed(table_->id, interval_.branch);
    if (chunks != chunks_) {
        chunks_ = std::move(chunks);
        verified_.assign(chunks_->size() + chunks_->rewritten_size(), 0);
    }
    if (index_ == nullptr || !rows.has_index(*index_) || !transaction.holds_layout_of(rows)) {
        KODIAK_TRY_ASSIGN(index_, transaction.committed_index(*table_, table_->table().keys[key_].columns));
    }
    return {};
}

// What rows older than the column show.
Status PointReader::add_missing(const catalog::ColumnDefinition& column) {
    TypedValue& missing = missing_.emplace_back();
    missing.is_null = column.missing_value.empty();
    if (missing.is_null) {
        return {};
    }
    KODIAK_TRY_ASSIGN(PlainValue value, decode_value(column.type, column.missing_value));
    if (column.type.physical() == Physical::kString) {
        missing_texts_.push_back(std::make_unique<std::string>(std::move(value.text)));
        *reinterpret_cast<StringRef*>(missing.bytes) = StringRef(*missing_texts_.back());
        return {};
    }
    StoredColumn one;
    one.physical = column.type.physical();
    one.width = static_cast<uint8_t>(catalog::physical_bytes(one.physical));
    one.data = value.bytes;
    read_value(one, 0, missing);
    return {};
}

Result<std::unique_ptr<PointReader>> StoreTransaction::point_reader(ObjectId table, size_t key,
                                                                    std::vector<ColumnId> columns) {
    return PointReader::open(*this, table, key, std::move(columns));
}

Status StoreTransaction::take_over(PointReader& reader) { return reader.follow(*this); }

Result<PointReader::Row> PointReader::get(int64_t key) {
    if (has_changes()) {
        return get_with_changes(key);
    }
    index_->keys().find(index::KeyRef::integer(mapped(key)), found_);
    for (const Locator locator : found_) {
        KODIAK_TRY_ASSIGN(const Row row, visible(locator));
        if (row) {
            return row;
        }
    }
    return Row{};
}

bool PointReader::has_changes() const { return transaction_->find_writes(table_->id) != nullptr; }

namespace {

Error refuse_many() {
    return make_error(ErrorCode::kUnsupported,
                      "many rows at once cannot be read while the transaction has changes in the table")
        .with_hint("Use get() for each.");
}

}  // namespace

Status PointReader::scan(int64_t low, int64_t high, const std::function<bool(const Row&)>& visit) {
    if (has_changes()) {
        return refuse_many();
    }
    const bool is_unsigned = sign_bit_ == 0;
    if (low > high || (is_unsigned && high < 0)) {
        return {};
    }
    const uint64_t from = mapped(is_unsigned && low < 0 ? 0 : low);
    Status verdict;
    index_->keys().scan({index::KeyRef::integer(from), index::KeyRef::integer(mapped(high))},
                        index::ScanOrder::kAscending, [&](index::KeyRef, Locator locator) {
                            Result<Row> row = visible(locator);
                            if (!row.ok()) {
                                verdict = row.error();
                                return false;
                            }
                            return !*row || visit(*row);
                        });
    return verdict;
}

Status PointReader::multi_get(std::span<const int64_t> keys, std::span<Row> rows) {
    if (has_changes()) {
        return refuse_many();
    }
    batch_keys_.clear();
    for (const int64_t key : keys) {
        batch_keys_.push_back(index::KeyRef::integer(mapped(key)));
    }
    index_->keys().find_many(batch_keys_, batch_);
    for (const Locator locator : batch_.locators) {
        __builtin_prefetch((*chunks_)[locator.chunk()].chunk.get());
    }
    for (size_t i = 0; i < keys.size(); ++i) {
        rows[i] = Row{};
        for (const Locator locator : batch_.of(i)) {
            KODIAK_TRY_ASSIGN(const Row row, visible(locator));
            if (row) {
                rows[i] = row;
                break;
            }
        }
    }
    for (const Row& row : rows) {
        if (row && &row.chunk->schema() == schema_) {
            each_column(row, prefetch_value);
        }
    }
    return {};
}

// The version at a locator when the view shows it: the rules of TransactionSnapshot for one row.
Result<PointReader::Row> PointReader::visible(Locator locator) {
    if (locator.branch() != interval_.branch) {
        return Row{};
    }
    const DirectoryEntry& entry = (*chunks_)[locator.chunk()];
    const Chunk& chunk = *entry.chunk;
    if (entry.file != nullptr && verified_[checked_place(locator.chunk())] == 0) {
        KODIAK_TRY(verify(locator.chunk(), entry));
    }
    if (locator.slot() >= chunk.count() || !interval_.contains(chunk.created(locator.slot()))) {
        return Row{};
    }
    const ChunkEnds* ends = entry.state->ends();
    const uint64_t end = ends == nullptr ? 0 : ends->end(locator.slot());
    return end == 0 || end > interval_.upto ? Row{&chunk, locator.slot(), locator} : Row{};
}

Status PointReader::verify(uint64_t chunk_number, const DirectoryEntry& entry) {
    KODIAK_TRY(verify_columns(entry, checked_columns_));
    verified_[checked_place(chunk_number)] = 1;
    return {};
}

Result<PointReader::Row> PointReader::get_with_changes(int64_t key) {
    // In the key column's own width: little-endian, so its first bytes are the value.
    const ColumnView column{&key, nullptr, nullptr};
    KODIAK_TRY_ASSIGN(const auto locators,
                      transaction_->find_by_key(table_->id, key_, BatchView{1, std::span(&column, 1)}));
    if (!locators[0]) {
        return Row{};
    }
    KODIAK_TRY_ASSIGN(with_changes_, transaction_->snapshot(table_->id));
    KODIAK_TRY(with_changes_->verify(*locators[0], checked_columns_));
    auto place = with_changes_->find(*locators[0]);
    if (!place) {
        return Row{};
    }
    pinned_ = std::move(place->chunk);
    return Row{pinned_.get(), place->slot, {}};
}

template <class Visit>
void PointReader::each_column(const Row& row, Visit&& visit) const {
    for (const int position : positions_) {
        if (position >= 0) {
            visit(row.chunk->column(static_cast<size_t>(position)), row.slot);
        }
    }
}

void PointReader::learn_schema(const StoredSchema& schema) {
    positions_.clear();
    for (const ColumnId id : columns_) {
        positions_.push_back(schema.position(id));
    }
    schema_ = &schema;
}

void PointReader::read(const Row& row, TypedValue* values) {
    if (&row.chunk->schema() != schema_) {
        learn_schema(row.chunk->schema());
    }
    // A row's values lie in as many places as it has columns: all are asked for before the first is waited for.
    each_column(row, prefetch_value);
    each_column(row, prefetch_text);
    for (size_t i = 0; i < positions_.size(); ++i) {
        if (positions_[i] < 0) {
            values[i] = missing_[i];
        } else {
            read_value(row.chunk->column(static_cast<size_t>(positions_[i])), row.slot, values[i]);
        }
    }
}

}  // namespace kodiak::storage
