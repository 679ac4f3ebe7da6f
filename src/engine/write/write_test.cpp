// Every statement that writes, end to end: what it answers, what it leaves behind, which errors it gives.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "engine/connection/test_database.hpp"

namespace kodiak::engine {
namespace {

class Write : public ::testing::Test {
   protected:
    Write() : connection_(database_.connect()) {}
    std::string rows(const std::string& sql) { return connection_.rows(sql); }
    void run(const std::string& sql) { connection_.run(sql); }

    TestDatabase database_;
    TestConnection connection_;
};

TEST_F(Write, InsertFillsDefaultsAndReturnsWholeRows) {
    run("CREATE TABLE t (id INTEGER, name VARCHAR DEFAULT 'nobody', twice INTEGER AS (id * 2), late DATE)");
    EXPECT_EQ(rows("INSERT INTO t (id) VALUES (1), (2) RETURNING *"), "1|nobody|2|NULL / 2|nobody|4|NULL");
    EXPECT_EQ(rows("INSERT INTO t (late, id) VALUES ('2020-02-02', 3)"), "changed 1");
    EXPECT_EQ(rows("SELECT id, twice, late FROM t WHERE twice = 6"), "3|6|2020-02-02");
    EXPECT_EQ(rows("INSERT INTO t BY NAME SELECT 'me' AS name RETURNING name, twice"), "me|NULL");
    EXPECT_EQ(rows("UPDATE t SET name = DEFAULT WHERE name = 'me' RETURNING name"), "nobody");
}

TEST_F(Write, ColumnsBehindGeneratedOnesAreNotMixedUp) {  // docs/decisions/0002, trap 5
    run("CREATE TABLE t (a INTEGER, g INTEGER AS (a + c), b VARCHAR, c INTEGER CHECK (c < 100))");
    run("INSERT INTO t (a, b, c) VALUES (1, 'x', 10), (2, 'y', 20)");
    EXPECT_EQ(rows("SELECT * FROM t WHERE c = 20 AND b = 'y'"), "2|22|y|20");
    EXPECT_EQ(rows("UPDATE t SET c = c + 1 WHERE g = 11 RETURNING *"), "1|12|x|11");
    EXPECT_EQ(connection_.state("UPDATE t SET c = 100"), "23514");
    EXPECT_EQ(rows("DELETE FROM t WHERE b = 'x' RETURNING *"), "1|12|x|11");
}

TEST_F(Write, ConstraintsNameTheirColumnAndLeaveNothing) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, age INTEGER CHECK (age >= 0))");
    EXPECT_EQ(connection_.state("INSERT INTO t VALUES (1, 'a', 1), (2, NULL, 1)"), "23502");
    EXPECT_EQ(connection_.error().message, "NOT NULL constraint failed: t.name");
    EXPECT_EQ(connection_.state("INSERT INTO t VALUES (NULL, 'a', 1)"), "23502");
    EXPECT_EQ(connection_.state("INSERT INTO t SELECT r, 'n', 5000 - r FROM range(6000) x(r)"), "23514");
    EXPECT_EQ(rows("SELECT count(*) FROM t"), "0");
    run("INSERT INTO t VALUES (1, 'a', NULL)");  // unknown is not false
    EXPECT_EQ(connection_.state("UPDATE t SET name = NULL"), "23502");
    EXPECT_EQ(connection_.state("INSERT INTO t SELECT 1, 'again', 1"), "23505");
    EXPECT_EQ(
        connection_.state("MERGE INTO t USING (SELECT 1 AS id) s USING (id) WHEN MATCHED THEN UPDATE SET age = -1"),
        "23514");
    EXPECT_EQ(rows("SELECT * FROM t"), "1|a|NULL");
}

TEST_F(Write, CreateTableAsReplacesAndRollsBack) {
    run("CREATE TABLE t AS SELECT 1 AS a");
    EXPECT_EQ(connection_.state("CREATE TABLE t AS SELECT 2 AS a"), "42P07");
    run("CREATE TABLE IF NOT EXISTS t AS SELECT 3 AS a");
    EXPECT_EQ(rows("SELECT a FROM t"), "1");
    run("BEGIN");
    run("CREATE OR REPLACE TABLE t AS SELECT r AS b, r::VARCHAR AS c FROM range(5000) x(r)");
    run("CREATE TABLE u AS SELECT b FROM t WHERE b < 10");
    EXPECT_EQ(rows("SELECT count(*), sum(b), max(c) FROM t"), "5000|12497500|999");
    EXPECT_EQ(rows("SELECT count(*) FROM u"), "10");
    run("ROLLBACK");
    EXPECT_EQ(rows("SELECT a FROM t"), "1");
    EXPECT_EQ(connection_.state("SELECT * FROM u"), "42P01");
    run("CREATE OR REPLACE TABLE t AS SELECT a + 1 AS a FROM t UNION ALL SELECT a FROM t WHERE a = 1");
    EXPECT_EQ(rows("SELECT a FROM t"), "2 / 1");
}

TEST_F(Write, UpdateDoesNotMeetItsOwnRows) {  // Halloween, docs/decisions/0002, trap 2
    run("CREATE TABLE t AS SELECT r AS a FROM range(100) x(r)");
    EXPECT_EQ(rows("UPDATE t SET a = a + 1000 WHERE a < 5000"), "changed 100");
    EXPECT_EQ(rows("INSERT INTO t SELECT a FROM t"), "changed 100");
    EXPECT_EQ(rows("SELECT count(*), min(a), max(a) FROM t"), "200|1000|1099");
}

TEST_F(Write, KeysMayChangePlacesWithinOneStatement) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR)");
    run("INSERT INTO t SELECT r, 'n' || r FROM range(5000) x(r)");
    EXPECT_EQ(rows("UPDATE t SET id = id + 1"), "changed 5000");
    EXPECT_EQ(rows("UPDATE t SET id = CASE id WHEN 1 THEN 2 WHEN 2 THEN 1 END WHERE id <= 2"), "changed 2");
    EXPECT_EQ(rows("SELECT * FROM t WHERE id IN (1, 2, 5000) ORDER BY id"), "1|n1 / 2|n0 / 5000|n4999");
    EXPECT_EQ(connection_.state("UPDATE t SET id = 7 WHERE id IN (8, 9)"), "23505");
    EXPECT_EQ(rows("UPDATE t SET id = id, name = 'same' WHERE id = 3 RETURNING *"), "3|same");
    EXPECT_EQ(rows("SELECT count(*), sum(id) FROM t"), "5000|12502500");
}

TEST_F(Write, ARowHitTwiceIsUpdatedOnce) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)");
    run("INSERT INTO t VALUES (1, 0), (2, 0)");
    EXPECT_EQ(rows("UPDATE t SET n = n + 1 FROM (VALUES (1), (1), (2)) v(k) WHERE id = k"), "changed 2");
    EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), "1|1 / 2|1");
    EXPECT_EQ(rows("DELETE FROM t USING (VALUES (1), (1)) v(k) WHERE id = k RETURNING id"), "1");
    EXPECT_EQ(rows("SELECT * FROM t"), "2|1");
}

TEST_F(Write, DeletingEverythingNeedsNoScanAndCounts) {
    run("CREATE TABLE t AS SELECT r AS a FROM range(10000) x(r)");
    EXPECT_NE(rows("EXPLAIN DELETE FROM t").find("KODIAK_TRUNCATE"), std::string::npos);
    EXPECT_NE(rows("EXPLAIN DELETE FROM t WHERE a > 5").find("KODIAK_DELETE"), std::string::npos);
    run("BEGIN");
    run("INSERT INTO t VALUES (-1)");
    EXPECT_EQ(rows("TRUNCATE t"), "changed 10001");
    EXPECT_EQ(rows("SELECT count(*) FROM t"), "0");
    run("INSERT INTO t VALUES (5)");
    EXPECT_EQ(rows("SELECT * FROM t"), "5");
    run("ROLLBACK");
    EXPECT_EQ(rows("DELETE FROM t"), "changed 10000");
    EXPECT_EQ(rows("DELETE FROM t"), "changed 0");
}

TEST_F(Write, OnConflictUpdatesIgnoresAndReplaces) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR DEFAULT 'new', n INTEGER)");
    run("INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2)");
    EXPECT_EQ(rows("INSERT INTO t VALUES (1, 'x', 5), (3, 'three', 3) ON CONFLICT DO NOTHING"), "changed 1");
    EXPECT_EQ(rows("INSERT INTO t (id, n) VALUES (2, 7), (4, 4) ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n "
                   "RETURNING id, name, n"),
              "2|two|9 / 4|new|4");
    EXPECT_EQ(rows("INSERT OR REPLACE INTO t (id, n) VALUES (1, 0)"), "changed 1");
    EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), "1|one|0 / 2|two|9 / 3|three|3 / 4|new|4");
    EXPECT_EQ(rows("INSERT INTO t SELECT r, 'm', 1 FROM range(10000) x(r) ON CONFLICT (id) DO UPDATE SET n = -1"),
              "changed 10000");
    EXPECT_EQ(rows("SELECT count(*), sum(n) FROM t"), "10000|9992");
}

TEST_F(Write, MergeTellsWhatItDid) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)");
    run("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
    EXPECT_EQ(rows("MERGE INTO t USING (VALUES (1, 10), (2, 20), (4, 40)) s(id, n) ON t.id = s.id "
                   "WHEN MATCHED AND s.n > 15 THEN DELETE WHEN MATCHED THEN UPDATE SET n = s.n "
                   "WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.n) "
                   "WHEN NOT MATCHED BY SOURCE THEN UPDATE SET n = 0"),
              "changed 4");
    EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), "1|10 / 3|0 / 4|40");
    EXPECT_EQ(rows("MERGE INTO t USING (VALUES (1), (9)) s(id) ON t.id = s.id WHEN MATCHED THEN DELETE "
                   "WHEN NOT MATCHED THEN INSERT VALUES (s.id, 0) RETURNING merge_action, id"),
              "DELETE|1 / INSERT|9");
    EXPECT_EQ(rows("MERGE INTO t USING (VALUES (3)) s(id) ON t.id = s.id WHEN MATCHED THEN DO NOTHING"), "changed 0");
    EXPECT_EQ(
        connection_.state("MERGE INTO t USING (VALUES (3)) s(id) ON t.id = s.id WHEN MATCHED THEN ERROR 'no'").size(),
        5U);
    EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), "3|0 / 4|40 / 9|0");
}

TEST_F(Write, OrderOfInsertionIsKeptOverManyThreads) {  // docs/decisions/0002, trap 9
    run("CREATE TABLE s AS SELECT r AS a FROM range(400000) x(r)");
    run("CREATE TABLE t AS SELECT a FROM s WHERE a % 3 <> 1");
    run("INSERT INTO t SELECT a FROM s WHERE a % 3 = 1");
    EXPECT_EQ(rows("SELECT count(*) FROM (SELECT a, lag(a) OVER (ORDER BY rowid) AS b FROM t) WHERE a < b"), "1");
    EXPECT_EQ(rows("SELECT a FROM t LIMIT 3"), "0 / 2 / 3");
    EXPECT_EQ(rows("SELECT a FROM t LIMIT 2 OFFSET 266666"), "399999 / 1");
    run("SET preserve_insertion_order = false");
    run("CREATE TABLE u AS SELECT a FROM s");
    EXPECT_EQ(rows("SELECT count(*), sum(a) FROM u"), "400000|79999800000");
}

TEST_F(Write, NestedValuesSurviveUpdateAndDelete) {
    run("CREATE TABLE t (id INTEGER, l STRUCT(a INTEGER[], m MAP(VARCHAR, INTEGER))[], u UNION(i INTEGER, s VARCHAR), "
        "r INTEGER[2], v VARIANT)");
    run("INSERT INTO t VALUES (1, [{'a': [1, NULL], 'm': MAP {'k': 1}}, NULL], 'text', [7, NULL], {'x': 1}::VARIANT)");
    run("INSERT INTO t (id, u) VALUES (2, 5)");
    EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"),
              "1|[{'a': [1, NULL], 'm': {k=1}}, NULL]|text|[7, NULL]|{'x': 1} / 2|NULL|5|NULL|NULL");
    EXPECT_EQ(rows("UPDATE t SET l = list_append(l, {'a': [], 'm': MAP {}}) WHERE id = 1 RETURNING l"),
              "[{'a': [1, NULL], 'm': {k=1}}, NULL, {'a': [], 'm': {}}]");
    EXPECT_EQ(rows("DELETE FROM t WHERE u.i = 5 RETURNING u"), "5");
    EXPECT_EQ(rows("SELECT r[1], v FROM t"), "7|{'x': 1}");
}

TEST_F(Write, AFailingOperatorLeavesTheDatabaseUsable) {  // docs/decisions/0002, trap 1 and 17
    run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    run("BEGIN");
    run("INSERT INTO t VALUES (1)");
    EXPECT_EQ(connection_
                  .state("INSERT INTO t SELECT CASE WHEN r < 3000 THEN r + 10 ELSE error('no') END "
                         "FROM range(5000) x(r)")
                  .size(),
              5U);
    run("ROLLBACK");
    EXPECT_EQ(rows("SELECT count(*) FROM t"), "0");
    run("INSERT INTO t VALUES (1)");
    EXPECT_EQ(rows("SELECT * FROM t"), "1");
}

TEST_F(Write, CountsFollowOwnChangesWithoutAScan) {
    run("CREATE TABLE t AS SELECT r AS a FROM range(5000) x(r)");
    EXPECT_EQ(rows("EXPLAIN SELECT count(*) FROM t").find("KODIAK_SCAN"), std::string::npos);
    run("BEGIN");
    run("DELETE FROM t WHERE a < 10");
    run("INSERT INTO t VALUES (1), (2)");
    EXPECT_EQ(rows("SELECT count(*) FROM t"), "4992");
    EXPECT_EQ(rows("SELECT count(*) FROM t WHERE a < 10"), "2");
    run("ROLLBACK");
    EXPECT_EQ(rows("SELECT count(*) FROM t"), "5000");
}

TEST_F(Write, PlansThatAreCopiedFindTheScanAgain) {
    run("CREATE TABLE t AS SELECT r AS a, r % 10 AS b FROM range(5000) x(r)");
    EXPECT_EQ(rows("WITH c AS (SELECT a, b FROM t WHERE a < 100) SELECT (SELECT count(*) FROM c WHERE b = 1), (SELECT "
                   "sum(a) FROM c WHERE b = 2)"),
              "10|470");
    EXPECT_EQ(rows("WITH c AS NOT MATERIALIZED (SELECT a FROM t WHERE a < 10) SELECT count(*) FROM c x, c y"), "100");
    EXPECT_EQ(rows("SELECT count(*) FROM (SELECT a, max(a) OVER (PARTITION BY b) AS m FROM t) WHERE a = m"), "10");
    EXPECT_EQ(connection_.state("SELECT * FROM kodiak_scan()").size(), 5U);
    EXPECT_EQ(rows("SELECT 1"), "1");
}

}  // namespace
}  // namespace kodiak::engine
