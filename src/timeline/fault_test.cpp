// Calls to the disk fail, each in turn: the statement or commit says so, nothing is lost or half done, and the database
// goes on as soon as the disk does.

#include <gtest/gtest.h>

#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

struct Fault {
    ErrorCode code;
    FailureEffect effect;
};

bool is_disk_error(ErrorCode code) { return code == ErrorCode::kDiskFull || code == ErrorCode::kIo; }

// Opens the database, which may meet the fault; the second attempt finds the disk in order.
void open_again(TestDatabase& db) {
    Status opened = db.try_open();
    if (!opened.ok()) {
        EXPECT_TRUE(is_disk_error(opened.error().code)) << opened.error().message;
        opened = db.try_open();
    }
    ASSERT_TRUE(opened.ok()) << opened.error().message;
}

// Runs every step; a failed one must have changed nothing and succeeds when repeated. What it may have done all the
// same, when the log could not even be put in order, shows at the reopening, as its message says.
void live_through(TestDatabase& db, const std::vector<Step>& steps) {
    open_again(db);
    Model model;
    for (const Step& step : steps) {
        SCOPED_TRACE("step \"" + step.name + "\"");
        Status done = step.run(db);
        if (!done.ok()) {
            EXPECT_TRUE(is_disk_error(done.error().code)) << done.error().message;
            EXPECT_FALSE(done.error().message.empty());
            if (step.name == "reopen") {
                open_again(db);
            } else {
                EXPECT_EQ(dump(db), model.rows()) << "a failed step left something";
                done = step.run(db);
                EXPECT_TRUE(done.ok()) << "again: " << done.error().message;
            }
        }
        step.expect(model);
        ASSERT_EQ(dump(db), model.rows());
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    db.check();
    open_again(db);
    EXPECT_EQ(dump(db), model.rows());
    db.check();
    db.close();
    // Nothing of it hung on bytes that were not durable.
    TestDatabase survivor(db.disk().after_crash(CrashMode::kKeepNothingUnsynced), TestDatabase::Closed{});
    ASSERT_TRUE(survivor.try_open().ok());
    EXPECT_EQ(dump(survivor), model.rows());
}

// The scripted life without the steps whose repetition would mean something else (values drawn stay drawn).
std::vector<Step> repeatable_life() {
    std::vector<Step> steps = scripted_life();
    std::erase_if(steps, [](const Step& step) { return step.name.starts_with("draw"); });
    return steps;
}

TEST(Fault, EveryFailingCallIsReportedAndLeavesNothingBehind) {
    const std::vector<Step> steps = repeatable_life();
    const auto undisturbed = SimulatedDisk::create();
    {
        TestDatabase db(undisturbed, TestDatabase::Closed{});
        live_through(db, steps);
    }
    const std::vector<Fault> faults{{ErrorCode::kDiskFull, FailureEffect::kNothing},
                                    {ErrorCode::kDiskFull, FailureEffect::kPartly},
                                    {ErrorCode::kIo, FailureEffect::kNothing},
                                    {ErrorCode::kIo, FailureEffect::kPartly},
                                    {ErrorCode::kIo, FailureEffect::kEverything}};
    for (uint64_t event = 1; event <= undisturbed->event_count(); ++event) {
        for (const Fault& fault : faults) {
            SCOPED_TRACE("event " + std::to_string(event) + " (" + undisturbed->events()[event - 1] + ") fails with " +
                         std::to_string(static_cast<int>(fault.code)) + ", effect " +
                         std::to_string(static_cast<int>(fault.effect)));
            const auto disk = SimulatedDisk::create();
            disk->fail_event(event, fault.code, fault.effect);
            TestDatabase db(disk, TestDatabase::Closed{});
            live_through(db, steps);
            ASSERT_FALSE(HasFailure());
        }
    }
}

// Two neighbouring calls fail: the second hits the putting in order after the first. The database may then refuse work
// until it is reopened; what it acknowledged is there.
TEST(Fault, TwoFailuresInARowLoseNothingAcknowledged) {
    const auto undisturbed = SimulatedDisk::create();
    {
        TestDatabase db(undisturbed);
        const ObjectId table = db.create_table("t");
        db.insert(table, {{1, "one"}});
        EXPECT_TRUE(db.core().checkpoint().ok());
        db.insert(table, {{2, "two"}});
    }
    for (uint64_t event = 1; event <= undisturbed->event_count(); ++event) {
        SCOPED_TRACE("event " + std::to_string(event) + " (" + undisturbed->events()[event - 1] + ") and the next");
        const auto disk = SimulatedDisk::create();
        disk->fail_event(event, ErrorCode::kIo, FailureEffect::kEverything);
        disk->fail_event(event + 1, ErrorCode::kIo, FailureEffect::kNothing);
        TestDatabase db(disk, TestDatabase::Closed{});
        Status opened = db.try_open();
        for (int attempt = 0; attempt < 2 && !opened.ok(); ++attempt) {
            opened = db.try_open();
        }
        ASSERT_TRUE(opened.ok()) << opened.error().message;
        auto table = db.try_create_table("t");
        for (int attempt = 0; attempt < 2 && !table.ok(); ++attempt) {
            db.reopen();
            auto transaction = db.begin();
            const ObjectId there = id_of(*transaction, "t");
            db.core().rollback(std::move(transaction));
            table = there == kNoObject ? db.try_create_table("t") : Result<ObjectId>(there);
        }
        ASSERT_TRUE(table.ok()) << table.error().message;
        std::map<int64_t, bool> acknowledged;
        for (const int64_t id : {1, 2, 3}) {
            acknowledged[id] = db.try_insert(*table, {{id, "row"}}).ok();
            (void)db.core().checkpoint().ok();
        }
        db.reopen();
        const Rows rows = db.rows(*table);
        for (const auto& [id, is_acknowledged] : acknowledged) {
            const auto found = std::count(rows.begin(), rows.end(), std::pair(id, std::string("row")));
            EXPECT_TRUE(!is_acknowledged || found == 1);
        }
        db.check();
        ASSERT_TRUE(db.try_insert(*table, {{4, "goes on"}}).ok());
        ASSERT_FALSE(HasFailure());
    }
}

// A commit failed at the log, a checkpoint follows, and the number of the failed commit is given to another one after a
// restart: the failed rows do not come to life with it.
TEST(Fault, RowsOfAFailedCommitStayDeadOverACheckpoint) {
    for (const bool reopens : {false, true}) {
        TestDatabase db;
        const ObjectId table = db.create_table("t");
        db.insert(table, {{1, "one"}, {2, "two"}});
        db.disk().fail_event(db.disk().event_count() + 1, ErrorCode::kIo);
        EXPECT_FALSE(db.try_insert(table, {{3, "never"}, {4, "never"}}).ok());
        db.disk().fail_event(db.disk().event_count() + 1, ErrorCode::kIo);
        EXPECT_FALSE(db.try_update(table, 1, "never").ok());
        ASSERT_TRUE(db.core().checkpoint().ok());
        if (reopens) {
            db.reopen();
        }
        db.insert(table, {{5, "five"}});
        EXPECT_EQ(db.rows(table), (Rows{{1, "one"}, {2, "two"}, {5, "five"}}));
        db.insert(table, {{3, "later"}});
        db.reopen();
        EXPECT_EQ(db.rows(table), (Rows{{1, "one"}, {2, "two"}, {3, "later"}, {5, "five"}}));
        db.check();
    }
}

// Noting the values of a rolled-back transaction is the only thing that fails: the log is put in order for the next.
TEST(Fault, AFailedNoteOfDrawnValuesDoesNotStopLaterCommits) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    ASSERT_TRUE(in_transaction(db, [](storage::Transaction& transaction) {
                    return create_sequence(transaction, "s");
                }).ok());
    auto transaction = db.begin();
    const ObjectId sequence =
        transaction->catalog()->find(catalog::NameSpace::kSequences, catalog::kMainSchema, "s")->id;
    EXPECT_EQ(transaction->next_value(sequence).value(), 1);
    db.disk().fail_event(db.disk().event_count() + 1, ErrorCode::kDiskFull);
    db.core().rollback(std::move(transaction));
    EXPECT_TRUE(db.try_insert(table, {{1, "one"}}).ok());
    db.reopen();
    EXPECT_EQ(db.rows(table), (Rows{{1, "one"}}));
}

// Values that a transaction drew and showed are not given again, whatever became of the transaction.
TEST(Fault, ValuesDrawnByALosingTransactionStayDrawnOverARestart) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    ASSERT_TRUE(in_transaction(db, [](storage::Transaction& transaction) {
                    return create_sequence(transaction, "s");
                }).ok());
    auto loser = db.begin();
    const ObjectId sequence = loser->catalog()->find(catalog::NameSpace::kSequences, catalog::kMainSchema, "s")->id;
    EXPECT_EQ(loser->next_value(sequence).value(), 1);
    db.insert_in(*loser, table, {{1, "loser"}});
    db.insert(table, {{1, "winner"}});
    EXPECT_FALSE(db.commit(std::move(loser)).ok());
    db.reopen();
    auto transaction = db.begin();
    EXPECT_EQ(transaction->next_value(sequence).value(), 2);
    db.core().rollback(std::move(transaction));
}

// Not synchronous: commits that were seen may be lost with the log. The log must not go on behind them, for the commits
// after the gap could never be read again; a restart begins with what is durable.
TEST(Fault, WithoutSynchronousALostLogTakesNoMoreCommitsUntilReopened) {
    OpenOptions options;
    options.synchronous = false;
    TestDatabase db(SimulatedDisk::create(), options);
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "durable"}});
    ASSERT_TRUE(db.core().checkpoint().ok());
    for (uint64_t ahead = 1; ahead <= 20; ++ahead) {
        db.disk().fail_event(db.disk().event_count() + ahead, ErrorCode::kIo);
    }
    db.insert(table, {{2, "perhaps"}});
    EXPECT_FALSE(db.core().checkpoint().ok());
    EXPECT_EQ(db.rows(table).size(), 2u);
    const Status refused = db.try_insert(table, {{3, "too late"}});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kIo);
    EXPECT_FALSE(db.core().checkpoint().ok());
    EXPECT_EQ(db.rows(table).size(), 2u);
    db.close();
    TestDatabase again(db.disk().after_crash(CrashMode::kKeepNothingUnsynced), options);
    EXPECT_EQ(again.rows(table), (Rows{{1, "durable"}}));
    again.insert(table, {{3, "in time"}});
    again.reopen();
    EXPECT_EQ(again.rows(table), (Rows{{1, "durable"}, {3, "in time"}}));
    again.check();
}

// The disk is full for a while: statements and commits say so, readers and later commits do not notice.
TEST(Fault, AFullDiskStopsWritersUntilThereIsSpace) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}});
    const uint64_t used = db.disk().bytes_used();
    for (const uint64_t spare : {0, 100, 1'000, 100'000, 700'000}) {
        db.disk().set_capacity(used + spare);
        // Larger than what the log has reserved.
        const Status full = db.try_insert(table, {{2, std::string(2 << 20, 'x')}});
        ASSERT_FALSE(full.ok());
        EXPECT_EQ(full.error().code, ErrorCode::kDiskFull) << full.error().message;
        const Status checkpoint = db.core().checkpoint();
        EXPECT_TRUE(checkpoint.ok() || checkpoint.error().code == ErrorCode::kDiskFull);
        EXPECT_EQ(db.rows(table), (Rows{{1, "one"}}));
        db.disk().set_capacity(UINT64_MAX);
        EXPECT_TRUE(db.try_insert(table, {{3, "fits"}}).ok());
        EXPECT_TRUE(db.try_erase(table, 3).ok());
        db.check();
    }
    db.reopen();
    EXPECT_EQ(db.rows(table), (Rows{{1, "one"}}));
    db.check();
}

// A load that cannot be spilled fails as a statement; its files go away and the transaction can go on.
TEST(Fault, ALoadThatDoesNotFitLeavesNoFiles) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    const uint64_t before = db.disk().bytes_used();
    db.disk().set_capacity(before + (400 << 10));
    auto transaction = db.begin();
    const auto mark = transaction->mark();
    Rows rows;
    for (int64_t id = 0; id < 300'000; ++id) {
        rows.emplace_back(id * 7919, std::string(1, static_cast<char>('a' + id % 26)) + std::to_string(id * 7919));
    }
    const Status full = db.try_insert_in(*transaction, table, rows);
    ASSERT_FALSE(full.ok());
    EXPECT_EQ(full.error().code, ErrorCode::kDiskFull) << full.error().message;
    transaction->undo_to(mark);
    db.insert_in(*transaction, table, {{1, "small"}});
    EXPECT_TRUE(db.commit(std::move(transaction)).ok());
    EXPECT_TRUE(db.disk().list(db.path() + "/data")->empty());
    db.disk().set_capacity(UINT64_MAX);
    db.insert(table, {{2, "later"}});
    db.reopen();
    EXPECT_EQ(db.rows(table), (Rows{{1, "small"}, {2, "later"}}));
    db.check();
}

}  // namespace
}  // namespace kodiak::timeline
