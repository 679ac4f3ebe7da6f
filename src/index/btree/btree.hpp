#pragma once

// BTree: a B+tree of entries (key, locator), without locks.
//
// How        Leaves are linked both ways; all have the same depth. A full node splits in two (at the end when keys
//            only grow, so that serial keys fill leaves to the brim); a node below a quarter merges with a neighbour
//            or takes entries from it.
// Invariants B1 Entries ascend strictly over the whole leaf chain.
//            B2 Separators bound their neighbours as node.hpp says.
//            B3 Between operations every inner node has at least two children and only a root leaf is empty.
//            B4 memory_bytes and size count exactly what the nodes hold.
// Threads    None: BTreeIndex (btree_index.cpp) locks around it.
// Cost       Integer keys 16 bytes an entry plus slack: 17 after build, 16 to 32 after inserts. Byte keys 32 bytes an
//            entry plus, above 16 bytes, the key and about 16 bytes.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/result/assert.hpp"
#include "base/result/result.hpp"
#include "index/btree/node.hpp"
#include "index/key_index.hpp"

namespace kodiak::index {

template <class Keys>
class BTree {
   public:
    using LeafNode = Leaf<Keys>;
    using InnerNode = Inner<Keys>;
    using Probe = typename Keys::Probe;
    using Stored = typename Keys::Stored;
    using Place = Target<Keys>;

    // Where an entry lies, or between which: leaf == nullptr is behind the last entry.
    struct Position {
        const LeafNode* leaf = nullptr;
        uint32_t slot = 0;
    };

    BTree();
    ~BTree();
    BTree(const BTree&) = delete;
    BTree& operator=(const BTree&) = delete;
    void swap(BTree& other) noexcept;

    // Reading. Positions are valid until the next change.

    // The first entry not before `target`.
    Position lower_bound(const Place& target) const;
    // The first entry behind `target`.
    Position upper_bound(const Place& target) const;
    // The entry before a position, the end included; none before the first.
    Position step_back(Position position) const;
    Position step_forward(Position position) const;
    Position begin() const { return normalized({first_leaf_, 0}); }
    // Lower bounds of (key, 0) for a group of keys, walked level by level so that memory waits overlap.
    static constexpr size_t kGroup = 16;
    void lower_bounds(std::span<const Probe> keys, std::span<Position> positions) const;

    uint64_t size() const { return size_; }
    uint64_t memory_bytes() const { return memory_bytes_; }
    // Checks B1 to B4; kInternal names the one broken.
    Status check() const;

    // Writing (btree_edit.hpp).
    bool insert(const Place& entry);
    bool erase(const Place& entry);

    // Building from sorted entries (btree_build.hpp): append each, then finish once. Requires: empty before the
    // first append; no other call between. append returns false when the entry does not come behind the last one.
    bool append(const Place& entry);
    void finish_appending();

   private:
    static constexpr uint32_t kHeightMax = 24;
    // The way from the root to a leaf: which child was taken at each level, root first.
    struct Step {
        InnerNode* node;
        uint32_t slot;
    };
    struct Path {
        std::array<Step, kHeightMax> steps;
    };
    struct Separator {
        Stored key;
        uint64_t locator;
    };

    static Position normalized(Position position) {
        while (position.leaf != nullptr && position.slot == position.leaf->count) {
            position = {position.leaf->next, 0};
        }
        return position;
    }
    const LeafNode* leaf_for(const Place& target) const;
    LeafNode& walk(const Place& target, Path& path);

    LeafNode* new_leaf();
    InnerNode* new_inner();
    void delete_leaf(LeafNode* leaf);
    void delete_inner(InnerNode* inner);
    Stored store(const Probe& key);
    Separator separator_at(const LeafNode& leaf, uint32_t slot);
    void release(const Stored& key);
    void delete_subtree(Node* node, uint32_t height);

    LeafNode* split_leaf(LeafNode& leaf, uint32_t keep);
    void add_child(const Path& path, Separator separator, Node* child, bool growing);
    Separator split_inner(InnerNode& left, InnerNode& right, uint32_t keep);
    void add_child_at(InnerNode& node, uint32_t slot, const Separator& separator, Node* child);
    void remove_child_at(InnerNode& node, uint32_t slot);
    void mend_leaf(const Path& path);
    void merge_leaves(LeafNode& left, LeafNode& right);
    void balance_leaves(InnerNode& parent, uint32_t left_slot, LeafNode& left, LeafNode& right);
    void mend_inners(const Path& path);
    void collapse_root();
    void balance_inners(InnerNode& parent, uint32_t left_slot, InnerNode& left, InnerNode& right);

    struct Subtree {
        Node* node;
        const LeafNode* first_leaf;
    };
    std::vector<Subtree> build_level(const std::vector<Subtree>& children);

    struct Census;
    Status check_subtree(const Node* node, uint32_t height, const Separator* low, const Separator* high,
                         Census& census) const;
    bool is_before(const Stored& a_key, uint64_t a_locator, const Stored& b_key, uint64_t b_locator) const;

    Node* root_ = nullptr;
    uint32_t height_ = 0;  // inner levels above the leaves
    LeafNode* first_leaf_ = nullptr;
    LeafNode* last_leaf_ = nullptr;
    uint64_t size_ = 0;
    uint64_t memory_bytes_ = 0;
    std::vector<LeafNode*> appended_;  // the leaves of a build in progress
};

template <class Keys>
BTree<Keys>::BTree() {
    first_leaf_ = last_leaf_ = new_leaf();
    root_ = first_leaf_;
}

template <class Keys>
BTree<Keys>::~BTree() {
    if (appended_.empty()) {
        delete_subtree(root_, height_);
        return;
    }
    for (LeafNode* leaf : appended_) {  // a build given up half-way: no inner nodes yet
        delete_subtree(leaf, 0);
    }
}

template <class Keys>
void BTree<Keys>::swap(BTree& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(height_, other.height_);
    std::swap(first_leaf_, other.first_leaf_);
    std::swap(last_leaf_, other.last_leaf_);
    std::swap(size_, other.size_);
    std::swap(memory_bytes_, other.memory_bytes_);
    appended_.swap(other.appended_);
}

template <class Keys>
const Leaf<Keys>* BTree<Keys>::leaf_for(const Place& target) const {
    const Node* node = root_;
    for (uint32_t level = height_; level > 0; --level) {
        const auto& inner = *static_cast<const InnerNode*>(node);
        node = inner.children[child_slot<Keys>(inner, target)];
        prefetch_keys<Keys>(node);
    }
    return static_cast<const LeafNode*>(node);
}

template <class Keys>
typename BTree<Keys>::Position BTree<Keys>::lower_bound(const Place& target) const {
    const LeafNode* leaf = leaf_for(target);
    return normalized({leaf, count_entries_before<false, Keys>(*leaf, leaf->count, target)});
}

template <class Keys>
typename BTree<Keys>::Position BTree<Keys>::upper_bound(const Place& target) const {
    const LeafNode* leaf = leaf_for(target);
    return normalized({leaf, count_entries_before<true, Keys>(*leaf, leaf->count, target)});
}

template <class Keys>
typename BTree<Keys>::Position BTree<Keys>::step_back(Position position) const {
    if (position.leaf == nullptr) {
        position = {last_leaf_, last_leaf_->count};
    }
    while (position.slot == 0) {
        position.leaf = position.leaf->previous;
        if (position.leaf == nullptr) {
            return {};
        }
        position.slot = position.leaf->count;
    }
    return {position.leaf, position.slot - 1};
}

template <class Keys>
typename BTree<Keys>::Position BTree<Keys>::step_forward(Position position) const {
    return normalized({position.leaf, position.slot + 1});
}

template <class Keys>
void BTree<Keys>::lower_bounds(std::span<const Probe> keys, std::span<Position> positions) const {
    KODIAK_DEBUG_ASSERT(keys.size() <= kGroup && keys.size() == positions.size());
    std::array<const Node*, kGroup> nodes;
    nodes.fill(root_);
    for (uint32_t level = height_; level > 0; --level) {
        for (size_t i = 0; i < keys.size(); ++i) {
            const auto& inner = *static_cast<const InnerNode*>(nodes[i]);
            nodes[i] = inner.children[child_slot<Keys>(inner, {keys[i], 0})];
            prefetch_keys<Keys>(nodes[i]);
        }
    }
    for (size_t i = 0; i < keys.size(); ++i) {
        const auto* leaf = static_cast<const LeafNode*>(nodes[i]);
        positions[i] = normalized({leaf, count_entries_before<false, Keys>(*leaf, leaf->count, Place{keys[i], 0})});
    }
}

}  // namespace kodiak::index

#include "index/btree/btree_build.hpp"  // IWYU pragma: keep
#include "index/btree/btree_edit.hpp"   // IWYU pragma: keep
