// What one index operation costs at ten million keys, and what sorting a bulk load costs per key.
//
// Claim (src/index/README.md): a random find in the B+tree at 10M integer keys takes about half a microsecond, a
// batch of finds less than half of that, and a bulk load about 17 bytes a key.
// Run: ninja index_benchmark && benchmarks/index_benchmark (Release build). Times are CPU times of one thread.

#include <algorithm>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/disk/disk.hpp"
#include "index/key_index.hpp"
#include "index/unique_runs.hpp"

namespace kodiak::index {
namespace {

constexpr uint64_t kKeys = 10'000'000;
constexpr uint64_t kSpread = 7;  // keys are 0, 7, 14, ...

class SerialEntries : public EntryStream {
   public:
    Result<std::span<const Entry>> next() override {
        batch_.clear();
        for (; at_ < kKeys && batch_.size() < 1024; ++at_) {
            batch_.push_back({KeyRef::integer(at_ * kSpread), Locator(at_)});
        }
        return std::span<const Entry>(batch_);
    }

   private:
    uint64_t at_ = 0;
    std::vector<Entry> batch_;
};

const KeyIndex& loaded_index() {
    static const std::unique_ptr<KeyIndex> kIndex = [] {
        auto index = make_btree_index(KeyForm::kInteger);
        SerialEntries entries;
        KODIAK_ASSERT(index->bulk_load(entries).ok());
        return index;
    }();
    return *kIndex;
}

std::vector<KeyRef> random_keys(size_t count) {
    std::mt19937_64 random(1);
    std::vector<KeyRef> keys;
    for (size_t i = 0; i < count; ++i) {
        keys.push_back(KeyRef::integer(random() % kKeys * kSpread));
    }
    return keys;
}

void insert_keys(benchmark::State& state) {
    const bool serial = state.range(0) == 0;
    for (auto _ : state) {
        const auto index = make_btree_index(KeyForm::kInteger);
        std::mt19937_64 random(1);
        for (uint64_t i = 0; i < kKeys; ++i) {
            index->insert(KeyRef::integer(serial ? i : random()), Locator(i));
        }
        state.counters["bytes_per_key"] = static_cast<double>(index->memory_bytes()) / kKeys;
    }
    state.SetItemsProcessed(static_cast<int64_t>(kKeys) * state.iterations());
}
BENCHMARK(insert_keys)->ArgName("random")->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);

void bulk_load(benchmark::State& state) {
    for (auto _ : state) {
        const auto index = make_btree_index(KeyForm::kInteger);
        SerialEntries entries;
        KODIAK_ASSERT(index->bulk_load(entries).ok());
        state.counters["bytes_per_key"] = static_cast<double>(index->memory_bytes()) / kKeys;
    }
    state.SetItemsProcessed(static_cast<int64_t>(kKeys) * state.iterations());
}
BENCHMARK(bulk_load)->Iterations(1)->Unit(benchmark::kMillisecond);

void find_random(benchmark::State& state) {
    const std::vector<KeyRef> keys = random_keys(1'000'000);
    LocatorList found;
    size_t next = 0;
    for (auto _ : state) {
        loaded_index().find(keys[next], found);
        benchmark::DoNotOptimize(found[0]);
        next = (next + 1) % keys.size();
    }
}
BENCHMARK(find_random)->Iterations(2'000'000);

void find_many_per_1024(benchmark::State& state) {
    std::vector<KeyRef> keys = random_keys(1'000'000);
    if (state.range(0) != 0) {
        std::sort(keys.begin(), keys.end());
    }
    LocatorBatch found;
    size_t next = 0;
    for (auto _ : state) {
        loaded_index().find_many(std::span(keys).subspan(next, 1024), found);
        next = next + 2048 <= keys.size() ? next + 1024 : 0;
    }
    state.SetItemsProcessed(1024 * state.iterations());
}
BENCHMARK(find_many_per_1024)->ArgName("sorted")->Arg(0)->Arg(1)->Iterations(2000);

void scan_100(benchmark::State& state) {
    const std::vector<KeyRef> keys = random_keys(100'000);
    size_t next = 0;
    for (auto _ : state) {
        int left = 100;
        KeyRange range;
        range.low = keys[next];
        loaded_index().scan(range, ScanOrder::kAscending, [&](KeyRef, Locator) { return --left > 0; });
        next = (next + 1) % keys.size();
    }
}
BENCHMARK(scan_100)->Iterations(200'000);

void sort_and_load(benchmark::State& state) {
    const auto disk = make_real_disk();
    for (auto _ : state) {
        SortedRunsOptions options;
        options.memory_bytes = static_cast<uint64_t>(state.range(0)) << 20;
        options.directory = "/tmp/kodiak_index_benchmark";
        options.name = "load";
        const auto runs = make_sorted_runs(disk, options);
        KeyCollector& collector = runs->new_collector();
        std::mt19937_64 random(1);
        for (uint64_t i = 0; i < kKeys; ++i) {
            KODIAK_ASSERT(collector.add(KeyRef::integer(random()), i).ok());
        }
        const auto index = make_btree_index(KeyForm::kInteger);
        const auto stream = runs->merge();
        KODIAK_ASSERT(stream.ok() && index->bulk_load(**stream).ok());
    }
    state.SetItemsProcessed(static_cast<int64_t>(kKeys) * state.iterations());
}
BENCHMARK(sort_and_load)->ArgName("memory_mb")->Arg(16)->Arg(1024)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kodiak::index

BENCHMARK_MAIN();
