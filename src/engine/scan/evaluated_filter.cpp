// Filters that DuckDB evaluates, and filters on strings: once per dictionary value where there is a dictionary.

#include <algorithm>
#include <map>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_set>

#include "duckdb/storage/table/column_segment.hpp"

#include "engine/scan/column_decode.hpp"
#include "engine/scan/filter_kinds.hpp"
#include "storage/decode.hpp"

namespace kodiak::engine {

// What a filter says about each value of one dictionary.
struct AcceptTable {
    std::vector<uint8_t> accept;    // per code
    std::vector<uint32_t> before;   // accepted codes below each code; one longer than `accept`
    bool accepts_null = false;

    // Judges a chunk by the codes it holds.
    Verdict judge(const storage::StoredColumn& stored) const {
        const bool has_nulls = stored.validity != nullptr;
        const size_t first = stored.has_range ? static_cast<size_t>(stored.min) : 0;
        const size_t last = stored.has_range ? static_cast<size_t>(stored.max) + 1 : accept.size();
        const size_t accepted = before[last] - before[first];
        if (accepted == 0 && !(has_nulls && accepts_null)) {
            return Verdict::kNone;
        }
        return accepted == last - first && (!has_nulls || accepts_null) ? Verdict::kAll : Verdict::kSome;
    }
};

namespace {

bool has_dictionary(const FilteredColumn& column) {
    return column.stored->encoding == storage::Encoding::kDictionary;
}

// A filter that can be asked about the values of a dictionary.
class DictionaryNode : public FilterNode {
   public:
    using FilterNode::FilterNode;

    Verdict zone(FilterThread& thread, const FilteredColumn& column) const override {
        return use_table(column) ? table(thread, column).judge(*column.stored) : Verdict::kSome;
    }

    size_t select(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots, size_t count,
                  SlotBuffer& out) const override {
        if (!use_table(column)) {
            return select_values(thread, column, slots, count, out);
        }
        const AcceptTable& accepted = table(thread, column);
        const storage::StoredColumn& stored = *column.stored;
        if (!accepted.accepts_null || stored.validity == nullptr) {
            return storage::select_codes(stored, accepted.accept.data(), slots, count, out.slots);
        }
        return select_with_nulls(thread, stored, accepted, slots, count, out);
    }

   protected:
    // Whether values that no visible row has may be asked about.
    virtual bool may_use_dictionary() const { return true; }
    // Sets accept[i] for each value.
    virtual void accept_values(FilterThread& thread, const FilteredColumn& column, std::span<const StringRef> values,
                               uint8_t* accept) const = 0;
    virtual bool accepts_null(FilterThread& thread, const FilteredColumn& column) const = 0;
    // select() without a dictionary.
    virtual size_t select_values(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots,
                                 size_t count, SlotBuffer& out) const = 0;

   private:
    bool use_table(const FilteredColumn& column) const {
        return has_dictionary(column) && !column.column->nested && may_use_dictionary();
    }

    size_t select_with_nulls(FilterThread& thread, const storage::StoredColumn& stored, const AcceptTable& accepted,
                             const uint32_t* slots, size_t count, SlotBuffer& out) const {
        auto& codes = thread.node(id()).integers;
        codes.resize(kRowsPerChunk);
        auto* narrow = reinterpret_cast<uint32_t*>(codes.data());
        storage::decode_codes(stored, slots, count, narrow);
        size_t kept = 0;
        for (size_t i = 0; i < count; ++i) {
            const uint32_t slot = slots != nullptr ? slots[i] : static_cast<uint32_t>(i);
            if (!stored.is_valid(slot) || accepted.accept[narrow[i]] != 0) {
                out.slots[kept++] = slot;
            }
        }
        return kept;
    }

    const AcceptTable& table(FilterThread& thread, const FilteredColumn& column) const {
        NodeState& state = thread.node(id());
        const storage::Dictionary* dictionary = column.stored->dictionary.get();
        if (state.dictionary != dictionary) {
            state.accept = shared_table(thread, column, *dictionary);
            state.dictionary = dictionary;
        }
        return *state.accept;
    }

    std::shared_ptr<const AcceptTable> shared_table(FilterThread& thread, const FilteredColumn& column,
                                                    const storage::Dictionary& dictionary) const {
        {
            const std::lock_guard guard(mutex_);
            const auto found = tables_.find(&dictionary);
            if (found != tables_.end()) {
                return found->second;
            }
        }
        auto made = std::make_shared<AcceptTable>();
        made->accept.resize(dictionary.values.size() + 1);  // one more, so that data() is never null
        accept_values(thread, column, dictionary.values, made->accept.data());
        made->accept.resize(dictionary.values.size());
        made->before.reserve(made->accept.size() + 1);
        uint32_t sum = 0;
        for (const uint8_t accepted : made->accept) {
            made->before.push_back(sum);
            sum += accepted;
        }
        made->before.push_back(sum);
        made->accepts_null = accepts_null(thread, column);
        const std::lock_guard guard(mutex_);
        return tables_.emplace(&dictionary, std::move(made)).first->second;
    }

    mutable std::mutex mutex_;
    // By dictionary; the scan's snapshot keeps them all alive.
    mutable std::map<const storage::Dictionary*, std::shared_ptr<const AcceptTable>> tables_;
};

class EvaluatedNode : public DictionaryNode {
   public:
    EvaluatedNode(size_t id, const duckdb::TableFilter& filter, bool by_dictionary)
        : DictionaryNode(id), filter_(filter), by_dictionary_(by_dictionary) {}
    EvaluatedNode(size_t id, duckdb::unique_ptr<duckdb::TableFilter> filter, bool by_dictionary)
        : DictionaryNode(id), owned_(std::move(filter)), filter_(*owned_), by_dictionary_(by_dictionary) {}

    Cost cost() const override {
        return filter_.filter_type == duckdb::TableFilterType::BLOOM_FILTER ? Cost::kHash : Cost::kEvaluate;
    }

   protected:
    bool may_use_dictionary() const override { return by_dictionary_; }

    void accept_values(FilterThread& thread, const FilteredColumn& column, std::span<const StringRef> values,
                       uint8_t* accept) const override {
        for (size_t from = 0; from < values.size(); from += kRowsPerChunk) {
            const size_t count = std::min<size_t>(kRowsPerChunk, values.size() - from);
            auto* data = reinterpret_cast<duckdb::data_ptr_t>(const_cast<StringRef*>(values.data() + from));
            duckdb::Vector vector(column.column->type, data);
            duckdb::SelectionVector selection;
            const size_t kept = evaluate(thread, vector, count, selection);
            std::fill_n(accept + from, count, uint8_t{0});
            for (size_t i = 0; i < kept; ++i) {
                accept[from + selection.get_index(i)] = 1;
            }
        }
    }

    bool accepts_null(FilterThread& thread, const FilteredColumn& column) const override {
        duckdb::Vector null(column.column->type, duckdb::idx_t{1});
        duckdb::FlatVector::SetNull(null, 0, true);
        duckdb::SelectionVector selection;
        return evaluate(thread, null, 1, selection) == 1;
    }

    size_t select_values(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots, size_t count,
                         SlotBuffer& out) const override {
        duckdb::Vector& values = fresh_vector(thread, *column.column);
        if (slots != nullptr || !share_column(*column.column, *column.stored, count, values)) {
            decode_column(*column.column, *column.stored, slots, count, values, 0);
        }
        duckdb::SelectionVector selection;
        const size_t kept = evaluate(thread, values, count, selection);
        for (size_t i = 0; i < kept; ++i) {
            const auto at = static_cast<uint32_t>(selection.get_index(i));
            out.slots[i] = slots != nullptr ? slots[at] : at;
        }
        if (!std::is_sorted(out.slots, out.slots + kept)) {
            std::sort(out.slots, out.slots + kept);  // DuckDB's OR appends what each side adds
        }
        return kept;
    }

   private:
    // Which rows pass: how many, and where in `selection`. The count is the approved one: FilterSelection's result is
    // something else for filters that DuckDB has paused (docs/decisions/0002, trap 13).
    size_t evaluate(FilterThread& thread, duckdb::Vector& vector, size_t count,
                    duckdb::SelectionVector& selection) const {
        NodeState& state = thread.node(id());
        if (!state.filter_state) {
            state.filter_state = duckdb::TableFilterState::Initialize(thread.context(), filter_);
        }
        duckdb::UnifiedVectorFormat format;
        vector.ToUnifiedFormat(count, format);
        duckdb::idx_t approved = count;
        duckdb::ColumnSegment::FilterSelection(selection, vector, format, filter_, *state.filter_state, count,
                                               approved);
        return approved;
    }

    duckdb::Vector& fresh_vector(FilterThread& thread, const ScannedColumn& column) const {
        NodeState& state = thread.node(id());
        if (!state.values) {
            state.cache = duckdb::VectorCache(duckdb::Allocator::DefaultAllocator(), column.type);
            state.values = duckdb::make_uniq<duckdb::Vector>(state.cache);
        } else {
            state.values->ResetFromCache(state.cache);
        }
        return *state.values;
    }

    duckdb::unique_ptr<duckdb::TableFilter> owned_;
    const duckdb::TableFilter& filter_;
    bool by_dictionary_;
};

class TextSetNode : public DictionaryNode {
   public:
    TextSetNode(size_t id, std::vector<std::string> values) : DictionaryNode(id), values_(std::move(values)) {
        for (const std::string& value : values_) {
            set_.insert(value);
        }
    }

    Cost cost() const override { return Cost::kSet; }

   protected:
    void accept_values(FilterThread&, const FilteredColumn&, std::span<const StringRef> values,
                       uint8_t* accept) const override {
        for (size_t i = 0; i < values.size(); ++i) {
            accept[i] = set_.contains(values[i].view()) ? 1 : 0;
        }
    }

    bool accepts_null(FilterThread&, const FilteredColumn&) const override { return false; }

    size_t select_values(FilterThread&, const FilteredColumn& column, const uint32_t* slots, size_t count,
                         SlotBuffer& out) const override {
        std::vector<StringRef> strings(count);
        storage::decode_strings(*column.stored, slots, count, strings.data());
        size_t kept = 0;
        for (size_t i = 0; i < count; ++i) {
            const uint32_t slot = slots != nullptr ? slots[i] : static_cast<uint32_t>(i);
            if (column.stored->is_valid(slot) && set_.contains(strings[i].view())) {
                out.slots[kept++] = slot;
            }
        }
        return kept;
    }

   private:
    std::vector<std::string> values_;
    std::unordered_set<std::string_view> set_;
};

class TextComparisonNode : public FilterNode {
   public:
    TextComparisonNode(size_t id, duckdb::unique_ptr<duckdb::ConstantFilter> filter)
        : FilterNode(id), comparison_(filter->comparison_type), constant_(duckdb::StringValue::Get(filter->constant)),
          without_dictionary_(id, std::move(filter), false) {}

    Cost cost() const override { return Cost::kSet; }

    Verdict zone(FilterThread& thread, const FilteredColumn& column) const override {
        return has_dictionary(column) ? codes(column).zone(thread, column) : Verdict::kSome;
    }

    size_t select(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots, size_t count,
                  SlotBuffer& out) const override {
        return has_dictionary(column) ? codes(column).select(thread, column, slots, count, out)
                                      : without_dictionary_.select(thread, column, slots, count, out);
    }

   private:
    // The comparison as a range of codes, which are in value order.
    RangeNode codes(const FilteredColumn& column) const {
        const auto& values = column.stored->dictionary->values;
        const auto at = std::lower_bound(values.begin(), values.end(), constant_,
                                         [](const StringRef& a, const std::string& b) { return a.view() < b; });
        const int64_t lower = at - values.begin();
        const int64_t above = at != values.end() && at->view() == constant_ ? lower + 1 : lower;
        const auto last = static_cast<int64_t>(values.size()) - 1;
        switch (comparison_) {
            case duckdb::ExpressionType::COMPARE_EQUAL:
                return {id(), {lower, above - 1}};
            case duckdb::ExpressionType::COMPARE_LESSTHAN:
                return {id(), {0, lower - 1}};
            case duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO:
                return {id(), {0, above - 1}};
            case duckdb::ExpressionType::COMPARE_GREATERTHAN:
                return {id(), {above, last}};
            default:
                return {id(), {lower, last}};
        }
    }

    duckdb::ExpressionType comparison_;
    std::string constant_;
    EvaluatedNode without_dictionary_;
};

}  // namespace

FilterNodePtr make_text_comparison(size_t id, duckdb::unique_ptr<duckdb::ConstantFilter> filter) {
    if (filter->comparison_type == duckdb::ExpressionType::COMPARE_NOTEQUAL) {
        return std::make_unique<EvaluatedNode>(id, std::move(filter), true);
    }
    return std::make_unique<TextComparisonNode>(id, std::move(filter));
}

FilterNodePtr make_text_set(size_t id, std::vector<std::string> values) {
    return std::make_unique<TextSetNode>(id, std::move(values));
}

FilterNodePtr make_evaluated(size_t id, const duckdb::TableFilter& filter, bool by_dictionary) {
    return std::make_unique<EvaluatedNode>(id, filter, by_dictionary);
}

FilterNodePtr make_evaluated(size_t id, duckdb::unique_ptr<duckdb::TableFilter> filter, bool by_dictionary) {
    return std::make_unique<EvaluatedNode>(id, std::move(filter), by_dictionary);
}

}  // namespace kodiak::engine
