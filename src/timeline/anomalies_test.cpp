// Two transactions side by side, and what the second to commit must not be allowed to do.

#include <gtest/gtest.h>

#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

using storage::Transaction;

void expect_lost(const Status& status) {
    ASSERT_FALSE(status.ok()) << "both transactions committed";
    EXPECT_EQ(status.error().code, ErrorCode::kSerializationFailure) << status.error().message;
}

catalog::CatalogObject child_table(Transaction& transaction, ObjectId parent, bool references) {
    catalog::CatalogObject object = *find_object(transaction, "parents");
    auto& table = std::get<catalog::TableDefinition>(object.definition);
    object.id = transaction.new_object_id();
    object.name = "children";
    if (references) {
        table.foreign_keys = {reference(ColumnId(1), parent, ColumnId(1))};
    }
    return object;
}

// Parents 1 and 2; children refer to a parent by their own id.
class Family {
   public:
    Family() : parents(db.create_table("parents")) {
        db.insert(parents, {{1, "one"}, {2, "two"}});
        EXPECT_TRUE(in_transaction(db, [&](Transaction& transaction) {
                        catalog::CatalogObject table = child_table(transaction, parents, true);
                        children = table.id;
                        return transaction.put_object(std::move(table));
                    }).ok());
    }
    TestDatabase db;
    ObjectId parents;
    ObjectId children;
};

TEST(Anomalies, AChildInsertedFirstKeepsItsParent) {
    Family family;
    TestDatabase& db = family.db;
    auto eraser = db.begin();
    auto inserter = db.begin();
    ASSERT_TRUE(db.try_erase_in(*eraser, family.parents, 1).ok());
    ASSERT_TRUE(db.try_insert_in(*inserter, family.children, {{1, "child"}}).ok());
    EXPECT_TRUE(db.commit(std::move(inserter)).ok());
    expect_lost(db.commit(std::move(eraser)));
    EXPECT_EQ(db.rows(family.parents).size(), 2u);
}

TEST(Anomalies, AParentDeletedFirstTakesNoChild) {
    Family family;
    TestDatabase& db = family.db;
    auto eraser = db.begin();
    auto inserter = db.begin();
    ASSERT_TRUE(db.try_insert_in(*inserter, family.children, {{1, "child"}}).ok());
    ASSERT_TRUE(db.try_erase_in(*eraser, family.parents, 1).ok());
    EXPECT_TRUE(db.commit(std::move(eraser)).ok());
    expect_lost(db.commit(std::move(inserter)));
    EXPECT_EQ(db.rows(family.children), Rows{});
}

TEST(Anomalies, AParentThatOnlyChangesItsOtherColumnsDisturbsNoChild) {
    Family family;
    TestDatabase& db = family.db;
    auto updater = db.begin();
    auto inserter = db.begin();
    ASSERT_TRUE(db.try_insert_in(*inserter, family.children, {{1, "child"}}).ok());
    ASSERT_TRUE(db.try_update_in(*updater, family.parents, 1, "uno").ok());
    EXPECT_TRUE(db.commit(std::move(updater)).ok());
    EXPECT_TRUE(db.commit(std::move(inserter)).ok());
}

// The table that refers to a row may be younger than the transaction that deletes it.
TEST(Anomalies, ARowIsNotDeletedUnderAReferenceFromANewTable) {
    TestDatabase db;
    const ObjectId parents = db.create_table("parents");
    db.insert(parents, {{1, "one"}, {2, "two"}});
    auto eraser = db.begin();
    ASSERT_TRUE(db.try_erase_in(*eraser, parents, 1).ok());
    ASSERT_TRUE(in_transaction(db, [&](Transaction& transaction) -> Status {
                    catalog::CatalogObject table = child_table(transaction, parents, true);
                    const ObjectId children = table.id;
                    KODIAK_TRY(transaction.put_object(std::move(table)));
                    return db.try_insert_in(transaction, children, {{1, "child"}});
                }).ok());
    expect_lost(db.commit(std::move(eraser)));
}

TEST(Anomalies, ARowAndItsReferenceMayGoTogether) {
    Family family;
    TestDatabase& db = family.db;
    db.insert(family.children, {{1, "child"}});
    auto transaction = db.begin();
    ASSERT_TRUE(db.try_erase_in(*transaction, family.children, 1).ok());
    ASSERT_TRUE(db.try_erase_in(*transaction, family.parents, 1).ok());
    db.insert(family.parents, {{3, "in between"}});
    EXPECT_TRUE(db.commit(std::move(transaction)).ok());
}

TEST(Anomalies, OfTwoDeletesOfARowOneLoses) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}});
    auto first = db.begin();
    auto second = db.begin();
    ASSERT_TRUE(db.try_erase_in(*first, table, 1).ok());
    ASSERT_TRUE(db.try_erase_in(*second, table, 1).ok());
    EXPECT_TRUE(db.commit(std::move(first)).ok());
    expect_lost(db.commit(std::move(second)));
}

TEST(Anomalies, AKeyFreedAndTakenByOthersIsAConflictForWhoWantedIt) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}});
    auto waiting = db.begin();
    EXPECT_EQ(db.try_insert_in(*waiting, table, {{1, "mine"}}).error().code, ErrorCode::kUniqueViolation);
    db.core().rollback(std::move(waiting));
    auto late = db.begin();
    db.erase(table, 1);
    EXPECT_EQ(db.try_insert_in(*late, table, {{1, "mine"}}).error().code, ErrorCode::kUniqueViolation)
        << "its snapshot still shows the row";
    db.core().rollback(std::move(late));
    auto first = db.begin();
    auto second = db.begin();
    ASSERT_TRUE(db.try_insert_in(*first, table, {{1, "first"}}).ok());
    ASSERT_TRUE(db.try_insert_in(*second, table, {{1, "second"}}).ok());
    EXPECT_TRUE(db.commit(std::move(second)).ok());
    expect_lost(db.commit(std::move(first)));
    EXPECT_EQ(db.rows(table), (Rows{{1, "second"}}));
}

// A transaction judges existing rows against a new key; rows that came meanwhile were not judged.
TEST(Anomalies, ANewKeyIsNotPutOnATableWhoseRowsChangedMeanwhile) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "same"}});
    auto altering = db.begin();
    catalog::CatalogObject altered = *find_object(*altering, "t");
    std::get<catalog::TableDefinition>(altered.definition).keys.push_back({"names", {ColumnId(2)}, false});
    ASSERT_TRUE(altering->put_object(std::move(altered)).ok());
    db.insert(table, {{2, "same"}});
    expect_lost(db.commit(std::move(altering)));
}

TEST(Anomalies, ANewUniqueIndexIsNotPutOnATableWhoseRowsChangedMeanwhile) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "same"}});
    auto indexing = db.begin();
    catalog::CatalogObject index;
    index.id = indexing->new_object_id();
    index.kind = catalog::ObjectKind::kIndex;
    index.schema = catalog::kMainSchema;
    index.name = "names";
    index.definition = catalog::IndexDefinition{table, {ColumnId(2)}, true, ""};
    ASSERT_TRUE(indexing->put_object(std::move(index)).ok());
    db.insert(table, {{2, "same"}});
    expect_lost(db.commit(std::move(indexing)));
}

TEST(Anomalies, ATableChangedByAnotherTransactionMayBeAlteredLater) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    const ObjectId other = db.create_table("other");
    auto altering = db.begin();
    ASSERT_TRUE(add_note_column(*altering, "t").ok());
    db.insert(other, {{1, "elsewhere"}});
    EXPECT_TRUE(db.commit(std::move(altering)).ok());
    auto again = db.begin();
    EXPECT_EQ(dump_table(*again, *find_object(*again, "t")), Rows{});
    db.core().rollback(std::move(again));
    EXPECT_EQ(db.rows(other).size(), 1u);
    EXPECT_NE(table, other);
}

TEST(Anomalies, RowsForATableThatWasAlteredMeanwhileAreAConflict) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    auto inserting = db.begin();
    ASSERT_TRUE(db.try_insert_in(*inserting, table, {{1, "old shape"}}).ok());
    ASSERT_TRUE(in_transaction(db, [](Transaction& transaction) { return add_note_column(transaction, "t"); }).ok());
    expect_lost(db.commit(std::move(inserting)));
}

TEST(Anomalies, ATableIsNotDroppedUnderANewReferenceToIt) {
    TestDatabase db;
    const ObjectId parents = db.create_table("parents");
    auto dropping = db.begin();
    ASSERT_TRUE(dropping->drop_object(parents).ok());
    ASSERT_TRUE(in_transaction(db, [&](Transaction& transaction) {
                    return transaction.put_object(child_table(transaction, parents, true));
                }).ok());
    expect_lost(db.commit(std::move(dropping)));
}

TEST(Anomalies, AReferenceToATableDroppedMeanwhileIsAConflict) {
    TestDatabase db;
    const ObjectId parents = db.create_table("parents");
    auto referring = db.begin();
    ASSERT_TRUE(referring->put_object(child_table(*referring, parents, true)).ok());
    ASSERT_TRUE(in_transaction(db, [&](Transaction& transaction) { return transaction.drop_object(parents); }).ok());
    expect_lost(db.commit(std::move(referring)));
}

TEST(Anomalies, ASchemaIsNotDroppedUnderANewTable) {
    TestDatabase db;
    db.create_table("parents");
    ObjectId schema;
    ASSERT_TRUE(in_transaction(db, [&](Transaction& transaction) {
                    catalog::CatalogObject object;
                    object.id = schema = transaction.new_object_id();
                    object.kind = catalog::ObjectKind::kSchema;
                    object.name = "extra";
                    object.definition = catalog::SchemaDefinition{};
                    return transaction.put_object(std::move(object));
                }).ok());
    auto dropping = db.begin();
    ASSERT_TRUE(dropping->drop_object(schema).ok());
    ASSERT_TRUE(in_transaction(db, [&](Transaction& transaction) {
                    catalog::CatalogObject table = child_table(transaction, kNoObject, false);
                    table.schema = schema;
                    return transaction.put_object(std::move(table));
                }).ok());
    expect_lost(db.commit(std::move(dropping)));
}

TEST(Anomalies, OfTwoTablesOfOneNameOneLoses) {
    TestDatabase db;
    db.create_table("parents");
    auto first = db.begin();
    auto second = db.begin();
    ASSERT_TRUE(first->put_object(child_table(*first, kNoObject, false)).ok());
    ASSERT_TRUE(second->put_object(child_table(*second, kNoObject, false)).ok());
    EXPECT_TRUE(db.commit(std::move(first)).ok());
    expect_lost(db.commit(std::move(second)));
}

// A key column whose type changes leaves an index of the old form behind.
TEST(Anomalies, AKeyColumnMayChangeItsType) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}, {2, "two"}});
    auto altering = db.begin();
    ASSERT_TRUE(altering->erase_all(table).ok());
    catalog::CatalogObject altered = *find_object(*altering, "t");
    auto& definition = std::get<catalog::TableDefinition>(altered.definition);
    definition.columns[0].type.kind = catalog::TypeKind::kVarchar;
    definition.schema_version = SchemaVersion(2);
    ASSERT_TRUE(altering->put_object(std::move(altered)).ok());
    ASSERT_TRUE(db.commit(std::move(altering)).ok());
    const auto insert = [&](const std::string& id) {
        return in_transaction(db, [&](Transaction& transaction) -> Status {
            transaction.mark();
            KODIAK_TRY_ASSIGN(const auto job, transaction.write(table));
            const auto writer = job->writer();
            const StringRef key(id);
            const std::array<storage::ColumnView, 2> columns{{{&key}, {&key}}};
            KODIAK_TRY(writer->append({1, columns}));
            KODIAK_TRY(writer->finish());
            KODIAK_TRY(job->finish());
            return transaction.finish_statement();
        });
    };
    EXPECT_TRUE(insert("a key as text, longer than any integer").ok());
    EXPECT_EQ(insert("a key as text, longer than any integer").error().code, ErrorCode::kUniqueViolation);
    db.check();
    db.reopen();
    EXPECT_TRUE(insert("another").ok());
    db.check();
}

}  // namespace
}  // namespace kodiak::timeline
