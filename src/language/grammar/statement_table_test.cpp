#include "language/statement_table.hpp"

#include <gtest/gtest.h>

#include "language/parser/definition_parser.hpp"
#include "language/statement.hpp"

namespace kodiak::language {
namespace {

TEST(StatementTable, EveryExampleFitsItsGrammar) {
    for (const StatementForm& form : statement_forms()) {
        const Result<OwnStatement> matched = match_form(form, form.example);
        EXPECT_TRUE(matched.ok()) << form.name << ": " << (matched.ok() ? "" : matched.error().message);
    }
}

TEST(StatementTable, EveryExampleIsOursAndOfItsForm) {
    for (const StatementForm& form : statement_forms()) {
        const std::string text(form.example);
        if (form.owner == StatementOwner::kOursByHand) {
            const auto parsed = parse_statement(text);
            const bool known = is_code_statement(text) || (parsed.ok() && kind_of(*parsed) != StatementKind::kPlain);
            EXPECT_TRUE(known) << form.name;
            continue;
        }
        const auto parsed = parse_own_statement(text);
        ASSERT_TRUE(parsed.has_value()) << form.name;
        ASSERT_TRUE(parsed->ok()) << form.name << ": " << parsed->error().message;
        EXPECT_EQ((*parsed)->form->name, form.name);
    }
}

// Every beginning of an example is refused with what was expected, taken, or nobody's; never a crash.
TEST(StatementTable, CutsOfExamplesAreRefusedAtTheirEnd) {
    for (const StatementForm& form : statement_forms()) {
        for (size_t length = 0; length < form.example.size(); ++length) {
            const auto parsed = parse_own_statement(form.example.substr(0, length));
            if (parsed.has_value() && !parsed->ok()) {
                EXPECT_NE(parsed->error().message.find("expected"), std::string::npos) << form.name;
            }
        }
    }
}

TEST(StatementTable, SqlStaysTheEngines) {
    for (const char* text :
         {"SELECT 1", "CREATE TABLE branch (commit INT)", "CREATE VIEW v AS SELECT 1", "SHOW TABLES", "DROP TABLE t",
          "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", "ALTER TABLE t SET (a = 1)", "EXPLAIN SELECT 1",
          "CREATE TABLE trigger AS SELECT 1", "SHOW log_level", "SET role_x = 1", "INSERT INTO plan_t VALUES (1)",
          "CREATE SCHEMA snapshot", "RESET threads", "LOAD json", "DESCRIBE log"}) {
        EXPECT_FALSE(parse_own_statement(text).has_value()) << text;
    }
}

TEST(StatementTable, FieldsAndWordsAreKept) {
    const std::string text = "merge branch \"Dev\" into main using theirs squash message 'm'";
    const auto parsed = parse_own_statement(text);
    ASSERT_TRUE(parsed.has_value() && parsed->ok());
    const OwnStatement& statement = **parsed;
    EXPECT_EQ(statement.field("name")->in(text), "\"Dev\"");
    EXPECT_EQ(statement.field("into")->in(text), "main");
    EXPECT_EQ(statement.field("message")->in(text), "'m'");
    EXPECT_TRUE(statement.has_word(text, "THEIRS"));
    EXPECT_TRUE(statement.has_word(text, "SQUASH"));
    EXPECT_FALSE(statement.has_word(text, "DRY"));
}

TEST(StatementTable, ErrorsNameWhatIsExpected) {
    const auto message = [](std::string_view text) {
        const auto parsed = parse_own_statement(text);
        return !parsed.has_value() ? "not ours" : parsed->ok() ? "fine" : parsed->error().message;
    };
    EXPECT_EQ(message("CREATE BRANCH"), "the statement ends too early, expected IF or a name");
    EXPECT_EQ(message("ALTER TRIGGER a ON t ENABEL"), "unexpected ENABEL, expected ENABLE or DISABLE");
    EXPECT_EQ(message("DROP TRIGGER a"), "the statement ends too early, expected ON");
    EXPECT_EQ(message("MERGE BRANCH dev USING x"), "unexpected x, expected OURS, THEIRS or MANUAL");
    EXPECT_EQ(message("CREATE CRON JOB j SCHEDULE 1"), "unexpected 1, expected a text in quotes");
}

TEST(StatementTable, HelpComesFromTheTable) {
    EXPECT_EQ(
        statement_help("drop watermark"),
        "DROP WATERMARK (Kodiak's)\n  DROP WATERMARK name:name\n  example: DROP WATERMARK etl;\n");
    EXPECT_NE(statement_help("").find("CREATE TRIGGER\n"), std::string::npos);
    EXPECT_EQ(statement_help("no such"), "");
}

}  // namespace
}  // namespace kodiak::language
