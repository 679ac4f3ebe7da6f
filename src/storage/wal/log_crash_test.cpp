// The log at every point where the power can go and every call can fail: a scripted workload runs once per event of
// the simulated disk, and what recovery finds is compared with what was acknowledged.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/disk/simulated_disk.hpp"
#include "storage/wal/log.hpp"

namespace kodiak::storage {
namespace {

constexpr uint64_t kLogId = 77;
const std::string kDirectory = "/wal";
constexpr uint64_t kSeeds = 6;

LogOptions tiny_files() {
    LogOptions options;
    options.first_preallocation_bytes = 2'048;
    options.preallocation_bytes = 4'096;
    options.file_bytes_max = 12'288;
    return options;
}

// What the workload knows when it stops.
struct Ledger {
    std::vector<std::string> appended;      // in order, failed ones left out
    std::vector<std::string> acknowledged;  // a prefix of appended, unless a failure was reported
    std::vector<std::string> failed;
    uint64_t position = 0;        // of the last checkpoint
    size_t before_position = 0;   // records of `appended` below it
    bool was_created = false;
};

std::string payload_of(int i) {
    // From one sector to several, ending at, before and behind sector borders.
    return std::to_string(i) + ":" + std::string(static_cast<size_t>(i * 173 % 1'900), static_cast<char>('a' + i % 26));
}

// Commits groups of one to three records with a checkpoint now and then, until done or the power goes.
void run_workload(const std::shared_ptr<SimulatedDisk>& disk, Ledger& ledger, int commits) {
    auto created = Log::create(disk, kDirectory, kLogId, tiny_files());
    if (!created.ok()) {
        if (disk->power_is_off()) {
            return;
        }
        created = Log::create(disk, kDirectory, kLogId, tiny_files());
        if (!created.ok()) {
            return;  // the undoing failed as well, and what is left has to be cleared away by hand
        }
    }
    ledger.was_created = true;
    Log& log = **created;
    int next = 0;
    for (int commit = 0; commit < commits; ++commit) {
        std::vector<std::string> payloads;
        std::vector<Lsn> positions;
        for (int i = 0; i <= commit % 3; ++i) {
            payloads.push_back(payload_of(next++));
            positions.push_back(log.append(static_cast<uint8_t>(commit), payloads.back()));
        }
        const Status status = log.wait_durable(positions.back());
        for (const Lsn position : positions) {
            EXPECT_EQ(log.wait_durable(position).ok(), status.ok());
        }
        auto& fate = status.ok() ? ledger.acknowledged : ledger.failed;
        fate.insert(fate.end(), payloads.begin(), payloads.end());
        if (status.ok() || disk->power_is_off()) {
            ledger.appended.insert(ledger.appended.end(), payloads.begin(), payloads.end());
        }
        if (disk->power_is_off()) {
            return;
        }
        if (!status.ok()) {
            EXPECT_EQ(log.health().ok(), false);
            Status recovered = log.recover_after_failure();
            // A fault may hit the recovery, too; the next attempt finds the disk in order.
            if (!recovered.ok() && !disk->power_is_off()) {
                recovered = log.recover_after_failure();
            }
            if (!recovered.ok()) {
                return;
            }
            EXPECT_FALSE(log.wait_durable(positions.back()).ok());
        }
        if (commit % 5 == 4) {
            const auto position = log.start_new_file();
            if (position.ok()) {
                ledger.position = position->value;
                ledger.before_position = ledger.appended.size();
                // Deleting is tidiness: a failure is repeated at the next checkpoint.
                [[maybe_unused]] const Status retired = log.retire_before(*position);
            }
        }
    }
}

std::shared_ptr<SimulatedDisk> new_disk() {
    auto disk = SimulatedDisk::create();
    EXPECT_TRUE(disk->create_directory(kDirectory).ok());
    return disk;
}

// Opens what survived. Every acknowledged record behind the checkpoint must be there, in order, followed by nothing
// but a prefix of the records in flight. Returns what was found.
std::vector<std::string> check_recovery(const std::shared_ptr<SimulatedDisk>& disk, const Ledger& ledger) {
    std::vector<std::string> seen;
    const auto log = Log::open(disk, kDirectory, kLogId, tiny_files(), Lsn{ledger.position},
                               [&](Lsn, LogRecord record) {
                                   seen.emplace_back(record.payload);
                                   return ok_status();
                               });
    EXPECT_TRUE(log.ok()) << log.error().message;
    if (!log.ok()) {
        return seen;
    }
    const std::vector<std::string> expected(ledger.appended.begin() + static_cast<ptrdiff_t>(ledger.before_position),
                                            ledger.appended.end());
    EXPECT_GE(seen.size() + ledger.before_position, ledger.acknowledged.size()) << "an acknowledged record is lost";
    EXPECT_LE(seen.size(), expected.size()) << "a record came from nowhere";
    if (seen.size() <= expected.size()) {
        EXPECT_TRUE(std::equal(seen.begin(), seen.end(), expected.begin())) << "not a prefix";
    }
    // The log goes on, in this file and in the next.
    for (const char* payload : {"after the crash", "in the next file"}) {
        EXPECT_TRUE((*log)->wait_durable((*log)->append(1, payload)).ok());
        EXPECT_TRUE((*log)->start_new_file().ok());
        seen.emplace_back(payload);
    }
    return seen;
}

std::vector<std::string> reread(const std::shared_ptr<SimulatedDisk>& disk, uint64_t position) {
    std::vector<std::string> seen;
    const auto log = Log::open(disk, kDirectory, kLogId, tiny_files(), Lsn{position}, [&](Lsn, LogRecord record) {
        seen.emplace_back(record.payload);
        return ok_status();
    });
    EXPECT_TRUE(log.ok()) << log.error().message;
    return seen;
}

constexpr int kCommits = 23;

uint64_t events_without_faults() {
    auto disk = new_disk();
    Ledger ledger;
    run_workload(disk, ledger, kCommits);
    EXPECT_EQ(ledger.acknowledged.size(), ledger.appended.size());
    EXPECT_TRUE(ledger.failed.empty());
    return disk->event_count();
}

TEST(LogCrash, PowerLossAtEveryEventLosesNothingAcknowledgedAndInventsNothing) {
    const uint64_t events = events_without_faults();
    ASSERT_GT(events, 40u);
    for (uint64_t event = 2; event <= events; ++event) {
        auto disk = new_disk();
        disk->crash_at_event(event);
        Ledger ledger;
        run_workload(disk, ledger, kCommits);
        ASSERT_TRUE(disk->power_is_off() || event == events);
        if (!ledger.was_created) {
            continue;
        }
        const auto modes = {CrashMode::kKeepNothingUnsynced, CrashMode::kKeepAll, CrashMode::kRandomSubset};
        for (const CrashMode mode : modes) {
            for (uint64_t seed = 0; seed < (mode == CrashMode::kRandomSubset ? kSeeds : 1); ++seed) {
                SCOPED_TRACE("event " + std::to_string(event) + " (" + disk->events().back() + "), mode " +
                             std::to_string(static_cast<int>(mode)) + ", seed " + std::to_string(seed));
                auto survivor = disk->after_crash(mode, seed);
                const std::vector<std::string> found = check_recovery(survivor, ledger);
                // What one recovery has shown, a second power loss does not take back.
                auto again = survivor->after_crash(CrashMode::kKeepNothingUnsynced);
                EXPECT_EQ(reread(again, ledger.position), found);
                ASSERT_FALSE(HasFailure());
            }
        }
    }
}

TEST(LogCrash, WhatAKilledProcessLeftInThePageCacheIsDurableOnceReplayed) {
    const uint64_t events = events_without_faults();
    for (uint64_t event = 2; event <= events; ++event) {
        auto disk = new_disk();
        disk->crash_at_event(event);
        Ledger ledger;
        run_workload(disk, ledger, kCommits);
        if (!ledger.was_created) {
            continue;
        }
        SCOPED_TRACE("event " + std::to_string(event) + " (" + disk->events().back() + ")");
        auto survivor = disk->after_crash(CrashMode::kProcessKilled);
        const std::vector<std::string> found = check_recovery(survivor, ledger);
        for (uint64_t seed = 0; seed < kSeeds; ++seed) {
            EXPECT_EQ(reread(survivor->after_crash(CrashMode::kRandomSubset, seed), ledger.position), found);
        }
        ASSERT_FALSE(HasFailure());
    }
}

TEST(LogCrash, EveryCallMayFailAndTheLogGoesOnAfterRecovery) {
    const uint64_t events = events_without_faults();
    uint64_t failures_seen = 0;
    for (uint64_t event = 2; event <= events; ++event) {
        for (const ErrorCode code : {ErrorCode::kDiskFull, ErrorCode::kIo}) {
            for (const auto effect : {FailureEffect::kNothing, FailureEffect::kPartly, FailureEffect::kEverything}) {
                // One fault, or two in a row so that the undoing of the first fails as well.
                for (const uint64_t count : {1, 2}) {
                    auto disk = new_disk();
                    for (uint64_t i = 0; i < count; ++i) {
                        disk->fail_event(event + i, code, effect);
                    }
                    SCOPED_TRACE("event " + std::to_string(event) + " x" + std::to_string(count) + ", code " +
                                 std::to_string(static_cast<int>(code)) + ", effect " +
                                 std::to_string(static_cast<int>(effect)));
                    Ledger ledger;
                    run_workload(disk, ledger, kCommits);
                    ASSERT_TRUE(ledger.was_created || count == 2);
                    if (!ledger.was_created) {
                        continue;
                    }
                    failures_seen += ledger.failed.size();
                    const auto modes = {CrashMode::kKeepNothingUnsynced, CrashMode::kKeepAll, CrashMode::kRandomSubset};
                    for (const CrashMode mode : modes) {
                        // Nothing is in flight, so the log is exactly what was acknowledged.
                        const auto seen = reread(disk->after_crash(mode, event), ledger.position);
                        const std::vector<std::string> expected(
                            ledger.acknowledged.begin() + static_cast<ptrdiff_t>(ledger.before_position),
                            ledger.acknowledged.end());
                        EXPECT_EQ(seen, expected);
                    }
                    ASSERT_FALSE(HasFailure());
                }
            }
        }
    }
    EXPECT_GT(failures_seen, 100u);
}

TEST(LogCrash, FailureIsUndoneBeforeItIsReported) {
    for (const auto effect : {FailureEffect::kPartly, FailureEffect::kEverything}) {
        auto disk = new_disk();
        auto log = Log::create(disk, kDirectory, kLogId, tiny_files());
        ASSERT_TRUE((*log)->wait_durable((*log)->append(1, "kept")).ok());
        disk->fail_event(disk->event_count() + 1, ErrorCode::kIo, effect);
        const Status status = (*log)->wait_durable((*log)->append(1, "failed"));
        ASSERT_FALSE(status.ok());
        EXPECT_TRUE(status.error().detail.empty());
        // No recover_after_failure: the process dies here.
        for (const CrashMode mode : {CrashMode::kKeepAll, CrashMode::kProcessKilled}) {
            EXPECT_EQ(reread(disk->after_crash(mode), 0), std::vector<std::string>{"kept"});
        }
    }
}

TEST(LogCrash, FailureThatCannotBeUndoneSaysThatTheOutcomeIsOpen) {
    auto disk = new_disk();
    auto log = Log::create(disk, kDirectory, kLogId, tiny_files());
    const uint64_t now = disk->event_count();
    disk->fail_event(now + 1, ErrorCode::kIo, FailureEffect::kEverything);
    disk->fail_event(now + 2, ErrorCode::kIo);
    disk->fail_event(now + 3, ErrorCode::kIo);
    const Lsn lsn = (*log)->append(1, "x");
    EXPECT_FALSE((*log)->wait_durable(lsn).error().detail.empty());
    const Status recovered = (*log)->recover_after_failure();
    ASSERT_FALSE(recovered.ok());
    EXPECT_THAT(recovered.error().hint, testing::HasSubstr("reopen the database"));
    EXPECT_FALSE((*log)->flush().ok());
    EXPECT_FALSE((*log)->wait_durable((*log)->append(1, "y")).ok());
    ASSERT_TRUE((*log)->recover_after_failure().ok());
    EXPECT_TRUE((*log)->flush().ok());
    EXPECT_TRUE((*log)->wait_durable((*log)->append(1, "z")).ok());
    EXPECT_EQ(reread(disk->after_crash(CrashMode::kKeepAll), 0), std::vector<std::string>{"z"});
}

TEST(LogCrash, RecordsBufferedBehindAFailedFrameFailWithIt) {
    auto disk = new_disk();
    auto log = Log::create(disk, kDirectory, kLogId, tiny_files());
    // Beyond a group's size the second record lies in a group of its own.
    const Lsn first = (*log)->append(1, std::string(size_t{17} << 20, 'x'));
    const Lsn second = (*log)->append(1, "behind");
    disk->set_capacity(1 << 20);
    EXPECT_EQ((*log)->wait_durable(first).error().code, ErrorCode::kDiskFull);
    EXPECT_EQ((*log)->wait_durable(second).error().code, ErrorCode::kDiskFull);
    ASSERT_TRUE((*log)->recover_after_failure().ok());
    EXPECT_EQ((*log)->wait_durable(second).error().code, ErrorCode::kDiskFull);
    EXPECT_TRUE((*log)->wait_durable((*log)->append(1, "small")).ok());
    EXPECT_EQ(reread(disk->after_crash(CrashMode::kKeepAll), 0), std::vector<std::string>{"small"});
}

TEST(LogCrash, FullDiskFailsCommitsUntilThereIsSpace) {
    auto disk = new_disk();
    auto log = Log::create(disk, kDirectory, kLogId, tiny_files());
    disk->set_capacity(disk->bytes_used() + 3'000);
    std::vector<std::string> acknowledged;
    int failures = 0;
    for (int i = 0; i < 60; ++i) {
        if (i == 40) {
            disk->set_capacity(UINT64_MAX);
        }
        const std::string payload = payload_of(i);
        if ((*log)->wait_durable((*log)->append(1, payload)).ok()) {
            acknowledged.push_back(payload);
        } else {
            ++failures;
            ASSERT_TRUE((*log)->recover_after_failure().ok());
        }
    }
    EXPECT_GT(failures, 20);
    EXPECT_GE(acknowledged.size(), 20u);
    EXPECT_EQ(reread(disk->after_crash(CrashMode::kKeepNothingUnsynced), 0), acknowledged);
}

}  // namespace
}  // namespace kodiak::storage
