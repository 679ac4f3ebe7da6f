#include <algorithm>
#include <array>
#include <limits>

#include "index/key_index.hpp"
#include "index/learned/learned_map.hpp"
#include "index/learned/versions.hpp"

namespace kodiak::index {
namespace {

using learned::Item;
using learned::kAbsent;
using learned::LearnedMap;
using learned::NodeMemory;
using learned::ReaderEpochs;
using learned::VersionWords;

constexpr uint64_t kLast = std::numeric_limits<uint64_t>::max();
// Entries a scan copies out at a time: few at first, because most scans want few.
constexpr size_t kFirstScanEntries = 16;
constexpr size_t kScanEntries = 128;

// The keys of a range, both ends included.
struct Bounds {
    uint64_t low = 0;
    uint64_t high = kLast;
    bool is_empty = false;
};

Bounds bounds_of(const KeyRange& range) {
    Bounds bounds;
    if (range.low) {
        bounds.low = range.low->as_integer();
        if (!range.low_inclusive) {
            bounds.is_empty = bounds.low == kLast;
            ++bounds.low;
        }
    }
    if (range.high) {
        bounds.high = range.high->as_integer();
        if (!range.high_inclusive) {
            bounds.is_empty = bounds.is_empty || bounds.high == 0;
            --bounds.high;
        }
    }
    bounds.is_empty = bounds.is_empty || bounds.low > bounds.high;
    return bounds;
}

class LearnedIndex final : public KeyIndex {
   public:
    ~LearnedIndex() override { free_versions(); }
    KeyForm form() const override { return KeyForm::kInteger; }

    bool insert(KeyRef key, Locator locator) override {
        check_form(key);
        const uint64_t word = versions_.make(std::span(&locator.value, 1));
        std::atomic<uint64_t>* place = map_.insert({key.as_integer(), word});
        if (place != nullptr) {
            versions_.free(word);
            if (!versions_.add(*place, locator.value)) {
                return false;
            }
        }
        count_change(1);
        return true;
    }

    bool erase(KeyRef key, Locator locator) override {
        check_form(key);
        std::atomic<uint64_t>* place = map_.place_of(key.as_integer());
        if (place == nullptr) {
            return false;
        }
        const uint64_t word = place->load(std::memory_order_relaxed);
        if (VersionWords::holds_only(word, locator.value)) {
            map_.remove(key.as_integer());
            versions_.retire(word);
        } else if (!versions_.remove(*place, locator.value)) {
            return false;
        }
        count_change(-1);
        return true;
    }

    Status bulk_load(EntryStream& entries) override {
        KODIAK_ASSERT(size() == 0);
        std::vector<Item> items;
        const auto load = [&]() -> Status { return collect_items(entries, items); };
        const Status status = load();
        if (!status.ok()) {
            for (const Item& item : items) {
                versions_.free(item.value);
            }
            size_.store(0, std::memory_order_relaxed);
            count_change(0);
            return status;
        }
        map_.build(items);
        count_change(0);
        return ok_status();
    }

    bool find(KeyRef key, LocatorList& locators) const override {
        check_form(key);
        locators.clear();
        const ReaderEpochs::Guard guard;
        const uint64_t word = map_.find(key.as_integer());
        if (word == kAbsent) {
            return false;
        }
        VersionWords::for_each(word, [&](uint64_t locator) { locators.push_back(Locator(locator)); });
        return true;
    }

    std::optional<Locator> first(KeyRef key) const override {
        check_form(key);
        const ReaderEpochs::Guard guard;
        const uint64_t word = map_.find(key.as_integer());
        if (word == kAbsent) {
            return std::nullopt;
        }
        return Locator(VersionWords::is_single(word) ? word : VersionWords::first(word));
    }

    void find_many(std::span<const KeyRef> keys, LocatorBatch& found) const override {
        found.locators.clear();
        found.ends.clear();
        found.ends.reserve(keys.size());
        found.locators.reserve(keys.size());
        std::array<uint64_t, LearnedMap::kGroup> integers;
        std::array<uint64_t, LearnedMap::kGroup> words;
        while (!keys.empty()) {
            const size_t count = std::min(keys.size(), LearnedMap::kGroup);
            for (size_t i = 0; i < count; ++i) {
                check_form(keys[i]);
                integers[i] = keys[i].as_integer();
            }
            keys = keys.subspan(count);
            const ReaderEpochs::Guard guard;
            map_.find_group(std::span(integers).first(count), std::span(words).first(count));
            for (size_t i = 0; i < count; ++i) {
                if (words[i] != kAbsent) {
                    VersionWords::for_each(words[i],
                                           [&](uint64_t locator) { found.locators.push_back(Locator(locator)); });
                }
                found.ends.push_back(found.locators.size());
            }
        }
    }

    void scan(const KeyRange& range, ScanOrder order, EntryVisitor visitor) const override {
        if (range.low) {
            check_form(*range.low);
        }
        if (range.high) {
            check_form(*range.high);
        }
        const Bounds bounds = bounds_of(range);
        if (!bounds.is_empty) {
            const bool ascends = order == ScanOrder::kAscending;
            scan_from(ascends ? bounds.low : bounds.high, ascends ? bounds.high : bounds.low, ascends, visitor);
        }
    }

    uint64_t size() const override { return size_.load(std::memory_order_relaxed); }
    uint64_t memory_bytes() const override { return sizeof *this + held_bytes_.load(std::memory_order_relaxed); }

    Status check() const override {
        KODIAK_TRY(map_.check());
        uint64_t entries = 0;
        uint64_t bytes = map_.counted_bytes();
        Status status = ok_status();
        for_each_item([&](const Item& item) {
            if (status.ok()) {
                status = versions_.check(item.value, entries);
                bytes += versions_.counted_bytes(item.value);
            }
        });
        KODIAK_TRY(status);
        if (entries != size() || bytes != memory_.used_bytes()) {
            return make_error(ErrorCode::kInternal, "learned index: entries or memory are miscounted");
        }
        return ok_status();
    }

   private:
    static void check_form(KeyRef key) { KODIAK_ASSERT(key.form() == KeyForm::kInteger); }

    void count_change(int64_t change) {
        const uint64_t size = size_.load(std::memory_order_relaxed) + static_cast<uint64_t>(change);
        size_.store(size, std::memory_order_relaxed);
        if (size == 0) {
            memory_.reclaim();
        }
        held_bytes_.store(memory_.held_bytes(), std::memory_order_relaxed);
    }

    // Reads a sorted stream to its end; entries of one key become one item.
    Status collect_items(EntryStream& entries, std::vector<Item>& items) {
        std::vector<uint64_t> locators;  // of `key`
        uint64_t key = 0;
        const auto close_key = [&] {
            if (!locators.empty()) {
                items.push_back({key, versions_.make(locators)});
                locators.clear();
            }
        };
        while (true) {
            KODIAK_TRY_ASSIGN(const std::span<const Entry> batch, entries.next());
            if (batch.empty()) {
                close_key();
                return ok_status();
            }
            for (const Entry& entry : batch) {
                check_form(entry.key);
                const uint64_t next = entry.key.as_integer();
                const bool is_same = !locators.empty() && next == key;
                if (!locators.empty() && (next < key || (is_same && entry.locator.value <= locators.back()))) {
                    return make_error(ErrorCode::kInternal, "entries for an index load are not strictly ascending");
                }
                if (!is_same) {
                    close_key();
                }
                key = next;
                locators.push_back(entry.locator.value);
                size_.store(size() + 1, std::memory_order_relaxed);
            }
        }
    }

    // Visits entries from key `from` to key `to`, up or down.
    void scan_from(uint64_t from, uint64_t to, bool ascends, EntryVisitor visitor) const {
        const uint64_t first_locator = ascends ? 0 : kLast;
        const uint64_t step = ascends ? 1 : kLast;  // kLast: one down
        uint64_t from_locator = first_locator;
        std::vector<Item> items;
        items.reserve(2 * kScanEntries);
        std::vector<Entry> entries;
        for (size_t wanted = kFirstScanEntries;; wanted = std::min(3 * wanted, kScanEntries)) {
            items.clear();
            bool is_cut = false;  // in the middle of a key's locators
            bool is_plain = from_locator == first_locator;
            {
                const ReaderEpochs::Guard guard;
                ascends ? map_.collect_ascending(from, to, wanted, items)
                        : map_.collect_descending(from, to, wanted, items);
                for (const Item& item : items) {
                    is_plain = is_plain && VersionWords::is_single(item.value);
                }
                if (!is_plain) {
                    entries.clear();
                    is_cut = expand(items, {from, from_locator}, ascends, wanted, entries);
                }
            }
            if (!(is_plain ? visit_all(items, visitor) : visit_all(entries, visitor))) {
                return;
            }
            if (is_cut && entries.back().locator.value != kLast - first_locator) {
                from = entries.back().key.as_integer();
                from_locator = entries.back().locator.value + step;
                continue;
            }
            const uint64_t last = is_cut ? entries.back().key.as_integer() : items.empty() ? to : items.back().key;
            if ((!is_cut && items.size() < wanted) || last == to) {
                return;
            }
            from = last + step;
            from_locator = first_locator;
        }
    }

    // Appends the entries of items; for the first key, from a locator on. Returns whether it stopped before the last
    // locator of the last key.
    static bool expand(const std::vector<Item>& items, Item first, bool ascends, size_t wanted,
                       std::vector<Entry>& entries) {
        for (const Item& item : items) {
            const uint64_t bound = item.key == first.key ? first.value : (ascends ? 0 : kLast);
            const VersionWords::Part part = ascends ? VersionWords::ascending_from(item.value, bound, wanted)
                                                    : VersionWords::descending_from(item.value, bound, wanted);
            for (const uint64_t locator : part.locators) {
                entries.push_back({KeyRef::integer(item.key), Locator(locator)});
            }
            if (part.is_cut) {
                return true;
            }
        }
        return false;
    }
    static bool visit_all(const std::vector<Item>& items, EntryVisitor visitor) {
        return std::all_of(items.begin(), items.end(), [&](const Item& item) {
            return visitor(KeyRef::integer(item.key), Locator(item.value));
        });
    }
    static bool visit_all(const std::vector<Entry>& entries, EntryVisitor visitor) {
        return std::all_of(entries.begin(), entries.end(),
                           [&](const Entry& entry) { return visitor(entry.key, entry.locator); });
    }

    template <class Visit>
    void for_each_item(const Visit& visit) const {
        std::vector<Item> items;
        uint64_t from = 0;
        do {
            items.clear();
            map_.collect_ascending(from, kLast, 4096, items);
            for (const Item& item : items) {
                visit(item);
            }
            from = items.empty() ? 0 : items.back().key + 1;  // 0 also behind the highest key
        } while (from != 0);
    }
    void free_versions() {
        for_each_item([&](const Item& item) { versions_.free(item.value); });
    }

    NodeMemory memory_;
    VersionWords versions_{memory_};
    LearnedMap map_{memory_};
    std::atomic<uint64_t> size_ = 0;
    std::atomic<uint64_t> held_bytes_ = 0;
};

}  // namespace

std::unique_ptr<KeyIndex> make_learned_index() { return std::make_unique<LearnedIndex>(); }

std::unique_ptr<KeyIndex> make_index(KeyForm form) {
    return form == KeyForm::kInteger ? make_learned_index() : make_btree_index(form);
}

}  // namespace kodiak::index
