#pragma once

// Building a B+tree (btree.hpp) from sorted entries, and checking its invariants.

#include <string>

#include "index/btree/btree.hpp"

namespace kodiak::index {

template <class Keys>
bool BTree<Keys>::is_before(const Stored& a_key, uint64_t a_locator, const Stored& b_key, uint64_t b_locator) const {
    std::string scratch(Keys::key_bytes(b_key), '\0');
    const auto order = Keys::compare(a_key, Keys::probe_of(b_key, scratch.data()));
    return order != 0 ? order < 0 : a_locator < b_locator;
}

template <class Keys>
bool BTree<Keys>::append(const Place& entry) {
    constexpr uint32_t kFill = LeafNode::kMax - LeafNode::kMax / 16;  // room for some inserts before leaves split
    if (appended_.empty()) {
        KODIAK_ASSERT(size_ == 0);
        appended_.push_back(first_leaf_);
    }
    LeafNode* leaf = appended_.back();
    if (leaf->count > 0) {
        const auto order = Keys::compare(leaf->keys[leaf->count - 1], entry.key);
        if (order > 0 || (order == 0 && leaf->locators[leaf->count - 1] >= entry.locator)) {
            return false;
        }
    }
    if (leaf->count == kFill) {
        leaf = split_leaf(*leaf, kFill);
        appended_.push_back(leaf);
    }
    leaf->keys[leaf->count] = store(entry.key);
    leaf->locators[leaf->count] = entry.locator;
    ++leaf->count;
    ++size_;
    return true;
}

template <class Keys>
void BTree<Keys>::finish_appending() {
    std::vector<Subtree> level;
    level.reserve(appended_.size());
    for (LeafNode* leaf : appended_) {
        level.push_back({leaf, leaf});
    }
    appended_ = {};
    while (level.size() > 1) {
        level = build_level(level);
        ++height_;
    }
    if (!level.empty()) {
        root_ = level.front().node;
    }
}

// Spreads children evenly over as few inner nodes as fit them.
template <class Keys>
std::vector<typename BTree<Keys>::Subtree> BTree<Keys>::build_level(const std::vector<Subtree>& children) {
    constexpr size_t kFill = InnerNode::kMax - InnerNode::kMax / 16;
    const size_t node_count = (children.size() + kFill - 1) / kFill;
    std::vector<Subtree> nodes;
    nodes.reserve(node_count);
    for (size_t i = 0; i < node_count; ++i) {
        const size_t begin = children.size() * i / node_count;
        const size_t end = children.size() * (i + 1) / node_count;
        InnerNode* inner = new_inner();
        for (size_t child = begin; child < end; ++child) {
            if (child > begin) {
                const Separator separator = separator_at(*children[child].first_leaf, 0);
                inner->keys[inner->count - 1] = separator.key;
                inner->locators[inner->count - 1] = separator.locator;
            }
            inner->children[inner->count++] = children[child].node;
        }
        nodes.push_back({inner, children[begin].first_leaf});
    }
    return nodes;
}

// What check_subtree counts, and where it is in the leaf chain.
template <class Keys>
struct BTree<Keys>::Census {
    uint64_t entries = 0;
    uint64_t memory_bytes = 0;
    const LeafNode* last_leaf = nullptr;
};

template <class Keys>
Status BTree<Keys>::check_subtree(const Node* node, uint32_t height, const Separator* low, const Separator* high,
                                  Census& census) const {
    const auto broken = [](const char* what) { return make_error(ErrorCode::kInternal, what); };
    const auto check_keys = [&](const auto& keys_of, uint32_t count) -> bool {
        for (uint32_t i = 0; i < count; ++i) {
            const Stored& key = keys_of.keys[i];
            const uint64_t locator = keys_of.locators[i];
            census.memory_bytes += Keys::outside_bytes(key);
            if ((i > 0 && !is_before(keys_of.keys[i - 1], keys_of.locators[i - 1], key, locator)) ||
                (low != nullptr && is_before(key, locator, low->key, low->locator)) ||
                (high != nullptr && !is_before(key, locator, high->key, high->locator))) {
                return false;
            }
        }
        return true;
    };
    if (height == 0) {
        const auto& leaf = *static_cast<const LeafNode*>(node);
        if ((leaf.count == 0 && height_ > 0) || leaf.count > LeafNode::kMax) {
            return broken("b+tree invariant B3 broken: a leaf is empty or overfull");
        }
        const LeafNode* linked = leaf.previous == nullptr ? first_leaf_ : leaf.previous->next;
        if (leaf.previous != census.last_leaf || linked != &leaf) {
            return broken("b+tree invariant B1 broken: the leaf chain differs from the tree");
        }
        census.last_leaf = &leaf;
        census.entries += leaf.count;
        census.memory_bytes += sizeof(LeafNode);
        return check_keys(leaf, leaf.count) ? ok_status() : broken("b+tree invariant B1 broken: entries out of order");
    }
    const auto& inner = *static_cast<const InnerNode*>(node);
    if (inner.count < 2 || inner.count > InnerNode::kMax) {
        return broken("b+tree invariant B3 broken: an inner node has fewer than two children or too many");
    }
    census.memory_bytes += sizeof(InnerNode);
    if (!check_keys(inner, inner.count - 1)) {
        return broken("b+tree invariant B2 broken: separators out of order");
    }
    for (uint32_t i = 0; i < inner.count; ++i) {
        const Separator before = i == 0 ? Separator{} : Separator{inner.keys[i - 1], inner.locators[i - 1]};
        const Separator after = i + 1 == inner.count ? Separator{} : Separator{inner.keys[i], inner.locators[i]};
        KODIAK_TRY(check_subtree(inner.children[i], height - 1, i == 0 ? low : &before,
                                 i + 1 == inner.count ? high : &after, census));
    }
    return ok_status();
}

template <class Keys>
Status BTree<Keys>::check() const {
    Census census;
    KODIAK_TRY(check_subtree(root_, height_, nullptr, nullptr, census));
    if (census.last_leaf != last_leaf_ || last_leaf_->next != nullptr) {
        return make_error(ErrorCode::kInternal,
                          "b+tree invariant B1 broken: the leaf chain does not end at the last leaf");
    }
    if (census.entries != size_ || census.memory_bytes != memory_bytes_) {
        return make_error(ErrorCode::kInternal, "b+tree invariant B4 broken: size or memory is miscounted");
    }
    return ok_status();
}

}  // namespace kodiak::index
