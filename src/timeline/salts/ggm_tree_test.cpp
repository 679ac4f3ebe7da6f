#include "timeline/salts/ggm_tree.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/hash/sha256.hpp"
#include "base/random/random.hpp"

namespace kodiak::timeline {
namespace {

constexpr Salt kSeed = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// Straight from docs/formats/salts.md: read the index's bits from the highest of `depth` down.
Salt reference_salt(const Salt& seed, uint32_t depth, uint64_t leaf) {
    Salt node = seed;
    for (uint32_t level = depth; level-- > 0;) {
        const std::string message = std::string(1, '\x03') + std::string(node.begin(), node.end());
        const Hash256 hash = sha256(message);
        const size_t half = ((leaf >> level) & 1) * 16;
        std::copy_n(hash.bytes.begin() + static_cast<long>(half), 16, node.begin());
    }
    return node;
}

TEST(GgmTree, DepthIsTheLogarithmRoundedUp) {
    EXPECT_EQ(ggm_depth(0), 0u);
    EXPECT_EQ(ggm_depth(1), 0u);
    EXPECT_EQ(ggm_depth(2), 1u);
    EXPECT_EQ(ggm_depth(3), 2u);
    EXPECT_EQ(ggm_depth(4), 2u);
    EXPECT_EQ(ggm_depth(5), 3u);
    EXPECT_EQ(ggm_depth(1 << 20), 20u);
    EXPECT_EQ(ggm_depth((1 << 20) + 1), 21u);
    EXPECT_EQ(ggm_depth(kLeafCountMax), 48u);
}

TEST(GgmTree, StreamAndSingleSaltsFollowTheDefinition) {
    for (uint64_t n = 0; n <= 130; ++n) {
        const GgmTree tree(kSeed, n);
        SaltStream stream = tree.stream();
        for (uint64_t i = 0; i < n; ++i) {
            const Salt expected = reference_salt(kSeed, ggm_depth(n), i);
            ASSERT_EQ(stream.remaining(), n - i);
            ASSERT_EQ(stream.next(), expected) << i << " of " << n;
            ASSERT_EQ(tree.salt(i), expected) << i << " of " << n;
        }
        ASSERT_EQ(stream.remaining(), 0u);
    }
}

TEST(GgmTree, EverySubrangeIsThatPartOfTheWhole) {
    for (const uint64_t n : {1u, 2u, 7u, 8u, 9u, 33u}) {
        const GgmTree tree(kSeed, n);
        for (uint64_t begin = 0; begin <= n; ++begin) {
            for (uint64_t end = begin; end <= n; ++end) {
                SaltStream part = tree.stream(begin, end);
                ASSERT_EQ(part.remaining(), end - begin);
                for (uint64_t i = begin; i < end; ++i) {
                    ASSERT_EQ(part.next(), tree.salt(i)) << i << " of [" << begin << "," << end << ") of " << n;
                }
            }
        }
    }
}

TEST(GgmTree, TheLastLeavesOfTheLargestCommitAreReached) {
    const GgmTree tree(kSeed, kLeafCountMax);
    SaltStream last = tree.stream(kLeafCountMax - 2, kLeafCountMax);
    EXPECT_EQ(last.next(), reference_salt(kSeed, 48, kLeafCountMax - 2));
    EXPECT_EQ(last.next(), reference_salt(kSeed, 48, kLeafCountMax - 1));
    EXPECT_EQ(tree.salt(0), reference_salt(kSeed, 48, 0));
}

TEST(GgmTree, SaltsOfOneCommitAndOfTwoSeedsAllDiffer) {
    Salt other = kSeed;
    other[15] ^= 1;
    std::set<Salt> seen;
    for (const Salt& seed : {kSeed, other}) {
        SaltStream stream = GgmTree(seed, 1000).stream();
        while (stream.remaining() > 0) {
            EXPECT_TRUE(seen.insert(stream.next()).second);
        }
    }
    EXPECT_EQ(seen.size(), 2000u);
}

}  // namespace
}  // namespace kodiak::timeline
