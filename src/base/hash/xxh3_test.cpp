#include "base/hash/xxh3.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kodiak {
namespace {

TEST(Xxh3, ValuesOnDiskStayWhatTheyAre) {
    EXPECT_EQ(xxh3(""), 0x2D06800538D394C2u);
    EXPECT_EQ(xxh3("abc"), 0x78AF5F94892F3950u);
}

TEST(Xxh3, AMessageInPartsHasTheHashOfTheWhole) {
    std::string message;
    for (int i = 0; i < 3000; ++i) {
        message.push_back(static_cast<char>(i * 31));
    }
    for (const size_t cut : {0u, 1u, 16u, 128u, 240u, 241u, 1024u, 2999u, 3000u}) {
        Xxh3 hasher;
        hasher.update(std::string_view(message).substr(0, cut));
        EXPECT_EQ(hasher.digest(), xxh3(std::string_view(message).substr(0, cut)));
        hasher.update(std::string_view(message).substr(cut));
        EXPECT_EQ(hasher.digest(), xxh3(message)) << cut;
        hasher.reset();
        EXPECT_EQ(hasher.digest(), xxh3(""));
    }
}

TEST(Xxh3, SeedsGiveIndependentHashesAndZeroGivesThePlainOne) {
    EXPECT_EQ(xxh3("key", 0), xxh3("key"));
    EXPECT_NE(xxh3("key", 1), xxh3("key"));
    EXPECT_NE(xxh3("key", 1), xxh3("key", 2));
}

}  // namespace
}  // namespace kodiak
