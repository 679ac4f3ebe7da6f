#include <limits>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "index/btree/btree.hpp"
#include "index/btree/writer_first_lock.hpp"
#include "index/key_index.hpp"

namespace kodiak::index {
namespace {

constexpr uint64_t kLastLocator = std::numeric_limits<uint64_t>::max();
// Entries a scan copies out under one lock: few at first, because most scans want few.
constexpr size_t kFirstScanEntries = 16;
constexpr size_t kScanEntries = 128;

// Entries copied out of the tree, with the bytes of their keys.
template <class Keys>
class EntryCopies {
   public:
    void clear() {
        slots_.clear();
        bytes_ = 0;
    }
    void add(const typename Keys::Stored& key, uint64_t locator) {
        slots_.push_back({&key, locator});
        bytes_ += Keys::key_bytes(key);
    }
    // Copies the keys of all entries added; must happen before the tree changes. Requires: no key is borrowed.
    std::span<const Entry> copy() {
        arena_.resize(bytes_);
        entries_.clear();
        char* target = arena_.data();
        for (const Slot& slot : slots_) {
            entries_.push_back({Keys::write_key(*slot.key, target), Locator(slot.locator)});
            target += Keys::key_bytes(*slot.key);
        }
        return entries_;
    }

   private:
    struct Slot {
        const typename Keys::Stored* key;
        uint64_t locator;
    };
    std::vector<Slot> slots_;
    size_t bytes_ = 0;
    std::string arena_;
    std::vector<Entry> entries_;
};

template <class Keys>
class BTreeIndex final : public KeyIndex {
   public:
    using Tree = BTree<Keys>;
    using Position = typename Tree::Position;

    KeyForm form() const override { return Keys::kForm; }

    bool insert(KeyRef key, Locator locator) override {
        check_form(key);
        const std::lock_guard lock(lock_);
        return tree_.insert({Keys::probe(key), locator.value});
    }

    bool erase(KeyRef key, Locator locator) override {
        check_form(key);
        const std::lock_guard lock(lock_);
        return tree_.erase({Keys::probe(key), locator.value});
    }

    Status bulk_load(EntryStream& entries) override {
        KODIAK_ASSERT(size() == 0);
        Tree loaded;
        while (true) {
            KODIAK_TRY_ASSIGN(const std::span<const Entry> batch, entries.next());
            if (batch.empty()) {
                break;
            }
            for (const Entry& entry : batch) {
                check_form(entry.key);
                if (!loaded.append({Keys::probe(entry.key), entry.locator.value})) {
                    return make_error(ErrorCode::kInternal, "entries for an index load are not strictly ascending");
                }
            }
        }
        loaded.finish_appending();
        const std::lock_guard lock(lock_);
        tree_.swap(loaded);
        return ok_status();
    }

    bool find(KeyRef key, LocatorList& locators) const override {
        check_form(key);
        locators.clear();
        const auto probe = Keys::probe(key);
        const std::shared_lock lock(lock_);
        for_each_of(probe, tree_.lower_bound({probe, 0}),
                    [&](uint64_t locator) { locators.push_back(Locator(locator)); });
        return !locators.empty();
    }

    std::optional<Locator> first(KeyRef key) const override {
        check_form(key);
        const auto probe = Keys::probe(key);
        const std::shared_lock lock(lock_);
        const Position at = tree_.lower_bound({probe, 0});
        if (at.leaf == nullptr || Keys::compare(at.leaf->keys[at.slot], probe) != 0) {
            return std::nullopt;
        }
        return Locator(at.leaf->locators[at.slot]);
    }

    void find_many(std::span<const KeyRef> keys, LocatorBatch& found) const override {
        found.locators.clear();
        found.ends.clear();
        found.ends.reserve(keys.size());
        std::array<typename Keys::Probe, Tree::kGroup> probes;
        std::array<Position, Tree::kGroup> positions;
        while (!keys.empty()) {
            const size_t count = std::min(keys.size(), Tree::kGroup);
            for (size_t i = 0; i < count; ++i) {
                check_form(keys[i]);
                probes[i] = Keys::probe(keys[i]);
            }
            keys = keys.subspan(count);
            const std::shared_lock lock(lock_);
            tree_.lower_bounds(std::span(probes).first(count), std::span(positions).first(count));
            for (size_t i = 0; i < count; ++i) {
                for_each_of(probes[i], positions[i],
                            [&](uint64_t locator) { found.locators.push_back(Locator(locator)); });
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
        EntryCopies<Keys> copies;
        std::span<const Entry> batch;
        size_t wanted = kFirstScanEntries;
        do {
            const Entry* last = batch.empty() ? nullptr : &batch.back();
            copies.clear();
            {
                const std::shared_lock lock(lock_);
                order == ScanOrder::kAscending ? collect_ascending(range, last, wanted, copies)
                                               : collect_descending(range, last, wanted, copies);
                batch = copies.copy();
            }
            for (const Entry& entry : batch) {
                if (!visitor(entry.key, entry.locator)) {
                    return;
                }
            }
            if (batch.size() < wanted) {
                return;
            }
            wanted = kScanEntries;
        } while (true);
    }

    uint64_t size() const override {
        const std::shared_lock lock(lock_);
        return tree_.size();
    }

    uint64_t memory_bytes() const override {
        const std::shared_lock lock(lock_);
        return tree_.memory_bytes();
    }

    Status check() const override {
        const std::shared_lock lock(lock_);
        return tree_.check();
    }

   private:
    static void check_form(KeyRef key) { KODIAK_ASSERT(key.form() == Keys::kForm); }

    // Calls `visit` with each locator of `key`, whose lower bound `at` is.
    template <class Visit>
    void for_each_of(const typename Keys::Probe& key, Position at, Visit visit) const {
        while (at.leaf != nullptr && Keys::compare(at.leaf->keys[at.slot], key) == 0) {
            visit(at.leaf->locators[at.slot]);
            at = tree_.step_forward(at);
        }
    }

    // Copies up to `wanted` entries of `range` that follow `last`, if given.
    void collect_ascending(const KeyRange& range, const Entry* last, size_t wanted,
                           EntryCopies<Keys>& copies) const {
        Position at;
        if (last != nullptr) {
            at = tree_.upper_bound({Keys::probe(last->key), last->locator.value});
        } else if (!range.low) {
            at = tree_.begin();
        } else if (range.low_inclusive) {
            at = tree_.lower_bound({Keys::probe(*range.low), 0});
        } else {
            at = tree_.upper_bound({Keys::probe(*range.low), kLastLocator});
        }
        const auto high = range.high ? Keys::probe(*range.high) : typename Keys::Probe{};
        for (size_t left = wanted; left > 0 && at.leaf != nullptr; --left) {
            const auto& key = at.leaf->keys[at.slot];
            if (range.high) {
                const auto beyond = Keys::compare(key, high);
                if (beyond > 0 || (beyond == 0 && !range.high_inclusive)) {
                    return;
                }
            }
            copies.add(key, at.leaf->locators[at.slot]);
            at = tree_.step_forward(at);
        }
    }

    // The mirror image of collect_ascending.
    void collect_descending(const KeyRange& range, const Entry* last, size_t wanted,
                            EntryCopies<Keys>& copies) const {
        Position behind;  // the end, unless set
        if (last != nullptr) {
            behind = tree_.lower_bound({Keys::probe(last->key), last->locator.value});
        } else if (range.high && range.high_inclusive) {
            behind = tree_.upper_bound({Keys::probe(*range.high), kLastLocator});
        } else if (range.high) {
            behind = tree_.lower_bound({Keys::probe(*range.high), 0});
        }
        const auto low = range.low ? Keys::probe(*range.low) : typename Keys::Probe{};
        Position at = tree_.step_back(behind);
        for (size_t left = wanted; left > 0 && at.leaf != nullptr; --left) {
            const auto& key = at.leaf->keys[at.slot];
            if (range.low) {
                const auto beyond = Keys::compare(key, low);
                if (beyond < 0 || (beyond == 0 && !range.low_inclusive)) {
                    return;
                }
            }
            copies.add(key, at.leaf->locators[at.slot]);
            at = tree_.step_back(at);
        }
    }

    mutable WriterFirstLock lock_;
    Tree tree_;  // guarded by lock_
};

}  // namespace

std::unique_ptr<KeyIndex> make_btree_index(KeyForm form) {
    if (form == KeyForm::kInteger) {
        return std::make_unique<BTreeIndex<IntegerKeys>>();
    }
    return std::make_unique<BTreeIndex<ByteKeys>>();
}

}  // namespace kodiak::index
