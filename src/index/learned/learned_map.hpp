#pragma once

// LearnedMap: an ordered map from uint64 keys to uint64 values that learns where keys lie.
//
// Why      A find in a B+tree at ten million keys waits for memory three or four times in a row. Keys of tables are
//          mostly serial, nearly evenly spread, or so in parts: there a key's place can be computed, and a find waits
//          once. Where that is not so, separators lead to small nodes, as in a B+tree, in which keys are hashed.
// How      Nodes and their search: node.hpp. After ALEX (Ding et al. 2020) for linear models over gaps, and LIPP (Wu et
//          al. 2021) for exact places; unlike both, ranges are cut at powers of two (shifts instead of divisions; sums
//          cannot round), what a model costs is measured when a node is built, and readers take no lock.
//          Every node is built from its sorted keys by one function (learned_map_build.cpp). A node that has no room
//          for a key is built anew from its keys, which may give another form, several nodes, or an inner node; inner
//          nodes whose slots have nearly all become inner nodes take over their children's slots.
// Invariants L1 A key is found by one path only; nodes hold only keys of the slots they stand for.
//            L2 Nodes that were replaced do not change any more; readers may finish in them.
//            L3 Values are never kAbsent; counts in inner nodes are the number of keys below.
// Threads  One writer; any number of readers, each inside a ReaderEpochs::Guard, which is also what keeps the values'
//          own memory alive.
// Cost     8 bytes a serial key, 20 to 35 other ones; random single keys in small nodes up to 70.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result/result.hpp"
#include "index/learned/node.hpp"
#include "index/learned/node_memory.hpp"

namespace kodiak::index::learned {

// How many keys a hashed node takes when it is built; and two neighbours that are put together.
inline constexpr uint64_t kHashedKeys = 96;
inline constexpr uint64_t kMergedHashedKeys = 64;

class LearnedMap {
   public:
    // Nodes live in `memory`, which outlives the map.
    explicit LearnedMap(NodeMemory& memory) : memory_(memory) {}
    // Requires: no reader is left.
    ~LearnedMap();
    LearnedMap(const LearnedMap&) = delete;
    LearnedMap& operator=(const LearnedMap&) = delete;

    // --- readers
    // Returns the value of a key, or kAbsent.
    uint64_t find(uint64_t key) const;
    // Finds several keys; their waits for memory overlap.
    static constexpr size_t kGroup = 16;
    void find_group(std::span<const uint64_t> keys, std::span<uint64_t> values) const;
    // Appends items from `from` up to `to` in ascending order: at least `wanted` if there are as many, or a few more.
    void collect_ascending(uint64_t from, uint64_t to, size_t wanted, std::vector<Item>& items) const;
    // Appends items from `from` down to `to` in descending order.
    void collect_descending(uint64_t from, uint64_t to, size_t wanted, std::vector<Item>& items) const;
    uint64_t size() const { return size_.load(std::memory_order_relaxed); }

    // --- the writer
    // Adds a key that is not there; or returns the place of its value, to be read, and changed with a release store.
    std::atomic<uint64_t>* insert(Item item);
    // Returns the place of a key's value, or nullptr.
    std::atomic<uint64_t>* place_of(uint64_t key) const;
    // Requires: the key is there.
    void remove(uint64_t key);
    // Fills an empty map from items of ascending keys; readers see all or nothing.
    void build(std::span<const Item> items);
    // Retires all nodes, for a map that readers can no longer find but may be in. Nothing may follow, nor the
    // destructor: its memory is retired too.
    void abandon();
    // Checks node.hpp's and the above invariants. Requires: the writer rests.
    Status check() const;
    // Bytes of this map's nodes, counted by walking.
    uint64_t counted_bytes() const;

   private:
    // The way from the root over inner nodes to a leaf, fork or empty slot; only the root may have less than two slots.
    struct Step {
        std::atomic<uint64_t>* place;  // holds `inner`
        Ref inner;
        uint32_t slot;  // that was taken
    };
    struct Path {
        static constexpr uint32_t kDepthMax = 66;
        Step steps[kDepthMax];
        uint32_t depth = 0;
        const Step& last() const { return steps[depth - 1]; }
    };
    // Slots [first, last] of an inner node.
    struct Run {
        uint32_t first;
        uint32_t last;
    };
    // A leaf or a gap, with the keys it stands for, both ends included.
    struct Cover {
        Ref leaf;
        uint64_t low;
        uint64_t high;
    };
    using Items = std::vector<Item>;
    // What a fork is made of; the last separator does not count.
    struct ForkChildren {
        uint32_t count = 0;
        static constexpr uint32_t kMax = Fork::kChildren + 4;  // before a fork is split
        Ref refs[kMax];
        uint64_t separators[kMax];
        void push_back(Ref ref, uint64_t separator) {
            KODIAK_ASSERT(count < kMax);
            refs[count] = ref;
            separators[count++] = separator;
        }
        static ForkChildren of(Ref fork);
        // Puts other children in the place of `replaced` ones from `first` on.
        void replace(uint32_t first, uint32_t replaced, const ForkChildren& by);
        ForkChildren part(uint32_t begin, uint32_t end) const;
    };

    // The leaf that has `key` if any has; empty when none can.
    Ref leaf_for(uint64_t key) const {
        Ref ref(root_.load(std::memory_order_acquire));
        while (ref.kind() == Kind::kInner) {
            if (!ref.reaches(key)) [[unlikely]] {
                return {};
            }
            ref = ref.child(ref.slot_of(key));
        }
        return below_forks(ref, key);
    }
    static Ref below_forks(Ref ref, uint64_t key) {
        while (ref.kind() == Kind::kFork) {
            const Fork& fork = ref.fork();
            __builtin_prefetch(fork.children);
            __builtin_prefetch(fork.children + 8);
            ref = ref.fork_child(fork.child_of(key));
        }
        return ref;
    }
    // The entry of a key in a node of buckets; for the writer.
    struct Place {
        Bucket* bucket = nullptr;  // nullptr: not there
        uint32_t entry = 0;
    };
    static Place find_place(Ref leaf, uint64_t key);
    Cover cover_of(uint64_t key, bool upwards) const;
    static Run run_of(Ref inner, uint32_t slot);

    // learned_map_build.cpp: new nodes from sorted items
    // Where a new node leaves room for further keys: little; everywhere; behind the last one.
    enum class Purpose : uint8_t { kLoad, kGrowth, kAppend };
    static Purpose purpose_of(std::span<const Item> items, const Item* added) {
        return added != nullptr && added->key == items.back().key ? Purpose::kAppend : Purpose::kGrowth;
    }
    Ref build_inner(std::span<const Item> items, Purpose purpose);
    Ref build_slot(std::span<const Item> items, uint32_t shift, Purpose purpose);
    Ref build_fork(std::span<const Item> items);
    Ref new_fork(const ForkChildren& children);
    Ref build_dense(std::span<const Item> items, uint32_t shift);
    Ref build_hashed(std::span<const Item> items, Purpose purpose);
    Ref try_buckets(std::span<const Item> items, uint32_t shift, Purpose purpose);
    void fill_slots(Ref inner, Run run, std::span<const Item> items, Purpose purpose);
    Ref new_inner(uint64_t prefix, uint32_t shift, uint32_t bits);
    Ref new_buckets(Kind kind, uint64_t count, uint64_t spare, uint32_t shift);  // to be written
    static void write_buckets(Ref leaf, std::span<const Item> items);
    static void set_slot(Ref inner, uint32_t slot, Ref child);

    // learned_map_edit.cpp: changing nodes
    Ref walk(uint64_t key, Path& path);
    void set_child(const Path& path, Ref child);
    void count_change(const Path& path, int64_t change);
    bool extend(const Path& path, Ref at, Item item);
    static bool add_to_bucket(Ref leaf, Item item);
    void fill_gap(const Step& step, Item item);
    static void insert_sorted(Items& items, Item item) {
        const auto before = [](const Item& a, const Item& b) { return a.key < b.key; };
        items.insert(std::lower_bound(items.begin(), items.end(), item, before), item);
    }
    // learned_map_forks.cpp
    struct ForkChange;
    ForkChange rebuild_fork_leaf(const ForkChildren& children, uint32_t at, const Item* added);
    void set_fork_top(const Step& step, const ForkChildren& fresh, std::vector<Ref>& replaced);
    void rebuild_below_fork(const Step& step, const Item* added, uint64_t key);
    void rebuild_run(const Step& step, Ref leaf, const Item* added);
    static bool can_flatten(Ref inner, uint32_t& shift);
    void flatten(const Step& step);
    void unroll(Ref flat, Ref old, std::vector<Ref>& replaced);
    bool shrink_inner(const Path& path);
    void shrink_leaf(const Step& step, Ref leaf, uint64_t key);
    void retire_tree(Ref ref);

    // learned_map_walk.cpp: all of a subtree
    static void append_leaf(Ref leaf, uint64_t low, Items& items);
    static void append_tree(Ref ref, uint64_t low, Items& items);
    // Children before their parents.
    template <class Visit>
    static void for_each_node(Ref ref, const Visit& visit) {
        if (ref.kind() == Kind::kInner) {
            for (uint32_t slot = 0; slot < ref.slot_count(); ++slot) {
                if (slot == 0 || ref.child(slot) != ref.child(slot - 1)) {
                    for_each_node(ref.child(slot), visit);
                }
            }
        } else if (ref.kind() == Kind::kFork) {
            for (uint32_t i = 0; i < ref.child_count(); ++i) {
                for_each_node(ref.fork_child(i), visit);
            }
        }
        if (!ref.is_empty()) {
            visit(ref);
        }
    }
    static Status check_tree(Ref ref, uint64_t low, uint64_t high, uint64_t& keys);

    void free_node(Ref ref) { memory_.free(ref.address(), ref.bytes()); }
    void retire_node(Ref ref) { memory_.retire(ref.address(), ref.bytes()); }

    NodeMemory& memory_;
    std::atomic<uint64_t> root_ = 0;  // an inner node, or empty
    std::atomic<uint64_t> size_ = 0;
};

}  // namespace kodiak::index::learned
