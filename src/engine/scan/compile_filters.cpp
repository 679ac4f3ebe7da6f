// From DuckDB's TableFilterSet to ScanFilters.

#include <algorithm>

#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/expression_filter.hpp"
#include "duckdb/planner/filter/in_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"
#include "duckdb/planner/filter/selectivity_optional_filter.hpp"
#include "duckdb/planner/filter/struct_filter.hpp"

#include "engine/scan/filter_kinds.hpp"

namespace kodiak::engine {

using duckdb::ExpressionType;
using duckdb::TableFilter;
using duckdb::TableFilterType;

bool constant_integer(const duckdb::Value& value, duckdb::PhysicalType physical, int64_t& out) {
    using duckdb::PhysicalType;
    if (value.IsNull() || value.type().InternalType() != physical) {
        return false;
    }
    switch (physical) {
        case PhysicalType::BOOL:
            out = value.GetValueUnsafe<bool>() ? 1 : 0;
            return true;
        case PhysicalType::INT8:
            out = value.GetValueUnsafe<int8_t>();
            return true;
        case PhysicalType::INT16:
            out = value.GetValueUnsafe<int16_t>();
            return true;
        case PhysicalType::INT32:
            out = value.GetValueUnsafe<int32_t>();
            return true;
        case PhysicalType::INT64:
            out = value.GetValueUnsafe<int64_t>();
            return true;
        case PhysicalType::UINT8:
            out = value.GetValueUnsafe<uint8_t>();
            return true;
        case PhysicalType::UINT16:
            out = value.GetValueUnsafe<uint16_t>();
            return true;
        case PhysicalType::UINT32:
            out = value.GetValueUnsafe<uint32_t>();
            return true;
        default:
            return false;
    }
}

bool comparison_range(ExpressionType comparison, int64_t constant, IntegerRange& out) {
    constexpr IntegerRange kEmpty{1, 0};
    switch (comparison) {
        case ExpressionType::COMPARE_EQUAL:
            out = {constant, constant};
            return true;
        case ExpressionType::COMPARE_GREATERTHAN:
            out = constant == INT64_MAX ? kEmpty : IntegerRange{constant + 1, INT64_MAX};
            return true;
        case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
            out = {constant, INT64_MAX};
            return true;
        case ExpressionType::COMPARE_LESSTHAN:
            out = constant == INT64_MIN ? kEmpty : IntegerRange{INT64_MIN, constant - 1};
            return true;
        case ExpressionType::COMPARE_LESSTHANOREQUALTO:
            out = {INT64_MIN, constant};
            return true;
        default:
            return false;
    }
}

namespace {

// Values are int64 or narrower, so ranges over int64 say all there is. UBIGINT is not.
bool is_integer_like(const ScannedColumn& column) {
    return column.kind == ScannedColumn::Kind::kRowId ||
           (catalog::is_narrowable(column.physical) && column.physical != catalog::Physical::kUint64);
}

bool is_text(const ScannedColumn& column) {
    return column.kind == ScannedColumn::Kind::kStored && column.physical == catalog::Physical::kString &&
           !column.nested;
}

// IS [NOT] DISTINCT FROM, which FilterSelection does not know.
bool is_null_safe(ExpressionType comparison) {
    return comparison == ExpressionType::COMPARE_DISTINCT_FROM ||
           comparison == ExpressionType::COMPARE_NOT_DISTINCT_FROM;
}

// The types whose comparisons FilterSelection knows.
bool is_comparable_by_duckdb(duckdb::PhysicalType physical) {
    return physical == duckdb::PhysicalType::VARCHAR || duckdb::TypeIsNumeric(physical) ||
           physical == duckdb::PhysicalType::BOOL;
}

// True when ColumnSegment::FilterSelection takes the filter with all its children; IN and dynamic ones it refuses.
bool duckdb_evaluates(const TableFilter& filter) {
    switch (filter.filter_type) {
        case TableFilterType::CONSTANT_COMPARISON: {
            const auto& comparison = filter.Cast<duckdb::ConstantFilter>();
            return !comparison.constant.IsNull() && !is_null_safe(comparison.comparison_type) &&
                   is_comparable_by_duckdb(comparison.constant.type().InternalType());
        }
        case TableFilterType::IS_NULL:
        case TableFilterType::IS_NOT_NULL:
        case TableFilterType::EXPRESSION_FILTER:
        case TableFilterType::BLOOM_FILTER:
        case TableFilterType::OPTIONAL_FILTER:
            return true;
        case TableFilterType::STRUCT_EXTRACT:
            return duckdb_evaluates(*filter.Cast<duckdb::StructFilter>().child_filter);
        case TableFilterType::CONJUNCTION_AND: {
            const auto& children = filter.Cast<duckdb::ConjunctionAndFilter>().child_filters;
            return std::all_of(children.begin(), children.end(), [](const auto& c) { return duckdb_evaluates(*c); });
        }
        case TableFilterType::CONJUNCTION_OR: {
            const auto& children = filter.Cast<duckdb::ConjunctionOrFilter>().child_filters;
            return std::all_of(children.begin(), children.end(), [](const auto& c) { return duckdb_evaluates(*c); });
        }
        default:
            return false;
    }
}

class Compiler {
   public:
    explicit Compiler(CompiledFilters& out) : out_(out) {}

    // Adds the filter of one column, ANDs split up.
    void add(const TableFilter& filter, size_t position, const ScannedColumn& column, const ScanFilter& attributes) {
        if (filter.filter_type == TableFilterType::CONJUNCTION_AND) {
            for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
                add(*child, position, column, attributes);
            }
            return;
        }
        if (filter.filter_type == TableFilterType::OPTIONAL_FILTER) {
            add_optional(filter.Cast<duckdb::OptionalFilter>(), position, column);
            return;
        }
        FilterNodePtr node = compile(filter, column, attributes.is_optional);
        if (node == nullptr || merge_range(*node, position, attributes)) {
            return;
        }
        ScanFilter& added = out_.filters.emplace_back();
        added.column = position;
        added.is_optional = attributes.is_optional;
        added.give_up_share = attributes.give_up_share;
        added.checks = attributes.checks;
        added.node = std::move(node);
    }

   private:
    size_t next_id() { return out_.nodes++; }

    void add_optional(const duckdb::OptionalFilter& filter, size_t position, const ScannedColumn& column) {
        if (!filter.child_filter) {
            return;
        }
        ScanFilter attributes;
        attributes.is_optional = true;
        if (const auto* selective = dynamic_cast<const duckdb::SelectivityOptionalFilter*>(&filter)) {
            attributes.give_up_share = selective->selectivity_threshold;
            attributes.checks = static_cast<uint32_t>(selective->n_vectors_to_check);
        } else if (filter.child_filter->filter_type == TableFilterType::IN_FILTER) {
            attributes.give_up_share = duckdb::SelectivityOptionalFilter::MIN_MAX_THRESHOLD;
            attributes.checks = static_cast<uint32_t>(duckdb::SelectivityOptionalFilter::MIN_MAX_CHECK_N);
        }
        add(*filter.child_filter, position, column, attributes);
    }

    // Two ranges on one column are one; true when `node` was merged into an earlier filter.
    bool merge_range(FilterNode& node, size_t position, const ScanFilter& attributes) {
        const auto* range = dynamic_cast<const RangeNode*>(&node);
        if (range == nullptr) {
            return false;
        }
        for (ScanFilter& earlier : out_.filters) {
            auto* other = dynamic_cast<RangeNode*>(earlier.node.get());
            if (other != nullptr && earlier.column == position && earlier.is_optional == attributes.is_optional) {
                other->intersect(range->range());
                return true;
            }
        }
        return false;
    }

    // nullptr when the filter says nothing that need or can be checked; only for optional ones.
    FilterNodePtr compile(const TableFilter& filter, const ScannedColumn& column, bool optional) {
        if (column.kind == ScannedColumn::Kind::kAny) {
            return nullptr;
        }
        FilterNodePtr node = compile_narrow(filter, column, optional);
        if (node != nullptr || optional_and_skippable(filter, optional)) {
            return node;
        }
        return compile_evaluated(filter, column);
    }

    static bool optional_and_skippable(const TableFilter& filter, bool optional) {
        return optional && !duckdb_evaluates(filter);
    }

    FilterNodePtr compile_narrow(const TableFilter& filter, const ScannedColumn& column, bool optional) {
        switch (filter.filter_type) {
            case TableFilterType::CONSTANT_COMPARISON:
                return compile_comparison(filter.Cast<duckdb::ConstantFilter>(), column);
            case TableFilterType::IS_NULL:
                return make_null_test(next_id(), true);
            case TableFilterType::IS_NOT_NULL:
                return make_null_test(next_id(), false);
            case TableFilterType::IN_FILTER:
                return compile_in(filter.Cast<duckdb::InFilter>(), column);
            case TableFilterType::DYNAMIC_FILTER:
                return compile_dynamic(filter.Cast<duckdb::DynamicFilter>(), column);
            case TableFilterType::CONJUNCTION_AND:
                return compile_children(filter.Cast<duckdb::ConjunctionAndFilter>().child_filters, column, optional,
                                        true);
            case TableFilterType::CONJUNCTION_OR:
                return compile_children(filter.Cast<duckdb::ConjunctionOrFilter>().child_filters, column, optional,
                                        false);
            case TableFilterType::OPTIONAL_FILTER: {
                const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
                return child ? compile(*child, column, true) : nullptr;
            }
            default:
                return nullptr;
        }
    }

    // By the comparison that treats NULL as unknown, and a test for NULL.
    FilterNodePtr compile_null_safe(const duckdb::ConstantFilter& filter, const ScannedColumn& column) {
        const bool wants_distinct = filter.comparison_type == ExpressionType::COMPARE_DISTINCT_FROM;
        if (filter.constant.IsNull()) {
            return make_null_test(next_id(), !wants_distinct);
        }
        auto plain = duckdb::make_uniq<duckdb::ConstantFilter>(
            wants_distinct ? ExpressionType::COMPARE_NOTEQUAL : ExpressionType::COMPARE_EQUAL, filter.constant);
        FilterNodePtr node = compile_comparison(*plain, column);
        if (node == nullptr) {
            node = duckdb_evaluates(*plain) ? make_evaluated(next_id(), std::move(plain), true)
                                            : compile_expression(*plain, column);
        }
        if (!wants_distinct) {
            return node;
        }
        std::vector<FilterNodePtr> either;
        either.push_back(std::move(node));
        either.push_back(make_null_test(next_id(), true));
        return make_or(next_id(), std::move(either));
    }

    FilterNodePtr compile_comparison(const duckdb::ConstantFilter& filter, const ScannedColumn& column) {
        if (is_null_safe(filter.comparison_type)) {
            return compile_null_safe(filter, column);
        }
        if (filter.constant.IsNull()) {
            return make_never(next_id());  // NULL compares as unknown
        }
        if (is_text(column)) {
            return make_text_comparison(next_id(), duckdb::make_uniq<duckdb::ConstantFilter>(filter.comparison_type,
                                                                                             filter.constant));
        }
        int64_t constant = 0;
        IntegerRange range;
        if (is_integer_like(column) && constant_integer(filter.constant, column.type.InternalType(), constant) &&
            comparison_range(filter.comparison_type, constant, range)) {
            return std::make_unique<RangeNode>(next_id(), range);
        }
        return nullptr;
    }

    FilterNodePtr compile_in(const duckdb::InFilter& filter, const ScannedColumn& column) {
        if (is_text(column)) {
            std::vector<std::string> strings;
            for (const duckdb::Value& value : filter.values) {
                if (!value.IsNull()) {
                    strings.push_back(duckdb::StringValue::Get(value));
                }
            }
            return make_text_set(next_id(), std::move(strings));
        }
        if (!is_integer_like(column) || column.physical == catalog::Physical::kBool) {
            return nullptr;
        }
        std::vector<int64_t> integers;
        for (const duckdb::Value& value : filter.values) {
            int64_t integer = 0;
            if (constant_integer(value, column.type.InternalType(), integer)) {
                integers.push_back(integer);
            } else if (!value.IsNull()) {
                return nullptr;
            }
        }
        if (integers.empty()) {
            return make_never(next_id());
        }
        std::sort(integers.begin(), integers.end());
        return make_integer_set(next_id(), std::move(integers));
    }

    FilterNodePtr compile_dynamic(const duckdb::DynamicFilter& filter, const ScannedColumn& column) {
        if (!filter.filter_data || (!is_integer_like(column) && !is_text(column))) {
            return nullptr;
        }
        const size_t id = next_id();
        next_id();
        return make_dynamic(id, filter.filter_data, is_integer_like(column));
    }

    FilterNodePtr compile_children(const duckdb::vector<duckdb::unique_ptr<TableFilter>>& filters,
                                   const ScannedColumn& column, bool optional, bool is_and) {
        std::vector<FilterNodePtr> children;
        for (const auto& filter : filters) {
            FilterNodePtr child = compile(*filter, column, optional);
            if (child != nullptr) {
                children.push_back(std::move(child));
            } else if (!is_and) {
                return nullptr;  // a side that cannot be checked lets everything pass
            }
        }
        if (children.empty()) {
            return nullptr;
        }
        return is_and ? make_and(next_id(), std::move(children)) : make_or(next_id(), std::move(children));
    }

    FilterNodePtr compile_evaluated(const TableFilter& filter, const ScannedColumn& column) {
        if (filter.filter_type == TableFilterType::OPTIONAL_FILTER) {
            return nullptr;
        }
        if (duckdb_evaluates(filter)) {
            const bool may_throw = filter.filter_type == TableFilterType::EXPRESSION_FILTER &&
                                   filter.Cast<duckdb::ExpressionFilter>().expr->CanThrow();
            return make_evaluated(next_id(), filter, !may_throw);
        }
        // FilterSelection would refuse it with an error that stops the instance.
        return compile_expression(filter, column);
    }

    FilterNodePtr compile_expression(const TableFilter& filter, const ScannedColumn& column) {
        const duckdb::BoundReferenceExpression reference(column.type, duckdb::storage_t{0});
        return make_evaluated(next_id(), duckdb::make_uniq<duckdb::ExpressionFilter>(filter.ToExpression(reference)),
                              false);
    }

    CompiledFilters& out_;
};

}  // namespace

CompiledFilters compile_filters(duckdb::TableFilterSet& filters, const std::vector<ScannedColumn>& columns) {
    CompiledFilters result;
    Compiler compiler(result);
    for (const auto& [position, filter] : filters.filters) {
        compiler.add(*filter, position, columns[position], ScanFilter{});
    }
    std::stable_sort(result.filters.begin(), result.filters.end(), [](const ScanFilter& a, const ScanFilter& b) {
        return std::pair(a.node->cost(), a.is_optional) < std::pair(b.node->cost(), b.is_optional);
    });
    return result;
}

}  // namespace kodiak::engine
