// Both routes of a statement by key give the same answers: the router past the planner, and the engine.
//
// Random statements of the router's shapes run on two databases: on one as plain SQL, on the other through the router
// wherever it takes them. Answers, errors and tables must be equal all the time. The seed reprints the run.

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock/clock.hpp"
#include "base/disk/simulated_disk.hpp"
#include "base/random/random.hpp"
#include "engine/engine.hpp"
#include "language/key_statement.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::database {
namespace {

std::string text_of(engine::QueryResult& result) {
    if (result.kind() == engine::ResultKind::kChangedRows) {
        return "changed " + std::to_string(result.changed_rows());
    }
    std::string text = result.columns().empty() ? "" : result.columns()[0].name + ":";
    engine::ResultChunk chunk;
    for (;;) {
        const auto more = result.next(chunk);
        if (!more.ok()) {
            return "ERROR " + std::string(sqlstate(more.error().code));
        }
        if (!more.value()) {
            return text;
        }
        for (size_t row = 0; row < chunk.rows(); ++row) {
            for (size_t column = 0; column < result.columns().size(); ++column) {
                text += column > 0 ? "|" : " / ";
                text += chunk.is_null(column, row) ? std::string("NULL") : std::string(chunk.text(column, row));
            }
        }
    }
}

struct Side {
    explicit Side(bool routes) : is_routed(routes) {
        timeline::Surroundings surroundings = timeline::Surroundings::real();
        surroundings.disk = SimulatedDisk::create();
        core = timeline::DatabaseCore::open(surroundings, "/shop.kodiak", {}).value();
        engine::EngineOptions options;
        options.threads = 1;
        engine = engine::Engine::create(options).value();
        EXPECT_TRUE(engine->attach("shop", *core).ok());
        connection = engine->connect("shop").value();
    }

    std::string run(const std::string& sql) {
        const auto statement = is_routed ? language::parse_key_statement(sql) : std::nullopt;
        if (statement) {
            auto answer = connection->execute_by_key(*statement);
            if (!answer.ok()) {
                ++routed;
                return "ERROR " + std::string(sqlstate(answer.error().code)) + " " + answer.error().message;
            }
            if (*answer) {
                ++routed;
                return text_of(*(**answer).result);
            }
        }
        auto result = connection->execute(sql);
        return result.ok() ? text_of(**result)
                           : "ERROR " + std::string(sqlstate(result.error().code)) + " " + result.error().message;
    }

    const bool is_routed;
    size_t routed = 0;
    std::unique_ptr<timeline::DatabaseCore> core;
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<engine::Connection> connection;
};

const std::vector<std::string> kDefinitions = {
    "CREATE TABLE plain (id BIGINT PRIMARY KEY, a INTEGER, s VARCHAR, d DOUBLE)",
    "CREATE TABLE small (id TINYINT PRIMARY KEY, a SMALLINT UNIQUE, u UBIGINT, h HUGEINT)",
    "CREATE TABLE texts (s VARCHAR PRIMARY KEY, n DECIMAL(9, 2), b BOOLEAN, day DATE)",
    "CREATE TABLE pair (a INTEGER, b VARCHAR, c INTEGER NOT NULL, PRIMARY KEY (b, a))",
    "CREATE TABLE days (day DATE PRIMARY KEY, t TIMESTAMP, u UUID, i INTERVAL)",
    "CREATE TABLE money (m DECIMAL(18, 3) PRIMARY KEY, x INTEGER DEFAULT 7, y INTEGER)",
    "CREATE TABLE checked (id INTEGER PRIMARY KEY, a INTEGER CHECK (a > 0), b INTEGER)",
    "CREATE TABLE made (id INTEGER PRIMARY KEY, a INTEGER, twice INTEGER GENERATED ALWAYS AS (a * 2))",
    "CREATE TABLE loose (id INTEGER, a INTEGER)",
    "CREATE TABLE child (id INTEGER PRIMARY KEY, parent BIGINT REFERENCES plain (id))",
};
// The tables with their columns; `kinds` has a letter for each column: which constants fit it.
struct Table {
    std::string name;
    std::vector<std::string> columns;
    std::string kinds;
};
const std::vector<Table> kTables = {
    {"plain", {"id", "a", "s", "d"}, "iisn"}, {"small", {"id", "a", "u", "h"}, "iiii"},
    {"texts", {"s", "n", "b", "day"}, "snbd"}, {"pair", {"a", "b", "c"}, "isi"},
    {"days", {"day", "t", "u", "i"}, "dd**"}, {"money", {"m", "x", "y"}, "iii"},
    {"checked", {"id", "a", "b"}, "iii"},     {"made", {"id", "a", "twice"}, "iii"},
    {"loose", {"id", "a"}, "ii"},             {"child", {"id", "parent"}, "ii"},
};

const std::vector<std::string> kTransactions = {"BEGIN", "COMMIT", "ROLLBACK", "COMMIT",
                                                "DROP TABLE IF EXISTS temp.plain", "SELECT 1"};
const std::vector<std::string> kConstants = {
    "0",     "1",     "2",   "3",   "-1",    "7",     "200",     "40000", "9223372036854775807", "9223372036854775808",
    "1.5",   "-2.25", "007", "-0",  "''",    "'a'",   "0.001",   "1.005", "100000000.125", "'long text, not inline'",
    "NULL",  "TRUE",  "'b'", "'1'", "FALSE", "'1.5'", "'1 day'", "'2020-02-29'", "'2020-02-30'",
    "'2020-02-29 12:00:01.5'", "'4ac7a9e9-607c-4c8a-84f3-843f0191e3fd'"};

class StatementMaker {
   public:
    explicit StatementMaker(uint64_t seed) : random_(seed) {}

    std::string next() {
        const Table& table = pick(kTables);
        switch (below(12)) {
            case 0:
            case 1:
                return "SELECT * FROM " + table.name + (below(3) == 0 ? range(table) : where(table));
            case 2:
                return "SELECT " + pick(table.columns) + ", " + pick(table.columns) + " FROM main." + table.name +
                       where(table);
            case 3:
            case 4:
            case 5:
                return "INSERT INTO " + table.name + row(table);
            case 6: {
                const size_t other = below(table.columns.size());
                return "INSERT INTO " + table.name + " (" + table.columns[0] + ", " + table.columns[other] +
                       ") VALUES (" + constant(table.kinds[0]) + ", " + constant(table.kinds[other]) + ")";
            }
            case 7:
            case 8: {
                const size_t set = below(table.columns.size());
                const std::string step = below(3) > 0 ? "" : table.columns[set] + (below(2) == 0 ? " + " : " - ");
                return "UPDATE " + table.name + " SET " + table.columns[set] + " = " + step +
                       constant(table.kinds[set]) + where(table);
            }
            case 9:
                return "DELETE FROM " + table.name + where(table);
            default:
                return pick(kTransactions);
        }
    }

   private:
    std::string row(const Table& table) {
        std::string values = " VALUES (" + constant(table.kinds[0]);
        for (size_t i = 1; i < table.columns.size(); ++i) {
            values += ", " + constant(table.kinds[i]);
        }
        return values + ")";
    }
    std::string where(const Table& table) {
        if (table.name == "pair") {
            return " WHERE a = " + constant('i') + " AND b = " + constant('s');
        }
        const size_t column = below(4) == 0 ? below(table.columns.size()) : 0;
        return " WHERE " + table.columns[column] + " = " + constant(table.kinds[column]);
    }
    std::string range(const Table& table) {
        static const std::vector<std::string> kOrders = {"", "", " ORDER BY ", " ORDER BY ", " ORDER BY "};
        const std::string& column = table.columns[0];
        const std::string order = pick(kOrders);
        const std::string bounds = below(2) == 0
                                       ? " BETWEEN " + constant('i') + " AND " + constant('i')
                                       : (below(2) == 0 ? " > " : " >= ") + constant('i') + " AND " + column +
                                             (below(2) == 0 ? " < " : " <= ") + constant('i');
        return " WHERE " + column + bounds + (order.empty() ? "" : order + column + (below(2) == 0 ? " DESC" : ""));
    }
    // Mostly one that fits.
    std::string constant(char kind) {
        if (below(8) != 0) {
            switch (kind) {
                case 'i':
                    return std::to_string(below(12));
                case 'n':
                    return std::to_string(below(12)) + ".5";
                case 's':
                    return "'text " + std::to_string(below(12)) + (below(2) == 0 ? "'" : " that is not inline'");
                case 'd':
                    return "'2020-02-" + std::to_string(10 + below(12)) + "'";
                case 'b':
                    return below(2) == 0 ? "TRUE" : "FALSE";
                default:
                    break;
            }
        }
        return pick(kConstants);
    }
    template <class Item>
    const Item& pick(const std::vector<Item>& list) {
        return list[below(list.size())];
    }
    size_t below(size_t count) { return static_cast<size_t>(random_() % count); }

    std::mt19937_64 random_;
};

void run_history(uint64_t seed, size_t steps) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Side plain(false);
    Side routed(true);
    for (const std::string& sql : kDefinitions) {
        ASSERT_EQ(plain.run(sql), routed.run(sql));
    }
    StatementMaker maker(seed);
    std::vector<std::string> recent;
    for (size_t step = 0; step < steps; ++step) {
        const std::string sql = maker.next();
        ASSERT_EQ(plain.run(sql), routed.run(sql)) << "step " << step << ": " << sql;
        if (step % 50 == 49) {
            for (const Table& table : kTables) {
                const std::string all = "SELECT * FROM " + table.name + " ORDER BY ALL";
                ASSERT_EQ(plain.run(all), routed.run(all)) << "after step " << step;
            }
        }
        if (plain.connection->has_failed()) {
            ASSERT_EQ(plain.run("ROLLBACK"), routed.run("ROLLBACK"));
        }
    }
    EXPECT_GT(routed.routed, steps / 4);
}

TEST(RoutesTest, BothGiveTheSameAnswers) {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        run_history(seed, 600);
        if (HasFatalFailure()) {
            return;
        }
    }
}

// What a name means may change under a plan that was made for it.
TEST(RoutesTest, PlansFollowTheMeaningOfNames) {
    Side side(true);
    side.run("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)");
    side.run("INSERT INTO t VALUES (1, 10)");
    EXPECT_EQ(side.run("SELECT a FROM t WHERE id = 1"), "a: / 10");
    side.run("CREATE TEMP TABLE t AS SELECT 1 AS id, 20 AS a");
    EXPECT_EQ(side.run("SELECT a FROM t WHERE id = 1"), "a: / 20");
    side.run("DROP TABLE temp.t");
    EXPECT_EQ(side.run("SELECT a FROM t WHERE id = 1"), "a: / 10");
    auto other = side.engine->connect("shop").value();
    ASSERT_TRUE(other->execute("ALTER TABLE t RENAME COLUMN a TO b").ok());
    EXPECT_EQ(side.run("SELECT a FROM t WHERE id = 1").substr(0, 11), "ERROR 42703");
    EXPECT_EQ(side.run("SELECT b FROM t WHERE id = 1"), "b: / 10");
    ASSERT_TRUE(other->execute("DROP TABLE t").ok());
    EXPECT_EQ(side.run("SELECT b FROM t WHERE id = 1").substr(0, 11), "ERROR 42P01");
    side.run("ATTACH ':memory:' AS m");
    side.run("CREATE TABLE m.t AS SELECT 1 AS id, 30 AS b");
    side.run("USE m");
    EXPECT_EQ(side.run("SELECT b FROM t WHERE id = 1"), "b: / 30");
}

TEST(RoutesTest, AStatementThatFailsLeavesNoTrace) {
    Side side(true);
    side.run("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)");
    side.run("INSERT INTO t VALUES (1, 10)");
    const size_t before = side.routed;
    EXPECT_EQ(side.run("INSERT INTO t VALUES (1, 11)").substr(0, 11), "ERROR 23505");
    EXPECT_EQ(side.run("SELECT * FROM t WHERE id = 1"), "id: / 1|10");
    side.run("BEGIN");
    side.run("UPDATE t SET a = 12 WHERE id = 1");
    EXPECT_EQ(side.run("INSERT INTO t VALUES (1, 11)").substr(0, 11), "ERROR 23505");
    EXPECT_EQ(side.run("SELECT * FROM t WHERE id = 1").substr(0, 11), "ERROR 25P02");
    side.run("ROLLBACK");
    EXPECT_EQ(side.run("SELECT * FROM t WHERE id = 1"), "id: / 1|10");
    EXPECT_EQ(side.routed - before, 5u);
}

// A transaction writes one database (KD013), whichever way the statements went.
TEST(RoutesTest, ASecondDatabaseIsRefusedAfterARoutedWrite) {
    Side side(true);
    side.run("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)");
    side.run("ATTACH ':memory:' AS m");
    side.run("CREATE TABLE m.n (i INTEGER)");
    side.run("BEGIN");
    EXPECT_EQ(side.run("INSERT INTO t VALUES (1, 1)"), "changed 1");
    EXPECT_EQ(side.run("INSERT INTO m.n VALUES (1)").substr(0, 5), "ERROR");
    side.run("ROLLBACK");
    side.run("BEGIN");
    side.run("INSERT INTO m.n VALUES (1)");
    EXPECT_EQ(side.run("INSERT INTO t VALUES (1, 1)").substr(0, 5), "ERROR");
    side.run("ROLLBACK");
    EXPECT_EQ(side.run("SELECT * FROM t WHERE id = 1"), "id:");
}

TEST(RoutesTest, ParametersActAsConstantsDo) {
    Side side(true);
    side.run("CREATE TABLE t (id BIGINT PRIMARY KEY, s VARCHAR, d DOUBLE)");
    const auto run = [&](const char* sql, std::vector<engine::Parameter> values) {
        const auto statement = language::parse_key_statement(sql);
        auto answer = side.connection->execute_by_key(*statement, values);
        return !answer.ok() ? "ERROR" : *answer ? text_of(*(**answer).result) : std::string("general");
    };
    EXPECT_EQ(run("INSERT INTO t VALUES ($1, $2, $3)", {int64_t{5}, std::string("five"), 0.5}), "changed 1");
    EXPECT_EQ(run("SELECT * FROM t WHERE id = ?", {int64_t{5}}), "id: / 5|five|0.5");
    EXPECT_EQ(run("UPDATE t SET s = $2 WHERE id = $1", {int64_t{5}, std::monostate()}), "changed 1");
    EXPECT_EQ(run("SELECT s FROM t WHERE id = ?", {int64_t{5}}), "s: / NULL");
    EXPECT_EQ(run("UPSERT INTO t VALUES (?, ?, ?)", {int64_t{5}, std::string("x"), true}), "changed 1");
    EXPECT_EQ(run("SELECT d FROM t WHERE id = ?", {0.5}), "general");
    EXPECT_EQ(run("SELECT d FROM t WHERE id = ?", {}), "general");
    EXPECT_EQ(run("SELECT d FROM t WHERE id = ?", {int64_t{5}}), "d: / 1.0");
}

}  // namespace
}  // namespace kodiak::database
