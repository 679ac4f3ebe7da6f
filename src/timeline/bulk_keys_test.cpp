// Unique keys of loads that are too large to be looked up row by row: sorted, spilled, and judged all the same.

#include <gtest/gtest.h>

#include "timeline/core_fixture.hpp"

namespace kodiak::timeline {
namespace {

constexpr int64_t kMany = 200'000;

// The ids [first, first + count), shuffled by a fixed stride.
Rows many(int64_t first, int64_t count = kMany) {
    Rows rows;
    for (int64_t i = 0; i < count; ++i) {
        rows.emplace_back(first + i * 7919 % count, "r");
    }
    return rows;
}

// Memory for 4 MiB of keys at most: 200,000 of them spill.
OpenOptions small_memory() {
    OpenOptions options;
    options.memory_limit_bytes = 1 << 20;
    return options;
}

void expect_duplicate(const Status& status, const std::string& key) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kUniqueViolation) << status.error().message;
    EXPECT_NE(status.error().message.find("(id)=(" + key + ")"), std::string::npos) << status.error().message;
}

std::vector<std::string> spilled(TestDatabase& db) {
    std::vector<std::string> found;
    const auto names = db.disk().list(db.path() + "/data");
    for (const std::string& name : *names) {
        if (name.starts_with("keys-")) {
            found.push_back(name);
        }
    }
    return found;
}

TEST(BulkKeys, AKeyTwiceInOneLoadIsFoundAndNothingOfItStays) {
    TestDatabase db(SimulatedDisk::create(), small_memory());
    const ObjectId table = db.create_table("t");
    db.insert(table, {{-5, "before"}});
    Rows rows = many(0);
    rows.emplace_back(4321, "again");
    expect_duplicate(db.try_insert(table, rows), "4321");
    EXPECT_EQ(db.rows(table), (Rows{{-5, "before"}}));
    EXPECT_TRUE(spilled(db).empty()) << "spill files are gone with the statement";
    rows.pop_back();
    db.insert(table, rows);
    EXPECT_EQ(db.rows(table).size(), static_cast<size_t>(kMany) + 1);
}

TEST(BulkKeys, AKeyOfACommittedRowIsTaken) {
    TestDatabase db(SimulatedDisk::create(), small_memory());
    const ObjectId table = db.create_table("t");
    db.insert(table, {{777, "first"}});
    expect_duplicate(db.try_insert(table, many(0)), "777");
    db.erase(table, 777);
    db.insert(table, many(0));
    EXPECT_EQ(db.rows(table).size(), static_cast<size_t>(kMany));
}

TEST(BulkKeys, LoadsOfOneTransactionAreJudgedTogether) {
    TestDatabase db(SimulatedDisk::create(), small_memory());
    const ObjectId table = db.create_table("t");
    auto transaction = db.begin();
    db.insert_in(*transaction, table, {{1'000'000, "small"}});
    db.insert_in(*transaction, table, many(0));
    const auto before = transaction->mark();
    expect_duplicate(db.try_insert_in(*transaction, table, many(kMany - 1)), std::to_string(kMany - 1));
    transaction->undo_to(before);
    const auto small = transaction->mark();
    expect_duplicate(db.try_insert_in(*transaction, table, {{17, "of the load"}}), "17");
    transaction->undo_to(small);
    ASSERT_TRUE(db.try_erase_in(*transaction, table, 17).ok());
    db.insert_in(*transaction, table, {{17, "again"}});
    db.insert_in(*transaction, table, many(kMany));
    EXPECT_TRUE(db.commit(std::move(transaction)).ok());
    EXPECT_EQ(db.rows(table).size(), static_cast<size_t>(2 * kMany) + 1);
    EXPECT_TRUE(db.check().empty());
}

TEST(BulkKeys, ALoadLosesToTheRowThatCameMeanwhile) {
    TestDatabase db(SimulatedDisk::create(), small_memory());
    const ObjectId table = db.create_table("t");
    auto loader = db.begin();
    db.insert_in(*loader, table, many(0));
    db.insert(table, {{99, "meanwhile"}});
    const Status lost = db.commit(std::move(loader));
    ASSERT_FALSE(lost.ok());
    EXPECT_EQ(lost.error().code, ErrorCode::kSerializationFailure);
    EXPECT_EQ(db.rows(table), (Rows{{99, "meanwhile"}}));
}

TEST(BulkKeys, AFullDiskFailsTheStatementAlone) {
    TestDatabase db(SimulatedDisk::create(), small_memory());
    const ObjectId table = db.create_table("t");
    auto transaction = db.begin();
    const auto before = transaction->mark();
    db.disk().set_capacity(db.disk().bytes_used() + (1 << 20));
    const Status full = db.try_insert_in(*transaction, table, many(0));
    ASSERT_FALSE(full.ok());
    EXPECT_EQ(full.error().code, ErrorCode::kDiskFull) << full.error().message;
    transaction->undo_to(before);
    db.disk().set_capacity(UINT64_MAX);
    db.insert_in(*transaction, table, many(0));
    EXPECT_TRUE(db.commit(std::move(transaction)).ok());
    EXPECT_EQ(db.rows(table).size(), static_cast<size_t>(kMany));
}

}  // namespace
}  // namespace kodiak::timeline
