#include "engine/code/code_values.hpp"

#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/interval.hpp"

#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"

namespace kodiak::engine {

using catalog::Physical;
using catalog::TypeKind;
using language::Value;

duckdb::LogicalType to_logical_type(const language::CodeType& type) {
    switch (type.form) {
        case language::TypeForm::kValue:
            return to_logical_type(type.type);
        case language::TypeForm::kVoid:
            return duckdb::LogicalType::SQLNULL;
        default:
            break;
    }
    throw_error(make_error(ErrorCode::kUnsupported, "a value of type " + language::type_text(type) +
                                                        " cannot leave code")
                    .with_hint("Give the function a result with known columns."));
}

namespace {

language::int128 to_int128(const duckdb::hugeint_t& value) {
    return static_cast<language::int128>(value.upper) << 64U | static_cast<language::int128>(value.lower);
}

duckdb::hugeint_t to_hugeint(language::int128 value) {
    duckdb::hugeint_t result;
    result.lower = static_cast<uint64_t>(value);
    result.upper = static_cast<int64_t>(value >> 64);
    return result;
}

// Code keeps these as their text (see ValueBridge).
bool travels_as_text(TypeKind kind) {
    switch (kind) {
        case TypeKind::kBit:
        case TypeKind::kBigNum:
        case TypeKind::kTimeTz:
        case TypeKind::kUuid:
        case TypeKind::kUHugeInt:
        case TypeKind::kGeometry:
        case TypeKind::kVariant:
        case TypeKind::kMap:
        case TypeKind::kUnion:
            return true;
        default:
            return false;
    }
}

bool has_items(TypeKind kind) {
    return kind == TypeKind::kList || kind == TypeKind::kArray || kind == TypeKind::kStruct;
}

// DECIMAL, HUGEINT and UBIGINT have 128 bits in code, whatever their width in a vector.
bool is_wide(TypeKind kind) {
    return kind == TypeKind::kDecimal || kind == TypeKind::kHugeInt || kind == TypeKind::kUBigInt;
}

template <class T>
Value whole(const duckdb::UnifiedVectorFormat& format, size_t at, bool wide) {
    const T value = duckdb::UnifiedVectorFormat::GetData<T>(format)[at];
    return wide ? Value::huge(static_cast<language::int128>(value)) : Value::integer(static_cast<int64_t>(value));
}

template <class T>
void put_whole(const Value& value, duckdb::Vector& vector, size_t row, bool wide) {
    duckdb::FlatVector::GetData<T>(vector)[row] =
        wide ? static_cast<T>(value.huge()) : static_cast<T>(value.integer());
}

}  // namespace

ValueBridge::ValueBridge(const catalog::Type& type)
    : type_(std::make_shared<const catalog::Type>(type)),
      logical_(to_logical_type(type)),
      physical_(type.physical()) {
    if (has_items(type.kind)) {
        for (const catalog::NamedType& child : type.children) {
            children_.emplace_back(child.type);
        }
    }
}

// Values that lie in a vector as code has them.
bool ValueBridge::is_direct() const { return !travels_as_text(type_->kind) && !has_items(type_->kind); }

Value ValueBridge::read(const duckdb::UnifiedVectorFormat& format, size_t row, duckdb::Vector& vector,
                        const language::Meter& meter) const {
    const size_t at = format.sel->get_index(row);
    if (!format.validity.RowIsValid(at)) {
        return {};
    }
    if (!is_direct()) {
        return from_duckdb(vector.GetValue(row), meter);
    }
    const bool wide = is_wide(type_->kind);
    switch (physical_) {
        case Physical::kBool:
        case Physical::kUint8:
            return whole<uint8_t>(format, at, wide);
        case Physical::kInt8:
            return whole<int8_t>(format, at, wide);
        case Physical::kInt16:
            return whole<int16_t>(format, at, wide);
        case Physical::kInt32:
            return whole<int32_t>(format, at, wide);
        case Physical::kInt64:
            return whole<int64_t>(format, at, wide);
        case Physical::kUint16:
            return whole<uint16_t>(format, at, wide);
        case Physical::kUint32:
            return whole<uint32_t>(format, at, wide);
        case Physical::kUint64:
            return whole<uint64_t>(format, at, wide);
        case Physical::kInt128:
            return Value::huge(to_int128(duckdb::UnifiedVectorFormat::GetData<duckdb::hugeint_t>(format)[at]));
        case Physical::kFloat:
            return Value::real(duckdb::UnifiedVectorFormat::GetData<float>(format)[at]);
        case Physical::kDouble:
            return Value::real(duckdb::UnifiedVectorFormat::GetData<double>(format)[at]);
        case Physical::kInterval: {
            const auto& span = duckdb::UnifiedVectorFormat::GetData<duckdb::interval_t>(format)[at];
            return Value::interval({span.months, span.days, span.micros});
        }
        case Physical::kString: {
            const auto& text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format)[at];
            return language::text_value(meter, std::string(text.GetData(), text.GetSize()));
        }
        case Physical::kUint128:
            break;
    }
    return from_duckdb(vector.GetValue(row), meter);
}

void ValueBridge::write(const Value& value, duckdb::Vector& vector, size_t row) const {
    if (value.is_null()) {
        duckdb::FlatVector::SetNull(vector, row, true);
        return;
    }
    if (!is_direct()) {
        vector.SetValue(row, to_duckdb(value));
        return;
    }
    const bool wide = is_wide(type_->kind);
    switch (physical_) {
        case Physical::kBool:
        case Physical::kUint8:
            return put_whole<uint8_t>(value, vector, row, wide);
        case Physical::kInt8:
            return put_whole<int8_t>(value, vector, row, wide);
        case Physical::kInt16:
            return put_whole<int16_t>(value, vector, row, wide);
        case Physical::kInt32:
            return put_whole<int32_t>(value, vector, row, wide);
        case Physical::kInt64:
            return put_whole<int64_t>(value, vector, row, wide);
        case Physical::kUint16:
            return put_whole<uint16_t>(value, vector, row, wide);
        case Physical::kUint32:
            return put_whole<uint32_t>(value, vector, row, wide);
        case Physical::kUint64:
            return put_whole<uint64_t>(value, vector, row, wide);
        case Physical::kInt128:
            duckdb::FlatVector::GetData<duckdb::hugeint_t>(vector)[row] = to_hugeint(value.huge());
            return;
        case Physical::kFloat:
            duckdb::FlatVector::GetData<float>(vector)[row] = static_cast<float>(value.real());
            return;
        case Physical::kDouble:
            duckdb::FlatVector::GetData<double>(vector)[row] = value.real();
            return;
        case Physical::kInterval: {
            const language::Interval span = value.interval();
            duckdb::FlatVector::GetData<duckdb::interval_t>(vector)[row] = {span.months, span.days, span.micros};
            return;
        }
        case Physical::kString: {
            const std::string& text = value.text();
            duckdb::FlatVector::GetData<duckdb::string_t>(vector)[row] =
                duckdb::StringVector::AddStringOrBlob(vector, text.data(), text.size());
            return;
        }
        case Physical::kUint128:
            break;
    }
    vector.SetValue(row, to_duckdb(value));
}

Value ValueBridge::nested_from(const duckdb::Value& value, const language::Meter& meter) const {
    std::vector<Value> items;
    if (type_->kind == TypeKind::kStruct) {
        const auto& fields = duckdb::StructValue::GetChildren(value);
        for (size_t i = 0; i < fields.size(); ++i) {
            items.push_back(children_[i].from_duckdb(fields[i], meter));
        }
        return language::record_value(meter, type_, std::move(items));
    }
    const auto& list = type_->kind == TypeKind::kArray ? duckdb::ArrayValue::GetChildren(value)
                                                       : duckdb::ListValue::GetChildren(value);
    for (const duckdb::Value& item : list) {
        items.push_back(children_[0].from_duckdb(item, meter));
    }
    return language::list_value(meter, std::move(items));
}

Value ValueBridge::from_duckdb(const duckdb::Value& value, const language::Meter& meter) const {
    if (value.IsNull()) {
        return {};
    }
    if (travels_as_text(type_->kind)) {
        return language::text_value(meter, value.ToString());
    }
    if (has_items(type_->kind)) {
        return nested_from(value, meter);
    }
    duckdb::Vector single(value);
    duckdb::UnifiedVectorFormat format;
    single.ToUnifiedFormat(1, format);
    return read(format, 0, single, meter);
}

duckdb::Value ValueBridge::nested_to(const Value& value) const {
    duckdb::vector<duckdb::Value> items;
    const std::vector<Value>& given = value.items();
    for (size_t i = 0; i < given.size(); ++i) {
        items.push_back(children_[type_->kind == TypeKind::kStruct ? i : 0].to_duckdb(given[i]));
    }
    switch (type_->kind) {
        case TypeKind::kStruct:
            return duckdb::Value::STRUCT(logical_, std::move(items));
        case TypeKind::kArray:
            if (items.size() != type_->array_length) {
                throw_error(make_error(ErrorCode::kInvalidValue,
                                       "a list of " + std::to_string(items.size()) + " items is no " +
                                           language::type_text(*type_)));
            }
            return duckdb::Value::ARRAY(children_[0].logical_type(), std::move(items));
        default:
            return duckdb::Value::LIST(children_[0].logical_type(), std::move(items));
    }
}

duckdb::Value ValueBridge::to_duckdb(const Value& value) const {
    if (value.is_null()) {
        return duckdb::Value(logical_);
    }
    if (travels_as_text(type_->kind)) {
        return duckdb::Value(value.text()).DefaultCastAs(logical_);
    }
    if (has_items(type_->kind)) {
        return nested_to(value);
    }
    duckdb::Vector single(logical_, 1);
    write(value, single, 0);
    return single.GetValue(0);
}

}  // namespace kodiak::engine
