// Changing a LearnedMap: inserting, removing, rebuilding nodes.

#include <bit>

#include "index/learned/learned_map.hpp"

namespace kodiak::index::learned {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kRelease = std::memory_order_release;

// Inner nodes of up to this many keys are built anew when a key lies outside their range.
constexpr uint64_t kSmallNode = 256;
// Otherwise they may get more slots, up to one for this many keys.
constexpr uint64_t kKeysPerSlotMin = 16;
constexpr uint64_t kSlotsAlways = 256;
constexpr uint32_t kBitsMax = 24;
constexpr uint32_t kBitsAbove = 6;
// A gap of empty slots that gets its first key is filled at most this far.
constexpr uint32_t kGapSlots = 64;
// Leaves are built smaller when they use less than this: an eighth of a dense node, two entries of a bucket.
constexpr uint64_t kDenseShareMin = 8;
constexpr uint32_t kLiveMin = 2;
constexpr size_t kSmallHashedKeys = 32;
constexpr uint64_t kSmallestInner = 24;

uint64_t mask_of(uint32_t bits) { return bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }

uint64_t dense_count(Ref leaf, uint64_t first, uint64_t count) {
    uint64_t live = 0;
    for (uint64_t i = first; i < first + count; ++i) {
        live += leaf.values()[i].load(kRelaxed) != kAbsent ? 1 : 0;
    }
    return live;
}

// Puts an item into a dead entry, in the order that K1 asks for.
void revive(Bucket& bucket, uint32_t at, Item item) {
    const uint64_t header = bucket.header.load(kRelaxed);
    bucket.keys[at].store(item.key, kRelease);
    bucket.values[at].store(item.value, kRelease);
    bucket.header.store((header | uint64_t{1} << at) + Bucket::kChange, kRelease);
}

}  // namespace

LearnedMap::Place LearnedMap::find_place(Ref leaf, uint64_t key) {
    Bucket* bucket = leaf.buckets() + leaf.bucket_of(key);
    __builtin_prefetch(&bucket->values);
    while (true) {
        const uint64_t header = bucket->header.load(kRelaxed);
        const uint32_t at = bucket->match(key);
        if ((header >> at & 1) != 0) {
            return {bucket, at};
        }
        if (Bucket::next_of(header) == 0) {
            return {};
        }
        bucket = leaf.buckets() + Bucket::next_of(header);
    }
}

Ref LearnedMap::walk(uint64_t key, Path& path) {
    std::atomic<uint64_t>* place = &root_;
    Ref ref(place->load(kRelaxed));
    while (ref.kind() == Kind::kInner && ref.reaches(key)) {
        const uint32_t slot = ref.slot_of(key);
        KODIAK_ASSERT(path.depth < Path::kDepthMax);
        path.steps[path.depth++] = {place, ref, slot};
        place = &ref.slot(slot);
        ref = Ref(place->load(kRelaxed));
    }
    return ref;
}

// Puts `child` where the path ends.
void LearnedMap::set_child(const Path& path, Ref child) {
    if (path.depth == 0) {
        root_.store(child.word(), kRelease);
    } else {
        set_slot(path.last().inner, path.last().slot, child);
    }
}

std::atomic<uint64_t>* LearnedMap::place_of(uint64_t key) const {
    const Ref ref = leaf_for(key);
    if (ref.kind() == Kind::kDense) {
        std::atomic<uint64_t>& value = ref.value_of(key);
        return value.load(kRelaxed) != kAbsent ? &value : nullptr;
    }
    if (ref.is_empty()) {
        return nullptr;
    }
    const Place place = find_place(ref, key);
    return place.bucket == nullptr ? nullptr : &place.bucket->values[place.entry];
}

std::atomic<uint64_t>* LearnedMap::insert(Item item) {
    KODIAK_DEBUG_ASSERT(item.value != kAbsent);
    Path path;
    Ref at = walk(item.key, path);
    while (at.kind() == Kind::kInner) {
        if (extend(path, at, item)) {
            count_change(path, 1);
            return nullptr;
        }
        path.depth = 0;
        at = walk(item.key, path);
    }
    if (path.depth == 0) {
        root_.store(build_inner(std::span(&item, 1), Purpose::kGrowth).word(), kRelease);
    } else if (at.is_empty()) {
        fill_gap(path.last(), item);
    } else if (at.kind() == Kind::kDense) {
        std::atomic<uint64_t>& value = at.value_of(item.key);
        if (value.load(kRelaxed) != kAbsent) {
            return &value;
        }
        value.store(item.value, kRelease);
    } else {
        const Ref leaf = below_forks(at, item.key);
        const Place place = find_place(leaf, item.key);
        if (place.bucket != nullptr) {
            return &place.bucket->values[place.entry];
        }
        if (!add_to_bucket(leaf, item)) {
            at == leaf ? rebuild_run(path.last(), leaf, &item) : rebuild_below_fork(path.last(), &item, item.key);
            count_change(path, 1);
            flatten(path.last());
            return nullptr;
        }
    }
    count_change(path, 1);
    return nullptr;
}

void LearnedMap::count_change(const Path& path, int64_t change) {
    for (uint32_t i = 0; i < path.depth; ++i) {
        path.steps[i].inner.node().keys += static_cast<uint64_t>(change);
    }
    size_.store(size_.load(kRelaxed) + static_cast<uint64_t>(change), kRelaxed);
}

// Makes the inner node at the end of `path`, which does not reach the item's key, reach it; returns whether the item
// is in it already.
bool LearnedMap::extend(const Path& path, Ref at, Item item) {
    const uint64_t prefix = at.node().prefix;
    const uint64_t keys = at.node().keys;
    const auto high = static_cast<uint32_t>(std::bit_width(item.key ^ prefix));  // beyond the node's own
    if (keys <= kSmallNode) {
        Items items;
        append_tree(at, 0, items);
        insert_sorted(items, item);
        set_child(path, path.depth == 0 ? build_inner(items, Purpose::kGrowth)
                                        : build_slot(items, path.last().inner.shift(), Purpose::kGrowth));
        retire_tree(at);
        return true;
    }
    const uint32_t bits = high - at.shift();
    if (bits <= kBitsMax && uint64_t{1} << bits <= std::max(kSlotsAlways, keys / kKeysPerSlotMin)) {
        const Ref wider = new_inner(prefix & ~mask_of(high), at.shift(), bits);
        const uint32_t first = wider.slot_of(prefix);
        for (uint32_t slot = 0; slot < at.slot_count(); ++slot) {
            wider.slot(first + slot).store(at.child(slot).word(), kRelaxed);
        }
        wider.node().keys = keys;
        wider.node().inner_slots = at.node().inner_slots;
        set_child(path, wider);
        retire_node(at);
        return false;
    }
    const uint32_t above = std::min(kBitsAbove, high - at.shift() - at.bits());
    const Ref parent = new_inner(prefix & ~mask_of(high), high - above, above);
    set_slot(parent, parent.slot_of(prefix), at);
    parent.node().keys = keys;
    set_child(path, parent);
    return false;
}

// Adds an item whose key is not there to a node of buckets; false when there is no room.
bool LearnedMap::add_to_bucket(Ref leaf, Item item) {
    Bucket* bucket = leaf.buckets() + leaf.bucket_of(item.key);
    while (true) {
        const uint64_t header = bucket->header.load(kRelaxed);
        const uint64_t dead = ~header & Bucket::kLive;
        if (dead != 0) {
            const uint32_t same = bucket->match(item.key);
            revive(*bucket, same < Bucket::kEntries ? same : static_cast<uint32_t>(std::bit_width(dead)) - 1, item);
            return true;
        }
        if (Bucket::next_of(header) == 0) {
            break;
        }
        bucket = leaf.buckets() + Bucket::next_of(header);
    }
    for (uint32_t spare = leaf.bucket_count(); spare < leaf.bucket_count() + leaf.spare_count(); ++spare) {
        Bucket& next = leaf.buckets()[spare];
        if (next.header.load(kRelaxed) == 0) {  // never used
            revive(next, Bucket::kEntries - 1, item);
            const uint64_t header = bucket->header.load(kRelaxed);
            bucket->header.store((header | uint64_t{spare} << 8) + Bucket::kChange, kRelease);
            return true;
        }
    }
    return false;
}

// Gives an empty slot its first item: a node like its neighbour's, if that one is in good use, because keys that come
// in order continue as they were; else a hashed node for the whole gap.
void LearnedMap::fill_gap(const Step& step, Item item) {
    const Ref inner = step.inner;
    for (const uint32_t neighbour : {step.slot - 1, step.slot + 1}) {
        if (neighbour >= inner.slot_count()) {
            continue;
        }
        const Ref like = inner.child(neighbour);
        if (like.kind() == Kind::kDense) {
            const uint64_t sample = std::min<uint64_t>(like.value_count(), 64);
            const uint64_t first = neighbour < step.slot ? like.value_count() - sample : 0;
            if (dense_count(like, first, sample) * 3 >= sample) {
                set_slot(inner, step.slot, build_dense(std::span(&item, 1), inner.shift()));
                return;
            }
        } else if (like.kind() == Kind::kBuckets && like.live_count() >= 2 * like.bucket_count()) {
            const Ref leaf = new_buckets(Kind::kBuckets, like.bucket_count(), like.spare_count(), inner.shift());
            write_buckets(leaf, std::span(&item, 1));
            set_slot(inner, step.slot, leaf);
            return;
        }
    }
    uint32_t first = step.slot;
    uint32_t last = step.slot;
    const uint32_t begin = step.slot / kGapSlots * kGapSlots;
    const uint32_t end = std::min(begin + kGapSlots, inner.slot_count());
    while (first > begin && inner.child(first - 1).is_empty()) {
        --first;
    }
    while (last + 1 < end && inner.child(last + 1).is_empty()) {
        ++last;
    }
    const Ref leaf = build_hashed(std::span(&item, 1), Purpose::kGrowth);
    for (uint32_t slot = first; slot <= last; ++slot) {
        set_slot(inner, slot, leaf);
    }
}

LearnedMap::Run LearnedMap::run_of(Ref inner, uint32_t slot) {
    Run run{slot, slot};
    const Ref leaf = inner.child(slot);
    if (leaf.kind() == Kind::kHashed) {  // all others stand for one slot
        while (run.first > 0 && inner.child(run.first - 1) == leaf) {
            --run.first;
        }
        while (run.last + 1 < inner.slot_count() && inner.child(run.last + 1) == leaf) {
            ++run.last;
        }
    }
    return run;
}

// Builds a leaf anew from its items, and `added` if given.
void LearnedMap::rebuild_run(const Step& step, Ref leaf, const Item* added) {
    Items items;
    append_leaf(leaf, step.inner.low_of(step.slot), items);
    if (added != nullptr) {
        insert_sorted(items, *added);
    }
    fill_slots(step.inner, run_of(step.inner, step.slot), items, purpose_of(items, added));
    retire_node(leaf);
}

// Whether an inner node may take over its children's slots, and the shift it would have then.
bool LearnedMap::can_flatten(Ref inner, uint32_t& shift) {
    constexpr uint32_t kStepMax = 4;
    const Inner& node = inner.node();
    if (node.inner_slots * 10 < uint64_t{inner.slot_count()} * 9) {
        return false;
    }
    const uint32_t lowest = inner.shift() > kStepMax ? inner.shift() - kStepMax : 0;
    shift = inner.shift();
    for (uint32_t slot = 0; slot < inner.slot_count(); ++slot) {
        const Ref child = inner.child(slot);
        if (child.kind() == Kind::kInner && child.shift() >= lowest) {
            shift = std::min(shift, child.shift());
        }
    }
    for (uint32_t slot = 0; slot < inner.slot_count(); ++slot) {
        const Ref child = inner.child(slot);
        if (child.kind() == Kind::kInner && child.shift() < shift && child.shift() + child.bits() > shift) {
            return false;  // its slots are finer than ours would be
        }
    }
    const uint32_t bits = inner.bits() + inner.shift() - shift;
    return shift < inner.shift() && bits <= kBitsMax &&
           uint64_t{1} << bits <= std::max(kSlotsAlways, node.keys / kKeysPerSlotMin);
}

// When nearly all slots of an inner node hold inner nodes, puts one in its place that has all their slots.
void LearnedMap::flatten(const Step& step) {
    const Ref old = step.inner;
    uint32_t shift = 0;
    if (!can_flatten(old, shift)) {
        return;
    }
    const Ref flat = new_inner(old.node().prefix, shift, old.bits() + old.shift() - shift);
    flat.node().keys = old.node().keys;
    std::vector<Ref> replaced{old};
    unroll(flat, old, replaced);
    step.place->store(flat.word(), kRelease);  // inner before and after: the parent's count stays
    for (const Ref ref : replaced) {
        retire_node(ref);
    }
}

// Spreads the children of `old` over the slots of `flat`, which has finer ones; what is no longer used goes to
// `replaced`.
void LearnedMap::unroll(Ref flat, Ref old, std::vector<Ref>& replaced) {
    for (uint32_t slot = 0; slot < old.slot_count(); ++slot) {
        const Ref child = old.child(slot);
        const uint64_t low = old.low_of(slot);
        const Run run{flat.slot_of(low), flat.slot_of(low | mask_of(old.shift()))};
        if (child.kind() == Kind::kInner && child.shift() + child.bits() > flat.shift()) {
            unroll(flat, child, replaced);
            replaced.push_back(child);
        } else if (child.kind() == Kind::kInner) {
            set_slot(flat, flat.slot_of(child.node().prefix), child);
        } else if (run.first == run.last || child.is_empty() || child.kind() == Kind::kHashed) {
            for (uint32_t i = run.first; i <= run.last; ++i) {
                set_slot(flat, i, child);
            }
        } else {
            Items items;
            child.kind() == Kind::kFork ? append_tree(child, low, items) : append_leaf(child, low, items);
            fill_slots(flat, run, items, Purpose::kGrowth);
            for_each_node(child, [&](Ref node) { replaced.push_back(node); });
        }
    }
}

void LearnedMap::remove(uint64_t key) {
    Path path;
    const Ref leaf = below_forks(walk(key, path), key);
    bool is_thin = false;  // worth a look whether the leaf is
    if (leaf.kind() == Kind::kDense) {
        leaf.value_of(key).store(kAbsent, kRelease);
        const uint64_t line = (key & (leaf.value_count() - 1)) / 8 * 8;
        is_thin = dense_count(leaf, line, std::min<uint64_t>(8, leaf.value_count())) == 0;
    } else {
        const Place place = find_place(leaf, key);
        const uint64_t header = place.bucket->header.load(kRelaxed);
        place.bucket->header.store((header & ~(uint64_t{1} << place.entry)) + Bucket::kChange, kRelease);
        is_thin = place.bucket->live_count() == 0;
    }
    count_change(path, -1);
    if (!shrink_inner(path) && is_thin) {
        shrink_leaf(path.last(), leaf, key);
    }
}

// Builds anew, or takes out, the highest inner node of the path that has become too big for its keys.
bool LearnedMap::shrink_inner(const Path& path) {
    for (uint32_t i = 0; i < path.depth; ++i) {
        const Ref inner = path.steps[i].inner;
        const uint64_t keys = inner.node().keys;
        const bool is_sparse = inner.slot_count() >= 8 && keys * 4 < inner.slot_count();
        if (keys > 0 && !is_sparse && (i == 0 || keys > kSmallestInner)) {
            continue;
        }
        Path above = path;
        above.depth = i;
        Items items;
        append_tree(inner, 0, items);
        if (i > 0) {
            set_child(above, build_slot(items, path.steps[i - 1].inner.shift(), Purpose::kGrowth));
        } else {
            set_child(above, items.empty() ? Ref() : build_inner(items, Purpose::kGrowth));
        }
        retire_tree(inner);
        return true;
    }
    return false;
}

// Builds a leaf smaller when it has become too big for its keys; puts small hashed neighbours together.
void LearnedMap::shrink_leaf(const Step& step, Ref leaf, uint64_t key) {
    if (leaf.kind() == Kind::kDense) {
        if (dense_count(leaf, 0, leaf.value_count()) * kDenseShareMin < leaf.value_count()) {
            rebuild_run(step, leaf, nullptr);
        }
        return;
    }
    const uint32_t live = leaf.live_count();
    if (step.inner.child(step.slot).kind() == Kind::kFork) {
        if (live <= kSmallHashedKeys) {
            rebuild_below_fork(step, nullptr, key);
        }
        return;
    }
    if (leaf.kind() == Kind::kHashed && live <= kSmallHashedKeys) {
        const Run run = run_of(step.inner, step.slot);
        for (const uint32_t slot : {run.last + 1, run.first - 1}) {
            const Ref other = slot < step.inner.slot_count() ? step.inner.child(slot) : Ref();
            if (other.kind() == Kind::kHashed && live + other.live_count() <= kMergedHashedKeys) {
                Run both = run_of(step.inner, slot);
                both = {std::min(run.first, both.first), std::max(run.last, both.last)};
                Items items;
                append_leaf(slot > run.last ? leaf : other, 0, items);
                append_leaf(slot > run.last ? other : leaf, 0, items);
                fill_slots(step.inner, both, items, Purpose::kGrowth);
                retire_node(leaf);
                retire_node(other);
                return;
            }
        }
    }
    if (live == 0 || (leaf.bucket_count() > 1 && live < leaf.bucket_count() * kLiveMin)) {
        rebuild_run(step, leaf, nullptr);
    }
}

}  // namespace kodiak::index::learned
