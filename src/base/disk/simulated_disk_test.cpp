#include "base/disk/simulated_disk.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kodiak {
namespace {

using testing::HasSubstr;

std::string contents(SimulatedDisk& disk, const std::string& path) {
    for (const SimulatedFile& file : disk.dump()) {
        if (file.path == path) {
            return file.bytes;
        }
    }
    return "(no file)";
}

// "/f" with durable contents "old" and a durable name.
std::shared_ptr<SimulatedDisk> disk_with_durable_file(std::string_view bytes = "old") {
    auto disk = SimulatedDisk::create();
    auto file = disk->open("/f", OpenMode::kCreate);
    EXPECT_TRUE((*file)->write(0, bytes).ok());
    EXPECT_TRUE((*file)->sync().ok());
    EXPECT_TRUE(disk->sync_directory("/").ok());
    return disk;
}

TEST(SimulatedDisk, UnsyncedWriteIsLostOrKeptByMode) {
    auto disk = disk_with_durable_file();
    ASSERT_TRUE((*disk->open("/f", OpenMode::kReadWrite))->write(0, "new").ok());
    EXPECT_EQ(contents(*disk, "/f"), "new");
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/f"), "old");
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepAll), "/f"), "new");
    std::set<std::string> seen;
    for (uint64_t seed = 0; seed < 50; ++seed) {
        seen.insert(contents(*disk->after_crash(CrashMode::kRandomSubset, seed), "/f"));
    }
    EXPECT_EQ(seen, (std::set<std::string>{"old", "new"}));
}

TEST(SimulatedDisk, SameSeedLeavesTheSameBytes) {
    auto disk = disk_with_durable_file(std::string(5'000, 'o'));
    auto file = disk->open("/f", OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->write(100, std::string(4'000, 'n')).ok());
    for (uint64_t seed = 0; seed < 20; ++seed) {
        EXPECT_EQ(contents(*disk->after_crash(CrashMode::kRandomSubset, seed), "/f"),
                  contents(*disk->after_crash(CrashMode::kRandomSubset, seed), "/f"));
    }
}

TEST(SimulatedDisk, TornWriteMixesWholeSectorsOnly) {
    auto disk = disk_with_durable_file(std::string(2'048, 'o'));
    ASSERT_TRUE((*disk->open("/f", OpenMode::kReadWrite))->write(0, std::string(2'048, 'n')).ok());
    bool was_torn = false;
    for (uint64_t seed = 0; seed < 50; ++seed) {
        const std::string bytes = contents(*disk->after_crash(CrashMode::kRandomSubset, seed), "/f");
        ASSERT_EQ(bytes.size(), 2'048u);
        for (size_t sector = 0; sector < 2'048; sector += 512) {
            EXPECT_EQ(bytes.substr(sector, 512), std::string(512, bytes[sector]));
        }
        was_torn |= bytes != std::string(2'048, bytes[0]);
    }
    EXPECT_TRUE(was_torn);
}

TEST(SimulatedDisk, DurableWriteSurvivesAndDoesNotCarryOthersAlong) {
    auto disk = disk_with_durable_file(std::string(1'024, 'o'));
    ASSERT_TRUE((*disk->open("/f", OpenMode::kReadWrite))->write(0, std::string(1'024, 'c')).ok());
    ASSERT_TRUE((*disk->open("/f", OpenMode::kCreateOrOpenDurable))->write(512, std::string(512, 'd')).ok());
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/f"),
              std::string(512, 'o') + std::string(512, 'd'));
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepAll), "/f"), std::string(512, 'c') + std::string(512, 'd'));
}

TEST(SimulatedDisk, NamesNeedADirectorySync) {
    auto disk = SimulatedDisk::create();
    auto file = disk->open("/f", OpenMode::kCreate);
    ASSERT_TRUE((*file)->write(0, "x").ok());
    ASSERT_TRUE((*file)->sync().ok());
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/f"), "(no file)");
    ASSERT_TRUE(disk->sync_directory("/").ok());
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/f"), "x");
    ASSERT_TRUE(disk->rename("/f", "/g").ok());
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/f"), "x");
    ASSERT_TRUE(disk->sync_directory("/").ok());
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/g"), "x");
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/f"), "(no file)");
    ASSERT_TRUE(disk->remove("/g").ok());
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/g"), "x");
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepAll), "/g"), "(no file)");
}

TEST(SimulatedDisk, AfterTheCrashEventEveryCallSaysThatPowerIsOff) {
    auto disk = disk_with_durable_file();
    auto file = disk->open("/f", OpenMode::kCreateOrOpenDurable);
    disk->crash_at_event(disk->event_count() + 1);
    EXPECT_THAT((*file)->write(0, "new").error().message, HasSubstr("power is off"));
    EXPECT_TRUE(disk->power_is_off());
    char target[1];
    EXPECT_EQ((*file)->read(0, 1, target).error().code, ErrorCode::kIo);
    EXPECT_FALSE((*file)->sync().ok());
    EXPECT_FALSE(disk->list("/").ok());
    // The write in flight was promised to nobody, though the file is in the durable mode.
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/f"), "old");
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepAll), "/f"), "new");
}

TEST(SimulatedDisk, KilledProcessLeavesReadableBytesThatAreNotDurable) {
    auto disk = disk_with_durable_file();
    ASSERT_TRUE((*disk->open("/f", OpenMode::kReadWrite))->write(0, "new").ok());
    auto second = disk->after_crash(CrashMode::kProcessKilled);
    EXPECT_EQ(contents(*second, "/f"), "new");
    EXPECT_EQ(contents(*second->after_crash(CrashMode::kKeepNothingUnsynced), "/f"), "old");
    ASSERT_TRUE((*second->open("/f", OpenMode::kReadWrite))->sync().ok());
    EXPECT_EQ(contents(*second->after_crash(CrashMode::kKeepNothingUnsynced), "/f"), "new");
}

TEST(SimulatedDisk, FaultFailsOneCallWithItsCodeAndEffect) {
    auto disk = disk_with_durable_file(std::string(1'536, 'o'));
    auto file = disk->open("/f", OpenMode::kReadWrite);
    const std::string data(1'536, 'n');
    disk->fail_event(disk->event_count() + 1, ErrorCode::kDiskFull);
    EXPECT_EQ((*file)->write(0, data).error().code, ErrorCode::kDiskFull);
    EXPECT_EQ(contents(*disk, "/f"), std::string(1'536, 'o'));
    disk->fail_event(disk->event_count() + 1, ErrorCode::kIo, FailureEffect::kPartly);
    EXPECT_EQ((*file)->write(0, data).error().code, ErrorCode::kIo);
    EXPECT_EQ(contents(*disk, "/f"), std::string(512, 'n') + std::string(512, 'o') + std::string(512, 'n'));
    disk->fail_event(disk->event_count() + 1, ErrorCode::kIo, FailureEffect::kEverything);
    EXPECT_FALSE((*file)->write(0, data).ok());
    EXPECT_EQ(contents(*disk, "/f"), data);
    EXPECT_TRUE((*file)->write(0, "x").ok());
}

TEST(SimulatedDisk, CapacityStopsGrowthAfterWhatFits) {
    auto disk = SimulatedDisk::create();
    disk->set_capacity(1'000);
    auto file = disk->open("/f", OpenMode::kCreate);
    ASSERT_TRUE((*file)->write(0, std::string(900, 'a')).ok());
    EXPECT_EQ((*file)->write(900, std::string(200, 'b')).error().code, ErrorCode::kDiskFull);
    EXPECT_EQ(contents(*disk, "/f"), std::string(900, 'a') + std::string(100, 'b'));
    EXPECT_EQ((*file)->preallocate(1'001).error().code, ErrorCode::kDiskFull);
    EXPECT_TRUE((*file)->write(0, "c").ok());
    disk->set_capacity(2'000);
    EXPECT_TRUE((*file)->preallocate(1'001).ok());
}

TEST(SimulatedDisk, CorruptFlipsOneByteForGood) {
    auto disk = disk_with_durable_file("abc");
    ASSERT_TRUE(disk->corrupt("/f", 1, 0x01).ok());
    EXPECT_EQ(contents(*disk->after_crash(CrashMode::kKeepNothingUnsynced), "/f"), "acc");
    EXPECT_FALSE(disk->corrupt("/f", 3, 0x01).ok());
}

TEST(SimulatedDisk, LocksAreForgottenByACrash) {
    auto disk = SimulatedDisk::create();
    auto lock = disk->lock("/lock", "me");
    ASSERT_TRUE(lock.ok());
    EXPECT_TRUE(disk->after_crash(CrashMode::kProcessKilled)->lock("/lock", "you").ok());
}

TEST(SimulatedDisk, EventsAreCountedAndNamed) {
    auto disk = disk_with_durable_file();
    ASSERT_EQ(disk->event_count(), 4u);
    EXPECT_THAT(disk->events(), testing::ElementsAre("create /f", "write /f 0+3", "sync /f", "sync directory /"));
}

}  // namespace
}  // namespace kodiak
