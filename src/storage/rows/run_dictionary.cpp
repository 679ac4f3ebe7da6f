#include "storage/rows/run_dictionary.hpp"

#include <algorithm>
#include <numeric>

#include "base/hash/xxh3.hpp"
#include "storage/decode.hpp"

namespace kodiak::storage {
namespace {

// Strings added must live until finish().
class DictionaryBuilder {
   public:
    static constexpr size_t kMaxValues = 4096;

    DictionaryBuilder() : table_(kSlots, kEmpty) {}
    // The number of a string, in order of first appearance; kMaxValues when there are too many different ones.
    uint32_t add(std::string_view text);
    size_t size() const { return values_.size(); }
    // Bytes that the finished dictionary takes.
    uint64_t bytes() const { return values_.size() * sizeof(StringRef) + long_bytes_; }
    // Copies the strings; codes[number] is the code of that number.
    std::shared_ptr<const Dictionary> finish(std::vector<uint16_t>& codes) const;

   private:
    static constexpr size_t kSlots = 16'384;
    static constexpr uint16_t kEmpty = UINT16_MAX;

    std::vector<std::string_view> values_;
    std::vector<uint64_t> hashes_;
    std::vector<uint16_t> table_;  // numbers by hash, linear probing
    uint64_t long_bytes_ = 0;
};

uint32_t DictionaryBuilder::add(std::string_view text) {
    const uint64_t hash = xxh3(text);
    size_t slot = hash % kSlots;
    while (table_[slot] != kEmpty) {
        const uint16_t number = table_[slot];
        if (hashes_[number] == hash && values_[number] == text) {
            return number;
        }
        slot = (slot + 1) % kSlots;
    }
    if (values_.size() == kMaxValues) {
        return kMaxValues;
    }
    const auto number = static_cast<uint16_t>(values_.size());
    table_[slot] = number;
    values_.push_back(text);
    hashes_.push_back(hash);
    long_bytes_ += text.size() > StringRef::kInlineBytes ? text.size() : 0;
    return number;
}

std::shared_ptr<const Dictionary> DictionaryBuilder::finish(std::vector<uint16_t>& codes) const {
    std::vector<uint16_t> order(values_.size());
    std::iota(order.begin(), order.end(), uint16_t{0});
    std::sort(order.begin(), order.end(),
              [&](uint16_t left, uint16_t right) { return values_[left] < values_[right]; });
    auto dictionary = std::make_shared<Dictionary>();
    dictionary->values.reserve(order.size());
    dictionary->heap.reserve(long_bytes_);
    codes.resize(order.size());
    for (size_t code = 0; code < order.size(); ++code) {
        std::string_view text = values_[order[code]];
        codes[order[code]] = static_cast<uint16_t>(code);
        if (text.size() > StringRef::kInlineBytes) {
            const size_t at = dictionary->heap.size();
            dictionary->heap.insert(dictionary->heap.end(), text.begin(), text.end());
            text = {dictionary->heap.data() + at, text.size()};
        }
        dictionary->values.emplace_back(text);
    }
    return dictionary;
}

}  // namespace

RunDictionary build_run_dictionary(std::span<const Chunk* const> run, std::span<const uint32_t> counts,
                                   size_t position) {
    DictionaryBuilder builder;
    RunDictionary result;
    std::vector<std::vector<StringRef>> decoded(run.size());  // the builder refers to inline strings in here
    uint64_t plain_bytes = 0;
    for (size_t c = 0; c < run.size(); ++c) {
        const StoredColumn& source = run[c]->column(position);
        std::vector<StringRef>& strings = decoded[c];
        strings.resize(counts[c]);
        decode_strings(source, nullptr, counts[c], strings.data());
        for (uint32_t slot = 0; slot < counts[c]; ++slot) {
            uint32_t number = 0;
            if (source.is_valid(slot)) {
                number = builder.add(strings[slot].view());
                if (number == DictionaryBuilder::kMaxValues) {
                    return {};
                }
                plain_bytes += strings[slot].is_inline() ? 0 : strings[slot].length;
            }
            result.codes.push_back(static_cast<uint16_t>(number));
        }
        plain_bytes += counts[c] * sizeof(StringRef);
    }
    const uint64_t code_bytes = result.codes.size() * (builder.size() <= 256 ? 1 : 2);
    if (code_bytes + builder.bytes() >= plain_bytes) {
        return {};
    }
    std::vector<uint16_t> codes;
    result.dictionary = builder.finish(codes);
    result.bytes = builder.bytes();
    if (!codes.empty()) {  // else all are NULL and keep code 0
        for (uint16_t& code : result.codes) {
            code = codes[code];
        }
    }
    return result;
}

}  // namespace kodiak::storage
