#include "timeline/history/commit_index.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/disk/simulated_disk.hpp"

namespace kodiak::timeline {
namespace {

Ulid id_at(uint64_t millis, uint64_t rest) {
    Ulid id;
    for (int i = 0; i < 6; ++i) {
        id.bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(millis >> (40 - 8 * i));
    }
    for (int i = 0; i < 8; ++i) {
        id.bytes[static_cast<size_t>(8 + i)] = static_cast<uint8_t>(rest >> (56 - 8 * i));
    }
    return id;
}

// Commits whose clock is set back now and then: times rise all the same, ids do not.
class CommitIndexTest : public testing::Test {
   protected:
    void append(uint64_t count) {
        for (uint64_t i = 0; i < count; ++i) {
            clock_ += random_() % 3;
            if (random_() % 5'000 == 0) {
                clock_ -= std::min<uint64_t>(clock_ - 1, 40'000);
            }
            time_ += 1 + static_cast<int64_t>(random_() % 5);
            commits_.push_back({0, {time_}, id_at(clock_, random_())});
            index_->append(commits_.back());
        }
    }
    void expect_all_found(uint64_t every) {
        const uint64_t count = commits_.size();
        for (uint64_t seq = 1; seq <= count; seq += every) {
            const IndexedCommit& commit = commits_[seq - 1];
            ASSERT_EQ(index_->find(commit.id, count).value(), std::optional(seq));
            ASSERT_EQ(index_->newest_at(commit.timestamp, count).value(), seq);
            ASSERT_EQ(index_->newest_at({commit.timestamp.micros - 1}, count).value(), seq - 1);
            ASSERT_EQ(index_->commit(seq).value().id, commit.id);
        }
    }

    std::mt19937_64 random_{20261121};
    uint64_t clock_ = 1'700'000'000'000;
    int64_t time_ = 1'700'000'000'000'000;
    std::shared_ptr<SimulatedDisk> disk_ = SimulatedDisk::create();
    std::unique_ptr<CommitIndex> index_ = std::make_unique<CommitIndex>(disk_, "/db");
    std::vector<IndexedCommit> commits_;
};

TEST_F(CommitIndexTest, CommitsAreFoundByIdAndTimeOverAllLevelsAndRestarts) {
    ASSERT_TRUE(disk_->create_directory("/db/history").ok());
    append(1'000);
    expect_all_found(1);
    append(69'000);
    expect_all_found(37);
    ASSERT_TRUE(index_->tiles().save(66'000).ok());
    index_->tiles().saved(66'000);
    expect_all_found(41);
    ASSERT_TRUE(index_->tiles().save(70'000).ok());
    index_ = std::make_unique<CommitIndex>(disk_, "/db");
    ASSERT_TRUE(index_->tiles().load(70'000).ok());
    append(500);
    expect_all_found(43);
}

TEST_F(CommitIndexTest, WhatIsNotThereIsNotFound) {
    append(3'000);
    EXPECT_FALSE(index_->find(id_at(clock_, 1), 3'000).value().has_value());
    EXPECT_FALSE(index_->find(Ulid(), 3'000).value().has_value());
    // A commit that is not durable yet is not there either.
    EXPECT_FALSE(index_->find(commits_[2'999].id, 2'999).value().has_value());
    EXPECT_EQ(index_->newest_at({INT64_MAX}, 2'999).value(), 2'999u);
    EXPECT_EQ(index_->newest_at({0}, 3'000).value(), 0u);
    EXPECT_EQ(index_->newest_at({INT64_MAX}, 0).value(), 0u);
}

}  // namespace
}  // namespace kodiak::timeline
