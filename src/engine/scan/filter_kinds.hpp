#pragma once

// The kinds of FilterNode, as factories; used by compile_filters and by nodes that make others.

#include <memory>
#include <string>
#include <vector>

#include "duckdb/common/enums/expression_type.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/dynamic_filter.hpp"

#include "engine/scan/filter_node.hpp"

namespace kodiak::engine {

using FilterNodePtr = std::unique_ptr<FilterNode>;

// An inclusive range of int64; empty when low > high.
struct IntegerRange {
    int64_t low = INT64_MIN;
    int64_t high = INT64_MAX;
};

// A node for columns whose values are int64 or narrower: low <= value <= high. The range can still be narrowed.
class RangeNode : public FilterNode {
   public:
    RangeNode(size_t id, IntegerRange range) : FilterNode(id), range_(range) {}
    void intersect(IntegerRange range);
    IntegerRange range() const { return range_; }

    Cost cost() const override { return Cost::kRange; }
    Verdict zone(FilterThread& thread, const FilteredColumn& column) const override;
    size_t select(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots, size_t count,
                  SlotBuffer& out) const override;

   private:
    IntegerRange range_;
};

// value IN (values); `values` must be ascending and not empty.
FilterNodePtr make_integer_set(size_t id, std::vector<int64_t> values);
// Strings: comparison with a constant. `filter` says the same and is used where there is no dictionary.
FilterNodePtr make_text_comparison(size_t id, duckdb::unique_ptr<duckdb::ConstantFilter> filter);
// Strings: value IN (values).
FilterNodePtr make_text_set(size_t id, std::vector<std::string> values);
FilterNodePtr make_null_test(size_t id, bool want_null);
FilterNodePtr make_never(size_t id);
FilterNodePtr make_and(size_t id, std::vector<FilterNodePtr> children);
FilterNodePtr make_or(size_t id, std::vector<FilterNodePtr> children);
// The Top-N bound; uses NodeStates id and id + 1. `integers`: the column's values are int64 or narrower.
FilterNodePtr make_dynamic(size_t id, duckdb::shared_ptr<duckdb::DynamicFilterData> data, bool integers);
// Any filter, by DuckDB's own evaluation. `by_dictionary`: may be asked about values that no visible row has.
// `filter` must outlive the node.
FilterNodePtr make_evaluated(size_t id, const duckdb::TableFilter& filter, bool by_dictionary);
// The same, owning the filter.
FilterNodePtr make_evaluated(size_t id, duckdb::unique_ptr<duckdb::TableFilter> filter, bool by_dictionary);

// The value of a constant as int64; false when it is NULL or not of `physical`.
bool constant_integer(const duckdb::Value& value, duckdb::PhysicalType physical, int64_t& out);
// The range that `value OP constant` means; false for operators without one (<>).
bool comparison_range(duckdb::ExpressionType comparison, int64_t constant, IntegerRange& out);

}  // namespace kodiak::engine
