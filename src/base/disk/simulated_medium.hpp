#pragma once

// The medium behind SimulatedDisk: contents and names with what a power loss may take from them.
//
// Each file has the bytes that reads see, the bytes that are durable, and the changes made since, in order. The
// functions here are pure bookkeeping; events, faults and locking are SimulatedDisk's (simulated_disk.cpp).
// Threads    None; the caller holds the disk's mutex.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk/simulated_disk.hpp"

namespace kodiak::simulated {

inline constexpr uint64_t kSectorBytes = 512;

// SplitMix64: the seed decides what a crash leaves.
class CrashDice {
   public:
    explicit CrashDice(uint64_t seed) : state_(seed) {}
    uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ull;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    bool coin() { return (next() & 1) != 0; }

   private:
    uint64_t state_;
};

// A change of a file's contents that a power loss may take away.
struct ContentChange {
    enum class Kind : uint8_t { kWrite, kGrow, kTruncate };
    Kind kind = Kind::kWrite;
    uint64_t offset = 0;  // kWrite: where; otherwise the new size
    std::string data;
};

struct Inode {
    std::string cached;   // what reads see
    std::string durable;  // what a power loss leaves at least
    std::vector<ContentChange> pending;
};
using InodeRef = std::shared_ptr<Inode>;
using Names = std::map<std::string, InodeRef>;

// A change of names that a power loss may take away.
struct NameChange {
    enum class Kind : uint8_t { kCreate, kRemove, kRename };
    Kind kind = Kind::kCreate;
    std::string path;
    std::string target;  // kRename only
    InodeRef inode;
};

// Writes `data` at `offset`, growing with zeros as needed.
void put(std::string& bytes, uint64_t offset, std::string_view data);
void apply_change(std::string& bytes, const ContentChange& change);
void apply_change(Names& names, const NameChange& change);
// Makes this write durable, and no other; older pending writes can no longer reach the bytes it covers.
void write_durably(Inode& inode, uint64_t offset, std::string_view data);
// What a power loss leaves of a file.
std::string surviving_bytes(const Inode& inode, CrashMode mode, CrashDice& dice);

// Calls `piece(offset, bytes)` for the parts of a write that lie in one sector each.
template <class Piece>
void for_each_sector(uint64_t offset, std::string_view data, Piece piece) {
    while (!data.empty()) {
        const uint64_t bytes = std::min<uint64_t>(data.size(), kSectorBytes - offset % kSectorBytes);
        piece(offset, data.substr(0, bytes));
        offset += bytes;
        data.remove_prefix(bytes);
    }
}

}  // namespace kodiak::simulated
