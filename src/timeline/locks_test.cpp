// Who may open a database: one writer, any number of readers beside it, and nobody a directory that is something else.

#include <gtest/gtest.h>

#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

Result<std::unique_ptr<DatabaseCore>> open_core(const std::shared_ptr<SimulatedDisk>& disk, const std::string& path,
                                                const OpenOptions& options = {}) {
    const Surroundings world{disk, std::make_shared<SteppingClock>(), make_seeded_random(8)};
    return DatabaseCore::open(world, path, options);
}

Error error_of_opening(const std::shared_ptr<SimulatedDisk>& disk, const std::string& path,
                       const OpenOptions& options = {}) {
    auto opened = open_core(disk, path, options);
    EXPECT_FALSE(opened.ok());
    return opened.ok() ? make_error(ErrorCode::kIo, "it opened") : opened.error();
}

void write_file(SimulatedDisk& disk, const std::string& path, const std::string& content) {
    const auto file = disk.open(path, OpenMode::kCreateOrOpen).value();
    ASSERT_TRUE(file->truncate(0).ok());
    ASSERT_TRUE(file->write(0, content).ok());
    ASSERT_TRUE(file->sync().ok());
}

OpenOptions read_only() {
    OpenOptions options;
    options.read_only = true;
    return options;
}

Rows rows_of(DatabaseCore& core, const std::string& name) {
    auto transaction = core.begin(kMainBranch, true).value();
    Rows rows = dump_table(*transaction, *find_object(*transaction, name));
    core.rollback(std::move(transaction));
    return rows;
}

TEST(Locks, ASecondWriterIsToldWhoHoldsTheDatabase) {
    const auto disk = SimulatedDisk::create();
    TestDatabase db(disk);
    const Error error = error_of_opening(disk, db.path());
    EXPECT_EQ(error.code, ErrorCode::kLocked);
    EXPECT_NE(error.message.find("process"), std::string::npos) << error.message;
}

TEST(Locks, TheLockGoesWithItsHolder) {
    TestDatabase db;
    db.create_table("t");
    db.reopen();
    EXPECT_EQ(dump(db).size(), 1u);
}

TEST(Locks, AReaderBesideAWriterSeesTheLastDurableState) {
    const auto disk = SimulatedDisk::create();
    TestDatabase db(disk);
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}});
    auto early = open_core(disk, db.path(), read_only()).value();
    db.insert(table, {{2, "two"}});
    auto open = db.begin();
    db.insert_in(*open, table, {{3, "not committed"}});
    auto late = open_core(disk, db.path(), read_only()).value();
    EXPECT_EQ(rows_of(*early, "t"), (Rows{{1, "one"}}));
    EXPECT_EQ(rows_of(*late, "t"), (Rows{{1, "one"}, {2, "two"}}));
    ASSERT_TRUE(db.core().checkpoint().ok());
    db.core().rollback(std::move(open));
    db.update(table, 1, "uno");
    auto latest = open_core(disk, db.path(), read_only()).value();
    EXPECT_EQ(rows_of(*latest, "t"), (Rows{{1, "uno"}, {2, "two"}}));
    EXPECT_EQ(rows_of(*early, "t"), (Rows{{1, "one"}}));
    EXPECT_TRUE(latest->check().value().empty());
    EXPECT_TRUE(latest->read_only());
}

TEST(Locks, AReaderChangesNothing) {
    const auto disk = SimulatedDisk::create();
    {
        TestDatabase db(disk);
        db.insert(db.create_table("t"), {{1, "one"}});
    }
    const uint64_t events = disk->event_count();
    {
        auto core = open_core(disk, "/db", read_only()).value();
        auto transaction = core->begin(kMainBranch, false).value();
        const Status written = create_sequence(*transaction, "s");
        ASSERT_FALSE(written.ok());
        EXPECT_EQ(written.error().code, ErrorCode::kReadOnly);
        core->rollback(std::move(transaction));
        const Status checkpoint = core->checkpoint();
        ASSERT_FALSE(checkpoint.ok());
        EXPECT_EQ(checkpoint.error().code, ErrorCode::kReadOnly);
    }
    EXPECT_EQ(disk->event_count(), events);
}

// A disk on which the writer checkpoints between any two calls of a reader that is opening.
class CheckpointingDisk final : public Disk {
   public:
    CheckpointingDisk(std::shared_ptr<SimulatedDisk> disk, uint64_t call, std::function<void()> act)
        : disk_(std::move(disk)), call_(call), act_(std::move(act)) {}

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        count();
        return disk_->open(path, mode);
    }
    Result<std::unique_ptr<Mapping>> map(const std::string& path) override {
        count();
        return disk_->map(path);
    }
    Result<bool> exists(const std::string& path) override {
        count();
        return disk_->exists(path);
    }
    Status rename(const std::string& from, const std::string& to) override { return disk_->rename(from, to); }
    Status remove(const std::string& path) override { return disk_->remove(path); }
    Status create_directory(const std::string& path) override { return disk_->create_directory(path); }
    Result<bool> is_directory(const std::string& path) override { return disk_->is_directory(path); }
    Result<std::vector<std::string>> list(const std::string& path) override {
        count();
        return disk_->list(path);
    }
    Status sync_directory(const std::string& path) override { return disk_->sync_directory(path); }
    Result<std::unique_ptr<FileLock>> lock(const std::string& path, const std::string& owner) override {
        return disk_->lock(path, owner);
    }
    uint64_t calls() const { return calls_; }

   private:
    void count() {
        if (++calls_ == call_) {
            act_();
        }
    }
    std::shared_ptr<SimulatedDisk> disk_;
    uint64_t call_;
    std::function<void()> act_;
    uint64_t calls_ = 0;
};

TEST(Locks, AReaderOpensAcrossTheWritersCheckpoint) {
    uint64_t calls = 100;
    for (uint64_t call = 1; call <= calls; ++call) {
        SCOPED_TRACE("checkpoint at the reader's call " + std::to_string(call));
        const auto disk = SimulatedDisk::create();
        TestDatabase db(disk);
        const ObjectId table = db.create_table("t");
        db.insert(table, {{1, "one"}});
        ASSERT_TRUE(db.core().checkpoint().ok());
        db.insert(table, {{2, "two"}});
        const auto slow = std::make_shared<CheckpointingDisk>(disk, call, [&] {
            db.insert(table, {{3, "three"}});
            EXPECT_TRUE(db.core().checkpoint().ok());
            db.insert(table, {{4, "four"}});
            EXPECT_TRUE(db.core().checkpoint().ok());
        });
        const Surroundings world{slow, std::make_shared<SteppingClock>(), make_seeded_random(8)};
        auto core = DatabaseCore::open(world, "/db", read_only());
        ASSERT_TRUE(core.ok()) << core.error().message;
        const Rows rows = rows_of(**core, "t");
        const Rows all{{1, "one"}, {2, "two"}, {3, "three"}, {4, "four"}};
        ASSERT_TRUE(rows.size() >= 2 && rows.size() <= 4) << rows.size();
        EXPECT_TRUE(std::equal(rows.begin(), rows.end(), all.begin()));
        calls = slow->calls();
    }
}

TEST(Locks, WhatIsNotADatabaseIsRefusedAndLeftAlone) {
    const auto disk = SimulatedDisk::create();
    ASSERT_TRUE(disk->create_directory("/home/photos").ok());
    write_file(*disk, "/home/photos/cat.jpg", "meow");
    write_file(*disk, "/home/letter", "dear");
    ASSERT_TRUE(disk->create_directory("/empty").ok());
    const uint64_t events = disk->event_count();

    EXPECT_EQ(error_of_opening(disk, "/home/photos").code, ErrorCode::kNotADatabase);
    EXPECT_NE(error_of_opening(disk, "/home/photos").detail.find("cat.jpg"), std::string::npos);
    EXPECT_EQ(error_of_opening(disk, "/home/letter").code, ErrorCode::kNotADatabase);
    EXPECT_EQ(error_of_opening(disk, "/missing", read_only()).code, ErrorCode::kNotFound);
    OpenOptions existing;
    existing.create_if_missing = false;
    EXPECT_EQ(error_of_opening(disk, "/missing", existing).code, ErrorCode::kNotFound);
    EXPECT_EQ(error_of_opening(disk, "/empty", read_only()).code, ErrorCode::kNotADatabase);
    EXPECT_EQ(disk->event_count(), events);
    EXPECT_TRUE(open_core(disk, "/empty").ok());
}

TEST(Locks, ANewerFormatIsRefusedAndLeftAlone) {
    const auto disk = SimulatedDisk::create();
    {
        TestDatabase db(disk);
        db.create_table("t");
    }
    const std::string current = "kodiak 1\nmanifest-0000000000000001\n";
    write_file(*disk, "/db/CURRENT", "kodiak 2\nmanifest-0000000000000001\n");
    const uint64_t events = disk->event_count();
    const Error error = error_of_opening(disk, "/db");
    EXPECT_EQ(error.code, ErrorCode::kVersionTooNew);
    EXPECT_EQ(error_of_opening(disk, "/db", read_only()).code, ErrorCode::kVersionTooNew);
    EXPECT_EQ(disk->event_count(), events);
    write_file(*disk, "/db/CURRENT", current);
    EXPECT_TRUE(open_core(disk, "/db").ok());
}

TEST(Locks, ADamagedCurrentFileIsNamedAndNothingIsTouched) {
    const auto disk = SimulatedDisk::create();
    {
        TestDatabase db(disk);
        db.create_table("t");
    }
    for (const char* content : {"", "kodiak 1", "kodiak 1\n", "kodiak 1\nmanifest-000000000000000x\n",
                                "kodiak 1\n../secret\n", "kodiak 1\nmanifest-\n",
                                 "kodiak 1\nmanifest-0000000000000009\n"}) {
        SCOPED_TRACE(content);
        write_file(*disk, "/db/CURRENT", content);
        const uint64_t events = disk->event_count();
        const Error error = error_of_opening(disk, "/db");
        EXPECT_TRUE(error.code == ErrorCode::kCorruption || error.code == ErrorCode::kNotADatabase) << error.message;
        EXPECT_NE((error.message + error.detail).find("/db"), std::string::npos) << error.message;
        EXPECT_EQ(disk->event_count(), events);
    }
}

// Without CURRENT a directory looks like one whose creation was cut off. It must not be begun anew over commits.
TEST(Locks, ADatabaseThatLostItsCurrentFileIsNotOverwritten) {
    for (const bool checkpointed : {false, true}) {
        const auto disk = SimulatedDisk::create();
        {
            TestDatabase db(disk);
            db.insert(db.create_table("t"), {{1, "one"}});
            if (checkpointed) {
                ASSERT_TRUE(db.core().checkpoint().ok());
            }
        }
        const auto current = disk->open("/db/CURRENT", OpenMode::kRead).value();
        std::string content(current->size().value(), '\0');
        ASSERT_TRUE(current->read(0, content.size(), content.data()).ok());
        ASSERT_TRUE(disk->remove("/db/CURRENT").ok());
        const uint64_t events = disk->event_count();
        EXPECT_EQ(error_of_opening(disk, "/db").code, ErrorCode::kCorruption);
        EXPECT_EQ(disk->event_count(), events);
        write_file(*disk, "/db/CURRENT", content);
        auto core = open_core(disk, "/db").value();
        EXPECT_EQ(rows_of(*core, "t"), (Rows{{1, "one"}}));
    }
}

}  // namespace
}  // namespace kodiak::timeline
