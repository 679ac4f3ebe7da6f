#include "storage/hot/dictionary_builder.hpp"

#include <algorithm>
#include <numeric>

#include "base/hash/xxh3.hpp"

namespace kodiak::storage {

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
    std::sort(order.begin(), order.end(), [&](uint16_t left, uint16_t right) { return values_[left] < values_[right]; });
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

}  // namespace kodiak::storage
