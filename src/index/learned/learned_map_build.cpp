// Building nodes of a LearnedMap from sorted items: which form a range of keys gets.

#include <array>
#include <bit>
#include <cstring>

#include "index/learned/learned_map.hpp"

namespace kodiak::index::learned {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;  // a new node is published by one release store of its Ref

constexpr uint32_t kBitsMax = 24;
// Keys per slot that an inner node aims at.
constexpr uint64_t kEvenKeys = 128;
constexpr uint32_t kBucketsMax = 64;
// Fewer keys are not worth a linear model.
constexpr uint64_t kLinearKeys = 40;
// A slot's keys are held dense from this share of its range on: at three words a key, less than any other form.
constexpr uint64_t kDenseShare = 3;
// Slots of up to 256 keys are dense anyhow once a hashed node does not hold their keys.
constexpr uint32_t kSmallShift = 8;
constexpr uint32_t kRunSlotsMax = 256;

uint32_t log2_of(uint64_t value) { return static_cast<uint32_t>(std::bit_width(value)) - 1; }

// How keys fall into the 2^bits parts of a range of 2^high keys.
struct Spread {
    uint64_t used_slots = 0;
    uint64_t crowded_keys = 0;  // in slots of more than twice the mean
};
Spread spread_of(std::span<const Item> items, uint32_t shift, uint32_t bits) {
    const uint64_t crowd = 2 * (items.size() >> bits) + 16;
    Spread spread;
    size_t begin = 0;
    for (size_t i = 1; i <= items.size(); ++i) {
        if (i == items.size() || items[i].key >> shift != items[begin].key >> shift) {
            ++spread.used_slots;
            spread.crowded_keys += i - begin > crowd ? i - begin : 0;
            begin = i;
        }
    }
    return spread;
}

// Whether equal parts of their range would leave many of the keys in crowded ones.
bool is_uneven(std::span<const Item> items) {
    constexpr uint64_t kKeysPerPart = 48;
    const auto high = static_cast<uint32_t>(std::bit_width(items.front().key ^ items.back().key));
    if (items.size() < 4 * kKeysPerPart || high <= kSmallShift + 1) {
        return true;  // a linear model for all of them has failed before
    }
    const uint32_t bits = std::min({kBitsMax, high - kSmallShift, log2_of(items.size() / kKeysPerPart)});
    const Spread spread = spread_of(items, high - bits, bits);
    return spread.used_slots * 32 >= uint64_t{1} << bits && spread.crowded_keys * 8 > items.size();
}

// Into how many slots, as a power of two, an inner node divides 2^high keys.
uint32_t choose_bits(std::span<const Item> items, uint32_t high) {
    if (high <= kSmallShift) {
        return 0;
    }
    const uint64_t count = items.size();
    const uint32_t least = high == 64 ? 1 : (count <= kHashedKeys ? 0 : 1);
    const uint32_t most = std::min(kBitsMax, high - kSmallShift);
    const auto bits_for = [&](uint64_t keys_per_slot) {
        return std::clamp(count > keys_per_slot ? log2_of(count / keys_per_slot) : 0, least, most);
    };
    const uint32_t bits = bits_for(kEvenKeys);
    if (count <= kEvenKeys || bits == most) {
        return count <= kHashedKeys ? least : std::max(bits, bits_for(kHashedKeys));
    }
    const Spread spread = spread_of(items, high - bits, bits);
    if (spread.used_slots * 32 < uint64_t{1} << bits) {
        return std::clamp(uint32_t{6}, least, most);  // a few clusters: find them first, divide them below
    }
    return bits;
}

// Writes a whole bucket of a node under construction: up to 7 ascending items, from the last entry on.
void write_bucket(Bucket& bucket, std::span<const Item> items, uint64_t next = 0) {
    const auto count = static_cast<uint32_t>(items.size());
    for (uint32_t i = 0; i < Bucket::kEntries; ++i) {
        const uint32_t at = Bucket::kEntries - 1 - i;
        bucket.keys[at].store(i < count ? items[i].key : 0, kRelaxed);
        bucket.values[at].store(i < count ? items[i].value : 0, kRelaxed);
    }
    const uint64_t live = (Bucket::kLive << (Bucket::kEntries - count)) & Bucket::kLive;
    bucket.header.store(count == 0 ? 0 : (live | next << 8) + Bucket::kChange, kRelaxed);
}

// What a linear model with `count` buckets costs for these items.
struct Fit {
    uint64_t spare_buckets = 0;
    uint64_t spare_items = 0;
};
Fit fit_of(std::span<const Item> items, uint32_t shift, uint32_t count) {
    Fit fit;
    uint32_t bucket = 0;
    uint64_t load = 0;
    const auto close = [&] {
        if (load > Bucket::kEntries) {
            fit.spare_items += load - Bucket::kEntries;
            fit.spare_buckets += (load - 1) / Bucket::kEntries;
        }
        load = 0;
    };
    for (const Item& item : items) {
        const uint32_t next = Ref::modelled_bucket(item.key, shift, count);
        if (next != bucket) {
            close();
            bucket = next;
        }
        ++load;
    }
    close();
    return fit;
}

}  // namespace

Ref LearnedMap::new_inner(uint64_t prefix, uint32_t shift, uint32_t bits) {
    const size_t bytes = sizeof(Inner) + (sizeof(uint64_t) << bits);
    auto* node = static_cast<Inner*>(memory_.allocate(bytes));
    std::memset(static_cast<void*>(node), 0, bytes);
    node->prefix = prefix;
    return {Kind::kInner, node, shift, bits};
}

Ref LearnedMap::new_buckets(Kind kind, uint64_t count, uint64_t spare, uint32_t shift) {
    // All that the block holds anyhow is spare.
    const uint64_t held = NodeMemory::rounded((count + spare) * sizeof(Bucket)) / sizeof(Bucket);
    spare = std::min<uint64_t>(held - count, 63);
    return {kind, memory_.allocate((count + spare) * sizeof(Bucket)), shift, static_cast<uint32_t>(count),
            static_cast<uint32_t>(spare)};
}

// Stores a child and keeps count of inner ones. The only way into a slot.
void LearnedMap::set_slot(Ref inner, uint32_t slot, Ref child) {
    const Ref old = inner.child(slot);
    inner.node().inner_slots += child.kind() == Kind::kInner ? 1 : 0;
    inner.node().inner_slots -= old.kind() == Kind::kInner ? 1 : 0;
    inner.slot(slot).store(child.word(), std::memory_order_release);
}

Ref LearnedMap::build_dense(std::span<const Item> items, uint32_t shift) {
    const size_t bytes = Ref(Kind::kDense, nullptr, shift, 0).bytes();
    auto* values = static_cast<std::atomic<uint64_t>*>(memory_.allocate(bytes));
    std::memset(static_cast<void*>(values), 0xFF, bytes);  // kAbsent
    const Ref dense(Kind::kDense, values, shift, 0);
    for (const Item& item : items) {
        dense.value_of(item.key).store(item.value, kRelaxed);
    }
    return dense;
}

// Builds a hashed node: never refuses, since all keys of one bucket would still have room in the spare ones.
Ref LearnedMap::build_hashed(std::span<const Item> items, Purpose purpose) {
    KODIAK_ASSERT(items.size() <= kHashedKeys);
    // When keys come in order, the node will get as many as it can take.
    const uint64_t expected = purpose == Purpose::kAppend ? kHashedKeys : items.size();
    const uint64_t fill = purpose == Purpose::kGrowth ? 38 : 46;  // tenths of an entry per bucket
    const uint64_t count = expected <= Bucket::kEntries ? 1 : expected * 10 / fill + 1;
    std::array<uint8_t, kBucketsMax + 1> ends{};
    for (const Item& item : items) {
        ++ends[Ref::hashed_bucket(item.key, static_cast<uint32_t>(count))];
    }
    uint64_t spare = purpose == Purpose::kLoad ? count / 16 : count / 8 + 1;
    uint8_t end = 0;
    for (uint8_t& load : ends) {
        spare += load > Bucket::kEntries ? (load - 1) / Bucket::kEntries : 0;
        load = end = static_cast<uint8_t>(end + load);
    }
    std::array<Item, kHashedKeys> by_bucket;
    for (size_t i = items.size(); i > 0; --i) {
        by_bucket[--ends[Ref::hashed_bucket(items[i - 1].key, static_cast<uint32_t>(count))]] = items[i - 1];
    }
    const Ref leaf = new_buckets(Kind::kHashed, count, spare, 0);
    write_buckets(leaf, std::span(by_bucket).first(items.size()));
    return leaf;
}

// Writes items, which are in the order of their buckets.
void LearnedMap::write_buckets(Ref leaf, std::span<const Item> items) {
    uint32_t next_spare = leaf.bucket_count();
    size_t at = 0;
    for (uint32_t bucket = 0; bucket < leaf.bucket_count(); ++bucket) {
        size_t begin = at;
        while (at < items.size() && leaf.bucket_of(items[at].key) == bucket) {
            ++at;
        }
        Bucket* to = leaf.buckets() + bucket;
        for (; at - begin > Bucket::kEntries; begin += Bucket::kEntries) {
            write_bucket(*to, items.subspan(begin, Bucket::kEntries), next_spare);
            to = leaf.buckets() + next_spare++;
        }
        write_bucket(*to, items.subspan(begin, at - begin));
    }
    for (; next_spare < leaf.bucket_count() + leaf.spare_count(); ++next_spare) {
        write_bucket(leaf.buckets()[next_spare], {});
    }
}

// Builds a node of buckets when a line fits the items well enough: at most one in sixteen outside the bucket that the
// model says. Returns an empty Ref otherwise.
Ref LearnedMap::try_buckets(std::span<const Item> items, uint32_t shift, Purpose purpose) {
    // Entries used per bucket, in tenths. Loads try first whether keys are spaced so evenly that no gaps are needed.
    static constexpr uint64_t kLoadFills[] = {63, 46, 35};
    static constexpr uint64_t kGrowthFills[] = {38, 33, 28};
    for (const uint64_t fill : purpose == Purpose::kLoad ? kLoadFills : kGrowthFills) {
        const uint64_t count = items.size() * 10 / fill + 1;
        if (count > kBucketsMax) {
            break;
        }
        const Fit fit = fit_of(items, shift, static_cast<uint32_t>(count));
        const uint64_t spare = fit.spare_buckets + (purpose == Purpose::kLoad ? count / 16 : count / 8 + 1);
        if (fit.spare_items * 16 > items.size() || spare > 63) {
            continue;
        }
        const Ref leaf = new_buckets(Kind::kBuckets, count, spare, shift);
        write_buckets(leaf, items);
        return leaf;
    }
    return {};
}

// Builds the node for one slot of 2^shift keys.
Ref LearnedMap::build_slot(std::span<const Item> items, uint32_t shift, Purpose purpose) {
    if (items.empty()) {
        return {};
    }
    const bool is_small = shift <= kSmallShift && items.size() > kHashedKeys;
    if (shift < 40 && shift >= 3 && (is_small || items.size() * kDenseShare >= uint64_t{1} << shift)) {
        return build_dense(items, shift);
    }
    if (items.size() <= kHashedKeys) {
        return build_hashed(items, purpose);
    }
    const Ref buckets = try_buckets(items, shift, purpose);
    if (!buckets.is_empty()) {
        return buckets;
    }
    return is_uneven(items) ? build_fork(items) : build_inner(items, purpose);
}

// Builds forks over hashed nodes, bottom up, all nodes of a level alike in size. Requires: more than one node's items.
Ref LearnedMap::build_fork(std::span<const Item> items) {
    constexpr size_t kKeysPerLeaf = 84;
    constexpr size_t kFill = 14;
    struct Child {
        Ref ref;
        uint64_t last;
    };
    std::vector<Child> level;
    const size_t leaves = items.size() / kKeysPerLeaf + 1;
    for (size_t i = 0; i < leaves; ++i) {
        const size_t begin = items.size() * i / leaves;
        const size_t end = items.size() * (i + 1) / leaves;
        level.push_back({build_hashed(items.subspan(begin, end - begin), Purpose::kLoad), items[end - 1].key});
    }
    while (level.size() > 1) {
        std::vector<Child> above;
        const size_t count = (level.size() + kFill - 1) / kFill;
        for (size_t i = 0; i < count; ++i) {
            const size_t begin = level.size() * i / count;
            const size_t end = level.size() * (i + 1) / count;
            ForkChildren children;
            for (size_t child = begin; child < end; ++child) {
                children.push_back(level[child].ref, level[child].last);
            }
            above.push_back({new_fork(children), level[end - 1].last});
        }
        level = std::move(above);
    }
    return level.front().ref;
}

Ref LearnedMap::new_fork(const ForkChildren& children) {
    auto* fork = static_cast<Fork*>(memory_.allocate(sizeof(Fork)));
    std::memset(static_cast<void*>(fork), 0, sizeof(Fork));
    std::fill(std::begin(fork->separators), std::end(fork->separators), ~uint64_t{0});
    for (uint32_t i = 0; i < children.count; ++i) {
        fork->children[i].store(children.refs[i].word(), kRelaxed);
        if (i + 1 < children.count) {
            fork->separators[i] = children.separators[i];
        }
    }
    return {Kind::kFork, fork, 0, children.count};
}

// Builds an inner node over the smallest range that holds the items.
Ref LearnedMap::build_inner(std::span<const Item> items, Purpose purpose) {
    const uint64_t first = items.front().key;
    const auto needed = static_cast<uint32_t>(std::bit_width(first ^ items.back().key));
    const uint32_t high = std::max(needed, kSmallShift);
    const uint32_t bits = choose_bits(items, high);
    const uint32_t shift = high - bits;
    const Ref inner = new_inner(first >> shift >> bits << bits << shift, shift, bits);
    inner.node().keys = items.size();
    fill_slots(inner, {0, inner.slot_count() - 1}, items, purpose);
    return inner;
}

// Gives slots of an inner node their nodes: one to each with many items, one hashed node to several with few.
void LearnedMap::fill_slots(Ref inner, Run run, std::span<const Item> items, Purpose purpose) {
    size_t limit = kHashedKeys;
    if (purpose == Purpose::kGrowth && items.size() > kHashedKeys) {
        const size_t pieces = (items.size() + kHashedKeys - 1) / kHashedKeys;
        limit = (items.size() + pieces - 1) / pieces;  // halves grow alike
    }
    uint32_t pending_first = run.first;
    size_t pending_begin = 0;
    const auto flush = [&](uint32_t end_slot, size_t end) {
        if (pending_first < end_slot) {
            const auto run_items = items.subspan(pending_begin, end - pending_begin);
            const Ref leaf = run_items.empty() ? Ref() : build_hashed(run_items, purpose);
            for (uint32_t slot = pending_first; slot < end_slot; ++slot) {
                set_slot(inner, slot, leaf);
            }
        }
        pending_first = end_slot;
        pending_begin = end;
    };
    size_t at = 0;
    for (uint32_t slot = run.first; slot <= run.last; ++slot) {
        const size_t begin = at;
        while (at < items.size() && inner.slot_of(items[at].key) == slot) {
            ++at;
        }
        const size_t count = at - begin;
        const bool is_dense = count > 7 && inner.shift() < 40 && count * kDenseShare >= uint64_t{1} << inner.shift();
        const auto own = items.subspan(begin, count);
        Ref leaf;
        if (count > kHashedKeys || is_dense) {
            leaf = build_slot(own, inner.shift(), purpose);
        } else {
            leaf = count > kLinearKeys ? try_buckets(own, inner.shift(), purpose) : Ref();
        }
        if (!leaf.is_empty()) {
            flush(slot, begin);
            set_slot(inner, slot, leaf);
            pending_first = slot + 1;
            pending_begin = at;
        } else if ((at - pending_begin > limit && begin > pending_begin) || slot - pending_first >= kRunSlotsMax) {
            flush(slot, begin);
        }
    }
    flush(run.last + 1, items.size());
}

void LearnedMap::build(std::span<const Item> items) {
    KODIAK_ASSERT(size() == 0);
    if (items.empty()) {
        return;
    }
    root_.store(build_inner(items, Purpose::kLoad).word(), std::memory_order_release);
    size_.store(items.size(), kRelaxed);
}

}  // namespace kodiak::index::learned
