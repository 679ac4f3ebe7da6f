#include "language/rewrite.hpp"

#include <gtest/gtest.h>

namespace kodiak::language {
namespace {

RewrittenText rewritten(std::string_view text) {
    Result<PlainRewrite> result = rewrite_plain(text);
    EXPECT_TRUE(result.ok()) << text << ": " << (result.ok() ? "" : result.error().message);
    return result.ok() ? std::move(*result) : RewrittenText{};
}

TEST(SourceMap, LeadsCopiedBytesBackToThemselves) {
    const std::string text = "SELECT 1h, nam";
    const RewrittenText result = rewritten(text);
    for (const std::string word : {"SELECT", "nam", ","}) {
        EXPECT_EQ(result.source_map.original_offset(result.text.find(word)), text.find(word)) << word;
    }
}

TEST(SourceMap, LeadsReplacementsBackToWhatTheyReplaced) {
    const RewrittenText result = rewritten("SELECT 1h, 2");
    const size_t interval = result.text.find("INTERVAL");
    EXPECT_EQ(result.source_map.original_offset(interval), 7U);
    EXPECT_EQ(result.source_map.original_span({interval, 8}), (Span{7, 2}));
    EXPECT_EQ(result.source_map.original_span({result.text.find("2"), 1}), (Span{11, 1}));
    EXPECT_EQ(result.source_map.original_offset(100000), 12U);
}

TEST(SourceMap, PlacesAnEngineErrorInTheUsersText) {
    const std::string text = "SELECT 1h,\n\tnam FROM t";
    const RewrittenText result = rewritten(text);
    Error error = make_error(ErrorCode::kUndefinedColumn, "no such column");
    result.source_map.place(error, text, {result.text.find("nam"), 3});
    EXPECT_EQ(error.position.line, 2U);
    EXPECT_EQ(error.position.column, 2U);
    EXPECT_EQ(error.position.length, 3U);
    EXPECT_EQ(error.line_text, "\tnam FROM t");
}

TEST(Rewriter, InsertionsComeBeforeAReplacementAndKeepTheirOrder) {
    Rewriter rewriter("abcdef");
    rewriter.replace({2, 2}, "X");
    rewriter.insert(2, "1");
    rewriter.insert(2, "2");
    rewriter.insert(6, "!");
    rewriter.replace({0, 1}, "");
    const RewrittenText result = std::move(rewriter).finish();
    EXPECT_EQ(result.text, "b12Xef!");
    EXPECT_EQ(result.source_map.original_offset(0), 1U);
    EXPECT_EQ(result.source_map.original_offset(1), 2U);
    EXPECT_EQ(result.source_map.original_offset(3), 2U);
    EXPECT_EQ(result.source_map.original_offset(5), 5U);
    EXPECT_EQ(result.source_map.original_offset(6), 6U);
}

TEST(RewritePlain, WithoutOurClausesTheBytesStayTheSame) {
    const std::string text = "\n SELECT\t*,'é;'  FROM t /* AS OF 'x' */ -- 1h\n";
    const RewrittenText result = rewritten(text);
    EXPECT_FALSE(result.changed);
    EXPECT_EQ(result.text, text);
    EXPECT_TRUE(result.source_map.is_identity());
    EXPECT_EQ(result.source_map.original_offset(5), 5U);
}

TEST(RewritePlain, ErrorsOfDurationsPointAtTheUnit) {
    const auto unknown = rewrite_plain("SELECT now() - 15q");
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidDatetimeFormat);
    EXPECT_EQ(unknown.error().position.column, 18U);
    const auto large = rewrite_plain("SELECT 99999999999y");
    ASSERT_FALSE(large.ok());
    EXPECT_EQ(large.error().code, ErrorCode::kDatetimeOutOfRange);
    for (const auto text : {"SELECT 99999999999999999999999s", "SELECT 9223372036854775807h", "SELECT 2147483648d"}) {
        EXPECT_FALSE(rewrite_plain(text).ok()) << text;
    }
}

TEST(RewritePlain, HugeTextsTakeLinearTime) {
    // Each of these took minutes if any step looked ahead over the rest of the text; there is no recursion to
    // overflow.
    std::string deep = "SELECT ";
    std::string aliases;
    std::string lists;
    for (int i = 0; i < 200000; ++i) {
        deep += "(";
        aliases += "FROM a AS ";
        lists += "FROM a b(c ";
    }
    for (const std::string& text : {deep, aliases, lists}) {
        EXPECT_EQ(rewritten(text).text, text);
    }
}

}  // namespace
}  // namespace kodiak::language
