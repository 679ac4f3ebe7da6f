// Filters on integers, NULL tests and combinations: what works on the narrow form of any column.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "engine/scan/filter_kinds.hpp"
#include "storage/decode.hpp"

namespace kodiak::engine {

namespace {

size_t keep_all(const uint32_t* slots, size_t count, SlotBuffer& out) {
    if (slots != nullptr) {
        std::memcpy(out.slots, slots, count * sizeof(uint32_t));
        return count;
    }
    for (uint32_t i = 0; i < count; ++i) {
        out.slots[i] = i;
    }
    return count;
}

SlotBuffer& buffer(std::unique_ptr<SlotBuffer>& owner) {
    if (owner == nullptr) {
        owner = std::make_unique<SlotBuffer>();
    }
    return *owner;
}

// Integers to look up, one probe each: by bit where the values lie close together, else by hash.
class IntegerLookup {
   public:
    // Requires: `values` ascending, not empty.
    explicit IntegerLookup(const std::vector<int64_t>& values) : low_(static_cast<uint64_t>(values.front())) {
        span_ = static_cast<uint64_t>(values.back()) - low_;
        if (span_ < kBitsMax) {
            bits_.resize(span_ / 64 + 1);
            for (const int64_t value : values) {
                const uint64_t at = static_cast<uint64_t>(value) - low_;
                bits_[at / 64] |= uint64_t{1} << (at % 64);
            }
            return;
        }
        const size_t slots = std::bit_ceil(values.size() * 4);
        shift_ = 64 - static_cast<unsigned>(std::countr_zero(slots));
        table_.assign(slots, values.front());  // a value that is in the set marks an empty place
        for (const int64_t value : values) {
            size_t at = place(value);
            while (table_[at] != values.front() && table_[at] != value) {
                at = (at + 1) % slots;
            }
            table_[at] = value;
        }
    }

    bool contains(int64_t value) const {
        const uint64_t at = static_cast<uint64_t>(value) - low_;
        if (at > span_) {
            return false;
        }
        if (!bits_.empty()) {
            return ((bits_[at / 64] >> (at % 64)) & 1) != 0;
        }
        size_t probe = place(value);
        while (table_[probe] != value && table_[probe] != static_cast<int64_t>(low_)) {
            probe = (probe + 1) % table_.size();
        }
        return table_[probe] == value;
    }

   private:
    static constexpr uint64_t kBitsMax = uint64_t{1} << 20;
    size_t place(int64_t value) const { return (static_cast<uint64_t>(value) * 0x9E3779B97F4A7C15ULL) >> shift_; }

    uint64_t low_;
    uint64_t span_ = 0;
    std::vector<uint64_t> bits_;  // bit i: low_ + i is in the set; empty = by table_
    std::vector<int64_t> table_;
    unsigned shift_ = 0;
};

class IntegerSetNode : public FilterNode {
   public:
    IntegerSetNode(size_t id, std::vector<int64_t> values)
        : FilterNode(id), values_(std::move(values)), lookup_(values_) {}

    Cost cost() const override { return Cost::kSet; }

    Verdict zone(FilterThread&, const FilteredColumn& column) const override {
        if (!column.stored->has_range) {
            return Verdict::kSome;
        }
        const auto first = std::lower_bound(values_.begin(), values_.end(), column.stored->min);
        return first == values_.end() || *first > column.stored->max ? Verdict::kNone : Verdict::kSome;
    }

    size_t select(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots, size_t count,
                  SlotBuffer& out) const override {
        const storage::StoredColumn& stored = *column.stored;
        auto begin = values_.begin();
        auto end = values_.end();
        if (stored.has_range) {
            begin = std::lower_bound(begin, end, stored.min);
            end = std::upper_bound(begin, end, stored.max);
        }
        if (begin == end) {
            return 0;
        }
        if (end - begin == 1) {
            return storage::select_range(stored, *begin, *begin, slots, count, out.slots);
        }
        auto& integers = thread.node(id()).integers;
        integers.resize(kRowsPerChunk);
        storage::decode_fixed(stored, catalog::Physical::kInt64, slots, count, integers.data());
        size_t kept = 0;
        for (size_t i = 0; i < count; ++i) {
            const uint32_t slot = slots != nullptr ? slots[i] : static_cast<uint32_t>(i);
            out.slots[kept] = slot;
            kept += lookup_.contains(integers[i]) && stored.is_valid(slot) ? 1 : 0;
        }
        return kept;
    }

   private:
    std::vector<int64_t> values_;  // ascending
    IntegerLookup lookup_;
};

class NullTestNode : public FilterNode {
   public:
    NullTestNode(size_t id, bool want_null) : FilterNode(id), want_null_(want_null) {}

    Cost cost() const override { return Cost::kRange; }

    Verdict zone(FilterThread&, const FilteredColumn& column) const override {
        if (column.stored->validity == nullptr) {
            return want_null_ ? Verdict::kNone : Verdict::kAll;
        }
        return Verdict::kSome;
    }

    size_t select(FilterThread&, const FilteredColumn& column, const uint32_t* slots, size_t count,
                  SlotBuffer& out) const override {
        return storage::select_nulls(*column.stored, want_null_, slots, count, out.slots);
    }

   private:
    bool want_null_;
};

class NeverNode : public FilterNode {
   public:
    using FilterNode::FilterNode;
    Cost cost() const override { return Cost::kRange; }
    Verdict zone(FilterThread&, const FilteredColumn&) const override { return Verdict::kNone; }
    size_t select(FilterThread&, const FilteredColumn&, const uint32_t*, size_t, SlotBuffer&) const override {
        return 0;
    }
};

class AndNode : public FilterNode {
   public:
    AndNode(size_t id, std::vector<FilterNodePtr> children) : FilterNode(id), children_(std::move(children)) {}

    Cost cost() const override {
        Cost most = Cost::kRange;
        for (const auto& child : children_) {
            most = std::max(most, child->cost());
        }
        return most;
    }

    Verdict zone(FilterThread& thread, const FilteredColumn& column) const override {
        Verdict result = Verdict::kAll;
        for (const auto& child : children_) {
            result = std::min(result, child->zone(thread, column));
        }
        return result;
    }

    size_t select(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots, size_t count,
                  SlotBuffer& out) const override {
        NodeState& state = thread.node(id());
        std::array<SlotBuffer*, 2> buffers = {&buffer(state.first), &buffer(state.second)};
        for (size_t i = 0; i < children_.size() && count > 0; ++i) {
            SlotBuffer& target = i + 1 == children_.size() ? out : *buffers[i % 2];
            count = children_[i]->select(thread, column, slots, count, target);
            slots = target.slots;
        }
        return count;
    }

   private:
    std::vector<FilterNodePtr> children_;
};

class OrNode : public FilterNode {
   public:
    OrNode(size_t id, std::vector<FilterNodePtr> children) : FilterNode(id), children_(std::move(children)) {}

    Cost cost() const override { return Cost::kSet; }

    Verdict zone(FilterThread& thread, const FilteredColumn& column) const override {
        Verdict result = Verdict::kNone;
        for (const auto& child : children_) {
            // Every child is asked, also after kAll: a dynamic one reads its bound here.
            result = std::max(result, child->zone(thread, column));
        }
        return result;
    }

    size_t select(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots, size_t count,
                  SlotBuffer& out) const override {
        SlotBuffer& passed = buffer(thread.node(id()).first);
        std::array<uint64_t, kRowsPerChunk / 64> bits{};
        for (const auto& child : children_) {
            const size_t kept = child->select(thread, column, slots, count, passed);
            for (size_t i = 0; i < kept; ++i) {
                bits[passed.slots[i] / 64] |= uint64_t{1} << (passed.slots[i] % 64);
            }
        }
        size_t kept = 0;
        for (uint32_t word = 0; word < bits.size(); ++word) {
            for (uint64_t rest = bits[word]; rest != 0; rest &= rest - 1) {
                out.slots[kept++] = word * 64 + static_cast<uint32_t>(std::countr_zero(rest));
            }
        }
        return kept;
    }

   private:
    std::vector<FilterNodePtr> children_;
};

class DynamicNode : public FilterNode {
   public:
    DynamicNode(size_t id, duckdb::shared_ptr<duckdb::DynamicFilterData> data, bool integers)
        : FilterNode(id), data_(std::move(data)), integers_(integers) {}

    Cost cost() const override { return Cost::kRange; }

    Verdict zone(FilterThread& thread, const FilteredColumn& column) const override {
        NodeState& state = thread.node(id());
        state.current = read_bound(column.column->type.InternalType());
        return state.current == nullptr ? Verdict::kAll : state.current->zone(thread, column);
    }

    size_t select(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots, size_t count,
                  SlotBuffer& out) const override {
        const auto& current = thread.node(id()).current;
        return current == nullptr ? keep_all(slots, count, out) : current->select(thread, column, slots, count, out);
    }

   private:
    // The filter as it is now; nullptr while there is no bound.
    FilterNodePtr read_bound(duckdb::PhysicalType physical) const {
        if (!data_->initialized.load()) {
            return nullptr;
        }
        duckdb::ExpressionType comparison;
        duckdb::Value constant;
        {
            const std::lock_guard<std::mutex> guard(data_->lock);
            if (!data_->filter) {
                return nullptr;
            }
            comparison = data_->filter->comparison_type;
            constant = data_->filter->constant;
        }
        if (!integers_) {
            return physical == duckdb::PhysicalType::VARCHAR && !constant.IsNull()
                       ? make_text_comparison(id() + 1, duckdb::make_uniq<duckdb::ConstantFilter>(
                                                            comparison, std::move(constant)))
                       : nullptr;
        }
        int64_t value = 0;
        IntegerRange range;
        if (!constant_integer(constant, physical, value) || !comparison_range(comparison, value, range)) {
            return nullptr;
        }
        return std::make_unique<RangeNode>(id() + 1, range);
    }

    duckdb::shared_ptr<duckdb::DynamicFilterData> data_;
    bool integers_;
};

}  // namespace

void RangeNode::intersect(IntegerRange range) {
    range_.low = std::max(range_.low, range.low);
    range_.high = std::min(range_.high, range.high);
}

Verdict RangeNode::zone(FilterThread&, const FilteredColumn& column) const {
    if (range_.low > range_.high) {
        return Verdict::kNone;
    }
    const storage::StoredColumn& stored = *column.stored;
    if (!stored.has_range) {
        return Verdict::kSome;
    }
    if (stored.min > range_.high || stored.max < range_.low) {
        return Verdict::kNone;
    }
    const bool inside = stored.min >= range_.low && stored.max <= range_.high;
    return inside && stored.validity == nullptr ? Verdict::kAll : Verdict::kSome;
}

size_t RangeNode::select(FilterThread&, const FilteredColumn& column, const uint32_t* slots, size_t count,
                         SlotBuffer& out) const {
    if (range_.low > range_.high) {
        return 0;
    }
    return storage::select_range(*column.stored, range_.low, range_.high, slots, count, out.slots);
}

FilterNodePtr make_integer_set(size_t id, std::vector<int64_t> values) {
    return std::make_unique<IntegerSetNode>(id, std::move(values));
}
FilterNodePtr make_null_test(size_t id, bool want_null) { return std::make_unique<NullTestNode>(id, want_null); }
FilterNodePtr make_never(size_t id) { return std::make_unique<NeverNode>(id); }
FilterNodePtr make_and(size_t id, std::vector<FilterNodePtr> children) {
    return std::make_unique<AndNode>(id, std::move(children));
}
FilterNodePtr make_or(size_t id, std::vector<FilterNodePtr> children) {
    return std::make_unique<OrNode>(id, std::move(children));
}
FilterNodePtr make_dynamic(size_t id, duckdb::shared_ptr<duckdb::DynamicFilterData> data, bool integers) {
    return std::make_unique<DynamicNode>(id, std::move(data), integers);
}

}  // namespace kodiak::engine
