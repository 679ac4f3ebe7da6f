#pragma once

// SimulatedDisk: files in memory that lose power, tear writes, fill up and fail on command.
//
// What       A Disk for tests. Reads see every write at once, as through a page cache; beside that each file keeps
//            what a power loss would leave: its durable bytes and the list of changes made since. Names are kept the
//            same way, one list of pending name changes per directory.
// How        Every change of state is an *event*, counted from 1: write, sync, preallocate, truncate, create, rename,
//            remove, directory creation and directory sync. crash_at_event(n) makes event n the instant of power
//            loss: it may have happened wholly, partly or not at all, and every later call fails with kIo
//            "power is off". after_crash() then draws one state that the medium could be in and returns it as a fresh
//            disk. Running a scripted workload once per n visits every point at which the power can go.
// Medium     A sector of 512 bytes is old or new, never a mixture; sectors of one write reach the medium in any order;
//            writes since the last sync, and names since the last directory sync, survive in any combination.
//            A file opened kCreateOrOpenDurable makes each write durable when it returns, and only that write.
// Threads    Safe from many threads (one mutex). Deterministic when the calls come in a fixed order.
// Ownership  Files, mappings and locks keep the disk's state alive. Mappings are copies taken when made.
// Not here   Speed, and links, permissions or sparse files.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/disk/disk.hpp"

namespace kodiak {

// What is left when the power comes back.
enum class CrashMode : uint8_t {
    kKeepNothingUnsynced,  // only what was promised durable
    kKeepAll,              // everything that was written, the event in flight included
    kRandomSubset,         // any part of what was not promised, drawn from the seed; writes torn at sectors
    // Not a power loss: the process died and the page cache lives on. Everything written is still readable and
    // still not durable, so that a second crash can take it away.
    kProcessKilled,
};

// What a call that is told to fail leaves behind.
enum class FailureEffect : uint8_t {
    kNothing,     // the call did nothing
    kPartly,      // a write reached the file with every second sector; other calls did nothing
    kEverything,  // the call did all its work and reported failure all the same
};

// One file as dump() shows it.
struct SimulatedFile {
    std::string path;
    std::string bytes;              // what a read sees now
    uint64_t unsynced_changes = 0;  // changes of the contents that a power loss may take away
    bool name_is_durable = false;
};

class SimulatedDisk final : public Disk {
   public:
    // An empty disk with the root directory "/". Relative paths are taken from there.
    static std::shared_ptr<SimulatedDisk> create();
    ~SimulatedDisk() override;

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Result<std::unique_ptr<Mapping>> map(const std::string& path) override;
    Result<bool> exists(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Status create_directory(const std::string& path) override;
    Result<bool> is_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& path) override;
    Status sync_directory(const std::string& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path, const std::string& owner) override;

    // The `event`-th event of this disk's life is the instant of power loss. 0 = never.
    void crash_at_event(uint64_t event);
    // The `event`-th event fails once with `code`, leaving `effect` behind. May be called for several events.
    void fail_event(uint64_t event, ErrorCode code, FailureEffect effect = FailureEffect::kNothing);
    // Growing the sum of all file sizes beyond `bytes` fails with kDiskFull. UINT64_MAX = no limit, the default.
    void set_capacity(uint64_t bytes);
    // Turns the power off now.
    void crash_now();

    // Events so far; after a run without faults this is the number of points to crash at.
    uint64_t event_count() const;
    bool power_is_off() const;
    // What each event was, in order ("write /db/log 512+1024"), for a failing test's message.
    std::vector<std::string> events() const;
    // Sum of all file sizes.
    uint64_t bytes_used() const;

    // A fresh disk with power, no faults set and no locks, holding what survived. The same seed gives the same disk.
    std::shared_ptr<SimulatedDisk> after_crash(CrashMode mode, uint64_t seed = 0) const;

    // All files in the order of their paths. Works without power, too.
    std::vector<SimulatedFile> dump() const;
    // XORs one byte of a file, durably and without an event. kNotFound, or kOutOfRange beyond the end.
    Status corrupt(const std::string& path, uint64_t offset, uint8_t mask);

    // The files, names and faults; defined in simulated_disk.cpp.
    struct State;

   private:
    explicit SimulatedDisk(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace kodiak
