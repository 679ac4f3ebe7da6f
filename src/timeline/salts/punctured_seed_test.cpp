#include "timeline/salts/punctured_seed.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "base/random/random.hpp"

namespace kodiak::timeline {
namespace {

constexpr Salt kSeed = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

std::string hex(const Salt& salt) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : salt) {
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

// All node values on the path from the root to a leaf, both ends included: what must not be kept once it is erased.
std::set<Salt> path_to(uint64_t leaf, uint64_t leaf_count) {
    std::set<Salt> path{kSeed};
    Salt node = kSeed;
    for (uint32_t level = ggm_depth(leaf_count); level-- > 0;) {
        const GgmChildren children = ggm_expand(node);
        node = ((leaf >> level) & 1) != 0 ? children.right : children.left;
        path.insert(node);
    }
    return path;
}

// Everything a punctured seed promises, checked against the whole tree.
void expect_exactly_erased(const PuncturedSeed& state, const std::set<uint64_t>& erased) {
    const GgmTree tree(kSeed, state.leaf_count());
    std::set<Salt> forbidden;
    for (uint64_t leaf = 0; leaf < state.leaf_count(); ++leaf) {
        const Result<Salt> salt = state.salt(leaf);
        ASSERT_EQ(state.is_punctured(leaf), erased.contains(leaf)) << leaf;
        if (erased.contains(leaf)) {
            ASSERT_FALSE(salt.ok()) << leaf;
            ASSERT_EQ(salt.error().code, ErrorCode::kNotFound);
            forbidden.merge(path_to(leaf, state.leaf_count()));
        } else {
            ASSERT_TRUE(salt.ok()) << leaf;
            ASSERT_EQ(*salt, tree.salt(leaf)) << leaf;
        }
    }
    for (const PuncturedSeed::KeptNode& node : state.kept_nodes()) {
        ASSERT_FALSE(forbidden.contains(node.value)) << "a kept node derives an erased salt";
        for (const uint64_t leaf : erased) {
            ASSERT_TRUE(leaf < node.first_leaf || leaf - node.first_leaf >= uint64_t{1} << node.height);
        }
    }
    const Result<PuncturedSeed> again = PuncturedSeed::deserialize(state.serialize());
    ASSERT_TRUE(again.ok()) << again.error().message;
    ASSERT_EQ(*again, state);
}

TEST(PuncturedSeed, WithoutErasuresItIsTheSeedAlone) {
    const PuncturedSeed state(kSeed, 100);
    const std::vector<PuncturedSeed::KeptNode> expected = {{0, 7, kSeed}};
    EXPECT_EQ(state.kept_nodes(), expected);
    expect_exactly_erased(state, {});
    EXPECT_EQ(state.serialize().size(), 17u + 25u);
}

TEST(PuncturedSeed, EverySingleErasureTakesExactlyThatSalt) {
    for (uint64_t n = 1; n <= 40; ++n) {
        for (uint64_t leaf = 0; leaf < n; ++leaf) {
            PuncturedSeed state(kSeed, n);
            ASSERT_TRUE(state.puncture(leaf).ok());
            ASSERT_LE(state.kept_nodes().size(), ggm_depth(n));
            expect_exactly_erased(state, {leaf});
        }
    }
}

TEST(PuncturedSeed, RandomErasuresTakeExactlyThoseSaltsInAnyOrder) {
    const uint64_t seed = 31337;
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    for (int round = 0; round < 60; ++round) {
        const uint64_t n = 1 + random->next_u64() % 90;
        std::set<uint64_t> erased;
        PuncturedSeed state(kSeed, n);
        for (uint64_t count = random->next_u64() % (n + 1); count > 0; --count) {
            const uint64_t leaf = random->next_u64() % n;
            erased.insert(leaf);
            ASSERT_TRUE(state.puncture(leaf).ok());
        }
        expect_exactly_erased(state, erased);
        PuncturedSeed backwards(kSeed, n);
        for (auto leaf = erased.rbegin(); leaf != erased.rend(); ++leaf) {
            ASSERT_TRUE(backwards.puncture(*leaf).ok());
        }
        ASSERT_EQ(backwards, state) << "the state tells in which order leaves were erased";
    }
}

TEST(PuncturedSeed, ErasingAllLeavesKeepsNothing) {
    PuncturedSeed state(kSeed, 21);
    std::set<uint64_t> erased;
    for (uint64_t leaf = 0; leaf < 21; ++leaf) {
        ASSERT_TRUE(state.puncture(leaf).ok());
        erased.insert(leaf);
    }
    EXPECT_TRUE(state.kept_nodes().empty());
    expect_exactly_erased(state, erased);
}

TEST(PuncturedSeed, ErasingTwiceChangesNothing) {
    PuncturedSeed state(kSeed, 21);
    ASSERT_TRUE(state.puncture(4).ok());
    const PuncturedSeed once = state;
    ASSERT_TRUE(state.puncture(4).ok());
    EXPECT_EQ(state, once);
}

TEST(PuncturedSeed, ALeafOutsideTheCommitIsOutOfRange) {
    PuncturedSeed state(kSeed, 5);
    EXPECT_EQ(state.salt(5).error().code, ErrorCode::kOutOfRange);
    EXPECT_EQ(state.puncture(5).error().code, ErrorCode::kOutOfRange);
    EXPECT_FALSE(state.is_punctured(5));
    PuncturedSeed none(kSeed, 0);
    EXPECT_EQ(none.salt(0).error().code, ErrorCode::kOutOfRange);
    expect_exactly_erased(none, {});
}

TEST(PuncturedSeed, TheLargestCommitCanBePunctured) {
    PuncturedSeed state(kSeed, kLeafCountMax);
    ASSERT_TRUE(state.puncture(kLeafCountMax - 1).ok());
    EXPECT_EQ(state.kept_nodes().size(), 48u);
    EXPECT_EQ(state.salt(12345).value(), GgmTree(kSeed, kLeafCountMax).salt(12345));
    EXPECT_FALSE(state.salt(kLeafCountMax - 1).ok());
}

// Bytes of a state with these nodes; values do not matter.
std::string state_bytes(uint8_t version, uint64_t leaf_count, uint64_t claimed_nodes,
                        const std::vector<std::pair<uint8_t, uint64_t>>& nodes) {
    std::string bytes(1, static_cast<char>(version));
    const auto add = [&](uint64_t v) { bytes.append(reinterpret_cast<const char*>(&v), sizeof v); };
    add(leaf_count);
    add(claimed_nodes);
    for (const auto& [height, first] : nodes) {
        bytes.push_back(static_cast<char>(height));
        add(first);
        bytes.append(16, 'v');
    }
    return bytes;
}

TEST(PuncturedSeed, BytesThatAreNoStateAreRefused) {
    ASSERT_TRUE(PuncturedSeed::deserialize(state_bytes(1, 8, 3, {{0, 1}, {1, 2}, {2, 4}})).ok());
    const struct {
        const char* why;
        std::string bytes;
    } cases[] = {
        {"version 0", state_bytes(0, 8, 1, {{3, 0}})},
        {"too many leaves", state_bytes(1, kLeafCountMax + 1, 0, {})},
        {"more nodes claimed than there are", state_bytes(1, 8, 2, {{3, 0}})},
        {"a count that would overflow", state_bytes(1, 8, ~0ull, {{3, 0}})},
        {"fewer nodes claimed than there are", state_bytes(1, 8, 0, {{3, 0}})},
        {"a node higher than the tree", state_bytes(1, 8, 1, {{4, 0}})},
        {"a height that no shift survives", state_bytes(1, 8, 1, {{200, 0}})},
        {"a node that is not aligned", state_bytes(1, 8, 1, {{1, 1}})},
        {"a node outside the tree", state_bytes(1, 8, 1, {{0, 8}})},
        {"a node at the end of the numbers", state_bytes(1, 8, 1, {{0, ~0ull}})},
        {"nodes that overlap", state_bytes(1, 8, 2, {{2, 0}, {1, 2}})},
        {"nodes that fall", state_bytes(1, 8, 2, {{1, 4}, {0, 1}})},
        {"one node twice", state_bytes(1, 8, 2, {{0, 1}, {0, 1}})},
        {"both children of a node", state_bytes(1, 8, 2, {{1, 4}, {1, 6}})},
        {"a node whose sibling is unused", state_bytes(1, 5, 1, {{0, 4}})},
        {"a node in a commit without changes", state_bytes(1, 0, 1, {{0, 0}})},
    };
    for (const auto& [why, bytes] : cases) {
        const Result<PuncturedSeed> read = PuncturedSeed::deserialize(bytes);
        ASSERT_FALSE(read.ok()) << why;
        EXPECT_EQ(read.error().code, ErrorCode::kCorruption) << why;
    }
    EXPECT_EQ(PuncturedSeed::deserialize(state_bytes(2, 8, 1, {{3, 0}})).error().code, ErrorCode::kVersionTooNew);
}

TEST(PuncturedSeed, HostileBytesNeverCrashAndWhatReadsWritesTheSame) {
    const uint64_t seed = 8;
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    PuncturedSeed state(kSeed, 50);
    ASSERT_TRUE(state.puncture(17).ok() && state.puncture(44).ok());
    const std::string honest = state.serialize();
    for (int round = 0; round < 20000; ++round) {
        std::string bytes = honest.substr(0, honest.size() - random->next_u64() % 3 * (random->next_u64() % 30));
        for (uint64_t flips = 1 + random->next_u64() % 3; flips > 0 && !bytes.empty(); --flips) {
            bytes[random->next_u64() % bytes.size()] = static_cast<char>(random->next_u64());
        }
        const Result<PuncturedSeed> read = PuncturedSeed::deserialize(bytes);
        if (read.ok()) {
            ASSERT_EQ(read->serialize(), bytes);
            (void)read->salt(random->next_u64() % 60);
        }
    }
}

TEST(PuncturedSeed, WorkedExampleOfTheFormatPageIsWhatTheCodeComputes) {
    std::string example;
    const GgmTree tree(kSeed, 5);
    for (uint64_t leaf = 0; leaf < 5; ++leaf) {
        example += "salt " + std::to_string(leaf) + "             " + hex(tree.salt(leaf)) + "\n";
    }
    PuncturedSeed state(kSeed, 5);
    ASSERT_TRUE(state.puncture(2).ok());
    for (const PuncturedSeed::KeptNode& node : state.kept_nodes()) {
        example += "kept: height " + std::to_string(node.height) + " at " + std::to_string(node.first_leaf) + " " +
                   hex(node.value) + "\n";
    }
    std::ifstream file(KODIAK_SOURCE_FOLDER "/docs/formats/salts.md");
    const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_NE(page.find("\n```\n" + example + "```\n"), std::string::npos) << "the page should show:\n" << example;
}

}  // namespace
}  // namespace kodiak::timeline
