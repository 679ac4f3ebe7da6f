#include <algorithm>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/disk/simulated_disk.hpp"
#include "index/unique_runs.hpp"

namespace kodiak::index {
namespace {

constexpr uint64_t kSmallBudget = 20000;  // some thousand integer keys fit, so that most tests spill many runs

SortedRunsOptions options(KeyForm form, uint64_t memory_bytes = kSmallBudget, uint32_t collectors = 1) {
    SortedRunsOptions chosen;
    chosen.form = form;
    chosen.memory_bytes = memory_bytes;
    chosen.collectors_max = collectors;
    chosen.directory = "/db/temporary";
    chosen.name = "load";
    return chosen;
}

using Pairs = std::vector<std::pair<std::string, uint64_t>>;

// An integer key as text of the same order, so that one model serves both forms.
std::string text_of(KeyRef key) {
    if (key.form() == KeyForm::kBytes) {
        return std::string(key.as_bytes());
    }
    std::string digits = std::to_string(key.as_integer());
    return std::string(20 - digits.size(), '0') + digits;
}

Result<Pairs> drain(SortedRuns& runs) {
    KODIAK_TRY_ASSIGN(const auto stream, runs.merge());
    Pairs pairs;
    while (true) {
        KODIAK_TRY_ASSIGN(const auto batch, stream->next());
        if (batch.empty()) {
            return pairs;
        }
        for (const Entry& entry : batch) {
            pairs.emplace_back(text_of(entry.key), entry.locator.value);
        }
    }
}

uint64_t files_left(const SimulatedDisk& disk) { return disk.dump().size(); }

TEST(SortedRuns, EverythingComesBackSortedWhateverTheMemory) {
    constexpr uint64_t kSeed = 7;
    SCOPED_TRACE(kSeed);
    for (const KeyForm form : {KeyForm::kInteger, KeyForm::kBytes}) {
        for (const uint64_t memory : {uint64_t{1}, uint64_t{3000}, kSmallBudget, uint64_t{64} << 20}) {
            const auto disk = SimulatedDisk::create();
            auto chosen = options(form, memory);
            chosen.duplicates = Duplicates::kKeep;
            const auto runs = make_sorted_runs(disk, chosen);
            KeyCollector& collector = runs->new_collector();
            std::mt19937_64 random(kSeed);
            Pairs model;
            for (uint64_t i = 0; i < (memory == 1 ? 100 : 5000); ++i) {
                // Bytes: empty, with zeros, and now and then longer than a merge buffer.
                std::string bytes(random() % 500 == 0 ? 40000 + random() % 20000 : random() % 20, '\0');
                if (!bytes.empty()) {
                    bytes[random() % bytes.size()] = static_cast<char>(random());
                }
                const KeyRef key = form == KeyForm::kInteger ? KeyRef::integer(random() % 3000) : KeyRef::bytes(bytes);
                ASSERT_TRUE(collector.add(key, i).ok());
                model.emplace_back(text_of(key), i);
            }
            std::sort(model.begin(), model.end());
            for (int pass = 0; pass < 2; ++pass) {
                const auto pairs = drain(*runs);
                ASSERT_TRUE(pairs.ok()) << pairs.error().message;
                ASSERT_TRUE(pairs.value() == model);
            }
            EXPECT_EQ(runs->size(), model.size());
            EXPECT_EQ(disk->bytes_used() > 0, memory < (uint64_t{1} << 20));
        }
    }
}

TEST(SortedRuns, SpilledFilesVanishWithTheRuns) {
    const auto disk = SimulatedDisk::create();
    {
        const auto runs = make_sorted_runs(disk, options(KeyForm::kInteger));
        KeyCollector& collector = runs->new_collector();
        for (uint64_t i = 0; i < 5000; ++i) {
            ASSERT_TRUE(collector.add(KeyRef::integer(i), i).ok());
        }
        EXPECT_EQ(files_left(*disk), 1U);
    }
    EXPECT_EQ(files_left(*disk), 0U);
}

TEST(SortedRuns, LeftoverOfACrashIsOverwritten) {
    const auto disk = SimulatedDisk::create();
    ASSERT_TRUE(disk->create_directory("/db/temporary").ok());
    ASSERT_TRUE(disk->open("/db/temporary/load.run-0", OpenMode::kCreate).value()->write(0, "rubbish").ok());
    const auto runs = make_sorted_runs(disk, options(KeyForm::kInteger, 1));
    ASSERT_TRUE(runs->new_collector().add(KeyRef::integer(4), 1).ok());
    EXPECT_EQ(drain(*runs).value().size(), 1U);
    EXPECT_EQ(disk->bytes_used(), 16U);
}

TEST(SortedRuns, FirstDuplicateIsTheSameForAnyThreadsAndMemory) {
    // Keys 0..7999 once each, then 500 twice more and 600 once more; the smallest duplicate is 500.
    std::vector<uint64_t> keys;
    for (uint64_t i = 0; i < 8000; ++i) {
        keys.push_back((i * 2477) % 8000);
    }
    keys.insert(keys.end(), {600, 500, 500});
    const auto first = static_cast<uint64_t>(std::find(keys.begin(), keys.end(), 500) - keys.begin());
    for (const KeyForm form : {KeyForm::kInteger, KeyForm::kBytes}) {
        for (const uint64_t memory : {uint64_t{6000}, uint64_t{64} << 20}) {
            for (const uint32_t threads : {1U, 3U}) {
                const auto disk = SimulatedDisk::create();
                const auto runs = make_sorted_runs(disk, options(form, memory, threads));
                std::vector<std::thread> workers;
                for (uint32_t t = 0; t < threads; ++t) {
                    workers.emplace_back([&, t] {
                        KeyCollector& collector = runs->new_collector();
                        KeyBuilder builder;
                        for (uint64_t i = t; i < keys.size(); i += threads) {
                            const KeyRef key = form == KeyForm::kInteger
                                                   ? KeyRef::integer(keys[i])
                                                   : builder.clear().bytes("row").integer(keys[i]).key().value();
                            EXPECT_TRUE(collector.add(key, i).ok());
                        }
                        collector.finish();
                    });
                }
                for (std::thread& worker : workers) {
                    worker.join();
                }
                const auto found = runs->find_duplicate();
                ASSERT_TRUE(found.ok()) << found.error().message;
                ASSERT_TRUE(found.value().has_value());
                const DuplicateKey& duplicate = *found.value();
                EXPECT_EQ(duplicate.first_ordinal, first);
                EXPECT_EQ(duplicate.second_ordinal, 8001U);
                KeyBuilder builder;
                const KeyRef wanted = builder.bytes("row").integer(uint64_t{500}).key().value();
                EXPECT_EQ(duplicate.key, form == KeyForm::kInteger ? std::string("\0\0\0\0\0\0\x01\xF4", 8)
                                                                   : wanted.as_bytes());
                const auto refused = drain(*runs);
                ASSERT_FALSE(refused.ok());
                EXPECT_EQ(refused.error().code, ErrorCode::kUniqueViolation);
            }
        }
    }
}

TEST(SortedRuns, UniqueKeysHaveNoDuplicateAndLoadAnIndex) {
    const auto disk = SimulatedDisk::create();
    const auto runs = make_sorted_runs(disk, options(KeyForm::kInteger));
    KeyCollector& collector = runs->new_collector();
    for (uint64_t i = 0; i < 10000; ++i) {
        ASSERT_TRUE(collector.add(KeyRef::integer((i * 7919) % 10007), i).ok());
    }
    const auto verdict = runs->find_duplicate();
    ASSERT_TRUE(verdict.ok());
    EXPECT_FALSE(verdict.value().has_value());
    const auto index = make_btree_index(KeyForm::kInteger);
    const auto stream = runs->merge();
    ASSERT_TRUE(stream.ok());
    ASSERT_TRUE(index->bulk_load(**stream).ok());
    EXPECT_EQ(index->size(), 10000U);
    EXPECT_TRUE(index->check().ok());
    EXPECT_EQ(index->first(KeyRef::integer(7919)), Locator(1));
}

TEST(SortedRuns, DuplicateStopsABulkLoadAndTheIndexStaysEmpty) {
    const auto runs = make_sorted_runs(SimulatedDisk::create(), options(KeyForm::kInteger));
    KeyCollector& collector = runs->new_collector();
    for (uint64_t i = 0; i < 3000; ++i) {
        ASSERT_TRUE(collector.add(KeyRef::integer(i == 2999 ? 2000 : i), i).ok());
    }
    const auto index = make_btree_index(KeyForm::kInteger);
    const auto stream = runs->merge();
    ASSERT_TRUE(stream.ok());
    const Status status = index->bulk_load(**stream);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kUniqueViolation);
    ASSERT_TRUE((*stream)->duplicate().has_value());
    EXPECT_EQ((*stream)->duplicate()->second_ordinal, 2999U);
    EXPECT_EQ(index->size(), 0U);
}

TEST(SortedRuns, NothingAddedIsAnEmptyStream) {
    const auto runs = make_sorted_runs(SimulatedDisk::create(), options(KeyForm::kBytes));
    EXPECT_TRUE(drain(*runs).value().empty());
    EXPECT_FALSE(runs->find_duplicate().value().has_value());
}

// Damage may go unseen where it yields another sorted run; it must never crash, hang or give keys out of order.
TEST(SortedRuns, DamagedSpillFilesNeverCrash) {
    for (const KeyForm form : {KeyForm::kInteger, KeyForm::kBytes}) {
        uint64_t refused = 0;
        for (uint64_t offset = 0; offset < 400; ++offset) {
            const auto disk = SimulatedDisk::create();
            auto chosen = options(form, 600);
            chosen.duplicates = Duplicates::kKeep;
            const auto runs = make_sorted_runs(disk, chosen);
            KeyCollector& collector = runs->new_collector();
            for (uint64_t i = 0; i < 100; ++i) {
                const std::string text = "key" + std::to_string(i);
                const KeyRef key = form == KeyForm::kInteger ? KeyRef::integer(i) : KeyRef::bytes(text);
                ASSERT_TRUE(collector.add(key, i).ok());
            }
            ASSERT_TRUE(disk->corrupt("/db/temporary/load.run-0", offset, 0xFF).ok());
            const auto pairs = drain(*runs);
            if (pairs.ok()) {
                EXPECT_TRUE(std::is_sorted(pairs->begin(), pairs->end(),
                                           [](const auto& a, const auto& b) { return a.first < b.first; }));
            } else {
                EXPECT_EQ(pairs.error().code, ErrorCode::kCorruption);
                ++refused;
            }
        }
        EXPECT_GT(refused, 100U);
    }
}

TEST(SortedRuns, EveryDiskFailureIsReported) {
    const auto load = [](const std::shared_ptr<SimulatedDisk>& disk) -> Status {
        const auto runs = make_sorted_runs(disk, options(KeyForm::kInteger, 1000));
        KeyCollector& collector = runs->new_collector();
        for (uint64_t i = 0; i < 200; ++i) {
            KODIAK_TRY(collector.add(KeyRef::integer(i), i));
        }
        KODIAK_TRY(drain(*runs));
        return ok_status();
    };
    const auto clean = SimulatedDisk::create();
    ASSERT_TRUE(load(clean).ok());
    const uint64_t events = clean->event_count();
    ASSERT_GT(events, 4U);
    for (uint64_t event = 1; event < events; ++event) {  // the last is the removal, whose failure is harmless
        const auto disk = SimulatedDisk::create();
        disk->fail_event(event, ErrorCode::kDiskFull);
        const Status status = load(disk);
        ASSERT_FALSE(status.ok()) << "event " << event;
        EXPECT_EQ(status.error().code, ErrorCode::kDiskFull);
    }
}

}  // namespace
}  // namespace kodiak::index
