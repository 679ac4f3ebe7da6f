#include "timeline/merkle/proofs.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "timeline/merkle/reference_tree.hpp"

namespace kodiak::timeline {
namespace {

using rfc::leaves_of;
using rfc::reference_path;
using rfc::reference_root;
using rfc::reference_subproof;

std::span<const Hash256> first_of(const std::vector<Hash256>& leaves, size_t count) {
    return std::span(leaves).first(count);
}

TEST(InclusionProof, EveryLeafOfEverySizeUpTo130IsProvenAsTheRfcSays) {
    const std::vector<Hash256> leaves = leaves_of(130, 1);
    for (size_t n = 1; n <= leaves.size(); ++n) {
        const auto tree = first_of(leaves, n);
        const Hash256 root = reference_root(tree);
        for (size_t i = 0; i < n; ++i) {
            const Result<InclusionProof> proof = inclusion_proof(tree, i);
            ASSERT_TRUE(proof.ok());
            ASSERT_EQ(proof->path, reference_path(i, tree)) << i << " of " << n;
            ASSERT_TRUE(verify_inclusion(leaves[i], *proof, root).ok()) << i << " of " << n;
        }
    }
}

TEST(ConsistencyProof, EveryPairOfSizesUpTo130IsProvenAsTheRfcSays) {
    const std::vector<Hash256> leaves = leaves_of(130, 2);
    std::vector<Hash256> roots;
    for (size_t n = 0; n <= leaves.size(); ++n) {
        roots.push_back(reference_root(first_of(leaves, n)));
    }
    for (size_t n = 0; n <= leaves.size(); ++n) {
        for (size_t m = 0; m <= n; ++m) {
            const Result<ConsistencyProof> proof = consistency_proof(first_of(leaves, n), m);
            ASSERT_TRUE(proof.ok());
            if (m > 0) {
                ASSERT_EQ(proof->path, reference_subproof(m, first_of(leaves, n), true)) << m << " in " << n;
            }
            ASSERT_TRUE(verify_consistency(*proof, roots[m], roots[n]).ok()) << m << " in " << n;
        }
    }
}

TEST(Proofs, RandomSizesAreProvenAndVerified) {
    const uint64_t seed = 4711;
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    for (int round = 0; round < 10; ++round) {
        const std::vector<Hash256> leaves = leaves_of(131 + random->next_u64() % 4000, random->next_u64());
        const Hash256 root = tree_root(leaves);
        const size_t index = random->next_u64() % leaves.size();
        const InclusionProof inclusion = inclusion_proof(leaves, index).value();
        ASSERT_EQ(inclusion.path, reference_path(index, leaves));
        ASSERT_TRUE(verify_inclusion(leaves[index], inclusion, root).ok()) << index << " of " << leaves.size();
        const size_t old_size = 1 + random->next_u64() % leaves.size();
        const ConsistencyProof consistency = consistency_proof(leaves, old_size).value();
        ASSERT_EQ(consistency.path, reference_subproof(old_size, leaves, true));
        ASSERT_TRUE(verify_consistency(consistency, tree_root(first_of(leaves, old_size)), root).ok());
    }
}

TEST(Proofs, ALeafOrSizeOutsideTheTreeIsOutOfRange) {
    const std::vector<Hash256> leaves = leaves_of(5, 3);
    EXPECT_EQ(inclusion_proof(leaves, 5).error().code, ErrorCode::kOutOfRange);
    EXPECT_EQ(inclusion_proof({}, 0).error().code, ErrorCode::kOutOfRange);
    EXPECT_EQ(consistency_proof(leaves, 6).error().code, ErrorCode::kOutOfRange);
}

// Applies a forgery to the honest proof of every leaf of every tree up to 40 leaves; where it changed nothing
// (returns false) it is skipped. Every other one must be refused.
using InclusionForgery =
    std::function<bool(InclusionProof&, Hash256& leaf, Hash256& root, const std::vector<Hash256>&)>;
void expect_inclusion_refused(const InclusionForgery& forge) {
    const std::vector<Hash256> leaves = leaves_of(40, 10);
    size_t tried = 0;
    for (size_t n = 1; n <= leaves.size(); ++n) {
        for (size_t i = 0; i < n; ++i) {
            InclusionProof proof = inclusion_proof(first_of(leaves, n), i).value();
            Hash256 leaf = leaves[i];
            Hash256 root = tree_root(first_of(leaves, n));
            if (!forge(proof, leaf, root, leaves)) {
                continue;
            }
            ++tried;
            const Status verdict = verify_inclusion(leaf, proof, root);
            ASSERT_FALSE(verdict.ok()) << i << " of " << n;
            ASSERT_EQ(verdict.error().code, ErrorCode::kInvalidValue);
        }
    }
    EXPECT_GT(tried, 0u);
}

TEST(ForgedInclusion, AnotherLeafIsRefused) {
    expect_inclusion_refused([](InclusionProof&, Hash256& leaf, Hash256&, const std::vector<Hash256>&) {
        leaf.bytes[31] ^= 1;
        return true;
    });
}

TEST(ForgedInclusion, AnotherRootIsRefused) {
    expect_inclusion_refused([](InclusionProof&, Hash256&, Hash256& root, const std::vector<Hash256>&) {
        root.bytes[0] ^= 0x80;
        return true;
    });
}

TEST(ForgedInclusion, EveryOtherLeafIndexIsRefused) {
    const std::vector<Hash256> leaves = leaves_of(40, 10);
    for (size_t n = 1; n <= leaves.size(); ++n) {
        const Hash256 root = tree_root(first_of(leaves, n));
        for (size_t i = 0; i < n; ++i) {
            InclusionProof proof = inclusion_proof(first_of(leaves, n), i).value();
            for (uint64_t claimed = 0; claimed < 64; ++claimed) {
                proof.leaf_index = claimed;
                ASSERT_EQ(verify_inclusion(leaves[i], proof, root).ok(), claimed == i) << i << " as " << claimed;
            }
        }
    }
}

TEST(ForgedInclusion, ATreeTooSmallForTheIndexIsRefused) {
    expect_inclusion_refused([](InclusionProof& proof, Hash256&, Hash256&, const std::vector<Hash256>&) {
        proof.tree_size = proof.leaf_index;
        return true;
    });
}

TEST(ForgedInclusion, AnEmptyTreeHoldsNothing) {
    EXPECT_FALSE(verify_inclusion(empty_tree_root(), InclusionProof{}, empty_tree_root()).ok());
}

TEST(ForgedInclusion, AMissingLastSiblingIsRefused) {
    expect_inclusion_refused([](InclusionProof& proof, Hash256&, Hash256&, const std::vector<Hash256>&) {
        if (proof.path.empty()) {
            return false;
        }
        proof.path.pop_back();
        return true;
    });
}

TEST(ForgedInclusion, AMissingFirstSiblingIsRefused) {
    expect_inclusion_refused([](InclusionProof& proof, Hash256&, Hash256&, const std::vector<Hash256>&) {
        if (proof.path.empty()) {
            return false;
        }
        proof.path.erase(proof.path.begin());
        return true;
    });
}

TEST(ForgedInclusion, AnExtraSiblingIsRefusedEvenWhenTheRootIsMadeToFit) {
    expect_inclusion_refused([](InclusionProof& proof, Hash256&, Hash256& root, const std::vector<Hash256>& leaves) {
        proof.path.push_back(leaves[0]);
        root = node_hash(leaves[0], root);
        return true;
    });
}

TEST(ForgedInclusion, SwappedSiblingsAreRefused) {
    expect_inclusion_refused([](InclusionProof& proof, Hash256&, Hash256&, const std::vector<Hash256>&) {
        if (proof.path.size() < 2) {
            return false;
        }
        std::swap(proof.path[0], proof.path[1]);
        return true;
    });
}

TEST(ForgedInclusion, AFlippedBitInAnySiblingIsRefused) {
    for (size_t at = 0; at < 6; ++at) {
        expect_inclusion_refused([at](InclusionProof& proof, Hash256&, Hash256&, const std::vector<Hash256>&) {
            if (at >= proof.path.size()) {
                return false;
            }
            proof.path[at].bytes[at * 5] ^= 1;
            return true;
        });
    }
}

TEST(ForgedInclusion, AnInnerNodePassedOffAsALeafOfASmallerTreeNeedsAWrongSize) {
    // With an honest size the path is too short; sizes come from a trusted source, so this is the defence.
    const std::vector<Hash256> leaves = leaves_of(4, 12);
    const Hash256 left = node_hash(leaves[0], leaves[1]);
    const Hash256 right = node_hash(leaves[2], leaves[3]);
    EXPECT_FALSE(verify_inclusion(left, {0, 4, {right}}, tree_root(leaves)).ok());
}

TEST(ForgedConsistency, EveryOtherPairOfSizesIsRefused) {
    const std::vector<Hash256> leaves = leaves_of(20, 20);
    for (size_t n = 1; n <= leaves.size(); ++n) {
        for (size_t m = 1; m < n; ++m) {
            const Hash256 old_root = tree_root(first_of(leaves, m));
            const Hash256 new_root = tree_root(first_of(leaves, n));
            ConsistencyProof proof = consistency_proof(first_of(leaves, n), m).value();
            for (uint64_t old_size = 0; old_size < 24; ++old_size) {
                if (old_size == m) {
                    continue;
                }
                proof.old_size = old_size;
                ASSERT_FALSE(verify_consistency(proof, old_root, new_root).ok()) << m << "/" << n << " " << old_size;
            }
        }
    }
}

// As above, for the proofs of all pairs of sizes 0 < m < n <= 24.
using ConsistencyForgery = std::function<bool(ConsistencyProof&, Hash256& old_root, Hash256& new_root)>;
void expect_consistency_refused(const ConsistencyForgery& forge) {
    const std::vector<Hash256> leaves = leaves_of(24, 21);
    size_t tried = 0;
    for (size_t n = 1; n <= leaves.size(); ++n) {
        for (size_t m = 1; m < n; ++m) {
            ConsistencyProof proof = consistency_proof(first_of(leaves, n), m).value();
            Hash256 old_root = tree_root(first_of(leaves, m));
            Hash256 new_root = tree_root(first_of(leaves, n));
            if (!forge(proof, old_root, new_root)) {
                continue;
            }
            ++tried;
            const Status verdict = verify_consistency(proof, old_root, new_root);
            ASSERT_FALSE(verdict.ok()) << m << " in " << n;
            ASSERT_EQ(verdict.error().code, ErrorCode::kInvalidValue);
        }
    }
    EXPECT_GT(tried, 0u);
}

TEST(ForgedConsistency, ARewrittenOldLeafIsRefused) {
    std::vector<Hash256> leaves = leaves_of(24, 22);
    for (size_t m = 1; m < leaves.size(); ++m) {
        const Hash256 honest_old_root = tree_root(first_of(leaves, m));
        for (size_t rewritten = 0; rewritten < m; ++rewritten) {
            std::vector<Hash256> other = leaves;
            other[rewritten].bytes[7] ^= 4;
            const ConsistencyProof proof = consistency_proof(other, m).value();
            ASSERT_FALSE(verify_consistency(proof, honest_old_root, tree_root(other)).ok()) << rewritten;
        }
    }
}

TEST(ForgedConsistency, AnotherOldRootIsRefused) {
    expect_consistency_refused([](ConsistencyProof&, Hash256& old_root, Hash256&) {
        old_root.bytes[3] ^= 1;
        return true;
    });
}

TEST(ForgedConsistency, AnotherNewRootIsRefused) {
    expect_consistency_refused([](ConsistencyProof&, Hash256&, Hash256& new_root) {
        new_root.bytes[3] ^= 1;
        return true;
    });
}

TEST(ForgedConsistency, SwappedRootsAreRefused) {
    expect_consistency_refused([](ConsistencyProof&, Hash256& old_root, Hash256& new_root) {
        std::swap(old_root, new_root);
        return true;
    });
}

TEST(ForgedConsistency, AShrunkTreeIsRefused) {
    expect_consistency_refused([](ConsistencyProof& proof, Hash256& old_root, Hash256& new_root) {
        std::swap(proof.old_size, proof.new_size);
        std::swap(old_root, new_root);
        return true;
    });
}

TEST(ForgedConsistency, AnEmptyPathIsRefused) {
    expect_consistency_refused([](ConsistencyProof& proof, Hash256&, Hash256&) {
        proof.path.clear();
        return true;
    });
}

TEST(ForgedConsistency, AMissingNodeIsRefused) {
    expect_consistency_refused([](ConsistencyProof& proof, Hash256&, Hash256&) {
        proof.path.pop_back();
        return true;
    });
}

TEST(ForgedConsistency, AnExtraNodeIsRefused) {
    expect_consistency_refused([](ConsistencyProof& proof, Hash256& old_root, Hash256& new_root) {
        proof.path.push_back(old_root);
        old_root = node_hash(proof.path.back(), old_root);
        new_root = node_hash(proof.path.back(), new_root);
        return true;
    });
}

TEST(ForgedConsistency, EqualSizesWithDifferentRootsAreRefused) {
    const std::vector<Hash256> leaves = leaves_of(2, 23);
    EXPECT_TRUE(verify_consistency({7, 7, {}}, leaves[0], leaves[0]).ok());
    EXPECT_FALSE(verify_consistency({7, 7, {}}, leaves[0], leaves[1]).ok());
    EXPECT_FALSE(verify_consistency({7, 7, {leaves[0]}}, leaves[0], leaves[0]).ok());
}

TEST(ForgedConsistency, AnEmptyOldTreeHasOnlyItsOwnRoot) {
    const std::vector<Hash256> leaves = leaves_of(2, 24);
    EXPECT_TRUE(verify_consistency({0, 9, {}}, empty_tree_root(), leaves[0]).ok());
    EXPECT_FALSE(verify_consistency({0, 9, {}}, leaves[1], leaves[0]).ok());
    EXPECT_FALSE(verify_consistency({0, 9, {leaves[1]}}, empty_tree_root(), leaves[0]).ok());
    EXPECT_FALSE(verify_consistency({0, 0, {}}, empty_tree_root(), leaves[0]).ok());
    EXPECT_TRUE(verify_consistency({0, 0, {}}, empty_tree_root(), empty_tree_root()).ok());
}

TEST(ForgedProofs, RandomNonsenseAtTheEdgesOfTheNumbersNeverCrashesAndIsRefused) {
    const uint64_t seed = 99;
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    const uint64_t edges[] = {0, 1, 2, 3, 62, 63, 64, 1ull << 32, (1ull << 63) - 1, 1ull << 63, ~0ull - 1, ~0ull};
    const std::vector<Hash256> leaves = leaves_of(200, 25);
    const auto edge = [&] { return edges[random->next_u64() % std::size(edges)]; };
    for (int round = 0; round < 20000; ++round) {
        const std::vector<Hash256> path(leaves.begin(), leaves.begin() + static_cast<long>(random->next_u64() % 140));
        const uint64_t a = edge();
        const uint64_t b = edge();
        if (b != 1 || !path.empty()) {
            EXPECT_FALSE(verify_inclusion(leaves[198], {a, b, path}, leaves[199]).ok()) << a << " " << b;
        }
        EXPECT_FALSE(verify_consistency({a, b, path}, leaves[198], leaves[199]).ok()) << a << " " << b;
    }
}

TEST(SidedPath, EveryLeafOfEverySizeUpTo70IsProven) {
    const std::vector<Hash256> leaves = leaves_of(70, 21);
    for (size_t n = 1; n <= leaves.size(); ++n) {
        const Hash256 root = reference_root(first_of(leaves, n));
        for (size_t i = 0; i < n; ++i) {
            const SidedPath path = with_sides(inclusion_proof(first_of(leaves, n), i).value());
            ASSERT_TRUE(verify_sided_path(leaves[i], path, root).ok()) << i << " of " << n;
        }
    }
}

TEST(ForgedSidedPath, EveryChangeOfItIsRefused) {
    const std::vector<Hash256> leaves = leaves_of(13, 22);
    const Hash256 root = tree_root(leaves);
    for (size_t i = 0; i < leaves.size(); ++i) {
        const SidedPath honest = with_sides(inclusion_proof(leaves, i).value());
        std::vector<SidedPath> forged;
        for (size_t at = 0; at < honest.path.size(); ++at) {
            forged.push_back(honest);
            forged.back().sides[at] = honest.sides[at] == 'L' ? 'R' : 'L';
            forged.push_back(honest);
            forged.back().sides[at] = 'l';
            forged.push_back(honest);
            forged.back().path[at].bytes[7] ^= 1;
        }
        forged.push_back(honest);
        forged.back().path.pop_back();
        forged.push_back(honest);
        forged.back().path.pop_back();
        forged.back().sides.pop_back();
        forged.push_back(honest);
        forged.back().path.push_back(root);
        forged.back().sides.push_back('L');
        forged.push_back({std::string(65, 'L'), std::vector<Hash256>(65)});
        for (const SidedPath& path : forged) {
            ASSERT_FALSE(verify_sided_path(leaves[i], path, root).ok()) << i;
        }
        ASSERT_FALSE(verify_sided_path(leaves[(i + 1) % leaves.size()], honest, root).ok());
    }
}

TEST(ForgedSidedPath, ANodeDoesNotPassForALeafWithARow) {
    const std::vector<Hash256> leaves = leaves_of(4, 23);
    // The fold itself accepts a node: what stops it is that a leaf hash must come from a leaf's bytes (prefix 00).
    const Hash256 node = node_hash(leaves[0], leaves[1]);
    EXPECT_TRUE(verify_sided_path(node, {"R", {node_hash(leaves[2], leaves[3])}}, tree_root(leaves)).ok());
    EXPECT_NE(leaf_hash(std::string(leaves[0].view()) + std::string(leaves[1].view())), node);
}

}  // namespace
}  // namespace kodiak::timeline
