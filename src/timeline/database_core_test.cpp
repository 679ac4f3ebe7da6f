// A database below SQL: what is committed is there after a restart, and only that.

#include "timeline/database_core.hpp"

#include <gtest/gtest.h>

#include "base/disk/simulated_disk.hpp"
#include "storage/decode.hpp"
#include "timeline/core_fixture.hpp"

namespace kodiak::timeline {
namespace {

TEST(DatabaseCore, CommittedRowsSurviveARestart) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}, {2, "two"}});
    db.reopen();
    EXPECT_EQ(db.rows(table), (Rows{{1, "one"}, {2, "two"}}));
}

TEST(DatabaseCore, RolledBackRowsLeaveNothing) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    auto transaction = db.begin();
    db.insert_in(*transaction, table, {{1, "one"}});
    db.core().rollback(std::move(transaction));
    EXPECT_EQ(db.rows(table), Rows{});
    db.reopen();
    EXPECT_EQ(db.rows(table), Rows{});
}

TEST(DatabaseCore, UpdatesKeepTheRowIdAndDeletesEndIt) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}, {2, "two"}, {3, "three"}});
    db.update(table, 2, "deux");
    db.erase(table, 3);
    EXPECT_EQ(db.rows(table), (Rows{{1, "one"}, {2, "deux"}}));
    db.reopen();
    EXPECT_EQ(db.rows(table), (Rows{{1, "one"}, {2, "deux"}}));
    EXPECT_TRUE(db.check().empty());
}

TEST(DatabaseCore, CheckpointsKeepEverything) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}, {2, "two"}});
    ASSERT_TRUE(db.core().checkpoint().ok());
    db.update(table, 1, "uno");
    db.reopen();
    EXPECT_EQ(db.rows(table), (Rows{{1, "uno"}, {2, "two"}}));
    ASSERT_TRUE(db.core().checkpoint().ok());
    db.reopen();
    EXPECT_EQ(db.rows(table), (Rows{{1, "uno"}, {2, "two"}}));
    EXPECT_TRUE(db.check().empty());
}

TEST(DatabaseCore, LargeLoadsLieInFiles) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    Rows many;
    for (int64_t i = 0; i < 300'000; ++i) {
        many.emplace_back(i, "value " + std::to_string(i % 1000));
    }
    db.insert(table, many);
    EXPECT_FALSE(db.disk().list(db.path() + "/data")->empty());
    EXPECT_EQ(db.rows(table), many);
    db.reopen();
    EXPECT_EQ(db.rows(table), many);
    EXPECT_TRUE(db.check().empty());
}

TEST(DatabaseCore, FirstCommitterWins) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}});
    auto first = db.begin();
    auto second = db.begin();
    db.update_in(*first, table, 1, "first");
    db.update_in(*second, table, 1, "second");
    EXPECT_TRUE(db.core().commit(std::move(first), {}).ok());
    const auto lost = db.core().commit(std::move(second), {});
    ASSERT_FALSE(lost.ok());
    EXPECT_EQ(lost.error().code, ErrorCode::kSerializationFailure);
    EXPECT_EQ(db.rows(table), (Rows{{1, "first"}}));
}

TEST(DatabaseCore, AKeyTakenByAConcurrentCommitIsAConflict) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    auto first = db.begin();
    auto second = db.begin();
    db.insert_in(*first, table, {{1, "first"}});
    db.insert_in(*second, table, {{1, "second"}});
    EXPECT_TRUE(db.core().commit(std::move(first), {}).ok());
    const auto lost = db.core().commit(std::move(second), {});
    ASSERT_FALSE(lost.ok());
    EXPECT_EQ(lost.error().code, ErrorCode::kSerializationFailure);
}

TEST(DatabaseCore, ADuplicateKeyIsAViolation) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}});
    auto transaction = db.begin();
    const Status status = db.try_insert_in(*transaction, table, {{1, "again"}});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kUniqueViolation);
    EXPECT_NE(status.error().message.find("(id)=(1)"), std::string::npos) << status.error().message;
    db.core().rollback(std::move(transaction));
}

TEST(DatabaseCore, UndoToAMarkRestoresWhatTheMarkSaw) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}, {2, "two"}});
    auto transaction = db.begin();
    db.insert_in(*transaction, table, {{3, "three"}});
    const auto mark = transaction->mark();
    db.update_in(*transaction, table, 1, "uno");
    db.insert_in(*transaction, table, {{4, "four"}});
    EXPECT_EQ(db.rows_in(*transaction, table).size(), 4u);
    transaction->undo_to(mark);
    EXPECT_EQ(db.rows_in(*transaction, table), (Rows{{1, "one"}, {2, "two"}, {3, "three"}}));
    EXPECT_TRUE(db.core().commit(std::move(transaction), {}).ok());
    EXPECT_EQ(db.rows(table), (Rows{{1, "one"}, {2, "two"}, {3, "three"}}));
}

}  // namespace
}  // namespace kodiak::timeline
