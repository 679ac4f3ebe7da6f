#include "storage/table/key_reader.hpp"

#include <algorithm>
#include <cstring>

#include "base/result/assert.hpp"
#include "storage/decode.hpp"

namespace kodiak::storage {

using catalog::Physical;

namespace {

template <class T>
T as(const void* value) {
    T result;
    std::memcpy(&result, value, sizeof result);
    return result;
}

// Interval ordering for keys: by its normalised length, months of 30 days, as the engine compares intervals.
struct IntervalParts {
    int32_t months;
    int32_t days;
    int64_t micros;
};

void append_interval(index::KeyBuilder& builder, const void* value) {
    constexpr int64_t kMicrosPerDay = int64_t{86'400} * 1'000'000;
    const auto parts = as<IntervalParts>(value);
    int64_t days = int64_t{parts.days} + parts.micros / kMicrosPerDay;
    int64_t micros = parts.micros % kMicrosPerDay;
    int64_t months = int64_t{parts.months} + days / 30;
    days %= 30;
    builder.integer(months).integer(days).integer(micros);
}

}  // namespace

KeyReader::KeyReader(const catalog::TableDefinition& table, std::vector<ColumnId> columns)
    : columns_(std::move(columns)) {
    for (const ColumnId id : columns_) {
        const catalog::ColumnDefinition* column = table.find_column(id);
        KODIAK_ASSERT(column != nullptr);
        Field field;
        field.physical = column->type.physical();
        if (!column->missing_value.empty()) {
            auto missing = decode_value(column->type, column->missing_value);
            if (missing.ok()) {
                field.has_missing = true;
                field.missing = std::move(missing).value();
            }
        }
        fields_.push_back(std::move(field));
    }
    if (fields_.size() == 1 && catalog::is_narrowable(fields_[0].physical)) {
        form_ = index::KeyForm::kInteger;
    }
}

bool KeyReader::same_keys_as(const KeyReader& other) const {
    const auto same = [](const Field& a, const Field& b) { return a.physical == b.physical; };
    return columns_ == other.columns_ &&
           std::equal(fields_.begin(), fields_.end(), other.fields_.begin(), other.fields_.end(), same);
}

namespace {

// True when values stored as `stored` can be read as `wanted`. Rows of before a change of type that rewrote the table
// cannot; nobody looks for them by the new key.
bool is_readable_as(Physical stored, Physical wanted) {
    if (stored == wanted || (stored == Physical::kFloat && wanted == Physical::kDouble)) {
        return true;
    }
    const bool is_wide = wanted == Physical::kInt128 || wanted == Physical::kUint128;
    return catalog::is_narrowable(stored) && (catalog::is_narrowable(wanted) || is_wide);
}

}  // namespace

const void* KeyReader::load(const StoredColumn& column, uint32_t slot, const Field& field) {
    if (field.physical == Physical::kString) {
        StringRef text;
        decode_strings(column, &slot, 1, &text);
        std::memcpy(scratch_, &text, sizeof text);
    } else {
        decode_fixed(column, field.physical, &slot, 1, scratch_);
    }
    return scratch_;
}

index::KeyRef KeyReader::integer(const Field& field, const void* value) const {
    using index::integer_key;
    using index::KeyRef;
    switch (field.physical) {
        case Physical::kBool:
        case Physical::kUint8: return KeyRef::integer(integer_key(as<uint8_t>(value)));
        case Physical::kUint16: return KeyRef::integer(integer_key(as<uint16_t>(value)));
        case Physical::kUint32: return KeyRef::integer(integer_key(as<uint32_t>(value)));
        case Physical::kUint64: return KeyRef::integer(integer_key(as<uint64_t>(value)));
        case Physical::kInt8: return KeyRef::integer(integer_key(as<int8_t>(value)));
        case Physical::kInt16: return KeyRef::integer(integer_key(as<int16_t>(value)));
        case Physical::kInt32: return KeyRef::integer(integer_key(as<int32_t>(value)));
        default: return KeyRef::integer(integer_key(as<int64_t>(value)));
    }
}

void KeyReader::append(const Field& field, const void* value) {
    switch (field.physical) {
        case Physical::kBool: builder_.boolean(as<uint8_t>(value) != 0); return;
        case Physical::kInt8: builder_.integer(as<int8_t>(value)); return;
        case Physical::kInt16: builder_.integer(as<int16_t>(value)); return;
        case Physical::kInt32: builder_.integer(as<int32_t>(value)); return;
        case Physical::kInt64: builder_.integer(as<int64_t>(value)); return;
        case Physical::kUint8: builder_.integer(as<uint8_t>(value)); return;
        case Physical::kUint16: builder_.integer(as<uint16_t>(value)); return;
        case Physical::kUint32: builder_.integer(as<uint32_t>(value)); return;
        case Physical::kUint64: builder_.integer(as<uint64_t>(value)); return;
        case Physical::kInt128:
            builder_.signed_huge(as<int64_t>(static_cast<const char*>(value) + 8), as<uint64_t>(value));
            return;
        case Physical::kUint128:
            builder_.unsigned_huge(as<uint64_t>(static_cast<const char*>(value) + 8), as<uint64_t>(value));
            return;
        case Physical::kFloat: builder_.real(as<float>(value)); return;
        case Physical::kDouble: builder_.real(as<double>(value)); return;
        case Physical::kInterval: append_interval(builder_, value); return;
        case Physical::kString: builder_.bytes(as<StringRef>(value).view()); return;
    }
}

Result<std::optional<index::KeyRef>> KeyReader::read(const Chunk& chunk, uint32_t slot) {
    if (positions_of_ != &chunk.schema()) {
        positions_.clear();
        for (const ColumnId id : columns_) {
            positions_.push_back(chunk.schema().position(id));
        }
        positions_of_ = &chunk.schema();
    }
    builder_.clear();
    for (size_t i = 0; i < fields_.size(); ++i) {
        const Field& field = fields_[i];
        const void* value = nullptr;
        if (positions_[i] < 0) {
            if (!field.has_missing) {
                return std::optional<index::KeyRef>();
            }
            value = field.missing.bytes;
        } else {
            const StoredColumn& column = chunk.column(static_cast<size_t>(positions_[i]));
            if (!column.is_valid(slot) || !is_readable_as(column.physical, field.physical)) {
                return std::optional<index::KeyRef>();
            }
            value = load(column, slot, field);
        }
        if (form_ == index::KeyForm::kInteger) {
            return std::optional(integer(field, value));
        }
        append(field, value);
    }
    KODIAK_TRY_ASSIGN(const index::KeyRef key, builder_.key());
    return std::optional(key);
}

Result<std::optional<index::KeyRef>> KeyReader::read(const BatchView& keys, size_t row) {
    KODIAK_ASSERT(keys.columns.size() == fields_.size());
    builder_.clear();
    for (size_t i = 0; i < fields_.size(); ++i) {
        const ColumnView& column = keys.columns[i];
        if (!column.is_valid(row)) {
            return std::optional<index::KeyRef>();
        }
        const auto* value = static_cast<const char*>(column.data) +
                            size_t{column.position(row)} * catalog::physical_bytes(fields_[i].physical);
        if (form_ == index::KeyForm::kInteger) {
            return std::optional(integer(fields_[i], value));
        }
        append(fields_[i], value);
    }
    KODIAK_TRY_ASSIGN(const index::KeyRef key, builder_.key());
    return std::optional(key);
}

namespace {

std::string value_text(const StoredColumn& column, uint32_t slot) {
    constexpr size_t kShownBytes = 40;
    if (!column.is_valid(slot)) {
        return "NULL";
    }
    if (column.physical == Physical::kString) {
        StringRef text;
        decode_strings(column, &slot, 1, &text);
        std::string shown(text.view().substr(0, kShownBytes));
        return text.view().size() > kShownBytes ? shown + "..." : shown;
    }
    if (column.physical == Physical::kDouble || column.physical == Physical::kFloat) {
        double value = 0;
        decode_fixed(column, Physical::kDouble, &slot, 1, &value);
        return std::to_string(value);
    }
    if (column.physical == Physical::kUint64) {
        uint64_t value = 0;
        decode_fixed(column, Physical::kUint64, &slot, 1, &value);
        return std::to_string(value);
    }
    if (!catalog::is_narrowable(column.physical)) {
        return "...";
    }
    int64_t value = 0;
    decode_fixed(column, Physical::kInt64, &slot, 1, &value);
    return std::to_string(value);
}

}  // namespace

std::string describe_key(const catalog::TableDefinition& table, const std::vector<ColumnId>& columns,
                         const Chunk& chunk, uint32_t slot) {
    std::string names;
    std::string values;
    for (const ColumnId id : columns) {
        const catalog::ColumnDefinition* column = table.find_column(id);
        const int position = chunk.schema().position(id);
        names += (names.empty() ? "" : ", ") + (column != nullptr ? column->name : "?");
        values += values.empty() ? "" : ", ";
        values += position < 0 ? "NULL" : value_text(chunk.column(static_cast<size_t>(position)), slot);
    }
    return "(" + names + ")=(" + values + ")";
}

}  // namespace kodiak::storage
