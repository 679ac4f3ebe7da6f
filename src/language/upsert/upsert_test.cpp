#include "language/upsert.hpp"

#include <gtest/gtest.h>

namespace kodiak::language {
namespace {

class OneTable : public CatalogLookup {
   public:
    Result<TableShape> table_shape(const std::vector<std::string>& name_parts) override {
        asked = name_parts;
        TableShape shape;
        shape.name = "t";
        shape.columns = {{"id", "INTEGER", "", false}, {"name", "VARCHAR", "", false}};
        shape.primary_key = {"id"};
        return shape;
    }
    std::vector<std::string> asked;
};

Result<UpsertRewrite> rewrite(std::string_view text, CatalogLookup& catalog) {
    KODIAK_TRY_ASSIGN(const ParsedStatement parsed, parse_statement(text));
    return rewrite_upsert(text, std::get<UpsertStatement>(parsed), catalog);
}

TEST(RewriteUpsert, AsksForTheTableByItsParts) {
    OneTable catalog;
    ASSERT_TRUE(rewrite("UPSERT INTO db.\"My Schema\".T VALUES (1, 'a')", catalog).ok());
    EXPECT_EQ(catalog.asked, (std::vector<std::string>{"db", "My Schema", "T"}));
}

TEST(RewriteUpsert, OnlyAPlainUpsertAnswersByMergeAction) {
    OneTable catalog;
    EXPECT_TRUE(rewrite("UPSERT INTO t VALUES (1, 'a')", catalog)->returns_merge_action);
    EXPECT_FALSE(rewrite("UPSERT INTO t VALUES (1, 'a') RETURNING id", catalog)->returns_merge_action);
    EXPECT_FALSE(rewrite("EXPLAIN UPSERT INTO t VALUES (1, 'a')", catalog)->returns_merge_action);
    EXPECT_FALSE(rewrite("PREPARE p AS UPSERT INTO t VALUES (1, 'a')", catalog)->returns_merge_action);
}

TEST(RewriteUpsert, PositionsInTheQueryLeadBackToTheUsersText) {
    OneTable catalog;
    const std::string text = "UPSERT INTO t SELECT a, wrong FROM src RETURNING broken";
    const auto result = rewrite(text, catalog);
    ASSERT_TRUE(result.ok());
    for (const std::string word : {"wrong", "src", "broken"}) {
        EXPECT_EQ(result->source_map.original_offset(result->sql.find(word)), text.find(word)) << word;
    }
    // What we wrote ourselves leads to a place in the statement, never beyond it.
    for (size_t offset = 0; offset <= result->sql.size(); ++offset) {
        ASSERT_LE(result->source_map.original_offset(offset), text.size());
    }
}

TEST(RecoverRaisedError, FindsTheErrorThatWasMeant) {
    const Error recovered = recover_raised_error(
        make_error(ErrorCode::kInvalidValue,
                   "Invalid Input Error: [kodiak 21000] key (id) = (5) occurs more than once in the input"));
    EXPECT_EQ(recovered.code, ErrorCode::kCardinalityViolation);
    EXPECT_EQ(recovered.message, "key (id) = (5) occurs more than once in the input");
    EXPECT_FALSE(recovered.hint.empty());
}

TEST(RecoverRaisedError, LeavesOtherErrorsAlone) {
    const Error other = recover_raised_error(make_error(ErrorCode::kDivisionByZero, "division by zero"));
    EXPECT_EQ(other.code, ErrorCode::kDivisionByZero);
    EXPECT_EQ(other.message, "division by zero");
}

}  // namespace
}  // namespace kodiak::language
