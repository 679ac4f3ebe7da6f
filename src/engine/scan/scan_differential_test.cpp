// Scans against native DuckDB tables with the same rows: random filters on all types, NULLs, deletes, own changes.
//
// Both tables live in one DuckDB instance, so a difference can only come from our scan or our store.

#include <random>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "engine/connection/test_database.hpp"

namespace kodiak::engine {
namespace {

// A column: its type, an expression of row number `r` that makes values, constants to compare with.
struct TestedColumn {
    const char* name;
    const char* type;
    const char* value;
    std::vector<const char*> constants;
};

const std::vector<TestedColumn>& tested_columns() {
    static const std::vector<TestedColumn> kColumns = {
        {"b", "BOOLEAN", "hash(r, 1) % 3 = 0", {"true", "false"}},
        {"t8", "TINYINT", "(hash(r, 2) % 200)::INTEGER - 100", {"-100", "0", "99", "7"}},
        {"i", "INTEGER", "hash(r, 3) % 1000", {"0", "500", "999", "-1", "77"}},
        {"near", "INTEGER", "r // 10", {"0", "900", "1200", "77", "2000"}},
        {"l", "BIGINT", "(hash(r, 4) % 100000) * 1000000007", {"0", "50000000350000", "7000000049"}},
        {"u", "UBIGINT", "hash(r, 5) % 50 + 18446744073709551500", {"18446744073709551510", "0"}},
        {"h", "HUGEINT", "(hash(r, 6) % 100)::HUGEINT * 10000000000000000000000", {"500000000000000000000000", "0"}},
        {"f",
         "DOUBLE",
         "CASE hash(r, 7) % 50 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf'::DOUBLE WHEN 2 THEN -0.0 "
         "ELSE (hash(r, 7) % 1000) / 8.0 END",
         {"0.0", "60.5", "'nan'::DOUBLE", "'inf'::DOUBLE"}},
        {"d", "DECIMAL(9,2)", "(hash(r, 8) % 10000) / 100.0", {"0.01", "50.00", "99.99"}},
        {"w", "DECIMAL(30,3)", "(hash(r, 9) % 10000) / 100.0", {"0.01", "50.00", "99.99"}},
        {"s",
         "VARCHAR",
         "'word ' || (hash(r, 10) % 30) || CASE WHEN hash(r, 10) % 2 = 0 THEN ' and a long tail' ELSE '' "
         "END",
         {"'word 7'", "'word 12 and a long tail'", "''", "'x'", "'word 3'"}},
        {"v", "VARCHAR", "md5(r::VARCHAR)", {"'8'", "'c4ca4238a0b923820dcc509a6f75849b'", "'f'"}},
        {"dt", "DATE", "DATE '2000-01-01' + (hash(r, 12) % 5000)::INTEGER", {"DATE '2005-05-05'", "DATE 'infinity'"}},
        {"ts",
         "TIMESTAMP",
         "TIMESTAMP '2000-01-01' + to_seconds((hash(r, 13) % 100000000)::BIGINT)",
         {"TIMESTAMP '2001-01-01'", "TIMESTAMP '2003-06-01 12:00:00'"}},
        {"e",
         "ENUM('red','green','blue')",
         "CASE hash(r, 14) % 3 WHEN 0 THEN 'red' WHEN 1 THEN 'green' ELSE 'blue' END",
         {"'red'", "'blue'"}},
        {"uu", "UUID", "md5((r % 100)::VARCHAR)::UUID", {"'c4ca4238-a0b9-2382-0dcc-509a6f75849b'"}},
        {"bl", "BLOB", "(hash(r, 15) % 20)::VARCHAR::BLOB", {"'7'::BLOB", "'15'::BLOB"}},
    };
    return kColumns;
}

class ScanDifferential : public ::testing::Test {
   protected:
    ScanDifferential() : connection_(database_.connect()) { connection_.run("ATTACH ':memory:' AS m"); }

    uint64_t below(uint64_t bound) { return random_() % bound; }
    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }

    // Fills both tables with the same rows; each column has its share of NULLs, in places whole chunks of them.
    void create_tables(uint64_t rows) {
        std::string columns;
        std::string values;
        for (const TestedColumn& column : tested_columns()) {
            columns += fmt::format(", {} {}", column.name, column.type);
            const char* nulls[] = {"false", "hash(r, 99) % 10 = 0", "r BETWEEN 2048 AND 6143", "hash(r, 98) % 2 = 0"};
            values += fmt::format(", CASE WHEN {} THEN NULL ELSE {} END", nulls[below(4)], column.value);
        }
        const std::string nested = ", li INTEGER[], st STRUCT(a INTEGER, b VARCHAR), mp MAP(VARCHAR, INTEGER)";
        values +=
            ", CASE WHEN r % 7 = 0 THEN NULL ELSE [r, NULL, r + 1] END"
            ", CASE WHEN r % 5 = 0 THEN NULL ELSE {'a': r % 10, 'b': 'name ' || (r % 13)} END"
            ", CASE WHEN r % 3 = 0 THEN NULL ELSE MAP {'key': r, 'a key longer than that': NULL} END";
        run_both("CREATE TABLE {}t (id BIGINT PRIMARY KEY" + columns + nested + ")");
        connection_.run(fmt::format("INSERT INTO m.t SELECT r{} FROM range({}) x(r)", values, rows));
        connection_.run("INSERT INTO t SELECT * FROM m.t");
    }

    // `sql` with "{}" where "m." goes for the native table.
    void run_both(const std::string& sql) {
        connection_.run(fmt::format(fmt::runtime(sql), ""));
        connection_.run(fmt::format(fmt::runtime(sql), "m."));
    }

    void expect_same(const std::string& sql) {
        const std::string native = connection_.rows(fmt::format(fmt::runtime(sql), "m."));
        const std::string ours = connection_.rows(fmt::format(fmt::runtime(sql), ""));
        ASSERT_FALSE(native.starts_with("ERROR")) << sql << "\n" << connection_.error().message;
        ASSERT_TRUE(ours == native) << sql << "\nours:   " << ours.substr(0, 1500)
                                    << "\nnative: " << native.substr(0, 1500) << "\n"
                                    << (ours.starts_with("ERROR") ? connection_.error().message : "");
    }

    std::string atom() {
        const TestedColumn& column = pick(tested_columns());
        const char* constant = pick(column.constants);
        static const std::vector<std::string> kComparisons = {"=", "<>", "<", "<=", ">", ">="};
        switch (below(13)) {
            case 12:  // far apart and close together
                return fmt::format("l IN ({0}, {1}, 7000000049, -3) AND near IN ({2}, {3}, 70, 90, 95)",
                                   below(100000) * 1000000007, below(100000) * 1000000007, below(900), below(1800));
            case 0:
                return fmt::format("{} IS NULL", column.name);
            case 1:
                return fmt::format("{} IS NOT NULL", column.name);
            case 2:
                return fmt::format("{} IN ({}, {}, {})", column.name, constant, pick(column.constants),
                                   pick(column.constants));
            case 3:
                return fmt::format("{0} BETWEEN {1} AND {2}", column.name, constant, pick(column.constants));
            case 4:
                return fmt::format("({0} {1} {2} OR {0} {3} {4})", column.name, pick(kComparisons), constant,
                                   pick(kComparisons), pick(column.constants));
            case 5:
                return fmt::format("({0} {1} {2} OR {0} IS NULL)", column.name, pick(kComparisons), constant);
            case 6:
                return fmt::format("{} IS DISTINCT FROM {}", column.name, constant);
            case 7:
                return pick<std::string>({"s LIKE '%1%'", "s LIKE 'word 1%'", "v LIKE '%ab%'", "length(s) = 6",
                                          "coalesce(s, 'word 7') = 'word 7'", "st.a = 3", "st.b >= 'name 5'",
                                          "len(li) = 3", "contains(v, 'ff')", "s || 'x' <> 'word 1x'", "st IS NULL",
                                          "mp IS NOT NULL", "year(dt) = 2004", "i % 7 = 1"});
            case 8:
                return fmt::format("id {} {}", pick(kComparisons), below(15000));
            case 9:
                return fmt::format("id IN ({}, {}, {})", below(15000), below(15000), below(15000));
            default:
                return fmt::format("{} {} {}", column.name, pick(kComparisons), constant);
        }
    }

    std::string condition() {
        std::string result = atom();
        for (uint64_t more = below(3); more > 0; --more) {
            result += " AND " + atom();
        }
        return result;
    }

    void compare_filters(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string where = condition();
            ASSERT_NO_FATAL_FAILURE(expect_same("SELECT * FROM {}t WHERE " + where + " ORDER BY id LIMIT 300"));
            ASSERT_NO_FATAL_FAILURE(expect_same("SELECT count(*), sum(id) FROM {}t WHERE " + where));
        }
    }

    void compare_queries(int count) {
        for (int i = 0; i < count; ++i) {
            const TestedColumn& column = pick(tested_columns());
            const std::string order = fmt::format("{} {} NULLS {}", column.name, below(2) == 0 ? "ASC" : "DESC",
                                                  below(2) == 0 ? "FIRST" : "LAST");
            ASSERT_NO_FATAL_FAILURE(
                expect_same(fmt::format("SELECT {0}, id FROM {{}}t WHERE {1} ORDER BY {2}, id LIMIT {3}", column.name,
                                        atom(), order, 1 + below(30))));
            // Only the ordered column is certain with one key: ties may fall either way.
            ASSERT_NO_FATAL_FAILURE(expect_same(
                fmt::format("SELECT {0} FROM {{}}t ORDER BY {1} LIMIT {2}", column.name, order, 1 + below(50))));
            ASSERT_NO_FATAL_FAILURE(expect_same(
                fmt::format("SELECT {0}, count(*), min(id) FROM {{}}t WHERE {1} GROUP BY ALL ORDER BY min(id) LIMIT 50",
                            column.name, atom())));
            ASSERT_NO_FATAL_FAILURE(
                expect_same(fmt::format("SELECT count({0}), count(DISTINCT {0}), min({0}), "
                                        "max({0}) FROM {{}}t",
                                        column.name)));
            // Joins push ranges, IN lists and Bloom filters into the scan.
            ASSERT_NO_FATAL_FAILURE(
                expect_same(fmt::format("SELECT count(*), sum(t.id) FROM {{}}t t JOIN (SELECT DISTINCT {0} AS k FROM "
                                        "m.t WHERE id % {1} = 3) w ON "
                                        "t.{0} = w.k",
                                        column.name, 1 + below(4000))));
            ASSERT_NO_FATAL_FAILURE(
                expect_same(fmt::format("SELECT count(*), sum(t.id) FROM {{}}t t JOIN (SELECT DISTINCT {0} AS k FROM "
                                        "m.t WHERE id % {1} < 2) w ON "
                                        "t.{0} IS NOT DISTINCT FROM w.k",
                                        column.name, 100 + below(4000))));
            ASSERT_NO_FATAL_FAILURE(
                expect_same(fmt::format("SELECT count(*), sum(id) FROM {{}}t WHERE {0} NOT IN (SELECT {0} FROM m.t "
                                        "WHERE {0} IS NOT NULL AND id < "
                                        "20)",
                                        column.name)));
        }
    }

    TestDatabase database_;
    TestConnection connection_;
    std::mt19937_64 random_;
};

TEST_F(ScanDifferential, RandomQueriesAnswerAsNativeTablesDo) {
    for (const uint64_t seed : {1, 2, 3}) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        random_.seed(seed);
        create_tables(9000 + below(9000));
        ASSERT_NO_FATAL_FAILURE(compare_filters(40));
        ASSERT_NO_FATAL_FAILURE(compare_queries(8));
        run_both("DROP TABLE {}t");
    }
}

TEST_F(ScanDifferential, DeletedAndUpdatedRowsAreSeenAsNativeTablesShowThem) {
    for (const uint64_t seed : {11, 12}) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        random_.seed(seed);
        create_tables(9000);
        for (int round = 0; round < 4; ++round) {
            run_both(fmt::format("DELETE FROM {{}}t WHERE hash(id, {}) % 10 = 0", round));
            run_both(
                fmt::format("UPDATE {{}}t SET i = i + 1, s = 'new ' || (id % 3), f = NULL, li = [id] WHERE "
                            "hash(id, {}) % 20 = 0",
                            round + 50));
            run_both("INSERT INTO {}t (id, s, near) SELECT r, 'more', r FROM range(" +
                     std::to_string(20000 + round * 1000) + ", " + std::to_string(20500 + round * 1000) + ") x(r)");
            ASSERT_NO_FATAL_FAILURE(expect_same("SELECT * FROM {}t ORDER BY id"));
            ASSERT_NO_FATAL_FAILURE(compare_filters(15));
            ASSERT_NO_FATAL_FAILURE(compare_queries(3));
        }
        run_both("DROP TABLE {}t");
    }
}

TEST_F(ScanDifferential, OwnUncommittedChangesAreSeenAndOthersAreNot) {
    for (const uint64_t seed : {21, 22}) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        random_.seed(seed);
        create_tables(9000);
        const std::vector<std::string> changes = {
            "DELETE FROM {}t WHERE hash(id, 1) % 5 = 0",
            "UPDATE {}t SET near = near + 100, v = 'own', e = 'blue' WHERE id % 11 = 0",
            "UPDATE {}t SET id = id + 100000 WHERE id % 13 = 0",
            "INSERT INTO {}t (id, i, s) SELECT r, r, 'own' FROM range(50000, 53000) x(r)",
            "DELETE FROM {}t WHERE id BETWEEN 51000 AND 51100",
        };
        for (const std::string& change : changes) {
            connection_.run(fmt::format(fmt::runtime(change), "m."));
        }
        TestConnection other = database_.connect();
        const std::string before = other.rows("SELECT count(*), sum(id), sum(near) FROM t");
        connection_.run("BEGIN");
        for (const std::string& change : changes) {
            connection_.run(fmt::format(fmt::runtime(change), ""));
        }
        ASSERT_NO_FATAL_FAILURE(expect_same("SELECT * FROM {}t ORDER BY id"));
        ASSERT_NO_FATAL_FAILURE(expect_same("SELECT count(*) FROM {}t"));
        ASSERT_NO_FATAL_FAILURE(compare_filters(30));
        ASSERT_NO_FATAL_FAILURE(compare_queries(6));
        EXPECT_EQ(other.rows("SELECT count(*), sum(id), sum(near) FROM t"), before);
        connection_.run("ROLLBACK");
        EXPECT_EQ(connection_.rows("SELECT count(*), sum(id), sum(near) FROM t"), before);
        run_both("DROP TABLE {}t");
    }
}

TEST_F(ScanDifferential, ColumnsAddedAndWidenedLaterReadAsNativeTablesDo) {
    random_.seed(31);
    create_tables(7000);
    run_both("ALTER TABLE {}t ADD COLUMN later INTEGER DEFAULT 42");
    run_both("ALTER TABLE {}t ADD COLUMN words VARCHAR DEFAULT 'a default that is long'");
    run_both("ALTER TABLE {}t ADD COLUMN empty DOUBLE");
    run_both("ALTER TABLE {}t ALTER COLUMN i TYPE BIGINT");
    run_both("ALTER TABLE {}t DROP COLUMN l");
    run_both(
        "INSERT INTO {}t (id, later, words, i, empty) SELECT r, r, 'w' || r, r * 10000000000, r FROM "
        "range(90000, 93000) x(r)");
    for (const char* where : {"later = 42", "later > 91000", "words LIKE 'a%'", "words IN ('w91000', 'x')",
                              "empty IS NULL", "empty > 92000", "i > 500", "i >= 910000000000000", "later IS NOT NULL",
                              "words = 'a default that is long' AND i < 100"}) {
        ASSERT_NO_FATAL_FAILURE(expect_same(fmt::format("SELECT * FROM {{}}t WHERE {} ORDER BY id", where)));
        ASSERT_NO_FATAL_FAILURE(expect_same(fmt::format("SELECT count(*), sum(i) FROM {{}}t WHERE {}", where)));
    }
    ASSERT_NO_FATAL_FAILURE(expect_same("SELECT words, count(*) FROM {}t GROUP BY words ORDER BY ALL LIMIT 20"));
    ASSERT_NO_FATAL_FAILURE(expect_same("SELECT later, i FROM {}t ORDER BY later DESC, id LIMIT 20"));
}

}  // namespace
}  // namespace kodiak::engine
