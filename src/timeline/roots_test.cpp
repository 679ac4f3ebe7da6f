// Roots commit to rows, not to how they came or where they lie: batches, tiers and restarts do not show in them.

#include <gtest/gtest.h>

#include "timeline/checkpoint/manifest.hpp"
#include "timeline/history/history_file.hpp"
#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

// All commits; a checkpoint brings them into the history file.
std::vector<HistoryEntry> history_of(TestDatabase& db) {
    EXPECT_TRUE(db.core().checkpoint().ok());
    const std::string current = read_current(db.disk(), db.path()).value();
    const std::string bytes = read_file(db.disk(), db.path() + "/" + current).value();
    const OpenedManifest manifest = decode_manifest(bytes, current).value();
    return read_history(db.disk(), db.path(), manifest.head.history_bytes).value();
}

Hash256 root_of(const HistoryEntry& entry) {
    return CommitRecord::decode(entry.record).value().root(RootKind::kChanges)->hash;
}

// Inserts `rows` in one transaction, in statements of `statement` rows; the root of that commit.
Hash256 root_of_load(const Rows& rows, size_t statement, uint64_t random_seed = 7, bool reopens = false) {
    TestDatabase db(SimulatedDisk::create(), TestDatabase::Closed{}, {}, random_seed);
    EXPECT_TRUE(db.try_open().ok());
    const ObjectId table = db.create_table("t");
    auto transaction = db.begin();
    for (size_t at = 0; at < rows.size(); at += statement) {
        const size_t end = std::min(rows.size(), at + statement);
        db.insert_in(*transaction, table,
                     Rows(rows.begin() + static_cast<ptrdiff_t>(at), rows.begin() + static_cast<ptrdiff_t>(end)));
    }
    EXPECT_TRUE(db.commit(std::move(transaction)).ok());
    if (reopens) {
        db.reopen();
    }
    db.check();
    const Hash256 root = root_of(history_of(db).back());
    db.check();
    db.reopen();
    db.check();
    return root;
}

TEST(Roots, DoNotShowHowManyStatementsBroughtTheRows) {
    const Rows rows = numbered_rows(0, 5'000, "name ");
    const Hash256 root = root_of_load(rows, rows.size());
    EXPECT_TRUE(root_of_load(rows, 700) == root);
    EXPECT_TRUE(root_of_load(rows, 2'048) == root);
    EXPECT_TRUE(root_of_load(rows, 700, 7, true) == root);
}

TEST(Roots, DoNotShowWhetherRowsWentToAFile) {
    const Rows rows = numbered_rows(0, 125'000, "");
    EXPECT_TRUE(root_of_load(rows, rows.size()) == root_of_load(rows, 40'000));
}

TEST(Roots, ShowContentOrderAndSeed) {
    const Rows rows = numbered_rows(0, 10, "name ");
    const Hash256 root = root_of_load(rows, 10);
    EXPECT_TRUE(root_of_load(rows, 3) == root);
    EXPECT_FALSE(root_of_load(rows, 10, 8) == root) << "salts are drawn anew";
    Rows other = rows;
    other[9].second += "!";
    EXPECT_FALSE(root_of_load(other, 10) == root);
    Rows swapped = rows;
    std::swap(swapped[0], swapped[1]);
    EXPECT_FALSE(root_of_load(swapped, 10) == root) << "rows are numbered as they come";
}

// Steps within a transaction that cancel out leave no trace in its root.
TEST(Roots, AreOfTheNetEffect) {
    const auto root_after = [](bool detour) {
        TestDatabase db;
        const ObjectId table = db.create_table("t");
        db.insert(table, numbered_rows(0, 10, "name "));
        auto transaction = db.begin();
        db.update_in(*transaction, table, 1, detour ? "first try" : "final");
        if (detour) {
            const auto mark = transaction->mark();
            db.insert_in(*transaction, table, {{100, "undone"}});
            EXPECT_TRUE(db.try_erase_in(*transaction, table, 5).ok());
            transaction->undo_to(mark);
            db.update_in(*transaction, table, 1, "final");
            db.insert_in(*transaction, table, {{101, "gone again"}});
            EXPECT_TRUE(db.try_erase_in(*transaction, table, 101).ok());
        }
        EXPECT_TRUE(db.try_erase_in(*transaction, table, 7).ok());
        EXPECT_TRUE(db.commit(std::move(transaction)).ok());
        db.check();
        return root_of(history_of(db).back());
    };
    EXPECT_TRUE(root_after(false) == root_after(true));
}

TEST(Roots, HistoryIsGaplessAndChainedOverRestartsAndCheckpoints) {
    TestDatabase db;
    for (const Step& step : scripted_life()) {
        ASSERT_TRUE(step.run(db).ok()) << step.name;
    }
    const std::vector<HistoryEntry> before = history_of(db);
    db.reopen();
    const std::vector<HistoryEntry> entries = history_of(db);
    ASSERT_EQ(entries.size(), before.size());
    int64_t last_time = 0;
    for (size_t i = 0; i < entries.size(); ++i) {
        const CommitRecord record = CommitRecord::decode(entries[i].record).value();
        EXPECT_EQ(entries[i].seq, i + 1);
        EXPECT_GT(record.timestamp.micros, last_time);
        last_time = record.timestamp.micros;
        if (i > 0) {
            ASSERT_EQ(record.parents.size(), 1u);
            EXPECT_TRUE(record.parents[0] == commit_identity(entries[i - 1].record));
        }
    }
}

}  // namespace
}  // namespace kodiak::timeline
