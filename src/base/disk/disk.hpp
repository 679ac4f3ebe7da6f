#pragma once

// Disk: the one seam through which every byte reaches or leaves a file.
//
// What       Files and directories of one database, addressed by path. RealDisk talks to the operating system;
//            SimulatedDisk (base/disk/simulated_disk.hpp) keeps files in memory, can cut power at any write or sync,
//            drop or reorder what was not synced, and fail any call, so that recovery is tested at every point.
// Threads    Disk is safe from many threads. One File may be read from many threads; writes and syncs to one File
//            are serialised by the caller.
// Durability Bytes are durable after File::sync returns; a created, renamed or removed name is durable after
//            sync_directory of its parent. Nothing else promises anything.
// Errors     kIo, kDiskFull, kNotFound, kLocked (lock only), kPermission; the message names path and offset.
// Not here   Checksums, formats, caching: those belong to the rooms above.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock/clock.hpp"
#include "base/result/result.hpp"

namespace kodiak {

// Read-only bytes of a whole file, valid as long as the mapping lives.
class Mapping {
   public:
    virtual ~Mapping() = default;
    virtual const uint8_t* data() const = 0;
    virtual uint64_t bytes() const = 0;
};

class File {
   public:
    virtual ~File() = default;
    // Reads exactly `bytes` at `offset`; a short file is kCorruption ("ends too early").
    virtual Status read(uint64_t offset, uint64_t bytes, char* target) = 0;
    // Writes all of `data` at `offset`, growing the file as needed. Not durable before sync().
    virtual Status write(uint64_t offset, std::string_view data) = 0;
    // Makes all writes so far durable (fdatasync).
    virtual Status sync() = 0;
    // Grows the file to `bytes` with zeros and reserves their space, so that later writes below need no change of
    // the file system's own records. A file that is as large already stays as it is. Not durable before sync().
    virtual Status preallocate(uint64_t bytes) = 0;
    // Cuts the file, or grows it with zeros. Not durable before sync(), in the durable mode neither.
    virtual Status truncate(uint64_t bytes) = 0;
    virtual Result<uint64_t> size() = 0;
};

// Held while it lives: no other process can take the same lock.
class FileLock {
   public:
    virtual ~FileLock() = default;
};

enum class OpenMode : uint8_t {
    kRead,            // must exist
    kReadWrite,       // must exist
    kCreate,          // must not exist; created empty
    kCreateOrOpen,    // created empty when missing
    // Like kCreateOrOpen, and each write is durable when it returns (O_DSYNC): the write-ahead log's mode.
    kCreateOrOpenDurable,
};

class Disk {
   public:
    virtual ~Disk() = default;
    virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    virtual Result<std::unique_ptr<Mapping>> map(const std::string& path) = 0;
    virtual Result<bool> exists(const std::string& path) = 0;
    // Replaces `to` when it exists: readers see the old file or the new one, never none.
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    // Removes a file, not a directory.
    virtual Status remove(const std::string& path) = 0;
    // Creates a directory and its missing parents; existing is fine. The new names are durable when it returns.
    virtual Status create_directory(const std::string& path) = 0;
    virtual Result<bool> is_directory(const std::string& path) = 0;
    // Names (not paths) in a directory, sorted.
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
    // Makes created, renamed and removed names of this directory durable.
    virtual Status sync_directory(const std::string& path) = 0;
    // Takes an exclusive lock on a file (created when missing) and writes `owner` into it. kLocked when anybody holds
    // it, this process included; the message shows that owner's text. A process that dies loses its locks.
    virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path, const std::string& owner) = 0;
};

// Text for Disk::lock that tells a person who holds it: "process 4711 (kodiak) since 2026-01-31 09:30:00 UTC".
std::string describe_lock_owner(Timestamp since);

// The operating system's files. Stateless; one instance serves all.
std::shared_ptr<Disk> make_real_disk();

}  // namespace kodiak
