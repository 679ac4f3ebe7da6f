// The rules of transactions, savepoints, failed transactions and results (engine.hpp, I1 to I3).

#include <atomic>
#include <thread>

#include "engine/connection/test_database.hpp"

namespace kodiak::engine {
namespace {

class SessionTest : public testing::Test {
   protected:
    TestDatabase database_;
    TestConnection session_ = database_.connect();
};

TEST_F(SessionTest, StatementOutsideATransactionCommitsItself) {
    session_.run("CREATE TABLE t(x INTEGER)");
    EXPECT_GT(session_->last_commit().seq.value, 0u);
    EXPECT_EQ(session_.rows("INSERT INTO t VALUES (1), (2)"), "changed 2");
    EXPECT_FALSE(session_->in_transaction());
    auto other = database_.connect();
    EXPECT_EQ(other.rows("SELECT x FROM t ORDER BY x"), "1 / 2");
    EXPECT_EQ(other->last_commit().seq.value, 0u);
}

TEST_F(SessionTest, FailedStatementLeavesNoTrace) {
    session_.run("CREATE TABLE t(x INTEGER PRIMARY KEY)");
    EXPECT_EQ(session_.state("INSERT INTO t VALUES (1), (2), (1)"), "23505");
    EXPECT_EQ(session_.rows("SELECT count(*) FROM t"), "0");
    EXPECT_EQ(session_.state("CREATE TABLE u AS SELECT error('stop') AS x FROM range(10)"), "22023");
    EXPECT_EQ(session_.state("SELECT * FROM u"), "42P01");
}

TEST_F(SessionTest, RolledBackWorkIsGone) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("BEGIN");
    session_.run("INSERT INTO t VALUES (1)");
    session_.run("CREATE TABLE u(y INTEGER)");
    session_.run("ALTER TABLE t ADD COLUMN z INTEGER DEFAULT 5");
    EXPECT_EQ(session_.rows("SELECT * FROM t"), "1|5");
    session_.run("ROLLBACK");
    EXPECT_EQ(session_.rows("SELECT * FROM t"), "");
    EXPECT_EQ(session_.state("SELECT * FROM u"), "42P01");
    EXPECT_EQ(session_.state("SELECT z FROM t"), "42703");
}

TEST_F(SessionTest, BeginTakesTheSnapshot) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("BEGIN");
    auto other = database_.connect();
    other.run("INSERT INTO t VALUES (1)");
    other.run("CREATE TABLE u(y INTEGER)");
    EXPECT_EQ(session_.rows("SELECT count(*) FROM t"), "0");
    EXPECT_EQ(session_.state("SELECT * FROM u"), "42P01");
    session_.run("ROLLBACK");
    EXPECT_EQ(session_.rows("SELECT count(*) FROM t"), "1");
}

TEST_F(SessionTest, UncommittedWorkIsUnseenByOthers) {
    session_.run("BEGIN");
    session_.run("CREATE TABLE t(x INTEGER)");
    auto other = database_.connect();
    EXPECT_EQ(other.state("SELECT * FROM t"), "42P01");
    ASSERT_TRUE(session_->commit({}).ok());
    EXPECT_EQ(other.rows("SELECT * FROM t"), "");
}

TEST_F(SessionTest, AnyErrorFailsTheTransaction) {
    session_.run("CREATE TABLE t(x INTEGER)");
    for (const char* wrong : {"SELEC 1", "SELECT nope FROM t", "SELECT * FROM missing", "SELECT 'a'::INTEGER",
                              "INSERT INTO t SELECT error('stop')", "CREATE TABLE t(x INTEGER)"}) {
        session_.run("BEGIN");
        session_.run("INSERT INTO t VALUES (7)");
        const std::string first = session_.state(wrong);
        EXPECT_EQ(session_.state("SELECT 1"), "25P02") << wrong;
        EXPECT_TRUE(session_->has_failed());
        const auto outcome = session_->commit({});
        ASSERT_FALSE(outcome.ok()) << wrong << first;
        EXPECT_EQ(outcome.error().code, ErrorCode::kInFailedTransaction);
        EXPECT_NE(outcome.error().message.find("rolled back"), std::string::npos);
        EXPECT_NE(outcome.error().detail.find("The first error was"), std::string::npos);
        EXPECT_FALSE(session_->in_transaction());
        EXPECT_EQ(session_.rows("SELECT count(*) FROM t"), "0") << wrong;
    }
}

TEST_F(SessionTest, RollbackToHealsAFailedTransaction) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("BEGIN");
    session_.run("INSERT INTO t VALUES (1)");
    ASSERT_TRUE(session_->savepoint("a").ok());
    session_.run("INSERT INTO t VALUES (2)");
    EXPECT_EQ(session_.state("INSERT INTO t SELECT error('stop')"), "22023");
    EXPECT_FALSE(session_->savepoint("b").ok());
    ASSERT_TRUE(session_->rollback_to("A").ok());
    session_.run("INSERT INTO t VALUES (3)");
    EXPECT_EQ(session_.rows("SELECT x FROM t ORDER BY x"), "1 / 3");
    ASSERT_TRUE(session_->rollback_to("a").ok()) << "the savepoint stays";
    EXPECT_EQ(session_.rows("SELECT x FROM t"), "1");
    ASSERT_TRUE(session_->commit({}).ok());
    EXPECT_EQ(database_.connect().rows("SELECT x FROM t"), "1");
}

TEST_F(SessionTest, SavepointsUndoDefinitionsToo) {
    session_.run("BEGIN");
    session_.run("CREATE TABLE t(x INTEGER)");
    ASSERT_TRUE(session_->savepoint("s").ok());
    session_.run("ALTER TABLE t RENAME COLUMN x TO y");
    session_.run("CREATE TABLE u(x INTEGER)");
    ASSERT_TRUE(session_->rollback_to("s").ok());
    EXPECT_EQ(session_.rows("SELECT x FROM t"), "");
    EXPECT_EQ(session_.state("SELECT y FROM t"), "42703");
}

TEST_F(SessionTest, SavepointsShadowAndRelease) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("BEGIN");
    ASSERT_TRUE(session_->savepoint("s").ok());
    session_.run("INSERT INTO t VALUES (1)");
    ASSERT_TRUE(session_->savepoint("s").ok());
    session_.run("INSERT INTO t VALUES (2)");
    ASSERT_TRUE(session_->rollback_to("s").ok());
    EXPECT_EQ(session_.rows("SELECT x FROM t"), "1");
    ASSERT_TRUE(session_->release("s").ok());
    ASSERT_TRUE(session_->rollback_to("s").ok());
    EXPECT_EQ(session_.rows("SELECT x FROM t"), "");
    ASSERT_TRUE(session_->release("s").ok());
    EXPECT_EQ(session_->rollback_to("s").error().code, ErrorCode::kUndefinedSavepoint);
    EXPECT_EQ(session_->release("s").error().code, ErrorCode::kUndefinedSavepoint);
}

TEST_F(SessionTest, TransactionStatementsOutOfPlaceAreErrors) {
    EXPECT_EQ(session_.state("COMMIT"), "25P01");
    EXPECT_EQ(session_.state("ROLLBACK"), "25P01");
    EXPECT_EQ(session_->savepoint("s").error().code, ErrorCode::kNoActiveTransaction);
    EXPECT_EQ(session_->rollback_to("s").error().code, ErrorCode::kNoActiveTransaction);
    session_.run("BEGIN");
    EXPECT_EQ(session_.state("BEGIN"), "25001");
}

TEST_F(SessionTest, FirstCommitterWins) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("INSERT INTO t VALUES (1)");
    auto other = database_.connect();
    session_.run("BEGIN");
    session_.run("UPDATE t SET x = 2");
    other.run("UPDATE t SET x = 3");
    const auto outcome = session_->commit({});
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code, ErrorCode::kSerializationFailure);
    EXPECT_FALSE(session_->in_transaction());
    EXPECT_EQ(session_.rows("SELECT x FROM t"), "3");
}

TEST_F(SessionTest, ReadOnlyTransactionRefusesWrites) {
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("BEGIN READ ONLY");
    EXPECT_EQ(session_.rows("SELECT count(*) FROM t"), "0");
    EXPECT_EQ(session_.state("INSERT INTO t VALUES (1)"), "25006");
    session_.run("ROLLBACK");
    session_.run("INSERT INTO t VALUES (1)");
}

TEST_F(SessionTest, OneTransactionWritesOneDatabase) {
    auto second = database_.open("/second.kodiak");
    database_.attach("second", *second);
    session_.run("ATTACH ':memory:' AS m");
    session_.run("CREATE TABLE t(x INTEGER)");
    session_.run("CREATE TABLE second.t(x INTEGER)");
    session_.run("CREATE TABLE m.t(x INTEGER)");
    for (const char* elsewhere : {"INSERT INTO second.t VALUES (1)", "INSERT INTO m.t VALUES (1)"}) {
        session_.run("BEGIN");
        session_.run("INSERT INTO t VALUES (1)");
        ASSERT_TRUE(session_->savepoint("s").ok());
        EXPECT_EQ(session_.state(elsewhere), "KD013");
        ASSERT_TRUE(session_->rollback_to("s").ok());
        EXPECT_EQ(session_.state(elsewhere), "KD013") << "also after DuckDB's transaction was restarted";
        session_.run("ROLLBACK");
    }
    session_.run("BEGIN");
    session_.run("INSERT INTO m.t VALUES (1)");
    EXPECT_EQ(session_.state("INSERT INTO t VALUES (1)"), "KD013");
    session_.run("ROLLBACK");
    EXPECT_EQ(session_.rows("SELECT count(*) FROM m.t"), "0");
    EXPECT_EQ(session_.rows("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM second.t)"), "0|0");
    ASSERT_TRUE(database_.engine().detach("second").ok());
}

TEST_F(SessionTest, SavepointsDoNotCoverOtherDatabases) {
    session_.run("ATTACH ':memory:' AS m");
    session_.run("CREATE TABLE m.t(x INTEGER)");
    session_.run("BEGIN");
    session_.run("INSERT INTO m.t VALUES (1)");
    ASSERT_TRUE(session_->savepoint("s").ok());
    EXPECT_EQ(session_->rollback_to("s").error().code, ErrorCode::kUnsupported);
    session_.run("COMMIT");
    EXPECT_EQ(session_.rows("SELECT x FROM m.t"), "1");
}

TEST_F(SessionTest, NativeDatabasesAreReadBesideKodiak) {
    session_.run("ATTACH ':memory:' AS m");
    session_.run("CREATE TABLE m.n AS SELECT range AS x FROM range(5000)");
    EXPECT_EQ(session_.rows("CREATE TABLE t AS FROM m.n"), "changed 5000");
    EXPECT_EQ(session_.rows("SELECT count(*), sum(t.x) FROM t JOIN m.n USING (x)"), "5000|12497500");
    session_.run("CREATE TEMP TABLE tt AS SELECT 1 AS one");
    session_.run("BEGIN");
    session_.run("INSERT INTO t VALUES (-1)");
    session_.run("INSERT INTO tt VALUES (2)");
    session_.run("COMMIT");
    EXPECT_EQ(session_.rows("SELECT count(*) FROM tt"), "2");
}

TEST_F(SessionTest, StreamEndsWithTheNextStatement) {
    session_.run("CREATE TABLE t AS SELECT range AS x FROM range(100000)");
    auto stream = session_->execute("SELECT x FROM t");
    ASSERT_TRUE(stream.ok());
    ResultChunk chunk;
    ASSERT_TRUE(stream.value()->next(chunk).value());
    EXPECT_GT(chunk.rows(), 0u);
    EXPECT_EQ(session_.rows("SELECT 1"), "1");
    const auto after = stream.value()->next(chunk);
    ASSERT_FALSE(after.ok());
    EXPECT_EQ(after.error().code, ErrorCode::kCancelled);
}

TEST_F(SessionTest, HalfReadStreamDoesNotHoldItsSnapshot) {
    session_.run("CREATE TABLE t AS SELECT range AS x FROM range(100000)");
    auto stream = session_->execute("SELECT x FROM t");
    ASSERT_TRUE(stream.ok());
    auto other = database_.connect();
    other.run("DELETE FROM t");
    EXPECT_EQ(session_.rows("SELECT count(*) FROM t"), "0");
}

TEST_F(SessionTest, ErrorInsideAStreamFailsTheTransaction) {
    session_.run("CREATE TABLE t AS SELECT range AS x FROM range(200000)");
    session_.run("BEGIN");
    EXPECT_EQ(session_.state("SELECT CASE WHEN x = 199999 THEN error('late') ELSE x END FROM t"), "22023");
    EXPECT_EQ(session_.state("SELECT 1"), "25P02");
}

TEST_F(SessionTest, ColumnsTellNameTypeAndClass) {
    const auto result = session_->execute(
        "SELECT 1::TINYINT AS i, 1.5::DOUBLE AS f, 1.5 AS d, true AS b, 'x' AS t, '{}'::JSON AS j, [1] AS n, "
        "'\\xAA'::BLOB AS r, DATE '2026-01-01' AS o");
    ASSERT_TRUE(result.ok());
    const auto& columns = result.value()->columns();
    const ColumnClass classes[] = {ColumnClass::kInteger, ColumnClass::kFloat, ColumnClass::kDecimal,
                                   ColumnClass::kBoolean, ColumnClass::kText,  ColumnClass::kJson,
                                   ColumnClass::kNested,  ColumnClass::kBlob,  ColumnClass::kOther};
    ASSERT_EQ(columns.size(), std::size(classes));
    for (size_t i = 0; i < columns.size(); ++i) {
        EXPECT_EQ(columns[i].column_class, classes[i]) << columns[i].name;
    }
    EXPECT_EQ(columns[2].type_name, "DECIMAL(2,1)");
}

TEST_F(SessionTest, SyntaxErrorHasAPosition) {
    EXPECT_EQ(session_.state("SELECT 1,\n  2 FORM t"), "42601");
    EXPECT_EQ(session_.error().position.line, 2u);
    EXPECT_EQ(session_.state("SELECT\n nope"), "42703");
    EXPECT_EQ(session_.error().position.line, 2u);
    EXPECT_EQ(session_.error().position.column, 2u);
    EXPECT_EQ(session_.error().line_text, " nope");
}

TEST_F(SessionTest, CheckpointRuns) {
    session_.run("CREATE TABLE t AS SELECT 1 AS x");
    session_.run("CHECKPOINT");
    session_.run("CHECKPOINT shop");
    EXPECT_EQ(session_.rows("SELECT x FROM t"), "1");
}

TEST_F(SessionTest, InterruptStopsTheRunningStatementOnly) {
    std::atomic<bool> done = false;
    std::thread stopper([&] {
        while (!done) {
            session_->interrupt();
        }
    });
    EXPECT_EQ(session_.state("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range < 0"),
              "57014");
    done = true;
    stopper.join();
    EXPECT_EQ(session_.rows("SELECT 1"), "1");
}

TEST(Extensions, AreLoadedByNameFromTheGivenFolders) {
    EngineOptions options;
    options.extension_folders = {"/nowhere", KODIAK_EXTENSIONS};
    TestDatabase database(SimulatedDisk::create(), options);
    auto session = database.connect();
    session.run("LOAD tpch");
    session.run("ATTACH ':memory:' AS m");
    session.run("USE m");
    session.run("CALL dbgen(sf = 0.001)");
    session.run("USE shop");
    EXPECT_EQ(session.rows("CREATE TABLE nation AS FROM m.nation"), "changed 25");
    EXPECT_EQ(session.rows("SELECT count(*), max(n_name) FROM nation"), "25|VIETNAM");
    EXPECT_EQ(session.state("LOAD no_such_extension"), "58P01");
}

TEST(CatalogName, IsTheBaseNameWithoutExtension) {
    EXPECT_EQ(Engine::catalog_name("/a/b/shop.kodiak"), "shop");
    EXPECT_EQ(Engine::catalog_name("shop.kodiak/"), "shop");
    EXPECT_EQ(Engine::catalog_name("/x/main.kodiak"), "main_db");
    EXPECT_EQ(Engine::catalog_name("temp"), "temp_db");
    EXPECT_EQ(Engine::catalog_name("system.db"), "system_db");
    EXPECT_EQ(Engine::catalog_name("/"), "kodiak");
}

TEST_F(SessionTest, HostileCatalogNamesWork) {
    auto odd = database_.open("/odd.kodiak");
    const std::string name = "a\"b; DROP TABLE t--";
    database_.attach(name, *odd);
    {
        auto inside = database_.connect(name);
        inside.run("CREATE TABLE \"t \"\"x\"(\"select\" INTEGER CHECK (\"select\" > 0))");
        inside.run("INSERT INTO \"t \"\"x\" VALUES (1)");
        EXPECT_EQ(inside.rows("SELECT \"select\" FROM \"a\"\"b; DROP TABLE t--\".\"t \"\"x\""), "1");
    }
    EXPECT_EQ(database_.engine().attach(name, *odd).error().code, ErrorCode::kDuplicateObject);
    ASSERT_TRUE(database_.engine().detach(name).ok());
    EXPECT_EQ(database_.engine().connect(name).error().code, ErrorCode::kUndefinedObject);
}

TEST_F(SessionTest, InternalSeemingErrorsDoNotStopTheEngine) {
    EXPECT_EQ(session_.state("SELECT nextval('no_such_sequence')"), "42704");
    EXPECT_EQ(session_.state("ATTACH '/x' AS y (TYPE kodiak)"), "0A000");
    EXPECT_EQ(session_.rows("SELECT 1"), "1");
}

}  // namespace
}  // namespace kodiak::engine
