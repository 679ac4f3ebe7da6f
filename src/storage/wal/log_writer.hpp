#pragma once

// LogWriter: puts frames behind one another into the log's files.
//
// How        Knows the file and offset of the next frame, keeps space reserved ahead, begins new files. Rules:
//            docs/formats/wal.md ("Writing").
// Threads    One thread at a time (the Log's leader); bytes_on_disk is safe from any.
// Errors     The disk's own. After a failed call nothing further may be written until undo_failure() has succeeded.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/disk/disk.hpp"
#include "storage/wal/log_reader.hpp"

namespace kodiak::storage {

// How files grow; the meaning of each is in LogOptions.
struct LogFileSizes {
    uint64_t first_preallocation_bytes = 0;
    uint64_t preallocation_bytes = 0;
    uint64_t file_bytes_max = 0;
};

class LogWriter {
   public:
    // Begins a log with its first file. kDuplicateObject when the directory holds log files.
    static Result<std::unique_ptr<LogWriter>> create(std::shared_ptr<Disk> disk, std::string directory,
                                                     uint64_t log_id, LogFileSizes sizes);
    // Goes on where reading ended: removes a file whose creation was cut off and makes what was read durable.
    static Result<std::unique_ptr<LogWriter>> resume(std::shared_ptr<Disk> disk, std::string directory,
                                                     uint64_t log_id, LogFileSizes sizes, const LogTail& tail);

    // Writes one frame durably. `bytes` is header room and payload; it is turned into the frame in place.
    Status write_frame(std::string& bytes, uint64_t first_lsn, uint32_t records);
    // Begins a new file whose first record will have position `lsn`; nothing when the current file is still empty.
    Status begin_file(uint64_t lsn);
    // Makes whatever a failed call left on the disk invalid, durably. Fine when nothing has failed.
    Status undo_failure();
    // Deletes the files below the last one that begins at or before `lsn`, oldest first.
    Status retire_before(uint64_t lsn);

    // Position behind the last frame.
    uint64_t end() const { return end_; }
    uint64_t bytes_on_disk() const { return total_bytes_.load(std::memory_order_relaxed); }
    // Durable writes so far.
    uint64_t durable_writes() const { return durable_writes_; }

   private:
    enum class Unfinished : uint8_t { kNothing, kFrame, kFile };
    struct FileOnDisk {
        LogFileName name;
        uint64_t bytes = 0;
    };

    LogWriter(std::shared_ptr<Disk> disk, std::string directory, uint64_t log_id, LogFileSizes sizes);
    Status reserve(uint64_t frame_bytes);
    Status create_file(const LogFileName& name);
    void set_file_bytes(uint64_t bytes);

    const std::shared_ptr<Disk> disk_;
    const std::string directory_;
    const uint64_t log_id_;
    const LogFileSizes sizes_;

    std::vector<FileOnDisk> files_;  // the last is written
    std::unique_ptr<File> file_;
    uint64_t offset_ = 0;  // of the next frame
    uint64_t end_ = 0;
    uint64_t step_bytes_;  // of the next preallocation
    Unfinished unfinished_ = Unfinished::kNothing;
    std::string unfinished_path_;  // kFile only
    uint64_t durable_writes_ = 0;
    std::atomic<uint64_t> total_bytes_{0};
};

}  // namespace kodiak::storage
