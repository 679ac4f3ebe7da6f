#include "language/statement.hpp"

#include <random>

#include <gtest/gtest.h>

#include "language/rewrite.hpp"

namespace kodiak::language {
namespace {

template <class T>
T parse_as(std::string_view text) {
    Result<ParsedStatement> parsed = parse_statement(text);
    EXPECT_TRUE(parsed.ok()) << text << ": " << (parsed.ok() ? "" : parsed.error().message);
    if (!parsed.ok() || !std::holds_alternative<T>(*parsed)) {
        ADD_FAILURE() << text << " is another kind of statement";
        return T{};
    }
    return std::get<T>(*parsed);
}

StatementKind kind_of_text(std::string_view text) {
    Result<ParsedStatement> parsed = parse_statement(text);
    EXPECT_TRUE(parsed.ok()) << text << ": " << (parsed.ok() ? "" : parsed.error().message);
    return parsed.ok() ? kind_of(*parsed) : StatementKind::kPlain;
}

std::string message_of(std::string_view text) {
    Result<ParsedStatement> parsed = parse_statement(text);
    return parsed.ok() ? "no error" : parsed.error().message;
}

TEST(ParseStatement, BareFormsAreThoseOfTheEngine) {
    for (const auto text : {"BEGIN", "begin work", "BEGIN TRANSACTION;", "START TRANSACTION", "start"}) {
        EXPECT_EQ(kind_of_text(text), StatementKind::kBegin) << text;
    }
    for (const auto text : {"COMMIT", "END", "COMMIT WORK", "end transaction", "/* c */ commit -- x"}) {
        EXPECT_EQ(kind_of_text(text), StatementKind::kCommit) << text;
    }
    for (const auto text : {"ROLLBACK", "ABORT", "ROLLBACK TRANSACTION", "abort work", "ROLLBACK TO a"}) {
        EXPECT_EQ(kind_of_text(text), StatementKind::kRollback) << text;
    }
    for (const auto text : {"CHECKPOINT", "FORCE CHECKPOINT", "CHECKPOINT db"}) {
        EXPECT_EQ(kind_of_text(text), StatementKind::kCheckpoint) << text;
    }
}

TEST(ParseStatement, NoWordIsReserved) {
    for (const auto text :
         {"SELECT commit, savepoint FROM upsert", "FROM begin", "CREATE TABLE commit (release INT, \"begin\" INT)",
          "SELECT 1 AS checkpoint", "EXPLAIN SELECT upsert FROM t", "PREPARE upsert AS SELECT 1", "SET transaction = 1",
          "\"commit\"", "UPDATE commit SET rollback = 1", "", ";", "-- nothing"}) {
        EXPECT_EQ(kind_of_text(text), StatementKind::kPlain) << text;
    }
}

TEST(ParseStatement, BeginTakesOptionsInAnyOrder) {
    const auto begin = parse_as<BeginStatement>("BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ");
    EXPECT_EQ(begin.read_only, true);
    EXPECT_EQ(begin.isolation, IsolationLevel::kRepeatableRead);
    const auto with_comma = parse_as<BeginStatement>("START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE");
    EXPECT_EQ(with_comma.read_only, false);
    EXPECT_EQ(with_comma.isolation, IsolationLevel::kSerializable);
    EXPECT_FALSE(parse_as<BeginStatement>("BEGIN").isolation.has_value());
    EXPECT_EQ(parse_as<SetTransactionStatement>("SET TRANSACTION READ ONLY").read_only, true);
}

TEST(ParseStatement, CommitCarriesItsMessage) {
    const auto commit = parse_as<CommitStatement>(
        "COMMIT MESSAGE 'it''s done' AUTHOR $$ann$$ METADATA {'ticket': {'id': '}'}} ALLOW EMPTY AND CHAIN");
    EXPECT_EQ(commit.message, "it's done");
    EXPECT_EQ(commit.author, "ann");
    EXPECT_EQ(commit.metadata, "{'ticket': {'id': '}'}}");
    EXPECT_TRUE(commit.allow_empty);
    EXPECT_TRUE(commit.chain);
    EXPECT_FALSE(parse_as<CommitStatement>("END AND NO CHAIN").chain);
}

TEST(ParseStatement, SavepointsKeepTheirNames) {
    EXPECT_EQ(parse_as<SavepointStatement>("SAVEPOINT \"My Point\"").name, "My Point");
    EXPECT_EQ(parse_as<ReleaseStatement>("RELEASE SAVEPOINT a").name, "a");
    EXPECT_EQ(parse_as<ReleaseStatement>("RELEASE savepoint").name, "savepoint");
    EXPECT_EQ(parse_as<RollbackStatement>("ROLLBACK WORK TO SAVEPOINT a").savepoint, "a");
    EXPECT_EQ(parse_as<RollbackStatement>("ROLLBACK TO savepoint").savepoint, "savepoint");
    EXPECT_FALSE(parse_as<RollbackStatement>("ROLLBACK").savepoint.has_value());
}

TEST(ParseStatement, ErrorsNameWhatWasExpected) {
    EXPECT_EQ(message_of("COMMIT MESSAGE 5"), "unexpected 5, expected a string");
    EXPECT_EQ(message_of("SAVEPOINT"), "the statement ends too early, expected the name of a savepoint");
    EXPECT_EQ(message_of("COMMIT MESSAGE 'a' MESSAGE 'b'"), "MESSAGE is given twice");
    EXPECT_EQ(message_of("RELEASE a b"), "unexpected b, expected the end of the statement");
    EXPECT_EQ(message_of("ROLLBACK AND NO"), "the statement ends too early, expected CHAIN");
    EXPECT_EQ(message_of("COMMIT METADATA {'a': 1"), "the statement ends too early, expected }");
    EXPECT_EQ(message_of("SET TRANSACTION"),
              "the statement ends too early, expected ISOLATION LEVEL, READ ONLY or READ WRITE");
    EXPECT_EQ(message_of("BEGIN AS OF 'x' AS OF 'y'"), "the point in history is given twice");
    EXPECT_EQ(message_of("SET TRANSACTION AS OF 'x'"), "a transaction chooses its moment when it begins");
    EXPECT_EQ(message_of("UPSERT t VALUES (1)"), "unexpected t, expected INTO");
    EXPECT_EQ(message_of("UPSERT INTO t"), "the statement ends too early, expected VALUES, a query or DEFAULT VALUES");
    EXPECT_EQ(message_of("UPSERT INTO a.b.c.d VALUES (1)"),
              "a table name has at most three parts: database.schema.table");
}

TEST(ParseStatement, UpsertFindsItsParts) {
    const std::string_view text =
        "EXPLAIN ANALYZE UPSERT INTO db.\"T\" (id, \"N\") KEY (id) SELECT 1, (SELECT 2 AS returning) RETURNING id;";
    const auto upsert = parse_as<UpsertStatement>(text);
    EXPECT_EQ(upsert.prefix, UpsertPrefix::kExplain);
    ASSERT_EQ(upsert.target.size(), 2U);
    EXPECT_EQ(upsert.target[1].name, "T");
    ASSERT_EQ(upsert.columns.size(), 2U);
    EXPECT_EQ(upsert.columns[1].name, "N");
    ASSERT_EQ(upsert.key.size(), 1U);
    EXPECT_EQ(upsert.source.in(text), "SELECT 1, (SELECT 2 AS returning)");
    EXPECT_EQ(upsert.returning->in(text), "RETURNING id");
}

TEST(ParseStatement, UpsertTellsColumnsFromAQuery) {
    EXPECT_TRUE(parse_as<UpsertStatement>("UPSERT INTO t (SELECT 1)").columns.empty());
    EXPECT_TRUE(parse_as<UpsertStatement>("UPSERT INTO t ((SELECT 1) UNION (SELECT 2))").columns.empty());
    EXPECT_TRUE(parse_as<UpsertStatement>("UPSERT INTO t (VALUES (1))").columns.empty());
    EXPECT_EQ(parse_as<UpsertStatement>("UPSERT INTO t (\"select\", values) VALUES (1, 2)").columns.size(), 2U);
    EXPECT_EQ(parse_as<UpsertStatement>("UPSERT INTO key (key) KEY (key) VALUES (1)").key.size(), 1U);
}

TEST(ParseStatement, RandomWordsNeverCrash) {
    constexpr unsigned kSeed = 99;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    std::mt19937 random(kSeed);
    const std::vector<std::string> words = {
        "BEGIN",       "COMMIT", "UPSERT", "INTO",      "t",           "(",       ")",     ",",        "KEY",
        "VALUES",      "1",      "'s'",    "RETURNING", "EXPLAIN",     "PREPARE", "AS",    "OF",       "SINCE",
        "FROM",        "JOIN",   "USING",  "SELECT",    "1h",          "{",       "}",     "METADATA", "TO",
        "SAVEPOINT",   ".",      ";",      "FOR",       "SYSTEM_TIME", "AND",     "CHAIN", "DEFAULT",  "SET",
        "TRANSACTION", "UPDATE", "$1",     "\"q\"",     "'open",       "1q",      ":",     "[",        "]"};
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (size_t count = random() % 14; count > 0; --count) {
            text += words[random() % words.size()] + (random() % 4 == 0 ? "" : " ");
        }
        (void)parse_statement(text);
        (void)rewrite_plain(text);
    }
}

TEST(Statement, UpkeepNamesTableAndTier) {
    const auto compact = std::get<UpkeepStatement>(parse_statement("compact table a.\"B c\" to cold;").value());
    EXPECT_EQ(compact.what, UpkeepStatement::What::kCompact);
    ASSERT_EQ(compact.table.size(), 2u);
    EXPECT_EQ(compact.table[1].name, "B c");
    EXPECT_EQ(compact.target, "cold");
    EXPECT_EQ(std::get<UpkeepStatement>(parse_statement("OPTIMIZE").value()).what, UpkeepStatement::What::kOptimize);
    EXPECT_EQ(std::get<UpkeepStatement>(parse_statement("VACUUM t;").value()).table.size(), 1u);
    EXPECT_EQ(kind_of(parse_statement("VACUUM ANALYZE t").value()), StatementKind::kPlain);
    EXPECT_EQ(kind_of(parse_statement("VACUUM (ANALYZE) t").value()), StatementKind::kPlain);
    EXPECT_EQ(parse_statement("COMPACT TABLE t TO HOT").error().code, ErrorCode::kSyntax);
    EXPECT_EQ(parse_statement("VACUUM t RETAIN 3d").error().code, ErrorCode::kUnsupported);
}

TEST(Statement, TableOptionsAreSetAndReset) {
    const auto set = std::get<TableOptionsStatement>(
        parse_statement("ALTER TABLE IF EXISTS s.t SET (warm_tier = false, hot_tier_max_rows = 5)").value());
    EXPECT_TRUE(set.if_exists);
    EXPECT_EQ(set.table.size(), 2u);
    const std::vector<std::pair<std::string, std::string>> expected{{"hot_tier_max_rows", "5"}, {"warm_tier", "false"}};
    EXPECT_EQ(set.set, expected);
    const auto reset = std::get<TableOptionsStatement>(parse_statement("ALTER TABLE t RESET (warm_tier)").value());
    EXPECT_EQ(reset.reset, std::vector<std::string>{"warm_tier"});
    EXPECT_EQ(kind_of(parse_statement("ALTER TABLE t SET SCHEMA x").value()), StatementKind::kPlain);
    EXPECT_EQ(parse_statement("ALTER TABLE t SET (warm_teir = false)").error().code, ErrorCode::kUndefinedObject);
    EXPECT_EQ(parse_statement("ALTER TABLE t SET (warm_tier = false, warm_tier_max_age = '1d')").error().code,
              ErrorCode::kInvalidDefinition);
}

}  // namespace
}  // namespace kodiak::language
