// A database written in format 1 opens in every later build, with the same rows, and can be gone on with.
//
// tests/compat/format-1 was written by WritesTheDatabase below: run it with KODIAK_WRITE_COMPAT=<empty folder>. It is
// never written again once released; a new format gets a folder of its own.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

// Without a key and with few values, so that its warm file is small. Rows: (i % 100, "group" + i % 7).
constexpr int64_t kManyRows = 31'000;

std::string group_of(int64_t i) { return "group " + std::to_string(i % 7); }

Status create_many(TestDatabase& db) {
    return in_transaction(db, [&](storage::Transaction& transaction) -> Status {
        catalog::CatalogObject table = *find_object(transaction, "t");
        auto& definition = std::get<catalog::TableDefinition>(table.definition);
        table.id = transaction.new_object_id();
        table.name = "many";
        definition.keys.clear();
        definition.columns.resize(2);
        definition.columns[0].not_null = false;
        const ObjectId id = table.id;
        KODIAK_TRY(transaction.put_object(std::move(table)));
        Rows rows;
        for (int64_t i = 0; i < kManyRows; ++i) {
            rows.emplace_back(i % 100, group_of(i));
        }
        return db.try_insert_in(transaction, id, rows);
    });
}

Status create_child(TestDatabase& db) {
    return in_transaction(db, [&](storage::Transaction& transaction) -> Status {
        catalog::CatalogObject table = *find_object(transaction, "t");
        auto& definition = std::get<catalog::TableDefinition>(table.definition);
        definition.foreign_keys = {reference(ColumnId(1), table.id, ColumnId(1))};
        table.id = transaction.new_object_id();
        table.name = "child";
        const ObjectId id = table.id;
        KODIAK_TRY(transaction.put_object(std::move(table)));
        return db.try_insert_in(transaction, id, {{1, "child of one"}});
    });
}

// Everything the format knows: warm file, chunks in the manifest, ended rows, several schema versions, history, log.
void write_database(TestDatabase& db) {
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}, {2, "two"}, {3, "three"}});
    ASSERT_TRUE(create_many(db).ok());
    ASSERT_TRUE(create_child(db).ok());
    ASSERT_TRUE(in_transaction(db, [](storage::Transaction& transaction) -> Status {
                    KODIAK_TRY(create_sequence(transaction, "s"));
                    return {};
                }).ok());
    ASSERT_TRUE(db.core().checkpoint().ok());
    auto drawing = db.begin();
    const auto sequence = drawing->catalog()->find(catalog::NameSpace::kSequences, catalog::kMainSchema, "s");
    ASSERT_EQ(drawing->next_value(sequence->id).value(), 1);
    ASSERT_TRUE(db.try_insert_in(*drawing, table, {{4, "four"}}).ok());
    ASSERT_TRUE(db.commit(std::move(drawing)).ok());
    db.erase(table, 2);
    ASSERT_TRUE(db.core().checkpoint().ok());
    db.update(table, 3, "drei");
    ASSERT_TRUE(in_transaction(db, [&](storage::Transaction& transaction) -> Status {
                    KODIAK_TRY(add_note_column(transaction, "t"));
                    return insert_with_note(transaction, table, 5, "five", "in the log only");
                }).ok());
}

void expect_content(TestDatabase& db) {
    std::map<std::string, Rows> all = dump(db);
    Rows many;
    for (int64_t i = 0; i < kManyRows; ++i) {
        many.emplace_back(i % 100, group_of(i));
    }
    std::sort(many.begin(), many.end());
    EXPECT_EQ(all["many"], many);
    EXPECT_EQ(all["child"], (Rows{{1, "child of one"}}));
    EXPECT_EQ(all["t"], (Rows{{1, "one"}, {3, "drei"}, {4, "four"}, {5, "five|in the log only"}}));
    EXPECT_EQ(all.size(), 3u);
    db.check();
}

TEST(Compat, WritesTheDatabase) {
    const auto disk = SimulatedDisk::create();
    TestDatabase db(disk);
    write_database(db);
    expect_content(db);
    db.reopen();
    expect_content(db);
    db.close();
    const char* target = std::getenv("KODIAK_WRITE_COMPAT");
    for (const SimulatedFile& file : disk->dump()) {
        if (target == nullptr || file.path.ends_with("/LOCK")) {
            continue;
        }
        std::filesystem::path path = std::string(target) + file.path.substr(db.path().size());
        std::filesystem::create_directories(path.parent_path());
        // A log's reserved space need not be kept: frames end at multiples of a sector.
        const size_t used = file.path.find("/log/") == std::string::npos
                                ? file.bytes.size()
                                : (file.bytes.find_last_not_of('\0') / 512 + 1) * 512;
        std::ofstream(path, std::ios::binary).write(file.bytes.data(), static_cast<std::streamsize>(used));
    }
}

TEST(Compat, Format1Opens) {
    const std::filesystem::path source = std::string(KODIAK_SOURCE_FOLDER) + "/tests/compat/format-1";
    ASSERT_TRUE(std::filesystem::exists(source / "CURRENT"));
    const auto disk = SimulatedDisk::create();
    copy_to_disk(source, *disk);
    TestDatabase db(disk);
    expect_content(db);
    auto transaction = db.begin();
    const auto sequence = transaction->catalog()->find(catalog::NameSpace::kSequences, catalog::kMainSchema, "s");
    EXPECT_EQ(transaction->next_value(sequence->id).value(), 2);
    const ObjectId table = id_of(*transaction, "t");
    EXPECT_EQ(db.try_erase_in(*transaction, table, 1).error().code, ErrorCode::kForeignKeyViolation);
    db.core().rollback(std::move(transaction));
    const ObjectId other = db.create_table("later");
    db.insert(other, {{1, "goes on"}});
    ASSERT_TRUE(db.core().checkpoint().ok());
    db.reopen();
    EXPECT_EQ(db.rows(other), (Rows{{1, "goes on"}}));
    db.check();
}

}  // namespace
}  // namespace kodiak::timeline
