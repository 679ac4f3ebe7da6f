// Settings of the tiers as users write them, and what compaction thinks is worth rewriting.

#include <gtest/gtest.h>

#include "storage/compaction/tier_settings.hpp"

namespace kodiak::storage {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

TEST(TierSettings, DefaultsAreThoseOfTheCatalogue) {
    const TierSettings settings = TierSettings::of(Options{}).value();
    EXPECT_FALSE(settings.hot_tier_max_rows.has_value());
    EXPECT_TRUE(settings.warm_tier);
    EXPECT_EQ(settings.cold_tier_compression, "zstd");
    EXPECT_EQ(settings.compaction_interval_us, 3'600'000'000);
    EXPECT_EQ(settings.min_compaction_size, 10'485'760u);
    EXPECT_EQ(settings.max_compaction_files, 10u);
}

TEST(TierSettings, SizesAndDurationsReadAsUsersWriteThem) {
    EXPECT_EQ(parse_size("100MB").value(), 104'857'600u);
    EXPECT_EQ(parse_size("64 KiB").value(), 65'536u);
    EXPECT_EQ(parse_size("1.5gb").value(), 1'610'612'736u);
    EXPECT_EQ(parse_size("5").value(), 5u);
    EXPECT_EQ(parse_duration_us("24h").value(), 86'400'000'000);
    EXPECT_EQ(parse_duration_us("7 days").value(), 604'800'000'000);
    EXPECT_EQ(parse_duration_us("250ms").value(), 250'000);
    EXPECT_EQ(parse_duration_us("2").value(), 2'000'000);
    for (const char* text : {"", "MB", "-1", "1 parsec", "1e300TB", "nan", "inf"}) {
        EXPECT_FALSE(parse_size(text).ok()) << text;
        EXPECT_FALSE(parse_duration_us(text).ok()) << text;
    }
}

TEST(TierSettings, WhatTheUserSaysCounts) {
    const Options options{{"hot_tier_max_rows", "5"},
                          {"hot_tier_max_size", "1MB"},
                          {"warm_tier", "off"},
                          {"warm_tier_max_age", "2 days"},
                          {"cold_tier_compression", "lz4"},
                          {"enable_size_based_compaction", "false"}};
    const TierSettings settings = TierSettings::of(options).value();
    EXPECT_EQ(settings.hot_tier_max_rows, 5u);
    EXPECT_EQ(settings.hot_tier_max_size, 1'048'576u);
    EXPECT_FALSE(settings.warm_tier);
    EXPECT_EQ(settings.warm_tier_max_age_us, 172'800'000'000);
    EXPECT_EQ(settings.cold_tier_compression, "lz4");
    EXPECT_FALSE(settings.enable_size_based_compaction);
    EXPECT_FALSE(TierSettings::of(Options{{"hot_tier_max_size", "much"}}).ok());
}

}  // namespace
}  // namespace kodiak::storage
