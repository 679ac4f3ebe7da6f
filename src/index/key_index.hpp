#pragma once

// KeyIndex: an ordered multimap from keys to the places of row versions.
//
// What       Entries are unique pairs (key, locator), ordered by key, then locator. One key may have several
//            locators: versions of a row that heads and open transactions need. Which of them is visible is decided
//            by the caller's read view, not here.
// Why        One interface, several structures: a B+tree (make_btree_index) and the learned index for integers
//            (make_learned_index); tests run all of them against each other, make_index picks.
// Forms      An index holds keys of one KeyForm for its life; a key of the other form is an assertion.
// Threads    One writer at a time (insert, erase, bulk_load: serialised by the caller). All other functions may run
//            from many threads, also beside the writer.
// Reading    find, first and find_many see one state of the index per key. scan sees each entry that was there from
//            its start to its end exactly once, in order; entries that come or go meanwhile may be seen or not.
//            Visitors run without any lock: they may take their time and call this index.
// Ownership  Keys are copied in. Keys handed to a visitor live until it returns.
// Durability None: an index is rebuilt from the table's rows by bulk_load (sorted by unique_runs.hpp).
// Not here   Uniqueness (the caller probes with first/find under its conflict rules), visibility, branches.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "base/ids/ids.hpp"
#include "base/result/result.hpp"
#include "index/key.hpp"

namespace kodiak::index {

struct Entry {
    KeyRef key;
    Locator locator;
};

// The locators of one key, ascending; up to four without allocation. Reuse one list over many calls.
class LocatorList {
   public:
    void clear() {
        count_ = 0;
        spilled_.clear();
    }
    void push_back(Locator locator) {
        if (count_ < kInline) {
            inline_[count_] = locator;
        } else {
            if (count_ == kInline) {
                spilled_.assign(inline_.begin(), inline_.end());
            }
            spilled_.push_back(locator);
        }
        ++count_;
    }
    size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    Locator operator[](size_t index) const { return begin()[index]; }
    const Locator* begin() const { return count_ <= kInline ? inline_.data() : spilled_.data(); }
    const Locator* end() const { return begin() + count_; }

   private:
    static constexpr size_t kInline = 4;
    size_t count_ = 0;
    std::array<Locator, kInline> inline_{};
    std::vector<Locator> spilled_;  // all of them once there are more than kInline
};

// Answers of find_many: the locators of all keys behind each other. Reuse one over many calls.
struct LocatorBatch {
    std::vector<Locator> locators;
    std::vector<size_t> ends;  // ends[i] = end of key i's locators; they begin at ends[i - 1], or 0

    std::span<const Locator> of(size_t key_index) const {
        const size_t begin = key_index == 0 ? 0 : ends[key_index - 1];
        return std::span(locators).subspan(begin, ends[key_index] - begin);
    }
};

// A non-owning reference to a function bool(KeyRef, Locator); false stops the scan. Made from any callable; lives
// only as long as the call it is passed to.
class EntryVisitor {
   public:
    template <class Visitor>
        requires std::is_invocable_r_v<bool, Visitor&, KeyRef, Locator>
    EntryVisitor(Visitor&& visitor)  // NOLINT: implicit on purpose, callers pass lambdas
        : object_(const_cast<void*>(static_cast<const void*>(&visitor))),
          call_([](void* object, KeyRef key, Locator locator) -> bool {
              return (*static_cast<std::remove_reference_t<Visitor>*>(object))(key, locator);
          }) {}
    bool operator()(KeyRef key, Locator locator) const { return call_(object_, key, locator); }

   private:
    void* object_;
    bool (*call_)(void*, KeyRef, Locator);
};

// A sorted, finite sequence of entries pulled in batches: what bulk_load consumes.
class EntryStream {
   public:
    virtual ~EntryStream() = default;
    // Returns the next entries, ascending by (key, locator); an empty span means the end. The span and its keys are
    // valid until the next call. After an error or the end it must not be called again.
    virtual Result<std::span<const Entry>> next() = 0;
};

enum class ScanOrder : uint8_t { kAscending, kDescending };

// Bounds of a scan; a missing bound is open. A range that holds nothing (low above high) is fine.
struct KeyRange {
    std::optional<KeyRef> low;
    std::optional<KeyRef> high;
    bool low_inclusive = true;
    bool high_inclusive = true;

    static KeyRange all() { return {}; }
    static KeyRange exactly(KeyRef key) { return {key, key, true, true}; }
};

class KeyIndex {
   public:
    virtual ~KeyIndex() = default;
    virtual KeyForm form() const = 0;

    // Adds an entry; returns false and changes nothing when the pair is there already.
    virtual bool insert(KeyRef key, Locator locator) = 0;
    // Removes an entry and its memory; returns false when the pair is not there.
    virtual bool erase(KeyRef key, Locator locator) = 0;
    // Fills an empty index from `entries`. Readers see nothing of it before it returns; on an error of the stream
    // (passed on), or kInternal when its entries are not strictly ascending, the index stays empty.
    // Requires: size() == 0.
    virtual Status bulk_load(EntryStream& entries) = 0;

    // Puts the locators of `key`, ascending, into `locators` (cleared first); returns whether there are any.
    virtual bool find(KeyRef key, LocatorList& locators) const = 0;
    // Returns the smallest locator of `key`: the cheapest way to ask whether a key is there at all.
    virtual std::optional<Locator> first(KeyRef key) const = 0;
    // Finds many keys in one call, in any order, duplicates allowed; replaces the contents of `found`. Each key is
    // answered as by find. Cheaper than single calls, most of all when keys are sorted.
    virtual void find_many(std::span<const KeyRef> keys, LocatorBatch& found) const = 0;
    // Visits the entries of a range in the order asked for (locators descend with the keys) until the visitor
    // returns false.
    virtual void scan(const KeyRange& range, ScanOrder order, EntryVisitor visitor) const = 0;

    // Number of entries (pairs).
    virtual uint64_t size() const = 0;
    // Memory held, in bytes, long keys included; for the memory budget.
    virtual uint64_t memory_bytes() const = 0;
    // Walks the whole structure and checks its invariants; kInternal names the first one broken. Requires: no writer
    // at the same time.
    virtual Status check() const = 0;
};

// Makes an empty index of the structure that is best for the form: the one place where that is chosen.
std::unique_ptr<KeyIndex> make_index(KeyForm form);

// Makes an empty B+tree: the reference implementation, good at everything and best at nothing (README.md of this
// room has figures). Reads take a shared lock for the duration of one key or one leaf of a scan.
std::unique_ptr<KeyIndex> make_btree_index(KeyForm form);

// Makes an empty learned index of form kInteger (learned/learned_map.hpp). Readers take no lock and never wait.
std::unique_ptr<KeyIndex> make_learned_index();

}  // namespace kodiak::index
