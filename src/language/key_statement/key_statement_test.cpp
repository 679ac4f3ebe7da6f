#include "language/key_statement.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kodiak::language {
namespace {

using catalog::KeyOperand;
using catalog::KeyStatement;

std::string shown_constant(const KeyOperand& operand) {
    switch (operand.kind) {
        case KeyOperand::Kind::kNull:
            return "NULL";
        case KeyOperand::Kind::kTrue:
            return "TRUE";
        case KeyOperand::Kind::kFalse:
            return "FALSE";
        case KeyOperand::Kind::kInteger:
            return operand.text;
        case KeyOperand::Kind::kDecimal:
            return operand.text + "d";
        case KeyOperand::Kind::kString:
            return "'" + operand.text + "'";
        case KeyOperand::Kind::kParameter:
            return "$" + std::to_string(operand.parameter + 1);
    }
    return "?";
}

std::string shown(const KeyOperand& operand) {
    static const char* const kSteps[] = {"", "+=", "-="};
    return kSteps[static_cast<size_t>(operand.step)] + shown_constant(operand);
}

// The statement in one line: kind table [columns] values | key = value ...; "-" when it has no such shape.
std::string parsed(std::string_view text) {
    const auto statement = parse_key_statement(text);
    if (!statement) {
        return "-";
    }
    static const char* const kKinds[] = {"select", "insert", "update", "delete", "upsert"};
    std::string line = kKinds[static_cast<size_t>(statement->kind)];
    for (const auto& part : statement->table) {
        line += " " + part;
    }
    line += " [";
    for (const auto& column : statement->columns) {
        line += (line.back() == '[' ? "" : " ") + column;
    }
    line += "]";
    for (const auto& value : statement->values) {
        line += " " + shown(value);
    }
    if (statement->range) {
        static const char* const kOrders[] = {"", " up", " down"};
        return line + " | " + shown(statement->key_values[0]) + (statement->range->low_inclusive ? " <= " : " < ") +
               statement->key_columns[0] + (statement->range->high_inclusive ? " <= " : " < ") +
               shown(statement->key_values[1]) + kOrders[static_cast<size_t>(statement->range->order)];
    }
    for (size_t i = 0; i < statement->key_columns.size(); ++i) {
        line += " | " + statement->key_columns[i] + " = " + shown(statement->key_values[i]);
    }
    return line;
}

TEST(KeyStatementTest, TheFiveShapesAreRecognised) {
    EXPECT_EQ(parsed("SELECT * FROM t WHERE id = 5"), "select t [] | id = 5");
    EXPECT_EQ(parsed("select a, \"B c\" from s.t where id = -5 and k = 'x';"),
              "select s t [a B c] | id = -5 | k = 'x'");
    EXPECT_EQ(parsed("INSERT INTO t VALUES (1, 'it''s', NULL, true, -1.50)"), "insert t [] 1 'it's' NULL TRUE -1.50d");
    EXPECT_EQ(parsed("INSERT INTO d.s.t (a, b) VALUES (?, ?)"), "insert d s t [a b] $1 $2");
    EXPECT_EQ(parsed("UPDATE t SET a = 1, b = $2 WHERE id = $1"), "update t [a b] 1 $2 | id = $1");
    EXPECT_EQ(parsed("UPDATE t SET a = A + 1, \"b\" = b - $1, c = -2 WHERE id = 3"),
              "update t [a b c] +=1 -=$1 -2 | id = 3");
    EXPECT_EQ(parsed("DELETE FROM t WHERE id = false -- gone"), "delete t [] | id = FALSE");
    EXPECT_EQ(parsed("UPSERT INTO t (id, a) VALUES (7, '')"), "upsert t [id a] 7 ''");
}

TEST(KeyStatementTest, EverythingElseIsForTheGeneralPath) {
    for (const char* text : {
             "",
             "SELECT 1",
             "SELECT * FROM t",
             "SELECT a + 1 FROM t WHERE id = 1",
             "SELECT DISTINCT a FROM t WHERE id = 1",
             "SELECT a AS b FROM t WHERE id = 1",
             "SELECT a b FROM t WHERE id = 1",
             "SELECT t.a FROM t WHERE id = 1",
             "SELECT * FROM t x WHERE id = 1",
             "SELECT * FROM t WHERE id = 1 OR id = 2",
             "SELECT * FROM t WHERE id = 1 LIMIT 1",
             "SELECT * FROM t WHERE id >= 1",
             "SELECT * FROM t WHERE id = 1 + 1",
             "SELECT * FROM t WHERE id = 1e3",
             "SELECT * FROM t WHERE id = 1_000",
             "SELECT * FROM t WHERE id = 0x10",
             "SELECT * FROM t WHERE id = 1h",
             "SELECT * FROM t WHERE id = E'a'",
             "SELECT * FROM t WHERE id = DATE '2020-01-01'",
             "SELECT * FROM t WHERE id = current_date",
             "SELECT * FROM t WHERE id = x'00'",
             "SELECT * FROM t WHERE id = $name",
             "SELECT * FROM t WHERE id = $0",
             "SELECT * FROM t WHERE id = $99999",
             "SELECT * FROM t WHERE id = ? AND k = $1",
             "SELECT * FROM t WHERE id = 5; SELECT 1",
             "SELECT * FROM t WHERE id = 'open",
             "SELECT * FROM t WHERE id = - 'a'",
             "SELECT case FROM t WHERE id = 1",
             "SELECT * FROM a.b.c.d WHERE id = 1",
             "INSERT INTO t VALUES (1), (2)",
             "INSERT INTO t VALUES (1) RETURNING *",
             "INSERT INTO t VALUES (DEFAULT)",
             "INSERT INTO t (a) VALUES (1, 2)",
             "INSERT INTO t SELECT 1",
             "INSERT OR REPLACE INTO t VALUES (1)",
             "UPDATE t SET a = b + 1 WHERE id = 1",
             "UPDATE t SET a = 1 + a WHERE id = 1",
             "UPDATE t SET a = a * 2 WHERE id = 1",
             "UPDATE t SET a = a + 1 + 1 WHERE id = 1",
             "UPDATE t SET a = a WHERE id = 1",
             "UPDATE t SET a = t.a + 1 WHERE id = 1",
             "UPDATE t SET a = 1",
             "DELETE FROM t",
             "UPSERT INTO t KEY (a) VALUES (1)",
             "EXPLAIN SELECT * FROM t WHERE id = 1",
         }) {
        EXPECT_EQ(parsed(text), "-") << text;
    }
}

TEST(KeyStatementTest, PreparedOnesAndTheirCallsAreRecognised) {
    const auto prepared = parse_prepared_key_statement("PREPARE \"Q 1\" AS SELECT a FROM t WHERE id = $1;");
    ASSERT_TRUE(prepared);
    EXPECT_EQ(prepared->name, "Q 1");
    EXPECT_EQ(prepared->statement.parameters, 1u);
    EXPECT_FALSE(parse_prepared_key_statement("PREPARE q AS SELECT a FROM t"));
    EXPECT_FALSE(parse_prepared_key_statement("PREPARE q (INTEGER) AS SELECT a FROM t WHERE id = $1"));

    const auto call = parse_key_execution("EXECUTE q(7, 'x', NULL, -1.5);");
    ASSERT_TRUE(call);
    EXPECT_EQ(call->name, "q");
    ASSERT_EQ(call->values.size(), 4u);
    EXPECT_EQ(shown(call->values[3]), "-1.5d");
    EXPECT_TRUE(parse_key_execution("execute q"));
    for (const char* text : {"EXECUTE q(1 + 1)", "EXECUTE q(a := 1)", "EXECUTE q($1)", "EXECUTE q()", "EXECUTE q(1) x",
                             "EXECUTE"}) {
        EXPECT_FALSE(parse_key_execution(text)) << text;
    }
}

TEST(KeyStatementTest, RangesOfAKeyAreRecognised) {
    EXPECT_EQ(parsed("SELECT * FROM t WHERE id BETWEEN -2 AND $1"), "select t [] | -2 <= id <= $1");
    EXPECT_EQ(parsed("SELECT a FROM t WHERE id >= 1 AND ID < 5 ORDER BY id DESC;"), "select t [a] | 1 <= id < 5 down");
    EXPECT_EQ(parsed("SELECT a FROM t WHERE id > ? AND id <= ? ORDER BY id"), "select t [a] | $1 < id <= $2 up");
    for (const char* text : {
             "SELECT * FROM t WHERE id > 1",
             "SELECT * FROM t WHERE id < 1 AND id > 0",
             "SELECT * FROM t WHERE id > 1 AND k < 5",
             "SELECT * FROM t WHERE id BETWEEN 1 AND 5 AND k = 2",
             "SELECT * FROM t WHERE id BETWEEN 1 AND 5 OR k = 2",
             "SELECT * FROM t WHERE id BETWEEN SYMMETRIC 5 AND 1",
             "SELECT * FROM t WHERE id NOT BETWEEN 1 AND 5",
             "SELECT * FROM t WHERE id BETWEEN 1 AND 5 ORDER BY k",
             "SELECT * FROM t WHERE id BETWEEN 1 AND 5 ORDER BY id, k",
             "SELECT * FROM t WHERE id BETWEEN 1 AND 5 ORDER BY id NULLS FIRST",
             "SELECT * FROM t WHERE id BETWEEN 1 AND 5 LIMIT 3",
             "SELECT * FROM t WHERE k = 1 AND id BETWEEN 1 AND 5",
             "SELECT * FROM t WHERE id = 1 ORDER BY id",
             "DELETE FROM t WHERE id BETWEEN 1 AND 5",
             "UPDATE t SET a = 1 WHERE id >= 1 AND id < 5",
         }) {
        EXPECT_EQ(parsed(text), "-") << text;
    }
}

TEST(KeyStatementTest, AMinusMayStandApart) {
    EXPECT_EQ(parsed("DELETE FROM t WHERE id = - 5"), "delete t [] | id = -5");
}

}  // namespace
}  // namespace kodiak::language
