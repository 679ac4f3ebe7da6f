// What the indexes cost, on keys that are easy and keys that are made to hurt, all structures in one run.
//
// Claim (docs/testing/benchmarks.md, "Indexes"): on serial and evenly spread integer keys a hit in the learned index
// costs less than in ALEX, on keys like OpenStreetMap's less than a third; and no distribution makes it slower than
// the B+tree by more than a small factor.
// Run: ninja index_benchmark && benchmarks/index_benchmark [keys] [distribution ...]. ALEX takes part when CMake was
// given -DKODIAK_ALEX_INCLUDE=<its src/core>. Times are nanoseconds of CPU time of one thread, the quartile of chunks
// of 20,000 operations, so that other work on the machine disturbs little.

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "benchmarks/index_contender.hpp"
#include "index/key_index.hpp"

namespace kodiak::index {
namespace {

using benchmark::Contender;
using benchmark::Keys;

double cpu_now() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Nanoseconds per call of `operation(i)`: the lower quartile of chunks.
template <class Operation>
double measure(size_t count, size_t per_operation, const Operation& operation) {
    constexpr size_t kChunk = 20'000;
    std::vector<double> chunks;
    for (size_t begin = 0; begin < count; begin += kChunk) {
        const size_t end = std::min(count, begin + kChunk);
        const double before = cpu_now();
        for (size_t i = begin; i < end; ++i) {
            operation(i);
        }
        chunks.push_back((cpu_now() - before) / static_cast<double>(end - begin));
    }
    std::nth_element(chunks.begin(), chunks.begin() + static_cast<ptrdiff_t>(chunks.size() / 4), chunks.end());
    return chunks[chunks.size() / 4] / static_cast<double>(per_operation);
}

uint64_t mix(uint64_t value) {
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ value >> 27) * 0x94D049BB133111EBULL;
    return value ^ value >> 31;
}

// Uneven at every scale, as cell ids of map objects are: which half a key falls into is a coin whose bias depends on
// where it lies.
uint64_t map_like(std::mt19937_64& random) {
    uint64_t key = 0;
    for (int bit = 0; bit < 44; ++bit) {
        const uint64_t bias = 15 + mix(key * 64 + static_cast<uint64_t>(bit)) % 71;
        key = key * 2 + (random() % 100 < bias ? 1 : 0);
    }
    return key << 8 | random() >> 56;
}

struct Distribution {
    const char* name;
    uint64_t (*draw)(uint64_t i, std::mt19937_64& random);
};
const Distribution kDistributions[] = {
    {"serial", [](uint64_t i, std::mt19937_64&) { return i + 1; }},
    {"every 7th", [](uint64_t i, std::mt19937_64&) { return 7 * i; }},
    {"uniform", [](uint64_t, std::mt19937_64& random) { return random(); }},
    {"timestamps",
     [](uint64_t i, std::mt19937_64& random) { return 1'700'000'000'000'000 + i * 1000 + random() % 100'000; }},
    {"lognormal",
     [](uint64_t, std::mt19937_64& random) {
         return static_cast<uint64_t>(std::lognormal_distribution(0.0, 2.0)(random) * 1e9);
     }},
    {"clustered",
     [](uint64_t, std::mt19937_64& random) -> uint64_t {
         return (mix(random() % 1000) & ~0xFFFFFULL) + random() % 0xFFFFF;
     }},
    {"map-like", [](uint64_t, std::mt19937_64& random) { return map_like(random); }},
    {"exponential", [](uint64_t i, std::mt19937_64& random) { return (uint64_t{1} << (i % 64)) + random() % (1 + i); }},
};

// `count` different keys, ascending.
Keys draw_keys(const Distribution& distribution, size_t count) {
    std::mt19937_64 random(7);
    Keys keys;
    for (uint64_t i = 0; keys.size() < count;) {
        while (keys.size() < count) {
            keys.push_back(distribution.draw(i++, random));
        }
        std::sort(keys.begin(), keys.end());
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    }
    return keys;
}

class KeyEntries : public EntryStream {
   public:
    explicit KeyEntries(const Keys& keys) : keys_(keys) {}
    Result<std::span<const Entry>> next() override {
        batch_.clear();
        for (; at_ < keys_.size() && batch_.size() < 1024; ++at_) {
            batch_.push_back({KeyRef::integer(keys_[at_]), Locator(at_)});
        }
        return std::span<const Entry>(batch_);
    }

   private:
    const Keys& keys_;
    size_t at_ = 0;
    std::vector<Entry> batch_;
};

class OurContender final : public Contender {
   public:
    OurContender(const char* name, std::unique_ptr<KeyIndex> index) : name_(name), index_(std::move(index)) {}
    const char* name() const override { return name_; }
    void load(const Keys& keys) override {
        KeyEntries entries(keys);
        KODIAK_ASSERT(index_->bulk_load(entries).ok());
    }
    uint64_t find(uint64_t key) const override {
        return index_->first(KeyRef::integer(key)).value_or(Locator(0)).value;
    }
    void insert(uint64_t key, uint64_t locator) override { index_->insert(KeyRef::integer(key), Locator(locator)); }
    bool erase(uint64_t key, uint64_t locator) override {
        return index_->erase(KeyRef::integer(key), Locator(locator));
    }
    void find_many(const uint64_t* keys, size_t count) override {
        refs_.clear();
        for (size_t i = 0; i < count; ++i) {
            refs_.push_back(KeyRef::integer(keys[i]));
        }
        index_->find_many(refs_, batch_);
        KODIAK_ASSERT(batch_.locators.size() == count);
    }
    uint64_t scan(uint64_t from, uint64_t count) const override {
        KeyRange range;
        range.low = KeyRef::integer(from);
        uint64_t sum = 0;
        index_->scan(range, ScanOrder::kAscending, [&](KeyRef, Locator locator) {
            sum += locator.value;
            return --count > 0;
        });
        return sum;
    }
    uint64_t bytes() const override { return index_->memory_bytes(); }

   private:
    const char* name_;
    std::unique_ptr<KeyIndex> index_;
    std::vector<KeyRef> refs_;
    LocatorBatch batch_;
};

volatile uint64_t kept = 0;  // results go here, so that no work is left out

void measure_reads(Contender& index, const Keys& keys, std::mt19937_64& random) {
    constexpr size_t kReads = 1'000'000;
    std::vector<uint32_t> picks(kReads);
    for (uint32_t& pick : picks) {
        pick = static_cast<uint32_t>(random() % keys.size());
    }
    Keys wanted;
    for (const uint32_t pick : picks) {
        wanted.push_back(keys[pick]);
    }
    uint64_t sum = 0;
    const double hit = measure(kReads, 1, [&](size_t i) { sum += index.find(wanted[i]); });
    uint64_t last = 0;
    const double dependent = measure(kReads / 4, 1, [&](size_t i) {
        last = index.find(wanted[i + (last & 1)]);
        sum += last;
    });
    const double miss = measure(kReads / 2, 1, [&](size_t i) { sum += index.find(wanted[i] + 1); });
    const double many =
        measure(kReads / 16, 16, [&](size_t i) { index.find_many(wanted.data() + i * 16, 16); });
    const double scan = measure(20'000, 1, [&](size_t i) { sum += index.scan(wanted[i], 100); });
    kept = sum;
    std::printf(" %7.0f %7.0f %7.0f %7.0f %8.0f", hit, dependent, miss, many, scan);
    std::fflush(stdout);
}

void measure_contender(const std::function<std::unique_ptr<Contender>()>& make, const Keys& keys) {
    std::mt19937_64 random(11);
    {
        const auto index = make();
        std::printf("  %-8s", index->name());
        const double before = cpu_now();
        index->load(keys);
        std::printf(" %6.0f %7.1f", (cpu_now() - before) / static_cast<double>(keys.size()),
                    static_cast<double>(index->bytes()) / static_cast<double>(keys.size()));
        std::fflush(stdout);
        measure_reads(*index, keys, random);
    }
    // Every other key loaded, as many of the others as a tenth inserted in random order, then erased.
    Keys loaded;
    Keys others;
    for (size_t i = 0; i < keys.size(); ++i) {
        (i % 2 == 0 ? loaded : others).push_back(keys[i]);
    }
    std::shuffle(others.begin(), others.end(), random);
    const auto index = make();
    index->load(loaded);
    const size_t inserts = std::min<size_t>(others.size(), keys.size() / 10 + 20'000);
    const double insert = measure(inserts, 1, [&](size_t i) { index->insert(others[i], i); });
    const double after = static_cast<double>(index->bytes()) / static_cast<double>(loaded.size() + inserts);
    const double erase = measure(inserts, 1, [&](size_t i) { KODIAK_ASSERT(index->erase(others[i], i)); });
    std::printf(" %7.0f %7.1f %7.0f\n", insert, after, erase);
}

void measure_append(const std::function<std::unique_ptr<Contender>()>& make, const Keys& keys) {
    const auto index = make();
    const double in_order = measure(keys.size(), 1, [&](size_t i) { index->insert(keys[i], i); });
    const double bytes = static_cast<double>(index->bytes()) / static_cast<double>(keys.size());
    Keys shuffled = keys;
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64(3));
    const auto other = make();
    const double before = cpu_now();
    for (size_t i = 0; i < shuffled.size(); ++i) {
        other->insert(shuffled[i], i);
    }
    std::printf("  %-8s in order %4.0f ns, %5.1f bytes; from empty in random order %4.0f ns, %5.1f bytes\n",
                index->name(), in_order, bytes, (cpu_now() - before) / static_cast<double>(keys.size()),
                static_cast<double>(other->bytes()) / static_cast<double>(keys.size()));
}

// Runs a measurement in a process of its own: a peer that crashes ends its own line only.
void run_apart(const std::function<void()>& measurement) {
    std::fflush(stdout);
    const pid_t child = fork();
    KODIAK_ASSERT(child >= 0);
    if (child == 0) {
        measurement();
        std::fflush(stdout);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status)) {
        std::printf("  ended by signal %d\n", WTERMSIG(status));
    }
}

void run(size_t count, const std::vector<std::string>& wanted) {
    std::vector<std::function<std::unique_ptr<Contender>()>> contenders = {
        [] { return std::make_unique<OurContender>("learned", make_learned_index()); },
        [] { return std::make_unique<OurContender>("B+tree", make_btree_index(KeyForm::kInteger)); },
    };
#ifdef KODIAK_WITH_ALEX
    contenders.emplace_back(benchmark::make_alex);
#endif
    std::printf("%zu keys; ns, but bytes per key\n", count);
    std::printf("%-10s   load   bytes     hit  depend    miss many/16 scan 100  insert   bytes   erase\n", "");
    for (const Distribution& distribution : kDistributions) {
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), distribution.name) == wanted.end()) {
            continue;
        }
        const Keys keys = draw_keys(distribution, count);
        std::printf("%s\n", distribution.name);
        for (const auto& make : contenders) {
            run_apart([&] { measure_contender(make, keys); });
        }
        for (const auto& make : contenders) {
            run_apart([&] { measure_append(make, keys); });
        }
    }
}

}  // namespace
}  // namespace kodiak::index

int main(int argc, char** argv) {
    const size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
    kodiak::index::run(count, std::vector<std::string>(argv + std::min(argc, 2), argv + argc));
    return 0;
}
