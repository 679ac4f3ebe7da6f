// Reading a LearnedMap in order and as a whole: scans, checks.

#include <array>
#include <bit>
#include <iterator>
#include <string>
#include <utility>

#include "index/learned/learned_map.hpp"

namespace kodiak::index::learned {
namespace {

// Appends the live items of a bucket, as of one moment, ascending; returns the header of that moment.
uint64_t append_bucket(const Bucket& bucket, std::vector<Item>& items) {
    Item found[Bucket::kEntries];
    while (true) {
        const uint64_t header = bucket.header.load(std::memory_order_acquire);
        uint32_t count = 0;
        for (uint64_t live = header & Bucket::kLive; live != 0;) {  // from the last entry: new nodes ascend that way
            const auto at = static_cast<uint32_t>(std::bit_width(live)) - 1;
            live &= ~(uint64_t{1} << at);
            const Item item{bucket.keys[at].load(std::memory_order_acquire),
                            bucket.values[at].load(std::memory_order_acquire)};
            uint32_t place = count++;
            for (; place > 0 && found[place - 1].key > item.key; --place) {
                found[place] = found[place - 1];
            }
            found[place] = item;
        }
        if (bucket.header.load(std::memory_order_relaxed) == header) {
            items.insert(items.end(), found, found + count);
            return header;
        }
    }
}

// A key that was removed and added again while buckets were read may have been seen in two of them.
void drop_doubles(std::vector<Item>& items, ptrdiff_t begin) {
    const auto same = [](const Item& a, const Item& b) { return a.key == b.key; };
    items.erase(std::unique(items.begin() + begin, items.end(), same), items.end());
}

// Appends the items of a bucket and those that go on from it, in ascending order.
void append_sorted(const Bucket* first, const Bucket* bucket, std::vector<Item>& items) {
    const auto begin = static_cast<ptrdiff_t>(items.size());
    uint64_t header = append_bucket(*bucket, items);
    if (Bucket::next_of(header) == 0) [[likely]] {
        return;
    }
    while (Bucket::next_of(header) != 0) {
        header = append_bucket(first[Bucket::next_of(header)], items);
    }
    std::sort(items.begin() + begin, items.end(), [](const Item& a, const Item& b) { return a.key < b.key; });
    drop_doubles(items, begin);
}

// Merges two ascending runs. Without a branch on the keys, which nothing could predict.
void merge(const Item* a, const Item* a_end, const Item* b, const Item* b_end, Item* to) {
    while (a != a_end && b != b_end) {
        const uint64_t takes_b = b->key < a->key ? 1 : 0;
        const uint64_t mask = 0 - takes_b;
        to->key = a->key ^ ((a->key ^ b->key) & mask);
        to->value = a->value ^ ((a->value ^ b->value) & mask);
        ++to;
        b += takes_b;
        a += 1 - takes_b;
    }
    std::copy(b, b_end, std::copy(a, a_end, to));
}

// Appends all items of a hashed node, in ascending order.
void append_hashed(Ref leaf, std::vector<Item>& items) {
    const uint32_t buckets = leaf.bucket_count() + leaf.spare_count();
    for (uint32_t i = 0; i < buckets; ++i) {
        __builtin_prefetch(leaf.buckets() + i);
        __builtin_prefetch(leaf.buckets()[i].values);
    }
    const size_t begin = items.size();
    std::array<size_t, 128> ends;  // of ascending runs
    ends[0] = begin;
    size_t runs = 0;
    items.reserve(begin + size_t{buckets} * Bucket::kEntries);
    for (uint32_t i = 0; i < buckets; ++i) {
        append_bucket(leaf.buckets()[i], items);
        if (items.size() > ends[runs]) {
            ends[++runs] = items.size();
        }
    }
    std::array<Item, (kHashedKeys + 32)> room;  // the usual case; elsewhere `more`
    std::vector<Item> more(items.size() - begin > room.size() ? items.size() - begin : 0);
    Item* to = more.empty() ? room.data() : more.data();
    Item* from = items.data() + begin;
    for (; runs > 1;) {
        size_t merged = 0;
        for (size_t i = 0; i < runs; i += 2) {
            const size_t first = ends[i] - begin;
            const size_t middle = ends[i + 1] - begin;
            const size_t last = i + 2 <= runs ? ends[i + 2] - begin : middle;
            merge(from + first, from + middle, from + middle, from + last, to + first);
            ends[++merged] = last + begin;
        }
        runs = merged;
        std::swap(from, to);
    }
    if (from != items.data() + begin) {
        std::copy(from, from + (items.size() - begin), to);
    }
    drop_doubles(items, static_cast<ptrdiff_t>(begin));
}

uint64_t mask_of(uint32_t bits) { return bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }

}  // namespace

// The leaf that would hold `key` and the keys around it that it holds too; a gap's leaf is empty. The cover reaches
// as far as it must in the direction asked for, and may be cut short in the other.
LearnedMap::Cover LearnedMap::cover_of(uint64_t key, bool upwards) const {
    Cover cover{Ref(root_.load(std::memory_order_acquire)), 0, ~uint64_t{0}};
    while (cover.leaf.kind() == Kind::kInner) {
        const Ref inner = cover.leaf;
        const uint64_t low = inner.node().prefix;
        const uint64_t high = low | mask_of(inner.shift() + inner.bits());
        if (key < low) {
            return {Ref(), cover.low, low - 1};
        }
        if (key > high) {
            return {Ref(), high + 1, cover.high};
        }
        const uint32_t slot = inner.slot_of(key);
        cover = {inner.child(slot), inner.low_of(slot), inner.low_of(slot) | mask_of(inner.shift())};
        if (!cover.leaf.is_empty() && cover.leaf.kind() != Kind::kHashed) {
            continue;  // stands for one slot
        }
        if (upwards) {
            for (uint32_t next = slot + 1; next < inner.slot_count() && inner.child(next) == cover.leaf; ++next) {
                cover.high = inner.low_of(next) | mask_of(inner.shift());
            }
        } else {
            for (uint32_t next = slot; next > 0 && inner.child(next - 1) == cover.leaf; --next) {
                cover.low = inner.low_of(next - 1);
            }
        }
    }
    while (cover.leaf.kind() == Kind::kFork) {
        const Ref fork = cover.leaf;
        const uint32_t child = fork.fork().child_of(key);
        cover.leaf = fork.fork_child(child);
        cover.low = child > 0 ? fork.fork().separators[child - 1] + 1 : cover.low;
        cover.high = child + 1 < fork.child_count() ? fork.fork().separators[child] : cover.high;
    }
    return cover;
}

void LearnedMap::collect_ascending(uint64_t from, uint64_t to, size_t wanted, Items& items) const {
    const size_t enough = items.size() + wanted;
    while (from <= to) {
        const Cover cover = cover_of(from, true);
        const uint64_t last = std::min(to, cover.high);
        if (cover.leaf.kind() == Kind::kDense) {
            for (uint64_t key = from; items.size() < enough; ++key) {
                const uint64_t value = cover.leaf.value_of(key).load(std::memory_order_acquire);
                if (value != kAbsent) {
                    items.push_back({key, value});
                }
                if (key == last) {
                    break;
                }
            }
        } else if (cover.leaf.kind() == Kind::kHashed) {
            const auto before = static_cast<ptrdiff_t>(items.size());
            append_hashed(cover.leaf, items);
            const auto outside = [&](const Item& item) { return item.key < from || item.key > last; };
            items.erase(std::remove_if(items.begin() + before, items.end(), outside), items.end());
        } else if (!cover.leaf.is_empty()) {
            const Bucket* buckets = cover.leaf.buckets();
            const uint32_t begin = cover.leaf.bucket_of(from);
            const uint32_t end = cover.leaf.bucket_of(last);
            for (uint32_t bucket = begin; bucket <= end && items.size() < enough; ++bucket) {
                const auto before = static_cast<ptrdiff_t>(items.size());
                append_sorted(buckets, buckets + bucket, items);
                if (bucket == begin || bucket == end) {
                    const auto outside = [&](const Item& item) { return item.key < from || item.key > last; };
                    items.erase(std::remove_if(items.begin() + before, items.end(), outside), items.end());
                }
            }
        }
        if (items.size() >= enough || cover.high >= to) {
            return;
        }
        from = cover.high + 1;
    }
}

void LearnedMap::collect_descending(uint64_t from, uint64_t to, size_t wanted, Items& items) const {
    const size_t enough = items.size() + wanted;
    Items ascending;
    while (from >= to) {
        const Cover cover = cover_of(from, false);
        const uint64_t last = std::max(to, cover.low);
        if (cover.leaf.kind() == Kind::kDense) {
            for (uint64_t key = from; items.size() < enough; --key) {
                const uint64_t value = cover.leaf.value_of(key).load(std::memory_order_acquire);
                if (value != kAbsent) {
                    items.push_back({key, value});
                }
                if (key == last) {
                    break;
                }
            }
        } else if (!cover.leaf.is_empty()) {
            const auto append_backwards = [&] {
                std::copy_if(ascending.rbegin(), ascending.rend(), std::back_inserter(items),
                             [&](const Item& item) { return item.key <= from && item.key >= last; });
                ascending.clear();
            };
            if (cover.leaf.kind() == Kind::kHashed) {
                append_hashed(cover.leaf, ascending);
                append_backwards();
            } else {
                const Bucket* buckets = cover.leaf.buckets();
                const uint32_t end = cover.leaf.bucket_of(last);
                for (uint32_t bucket = cover.leaf.bucket_of(from) + 1; bucket > end && items.size() < enough;
                     --bucket) {
                    append_sorted(buckets, buckets + bucket - 1, ascending);
                    append_backwards();
                }
            }
        }
        if (items.size() >= enough || cover.low <= to) {
            return;
        }
        from = cover.low - 1;
    }
}

// Appends all items of a leaf whose slot begins at `low`, ascending. The writer's.
void LearnedMap::append_leaf(Ref leaf, uint64_t low, Items& items) {
    if (leaf.kind() == Kind::kDense) {
        for (uint64_t i = 0; i < leaf.value_count(); ++i) {
            const uint64_t value = leaf.values()[i].load(std::memory_order_relaxed);
            if (value != kAbsent) {
                items.push_back({low + i, value});
            }
        }
    } else if (leaf.kind() == Kind::kHashed) {
        append_hashed(leaf, items);
    } else if (leaf.kind() == Kind::kBuckets) {
        for (uint32_t bucket = 0; bucket < leaf.bucket_count(); ++bucket) {
            append_sorted(leaf.buckets(), leaf.buckets() + bucket, items);
        }
    }
}

void LearnedMap::append_tree(Ref ref, uint64_t low, Items& items) {
    if (ref.kind() == Kind::kFork) {
        for (uint32_t i = 0; i < ref.child_count(); ++i) {
            append_tree(ref.fork_child(i), 0, items);
        }
        return;
    }
    if (ref.kind() != Kind::kInner) {
        append_leaf(ref, low, items);
        return;
    }
    for (uint32_t slot = 0; slot < ref.slot_count(); ++slot) {
        if (slot == 0 || ref.child(slot) != ref.child(slot - 1)) {
            append_tree(ref.child(slot), ref.low_of(slot), items);
        }
    }
}

LearnedMap::~LearnedMap() {
    for_each_node(Ref(root_.load(std::memory_order_relaxed)), [this](Ref node) { free_node(node); });
}

void LearnedMap::retire_tree(Ref ref) {
    for_each_node(ref, [this](Ref node) { retire_node(node); });
}

void LearnedMap::abandon() { retire_tree(Ref(root_.load(std::memory_order_relaxed))); }

uint64_t LearnedMap::counted_bytes() const {
    uint64_t bytes = 0;
    for_each_node(Ref(root_.load(std::memory_order_relaxed)),
                  [&](Ref node) { bytes += NodeMemory::rounded(node.bytes()); });
    return bytes;
}

// Checks a subtree that stands for the keys from `low` to `high`; counts its keys.
Status LearnedMap::check_tree(Ref ref, uint64_t low, uint64_t high, uint64_t& keys) {
    const auto broken = [](const char* what) {
        return make_error(ErrorCode::kInternal, std::string("learned index: ") + what);
    };
    if (ref.kind() == Kind::kFork) {
        for (uint32_t i = 0; i < ref.child_count(); ++i) {
            const Ref child = ref.fork_child(i);
            const uint64_t last = i + 1 < ref.child_count() ? ref.fork().separators[i] : high;
            if ((child.kind() != Kind::kHashed && child.kind() != Kind::kFork) || last < low || last > high) {
                return broken("invariant L1 broken: a fork has another node below it, or separators out of order");
            }
            KODIAK_TRY(check_tree(child, low, last, keys));
            low = last + 1;
        }
        return ref.child_count() > 1 ? ok_status() : broken("a fork has fewer than two children");
    }
    if (ref.kind() != Kind::kInner) {
        Items items;
        append_leaf(ref, low, items);
        for (size_t i = 0; i < items.size(); ++i) {
            if (items[i].key < low || items[i].key > high || (i > 0 && items[i - 1].key >= items[i].key)) {
                return broken("invariant L1 broken: keys out of order or outside their slot");
            }
            if (items[i].value == kAbsent || (ref.has_buckets() && find_place(ref, items[i].key).bucket == nullptr)) {
                return broken("invariant L1 or L3 broken: a key is not found where it lies");
            }
        }
        keys += items.size();
        return ok_status();
    }
    const Inner& node = ref.node();
    if (node.prefix < low || (node.prefix | mask_of(ref.shift() + ref.bits())) > high) {
        return broken("invariant L1 broken: an inner node reaches beyond its slot");
    }
    uint64_t below = 0;
    uint64_t inner_slots = 0;
    for (uint32_t slot = 0; slot < ref.slot_count(); ++slot) {
        const Ref child = ref.child(slot);
        const Run run = run_of(ref, slot);
        inner_slots += child.kind() == Kind::kInner ? 1 : 0;
        if (run.first != slot) {
            continue;
        }
        KODIAK_TRY(check_tree(child, ref.low_of(slot), ref.low_of(run.last) | mask_of(ref.shift()), below));
    }
    if (below != node.keys || inner_slots != node.inner_slots) {
        return broken("invariant L3 broken: an inner node counts wrong");
    }
    keys += below;
    return ok_status();
}

Status LearnedMap::check() const {
    const Ref root(root_.load(std::memory_order_relaxed));
    if (!root.is_empty() && root.kind() != Kind::kInner) {
        return make_error(ErrorCode::kInternal, "learned index: the root is a leaf");
    }
    uint64_t keys = 0;
    KODIAK_TRY(check_tree(root, 0, ~uint64_t{0}, keys));
    if (keys != size()) {
        return make_error(ErrorCode::kInternal, "learned index: size is miscounted");
    }
    return ok_status();
}

}  // namespace kodiak::index::learned
