#include "storage/wal/log.hpp"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/disk/simulated_disk.hpp"
#include "base/hash/xxh3.hpp"
#include "storage/wal/frame.hpp"

namespace kodiak::storage {
namespace {

using testing::HasSubstr;

constexpr uint64_t kLogId = 0x1234'5678'9ABC'DEF0;
const std::string kDirectory = "/wal";

struct SeenRecord {
    uint64_t lsn;
    uint8_t type;
    std::string payload;
    bool operator==(const SeenRecord&) const = default;
};

LogOptions small_files() {
    LogOptions options;
    options.first_preallocation_bytes = 4'096;
    options.preallocation_bytes = 16'384;
    options.file_bytes_max = 65'536;
    return options;
}

std::shared_ptr<SimulatedDisk> new_disk() {
    auto disk = SimulatedDisk::create();
    EXPECT_TRUE(disk->create_directory(kDirectory).ok());
    return disk;
}

std::unique_ptr<Log> create_log(const std::shared_ptr<Disk>& disk, LogOptions options = small_files()) {
    auto log = Log::create(disk, kDirectory, kLogId, options);
    EXPECT_TRUE(log.ok()) << log.error().message;
    return std::move(*log);
}

LogVisitor collect(std::vector<SeenRecord>& seen) {
    return [&seen](Lsn lsn, LogRecord record) {
        seen.push_back({lsn.value, record.type, std::string(record.payload)});
        return ok_status();
    };
}

Result<std::unique_ptr<Log>> reopen(const std::shared_ptr<Disk>& disk, std::vector<SeenRecord>& seen, Lsn from = {},
                                    LogOptions options = small_files()) {
    return Log::open(disk, kDirectory, kLogId, options, from, collect(seen));
}

// Appends and waits; returns what a replay has to show.
SeenRecord commit(Log& log, const std::string& payload, uint8_t type = 7) {
    const Lsn lsn = log.append(type, payload);
    const Status status = log.wait_durable(lsn);
    EXPECT_TRUE(status.ok()) << status.error().message;
    return {lsn.value, type, payload};
}

std::vector<SimulatedFile> log_files(SimulatedDisk& disk) {
    std::vector<SimulatedFile> files;
    for (SimulatedFile& file : disk.dump()) {
        if (file.path.starts_with(kDirectory + "/wal-")) {
            files.push_back(std::move(file));
        }
    }
    return files;
}

TEST(Log, RecordsComeBackInOrderWithTypesAndPositions) {
    auto disk = new_disk();
    std::vector<SeenRecord> written;
    {
        auto log = create_log(disk);
        for (size_t bytes : {0, 1, 127, 128, 447, 448, 449, 5'000, 40'000, 200'000}) {
            written.push_back(commit(*log, std::string(bytes, 'x'), static_cast<uint8_t>(bytes)));
        }
    }
    std::vector<SeenRecord> seen;
    auto log = reopen(disk, seen);
    ASSERT_TRUE(log.ok()) << log.error().message;
    EXPECT_EQ(seen, written);
    EXPECT_EQ(written.front().lsn, 1u);
    written.push_back(commit(**log, "after"));
    seen.clear();
    ASSERT_TRUE(reopen(disk, seen).ok());
    EXPECT_EQ(seen, written);
}

TEST(Log, ReplayBeginsAtThePositionAskedFor) {
    auto disk = new_disk();
    auto log = create_log(disk);
    for (const char* payload : {"a", "b", "c", "d"}) {
        log->append(1, payload);
    }
    ASSERT_TRUE(log->flush().ok());
    const SeenRecord last = commit(*log, "e");
    std::vector<SeenRecord> all;
    ASSERT_TRUE(reopen(disk, all).ok());
    ASSERT_EQ(all.size(), 5u);
    for (size_t i = 0; i < all.size(); ++i) {
        std::vector<SeenRecord> seen;
        ASSERT_TRUE(reopen(disk, seen, Lsn{all[i].lsn}).ok());
        EXPECT_EQ(seen, std::vector<SeenRecord>(all.begin() + static_cast<ptrdiff_t>(i), all.end()));
    }
    std::vector<SeenRecord> none;
    ASSERT_TRUE(reopen(disk, none, log->end()).ok());
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(reopen(disk, none, Lsn{log->end().value + 1}).error().code, ErrorCode::kCorruption);
}

TEST(Log, EmptyLogIsSmallAndOpens) {
    auto disk = new_disk();
    { auto log = create_log(disk, LogOptions{}); }
    EXPECT_LE(disk->bytes_used(), uint64_t{1} << 20);
    std::vector<SeenRecord> seen;
    EXPECT_TRUE(reopen(disk, seen).ok());
    EXPECT_TRUE(seen.empty());
}

TEST(Log, CreatingOverALogIsRefused) {
    auto disk = new_disk();
    { auto log = create_log(disk); }
    EXPECT_EQ(Log::create(disk, kDirectory, kLogId, {}).error().code, ErrorCode::kDuplicateObject);
}

TEST(Log, FilesRollOverAndAreRetired) {
    auto disk = new_disk();
    auto log = create_log(disk);
    std::vector<SeenRecord> written;
    for (int i = 0; i < 300; ++i) {
        written.push_back(commit(*log, std::string(900, static_cast<char>('a' + i % 26))));
    }
    EXPECT_GT(log_files(*disk).size(), 3u);
    EXPECT_EQ(log->bytes_on_disk(), disk->bytes_used());
    std::vector<SeenRecord> seen;
    ASSERT_TRUE(reopen(disk, seen).ok());
    EXPECT_EQ(seen, written);

    const auto position = log->start_new_file();
    ASSERT_TRUE(position.ok());
    ASSERT_TRUE(log->retire_before(*position).ok());
    EXPECT_EQ(log_files(*disk).size(), 1u);
    EXPECT_EQ(log->bytes_on_disk(), disk->bytes_used());
    const SeenRecord after = commit(*log, "after");
    EXPECT_GE(after.lsn, position->value);
    seen.clear();
    ASSERT_TRUE(reopen(disk, seen, *position).ok());
    EXPECT_EQ(seen, std::vector<SeenRecord>{after});
    EXPECT_EQ(reopen(disk, seen, Lsn{1}).error().code, ErrorCode::kCorruption);
}

TEST(Log, StartingANewFileTwiceKeepsOneEmptyFile) {
    auto disk = new_disk();
    auto log = create_log(disk);
    EXPECT_EQ(log->start_new_file()->value, 1u);
    commit(*log, "a");
    const Lsn first = *log->start_new_file();
    EXPECT_EQ(*log->start_new_file(), first);
    EXPECT_EQ(log_files(*disk).size(), 2u);
}

TEST(Log, RetiringKeepsTheFileThatHoldsThePosition) {
    auto disk = new_disk();
    auto log = create_log(disk);
    commit(*log, "a");
    const Lsn second_file = *log->start_new_file();
    const SeenRecord b = commit(*log, "b");
    const SeenRecord c = commit(*log, "c");
    ASSERT_TRUE(log->start_new_file().ok());
    ASSERT_TRUE(log->retire_before(Lsn{c.lsn}).ok());
    std::vector<SeenRecord> seen;
    ASSERT_TRUE(reopen(disk, seen, second_file).ok());
    EXPECT_EQ(seen, (std::vector<SeenRecord>{b, c}));
}

// Three one-record frames in one file; the offsets of the second and third.
struct ThreeFrames {
    std::shared_ptr<SimulatedDisk> disk = new_disk();
    std::vector<SeenRecord> written;
    std::string path;
    uint64_t second = kSectorBytes * 2;
    uint64_t third = 0;
    uint64_t end = 0;

    ThreeFrames() {
        auto log = create_log(disk);
        written = {commit(*log, "first"), commit(*log, std::string(700, 's')), commit(*log, std::string(900, 't'))};
        path = log_files(*disk).front().path;
        third = second + 2 * kSectorBytes;
        end = third + 2 * kSectorBytes;
    }
};

TEST(Log, TornTailIsDroppedAtEveryByte) {
    const ThreeFrames base;
    const std::string bytes = log_files(*base.disk).front().bytes;
    for (uint64_t cut = base.third; cut < base.third + kFrameHeaderBytes + 903; ++cut) {
        for (const bool ends_there : {true, false}) {
            auto disk = base.disk->after_crash(CrashMode::kKeepAll);
            auto file = disk->open(base.path, OpenMode::kReadWrite);
            ASSERT_TRUE((*file)->truncate(cut).ok());
            if (!ends_there) {
                ASSERT_TRUE((*file)->truncate(bytes.size()).ok());
            }
            std::vector<SeenRecord> seen;
            auto log = reopen(disk, seen);
            ASSERT_TRUE(log.ok()) << "cut at " << cut << ": " << log.error().message;
            ASSERT_EQ(seen.size(), 2u) << "cut at " << cut;
            const SeenRecord next = commit(**log, "next");
            EXPECT_EQ(next.lsn, base.written[2].lsn);
            seen.clear();
            ASSERT_TRUE(reopen(disk, seen).ok());
            EXPECT_EQ(seen, (std::vector<SeenRecord>{base.written[0], base.written[1], next}));
        }
    }
}

TEST(Log, EveryDamagedByteOfAnEarlierFrameIsRefusedWithFileAndOffset) {
    const ThreeFrames base;
    const uint64_t checked_bytes = kFrameHeaderBytes + 703;
    for (uint64_t at = 0; at < checked_bytes; ++at) {
        for (const uint8_t mask : {uint8_t{0x01}, uint8_t{0x80}, uint8_t{0xFF}}) {
            auto disk = base.disk->after_crash(CrashMode::kKeepAll);
            ASSERT_TRUE(disk->corrupt(base.path, base.second + at, mask).ok());
            std::vector<SeenRecord> seen;
            const auto log = reopen(disk, seen);
            ASSERT_FALSE(log.ok()) << "byte " << at;
            EXPECT_EQ(log.error().code, ErrorCode::kCorruption);
            EXPECT_THAT(log.error().message, HasSubstr(base.path));
            EXPECT_THAT(log.error().message, HasSubstr("offset " + std::to_string(base.second)));
            EXPECT_FALSE(log.error().hint.empty());
        }
    }
}

TEST(Log, DamageAtTheEndOfAnEarlierFileIsRefused) {
    auto disk = new_disk();
    auto log = create_log(disk);
    commit(*log, "a");
    commit(*log, "b");
    const std::string path = log_files(*disk).front().path;
    ASSERT_TRUE(log->start_new_file().ok());
    commit(*log, "c");
    ASSERT_TRUE(disk->corrupt(path, 2 * kSectorBytes + kFrameHeaderBytes, 0x10).ok());
    std::vector<SeenRecord> seen;
    const auto opened = reopen(disk, seen);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(opened.error().message, HasSubstr(path));
    EXPECT_THAT(opened.error().message, HasSubstr("offset 1024"));
}

TEST(Log, MissingFileIsRefused) {
    for (const size_t removed : {0, 1, 2}) {
        auto disk = new_disk();
        auto log = create_log(disk);
        for (const char* payload : {"a", "b", "c"}) {
            commit(*log, payload);
            ASSERT_TRUE(log->start_new_file().ok());
        }
        const Lsn end = log->end();
        ASSERT_TRUE(disk->remove(log_files(*disk)[removed].path).ok());
        std::vector<SeenRecord> seen;
        EXPECT_EQ(reopen(disk, seen, Lsn{1}).error().code, ErrorCode::kCorruption) << removed;
        EXPECT_TRUE(reopen(disk, seen, end).ok()) << removed;
    }
    std::vector<SeenRecord> seen;
    EXPECT_EQ(reopen(new_disk(), seen).error().code, ErrorCode::kCorruption);
}

TEST(Log, AnotherDatabasesLogIsRefused) {
    auto disk = new_disk();
    { commit(*create_log(disk), "a"); }
    std::vector<SeenRecord> seen;
    EXPECT_EQ(Log::open(disk, kDirectory, kLogId + 1, {}, {}, collect(seen)).error().code, ErrorCode::kCorruption);
    EXPECT_TRUE(seen.empty());
}

TEST(Log, NewerFormatIsRefusedAsSuch) {
    const ThreeFrames base;
    std::string frame(kFrameHeaderBytes, '\0');
    append_record(frame, 1, "future");
    FrameHeader header{kLogId, base.written[2].lsn + 903, base.written[2].lsn + 903, base.end, 0, 1, 1};
    seal_frame(frame, header);
    auto file = base.disk->open(base.path, OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->write(base.end, frame).ok());
    std::vector<SeenRecord> seen;
    ASSERT_TRUE(reopen(base.disk, seen).ok());
    EXPECT_EQ(seen.size(), 4u);  // the frame fits; now the same with another format
    frame[12] = 2;
    const uint64_t checksum = xxh3(std::string_view(frame).substr(8, kFrameHeaderBytes - 8 + header.payload_bytes));
    frame.replace(0, sizeof checksum, reinterpret_cast<const char*>(&checksum), sizeof checksum);
    ASSERT_TRUE((*file)->write(base.end, frame).ok());
    EXPECT_EQ(reopen(base.disk, seen).error().code, ErrorCode::kVersionTooNew);
}

TEST(Log, StaleAndForeignBytesNeverReadAsRecords) {
    // Frames of this very log, whole and aligned, inside a record's payload; then the record's frame loses its head.
    const ThreeFrames base;
    const std::string copied = log_files(*base.disk).front().bytes.substr(0, base.end);
    auto disk = new_disk();
    {
        auto log = create_log(disk);
        const std::string padding(kSectorBytes - kFrameHeaderBytes - 3, '.');
        commit(*log, padding + copied);
    }
    const std::string path = log_files(*disk).front().path;
    ASSERT_TRUE(disk->corrupt(path, kSectorBytes, 0xFF).ok());
    std::vector<SeenRecord> seen;
    auto log = reopen(disk, seen);
    ASSERT_TRUE(log.ok()) << log.error().message;
    EXPECT_TRUE(seen.empty());
    // A short frame over the remains of the long one: the remains stay unread.
    const SeenRecord next = commit(**log, "next");
    ASSERT_TRUE(reopen(disk, seen).ok());
    EXPECT_EQ(seen, std::vector<SeenRecord>{next});
}

TEST(Log, VisitorsErrorStopsTheReplay) {
    const ThreeFrames base;
    int calls = 0;
    const auto log = Log::open(base.disk, kDirectory, kLogId, {}, {}, [&](Lsn, LogRecord) -> Status {
        ++calls;
        return make_error(ErrorCode::kCancelled, "stop");
    });
    EXPECT_EQ(log.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(calls, 1);
}

TEST(Log, ReadOnlyReaderFollowsARunningWriter) {
    auto disk = new_disk();
    auto log = create_log(disk);
    std::vector<SeenRecord> written;
    for (int i = 0; i < 200; ++i) {
        written.push_back(commit(*log, std::string(700, 'r')));
        log->append(1, "not yet written");
        std::vector<SeenRecord> seen;
        const auto end = Log::replay_read_only(*disk, kDirectory, kLogId, {}, collect(seen));
        ASSERT_TRUE(end.ok()) << end.error().message;
        EXPECT_EQ(seen, written);
        ASSERT_TRUE(log->flush().ok());
        written.push_back({end->value, 1, "not yet written"});
    }
}

TEST(Log, ReadOnlyReaderStopsQuietlyAtAnIncompleteFrame) {
    const ThreeFrames base;
    ASSERT_TRUE(base.disk->corrupt(base.path, base.third + 70, 1).ok());
    const uint64_t events = base.disk->event_count();
    std::vector<SeenRecord> seen;
    const auto end = Log::replay_read_only(*base.disk, kDirectory, kLogId, {}, collect(seen));
    ASSERT_TRUE(end.ok());
    EXPECT_EQ(end->value, base.written[2].lsn);
    EXPECT_EQ(seen.size(), 2u);
    EXPECT_EQ(base.disk->event_count(), events);
}

TEST(Log, NotSynchronousWritesOnFlushAndOnClose) {
    auto disk = new_disk();
    LogOptions options = small_files();
    options.synchronous = false;
    options.flush_interval_ms = 0;
    auto log = create_log(disk, options);
    const uint64_t before = disk->event_count();
    commit(*log, "a");
    EXPECT_EQ(disk->event_count(), before);
    ASSERT_TRUE(log->flush().ok());
    EXPECT_GT(disk->event_count(), before);
    commit(*log, "b");
    log.reset();
    std::vector<SeenRecord> seen;
    ASSERT_TRUE(reopen(disk, seen).ok());
    EXPECT_EQ(seen.size(), 2u);
}

TEST(Log, NotSynchronousWritesInTheBackgroundOnceMuchIsBuffered) {
    auto disk = new_disk();
    LogOptions options;
    options.synchronous = false;
    options.flush_interval_ms = 3'600'000;  // only the amount can trigger it
    auto log = create_log(disk, options);
    commit(*log, std::string(2 << 20, 'x'));
    while (log->statistics().frames == 0) {
        std::this_thread::yield();
    }
    EXPECT_EQ(log->statistics().records, 1u);
}

// Each payload says which thread wrote it and as which of its records.
std::string numbered(int thread, int i) { return std::to_string(thread) + ":" + std::to_string(i); }

TEST(Log, ConcurrentWritersLoseNothingAndKeepTheirOrder) {
    constexpr int kThreads = 8;
    constexpr int kCommits = 200;
    auto disk = new_disk();
    auto log = create_log(disk);
    std::vector<std::vector<uint64_t>> positions(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kCommits; ++i) {
                const Lsn lsn = log->append(static_cast<uint8_t>(t), numbered(t, i));
                ASSERT_TRUE(log->wait_durable(lsn).ok());
                positions[static_cast<size_t>(t)].push_back(lsn.value);
            }
        });
    }
    threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(log->start_new_file().ok());
            ASSERT_TRUE(log->flush().ok());
        }
    });
    for (std::thread& thread : threads) {
        thread.join();
    }
    log.reset();
    std::vector<SeenRecord> seen;
    ASSERT_TRUE(reopen(disk, seen).ok());
    ASSERT_EQ(seen.size(), size_t{kThreads} * kCommits);
    std::vector<int> next(kThreads, 0);
    uint64_t last_lsn = 0;
    for (const SeenRecord& record : seen) {
        EXPECT_GT(record.lsn, last_lsn);
        last_lsn = record.lsn;
        const int i = next[record.type]++;
        EXPECT_EQ(record.payload, numbered(record.type, i));
        EXPECT_EQ(record.lsn, positions[record.type][static_cast<size_t>(i)]);
    }
}

TEST(Log, ConcurrentWritersSurviveFailuresAndRecoveries) {
    constexpr int kThreads = 8;
    constexpr int kCommits = 100;
    auto disk = new_disk();
    auto log = create_log(disk);
    for (uint64_t event = 20; event < 2'000; event += 13) {
        disk->fail_event(event, ErrorCode::kDiskFull, static_cast<FailureEffect>(event % 3));
    }
    std::vector<std::vector<std::string>> acknowledged(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kCommits; ++i) {
                const Lsn lsn = log->append(static_cast<uint8_t>(t), numbered(t, i));
                if (log->wait_durable(lsn).ok()) {
                    acknowledged[static_cast<size_t>(t)].push_back(numbered(t, i));
                    EXPECT_TRUE(log->wait_durable(lsn).ok());
                } else {
                    while (!log->recover_after_failure().ok()) {
                    }
                    EXPECT_FALSE(log->wait_durable(lsn).ok());
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    std::vector<SeenRecord> seen;
    const auto reopened = reopen(disk->after_crash(CrashMode::kKeepAll), seen);
    ASSERT_TRUE(reopened.ok()) << reopened.error().message;
    std::vector<std::vector<std::string>> found(kThreads);
    for (const SeenRecord& record : seen) {
        found[record.type].push_back(record.payload);
    }
    EXPECT_EQ(found, acknowledged);
}

TEST(Log, WorksOnTheRealDisk) {
    std::string directory = (std::filesystem::temp_directory_path() / "kodiak_log_XXXXXX").string();
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    std::vector<SeenRecord> written;
    {
        auto log = Log::create(make_real_disk(), directory, kLogId, small_files());
        ASSERT_TRUE(log.ok()) << log.error().message;
        for (int i = 0; i < 100; ++i) {
            written.push_back(commit(**log, std::string(1'000, 'r')));
        }
    }
    std::vector<SeenRecord> seen;
    auto log = Log::open(make_real_disk(), directory, kLogId, small_files(), {}, collect(seen));
    ASSERT_TRUE(log.ok()) << log.error().message;
    EXPECT_EQ(seen, written);
    log->reset();
    std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace kodiak::storage
