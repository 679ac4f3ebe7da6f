#pragma once

// LogReader: follows the frames of a log from file to file, by the rules of docs/formats/wal.md ("Reading").
//
// Threads    None shared; one call reads one log.
// Errors     kCorruption naming file and offset for damage in the middle or missing files; kVersionTooNew.
// Cost       Sequential reads in 1 MiB pieces; memory for the largest frame.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/disk/disk.hpp"
#include "storage/wal/log_record.hpp"

namespace kodiak::storage {

// A file of the log, by the LSN in its name.
struct LogFileName {
    uint64_t lsn = 0;
    std::string path;
};

// The path of the file that begins at `lsn`.
std::string log_file_path(const std::string& directory, uint64_t lsn);
// All files of the log in a directory, in order; other names are left alone.
Result<std::vector<LogFileName>> list_log_files(Disk& disk, const std::string& directory);

enum class ReadPurpose : uint8_t {
    kRecovery,   // nobody writes: everything is checked up to the last sector
    kLiveReader  // another process may be writing: stop at the first incomplete frame of the last file
};

// Where reading ended: where writing goes on.
struct LogTail {
    uint64_t end = 0;          // position behind the last record
    uint64_t file_lsn = 0;     // the file with the last valid frame ...
    uint64_t file_offset = 0;  // ... and the offset behind that frame
    std::vector<LogFileName> files;  // all that were there
    bool last_file_is_incomplete = false;  // its creation was cut off: files.back() holds no frame
};

// Hands every record at or behind `from` to `visitor`.
Result<LogTail> read_log(Disk& disk, const std::string& directory, uint64_t log_id, Lsn from, ReadPurpose purpose,
                         const LogVisitor& visitor);

}  // namespace kodiak::storage
