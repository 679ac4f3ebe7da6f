#include "language/values/value.hpp"

#include <cmath>

#include "base/result/assert.hpp"

namespace kodiak::language {

using catalog::TypeKind;

namespace {

template <class T>
int three_way(const T& left, const T& right) {
    return left < right ? -1 : right < left ? 1 : 0;
}

int compare_reals(double left, double right) {
    if (std::isnan(left) || std::isnan(right)) {
        return static_cast<int>(std::isnan(left)) - static_cast<int>(std::isnan(right));
    }
    return three_way(left, right);
}

constexpr int64_t kMicrosPerDay = 86'400'000'000;

int128 interval_length(Interval interval) {
    return (int128{interval.months} * 30 + interval.days) * kMicrosPerDay + interval.micros;
}

int compare_items(const std::vector<Value>& left, const std::vector<Value>& right, const catalog::Type& type) {
    const bool record = type.kind == TypeKind::kStruct;
    for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
        const catalog::Type& child = type.children[record ? i : 0].type;
        if (left[i].is_null() || right[i].is_null()) {
            const int order = static_cast<int>(left[i].is_null()) - static_cast<int>(right[i].is_null());
            if (order != 0) {
                return order;
            }
            continue;
        }
        if (const int order = compare_values(left[i], right[i], child); order != 0) {
            return order;
        }
    }
    return three_way(left.size(), right.size());
}

}  // namespace

const std::string& Value::text() const {
    KODIAK_DEBUG_ASSERT(owned_ && payload_.object->kind() == Object::Kind::kText);
    return static_cast<const TextObject*>(payload_.object)->text;
}

const std::vector<Value>& Value::items() const {
    KODIAK_DEBUG_ASSERT(owned_ && payload_.object->kind() != Object::Kind::kText);
    return payload_.object->kind() == Object::Kind::kList ? static_cast<const ListObject*>(payload_.object)->items
                                                          : static_cast<const RecordObject*>(payload_.object)->fields;
}

const std::shared_ptr<const catalog::Type>& Value::shape() const {
    KODIAK_DEBUG_ASSERT(owned_ && payload_.object->kind() == Object::Kind::kRecord);
    return static_cast<const RecordObject*>(payload_.object)->shape;
}

Value text_value(const Meter& meter, std::string text) { return Value::object(new TextObject(meter, std::move(text))); }

Value list_value(const Meter& meter, std::vector<Value> items) {
    return Value::object(new ListObject(meter, std::move(items)));
}

Value record_value(const Meter& meter, std::shared_ptr<const catalog::Type> shape, std::vector<Value> fields) {
    return Value::object(new RecordObject(meter, std::move(shape), std::move(fields)));
}

int compare_values(const Value& left, const Value& right, const catalog::Type& type) {
    switch (type.kind) {
        case TypeKind::kFloat:
        case TypeKind::kDouble:
            return compare_reals(left.real(), right.real());
        case TypeKind::kHugeInt:
        case TypeKind::kUBigInt:
        case TypeKind::kDecimal:
            return three_way(left.huge(), right.huge());
        case TypeKind::kInterval:
            return three_way(interval_length(left.interval()), interval_length(right.interval()));
        case TypeKind::kList:
        case TypeKind::kArray:
        case TypeKind::kStruct:
            return compare_items(left.items(), right.items(), type);
        default:
            break;
    }
    if (left.is_object()) {
        return three_way(left.text().compare(right.text()), 0);
    }
    return three_way(left.integer(), right.integer());
}

}  // namespace kodiak::language
