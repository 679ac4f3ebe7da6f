// The tree in tiles against the RFC's text, over saves, cuts and restarts at every size.

#include "timeline/history/history_tree.hpp"

#include <gtest/gtest.h>

#include "base/disk/simulated_disk.hpp"
#include "timeline/merkle/reference_tree.hpp"

namespace kodiak::timeline {
namespace {

using rfc::leaves_of;
using rfc::reference_path;
using rfc::reference_root;
using rfc::reference_subproof;

// A tree on a disk of its own, with what it must hold.
class TestTree {
   public:
    TestTree() { start(); }

    void append(const Hash256& leaf) {
        leaves_.push_back(leaf);
        tree_->append(leaf);
    }
    void cut(size_t size) {
        leaves_.resize(size);
        tree_->tiles().cut(size);
    }
    void save(size_t upto) {
        ASSERT_TRUE(tree_->tiles().save(upto).ok());
        tree_->tiles().saved(upto);
        saved_ = upto;
    }
    // Goes on from what was saved.
    void restart() {
        start();
        leaves_.resize(saved_);
        const Status loaded = tree_->tiles().load(saved_);
        ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    }
    void expect_proofs(size_t index, size_t old_size, size_t size) const {
        const std::span<const Hash256> first(leaves_.data(), size);
        ASSERT_EQ(tree_->root_at(size).value(), reference_root(first)) << size;
        ASSERT_EQ(tree_->prove_inclusion(index, size).value().path, reference_path(index, first))
            << index << " of " << size;
        if (old_size > 0) {
            ASSERT_EQ(tree_->prove_consistency(old_size, size).value().path, reference_subproof(old_size, first, true))
                << old_size << " in " << size;
        }
    }
    const HistoryTree& tree() const { return *tree_; }
    SimulatedDisk& disk() { return *disk_; }
    size_t size() const { return leaves_.size(); }
    size_t saved() const { return saved_; }

   private:
    void start() { tree_ = std::make_unique<HistoryTree>(disk_, "/db"); }

    std::shared_ptr<SimulatedDisk> disk_ = [] {
        auto disk = SimulatedDisk::create();
        EXPECT_TRUE(disk->create_directory("/db/history").ok());
        return disk;
    }();
    std::unique_ptr<HistoryTree> tree_;
    std::vector<Hash256> leaves_;
    size_t saved_ = 0;
};

TEST(HistoryTree, EverySizeUpTo600ProvesAsTheRfcSaysWhereverItLies) {
    const uint64_t seed = 600;
    const std::vector<Hash256> leaves = leaves_of(600, seed);
    const auto random = make_seeded_random(seed);
    TestTree tree;
    for (size_t n = 1; n <= leaves.size(); ++n) {
        tree.append(leaves[n - 1]);
        if (random->next_u64() % 23 == 0) {
            tree.save(n);
        }
        tree.expect_proofs(random->next_u64() % n, random->next_u64() % n, n);
    }
    tree.save(600);
    tree.restart();
    for (int round = 0; round < 300; ++round) {
        const size_t size = 1 + random->next_u64() % 600;
        tree.expect_proofs(random->next_u64() % size, random->next_u64() % size, size);
    }
}

TEST(HistoryTree, RandomLivesOverThreeLevelsMatchTheRfc) {
    const uint64_t seed = 1121;
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    TestTree tree;
    const std::vector<Hash256> leaves = leaves_of(140'000, seed);
    size_t next = 0;
    size_t largest = 0;
    while (next < leaves.size() && !testing::Test::HasFatalFailure()) {
        const size_t step = 1 + random->next_u64() % 9'000;
        for (size_t i = 0; i < step && next < leaves.size(); ++i) {
            tree.append(leaves[next++]);
        }
        largest = std::max(largest, tree.size());
        switch (random->next_u64() % 6) {
            case 0: tree.save(tree.saved() + random->next_u64() % (tree.size() - tree.saved() + 1)); break;
            case 1: tree.cut(tree.saved() + random->next_u64() % (tree.size() - tree.saved() + 1)); break;
            case 2: tree.restart(); break;
            default: break;
        }
        if (tree.size() > 0) {
            const size_t size = 1 + random->next_u64() % tree.size();
            tree.expect_proofs(random->next_u64() % size, random->next_u64() % size, size);
        }
    }
    EXPECT_GT(largest, 65'536u);
}

TEST(HistoryTree, OpeningReadsTheLastTilesOnly) {
    TestTree tree;
    for (const Hash256& leaf : leaves_of(70'000, 3)) {
        tree.append(leaf);
    }
    tree.save(70'000);
    // Whole tiles may be unreadable: they are not looked at.
    for (uint64_t at = 0; at < 69'888; at += 1'024) {
        ASSERT_TRUE(tree.disk().corrupt("/db/history/tree-0", at * 32, 1).ok());
    }
    HistoryTree again(std::shared_ptr<Disk>(&tree.disk(), [](Disk*) {}), "/db");
    ASSERT_TRUE(again.tiles().load(70'000).ok());
    EXPECT_EQ(again.root_at(70'000).value(), tree.tree().root_at(70'000).value());
}

TEST(HistoryTree, ATileIsTheTileOfTlogTiles) {
    const std::vector<Hash256> leaves = leaves_of(600, 4);
    TestTree tree;
    for (const Hash256& leaf : leaves) {
        tree.append(leaf);
    }
    tree.save(600);
    for (const SimulatedFile& file : tree.disk().dump()) {
        if (file.path == "/db/history/tree-0") {
            EXPECT_EQ(file.bytes.substr(256 * 32, 32), leaves[256].view());  // tile/0/001
        }
        if (file.path == "/db/history/tree-1") {
            EXPECT_EQ(file.bytes.size(), 2 * 32u);                           // tile/1/000.p/2
            EXPECT_EQ(file.bytes.substr(32), reference_root(std::span(leaves).subspan(256, 256)).view());
        }
    }
}

TEST(HistoryTree, AFileThatIsTooShortIsCorruption) {
    TestTree tree;
    for (const Hash256& leaf : leaves_of(300, 5)) {
        tree.append(leaf);
    }
    tree.save(300);
    HistoryTree again(std::shared_ptr<Disk>(&tree.disk(), [](Disk*) {}), "/db");
    const Status loaded = again.tiles().load(301);
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorruption);
    EXPECT_EQ(again.tiles().size(), 0u);
}

}  // namespace
}  // namespace kodiak::timeline
