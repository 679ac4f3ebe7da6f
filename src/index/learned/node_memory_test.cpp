#include "index/learned/node_memory.hpp"

#include <atomic>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace kodiak::index::learned {
namespace {

struct Block {
    unsigned char* memory;
    size_t bytes;
    unsigned char mark;
};

// Blocks of all sizes come and go from slabs; each keeps its contents, and in the end everything is given back.
TEST(NodeMemory, BlocksDoNotOverlapAndAllComesBack) {
    constexpr uint64_t kSeed = 4;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    std::mt19937_64 random(kSeed);
    NodeMemory memory(0);
    std::vector<Block> blocks;
    const auto check_and_free = [&](size_t at) {
        const Block block = blocks[at];
        for (size_t i = 0; i < block.bytes; ++i) {
            ASSERT_EQ(block.memory[i], block.mark);
        }
        random() % 2 == 0 ? memory.free(block.memory, block.bytes) : memory.retire(block.memory, block.bytes);
        blocks[at] = blocks.back();
        blocks.pop_back();
    };
    for (int phase = 0; phase < 4; ++phase) {
        for (int step = 0; step < 6000; ++step) {
            if (random() % 100 < (phase % 2 == 0 ? 80 : 20) || blocks.empty()) {
                const size_t bytes = 1 + random() % (random() % 50 == 0 ? 100'000 : 6000);
                auto* block = static_cast<unsigned char*>(memory.allocate(bytes));
                ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % NodeMemory::kAlignment, 0U);
                blocks.push_back({block, bytes, static_cast<unsigned char>(random())});
                std::memset(block, blocks.back().mark, bytes);
            } else {
                check_and_free(random() % blocks.size());
            }
        }
        ASSERT_GE(memory.held_bytes(), memory.used_bytes());
    }
    while (!blocks.empty()) {
        check_and_free(blocks.size() - 1);
    }
    memory.reclaim();
    EXPECT_EQ(memory.used_bytes(), 0U);
    EXPECT_EQ(memory.held_bytes(), 0U);
}

// A block that was retired while a reader could see it stays as it is until that reader has gone.
TEST(NodeMemory, RetiredBlocksOutliveTheirReaders) {
    NodeMemory memory;
    auto* block = new (memory.allocate(64)) std::atomic<uint64_t>(1);
    std::atomic<int> stage = 0;
    std::thread reader([&] {
        const ReaderEpochs::Guard guard;
        stage = 1;
        stage.notify_all();
        stage.wait(1);
        EXPECT_EQ(block->load(), 1U);
    });
    stage.wait(0);
    memory.retire(block, 64);
    memory.reclaim();
    memory.reclaim();
    EXPECT_GT(memory.held_bytes(), 0U);
    stage = 2;
    stage.notify_all();
    reader.join();
    memory.reclaim();
    EXPECT_EQ(memory.held_bytes(), 0U);
}

TEST(NodeMemory, ThreadsThatEndLeaveNoReaderBehind) {
    for (int i = 0; i < 20; ++i) {
        std::thread([] { const ReaderEpochs::Guard guard; }).join();
    }
    EXPECT_TRUE(ReaderEpochs::is_quiet(ReaderEpochs::advance()));
}

}  // namespace
}  // namespace kodiak::index::learned
