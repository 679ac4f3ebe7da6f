// ALTER TABLE: definitions change, rows follow, and what does not hold together is refused.

#include "engine/connection/test_database.hpp"

namespace kodiak::engine {
namespace {

class AlterTableTest : public testing::Test {
   protected:
    TestDatabase database_;
    TestConnection session_ = database_.connect();
};

TEST_F(AlterTableTest, AddedColumnShowsItsDefaultInOldRows) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("INSERT INTO t VALUES (1)");
    session_.run("ALTER TABLE t ADD COLUMN a VARCHAR DEFAULT 'long enough to be stored apart'");
    session_.run("ALTER TABLE t ADD COLUMN b INTEGER[] DEFAULT [1, NULL]");
    session_.run("ALTER TABLE t ADD COLUMN c DOUBLE");
    session_.run("ALTER TABLE t ADD COLUMN IF NOT EXISTS c DOUBLE");
    EXPECT_EQ(session_.state("ALTER TABLE t ADD COLUMN C INTEGER"), "42701");
    session_.run("INSERT INTO t(x) VALUES (2)");
    EXPECT_EQ(session_.rows("SELECT * FROM t ORDER BY x"),
              "1|long enough to be stored apart|[1, NULL]|NULL / 2|long enough to be stored apart|[1, NULL]|NULL");
    session_.run("ALTER TABLE t ALTER a SET DEFAULT 'new'");
    session_.run("INSERT INTO t(x) VALUES (3)");
    EXPECT_EQ(session_.rows("SELECT a FROM t WHERE x <> 2 ORDER BY x"), "long enough to be stored apart / new");
    session_.run("ALTER TABLE t ALTER a DROP DEFAULT");
    session_.run("INSERT INTO t(x) VALUES (4)");
    EXPECT_EQ(session_.rows("SELECT a FROM t WHERE x = 4"), "NULL");
}

TEST_F(AlterTableTest, AddedColumnWithVolatileDefaultIsFilledRowByRow) {
    session_.run("CREATE SEQUENCE q");
    session_.run("CREATE TABLE t AS SELECT range AS x FROM range(3000)");
    session_.run("ALTER TABLE t ADD COLUMN id BIGINT DEFAULT nextval('q')");
    EXPECT_EQ(session_.rows("SELECT count(DISTINCT id), min(id), max(id) FROM t"), "3000|1|3000");
}

TEST_F(AlterTableTest, DropColumnRefusesWhatHoldsIt) {
    session_.run("CREATE TABLE p(a INTEGER PRIMARY KEY, b INTEGER UNIQUE, c INTEGER CHECK (c > 0), d INTEGER, "
                 "e INTEGER, f INTEGER GENERATED ALWAYS AS (e + 1) VIRTUAL, g INTEGER, CHECK (d < g))");
    session_.run("INSERT INTO p VALUES (1, 2, 3, 4, 5, 6)");
    session_.run("CREATE INDEX i ON p(e)");
    for (const char* column : {"a", "b", "d", "e"}) {
        EXPECT_EQ(session_.state(std::string("ALTER TABLE p DROP COLUMN ") + column), "2BP01") << column;
    }
    session_.run("DROP INDEX i");
    EXPECT_EQ(session_.state("ALTER TABLE p DROP COLUMN e"), "2BP01");
    session_.run("ALTER TABLE p DROP COLUMN e CASCADE");
    session_.run("ALTER TABLE p DROP COLUMN c");
    EXPECT_EQ(session_.rows("SELECT * FROM p"), "1|2|4|6");
    EXPECT_EQ(session_.state("ALTER TABLE p DROP COLUMN nope"), "42703");
    session_.run("ALTER TABLE p DROP COLUMN IF EXISTS nope");
    session_.run("CREATE TABLE one(x INTEGER)");
    EXPECT_EQ(session_.state("ALTER TABLE one DROP COLUMN x"), "42P17");
    session_.run("ALTER TABLE p ADD COLUMN c VARCHAR");
    EXPECT_EQ(session_.rows("SELECT c FROM p"), "NULL") << "an old column's values never come back";
}

TEST_F(AlterTableTest, RenamedColumnIsFollowedByExpressions) {
    session_.run("CREATE TABLE t(a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2) VIRTUAL, CHECK (t.a > 0))");
    session_.run("ALTER TABLE t RENAME COLUMN a TO \"select\"");
    session_.run("ALTER TABLE t RENAME TO u");
    session_.run("INSERT INTO u(\"select\") VALUES (4)");
    EXPECT_EQ(session_.rows("SELECT b FROM u"), "8");
    EXPECT_EQ(session_.state("INSERT INTO u(\"select\") VALUES (-4)"), "23514");
    EXPECT_EQ(session_.state("ALTER TABLE u RENAME COLUMN b TO \"select\""), "42701");
    EXPECT_EQ(session_.state("ALTER TABLE u RENAME COLUMN nope TO c"), "42703");
}

TEST_F(AlterTableTest, TypeChangesKeepPlaceAndValues) {
    session_.run("CREATE TABLE t(a INTEGER, b VARCHAR, c DECIMAL(6,2))");
    session_.run("INSERT INTO t SELECT range, range::VARCHAR, range / 4 FROM range(3000)");
    session_.run("INSERT INTO t VALUES (NULL, NULL, NULL)");
    session_.run("ALTER TABLE t ALTER a TYPE BIGINT");
    session_.run("ALTER TABLE t ALTER b TYPE INTEGER");
    session_.run("ALTER TABLE t ALTER c TYPE VARCHAR USING 'c' || c");
    EXPECT_EQ(session_.rows("SELECT column_name, column_type FROM (DESCRIBE t)"), "a|BIGINT / b|INTEGER / c|VARCHAR");
    EXPECT_EQ(session_.rows("SELECT * FROM t WHERE a = 2999 OR a IS NULL ORDER BY a"),
              "2999|2999|c749.75 / NULL|NULL|NULL");
    session_.run("INSERT INTO t VALUES (9000000000, 1, 'x')");
    EXPECT_EQ(session_.rows("SELECT sum(a), sum(b), count(c) FROM t"), "9004498500|4498501|3001");
}

TEST_F(AlterTableTest, TypeChangeThatDoesNotFitLeavesTheTable) {
    session_.run("CREATE TABLE t(a VARCHAR, k INTEGER PRIMARY KEY)");
    session_.run("INSERT INTO t VALUES ('1', 1), ('x', 2)");
    EXPECT_EQ(session_.state("ALTER TABLE t ALTER a TYPE INTEGER"), "22P02");
    EXPECT_EQ(session_.rows("SELECT a FROM t ORDER BY k"), "1 / x");
    EXPECT_EQ(session_.state("ALTER TABLE t ALTER k TYPE VARCHAR"), "2BP01");
}

TEST_F(AlterTableTest, TypeChangeOfAColumnWithMissingValues) {
    session_.run("CREATE TABLE t(k INTEGER)");
    session_.run("INSERT INTO t VALUES (1)");
    session_.run("ALTER TABLE t ADD COLUMN a INTEGER DEFAULT 7");
    session_.run("ALTER TABLE t ALTER a TYPE BIGINT");
    EXPECT_EQ(session_.rows("SELECT a FROM t"), "7");
}

TEST_F(AlterTableTest, NotNullLooksAtExistingRows) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("INSERT INTO t VALUES (1), (NULL)");
    EXPECT_EQ(session_.state("ALTER TABLE t ALTER x SET NOT NULL"), "23502");
    session_.run("DELETE FROM t WHERE x IS NULL");
    session_.run("ALTER TABLE t ALTER x SET NOT NULL");
    EXPECT_EQ(session_.state("INSERT INTO t VALUES (NULL)"), "23502");
    session_.run("ALTER TABLE t ALTER x DROP NOT NULL");
    session_.run("INSERT INTO t VALUES (NULL)");
    session_.run("ALTER TABLE t ADD COLUMN y INTEGER");
    EXPECT_EQ(session_.state("ALTER TABLE t ALTER y SET NOT NULL"), "23502");
}

TEST_F(AlterTableTest, AddedPrimaryKeyIsCheckedAndEnforced) {
    session_.run("CREATE TABLE t(x INTEGER, y INTEGER)");
    session_.run("INSERT INTO t VALUES (1, 1), (1, 2)");
    EXPECT_EQ(session_.state("ALTER TABLE t ADD PRIMARY KEY (x)"), "23505");
    session_.run("ALTER TABLE t ADD PRIMARY KEY (x, y)");
    EXPECT_EQ(session_.state("INSERT INTO t VALUES (1, 2)"), "23505");
    EXPECT_EQ(session_.state("ALTER TABLE t ADD PRIMARY KEY (y)"), "42P17");
    EXPECT_EQ(session_.state("ALTER TABLE t ALTER x DROP NOT NULL"), "42P17");
    session_.run("CREATE TABLE n(x INTEGER)");
    session_.run("INSERT INTO n VALUES (NULL)");
    EXPECT_EQ(session_.state("ALTER TABLE n ADD PRIMARY KEY (x)"), "23502");
}

TEST_F(AlterTableTest, AlterationsAreTransactional) {
    session_.run("CREATE TABLE t(x INTEGER, y VARCHAR)");
    session_.run("INSERT INTO t VALUES (1, '1')");
    session_.run("BEGIN");
    session_.run("ALTER TABLE t ALTER y TYPE INTEGER");
    session_.run("ALTER TABLE t ADD COLUMN z INTEGER DEFAULT 3");
    session_.run("ALTER TABLE t DROP COLUMN x");
    session_.run("INSERT INTO t VALUES (2, 4)");
    EXPECT_EQ(session_.rows("SELECT * FROM t ORDER BY y"), "1|3 / 2|4");
    EXPECT_EQ(database_.connect().rows("SELECT * FROM t"), "1|1");
    session_.run("ROLLBACK");
    EXPECT_EQ(session_.rows("SELECT * FROM t"), "1|1");
    EXPECT_EQ(session_.rows("SELECT typeof(y) FROM t"), "VARCHAR");
}

TEST_F(AlterTableTest, MissingTablesAndKindsAreNamed) {
    EXPECT_EQ(session_.state("ALTER TABLE nope ADD COLUMN x INTEGER"), "42P01");
    session_.run("ALTER TABLE IF EXISTS nope ADD COLUMN x INTEGER");
    session_.run("CREATE SCHEMA s");
    session_.run("CREATE TABLE s.t(x INTEGER)");
    session_.run("ALTER TABLE s.t ADD COLUMN y INTEGER");
    session_.run("ALTER TABLE shop.s.t RENAME TO u");
    EXPECT_EQ(session_.rows("SELECT * FROM s.u"), "");
    session_.run("CREATE TABLE taken(x INTEGER)");
    session_.run("CREATE TABLE other(x INTEGER)");
    EXPECT_EQ(session_.state("ALTER TABLE other RENAME TO taken"), "42P07");
}

}  // namespace
}  // namespace kodiak::engine
