#include "timeline/merkle/merkle_tree.hpp"

#include <gtest/gtest.h>

#include <bit>

#include "timeline/merkle/reference_tree.hpp"

namespace kodiak::timeline {
namespace {

using rfc::leaves_of;
using rfc::reference_root;

struct Vector {
    size_t leaves;
    const char* root;
};

// The tree of eight entries used by the Certificate Transparency implementations since RFC 6962.
std::vector<Hash256> certificate_transparency_leaves() {
    const std::string_view entries[] = {
        std::string_view(""),
        std::string_view("\x00", 1),
        std::string_view("\x10"),
        std::string_view("\x20\x21"),
        std::string_view("\x30\x31"),
        std::string_view("\x40\x41\x42\x43"),
        std::string_view("\x50\x51\x52\x53\x54\x55\x56\x57"),
        std::string_view("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
    };
    std::vector<Hash256> leaves;
    for (const std::string_view entry : entries) {
        leaves.push_back(leaf_hash(entry));
    }
    return leaves;
}

TEST(MerkleTree, PublishedCertificateTransparencyRootsAreReached) {
    const Vector vectors[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    const std::vector<Hash256> leaves = certificate_transparency_leaves();
    for (const Vector& vector : vectors) {
        EXPECT_EQ(tree_root(std::span(leaves).first(vector.leaves)).hex(), vector.root) << vector.leaves << " leaves";
    }
}

TEST(MerkleTree, EverySizeUpTo130MatchesTheRfcsRecursion) {
    const std::vector<Hash256> leaves = leaves_of(130, 1);
    TreeBuilder growing;
    for (size_t n = 0; n <= leaves.size(); ++n) {
        const std::span<const Hash256> first(leaves.data(), n);
        ASSERT_EQ(tree_root(first), reference_root(first)) << n;
        ASSERT_EQ(growing.root(), reference_root(first)) << n;
        ASSERT_EQ(growing.size(), n);
        if (n < leaves.size()) {
            growing.append(leaves[n]);
        }
    }
}

TEST(MerkleTree, RandomSizesMatchTheRfcsRecursion) {
    const uint64_t seed = 20240117;
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    for (int round = 0; round < 20; ++round) {
        const size_t n = 131 + random->next_u64() % 5000;
        const std::vector<Hash256> leaves = leaves_of(n, random->next_u64());
        ASSERT_EQ(tree_root(leaves), reference_root(leaves)) << n;
    }
}

TEST(MerkleTree, ANodeDoesNotPassForALeaf) {
    const std::vector<Hash256> leaves = leaves_of(2, 3);
    const std::string joined = std::string(leaves[0].view()) + std::string(leaves[1].view());
    EXPECT_NE(leaf_hash(joined), tree_root(leaves));
}

TEST(MerkleTree, RunsHashedApartCombineToTheSameRoot) {
    for (size_t n = 1; n <= 100; ++n) {
        const std::vector<Hash256> leaves = leaves_of(n, n);
        for (uint32_t height = 0; height < 8; ++height) {
            const size_t run = size_t{1} << height;
            std::vector<Hash256> roots;
            for (size_t at = 0; at < n; at += run) {
                roots.push_back(tree_root(std::span(leaves).subspan(at, std::min(run, n - at))));
            }
            ASSERT_EQ(combine_aligned_subtrees(roots), reference_root(leaves)) << n << " in runs of " << run;
        }
    }
    EXPECT_EQ(combine_aligned_subtrees({}), empty_tree_root());
}

TEST(MerkleTree, AppendedSubtreesAndSingleLeavesMixFreely) {
    const uint64_t seed = 77;
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    for (int round = 0; round < 50; ++round) {
        const std::vector<Hash256> leaves = leaves_of(1 + random->next_u64() % 700, random->next_u64());
        TreeBuilder builder;
        size_t at = 0;
        while (at < leaves.size()) {
            const auto aligned = at == 0 ? 10u : static_cast<uint32_t>(std::countr_zero(at));
            auto height = static_cast<uint32_t>(random->next_u64() % (aligned + 1));
            while (at + (size_t{1} << height) > leaves.size()) {
                --height;
            }
            const size_t count = size_t{1} << height;
            builder.append_subtree(height, tree_root(std::span(leaves).subspan(at, count)));
            at += count;
        }
        ASSERT_EQ(builder.root(), reference_root(leaves)) << leaves.size();
    }
}

TEST(MerkleTreeDeathTest, ASubtreeThatIsNotAlignedIsOurMistake) {
    TreeBuilder builder;
    builder.append(leaf_hash("a"));
    EXPECT_DEATH(builder.append_subtree(1, leaf_hash("b")), "height");
}

TEST(TreeBuilder, ContinuesAfterARestart) {
    const std::vector<Hash256> leaves = leaves_of(150, 5);
    for (size_t cut = 0; cut <= leaves.size(); ++cut) {
        TreeBuilder before;
        before.append(std::span(leaves).first(cut));
        Result<TreeBuilder> after = TreeBuilder::deserialize(before.serialize());
        ASSERT_TRUE(after.ok());
        EXPECT_EQ(after->size(), cut);
        after->append(std::span(leaves).subspan(cut));
        ASSERT_EQ(after->root(), reference_root(leaves)) << cut;
    }
}

TEST(TreeBuilder, AStateOfTheWrongLengthIsCorruption) {
    TreeBuilder builder;
    builder.append(leaves_of(11, 6));
    const std::string state = builder.serialize();
    ASSERT_EQ(state.size(), 8 + 3 * 32u);
    for (size_t length = 0; length < state.size(); ++length) {
        const Result<TreeBuilder> read = TreeBuilder::deserialize(state.substr(0, length));
        ASSERT_FALSE(read.ok()) << length;
        EXPECT_EQ(read.error().code, ErrorCode::kCorruption);
    }
    EXPECT_FALSE(TreeBuilder::deserialize(state + "x").ok());
    EXPECT_FALSE(TreeBuilder::deserialize(std::string(8, '\xff')).ok());
}

}  // namespace
}  // namespace kodiak::timeline
