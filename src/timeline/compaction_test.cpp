// Compaction changes where rows lie and nothing else: rows, the past, changes, proofs, keys and conflicts stay.

#include <gtest/gtest.h>

#include <random>

#include "storage/store/store.hpp"
#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

using Target = CompactionRequest::Target;

CompactionReport compact(TestDatabase& db, ObjectId table = kNoObject, Target target = Target::kSame) {
    CompactionRequest request;
    request.table = table;
    request.target = target;
    const auto report = db.core().compact(request);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.value();
}

uint64_t data_files(TestDatabase& db) { return db.disk().list(db.path() + "/data")->size(); }

Rows rows_as_of(TestDatabase& db, ObjectId table, uint64_t seq) {
    auto transaction = db.begin();
    const auto object = transaction->catalog()->find(table);
    const auto snapshot = transaction->past_snapshot(object, {seq, 0}).value();
    Rows rows;
    std::vector<uint32_t> slots(2048);
    for (size_t i = 0; i < snapshot->chunk_count(); ++i) {
        EXPECT_TRUE(snapshot->verify(i, snapshot->chunk(i).schema().ids).ok());
        bool all = false;
        const size_t count = snapshot->visible(i, slots.data(), &all);
        for (uint32_t k = 0; k < count; ++k) {
            const uint32_t slot = all ? k : slots[k];
            int64_t id = 0;
            StringRef name;
            storage::decode_fixed(snapshot->chunk(i).column(0), catalog::Physical::kInt64, &slot, 1, &id);
            storage::decode_strings(snapshot->chunk(i).column(1), &slot, 1, &name);
            rows.emplace_back(id, std::string(name.view()));
        }
    }
    std::sort(rows.begin(), rows.end());
    db.core().rollback(std::move(transaction));
    return rows;
}

// What GET CHANGES is made of: (seq, row, before there, after there).
std::vector<std::tuple<uint64_t, uint64_t, bool, bool>> changes_of(TestDatabase& db, ObjectId table, uint64_t upto) {
    auto transaction = db.begin();
    const auto object = transaction->catalog()->find(table);
    const std::array columns{ColumnId(1), ColumnId(2)};
    std::vector<std::tuple<uint64_t, uint64_t, bool, bool>> all;
    const std::vector<storage::RowChange> changes = transaction->changes(*object, 0, upto, columns).value();
    for (const storage::RowChange& change : changes) {
        all.emplace_back(change.seq, change.row.counter, change.before.chunk != nullptr, change.after.chunk != nullptr);
    }
    db.core().rollback(std::move(transaction));
    return all;
}

TEST(Compaction, GapsGoAndTheirSpaceComesBack) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    const Rows rows = numbered_rows(0, 123'000, std::string(20, 'x'));
    db.insert(table, rows);
    ASSERT_TRUE(db.core().checkpoint().ok());
    const uint64_t before = db.core().bytes_on_disk();
    auto transaction = db.begin();
    Rows left;
    for (const auto& [id, name] : rows) {
        if (id % 10 == 0) {
            left.emplace_back(id, name);
        } else {
            transaction->mark();
            const Locator row = db.find(*transaction, table, id).value();
            bool erased = false;
            ASSERT_TRUE(transaction->erase(table, {&row, 1}, &erased).ok());
        }
    }
    ASSERT_TRUE(transaction->finish_statement().ok());
    ASSERT_TRUE(db.commit(std::move(transaction)).ok());
    const CompactionReport report = compact(db, table);
    EXPECT_EQ(report.rows, left.size());
    EXPECT_EQ(report.history_rows, rows.size() - left.size());
    EXPECT_EQ(db.rows(table), left);
    const uint64_t files = data_files(db);
    ASSERT_TRUE(db.core().checkpoint().ok());
    EXPECT_LT(data_files(db), files) << "replaced files stay";
    EXPECT_EQ(db.rows(table), left);
    EXPECT_LT(db.core().bytes_on_disk(), before * 2);
    EXPECT_TRUE(db.check().empty());
    db.reopen();
    EXPECT_EQ(db.rows(table), left);
    EXPECT_TRUE(db.check().empty());
    EXPECT_EQ(compact(db, table).rewrites, 0u) << "nothing is left to do";
}

TEST(Compaction, PartialChunksBecomeDenseOnesInTheirOrder) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    std::vector<int64_t> order;
    for (int64_t i = 0; i < 50; ++i) {
        db.insert(table, {{1000 - i, "row"}});
        order.push_back(1000 - i);
        if (i % 10 == 9) {
            compact(db, table);
        }
    }
    auto transaction = db.begin();
    const auto snapshot = transaction->snapshot(table).value();
    EXPECT_EQ(snapshot->chunk_count(), 1u);
    std::vector<int64_t> found(50);
    ASSERT_TRUE(snapshot->verify(0, snapshot->chunk(0).schema().ids).ok());
    storage::decode_fixed(snapshot->chunk(0).column(0), catalog::Physical::kInt64, nullptr, 50, found.data());
    EXPECT_EQ(found, order);
    db.core().rollback(std::move(transaction));
}

// A transaction that began before goes on with the places it knows: it reads, finds by key, updates and deletes.
TEST(Compaction, OpenTransactionsGoOnWithThePlacesTheyKnow) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, numbered_rows(0, 3000, "v"));
    db.erase(table, 7);
    auto early = db.begin();
    db.update_in(*early, table, 100, "mine");
    const Rows before = db.rows_in(*early, table);
    auto reader = db.begin();
    const Rows seen = db.rows_in(*reader, table);
    EXPECT_GT(compact(db, table).rows, 0u);
    db.erase(table, 2000);
    db.insert(table, {{5000, "new"}});
    EXPECT_GT(compact(db, table).rewrites, 0u);
    EXPECT_EQ(db.rows_in(*early, table), before);
    EXPECT_EQ(db.rows_in(*reader, table), seen);
    db.update_in(*early, table, 101, "mine, too");
    ASSERT_TRUE(db.try_erase_in(*early, table, 102).ok());
    ASSERT_TRUE(db.commit(std::move(early)).ok());
    db.core().rollback(std::move(reader));
    Rows expected = numbered_rows(0, 3000, "v");
    expected[100].second = "mine";
    expected[101].second = "mine, too";
    expected.emplace_back(5000, "new");
    std::erase_if(expected, [](const auto& row) { return row.first == 7 || row.first == 102 || row.first == 2000; });
    EXPECT_EQ(db.rows(table), expected);
    EXPECT_TRUE(db.check().empty());
    db.reopen();
    EXPECT_EQ(db.rows(table), expected);
    EXPECT_TRUE(db.check().empty());
}

TEST(Compaction, TheFirstCommitterWinsOverAMove) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, numbered_rows(0, 100, "v"));
    auto loser = db.begin();
    db.update_in(*loser, table, 5, "late");
    auto other = db.begin();
    db.insert_in(*other, table, {{500, "taken"}});
    compact(db, table);
    db.update(table, 5, "early");
    db.insert(table, {{500, "first"}});
    compact(db, table);
    EXPECT_EQ(db.commit(std::move(loser)).error().code, ErrorCode::kSerializationFailure);
    EXPECT_EQ(db.commit(std::move(other)).error().code, ErrorCode::kSerializationFailure);
    EXPECT_TRUE(db.check().empty());
}

// The past of a table that is compacted all the time, against one that never is.
TEST(Compaction, ThePastStaysWhatItWas) {
    for (uint64_t seed = 1; seed <= 12; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        TestDatabase db;
        const ObjectId table = db.create_table("t");
        std::map<uint64_t, Rows> past;
        std::map<int64_t, std::string> now;
        uint64_t seq = db.core().history().size();
        for (int step = 0; step < 120; ++step) {
            const auto id = static_cast<int64_t>(random() % 40);
            const std::string name = "value " + std::to_string(step);
            if (!now.contains(id)) {
                db.insert(table, {{id, name}});
                now[id] = name;
            } else if (random() % 3 == 0) {
                db.erase(table, id);
                now.erase(id);
            } else {
                db.update(table, id, name);
                now[id] = name;
            }
            past[++seq] = Rows(now.begin(), now.end());
            switch (random() % 12) {
                case 0: compact(db, table, static_cast<Target>(random() % 3)); break;
                case 1: ASSERT_TRUE(db.core().checkpoint().ok()); break;
                case 2: db.reopen(); break;
                default: break;
            }
        }
        const auto changes = changes_of(db, table, seq);
        compact(db, table);
        EXPECT_EQ(changes_of(db, table, seq), changes);
        EXPECT_EQ(changes.size(), past.size());
        for (const bool reopens : {false, true}) {
            for (const auto& [at, rows] : past) {
                ASSERT_EQ(rows_as_of(db, table, at), rows) << "as of " << at;
            }
            EXPECT_TRUE(db.check().empty());
            if (reopens) {
                ASSERT_TRUE(db.core().checkpoint().ok());
                db.reopen();
            }
        }
        ASSERT_FALSE(HasFailure());
    }
}

TEST(Compaction, ColdRowsAreReadFoundChangedAndWarmedAgain) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    Rows rows = numbered_rows(0, 7000, std::string(30, 'c'));
    db.insert(table, rows);
    EXPECT_EQ(compact(db, table, Target::kCold).rows, 7000u);
    EXPECT_EQ(db.core().table_statistics().at(0).cold_rows, 7000u);
    for (const bool reopens : {false, true}) {
        EXPECT_EQ(db.rows(table), rows);
        EXPECT_TRUE(db.check().empty());
        if (reopens) {
            ASSERT_TRUE(db.core().checkpoint().ok());
            db.reopen();
        }
    }
    EXPECT_EQ(db.try_insert(table, {{5, "taken"}}).error().code, ErrorCode::kUniqueViolation);
    db.update(table, 17, "warmer");
    db.erase(table, 18);
    rows[17].second = "warmer";
    rows.erase(rows.begin() + 18);
    EXPECT_EQ(db.rows(table), rows);
    EXPECT_EQ(compact(db, table, Target::kWarm).rows, 6999u);
    EXPECT_EQ(db.core().table_statistics().at(0).cold_rows, 0u);
    EXPECT_EQ(db.rows(table), rows);
    db.reopen();
    EXPECT_EQ(db.rows(table), rows);
    EXPECT_TRUE(db.check().empty());
}

// What a statement decodes of cold files goes when there is no room for it; readers that have it keep it.
TEST(Compaction, DecodedColumnsGoWhenMemoryIsShort) {
    OpenOptions options;
    options.memory_limit_bytes = 64 << 10;
    TestDatabase db(SimulatedDisk::create(), options);
    const ObjectId table = db.create_table("t");
    const Rows rows = numbered_rows(0, 7000, std::string(30, 'c'));
    db.insert(table, rows);
    compact(db, table, Target::kCold);
    auto reader = db.begin();
    EXPECT_EQ(db.rows_in(*reader, table), rows);
    db.core().settle();
    EXPECT_EQ(db.rows_in(*reader, table), rows);
    db.core().rollback(std::move(reader));
    db.update(table, 3, "changed");
    db.core().settle();
    EXPECT_EQ(db.rows(table).size(), 7000u);
    db.core().settle();
    EXPECT_TRUE(db.check().empty());
}

// A damaged byte anywhere in the files of the cold tier is named, and never shows as a value.
TEST(Compaction, DamageInAColdFileIsNamed) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    const Rows rows = numbered_rows(0, 50, "value ");
    db.insert(table, rows);
    compact(db, table, Target::kCold);
    ASSERT_TRUE(db.core().checkpoint().ok());
    db.close();
    uint64_t noticed = 0;
    uint64_t tried = 0;
    for (const SimulatedFile& file : db.disk().dump()) {
        for (size_t at = 0; file.path.find("/data/") != std::string::npos && at < file.bytes.size(); at += 13) {
            SCOPED_TRACE(file.path + " at " + std::to_string(at));
            const auto disk = db.disk().after_crash(CrashMode::kKeepAll);
            ASSERT_TRUE(disk->corrupt(file.path, at, 1).ok());
            TestDatabase damaged(disk, TestDatabase::Closed{});
            ++tried;
            const Status opened = damaged.try_open();
            if (!opened.ok()) {
                EXPECT_EQ(opened.error().code, ErrorCode::kCorruption) << opened.error().message;
                ++noticed;
                continue;
            }
            const auto findings = damaged.core().check();
            ASSERT_TRUE(findings.ok()) << findings.error().message;
            noticed += findings->empty() ? 0 : 1;
            if (findings->empty()) {
                EXPECT_EQ(damaged.rows(table), rows);
            } else {
                EXPECT_NE(findings->front().place.find("/db/data/"), std::string::npos);
            }
        }
    }
    EXPECT_GT(tried, 100u);
    EXPECT_GT(noticed, tried / 2);  // padding between buffers means nothing
}

// Rows of a commit that failed at the log are dead for everybody: they are the only ones that compaction lets go.
TEST(Compaction, RowsOfFailedCommitsGo) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}});
    db.disk().fail_event(db.disk().event_count() + 1, ErrorCode::kIo);
    EXPECT_FALSE(db.try_insert(table, {{2, "never"}}).ok());
    const CompactionReport report = compact(db, table);
    EXPECT_EQ(report.rows, 1u);
    EXPECT_EQ(report.history_rows, 0u);
    db.insert(table, {{2, "later"}});
    db.reopen();
    EXPECT_EQ(db.rows(table), (Rows{{1, "one"}, {2, "later"}}));
    EXPECT_TRUE(db.check().empty());
}

Status set_options(TestDatabase& db, ObjectId table, std::vector<std::pair<std::string, std::string>> options) {
    return in_transaction(db, [&](storage::Transaction& transaction) {
        catalog::CatalogObject changed = *transaction.catalog()->find(table);
        std::get<catalog::TableDefinition>(changed.definition).options = std::move(options);
        return transaction.put_object(std::move(changed));
    });
}

// TIER-42: six single writes with room for five in the hot tier.
TEST(Upkeep, RowsBeyondTheLimitOfTheHotTierAreMovedByTheBackground) {
    TestDatabase db;
    const ObjectId table = db.create_table("r");
    ASSERT_TRUE(set_options(db, table, {{"hot_tier_max_rows", "5"}, {"warm_tier", "false"}}).ok());
    for (int64_t id = 1; id <= 5; ++id) {
        db.insert(table, {{id, "row"}});
        db.core().settle();
    }
    EXPECT_EQ(db.core().table_statistics().at(0).hot_rows, 5u);
    EXPECT_TRUE(db.core().tier_moves().empty());
    db.insert(table, {{6, "row"}});
    db.core().settle();
    EXPECT_EQ(db.core().table_statistics().at(0).hot_rows, 0u);
    EXPECT_EQ(db.core().table_statistics().at(0).cold_rows, 6u);
    ASSERT_EQ(db.core().tier_moves().size(), 1u);
    EXPECT_EQ(db.core().tier_moves()[0].action, "demote to cold");
    EXPECT_EQ(db.core().tier_moves()[0].reason, "6 rows in the hot tier, hot_tier_max_rows = 5");
    db.reopen();
    EXPECT_EQ(db.rows(table).size(), 6u);
    EXPECT_TRUE(db.check().empty());
}

// A failure is shown, and the next attempt waits longer each time.
TEST(Upkeep, AFailureIsShownAndTriedAgainLater) {
    TestDatabase db;
    const ObjectId table = db.create_table("r");
    ASSERT_TRUE(set_options(db, table, {{"hot_tier_max_rows", "1"}}).ok());
    db.insert(table, {{1, "one"}, {2, "two"}});
    db.disk().set_capacity(db.disk().bytes_used());
    db.core().settle();
    ASSERT_FALSE(db.core().tier_moves().empty());
    const TierMove failed = db.core().tier_moves().back();
    EXPECT_NE(failed.error, "");
    EXPECT_GT(failed.next_attempt.micros, failed.time.micros);
    db.disk().set_capacity(UINT64_MAX);
    for (int i = 0; i < 50 && db.core().tier_moves().back().error != ""; ++i) {
        db.core().settle();  // each look at the clock of this fixture takes a second
    }
    EXPECT_EQ(db.core().tier_moves().back().error, "");
    EXPECT_EQ(db.core().table_statistics().at(0).warm_rows, 2u);
    EXPECT_EQ(db.rows(table).size(), 2u);
}

}  // namespace
}  // namespace kodiak::timeline
