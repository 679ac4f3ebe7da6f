#include "engine/router/key_values.hpp"

#include <charconv>

#include "duckdb/common/types/decimal.hpp"

namespace kodiak::engine {

namespace {

using catalog::KeyOperand;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

std::optional<Value> integer_literal(const std::string& text) {
    int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() ? std::optional(Value::BIGINT(value)) : std::nullopt;
}

// DuckDB reads digits with a point as a DECIMAL of just that many digits.
std::optional<Value> decimal_literal(const std::string& text) {
    const size_t sign = text.starts_with('-') ? 1 : 0;
    const size_t digits = text.size() - sign - 1;
    const size_t scale = text.size() - text.find('.') - 1;
    if (digits > duckdb::Decimal::MAX_WIDTH_DECIMAL) {
        return std::nullopt;
    }
    Value value(text);
    const auto type = LogicalType::DECIMAL(static_cast<uint8_t>(digits), static_cast<uint8_t>(scale));
    return value.DefaultTryCastAs(type) ? std::optional(std::move(value)) : std::nullopt;
}

std::optional<Value> literal(const KeyOperand& operand, std::span<const Parameter> parameters) {
    switch (operand.kind) {
        case KeyOperand::Kind::kNull:
            return Value();
        case KeyOperand::Kind::kTrue:
        case KeyOperand::Kind::kFalse:
            return Value::BOOLEAN(operand.kind == KeyOperand::Kind::kTrue);
        case KeyOperand::Kind::kInteger:
            return integer_literal(operand.text);
        case KeyOperand::Kind::kDecimal:
            return decimal_literal(operand.text);
        case KeyOperand::Kind::kString:
            return Value(operand.text);
        case KeyOperand::Kind::kParameter:
            return operand.parameter < parameters.size()
                       ? std::optional(parameter_value(parameters[operand.parameter]))
                       : std::nullopt;
    }
    return std::nullopt;
}

std::optional<Value> cast(Value value, const LogicalType& type) {
    std::string ignored;
    return value.type() == type || value.DefaultTryCastAs(type) ? std::optional(std::move(value)) : std::nullopt;
}

bool is_text(const LogicalType& type) { return type.id() == LogicalTypeId::VARCHAR; }

bool is_time(const LogicalType& type) {
    return type.id() == LogicalTypeId::DATE || type.id() == LogicalTypeId::TIMESTAMP ||
           type.id() == LogicalTypeId::UUID;
}

}  // namespace

Value parameter_value(const Parameter& parameter) {
    struct Maker {
        Value operator()(std::monostate) const { return Value(); }
        Value operator()(bool value) const { return Value::BOOLEAN(value); }
        Value operator()(int64_t value) const { return Value::BIGINT(value); }
        Value operator()(double value) const { return Value::DOUBLE(value); }
        Value operator()(const std::string& value) const { return Value(value); }
    };
    return std::visit(Maker(), parameter);
}

std::optional<int64_t> integer_of(const KeyOperand& operand, std::span<const Parameter> parameters) {
    if (operand.kind == KeyOperand::Kind::kParameter && operand.parameter < parameters.size()) {
        const auto* value = std::get_if<int64_t>(&parameters[operand.parameter]);
        return value == nullptr ? std::nullopt : std::optional(*value);
    }
    int64_t value = 0;
    const char* end = operand.text.data() + operand.text.size();
    const auto read = std::from_chars(operand.text.data(), end, value);
    const bool is_integer = operand.kind == KeyOperand::Kind::kInteger && read.ec == std::errc() && read.ptr == end;
    return is_integer ? std::optional(value) : std::nullopt;
}

bool has_plain_casts(const LogicalType& type) {
    if (type.HasAlias()) {
        return false;  // JSON and the like check what they are given
    }
    switch (type.id()) {
        case LogicalTypeId::BOOLEAN:
        case LogicalTypeId::FLOAT:
        case LogicalTypeId::DOUBLE:
        case LogicalTypeId::DECIMAL:
        case LogicalTypeId::VARCHAR:
        case LogicalTypeId::DATE:
        case LogicalTypeId::TIME:
        case LogicalTypeId::TIMESTAMP:
        case LogicalTypeId::UUID:
        case LogicalTypeId::INTERVAL:
            return true;
        default:
            return type.IsIntegral();
    }
}

bool has_plain_keys(const LogicalType& type) {
    if (type.HasAlias() || (is_text(type) && !duckdb::StringType::GetCollation(type).empty())) {
        return false;
    }
    return type.IsIntegral() || is_text(type) || is_time(type) || type.id() == LogicalTypeId::DECIMAL;
}

std::optional<Value> to_value(const KeyOperand& operand, std::span<const Parameter> parameters,
                              const LogicalType& type) {
    auto value = literal(operand, parameters);
    if (!value || (value->IsNull() && operand.kind != KeyOperand::Kind::kNull &&
                   operand.kind != KeyOperand::Kind::kParameter)) {
        return std::nullopt;
    }
    return value->IsNull() ? std::optional(Value(type)) : cast(std::move(*value), type);
}

std::optional<Value> to_key(const KeyOperand& operand, std::span<const Parameter> parameters,
                            const LogicalType& type) {
    auto value = literal(operand, parameters);
    if (!value || value->IsNull()) {
        return std::nullopt;
    }
    // Anything else is compared in another type than the column's.
    const bool is_exact = (value->type().id() == LogicalTypeId::BIGINT && !is_text(type) && !is_time(type)) ||
                          (is_text(value->type()) && (is_text(type) || is_time(type)));
    return is_exact ? cast(std::move(*value), type) : std::nullopt;
}

}  // namespace kodiak::engine
