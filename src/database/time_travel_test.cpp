// The past against a model: random histories whose every commit is remembered, read back by AS OF, SINCE and changes.
//
// Checkpoints and restarts come in between. The seed reprints the run.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/disk/simulated_disk.hpp"
#include "engine/engine.hpp"
#include "language/rewrite.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::database {
namespace {

using Rows = std::map<int, int>;  // id -> value

class Shop {
   public:
    Shop() { open(); }
    ~Shop() { close(); }

    void restart() {
        close();
        open();
    }
    void checkpoint() { ASSERT_TRUE(core_->checkpoint().ok()); }

    // Cells by '|', rows by '/'; "ERROR state" for a statement that failed.
    std::string run(const std::string& sql) {
        const auto rewritten = language::rewrite_plain(sql);
        EXPECT_TRUE(rewritten.ok()) << sql;
        auto result = connection_->execute(rewritten->text);
        if (!result.ok()) {
            return "ERROR " + std::string(sqlstate(result.error().code)) + " " + result.error().message;
        }
        std::string text;
        engine::ResultChunk chunk;
        for (;;) {
            const auto more = (*result)->next(chunk);
            EXPECT_TRUE(more.ok()) << sql;
            if (!more.ok() || !more.value()) {
                return text;
            }
            for (size_t row = 0; row < chunk.rows(); ++row) {
                text += text.empty() ? "" : "/";
                for (size_t column = 0; column < (*result)->columns().size(); ++column) {
                    text += column > 0 ? "|" : "";
                    text += chunk.text(column, row);
                }
            }
        }
    }

   private:
    void open() {
        timeline::Surroundings surroundings = timeline::Surroundings::real();
        surroundings.disk = disk_;
        core_ = timeline::DatabaseCore::open(surroundings, "/shop.kodiak", {}).value();
        engine::EngineOptions options;
        options.threads = 1;
        engine_ = engine::Engine::create(options).value();
        EXPECT_TRUE(engine_->attach("shop", *core_).ok());
        connection_ = engine_->connect("shop").value();
    }
    void close() {
        connection_.reset();
        engine_.reset();
        core_.reset();
    }

    std::shared_ptr<SimulatedDisk> disk_ = SimulatedDisk::create();
    std::unique_ptr<timeline::DatabaseCore> core_;
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<engine::Connection> connection_;
};

std::string text_of(const Rows& rows) {
    std::string text;
    for (const auto& [id, value] : rows) {
        text += (text.empty() ? "" : "/") + std::to_string(id) + "|" + std::to_string(value);
    }
    return text;
}

class History {
   public:
    explicit History(uint64_t seed) : random_(seed) {
        shop_.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)");
        states_ = {{}, {}, {}};  // by seq: nothing, the database, the table
        written_ = {{}, {}, {}};
    }

    void step() {
        Rows rows = states_.back();
        std::map<int, uint64_t> written = written_.back();
        const uint64_t seq = states_.size();
        switch (below(10)) {
            case 0:
                return shop_.checkpoint();
            case 1:
                return shop_.restart();
            case 2:
            case 3:
                add(rows, written, seq, 1 + below(below(8) == 0 ? 3000 : 5));
                break;
            case 4:
                remove(rows, written);
                break;
            default:
                change(rows, written, seq);
        }
        if (rows != states_.back()) {
            states_.push_back(std::move(rows));
            written_.push_back(std::move(written));
        }
    }

    void check() {
        const size_t seq = 2 + below(states_.size() - 2);
        const std::string at = std::to_string(seq);
        ASSERT_EQ(shop_.run("SELECT id, v FROM t AS OF COMMIT " + at + " ORDER BY id"), text_of(states_[seq]));
        ASSERT_EQ(shop_.run("SELECT count(*) FROM t AS OF COMMIT " + at), std::to_string(states_[seq].size()));
        const size_t since = 2 + below(states_.size() - 2);
        Rows young;
        for (const auto& [id, value] : states_.back()) {
            if (written_.back().at(id) >= since) {
                young[id] = value;
            }
        }
        ASSERT_EQ(shop_.run("SELECT id, v FROM t SINCE COMMIT " + std::to_string(since) + " ORDER BY id"),
                  text_of(young));
        check_changes(std::min(seq, since), std::max(seq, since));
    }

   private:
    // Each commit's changes are the difference of the states around it.
    void check_changes(size_t after, size_t upto) {
        std::string expected;
        for (size_t seq = after + 1; seq <= upto; ++seq) {
            const Rows& before = states_[seq - 1];
            const Rows& now = states_[seq];
            std::map<int, std::string> changes;
            for (const auto& [id, value] : before) {
                const auto left = now.find(id);
                if (left == now.end()) {
                    changes[id] = "DELETE|" + std::to_string(value) + "|";
                } else if (left->second != value) {
                    changes[id] = "UPDATE|" + std::to_string(value) + "|" + std::to_string(left->second);
                }
            }
            for (const auto& [id, value] : now) {
                if (!before.contains(id)) {
                    changes[id] = "INSERT||" + std::to_string(value);
                }
            }
            for (const auto& [id, change] : changes) {
                expected += expected.empty() ? "" : "/";
                expected += std::to_string(seq) + "|" + std::to_string(id) + "|" + change;
            }
        }
        ASSERT_EQ(shop_.run("SELECT commit_seq, (key).id, op, (old).v, (new).v FROM (GET CHANGES FROM t SINCE COMMIT " +
                            std::to_string(after) + " UNTIL COMMIT " + std::to_string(upto) + ") ORDER BY 1, 2"),
                  expected);
    }

    void add(Rows& rows, std::map<int, uint64_t>& written, uint64_t seq, size_t count) {
        const int first = rows.empty() ? 0 : rows.rbegin()->first + 1;
        for (size_t i = 0; i < count; ++i) {
            rows[first + static_cast<int>(i)] = static_cast<int>(i);
            written[first + static_cast<int>(i)] = seq;
        }
        shop_.run("INSERT INTO t SELECT i + " + std::to_string(first) + ", i FROM range(" + std::to_string(count) +
                  ") r(i)");
    }
    void remove(Rows& rows, std::map<int, uint64_t>& written) {
        const int divisor = 2 + static_cast<int>(below(5));
        std::erase_if(rows, [&](const auto& row) { return row.first % divisor == 0; });
        std::erase_if(written, [&](const auto& row) { return row.first % divisor == 0; });
        shop_.run("DELETE FROM t WHERE id % " + std::to_string(divisor) + " = 0");
    }
    void change(Rows& rows, std::map<int, uint64_t>& written, uint64_t seq) {
        const int divisor = 1 + static_cast<int>(below(50));
        const int rest = static_cast<int>(below(static_cast<size_t>(divisor)));
        for (auto& [id, value] : rows) {
            if (id % divisor == rest) {
                ++value;
                written[id] = seq;
            }
        }
        shop_.run("UPDATE t SET v = v + 1 WHERE id % " + std::to_string(divisor) + " = " + std::to_string(rest));
    }
    size_t below(size_t count) { return static_cast<size_t>(random_() % count); }

    std::mt19937_64 random_;
    Shop shop_;
    std::vector<Rows> states_;                        // by seq
    std::vector<std::map<int, uint64_t>> written_;    // by seq: which commit wrote each row last
};

TEST(TimeTravelTest, EveryCommitOfARandomHistoryStaysReadable) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        History history(seed);
        for (int step = 0; step < 60; ++step) {
            history.step();
            history.check();
            if (::testing::Test::HasFatalFailure()) {
                return;
            }
        }
    }
}

}  // namespace
}  // namespace kodiak::database
