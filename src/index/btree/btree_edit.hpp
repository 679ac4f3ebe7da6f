#pragma once

// Insert and erase of the B+tree (btree.hpp): splitting, merging, balancing.

#include "index/btree/btree.hpp"

namespace kodiak::index {

template <class Keys>
Leaf<Keys>* BTree<Keys>::new_leaf() {
    memory_bytes_ += sizeof(LeafNode);
    return new LeafNode;
}

template <class Keys>
Inner<Keys>* BTree<Keys>::new_inner() {
    memory_bytes_ += sizeof(InnerNode);
    return new InnerNode;
}

template <class Keys>
void BTree<Keys>::delete_leaf(LeafNode* leaf) {
    memory_bytes_ -= sizeof(LeafNode);
    delete leaf;
}

template <class Keys>
void BTree<Keys>::delete_inner(InnerNode* inner) {
    memory_bytes_ -= sizeof(InnerNode);
    delete inner;
}

template <class Keys>
typename Keys::Stored BTree<Keys>::store(const Probe& key) {
    const Stored stored = Keys::store(key);
    memory_bytes_ += Keys::outside_bytes(stored);
    return stored;
}

template <class Keys>
void BTree<Keys>::release(const Stored& key) {
    memory_bytes_ -= Keys::outside_bytes(key);
    Keys::release(key);
}

template <class Keys>
typename BTree<Keys>::Separator BTree<Keys>::separator_at(const LeafNode& leaf, uint32_t slot) {
    const Separator separator{Keys::clone(leaf.keys[slot]), leaf.locators[slot]};
    memory_bytes_ += Keys::outside_bytes(separator.key);
    return separator;
}

template <class Keys>
void BTree<Keys>::delete_subtree(Node* node, uint32_t height) {
    if (height == 0) {
        auto* leaf = static_cast<LeafNode*>(node);
        std::for_each_n(leaf->keys, leaf->count, [this](const Stored& key) { release(key); });
        delete_leaf(leaf);
        return;
    }
    auto* inner = static_cast<InnerNode*>(node);
    std::for_each_n(inner->keys, inner->count - 1, [this](const Stored& key) { release(key); });
    std::for_each_n(inner->children, inner->count, [&](Node* child) { delete_subtree(child, height - 1); });
    delete_inner(inner);
}

template <class Keys>
Leaf<Keys>& BTree<Keys>::walk(const Place& target, Path& path) {
    Node* node = root_;
    for (uint32_t level = 0; level < height_; ++level) {
        auto* inner = static_cast<InnerNode*>(node);
        const uint32_t slot = child_slot<Keys>(*inner, target);
        path.steps[level] = {inner, slot};
        node = inner->children[slot];
        prefetch_keys<Keys>(node);
    }
    return *static_cast<LeafNode*>(node);
}

template <class Keys>
bool BTree<Keys>::insert(const Place& entry) {
    Path path;
    LeafNode* leaf = &walk(entry, path);
    uint32_t slot = count_entries_before<false, Keys>(*leaf, leaf->count, entry);
    if (slot < leaf->count && leaf->locators[slot] == entry.locator &&
        Keys::compare(leaf->keys[slot], entry.key) == 0) {
        return false;
    }
    LeafNode* split_off = nullptr;
    const bool growing = leaf == last_leaf_ && slot == leaf->count;
    if (leaf->count == LeafNode::kMax) {
        const uint32_t keep = growing ? LeafNode::kMax : LeafNode::kMax / 2;
        split_off = split_leaf(*leaf, keep);
        if (growing || slot > keep) {
            leaf = split_off;
            slot -= keep;
        }
    }
    std::copy_backward(leaf->keys + slot, leaf->keys + leaf->count, leaf->keys + leaf->count + 1);
    std::copy_backward(leaf->locators + slot, leaf->locators + leaf->count, leaf->locators + leaf->count + 1);
    leaf->keys[slot] = store(entry.key);
    leaf->locators[slot] = entry.locator;
    ++leaf->count;
    ++size_;
    if (split_off != nullptr) {
        add_child(path, separator_at(*split_off, 0), split_off, growing);
    }
    return true;
}

// Moves all entries from `keep` on to a new leaf behind this one.
template <class Keys>
Leaf<Keys>* BTree<Keys>::split_leaf(LeafNode& leaf, uint32_t keep) {
    LeafNode* right = new_leaf();
    std::copy(leaf.keys + keep, leaf.keys + leaf.count, right->keys);
    std::copy(leaf.locators + keep, leaf.locators + leaf.count, right->locators);
    right->count = leaf.count - keep;
    leaf.count = keep;
    right->previous = &leaf;
    right->next = leaf.next;
    (right->next != nullptr ? right->next->previous : last_leaf_) = right;
    leaf.next = right;
    return right;
}

// Moves all children from `keep` on to the empty node `right`; returns the separator between the two nodes.
template <class Keys>
typename BTree<Keys>::Separator BTree<Keys>::split_inner(InnerNode& left, InnerNode& right, uint32_t keep) {
    const Separator middle{left.keys[keep - 1], left.locators[keep - 1]};
    std::copy(left.keys + keep, left.keys + left.count - 1, right.keys);
    std::copy(left.locators + keep, left.locators + left.count - 1, right.locators);
    std::copy(left.children + keep, left.children + left.count, right.children);
    right.count = left.count - keep;
    left.count = keep;
    return middle;
}

// Hangs `child` into the tree behind the node that `path` led to, splitting upwards as needed. `growing`: the child
// is the new right edge, so a split leaves the old node nearly full.
template <class Keys>
void BTree<Keys>::add_child(const Path& path, Separator separator, Node* child, bool growing) {
    for (uint32_t level = height_; level-- > 0;) {
        InnerNode& node = *path.steps[level].node;
        const uint32_t slot = path.steps[level].slot + 1;
        if (node.count < InnerNode::kMax) {
            add_child_at(node, slot, separator, child);
            return;
        }
        const uint32_t keep = growing ? InnerNode::kMax - 2 : InnerNode::kMax / 2;
        InnerNode* right = new_inner();
        const Separator middle = split_inner(node, *right, keep);
        if (slot <= keep) {
            add_child_at(node, slot, separator, child);
        } else {
            add_child_at(*right, slot - keep, separator, child);
        }
        separator = middle;
        child = right;
    }
    InnerNode* root = new_inner();
    root->count = 2;
    root->children[0] = root_;
    root->children[1] = child;
    root->keys[0] = separator.key;
    root->locators[0] = separator.locator;
    root_ = root;
    ++height_;
    KODIAK_ASSERT(height_ < kHeightMax);
}

template <class Keys>
void BTree<Keys>::add_child_at(InnerNode& node, uint32_t slot, const Separator& separator, Node* child) {
    const uint32_t separators = node.count - 1;
    std::copy_backward(node.keys + slot - 1, node.keys + separators, node.keys + separators + 1);
    std::copy_backward(node.locators + slot - 1, node.locators + separators, node.locators + separators + 1);
    std::copy_backward(node.children + slot, node.children + node.count, node.children + node.count + 1);
    node.keys[slot - 1] = separator.key;
    node.locators[slot - 1] = separator.locator;
    node.children[slot] = child;
    ++node.count;
}

// Takes out a child and the separator before it; both stay the caller's.
template <class Keys>
void BTree<Keys>::remove_child_at(InnerNode& node, uint32_t slot) {
    std::copy(node.keys + slot, node.keys + node.count - 1, node.keys + slot - 1);
    std::copy(node.locators + slot, node.locators + node.count - 1, node.locators + slot - 1);
    std::copy(node.children + slot + 1, node.children + node.count, node.children + slot);
    --node.count;
}

template <class Keys>
bool BTree<Keys>::erase(const Place& entry) {
    Path path;
    LeafNode& leaf = walk(entry, path);
    const uint32_t slot = count_entries_before<false, Keys>(leaf, leaf.count, entry);
    if (slot == leaf.count || leaf.locators[slot] != entry.locator || Keys::compare(leaf.keys[slot], entry.key) != 0) {
        return false;
    }
    release(leaf.keys[slot]);
    std::copy(leaf.keys + slot + 1, leaf.keys + leaf.count, leaf.keys + slot);
    std::copy(leaf.locators + slot + 1, leaf.locators + leaf.count, leaf.locators + slot);
    --leaf.count;
    --size_;
    if (leaf.count < LeafNode::kMin && height_ > 0) {
        mend_leaf(path);
    }
    return true;
}

// Merges or balances the leaf at the end of `path` with a neighbour under the same parent; B3 says there is one.
template <class Keys>
void BTree<Keys>::mend_leaf(const Path& path) {
    const Step& step = path.steps[height_ - 1];
    InnerNode& parent = *step.node;
    const uint32_t left_slot = step.slot > 0 ? step.slot - 1 : 0;
    auto& left = *static_cast<LeafNode*>(parent.children[left_slot]);
    auto& right = *static_cast<LeafNode*>(parent.children[left_slot + 1]);
    if (left.count + right.count > LeafNode::kMax) {
        balance_leaves(parent, left_slot, left, right);
        return;
    }
    merge_leaves(left, right);
    release(parent.keys[left_slot]);
    remove_child_at(parent, left_slot + 1);
    mend_inners(path);
}

template <class Keys>
void BTree<Keys>::merge_leaves(LeafNode& left, LeafNode& right) {
    std::copy_n(right.keys, right.count, left.keys + left.count);
    std::copy_n(right.locators, right.count, left.locators + left.count);
    left.count += right.count;
    left.next = right.next;
    (right.next != nullptr ? right.next->previous : last_leaf_) = &left;
    delete_leaf(&right);
}

template <class Keys>
void BTree<Keys>::balance_leaves(InnerNode& parent, uint32_t left_slot, LeafNode& left, LeafNode& right) {
    std::array<Stored, 2 * LeafNode::kMax> keys;
    std::array<uint64_t, 2 * LeafNode::kMax> locators;
    std::copy_n(right.keys, right.count, std::copy_n(left.keys, left.count, keys.begin()));
    std::copy_n(right.locators, right.count, std::copy_n(left.locators, left.count, locators.begin()));
    const uint32_t total = left.count + right.count;
    left.count = total / 2;
    right.count = total - left.count;
    std::copy_n(keys.begin(), left.count, left.keys);
    std::copy_n(locators.begin(), left.count, left.locators);
    std::copy_n(keys.begin() + left.count, right.count, right.keys);
    std::copy_n(locators.begin() + left.count, right.count, right.locators);
    release(parent.keys[left_slot]);
    const Separator separator = separator_at(right, 0);
    parent.keys[left_slot] = separator.key;
    parent.locators[left_slot] = separator.locator;
}

// Mends the inner nodes of `path` upwards after a child of the lowest was removed.
template <class Keys>
void BTree<Keys>::mend_inners(const Path& path) {
    for (uint32_t level = height_ - 1; level > 0; --level) {
        if (path.steps[level].node->count >= InnerNode::kMin) {
            return;
        }
        InnerNode& parent = *path.steps[level - 1].node;
        const uint32_t slot = path.steps[level - 1].slot;
        const uint32_t left_slot = slot > 0 ? slot - 1 : 0;
        auto& left = *static_cast<InnerNode*>(parent.children[left_slot]);
        auto& right = *static_cast<InnerNode*>(parent.children[left_slot + 1]);
        if (left.count + right.count > InnerNode::kMax) {
            balance_inners(parent, left_slot, left, right);
            return;
        }
        left.keys[left.count - 1] = parent.keys[left_slot];
        left.locators[left.count - 1] = parent.locators[left_slot];
        std::copy_n(right.keys, right.count - 1, left.keys + left.count);
        std::copy_n(right.locators, right.count - 1, left.locators + left.count);
        std::copy_n(right.children, right.count, left.children + left.count);
        left.count += right.count;
        delete_inner(&right);
        remove_child_at(parent, left_slot + 1);
    }
    collapse_root();
}

template <class Keys>
void BTree<Keys>::collapse_root() {
    auto* root = static_cast<InnerNode*>(root_);
    if (root->count == 1) {
        root_ = root->children[0];
        --height_;
        delete_inner(root);
    }
}

template <class Keys>
void BTree<Keys>::balance_inners(InnerNode& parent, uint32_t left_slot, InnerNode& left, InnerNode& right) {
    std::array<Stored, 2 * InnerNode::kMax> keys;
    std::array<uint64_t, 2 * InnerNode::kMax> locators;
    std::array<Node*, 2 * InnerNode::kMax> children;
    std::copy_n(left.keys, left.count - 1, keys.begin());
    keys[left.count - 1] = parent.keys[left_slot];
    std::copy_n(right.keys, right.count - 1, keys.begin() + left.count);
    std::copy_n(left.locators, left.count - 1, locators.begin());
    locators[left.count - 1] = parent.locators[left_slot];
    std::copy_n(right.locators, right.count - 1, locators.begin() + left.count);
    std::copy_n(right.children, right.count, std::copy_n(left.children, left.count, children.begin()));

    const uint32_t total = left.count + right.count;
    left.count = total / 2;
    right.count = total - left.count;
    std::copy_n(keys.begin(), left.count - 1, left.keys);
    std::copy_n(locators.begin(), left.count - 1, left.locators);
    std::copy_n(children.begin(), left.count, left.children);
    parent.keys[left_slot] = keys[left.count - 1];
    parent.locators[left_slot] = locators[left.count - 1];
    std::copy_n(keys.begin() + left.count, right.count - 1, right.keys);
    std::copy_n(locators.begin() + left.count, right.count - 1, right.locators);
    std::copy_n(children.begin() + left.count, right.count, right.children);
}

}  // namespace kodiak::index
