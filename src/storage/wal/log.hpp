#pragma once

// Log: the write-ahead log; what it acknowledged survives every crash, and nothing else comes back.
//
// What       An ordered sequence of records in files `wal-<lsn>.log` of one directory. Byte layout, assumptions about
//            the medium and the rules of reading: docs/formats/wal.md.
// How        1. append() copies the record into the open group under a short mutex and returns its position.
//            2. wait_durable(): the first thread that finds nobody writing becomes leader, writes the oldest group as
//               one frame with one durable write, and wakes that group's threads; one thread of the next group leads
//               on. A writer alone pays one durable write; many share it. Nobody ever waits for a timer.
//            3. A checkpoint calls start_new_file(), stores the position it returned, and retire_before()s it later.
// Invariants L1 Frames are written one at a time: a frame begins only after the one before it is durable.
//            L2 An acknowledged record is never lost; a record reported failed never comes back, except as said below.
//            L3 Records become durable in the order of their positions.
// Threads    All calls are safe from many threads; recover_after_failure and start_new_file wait for the leader.
// Durability synchronous: a record is on the medium when wait_durable returned. Not synchronous: wait_durable returns
//            at once and a crash of the process or machine loses at most the records of the last flush_interval_ms
//            (plus the time of one write), always a suffix of the order; nothing is torn.
// Errors     When a frame cannot be written (kDiskFull, kIo, ...), its records and all buffered behind it fail with
//            that error, and the log refuses everything until recover_after_failure(). Before the error is reported
//            the log has already made what reached the medium invalid; when even that fails the error's detail says
//            so, and only then can a crash before a successful recover_after_failure() bring such a record back.
//            Damaged bytes are kCorruption naming file and offset; no input crashes the process.
// Cost       append: a copy and about 50 ns. Every frame takes a multiple of 512 bytes on disk.
// Not here   What records mean (engine, timeline), checkpoints, and when to make them.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/disk/disk.hpp"
#include "base/result/result.hpp"
#include "storage/wal/log_record.hpp"
#include "storage/wal/lsn.hpp"

namespace kodiak::storage {

class LogWriter;

struct LogOptions {
    bool synchronous = true;
    uint64_t first_preallocation_bytes = uint64_t{1} << 20;  // so that an empty database stays small
    uint64_t preallocation_bytes = uint64_t{4} << 20;        // largest step; steps double up to it
    uint64_t file_bytes_max = uint64_t{64} << 20;            // a frame that would pass it begins a new file
    uint32_t flush_interval_ms = 200;                        // not synchronous only; 0 = only flush() writes
};

// Counted since the log was opened.
struct LogStatistics {
    uint64_t frames = 0;
    uint64_t records = 0;
    uint64_t bytes = 0;  // written in frames, headers and padding included
    uint64_t durable_writes = 0;  // calls that waited for the medium
};

class Log {
   public:
    static constexpr uint64_t kRecordBytesMax = kLogRecordBytesMax;

    // Creates an empty log in an existing directory that holds none. `log_id` is random per database, never 0.
    // kDuplicateObject when the directory holds a log already.
    static Result<std::unique_ptr<Log>> create(std::shared_ptr<Disk> disk, std::string directory, uint64_t log_id,
                                               LogOptions options);
    // Hands every record at or after `from` to `visitor` in order, then is ready to append. A torn last frame is
    // dropped. kCorruption when a frame in the middle is damaged, a file is missing, or the log ends before `from`.
    static Result<std::unique_ptr<Log>> open(std::shared_ptr<Disk> disk, std::string directory, uint64_t log_id,
                                             LogOptions options, Lsn from, const LogVisitor& visitor);
    // Reads a log that another process may be writing: stops quietly at the first incomplete frame of the last file,
    // changes nothing, and returns the position behind the last record read. kNotFound when a checkpoint removed a
    // file meanwhile: read again from the newer checkpoint.
    static Result<Lsn> replay_read_only(Disk& disk, const std::string& directory, uint64_t log_id, Lsn from,
                                        const LogVisitor& visitor);
    // Writes what is still buffered, best effort.
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    // Adds a record; the order of calls is the order in the log. Never waits for the disk. On a failed log the record
    // is dropped and wait_durable of the returned position reports the failure.
    // Requires: payload.size() <= kRecordBytesMax.
    Lsn append(uint8_t type, std::string_view payload);
    // Returns once the record at `lsn` is durable (at once when not synchronous), or the error that prevented it;
    // the same answer however often asked, also after recover_after_failure.
    Status wait_durable(Lsn lsn);
    // Makes all records appended so far durable, also when not synchronous.
    Status flush();
    // The position that the next record will get.
    Lsn end() const;
    // Flushes, then begins a new file and returns its first position P: every record appended before the call is
    // below P, every record appended after it returned is not below. P is durable: a later open() from P succeeds.
    Result<Lsn> start_new_file();
    // Deletes files whose records are all below `lsn`. The last file stays. A crash may leave any of them; the next
    // call deletes the rest.
    Status retire_before(Lsn lsn);
    // Makes a failed log usable again: invalidates what may have reached the disk, drops the failed records. Fine on
    // a log that has not failed. On error the log stays failed and the hint says to reopen the database.
    Status recover_after_failure();
    // The failure that makes the log refuse work, or success.
    Status health() const;

    // Bytes of all log files, preallocated space included.
    uint64_t bytes_on_disk() const;
    LogStatistics statistics() const;

   private:
    // Records that will go out as one frame. `bytes` starts with room for the header.
    struct Group {
        std::string bytes;
        uint64_t first_lsn = 0;
        uint32_t records = 0;
    };
    // Positions [from, to) that will never be durable, and why.
    struct FailedRange {
        uint64_t from = 0;
        uint64_t to = 0;
        Error error;
    };
    // One of a group's wake words on its own cache line.
    struct alignas(64) WakeWord {
        std::atomic<uint32_t> changes{0};
    };
    using Lock = std::unique_lock<std::mutex>;

    Log(std::unique_ptr<LogWriter> writer, LogOptions options);
    Group& open_group();
    Status wait_written(uint64_t lsn);
    // Waits for the leader and keeps others from leading until release_writer.
    void acquire_writer(Lock& lock);
    // kWrittenGroup: the threads of the group just written, and one that leads on.
    enum class Wake : uint8_t { kWrittenGroup, kEverybody };
    // Gives the writer back and wakes whoever has to look again. Leaves `lock` unlocked.
    void release_writer(Lock& lock, Wake wake);
    // Yields to other writers as long as they add to the oldest group. Requires: the caller leads, a group is pending.
    void let_group_fill(Lock& lock);
    // Writes the oldest group. Requires: the caller leads and a group is pending. Unlocks while writing.
    Status write_oldest_group(Lock& lock);
    void fail(uint64_t from, Error error);
    // The failure of the record at `lsn`, if it has failed.
    const Error* failure_of(uint64_t lsn) const;
    void flush_in_background();

    const LogOptions options_;
    mutable std::mutex mutex_;
    // Position behind the last durable record. Written by the leader under mutex_.
    std::atomic<uint64_t> durable_end_;
    // Set once any range has failed: from then on the fast path has to look closer.
    std::atomic<bool> has_failures_{false};
    // Threads sleep on the word of their group's parity; it changes when they have to look again.
    WakeWord wake_words_[2];

    // Guarded by mutex_.
    uint64_t next_lsn_;
    uint64_t last_accepted_ = 0;   // position of the newest record that is written or will be, 0 = none
    uint64_t groups_taken_ = 0;    // from pending_
    uint64_t last_group_records_ = 0;
    std::chrono::steady_clock::duration last_write_time_{};
    std::deque<Group> pending_;
    std::string spare_;            // a written group's memory, for the next
    std::optional<Error> failure_;
    uint64_t failed_from_ = 0;
    std::vector<FailedRange> failed_ranges_;
    LogStatistics statistics_;
    bool is_led_ = false;          // a thread owns writer_
    uint32_t waiting_for_writer_ = 0;
    std::condition_variable writer_free_;
    bool is_closing_ = false;
    std::condition_variable background_wake_;

    const std::unique_ptr<LogWriter> writer_;  // used by the thread that set is_led_
    std::thread background_;
};

}  // namespace kodiak::storage
