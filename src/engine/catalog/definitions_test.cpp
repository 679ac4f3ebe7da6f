// CREATE, DROP and COMMENT of every kind of object, and what the catalogue's views show of them.

#include "engine/connection/test_database.hpp"

namespace kodiak::engine {
namespace {

class DefinitionsTest : public testing::Test {
   protected:
    TestDatabase database_;
    TestConnection session_ = database_.connect();
};

TEST_F(DefinitionsTest, NamesClashAsInDuckDb) {
    session_.run("CREATE TABLE t(x INTEGER)");
    EXPECT_EQ(session_.state("CREATE TABLE T(y INTEGER)"), "42P07");
    EXPECT_EQ(session_.state("CREATE VIEW t AS SELECT 1"), "42P07");
    session_.run("CREATE TABLE IF NOT EXISTS t(y INTEGER)");
    EXPECT_EQ(session_.rows("SELECT column_name FROM (DESCRIBE t)"), "x");
    session_.run("CREATE OR REPLACE TABLE t(y INTEGER)");
    EXPECT_EQ(session_.rows("SELECT column_name FROM (DESCRIBE t)"), "y");
    EXPECT_EQ(session_.state("CREATE OR REPLACE VIEW t AS SELECT 1"), "42P07");
    session_.run("CREATE SCHEMA s");
    EXPECT_EQ(session_.state("CREATE SCHEMA s"), "42710");
    session_.run("CREATE SCHEMA IF NOT EXISTS s");
    session_.run("CREATE TABLE s.t(x INTEGER)");
    EXPECT_EQ(session_.state("DROP TABLE missing"), "42P01");
    session_.run("DROP TABLE IF EXISTS missing");
    EXPECT_EQ(session_.state("CREATE TABLE d(a INTEGER, A INTEGER)"), "42701");
}

TEST_F(DefinitionsTest, DefinitionsSurviveReopening) {
    session_.run("CREATE SCHEMA s");
    session_.run("CREATE SEQUENCE s.q START 5");
    session_.run("CREATE TYPE mood AS ENUM ('sad', 'ok')");
    session_.run(
        "CREATE TABLE s.t(id BIGINT PRIMARY KEY DEFAULT nextval('s.q'), m mood, v DOUBLE NOT NULL CHECK (v > 0), "
        "g DOUBLE GENERATED ALWAYS AS (v * 2) VIRTUAL, UNIQUE (m, v))");
    session_.run("CREATE INDEX i ON s.t(v)");
    session_.run("CREATE VIEW s.w AS SELECT id, g FROM s.t");
    session_.run("CREATE MACRO plus(x, y := 2) AS x + y");
    session_.run("CREATE MACRO least_v(n) AS TABLE SELECT * FROM s.t WHERE v > n");
    session_.run("COMMENT ON TABLE s.t IS 'it''s t'");
    session_.run("COMMENT ON COLUMN s.w.g IS 'twice'");
    const std::string tables = "SELECT table_name, sql, comment FROM duckdb_tables() WHERE database_name = 'shop'";
    const std::string columns = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'w'";
    session_.run("INSERT INTO s.t(m, v) VALUES ('ok', 1)");
    const std::string before = session_.rows(tables) + session_.rows(columns);
    session_ = TestConnection(nullptr);
    database_.reopen();
    session_ = database_.connect();
    session_.run("INSERT INTO s.t(m, v) VALUES ('sad', 2)");
    EXPECT_EQ(session_.rows(tables) + session_.rows(columns), before);
    EXPECT_EQ(session_.rows("SELECT * FROM s.t ORDER BY id"), "5|ok|1.0|2.0 / 6|sad|2.0|4.0");
    EXPECT_EQ(session_.rows("SELECT plus(1), plus(1, 1)"), "3|2");
    EXPECT_EQ(session_.rows("SELECT id FROM least_v(1.5)"), "6");
    EXPECT_EQ(session_.rows("SELECT g FROM s.w WHERE id = 6"), "4.0");
    EXPECT_EQ(session_.rows("SELECT index_name FROM duckdb_indexes()"), "i");
}

TEST_F(DefinitionsTest, KeysAndForeignKeysAreShownAndEnforced) {
    session_.run("CREATE TABLE p(a INTEGER, b INTEGER, PRIMARY KEY (a, b), UNIQUE (b))");
    session_.run("CREATE TABLE c(x INTEGER REFERENCES p(b), y INTEGER, z INTEGER, FOREIGN KEY (y, z) REFERENCES p)");
    session_.run("CREATE TABLE tree(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree(id))");
    session_.run("INSERT INTO p VALUES (1, 2)");
    session_.run("INSERT INTO c VALUES (2, 1, 2), (NULL, NULL, 9)");
    EXPECT_EQ(session_.state("INSERT INTO c VALUES (3, NULL, NULL)"), "23503");
    EXPECT_EQ(session_.state("DELETE FROM p"), "23503");
    session_.run("INSERT INTO tree VALUES (1, 2), (2, NULL)");
    EXPECT_EQ(session_.state("INSERT INTO tree VALUES (3, 7)"), "23503");
    EXPECT_EQ(session_.rows("SELECT constraint_text FROM duckdb_constraints() WHERE table_name = 'c'"),
              "FOREIGN KEY (x) REFERENCES p(b) / FOREIGN KEY (y, z) REFERENCES p(a, b)");
    EXPECT_EQ(session_.state("INSERT INTO p VALUES (1, 2)"), "23505");
    EXPECT_EQ(session_.state("INSERT INTO p VALUES (NULL, 2)"), "23502");
    EXPECT_EQ(session_.state("CREATE TABLE e(x INTEGER REFERENCES p(a))"), "42P17");
    EXPECT_EQ(session_.state("CREATE TABLE e(x VARCHAR REFERENCES p(b))"), "42P17");
}

TEST_F(DefinitionsTest, DropRespectsDependents) {
    session_.run("CREATE TABLE p(a INTEGER PRIMARY KEY)");
    session_.run("CREATE TABLE c(x INTEGER REFERENCES p(a))");
    session_.run("CREATE INDEX i ON p(a)");
    session_.run("CREATE VIEW v AS SELECT * FROM p");
    EXPECT_EQ(session_.state("DROP TABLE p"), "2BP01");
    EXPECT_NE(session_.error().detail.find("\"c\""), std::string::npos);
    session_.run("DROP TABLE p CASCADE");
    EXPECT_EQ(session_.rows("SELECT count(*) FROM duckdb_indexes()"), "0");
    session_.run("INSERT INTO c VALUES (42)");
    EXPECT_EQ(session_.state("SELECT * FROM v"), "42P01");
    session_.run("CREATE SEQUENCE q");
    session_.run("CREATE TABLE d(x BIGINT DEFAULT nextval('q'))");
    EXPECT_EQ(session_.state("DROP SEQUENCE q"), "2BP01");
    session_.run("DROP TABLE d");
    session_.run("DROP SEQUENCE q");
    session_.run("CREATE SCHEMA s");
    session_.run("CREATE TABLE s.p(a INTEGER PRIMARY KEY)");
    session_.run("CREATE TABLE s.c(a INTEGER REFERENCES s.p(a))");
    EXPECT_EQ(session_.state("DROP SCHEMA s"), "2BP01");
    session_.run("DROP SCHEMA s CASCADE");
    EXPECT_EQ(session_.state("SELECT * FROM s.c"), "42P01");
    EXPECT_NE(session_.state("DROP SCHEMA main CASCADE"), "answered: ");
}

TEST_F(DefinitionsTest, ForeignKeysFollowRenames) {
    session_.run("CREATE TABLE p(a INTEGER PRIMARY KEY)");
    session_.run("CREATE TABLE c(x INTEGER REFERENCES p(a))");
    session_.run("ALTER TABLE p RENAME COLUMN a TO b");
    session_.run("ALTER TABLE p RENAME TO q");
    EXPECT_EQ(session_.rows("SELECT constraint_text FROM duckdb_constraints() WHERE table_name = 'c'"),
              "FOREIGN KEY (x) REFERENCES q(b)");
    EXPECT_EQ(session_.state("INSERT INTO c VALUES (1)"), "23503");
}

TEST_F(DefinitionsTest, IndexesAreKeptAndUniqueOnesEnforced) {
    session_.run("CREATE TABLE t(a INTEGER, b VARCHAR)");
    session_.run("INSERT INTO t VALUES (1, 'x'), (2, 'x')");
    EXPECT_EQ(session_.state("CREATE UNIQUE INDEX u ON t(b)"), "23505");
    session_.run("CREATE UNIQUE INDEX u ON t(a, b)");
    EXPECT_EQ(session_.state("INSERT INTO t VALUES (1, 'x')"), "23505");
    EXPECT_EQ(session_.state("CREATE INDEX u ON t(a)"), "42710");
    session_.run("CREATE INDEX IF NOT EXISTS u ON t(a)");
    EXPECT_EQ(session_.state("CREATE INDEX e ON t((a + 1))"), "0A000");
    EXPECT_EQ(session_.state("CREATE INDEX e ON t(nope)"), "42703");
    session_.run("DROP INDEX u");
    session_.run("INSERT INTO t VALUES (1, 'x')");
}

TEST_F(DefinitionsTest, SequencesCountOnBothSides) {
    session_.run("CREATE SEQUENCE q START 10 INCREMENT 5 MAXVALUE 20");
    EXPECT_EQ(session_.state("SELECT currval('q')"), "22000");
    EXPECT_EQ(session_.rows("SELECT nextval('q'), nextval('shop.main.q')"), "10|15");
    EXPECT_EQ(session_.rows("SELECT currval('q')"), "15");
    session_.run("BEGIN");
    EXPECT_EQ(session_.rows("SELECT nextval('q')"), "20");
    session_.run("ROLLBACK");
    EXPECT_EQ(session_.state("SELECT nextval('q')"), "2200H");
    session_.run("ATTACH ':memory:' AS m");
    session_.run("CREATE SEQUENCE m.q");
    EXPECT_EQ(session_.rows("SELECT nextval('m.q') FROM range(3)"), "1 / 2 / 3");
    session_.run("CREATE SEQUENCE ids");
    session_.run("CREATE TABLE t(id BIGINT DEFAULT nextval('ids'), x INTEGER)");
    session_.run("INSERT INTO t(x) SELECT range FROM range(5000)");
    EXPECT_EQ(session_.rows("SELECT count(DISTINCT id), min(id), max(id) FROM t"), "5000|1|5000");
}

TEST_F(DefinitionsTest, CommentsAreShownAndRemoved) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("CREATE VIEW v AS SELECT x FROM t");
    session_.run("COMMENT ON TABLE t IS 'table'");
    session_.run("COMMENT ON COLUMN t.x IS 'column'");
    session_.run("COMMENT ON VIEW v IS 'view'");
    const std::string all = "SELECT comment FROM duckdb_tables() UNION ALL SELECT comment FROM duckdb_columns() "
                            "WHERE table_name = 't' UNION ALL SELECT comment FROM duckdb_views() WHERE NOT internal";
    EXPECT_EQ(session_.rows(all), "table / column / view");
    session_.run("COMMENT ON TABLE t IS NULL");
    EXPECT_EQ(session_.rows("SELECT comment FROM duckdb_tables()"), "NULL");
    EXPECT_EQ(session_.state("COMMENT ON COLUMN t.y IS 'none'"), "42703");
}

TEST_F(DefinitionsTest, CatalogueViewsShowTheDatabase) {
    session_.run("CREATE TABLE t(x INTEGER PRIMARY KEY, s VARCHAR DEFAULT 'a')");
    session_.run("INSERT INTO t SELECT range, 's' FROM range(3000)");
    EXPECT_EQ(session_.rows("SHOW TABLES"), "t");
    EXPECT_EQ(session_.rows("SELECT table_name, estimated_size, column_count, has_primary_key, index_count "
                            "FROM duckdb_tables() WHERE database_name = 'shop'"),
              "t|3000|2|true|1");
    EXPECT_EQ(session_.rows("SELECT column_name, column_type, \"null\", key, \"default\" FROM (DESCRIBE t)"),
              "x|INTEGER|NO|PRI|NULL / s|VARCHAR|YES|NULL|'a'");
    EXPECT_EQ(session_.rows("SELECT table_schema, table_name FROM information_schema.tables"), "main|t");
    EXPECT_EQ(session_.rows("SELECT column_name, min, max FROM (SUMMARIZE t)"), "x|0|2999 / s|s|s");
    EXPECT_EQ(session_.rows("SELECT database, name FROM (SHOW ALL TABLES)"), "shop|t");
}

TEST_F(DefinitionsTest, ViewsFollowTheirTables) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("CREATE VIEW v(a) AS SELECT * FROM t");
    session_.run("INSERT INTO t VALUES (1)");
    EXPECT_EQ(session_.rows("SELECT a FROM v"), "1");
    session_.run("ALTER VIEW v RENAME TO w");
    EXPECT_EQ(session_.state("SELECT * FROM v"), "42P01");
    EXPECT_EQ(session_.rows("SELECT a FROM w"), "1");
    session_.run("DROP TABLE t");
    EXPECT_EQ(session_.state("SELECT * FROM w"), "42P01");
    session_.run("CREATE OR REPLACE VIEW w AS SELECT 2 AS b");
    EXPECT_EQ(session_.rows("SELECT b FROM w"), "2");
    EXPECT_EQ(session_.state("DROP TABLE w"), "42P01");
    session_.run("DROP VIEW w");
}

TEST_F(DefinitionsTest, WhatKodiakCannotHoldIsRefused) {
    EXPECT_EQ(session_.state("CREATE TABLE t(x INTEGER) PARTITIONED BY (x)"), "0A000");
    EXPECT_EQ(session_.state("CREATE TABLE t(a INTEGER, b INTEGER GENERATED ALWAYS AS (a) STORED)"), "0A000");
}

}  // namespace
}  // namespace kodiak::engine
