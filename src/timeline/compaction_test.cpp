// Compaction changes where rows lie and nothing else: rows, the past, changes, proofs, keys and conflicts stay.

#include <gtest/gtest.h>

#include <random>

#include "storage/store/store.hpp"
#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

CompactionReport compact(TestDatabase& db, ObjectId table = kNoObject) {
    CompactionRequest request;
    request.table = table;
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
                case 0: compact(db, table); break;
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

}  // namespace
}  // namespace kodiak::timeline
