#pragma once

// TiledArray: an append-only array of 32-byte entries with a summary of every 256, 65,536, ... of them.
//
// What       Level 0 are the entries; entry i of level L + 1 sums up the 256 entries of level L from 256 * i on. Hash
//            tree and commit index are two such arrays (docs/formats/history_tree.md).
// How        What was saved lies in one file per level, entry i at offset 32 * i. The rest lies in memory, and so does
//            each level's last, incomplete tile, so that completing a tile reads nothing.
// Threads    append() and cut() by one thread at a time; save() beside them; read() from anywhere.
// Durability Nothing before save(); what it wrote counts once the manifest does and saved() is told.
// Cost       Opening reads at most 255 entries a level. 32 bytes of memory per entry that was not saved.

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/disk/disk.hpp"
#include "base/result/result.hpp"

namespace kodiak::timeline {

class TiledArray {
   public:
    static constexpr uint64_t kTileEntries = 256;
    static constexpr uint32_t kTileBits = 8;
    static constexpr uint32_t kEntryBytes = 32;
    static constexpr uint32_t kLevels = 8;  // 256^8 entries do not fit an index
    using Entry = std::array<uint8_t, kEntryBytes>;
    // Sums up a whole tile of `level`.
    using SumUp = Entry (*)(uint32_t level, std::span<const Entry> tile);

    // Files are <stem>-<level>.
    TiledArray(std::shared_ptr<Disk> disk, std::string stem, SumUp sum_up);

    // Begins with the `size` entries that the files hold. kCorruption or kNotFound when they hold fewer; the array is
    // empty then.
    Status load(uint64_t size);

    // --- one thread at a time
    void append(const Entry& entry);
    // Forgets the entries from `size` on. Requires: they were not saved.
    void cut(uint64_t size);
    // Replaces an entry of level 0 that was not saved and whose summaries do not change.
    void replace(uint64_t index, const Entry& entry);

    // --- from anywhere
    uint64_t size() const;
    // Copies entries of one level. Requires: target fits below size() >> (8 * level), and nobody cuts them. kIo, and
    // kCorruption when a file is too short.
    Status read(uint32_t level, uint64_t first, std::span<Entry> target) const;
    // Writes and syncs the entries that were not saved, up to `upto`; the files' names are the caller's to sync.
    Status save(uint64_t upto);
    // From now on these lie in files. Requires: save(upto) succeeded and the manifest counts them.
    void saved(uint64_t upto);
    std::string path(uint32_t level) const;

   private:
    struct Level {
        uint64_t first = 0;           // index of tail[0], a multiple of 256
        std::vector<Entry> tail;
        std::shared_ptr<File> file;   // opened when first read
    };
    Status load_level(uint32_t level, uint64_t size);
    Result<std::shared_ptr<File>> file_of(uint32_t level) const;

    const std::shared_ptr<Disk> disk_;
    const std::string stem_;
    const SumUp sum_up_;
    mutable std::mutex mutex_;  // guards the rest
    uint64_t size_ = 0;
    uint64_t saved_ = 0;
    mutable std::array<Level, kLevels> levels_;
};

}  // namespace kodiak::timeline
