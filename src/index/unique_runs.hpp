#pragma once

// SortedRuns: sorts the keys of a bulk load, beyond memory, and finds the first duplicate among them.
//
// What       Threads add (key, ordinal) pairs through collectors; afterwards one merged stream gives them back in
//            order, for KeyIndex::bulk_load or to probe an existing index. With Duplicates::kRefuse the stream stops
//            at the first key that occurs twice and names both places.
// How        1. Each collector gathers pairs in memory; at its share of the budget it sorts them and appends them as
//               one run to its own spill file.
//            2. merge() sorts what is left in memory and merges all runs, spilled or not, by a heap.
// Ordinals   An ordinal is the caller's: a row number of the load, or Locator::value when the stream feeds an index.
// NULLs      SQL's UNIQUE never compares NULLs equal: the caller does not add keys that contain one.
// Determinism The duplicate reported is the smallest duplicated key with its two smallest ordinals, whatever the
//            number of threads and spills.
// Threads    new_collector is safe from many threads; each collector belongs to one thread at a time. merge only
//            after every collector is done; streams belong to one thread.
// Ownership  SortedRuns owns its collectors and the spilled files, which it removes when it dies. Streams must not
//            outlive it. After a crash files named "<name>.run-<n>" may be left: nobody reads them, sweep them at open.
// Durability None; spill files are never synced.
// Errors     kIo, kDiskFull, kCorruption (a spill file changed under us), as the Disk says.
// Cost       Memory: the budget, plus merge buffers of 16 KiB per spilled run where these exceed it. Per key and pass
//            16 bytes of disk for integer keys, 12 bytes and the key for byte keys.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/disk/disk.hpp"
#include "base/result/result.hpp"
#include "index/key.hpp"
#include "index/key_index.hpp"

namespace kodiak::index {

enum class Duplicates : uint8_t {
    kRefuse,  // a key twice ends the stream with kUniqueViolation
    kKeep,    // entries of one key follow each other by ordinal: for building an index over row versions
};

struct SortedRunsOptions {
    KeyForm form = KeyForm::kInteger;
    Duplicates duplicates = Duplicates::kRefuse;
    uint64_t memory_bytes = uint64_t{64} << 20;  // over all collectors
    uint32_t collectors_max = 1;                 // how many are made: each gets an equal share
    std::string directory;                       // where to spill; created when first needed
    std::string name;                            // file name prefix, unique within the directory
};

// A key that occurs twice. `key` holds the mapped integer as 8 big-endian bytes for integer keys.
struct DuplicateKey {
    std::string key;
    uint64_t first_ordinal = 0;
    uint64_t second_ordinal = 0;
};

// Where one thread puts its keys.
class KeyCollector {
   public:
    virtual ~KeyCollector() = default;
    // Adds a pair, in any order; copies the key. May spill, so it can fail as the Disk does. After an error the whole
    // SortedRuns is useless and should be dropped.
    virtual Status add(KeyRef key, uint64_t ordinal) = 0;
    // Sorts what is in memory; no add after it. Called by each collecting thread, the threads sort at the same time;
    // merge does it for those that did not.
    virtual void finish() = 0;
};

// The merged entries; ordinals come as Locator values.
class SortedEntryStream : public EntryStream {
   public:
    // The duplicate at which next() ended with kUniqueViolation, if it did.
    virtual const std::optional<DuplicateKey>& duplicate() const = 0;
};

class SortedRuns {
   public:
    virtual ~SortedRuns() = default;
    // Makes a collector; it lives as long as this object. Requires: at most collectors_max calls, none after merge.
    virtual KeyCollector& new_collector() = 0;
    // Number of pairs added so far. Requires: no collector is adding.
    virtual uint64_t size() const = 0;
    // Ends collecting (first call) and starts a stream over everything; may be called again for another pass.
    virtual Result<std::unique_ptr<SortedEntryStream>> merge() = 0;
    // Runs a whole pass for its verdict alone: the first duplicate, if any. Works with either Duplicates setting.
    virtual Result<std::optional<DuplicateKey>> find_duplicate() = 0;
};

// Makes an empty set of runs. Touches the disk only once the memory is not enough.
std::unique_ptr<SortedRuns> make_sorted_runs(std::shared_ptr<Disk> disk, SortedRunsOptions options);

}  // namespace kodiak::index
