// Going back against a model: random histories, RESTORE, UNDROP and REVERT in between, and consumers that miss nothing.
//
// Each commit's tables are remembered as text; whatever goes back must show them again, old commits must stay what they
// were, and check() must find the database whole. The seed reprints the run.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "database/database.hpp"
#include "database/incremental.hpp"

namespace kodiak::database {
namespace {

class TextSink final : public ResultSink {
   public:
    std::string text;
    Status begin(const std::vector<ResultColumn>& columns) override {
        columns_ = columns.size();
        return {};
    }
    Status rows(const RowBatch& batch) override {
        for (size_t row = 0; row < batch.row_count(); ++row) {
            for (size_t column = 0; column < columns_; ++column) {
                text += (column == 0 ? "" : "|") + std::string(batch.text(row, column));
            }
            text += "/";
        }
        return {};
    }
    Status end(const Answer&) override { return {}; }

   private:
    size_t columns_ = 0;
};

class GoingBack : public testing::Test {
   protected:
    GoingBack() {
        folder_ = std::filesystem::path(testing::TempDir()) /
                  ("going_back_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        std::filesystem::remove_all(folder_);
        open();
    }
    ~GoingBack() override {
        close();
        std::filesystem::remove_all(folder_);
    }
    void open() {
        database_ = Database::open(folder_.string()).value();
        session_ = database_->connect().value();
    }
    void close() {
        session_.reset();
        database_.reset();
    }
    // The answer; "ERROR state" for a statement that failed.
    std::string run(const std::string& sql) {
        TextSink sink;
        const Status done = session_->execute_script(sql, sink);
        return done.ok() ? sink.text : "ERROR " + std::string(sqlstate(done.error().code));
    }
    uint64_t head() { return std::stoull(run("SELECT max(seq) FROM kodiak_commits")); }
    // Both tables as text; "none" for one that is not there.
    std::string state(const std::string& point = "") {
        std::string text;
        for (const char* table : {"parent", "child"}) {
            const std::string rows = run(std::string("SELECT * FROM ") + table + point + " ORDER BY id");
            text += rows.starts_with("ERROR") ? "none" : rows;
            text += ";";
        }
        return text;
    }
    void expect_whole() {
        const auto findings = database_->check();
        ASSERT_TRUE(findings.ok()) << findings.error().message;
        EXPECT_TRUE(findings->empty()) << findings->front().place << ": " << findings->front().problem;
    }

    std::filesystem::path folder_;
    std::unique_ptr<Database> database_;
    std::unique_ptr<Session> session_;
};

std::string random_write(std::mt19937_64& random) {
    const auto id = std::to_string(random() % 12);
    const auto other = std::to_string(random() % 12);
    switch (random() % 9) {
        case 0:
        case 1:
            return "INSERT OR REPLACE INTO parent VALUES (" + id + ", 'text " + other + " that is longer')";
        case 2:
            return "DELETE FROM child WHERE id % 3 = " + std::to_string(random() % 3);
        case 3:
            return "INSERT OR IGNORE INTO child SELECT " + id + ", min(id) FROM parent HAVING min(id) IS NOT NULL";
        case 4:
            return "UPDATE parent SET name = 'x" + other + "' WHERE id < " + id;
        case 5:
            return "UPDATE child SET id = id + 20 WHERE id = " + id;
        case 6:
            return "DELETE FROM parent WHERE id = " + id + " AND id NOT IN (SELECT parent FROM child)";
        case 7:
            return "INSERT OR IGNORE INTO parent SELECT i, NULL FROM range(" + id + ") r(i)";
        default:
            return "BEGIN; DELETE FROM child; DELETE FROM parent WHERE id > " + other + "; COMMIT";
    }
}

TEST_F(GoingBack, RestoredTablesAreWhatTheyWere) {
    const uint64_t seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    run("CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR)");
    run("CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id))");
    const uint64_t first = head();
    std::map<uint64_t, std::string> states{{first, state()}};
    std::set<uint64_t> without_child;  // going back to these would leave the writes nothing to write to
    for (int step = 0; step < 120; ++step) {
        const uint64_t back = first + random() % (head() - first + 1);
        const std::string point = std::to_string(back);
        const int action = static_cast<int>(random() % 12);
        if (action == 0 && !without_child.contains(back)) {
            ASSERT_EQ(run("RESTORE DATABASE AS OF COMMIT " + point), "");
            ASSERT_EQ(state(), states[back]) << "database as of " << back;
        } else if (action == 1) {
            const uint64_t newest = head();
            const std::string now = state();
            if (run(random_write(random)).starts_with("ERROR")) {
                run("ROLLBACK");
            }
            if (head() > newest) {
                states[head()] = state();
                ASSERT_EQ(run("REVERT COMMIT " + std::to_string(newest + 1) + " TO " + std::to_string(head())), "");
                ASSERT_EQ(state(), now) << "reverted " << newest + 1;
            }
        } else if (action == 2) {
            const std::string now = state();
            ASSERT_EQ(run("DROP TABLE child"), "");
            without_child.insert(head());
            states[head()] = state();
            ASSERT_EQ(run("UNDROP TABLE child"), "");
            ASSERT_EQ(state(), now);
        } else if (action == 3) {
            ASSERT_EQ(run("CHECKPOINT"), "");
        } else if (action == 4 && step % 3 == 0) {
            close();
            open();
        } else {
            const std::string sql = random_write(random);
            const std::string answer = run(sql);
            ASSERT_TRUE(!answer.starts_with("ERROR") || answer == "ERROR 23503") << sql << ": " << answer;
            if (answer.starts_with("ERROR")) {
                run("ROLLBACK");
            }
        }
        states[head()] = state();
    }
    for (const auto& [commit, remembered] : states) {
        EXPECT_EQ(state(" AS OF COMMIT " + std::to_string(commit)), remembered) << "commit " << commit;
    }
    expect_whole();
}

TEST_F(GoingBack, AConsumerUsesEachChangeOnceWhateverFails) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE copy (id INTEGER PRIMARY KEY); CREATE WATERMARK w ON t");
    for (int round = 0; round < 30; ++round) {
        run("INSERT INTO t VALUES (" + std::to_string(round) + ")");
        const auto used = process_incremental(*session_, "w", "t", [&](const ChangeSet& changes) -> Status {
            EXPECT_EQ(changes.columns.front().name, "op");
            // The copy's key refuses what came before.
            EXPECT_EQ(run("INSERT INTO copy SELECT new.id FROM kodiak_changes('t', since => 'w')"), "");
            return round % 3 == 0 ? Status(make_error(ErrorCode::kDataException, "not today")) : Status();
        });
        EXPECT_EQ(used.ok(), round % 3 != 0) << round;
        EXPECT_FALSE(session_->in_transaction());
        if (round % 10 == 9) {
            close();
            open();
        }
    }
    EXPECT_TRUE(process_incremental(*session_, "w", "t", [&](const ChangeSet&) { return Status(); }).ok());
    EXPECT_EQ(run("SELECT count(*) FROM copy"), "30/");
    expect_whole();
}

}  // namespace
}  // namespace kodiak::database
