#include "base/disk/disk.hpp"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/disk/simulated_disk.hpp"

namespace kodiak {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The contract of disk.hpp, asked of both disks.
class DiskContract : public testing::TestWithParam<std::string> {
   protected:
    void SetUp() override {
        if (GetParam() == "real") {
            std::string pattern = (std::filesystem::temp_directory_path() / "kodiak_disk_XXXXXX").string();
            ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
            root_ = pattern;
            disk_ = make_real_disk();
        } else {
            root_ = "/db";
            disk_ = SimulatedDisk::create();
            ASSERT_TRUE(disk_->create_directory(root_).ok());
        }
    }
    void TearDown() override {
        if (GetParam() == "real") {
            std::filesystem::remove_all(root_);
        }
    }
    std::string path(const std::string& name) const { return root_ + "/" + name; }
    std::string contents(const std::string& name) {
        auto file = disk_->open(path(name), OpenMode::kRead);
        EXPECT_TRUE(file.ok());
        std::string bytes((*file)->size().value(), '?');
        EXPECT_TRUE((*file)->read(0, bytes.size(), bytes.data()).ok());
        return bytes;
    }
    void store(const std::string& name, std::string_view bytes) {
        auto file = disk_->open(path(name), OpenMode::kCreateOrOpen);
        ASSERT_TRUE(file.ok()) << file.error().message;
        ASSERT_TRUE((*file)->write(0, bytes).ok());
        ASSERT_TRUE((*file)->sync().ok());
    }

    std::string root_;
    std::shared_ptr<Disk> disk_;
};

INSTANTIATE_TEST_SUITE_P(Disks, DiskContract, testing::Values("real", "simulated"),
                         [](const auto& instance) { return instance.param; });

TEST_P(DiskContract, WrittenBytesAreReadBackAtTheirOffsets) {
    store("a", "hello");
    auto file = disk_->open(path("a"), OpenMode::kReadWrite);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->write(8, "xy").ok());
    EXPECT_EQ(contents("a"), std::string("hello\0\0\0xy", 10));
}

TEST_P(DiskContract, ReadingBeyondTheEndIsCorruptionNamingFileAndOffset) {
    store("a", "hello");
    auto file = disk_->open(path("a"), OpenMode::kRead);
    char target[8];
    const Status status = (*file)->read(2, 4, target);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(status.error().message, HasSubstr(path("a")));
    EXPECT_THAT(status.error().message, HasSubstr("offset 2"));
}

TEST_P(DiskContract, OpenModesSayWhetherTheFileMustExist) {
    EXPECT_EQ(disk_->open(path("a"), OpenMode::kRead).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(disk_->open(path("a"), OpenMode::kReadWrite).error().code, ErrorCode::kNotFound);
    EXPECT_TRUE(disk_->open(path("a"), OpenMode::kCreate).ok());
    EXPECT_FALSE(disk_->open(path("a"), OpenMode::kCreate).ok());
    EXPECT_TRUE(disk_->open(path("a"), OpenMode::kCreateOrOpen).ok());
    EXPECT_TRUE(disk_->open(path("b"), OpenMode::kCreateOrOpenDurable).ok());
    EXPECT_EQ(disk_->open(path("no/a"), OpenMode::kCreate).error().code, ErrorCode::kNotFound);
    EXPECT_FALSE((*disk_->open(path("a"), OpenMode::kRead))->write(0, "x").ok());
}

TEST_P(DiskContract, PreallocateGrowsWithZerosAndNeverShrinks) {
    store("a", "hello");
    auto file = disk_->open(path("a"), OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->preallocate(10'000).ok());
    ASSERT_TRUE((*file)->preallocate(100).ok());
    EXPECT_EQ(contents("a"), "hello" + std::string(9'995, '\0'));
}

TEST_P(DiskContract, TruncateCutsAndGrows) {
    store("a", "hello");
    auto file = disk_->open(path("a"), OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->truncate(2).ok());
    ASSERT_TRUE((*file)->truncate(4).ok());
    EXPECT_EQ(contents("a"), std::string("he\0\0", 4));
}

TEST_P(DiskContract, MappingShowsTheWholeFile) {
    store("a", "hello");
    store("empty", "");
    auto mapping = disk_->map(path("a"));
    ASSERT_TRUE(mapping.ok());
    EXPECT_EQ(std::string(reinterpret_cast<const char*>((*mapping)->data()), (*mapping)->bytes()), "hello");
    EXPECT_EQ((*disk_->map(path("empty")))->bytes(), 0u);
    EXPECT_EQ(disk_->map(path("none")).error().code, ErrorCode::kNotFound);
}

TEST_P(DiskContract, NamesAreListedSortedRenamedAndRemoved) {
    store("b", "1");
    store("a", "2");
    ASSERT_TRUE(disk_->create_directory(path("c/d/e")).ok());
    ASSERT_TRUE(disk_->create_directory(path("c/d/e")).ok());
    EXPECT_THAT(*disk_->list(root_), ElementsAre("a", "b", "c"));
    EXPECT_TRUE(*disk_->is_directory(path("c/d")));
    EXPECT_FALSE(*disk_->is_directory(path("a")));
    EXPECT_FALSE(*disk_->is_directory(path("none")));
    ASSERT_TRUE(disk_->rename(path("a"), path("b")).ok());
    EXPECT_EQ(contents("b"), "2");
    ASSERT_TRUE(disk_->remove(path("b")).ok());
    ASSERT_TRUE(disk_->sync_directory(root_).ok());
    EXPECT_THAT(*disk_->list(root_), ElementsAre("c"));
    EXPECT_FALSE(*disk_->exists(path("b")));
    EXPECT_TRUE(*disk_->exists(path("c")));
    EXPECT_EQ(disk_->remove(path("b")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(disk_->rename(path("b"), path("x")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(disk_->list(path("none")).error().code, ErrorCode::kNotFound);
}

TEST_P(DiskContract, DirectoryIsNotCreatedOverAFile) {
    store("a", "1");
    EXPECT_FALSE(disk_->create_directory(path("a")).ok());
    EXPECT_FALSE(disk_->create_directory(path("a/b")).ok());
}

TEST_P(DiskContract, SecondLockNamesTheHolder) {
    auto first = disk_->lock(path("lock"), "process 1 (test)");
    ASSERT_TRUE(first.ok()) << first.error().message;
    auto second = disk_->lock(path("lock"), "process 2 (test)");
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, ErrorCode::kLocked);
    EXPECT_THAT(second.error().message, HasSubstr("held by process 1 (test)"));
    first->reset();
    EXPECT_TRUE(disk_->lock(path("lock"), "process 2 (test)").ok());
}

TEST_P(DiskContract, RemovedFileStaysReadableWhileOpen) {
    store("a", "hello");
    auto file = disk_->open(path("a"), OpenMode::kRead);
    ASSERT_TRUE(disk_->remove(path("a")).ok());
    char target[5];
    ASSERT_TRUE((*file)->read(0, 5, target).ok());
    EXPECT_EQ(std::string(target, 5), "hello");
}

TEST(RealDisk, ReportsAFullDeviceAsDiskFull) {
    auto file = make_real_disk()->open("/dev/full", OpenMode::kReadWrite);
    if (!file.ok()) {
        GTEST_SKIP() << "this machine has no /dev/full";
    }
    const Status status = (*file)->write(0, "x");
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kDiskFull);
    EXPECT_THAT(status.error().message, HasSubstr("/dev/full"));
    EXPECT_FALSE(status.error().hint.empty());
}

TEST(RealDisk, LockOwnerTextNamesProcessProgramAndTime) {
    const std::string text = describe_lock_owner(Timestamp{1'769'851'800'000'000});
    EXPECT_THAT(text, HasSubstr("process "));
    EXPECT_THAT(text, HasSubstr("(base_test) since 2026-01-31 09:30:00 UTC"));
}

}  // namespace
}  // namespace kodiak
