#pragma once

// The nodes of the learned index, the words that point to them, and the search inside a bucket.
//
// What     A map from uint64 keys to uint64 values is a tree whose nodes divide the key range into equal parts.
//          A Ref (one word) names a node and says all that is needed to go on to the next cache line, so that a find
//          touches: the root's part of the parts array, one bucket.
//   inner   2^bits slots of 2^shift keys each, one Ref per slot: slot = (key >> shift) mod 2^bits. The head holds the
//           prefix all its keys share; other keys are not in it.
//   dense   a value for each key of its slot, kAbsent where there is none: for keys that are serial, or nearly.
//   buckets the linear model: a key's place within its slot, scaled to the number of buckets, is its bucket. Spare
//           buckets at the end take what a bucket has no room for; how many keys that may be is the model's measured
//           error, and decides whether this form is used (learned_map_build.cpp).
//   hashed  the same buckets, found by a hash of the key, for a few dozen keys that no line fits; may stand for several
//           slots in a row. A get costs the same as in buckets; a scan has to sort the node's keys first.
//   fork    up to 16 hashed nodes or forks between separators, as in a B+tree: for a slot whose keys are so uneven that
//           equal parts of it would help little. Other nodes do not occur below a fork.
// Readers  take words with acquire loads. In inner and dense nodes every change is the store of one word. A bucket is
//          changed in an order that lets a reader notice (Bucket); nothing makes a reader wait for the writer.

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/result/assert.hpp"

namespace kodiak::index::learned {

// No value: what a dense node holds for keys that are not there. Not allowed as a value.
inline constexpr uint64_t kAbsent = ~uint64_t{0};

struct Item {
    uint64_t key;
    uint64_t value;
};

// Seven keys with their values, in no order; exactly one cache line each.
//   header   bits 0-6: which entries are live; 8-15: the bucket of this node that goes on, 0 for none; 16-63: changes
// Invariants K1 An entry's key and value are written before the header that makes it live; and the entry of a dead
//               one is only written after a header that says so. A reader that sees the same header before and after
//               looking has thus seen one state.
//            K2 The key of a live entry stands in no entry behind it, and in entries before it only if those were
//               never live: the last match is the one that counts. Entries are taken from the last to the first.
struct alignas(64) Bucket {
    static constexpr uint32_t kEntries = 7;
    static constexpr uint64_t kLive = (uint64_t{1} << kEntries) - 1;
    static constexpr uint64_t kChange = uint64_t{1} << 16;

    std::atomic<uint64_t> header;
    std::atomic<uint64_t> keys[kEntries];
    std::atomic<uint64_t> values[kEntries];
    uint64_t unused;

    static uint32_t next_of(uint64_t seen_header) { return static_cast<uint32_t>(seen_header >> 8) & 0xFF; }

    // The writer's.
    uint32_t live_count() const {
        return static_cast<uint32_t>(std::popcount(header.load(std::memory_order_relaxed) & kLive));
    }
    // The last entry with this key, live or not; kEntries when there is none.
    uint32_t match(uint64_t key) const {
        uint32_t at = kEntries;
#pragma GCC unroll 7
        for (uint32_t i = 0; i < kEntries; ++i) {
            at = keys[i].load(std::memory_order_acquire) == key ? i : at;
        }
        return at;
    }
};
static_assert(sizeof(Bucket) == 128);

struct Inner {
    uint64_t prefix;        // of all keys, lower bits 0; fixed
    uint64_t keys = 0;      // below this node; the writer's
    uint64_t inner_slots = 0;  // slots that hold an inner node; the writer's
    uint64_t unused[5];
    // Followed by 2^bits of these.
    std::atomic<uint64_t>* slots() { return reinterpret_cast<std::atomic<uint64_t>*>(this + 1); }
    const std::atomic<uint64_t>* slots() const { return reinterpret_cast<const std::atomic<uint64_t>*>(this + 1); }
};
static_assert(sizeof(Inner) == 64);

// A fork: child i holds keys up to separator i; unused separators are the highest key. Separators are fixed, a child
// may be replaced by one for the same keys.
struct Fork {
    static constexpr uint32_t kChildren = 16;
    uint64_t separators[kChildren - 1];
    uint64_t unused;
    std::atomic<uint64_t> children[kChildren];

    // In two steps of four parts each: no branch, and fewer comparisons than all of them.
    uint32_t child_of(uint64_t key) const {
        const uint32_t quarter =
            4 * ((key > separators[3] ? 1U : 0U) + (key > separators[7] ? 1U : 0U) + (key > separators[11] ? 1U : 0U));
        const uint64_t* rest = separators + quarter;
        return quarter + (key > rest[0] ? 1U : 0U) + (key > rest[1] ? 1U : 0U) + (key > rest[2] ? 1U : 0U);
    }
};
static_assert(sizeof(Fork) == 256);

enum class Kind : uint32_t { kEmpty, kInner, kDense, kBuckets, kHashed, kFork };

// A node's address and shape in one word.
//   bits 0-2 kind · 3-8 shift · 9-15 bits (inner) or buckets · 16-21 spare buckets · 22-63 address / 64
// `shift` is, of an inner node, that of its slots; of dense and bucket nodes, that of the slot they stand for.
class Ref {
   public:
    Ref() = default;  // Ref() is empty, word 0; trivial, so that an array of them costs nothing
    constexpr explicit Ref(uint64_t word) : word_(word) {}
    Ref(Kind kind, const void* address, uint32_t shift, uint32_t count, uint32_t spare = 0)
        : word_(static_cast<uint64_t>(kind) | uint64_t{shift} << 3 | uint64_t{count} << 9 | uint64_t{spare} << 16 |
                uint64_t{reinterpret_cast<uintptr_t>(address)} >> 6 << 22) {
        KODIAK_ASSERT(this->address() == address && shift < 64 && count < 128 && spare < 64);
    }

    uint64_t word() const { return word_; }
    Kind kind() const { return static_cast<Kind>(word_ & 7); }
    bool is_empty() const { return word_ == 0; }
    uint32_t shift() const { return static_cast<uint32_t>(word_ >> 3) & 63; }
    void* address() const { return reinterpret_cast<void*>(word_ >> 22 << 6); }
    bool operator==(const Ref&) const = default;

    // Of an inner node.
    uint32_t bits() const { return static_cast<uint32_t>(word_ >> 9) & 127; }
    Inner& node() const { return *static_cast<Inner*>(address()); }
    bool reaches(uint64_t key) const { return (key ^ node().prefix) >> shift() >> bits() == 0; }
    uint32_t slot_count() const { return uint32_t{1} << bits(); }
    uint32_t slot_of(uint64_t key) const { return static_cast<uint32_t>(key >> shift()) & (slot_count() - 1); }
    std::atomic<uint64_t>& slot(uint32_t index) const { return node().slots()[index]; }
    Ref child(uint32_t index) const { return Ref(slot(index).load(std::memory_order_acquire)); }
    uint64_t low_of(uint32_t index) const { return node().prefix | uint64_t{index} << shift(); }

    // Of a fork.
    Fork& fork() const { return *static_cast<Fork*>(address()); }
    uint32_t child_count() const { return bits(); }
    Ref fork_child(uint32_t index) const { return Ref(fork().children[index].load(std::memory_order_acquire)); }

    // Of a dense node.
    uint64_t value_count() const { return uint64_t{1} << shift(); }
    std::atomic<uint64_t>* values() const { return static_cast<std::atomic<uint64_t>*>(address()); }
    std::atomic<uint64_t>& value_of(uint64_t key) const { return values()[key & (value_count() - 1)]; }

    // Of a node of buckets, modelled or hashed.
    bool has_buckets() const { return kind() == Kind::kBuckets || kind() == Kind::kHashed; }
    uint32_t bucket_count() const { return bits(); }
    uint32_t spare_count() const { return static_cast<uint32_t>(word_ >> 16) & 63; }
    Bucket* buckets() const { return static_cast<Bucket*>(address()); }
    uint32_t bucket_of(uint64_t key) const {
        return kind() == Kind::kBuckets ? modelled_bucket(key, shift(), bucket_count())
                                        : hashed_bucket(key, bucket_count());
    }
    // The writer's.
    uint32_t live_count() const {
        uint32_t live = 0;
        for (uint32_t i = 0; i < bucket_count() + spare_count(); ++i) {
            live += buckets()[i].live_count();
        }
        return live;
    }
    // The linear model: the key's place in a slot of 2^slot_shift keys, scaled. Requires: slot_shift > 0.
    static uint32_t modelled_bucket(uint64_t key, uint32_t slot_shift, uint32_t count) {
        return static_cast<uint32_t>(Wide{key << (64 - slot_shift)} * count >> 64);
    }

    static uint32_t hashed_bucket(uint64_t key, uint32_t count) {
        const uint64_t hash = (key ^ key >> 32) * 0x9E3779B97F4A7C15;
        return static_cast<uint32_t>(Wide{hash} * count >> 64);
    }

    size_t bytes() const {
        switch (kind()) {
            case Kind::kEmpty:
                return 0;
            case Kind::kInner:
                return sizeof(Inner) + (sizeof(uint64_t) << bits());
            case Kind::kDense:
                return std::max<size_t>(sizeof(uint64_t) << shift(), 64);
            case Kind::kBuckets:
            case Kind::kHashed:
                return (bucket_count() + spare_count()) * sizeof(Bucket);
            case Kind::kFork:
                return sizeof(Fork);
        }
        return 0;
    }

   private:
    __extension__ using Wide = unsigned __int128;
    uint64_t word_;
};

}  // namespace kodiak::index::learned
