// The power goes at every event of a database's life: what was acknowledged is there afterwards, what was not is there
// wholly or not at all, and the database goes on.

#include <gtest/gtest.h>

#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

struct Ending {
    Model before;            // all steps that ended well
    Model after;             // and the one that the power loss hit
    std::string last_step;   // its name
};

// Lives until the power goes.
Ending live(TestDatabase& db, const Model& start, const std::vector<Step>& steps) {
    Ending ending{start, start, {}};
    ending.last_step = "open";
    if (!db.try_open().ok()) {
        return ending;
    }
    for (const Step& step : steps) {
        ending.last_step = step.name;
        step.expect(ending.after);
        const Status done = step.run(db);
        // A rollback that could not note its drawn values says nothing.
        if (!done.ok() || db.disk().power_is_off()) {
            break;
        }
        ending.before = ending.after;
    }
    db.close();
    return ending;
}

int64_t next_draw(TestDatabase& db) {
    auto transaction = db.begin();
    const auto sequence = transaction->catalog()->find(catalog::NameSpace::kSequences, catalog::kMainSchema, "s");
    const int64_t value = sequence == nullptr ? INT64_MAX : transaction->next_value(sequence->id).value();
    db.core().rollback(std::move(transaction));
    return value;
}

// Opens what a crash left and goes on with it. Returns what was found.
std::map<std::string, Rows> recover(const std::shared_ptr<SimulatedDisk>& disk, const Ending& ending) {
    TestDatabase db(disk, TestDatabase::Closed{});
    const Status opened = db.try_open();
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    if (!opened.ok()) {
        return {};
    }
    std::map<std::string, Rows> found = dump(db);
    EXPECT_TRUE(found == ending.before.rows() || found == ending.after.rows());
    db.check();
    const auto again = disk->after_crash(CrashMode::kKeepNothingUnsynced);
    EXPECT_GT(next_draw(db), ending.before.drawn);
    const ObjectId table = db.create_table("afterwards");
    db.insert(table, {{1, "life goes on"}});
    EXPECT_TRUE(db.core().checkpoint().ok());
    db.update(table, 1, "and on");
    db.reopen();
    auto expected = found;
    expected["afterwards"] = {{1, "and on"}};
    EXPECT_EQ(dump(db), expected);
    db.check();
    // What one recovery has shown, a second power loss does not take back.
    TestDatabase second(again, TestDatabase::Closed{});
    EXPECT_TRUE(second.try_open().ok());
    EXPECT_EQ(dump(second), found);
    return found;
}

struct After {
    CrashMode mode;
    uint64_t seeds;
};

void crash_everywhere(const std::shared_ptr<SimulatedDisk>& start, const Model& known, const std::vector<Step>& steps,
                      const std::vector<After>& modes) {
    const auto undisturbed = start->after_crash(CrashMode::kKeepAll);
    {
        TestDatabase db(undisturbed, TestDatabase::Closed{});
        live(db, known, steps);
    }
    const uint64_t events = undisturbed->event_count();
    ASSERT_GT(events, 10u);
    for (uint64_t event = 1; event <= events; ++event) {
        const auto disk = start->after_crash(CrashMode::kKeepAll);
        disk->crash_at_event(event);
        TestDatabase db(disk, TestDatabase::Closed{});
        const Ending ending = live(db, known, steps);
        ASSERT_TRUE(disk->power_is_off());
        for (const After& after : modes) {
            for (uint64_t seed = 0; seed < after.seeds; ++seed) {
                SCOPED_TRACE("event " + std::to_string(event) + " (" + disk->events().back() + ") in step \"" +
                             ending.last_step + "\", mode " + std::to_string(static_cast<int>(after.mode)) +
                             ", seed " + std::to_string(seed));
                recover(disk->after_crash(after.mode, seed), ending);
                ASSERT_FALSE(testing::Test::HasFailure());
            }
        }
    }
}

TEST(Crash, PowerLossAtEveryEventLosesNothingAcknowledgedAndInventsNothing) {
    crash_everywhere(SimulatedDisk::create(), {}, scripted_life(),
                     {{CrashMode::kKeepNothingUnsynced, 1}, {CrashMode::kKeepAll, 1}, {CrashMode::kRandomSubset, 3},
                      {CrashMode::kProcessKilled, 1}});
}

// A load that goes to files of its own, and the checkpoint behind it.
TEST(Crash, PowerLossInALargeLoadLeavesAllOfItOrNothing) {
    constexpr int64_t kRows = 123'000;
    const auto disk = SimulatedDisk::create();
    {
        TestDatabase db(disk);
        db.create_table("t");
        db.create_table("u");
        EXPECT_TRUE(db.core().checkpoint().ok());
    }
    const Rows rows = numbered_rows(0, kRows, "");
    Step load{"load",
              [&](TestDatabase& db) {
                  return in_transaction(db, [&](storage::Transaction& transaction) {
                      return db.try_insert_in(transaction, id_of(transaction, "t"), rows);
                  });
              },
              [&](Model& model) { model.tables["t"].insert(rows.begin(), rows.end()); }};
    Step checkpoint{"checkpoint", [](TestDatabase& db) { return db.core().checkpoint(); }};
    Model empty;
    empty.tables = {{"t", {}}, {"u", {}}};
    crash_everywhere(disk, empty, {load, checkpoint},
                     {{CrashMode::kKeepNothingUnsynced, 1}, {CrashMode::kRandomSubset, 1}});
}

}  // namespace
}  // namespace kodiak::timeline
