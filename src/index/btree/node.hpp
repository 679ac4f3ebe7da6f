#pragma once

// The nodes of the B+tree and the searches inside one node.
//
// Layout   A leaf holds its keys behind each other, then its locators, so that a binary search touches keys only.
//          An inner node of n children holds n - 1 separators; separator i is not above any entry of child i + 1 and
//          above every entry of child i. Separators are whole entries (key, locator), because entries of one key may
//          spread over several leaves; they own copies of their keys.

#include <algorithm>
#include <cstdint>

#include "index/btree/stored_key.hpp"

namespace kodiak::index {

struct Node {
    uint32_t count = 0;  // leaf: entries; inner: children
};

template <class Keys>
struct Leaf : Node {
    static constexpr uint32_t kMax =
        static_cast<uint32_t>((Keys::kNodeBytes - 24) / (sizeof(typename Keys::Stored) + sizeof(uint64_t)));
    static constexpr uint32_t kMin = kMax / 4;  // below the half, so that a split is not undone by the next erase

    Leaf* previous = nullptr;
    Leaf* next = nullptr;
    typename Keys::Stored keys[kMax];
    uint64_t locators[kMax];
};

template <class Keys>
struct Inner : Node {
    static constexpr uint32_t kMax = static_cast<uint32_t>(
        (Keys::kNodeBytes - 8) / (sizeof(typename Keys::Stored) + sizeof(uint64_t) + sizeof(Node*)));
    static constexpr uint32_t kMin = kMax / 4;

    typename Keys::Stored keys[kMax];  // kMax - 1 used
    uint64_t locators[kMax];
    Node* children[kMax];
};

// What a search looks for: an entry, or a place before or behind all entries of a key.
template <class Keys>
struct Target {
    typename Keys::Probe key;
    uint64_t locator;
};

// Returns the number of keys below `key`. Written so that the compiler makes conditional moves of it: random
// searches would mispredict every other branch.
template <class Keys>
uint32_t count_keys_below(const typename Keys::Stored* keys, uint32_t count, const typename Keys::Probe& key) {
    const typename Keys::Stored* base = keys;
    uint32_t left = count;
    while (left > 1) {
        const uint32_t half = left / 2;
        base += Keys::compare(base[half - 1], key) < 0 ? half : 0;
        left -= half;
    }
    const auto below = static_cast<uint32_t>(base - keys);
    return below + static_cast<uint32_t>(left == 1 && Keys::compare(*base, key) < 0);
}

// Returns the number of entries of a node before `target`, or before or equal to it when `including_equal`.
template <bool including_equal, class Keys, class NodeType>
uint32_t count_entries_before(const NodeType& node, uint32_t count, const Target<Keys>& target) {
    uint32_t place = count_keys_below<Keys>(node.keys, count, target.key);
    const auto precedes = [&](uint32_t i) {
        return Keys::compare(node.keys[i], target.key) == 0 &&
               (including_equal ? node.locators[i] <= target.locator : node.locators[i] < target.locator);
    };
    if (place == count || !precedes(place)) {
        return place;
    }
    uint32_t high = count;  // the answer lies in (place, high]
    while (high - place > 1) {
        const uint32_t middle = place + (high - place) / 2;
        (precedes(middle) ? place : high) = middle;
    }
    return place + 1;
}

// Asks for the memory that a search in this node, leaf or inner, will touch: a binary search waits for one line after
// the other, while lines asked for together arrive together.
template <class Keys>
void prefetch_keys(const Node* node) {
    constexpr size_t kLineBytes = 64;
    constexpr size_t kKeyBytes = sizeof(typename Keys::Stored) * Leaf<Keys>::kMax;
    constexpr size_t kStride = std::max(kLineBytes, kKeyBytes / 16);
    const char* memory = reinterpret_cast<const char*>(node);
    for (size_t offset = 0; offset < kKeyBytes; offset += kStride) {
        __builtin_prefetch(memory + offset);
    }
}

// Returns which child of an inner node the path to `target` takes.
template <class Keys>
uint32_t child_slot(const Inner<Keys>& node, const Target<Keys>& target) {
    return count_entries_before<true, Keys>(node, node.count - 1, target);
}

}  // namespace kodiak::index
