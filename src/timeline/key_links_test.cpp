// A row whose primary key changes goes on as another row, and the commit says which.

#include <gtest/gtest.h>

#include "catalog/system_tables.hpp"
#include "storage/rows/canonical_row.hpp"
#include "timeline/core_fixture.hpp"

namespace kodiak::timeline {
namespace {

using storage::Transaction;

// Gives row `id` the key `new_id`, as an UPDATE of the key does.
Status rekey(TestDatabase& db, Transaction& transaction, ObjectId table, int64_t id, int64_t new_id) {
    transaction.mark();
    KODIAK_TRY_ASSIGN(const Locator row, db.find(transaction, table, id));
    bool erased = false;
    KODIAK_TRY(transaction.erase(table, {&row, 1}, &erased));
    KODIAK_TRY_ASSIGN(const auto job, transaction.write(table));
    const auto writer = job->writer();
    const StringRef name("moved");
    const std::array<storage::ColumnView, 2> columns{{{&new_id}, {&name}}};
    KODIAK_TRY(writer->append_rekeyed({1, columns}, {&row, 1}));
    KODIAK_TRY(writer->finish());
    KODIAK_TRY(job->finish());
    return transaction.finish_statement();
}

struct Link {
    uint64_t table;
    uint64_t new_row;
    uint64_t old_row;
    auto operator<=>(const Link&) const = default;
};

std::vector<Link> links(TestDatabase& db) {
    const auto transaction = db.begin();
    transaction->mark();
    const auto rows = transaction->snapshot(catalog::kKeyChangesTable).value();
    std::vector<Link> found;
    std::vector<uint32_t> slots(2048);
    for (size_t i = 0; i < rows->chunk_count(); ++i) {
        bool all = false;
        const size_t count = rows->visible(i, slots.data(), &all);
        for (uint32_t k = 0; k < count; ++k) {
            const uint32_t slot = all ? k : slots[k];
            uint64_t values[5];
            for (size_t column = 0; column < 5; ++column) {
                storage::decode_fixed(rows->chunk(i).column(column), catalog::Physical::kUint64, &slot, 1,
                                      &values[column]);
            }
            EXPECT_EQ(values[1], values[3]) << "rows of one database have one origin";
            found.push_back({values[0], values[2], values[4]});
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

TEST(KeyLinks, AChangedKeyLinksTheNewRowToTheOldOne) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}, {2, "two"}});
    auto transaction = db.begin();
    ASSERT_TRUE(rekey(db, *transaction, table, 1, 10).ok());
    ASSERT_TRUE(db.commit(std::move(transaction)).ok());
    EXPECT_EQ(db.rows(table), (Rows{{2, "two"}, {10, "moved"}}));
    const std::vector<Link> expected{{table.value, 3, 1}};
    EXPECT_EQ(links(db), expected);
    db.update(table, 10, "later");
    EXPECT_EQ(links(db), expected) << "only a change of the key makes a link";
    ASSERT_TRUE(db.core().checkpoint().ok());
    EXPECT_TRUE(db.check().empty());
    db.reopen();
    EXPECT_EQ(links(db), expected) << "links are rows: they outlive a restart";
    EXPECT_TRUE(db.check().empty());
}

TEST(KeyLinks, StepsWithinOneTransactionAreOneLink) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}, {2, "two"}, {3, "three"}});
    auto transaction = db.begin();
    db.insert_in(*transaction, table, {{50, "new"}});
    ASSERT_TRUE(rekey(db, *transaction, table, 1, 10).ok());
    ASSERT_TRUE(rekey(db, *transaction, table, 10, 11).ok());
    ASSERT_TRUE(rekey(db, *transaction, table, 50, 51).ok());
    ASSERT_TRUE(rekey(db, *transaction, table, 2, 20).ok());
    ASSERT_TRUE(db.try_erase_in(*transaction, table, 20).ok());
    const auto before = transaction->mark();
    ASSERT_TRUE(rekey(db, *transaction, table, 3, 30).ok());
    transaction->undo_to(before);
    ASSERT_TRUE(db.commit(std::move(transaction)).ok());
    EXPECT_EQ(db.rows(table), (Rows{{3, "three"}, {11, "moved"}, {51, "moved"}}));
    const std::vector<Link> found = links(db);
    ASSERT_EQ(found.size(), 1u) << "10 is nowhere, 50 is new, 20 is gone, 30 was undone";
    EXPECT_EQ(found[0].old_row, 1u);
    db.reopen();
    EXPECT_EQ(links(db), found);
    EXPECT_TRUE(db.check().empty());
}

}  // namespace
}  // namespace kodiak::timeline
