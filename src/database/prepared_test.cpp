// Prepared statements: typed rows, parameters, and the same answers past the planner and through it.

#include <gtest/gtest.h>

#include <filesystem>

#include "database/database.hpp"

namespace kodiak::database {
namespace {

class Ignored final : public ResultSink {
   public:
    Status begin(const std::vector<ResultColumn>&) override { return {}; }
    Status rows(const RowBatch&) override { return {}; }
    Status end(const Answer&) override { return {}; }
};

class PreparedTest : public testing::Test {
   protected:
    PreparedTest() {
        folder_ = std::filesystem::path(testing::TempDir()) /
                  ("prepared_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        std::filesystem::remove_all(folder_);
        database = Database::open(folder_.string()).value();
        session = database->connect().value();
        other = database->connect().value();
    }
    ~PreparedTest() override {
        session.reset();
        other.reset();
        database.reset();
        std::filesystem::remove_all(folder_);
    }
    void run(const std::string& sql) { run_in(*session, sql); }
    void run_in(Session& where, const std::string& sql) {
        Ignored sink;
        const Status status = where.execute_script(sql, sink);
        ASSERT_TRUE(status.ok()) << sql << ": " << status.error().message;
    }
    std::unique_ptr<Prepared> prepare(const std::string& sql) {
        auto prepared = session->prepare(sql);
        EXPECT_TRUE(prepared.ok()) << sql << ": " << prepared.error().message;
        return prepared.ok() ? std::move(prepared).value() : nullptr;
    }
    // All rows as text, one line each.
    static std::string rows_of(Prepared& statement) {
        std::string lines;
        const Status done = statement.execute();
        if (!done.ok()) {
            return "error " + done.error().message;
        }
        for (auto more = statement.next(); ; more = statement.next()) {
            if (!more.ok()) {
                return lines + "error " + more.error().message;
            }
            if (!*more) {
                return lines;
            }
            for (size_t c = 0; c < statement.columns().size(); ++c) {
                const ResultColumn& column = statement.columns()[c];
                const bool is_integer = (column.type != "HUGEINT" && column.type.ends_with("INT")) ||
                                        column.type == "INTEGER" || column.type == "DATE" ||
                                        column.type == "BOOLEAN" || column.type.starts_with("DECIMAL(9");
                lines += c == 0 ? "" : " ";
                lines += statement.is_null(c)          ? "NULL"
                         : is_integer                  ? std::to_string(statement.integer(c))
                         : column.type == "DOUBLE" || column.type == "FLOAT" ? std::to_string(statement.number(c))
                                                       : std::string(statement.text(c));
            }
            lines += "\n";
        }
    }

    std::filesystem::path folder_;
    std::unique_ptr<Database> database;
    std::unique_ptr<Session> session;
    std::unique_ptr<Session> other;
};

TEST_F(PreparedTest, ARowByItsKeyIsReadAsTypedValues) {
    run("CREATE TABLE t (id BIGINT PRIMARY KEY, a SMALLINT, d DOUBLE, f FLOAT, n DECIMAL(9,2), day DATE, name VARCHAR, "
        "yes BOOLEAN)");
    run("INSERT INTO t VALUES (1, -3, 0.5, 1.5, 12.34, '1970-01-11', 'a name longer than twelve', true), "
        "(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)");
    const auto get = prepare("SELECT * FROM t WHERE id = ?");
    ASSERT_EQ(get->parameters(), 1u);
    const auto row_of = [&](int64_t id) {
        EXPECT_TRUE(get->bind(1, id).ok());
        return rows_of(*get);
    };
    EXPECT_EQ(row_of(1), "1 -3 0.500000 1.500000 1234 10 a name longer than twelve 1\n");
    EXPECT_EQ(row_of(2), "2 NULL NULL NULL NULL NULL NULL NULL\n");
    EXPECT_EQ(row_of(3), "");
    EXPECT_EQ(get->columns()[4].type, "DECIMAL(9,2)");
}

TEST_F(PreparedTest, BothWaysGiveTheSameRows) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, h HUGEINT, l INTEGER[], u UUID, name VARCHAR, code VARCHAR UNIQUE)");
    run("INSERT INTO t SELECT i, i * 1e20::HUGEINT, [i, NULL], '00000000-0000-4000-8000-0000000000' || (10 + i), "
        "'n' || i, 'c' || i FROM range(40) r(i)");
    const auto by_key = prepare("SELECT * FROM t WHERE id = $1");
    const auto by_code = prepare("SELECT id, name FROM t WHERE code = $1");
    const auto planned = prepare("SELECT * FROM t WHERE id + 0 = $1");
    for (int64_t id : {0, 7, 39, 40}) {
        ASSERT_TRUE(by_key->bind(1, id).ok());
        ASSERT_TRUE(planned->bind(1, id).ok());
        ASSERT_TRUE(by_code->bind(1, "c" + std::to_string(id)).ok());
        EXPECT_EQ(rows_of(*by_key), rows_of(*planned));
        EXPECT_EQ(rows_of(*by_code), id == 40 ? "" : std::to_string(id) + " n" + std::to_string(id) + "\n");
    }
    ASSERT_TRUE(by_key->bind(1, std::string("7")).ok());
    ASSERT_TRUE(planned->bind(1, std::string("7")).ok());
    EXPECT_EQ(rows_of(*by_key), rows_of(*planned));
    ASSERT_TRUE(by_key->bind(1, 7.0).ok());
    EXPECT_NE(rows_of(*by_key), "");
    ASSERT_TRUE(by_key->bind(1, Value()).ok());
    EXPECT_EQ(rows_of(*by_key), "");
}

TEST_F(PreparedTest, ALookUpSeesWhatItsTransactionSees) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 10)");
    const auto get = prepare("SELECT v FROM t WHERE id = ?");
    const auto value_of = [&](int64_t id) {
        EXPECT_TRUE(get->bind(1, id).ok());
        return rows_of(*get);
    };
    EXPECT_EQ(value_of(1), "10\n");
    run_in(*other, "UPDATE t SET v = 11 WHERE id = 1");
    EXPECT_EQ(value_of(1), "11\n");
    run("BEGIN");
    EXPECT_EQ(value_of(1), "11\n");
    run_in(*other, "UPDATE t SET v = 12 WHERE id = 1; INSERT INTO t VALUES (2, 20)");
    EXPECT_EQ(value_of(1), "11\n") << "the snapshot of BEGIN";
    EXPECT_EQ(value_of(2), "");
    run("INSERT INTO t VALUES (3, 30)");
    EXPECT_EQ(value_of(3), "30\n") << "its own row";
    run("UPDATE t SET v = 31 WHERE id = 3");
    EXPECT_EQ(value_of(3), "31\n");
    run("DELETE FROM t WHERE id = 3");
    EXPECT_EQ(value_of(3), "");
    run("ROLLBACK");
    EXPECT_EQ(value_of(1), "12\n");
    EXPECT_EQ(value_of(2), "20\n");
    EXPECT_EQ(value_of(3), "");
}

TEST_F(PreparedTest, ItFollowsTheTableThroughDefinitionsAndCheckpoints) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 10)");
    const auto get = prepare("SELECT * FROM t WHERE id = ?");
    ASSERT_TRUE(get->bind(1, int64_t{1}).ok());
    EXPECT_EQ(rows_of(*get), "1 10\n");
    run_in(*other, "ALTER TABLE t ADD COLUMN w VARCHAR DEFAULT 'old'");
    EXPECT_EQ(rows_of(*get), "1 10 old\n");
    run("INSERT INTO t SELECT i, i, 'x' FROM range(100, 50000) r(i)");
    ASSERT_TRUE(database->checkpoint().ok());
    EXPECT_EQ(rows_of(*get), "1 10 old\n");
    run("DROP TABLE t");
    EXPECT_TRUE(rows_of(*get).starts_with("error")) << rows_of(*get);
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR); INSERT INTO t VALUES (1, 'again')");
    EXPECT_EQ(rows_of(*get), "1 again\n");
    run("CREATE TEMP TABLE t (id INTEGER, x INTEGER); INSERT INTO temp.t VALUES (1, 99)");
    EXPECT_EQ(rows_of(*get), "1 99\n") << "a temporary table hides the other, as in a statement just written";
}

TEST_F(PreparedTest, WritesByKeyAndByPlanCountRows) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)");
    const auto put = prepare("INSERT INTO t VALUES (?, ?)");
    for (int64_t i = 1; i <= 5; ++i) {
        ASSERT_TRUE(put->bind(1, i).ok());
        ASSERT_TRUE(put->bind(2, i * 10).ok());
        ASSERT_TRUE(put->execute().ok());
        EXPECT_EQ(put->changed(), 1u);
    }
    const Status again = put->execute();
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, ErrorCode::kUniqueViolation);
    const auto raise = prepare("UPDATE t SET v = v + $1 WHERE v >= $2");
    ASSERT_TRUE(raise->bind(1, int64_t{1}).ok());
    ASSERT_TRUE(raise->bind(2, int64_t{30}).ok());
    ASSERT_TRUE(raise->execute().ok());
    EXPECT_EQ(raise->changed(), 3u);
    const auto upsert = prepare("UPSERT INTO t VALUES (?, ?)");
    ASSERT_TRUE(upsert->bind(1, int64_t{5}).ok());
    ASSERT_TRUE(upsert->bind(2, int64_t{0}).ok());
    ASSERT_TRUE(upsert->execute().ok());
    EXPECT_EQ(upsert->changed(), 1u);
    const auto many = prepare("UPSERT INTO t SELECT i, $1 FROM range(4, 8) r(i)");
    ASSERT_TRUE(many->bind(1, int64_t{7}).ok());
    ASSERT_TRUE(many->execute().ok());
    EXPECT_EQ(many->changed(), 4u);
    const auto sum = prepare("SELECT count(*), sum(v) FROM t");
    EXPECT_EQ(rows_of(*sum), "7 89\n");
    const auto returning = prepare("DELETE FROM t WHERE id > ? RETURNING id");
    ASSERT_TRUE(returning->bind(1, int64_t{6}).ok());
    EXPECT_EQ(rows_of(*returning), "7\n");
}

TEST_F(PreparedTest, ManyRowsStreamAndOwnClausesWork) {
    run("CREATE TABLE t AS SELECT i FROM range(5000) r(i)");
    const auto all = prepare("SELECT i FROM t ORDER BY i");
    ASSERT_TRUE(all->execute().ok());
    int64_t expected = 0;
    while (all->next().value()) {
        ASSERT_EQ(all->integer(0), expected++);
    }
    EXPECT_EQ(expected, 5000);
    run("DELETE FROM t WHERE i >= 10");
    const auto past = prepare("SELECT count(*) FROM t AS OF COMMIT 'HEAD~1'");
    EXPECT_EQ(rows_of(*past), "5000\n");
    run("CREATE FUNCTION twice(n INTEGER) RETURNS INTEGER RETURN n * 2");
    const auto twice = prepare("SELECT twice(?)");
    ASSERT_TRUE(twice->bind(1, int64_t{21}).ok());
    EXPECT_EQ(rows_of(*twice), "42\n");
    const auto check = prepare("CHECK FUNCTION ALL");
    EXPECT_EQ(rows_of(*check), "twice(INTEGER) true NULL\n");
    EXPECT_EQ(rows_of(*check), "twice(INTEGER) true NULL\n");
    const auto checkpoint = prepare("CHECKPOINT");
    EXPECT_TRUE(checkpoint->execute().ok());
}

TEST_F(PreparedTest, ATableIsReadAndWrittenByKeyWithoutSql) {
    run("CREATE TABLE \"my t\" (id INTEGER PRIMARY KEY, name VARCHAR, x DOUBLE)");
    const auto table = session->table("\"my t\"").value();
    ASSERT_EQ(table->columns().size(), 3u);
    for (int64_t i = 0; i < 50; ++i) {
        const std::vector<Value> row{i * 2, "n" + std::to_string(i), 0.5};
        ASSERT_TRUE(table->put(row).ok());
    }
    EXPECT_TRUE(table->get(42).value());
    EXPECT_EQ(table->text(1), "n21");
    EXPECT_EQ(table->number(2), 0.5);
    EXPECT_FALSE(table->get(41).value());
    EXPECT_TRUE(table->erase(42).value());
    EXPECT_FALSE(table->erase(42).value());
    const std::vector<Value> replaced{int64_t{40}, std::string("again"), Value()};
    ASSERT_TRUE(table->put(replaced).ok());
    const auto many = [&] {
        std::string found;
        const std::vector<int64_t> keys{44, 42, 40, 1, -1, 44};
        const Status done = table->multi_get(keys, [&](size_t i) {
            found += std::to_string(i) + ":" + std::string(table->text(1)) + " ";
        });
        return done.ok() ? found : done.error().message;
    };
    const auto range = [&](int64_t low, int64_t high, size_t most) {
        std::string found;
        const Status done = table->scan(low, high, [&] {
            found += std::to_string(table->integer(0)) + (table->is_null(2) ? "! " : " ");
            return --most > 0;
        });
        return done.ok() ? found : done.error().message;
    };
    const std::string expected = "0:n22 2:again 5:n22 ";
    EXPECT_EQ(many(), expected);
    EXPECT_EQ(range(37, 47, 100), "38 40! 44 46 ");
    EXPECT_EQ(range(-5, 90, 3), "0 2 4 ");
    EXPECT_EQ(range(5, 4, 3), "");
    run("BEGIN");
    EXPECT_TRUE(table->erase(46).value());
    EXPECT_EQ(many(), expected) << "with changes of its own in the table";
    EXPECT_EQ(range(37, 47, 100), "38 40! 44 ");
    EXPECT_EQ(range(37, 47, 1), "38 ");
    run("ROLLBACK");
    EXPECT_EQ(range(37, 47, 100), "38 40! 44 46 ");
}

TEST_F(PreparedTest, TablesWithoutAnIntegerKeyAreRefused) {
    run("CREATE TABLE plain (id INTEGER); CREATE TABLE words (w VARCHAR PRIMARY KEY); "
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER CHECK (v > 0))");
    EXPECT_EQ(session->table("plain").error().code, ErrorCode::kInvalidColumnReference);
    EXPECT_EQ(session->table("words").error().code, ErrorCode::kInvalidColumnReference);
    EXPECT_EQ(session->table("nothing").error().code, ErrorCode::kUndefinedTable);
    EXPECT_EQ(session->table("t; DROP TABLE t").error().code, ErrorCode::kSyntax);
    const auto table = session->table("t").value();
    EXPECT_EQ(table->put(std::vector<Value>{int64_t{1}}).error().code, ErrorCode::kInvalidValue);
    EXPECT_EQ(table->put(std::vector<Value>{int64_t{1}, int64_t{0}}).error().code, ErrorCode::kCheckViolation);
    EXPECT_TRUE(table->put(std::vector<Value>{int64_t{1}, int64_t{5}}).ok());
    EXPECT_TRUE(table->get(1).value());
}

TEST_F(PreparedTest, MistakesAreClearErrors) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    EXPECT_EQ(session->prepare("SELECT * FROM nothing WHERE id = ?").error().code, ErrorCode::kUndefinedTable);
    EXPECT_EQ(session->prepare("SELEC 1").error().code, ErrorCode::kSyntax);
    EXPECT_EQ(session->prepare("SELECT 1; SELECT 2").error().code, ErrorCode::kSyntax);
    EXPECT_EQ(session->prepare("").error().code, ErrorCode::kSyntax);
    const auto get = prepare("SELECT * FROM t WHERE id = ?");
    EXPECT_EQ(get->bind(0, int64_t{1}).error().code, ErrorCode::kInvalidValue);
    EXPECT_EQ(get->bind(2, int64_t{1}).error().code, ErrorCode::kInvalidValue);
    run("BEGIN");
    EXPECT_FALSE(session->prepare("SELECT * FROM nothing").ok());
    ASSERT_TRUE(get->bind(1, int64_t{1}).ok());
    const Status refused = get->execute();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kInFailedTransaction);
    run("ROLLBACK");
    EXPECT_TRUE(get->execute().ok());
}

}  // namespace
}  // namespace kodiak::database
