// Runs all structures behind KeyIndex against std::set, the plainest ordered multimap there is, on key sets made to
// hurt.

#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "index/key_index.hpp"

namespace kodiak::index {
namespace {

// A key of either form that owns its bytes, and orders by the plain rules.
struct OwnedKey {
    KeyForm form = KeyForm::kInteger;
    uint64_t integer = 0;
    std::string bytes;

    KeyRef ref() const { return form == KeyForm::kInteger ? KeyRef::integer(integer) : KeyRef::bytes(bytes); }
    auto operator<=>(const OwnedKey&) const = default;
};
OwnedKey owned(uint64_t value) { return {KeyForm::kInteger, value, {}}; }
OwnedKey owned(std::string value) { return {KeyForm::kBytes, 0, std::move(value)}; }
OwnedKey owned(KeyRef key) {
    return key.form() == KeyForm::kInteger ? owned(key.as_integer()) : owned(std::string(key.as_bytes()));
}
using Pair = std::pair<OwnedKey, uint64_t>;
using Model = std::set<Pair>;

struct KeySet {
    const char* name;
    KeyForm form;
    // The i-th key of the set; `random` for those that draw.
    OwnedKey (*make)(uint64_t i, std::mt19937_64& random);
};

struct Structure {
    const char* name;
    std::unique_ptr<KeyIndex> (*make)(KeyForm form);
    bool (*takes)(KeyForm form);
};
const Structure kStructures[] = {
    {"BTree", make_btree_index, [](KeyForm) { return true; }},
    {"Learned", [](KeyForm) { return make_learned_index(); },
     [](KeyForm form) { return form == KeyForm::kInteger; }},
};

constexpr uint64_t kMaxKey = std::numeric_limits<uint64_t>::max();
const KeySet kKeySets[] = {
    {"Sequential", KeyForm::kInteger, [](uint64_t i, std::mt19937_64&) { return owned(i); }},
    {"Reverse", KeyForm::kInteger, [](uint64_t i, std::mt19937_64&) { return owned(kMaxKey - i); }},
    {"Random", KeyForm::kInteger, [](uint64_t, std::mt19937_64& random) { return owned(random()); }},
    {"Lognormal", KeyForm::kInteger,
     [](uint64_t, std::mt19937_64& random) {
         return owned(static_cast<uint64_t>(std::lognormal_distribution(0.0, 2.0)(random) * 1e6));
     }},
    {"Clustered", KeyForm::kInteger,
     [](uint64_t, std::mt19937_64& random) { return owned((random() % 50) * (uint64_t{1} << 40) + random() % 200); }},
    {"UnevenAtEveryScale", KeyForm::kInteger,
     [](uint64_t, std::mt19937_64& random) {
         uint64_t key = 1;
         for (int bit = 0; bit < 50; ++bit) {  // the odds of each half depend on where it lies
             key = 2 * key + (random() % 100 < 10 + key * 0x9E3779B97F4A7C15 % 81 ? 1 : 0);
         }
         return owned(key);
     }},
    {"PowersOfTwoAndNeighbours", KeyForm::kInteger,
     [](uint64_t i, std::mt19937_64& random) { return owned((uint64_t{1} << (i % 64)) + random() % 8); }},
    {"EverySeventhInShuffledBlocks", KeyForm::kInteger,
     [](uint64_t i, std::mt19937_64& random) { return owned((i / 1000 * 1000 + random() % 1000) * 7); }},
    {"SignedAroundZero", KeyForm::kInteger,
     [](uint64_t i, std::mt19937_64&) {
         return owned(integer_key(static_cast<int64_t>(i) * (i % 2 == 0 ? 1 : -1)));
     }},
    {"FewKeysManyVersions", KeyForm::kInteger, [](uint64_t, std::mt19937_64& random) { return owned(random() % 3); }},
    {"Extremes", KeyForm::kInteger,
     [](uint64_t, std::mt19937_64& random) {
         const uint64_t near = random() % 1000;
         return owned(random() % 2 == 0 ? near : kMaxKey - near);
     }},
    {"LongCommonPrefix", KeyForm::kBytes,
     [](uint64_t, std::mt19937_64& random) {
         return owned(std::string(200, 'p') + std::to_string(random() % 5000) + std::string(random() % 40, 's'));
     }},
    {"ZerosAndEmpty", KeyForm::kBytes,
     [](uint64_t, std::mt19937_64& random) {
         std::string key(random() % 24, '\0');
         if (!key.empty() && random() % 2 == 0) {
             key[random() % key.size()] = static_cast<char>(random());
         }
         return owned(key);
     }},
    {"AroundTheInlineLimit", KeyForm::kBytes,
     [](uint64_t, std::mt19937_64& random) {
         std::string key = std::string(random() % 2 == 0 ? 7 : 14, 'x');
         for (uint64_t left = random() % 5; left > 0; --left) {
             key.push_back("\0\x01\xFF"[random() % 3]);
         }
         return owned(key);
     }},
    {"BytesWithVersions", KeyForm::kBytes,
     [](uint64_t, std::mt19937_64& random) { return owned("customer-number-" + std::to_string(random() % 4)); }},
};

class ModelEntries : public EntryStream {
   public:
    explicit ModelEntries(const Model& model) : at_(model.begin()), end_(model.end()) {}
    Result<std::span<const Entry>> next() override {
        batch_.clear();
        for (; at_ != end_ && batch_.size() < 100; ++at_) {
            batch_.push_back({at_->first.ref(), Locator(at_->second)});
        }
        return std::span<const Entry>(batch_);
    }

   private:
    Model::const_iterator at_;
    Model::const_iterator end_;
    std::vector<Entry> batch_;
};

std::vector<Pair> scanned(const KeyIndex& index, const KeyRange& range, ScanOrder order, size_t limit) {
    std::vector<Pair> seen;
    index.scan(range, order, [&](KeyRef key, Locator locator) {
        seen.emplace_back(owned(key), locator.value);
        return seen.size() < limit;
    });
    return seen;
}

std::vector<Pair> expected(const Model& model, const KeyRange& range, ScanOrder order, size_t limit) {
    auto low = model.begin();
    auto high = model.end();
    if (range.low) {
        const OwnedKey key = owned(*range.low);
        low = range.low_inclusive ? model.lower_bound({key, 0}) : model.upper_bound({key, kMaxKey});
    }
    if (range.high) {
        const OwnedKey key = owned(*range.high);
        high = range.high_inclusive ? model.upper_bound({key, kMaxKey}) : model.lower_bound({key, 0});
    }
    std::vector<Pair> wanted;
    if (low == model.end() || (high != model.end() && !(*low < *high))) {
        return wanted;
    }
    wanted.assign(low, high);
    if (order == ScanOrder::kDescending) {
        std::reverse(wanted.begin(), wanted.end());
    }
    wanted.resize(std::min(wanted.size(), limit));
    return wanted;
}

std::vector<uint64_t> locators_of(const Model& model, const OwnedKey& key) {
    std::vector<uint64_t> locators;
    for (auto at = model.lower_bound({key, 0}); at != model.end() && at->first == key; ++at) {
        locators.push_back(at->second);
    }
    return locators;
}

template <class Locators>
std::vector<uint64_t> values(const Locators& locators) {
    std::vector<uint64_t> plain;
    for (const Locator locator : locators) {
        plain.push_back(locator.value);
    }
    return plain;
}

struct Tested {
    Structure structure;
    KeySet keys;
};

std::vector<Tested> all_tested() {
    std::vector<Tested> all;
    for (const Structure& structure : kStructures) {
        for (const KeySet& keys : kKeySets) {
            if (structure.takes(keys.form)) {
                all.push_back({structure, keys});
            }
        }
    }
    return all;
}

class KeyIndexModel : public testing::TestWithParam<Tested> {
   protected:
    OwnedKey fresh_key() { return GetParam().keys.make(next_++, random_); }
    static std::unique_ptr<KeyIndex> make() { return GetParam().structure.make(GetParam().keys.form); }
    // Mostly a key that was used before, so that finds and erases hit.
    const OwnedKey& some_key() {
        if (keys_.empty() || random_() % 8 == 0) {
            keys_.push_back(fresh_key());
        }
        return keys_[random_() % keys_.size()];
    }
    void check_finds() {
        std::vector<OwnedKey> keys;
        std::vector<KeyRef> refs;
        for (int i = 0; i < 50; ++i) {
            keys.push_back(some_key());
        }
        LocatorList found;
        for (const OwnedKey& key : keys) {
            const std::vector<uint64_t> wanted = locators_of(model_, key);
            ASSERT_EQ(index_->find(key.ref(), found), !wanted.empty());
            ASSERT_EQ(values(found), wanted);
            const auto first = index_->first(key.ref());
            ASSERT_EQ(first.has_value(), !wanted.empty());
            ASSERT_TRUE(!first || first->value == wanted.front());
            refs.push_back(key.ref());
        }
        LocatorBatch batch;
        index_->find_many(refs, batch);
        for (size_t i = 0; i < keys.size(); ++i) {
            ASSERT_EQ(values(batch.of(i)), locators_of(model_, keys[i]));
        }
    }
    void check_scans() {
        for (int i = 0; i < 8; ++i) {
            const OwnedKey low = some_key();
            const OwnedKey high = some_key();
            KeyRange range;
            range.low = random_() % 4 != 0 ? std::optional(low.ref()) : std::nullopt;
            range.high = random_() % 4 != 0 ? std::optional(high.ref()) : std::nullopt;
            range.low_inclusive = random_() % 2 == 0;
            range.high_inclusive = random_() % 2 == 0;
            const ScanOrder order = random_() % 2 == 0 ? ScanOrder::kAscending : ScanOrder::kDescending;
            const size_t limit = random_() % 3 == 0 ? 1 + random_() % 200 : model_.size() + 1;
            ASSERT_EQ(scanned(*index_, range, order, limit), expected(model_, range, order, limit));
        }
    }
    void check_structure() {
        const Status status = index_->check();
        ASSERT_TRUE(status.ok()) << status.error().message;
        ASSERT_EQ(index_->size(), model_.size());
    }

    static constexpr uint64_t kSeed = 1973;
    testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(kSeed)};
    std::mt19937_64 random_{kSeed};
    uint64_t next_ = 0;
    std::vector<OwnedKey> keys_;
    Model model_;
    std::unique_ptr<KeyIndex> index_ = make();
};

TEST_P(KeyIndexModel, AgreesWithTheModelThroughGrowthAndShrinking) {
    // Phases of mostly inserts and mostly erases, so that every kind of split, merge and balance happens.
    for (int phase = 0; phase < 6; ++phase) {
        const uint64_t insert_share = phase % 2 == 0 ? 85 : 15;
        for (int step = 0; step < 6000; ++step) {
            const uint64_t locator = random_() % 2 == 0 ? random_() % 50 : random_();
            if (random_() % 100 < insert_share) {
                const OwnedKey key = random_() % 2 == 0 ? some_key() : keys_.emplace_back(fresh_key());
                ASSERT_EQ(index_->insert(key.ref(), Locator(locator)), model_.emplace(key, locator).second);
            } else if (model_.empty() || random_() % 4 == 0) {
                const OwnedKey key = some_key();
                ASSERT_EQ(index_->erase(key.ref(), Locator(locator)), model_.erase({key, locator}) == 1);
            } else {
                auto victim = model_.lower_bound({some_key(), random_()});
                victim = victim == model_.end() ? model_.begin() : victim;
                ASSERT_TRUE(index_->erase(victim->first.ref(), Locator(victim->second)));
                model_.erase(victim);
            }
        }
        check_structure();
        check_finds();
        check_scans();
    }
}

TEST_P(KeyIndexModel, InsertsInKeyOrderThenErasesFromEitherEnd) {
    for (uint64_t i = 0; i < 20000; ++i) {
        const OwnedKey key = fresh_key();
        ASSERT_EQ(index_->insert(key.ref(), Locator(i)), model_.emplace(key, i).second);
    }
    check_structure();
    while (!model_.empty()) {
        const auto victim = model_.size() % 2 == 0 ? model_.begin() : std::prev(model_.end());
        ASSERT_TRUE(index_->erase(victim->first.ref(), Locator(victim->second)));
        model_.erase(victim);
        if (model_.size() % 2500 == 0) {
            check_structure();
            check_scans();
        }
    }
    EXPECT_EQ(index_->memory_bytes(), make()->memory_bytes());
}

TEST_P(KeyIndexModel, BulkLoadGivesTheSameIndexAsInserts) {
    for (const size_t count : {0, 1, 118, 119, 120, 9000, 30000}) {
        model_.clear();
        for (size_t i = 0; model_.size() < count && i < 4 * count; ++i) {
            model_.emplace(fresh_key(), random_());
        }
        index_ = make();
        ModelEntries entries(model_);
        ASSERT_TRUE(index_->bulk_load(entries).ok());
        keys_.clear();
        for (const Pair& pair : model_) {
            keys_.push_back(pair.first);
        }
        check_structure();
        check_finds();
        check_scans();
        for (int i = 0; i < 500; ++i) {  // a loaded index is an ordinary one
            const OwnedKey key = some_key();
            ASSERT_EQ(index_->insert(key.ref(), Locator(7)), model_.emplace(key, 7).second);
            ASSERT_TRUE(index_->erase(model_.begin()->first.ref(), Locator(model_.begin()->second)));
            model_.erase(model_.begin());
        }
        check_structure();
    }
}

INSTANTIATE_TEST_SUITE_P(KeySets, KeyIndexModel, testing::ValuesIn(all_tested()), [](const auto& tested) {
    return std::string(tested.param.structure.name) + tested.param.keys.name;
});

class FixedEntries : public EntryStream {
   public:
    explicit FixedEntries(std::vector<Entry> entries, bool fails = false)
        : entries_(std::move(entries)), fails_(fails) {}
    Result<std::span<const Entry>> next() override {
        if (delivered_) {
            if (fails_) {
                return make_error(ErrorCode::kIo, "read failed");
            }
            return std::span<const Entry>();
        }
        delivered_ = true;
        return std::span<const Entry>(entries_);
    }

   private:
    std::vector<Entry> entries_;
    bool fails_;
    bool delivered_ = false;
};

class KeyIndexOf : public testing::TestWithParam<Structure> {
   protected:
    static std::unique_ptr<KeyIndex> make(KeyForm form = KeyForm::kInteger) { return GetParam().make(form); }
};
INSTANTIATE_TEST_SUITE_P(Structures, KeyIndexOf, testing::ValuesIn(kStructures),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(KeyIndexOf, UnsortedBulkLoadIsRefusedAndLeavesTheIndexEmpty) {
    const auto index = make();
    const Entry low{KeyRef::integer(1), Locator(1)};
    const Entry high{KeyRef::integer(2), Locator(0)};
    for (const auto& wrong : {std::vector{high, low}, std::vector{low, low}}) {
        FixedEntries entries(wrong);
        const Status status = index->bulk_load(entries);
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.error().code, ErrorCode::kInternal);
        EXPECT_EQ(index->size(), 0U);
    }
}

TEST_P(KeyIndexOf, FailedStreamLeavesTheIndexEmptyAndUsable) {
    const bool is_bytes = GetParam().takes(KeyForm::kBytes);
    const auto index = make(is_bytes ? KeyForm::kBytes : KeyForm::kInteger);
    const KeyRef key = is_bytes ? KeyRef::bytes("a key beyond sixteen bytes") : KeyRef::integer(5);
    FixedEntries entries({{key, Locator(1)}, {key, Locator(2)}}, true);
    const Status status = index->bulk_load(entries);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kIo);
    EXPECT_EQ(index->size(), 0U);
    EXPECT_TRUE(index->insert(key, Locator(1)));
    EXPECT_TRUE(index->check().ok());
}

// Nodes change their form when the kind of keys changes: every set of integer keys after every other, in one index.
TEST_P(KeyIndexOf, OneKindOfKeysMayFollowAnother) {
    constexpr uint64_t kSeed = 1999;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    std::mt19937_64 random(kSeed);
    const auto index = make();
    Model model;
    for (int round = 0; round < 2; ++round) {
        for (const KeySet& keys : kKeySets) {
            if (keys.form != KeyForm::kInteger) {
                continue;
            }
            for (uint64_t i = 0; i < 12000; ++i) {
                const Pair pair{keys.make(i, random), random() % 3};
                ASSERT_EQ(index->insert(pair.first.ref(), Locator(pair.second)), model.insert(pair).second);
            }
            const Status grown = index->check();
            ASSERT_TRUE(grown.ok()) << keys.name << ": " << grown.error().message;
            const size_t left = model.size() / 3;
            for (auto at = model.begin(); model.size() > left;) {  // two of three, all over the keys
                at = std::next(at);
                at = at == model.end() ? model.begin() : at;
                for (int i = 0; i < 2 && at != model.end(); ++i) {
                    ASSERT_TRUE(index->erase(at->first.ref(), Locator(at->second)));
                    at = model.erase(at);
                }
                at = at == model.end() ? model.begin() : at;
            }
            const Status shrunk = index->check();
            ASSERT_TRUE(shrunk.ok()) << keys.name << ": " << shrunk.error().message;
            ASSERT_EQ(scanned(*index, KeyRange::all(), ScanOrder::kAscending, model.size() + 1),
                      std::vector<Pair>(model.begin(), model.end()));
            ASSERT_EQ(scanned(*index, KeyRange::all(), ScanOrder::kDescending, model.size() + 1),
                      std::vector<Pair>(model.rbegin(), model.rend()));
        }
    }
}

// A node that hashes its keys evenly takes many more than it was built for. Such a node was once split into two that
// were both too large, and a million keys were needed to meet one.
TEST_P(KeyIndexOf, NodesThatFillUnusuallyWellAreSplitWell) {
    std::mt19937_64 random(7);
    std::vector<uint64_t> keys;
    while (keys.size() < 1'000'000) {
        while (keys.size() < 1'000'000) {
            keys.push_back(static_cast<uint64_t>(std::lognormal_distribution(0.0, 2.0)(random) * 1e9));
        }
        std::sort(keys.begin(), keys.end());
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    }
    std::shuffle(keys.begin(), keys.end(), std::mt19937_64(3));
    const auto index = make();
    for (uint64_t i = 0; i < keys.size(); ++i) {
        ASSERT_TRUE(index->insert(KeyRef::integer(keys[i]), Locator(i)));
    }
    EXPECT_TRUE(index->check().ok());
    for (uint64_t i = 0; i < keys.size(); i += 97) {
        ASSERT_TRUE(index->first(KeyRef::integer(keys[i])).has_value());
    }
}

// Space comes back when most entries go, and what is left stays cheap, whichever entries those are.
TEST_P(KeyIndexOf, DeletingGivesMemoryBack) {
    for (const bool is_even : {true, false}) {
        std::mt19937_64 random(7);
        const auto index = make();
        std::vector<uint64_t> keys;
        for (uint64_t i = 0; i < 200000; ++i) {
            keys.push_back(is_even ? random() : random() >> random() % 60);
            index->insert(KeyRef::integer(keys.back()), Locator(i));
        }
        const uint64_t full = index->memory_bytes();
        for (uint64_t i = 0; i < keys.size(); ++i) {
            if (i % 10 != 0) {
                index->erase(KeyRef::integer(keys[i]), Locator(i));
            }
        }
        EXPECT_TRUE(index->check().ok());
        EXPECT_LT(index->memory_bytes(), full / 2);
    }
}

TEST_P(KeyIndexOf, VisitorMayChangeTheIndexItScans) {
    const auto index = make();
    for (uint64_t i = 0; i < 5000; ++i) {
        index->insert(KeyRef::integer(i), Locator(i));
    }
    uint64_t visited = 0;
    index->scan(KeyRange::all(), ScanOrder::kAscending, [&](KeyRef key, Locator locator) {
        EXPECT_EQ(key.as_integer(), visited++);
        return index->erase(key, locator);
    });
    EXPECT_EQ(visited, 5000U);
    EXPECT_EQ(index->size(), 0U);
}

TEST_P(KeyIndexOf, BulkLoadedIntegersTakeLittleMemory) {
    Model model;
    for (uint64_t i = 0; i < 100000; ++i) {
        model.emplace_hint(model.end(), owned(i), i);
    }
    const auto index = make();
    ModelEntries entries(model);
    ASSERT_TRUE(index->bulk_load(entries).ok());
    EXPECT_LE(index->memory_bytes(), 18 * index->size());
}

// Keys divisible by four stay for the whole test; a writer keeps adding and removing the others. Whatever readers
// see, the staying keys must be among it, in order, exactly once.
TEST_P(KeyIndexOf, ReadersBesideAWriterNeverMissAnEntryThatStays) {
    constexpr uint64_t kKeys = 4000;
    // Keys in the order of their numbers, spaced so that nodes of every kind come and go.
    using Spacing = uint64_t (*)(uint64_t);
    const Spacing serial = [](uint64_t value) { return value; };
    const Spacing nearly_even = [](uint64_t value) { return value * 1000 + value * 7919 % 997; };
    const Spacing uneven = [](uint64_t value) { return value * value * value * value / 7 + value; };
    const Spacing clusters = [](uint64_t value) { return value / 300 * (uint64_t{1} << 50) + value * value; };
    const Spacing bytes = nullptr;
    for (const Spacing spacing : {serial, nearly_even, uneven, clusters, bytes}) {
        const KeyForm form = spacing == bytes ? KeyForm::kBytes : KeyForm::kInteger;
        if (!GetParam().takes(form)) {
            continue;
        }
        const auto index = make(form);
        const auto with_key = [&](uint64_t value, auto use) {
            if (form == KeyForm::kInteger) {
                return use(KeyRef::integer(spacing(value)));
            }
            KeyBuilder builder;
            return use(builder.bytes("customer").integer(value).key().value());
        };
        const auto insert = [&](uint64_t value) {
            with_key(value, [&](KeyRef key) { return index->insert(key, Locator(value)); });
        };
        for (uint64_t value = 0; value < kKeys; value += 4) {
            insert(value);
        }
        std::atomic<bool> done = false;
        std::thread writer([&] {
            std::mt19937_64 random(5);
            for (int round = 0; round < 15000; ++round) {
                const uint64_t value = (random() % kKeys) | 1;
                insert(value);
                const uint64_t victim = (random() % kKeys) | 1;
                with_key(victim, [&](KeyRef key) { return index->erase(key, Locator(victim)); });
            }
            done = true;
        });
        const auto read = [&](ScanOrder order, uint64_t seed) {
            std::mt19937_64 random(seed);
            LocatorList found;
            do {
                std::vector<uint64_t> seen;
                index->scan(KeyRange::all(), order, [&](KeyRef, Locator locator) {
                    seen.push_back(locator.value);
                    return true;
                });
                if (order == ScanOrder::kDescending) {
                    std::reverse(seen.begin(), seen.end());
                }
                EXPECT_TRUE(std::adjacent_find(seen.begin(), seen.end(), std::greater_equal<>()) == seen.end());
                EXPECT_EQ(std::count_if(seen.begin(), seen.end(), [](uint64_t v) { return v % 4 == 0; }), kKeys / 4);
                for (int i = 0; i < 200; ++i) {
                    const uint64_t value = random() % (kKeys / 4) * 4;
                    EXPECT_TRUE(with_key(value, [&](KeyRef key) { return index->find(key, found); }));
                    EXPECT_EQ(found[0].value, value);
                }
            } while (!done);
        };
        std::thread ascending(read, ScanOrder::kAscending, 1);
        std::thread descending(read, ScanOrder::kDescending, 2);
        writer.join();
        ascending.join();
        descending.join();
        EXPECT_TRUE(index->check().ok());
    }
}

}  // namespace
}  // namespace kodiak::index
