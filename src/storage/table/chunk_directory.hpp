#pragma once

// ChunkDirectory: the chunks of one table on one branch, by number and in scan order.
//
// What       An immutable list; changing it makes a new version that shares all blocks but the changed one. Readers
//            hold a version by shared_ptr and are never disturbed; the writer swaps versions.
// Numbers    Of two spaces: commits number their chunks from 0, compaction from kRewrittenChunks. A number is never
//            given again. A number whose chunk was rewritten, or that was never given, shows an entry without rows.
// Order      Scans of the present visit scan_number(0..scan_count()-1): insertion order, without history. history()
//            lists the segments of versions that ended before every view that was open when they were made.
// Layout     Blocks of 256 entries, so that appending copies one block and the block list (8 bytes per 524,288 rows).
// Threads    Immutable.
// Cost       Append or replace: a copy of one block (about 2 us) plus the block list. A rewrite copies the scan order.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "storage/chunk.hpp"
#include "storage/table/chunk_ends.hpp"
#include "storage/chunk_file.hpp"

namespace kodiak::storage {

// First number that compaction gives.
inline constexpr uint64_t kRewrittenChunks = uint64_t{1} << 36;

enum class Tier : uint8_t { kWarm = 0, kCold = 1 };

// A file that holds chunks of a table.
struct TableFile {
    uint64_t number = 0;
    Tier tier = Tier::kWarm;
    bool with_row_ids = false;
    bool with_created = false;
    bool is_history = false;   // the versions' ends lie in the file
    RowNumbering numbering;
    uint64_t first_chunk = 0;  // number of the first; the others follow
    uint32_t chunks = 0;
    std::shared_ptr<ChunkFile> file;
};

struct DirectoryEntry {
    std::shared_ptr<const Chunk> chunk;
    std::shared_ptr<ChunkState> state;      // the same object over all versions
    std::shared_ptr<const TableFile> file;  // where the chunk's bytes lie; nullptr = in memory
};

// Checks the bytes of row identities and of `columns` where the chunk lies in a file, unless done before. To be called
// before these are read. kCorruption.
Status verify_columns(const DirectoryEntry& entry, std::span<const ColumnId> columns);

// The state of a file's chunk number `index` when it is new: for history, the ends that its file holds.
std::shared_ptr<ChunkState> state_of(const TableFile& file, size_t index);

// Chunks with consecutive numbers.
struct ChunkRun {
    uint64_t first = 0;
    uint64_t count = 0;
    bool operator==(const ChunkRun&) const = default;
};

class ChunkDirectory {
   public:
    using Ptr = std::shared_ptr<const ChunkDirectory>;

    // Numbers that commits gave so far.
    uint64_t size() const { return appended_.size; }
    // Numbers that compaction gave so far.
    uint64_t rewritten_size() const { return rewritten_.size; }
    // The entry of any number, of either space.
    const DirectoryEntry& operator[](uint64_t number) const {
        return number < kRewrittenChunks ? appended_.at(number) : rewritten_.at(number - kRewrittenChunks);
    }
    static bool is_gone(const DirectoryEntry& entry);

    uint64_t scan_count() const { return arranged_size() + (appended_.size - arranged_until_); }
    uint64_t scan_number(uint64_t place) const {
        return place < arranged_size() ? (*arranged_)[place] : arranged_until_ + (place - arranged_size());
    }
    // Segments of ended versions; within one the ends ascend.
    const std::vector<ChunkRun>& history() const { return history_; }
    // Calls visit(number, entry) for every chunk there is, those of history last, until it fails.
    template <class Visit>
    Status for_each(Visit&& visit) const {
        for (uint64_t place = 0; place < scan_count(); ++place) {
            const uint64_t number = scan_number(place);
            KODIAK_TRY(visit(number, (*this)[number]));
        }
        for (const ChunkRun& run : history_) {
            for (uint64_t number = run.first; number < run.first + run.count; ++number) {
                KODIAK_TRY(visit(number, (*this)[number]));
            }
        }
        return {};
    }

    // This list plus chunks at its end; their states are new unless given.
    Ptr with_appended(std::vector<DirectoryEntry> entries) const;
    // This list with another chunk (of the same rows) under `number`; it keeps its state unless another is given.
    Ptr with_replaced(uint64_t number, std::shared_ptr<const Chunk> chunk,
                      std::shared_ptr<const TableFile> file = nullptr,
                      std::shared_ptr<ChunkState> state = nullptr) const;
    // This list with `rows` in the place of `sources`, which are neighbours in the scan order, and `history` beside it.
    Ptr with_rewritten(std::span<const uint64_t> sources, std::vector<DirectoryEntry> rows,
                       std::vector<DirectoryEntry> history) const;

    // --- as manifests keep it
    uint64_t arranged_until() const { return arranged_until_; }
    std::span<const uint64_t> arranged() const {
        return arranged_ == nullptr ? std::span<const uint64_t>() : std::span<const uint64_t>(*arranged_);
    }
    struct Parts {
        std::vector<DirectoryEntry> appended;
        std::vector<DirectoryEntry> rewritten;
        std::vector<uint64_t> arranged;
        uint64_t arranged_until = 0;
        std::vector<ChunkRun> history;
    };
    static Ptr of(Parts parts);
    // What the number of a chunk that is gone shows.
    static const DirectoryEntry& gone();

   private:
    static constexpr uint64_t kBlockEntries = 256;
    using Block = std::array<DirectoryEntry, kBlockEntries>;
    struct Numbered {
        std::vector<std::shared_ptr<const Block>> blocks;
        uint64_t size = 0;
        const DirectoryEntry& at(uint64_t index) const {
            return index < size ? (*blocks[index / kBlockEntries])[index % kBlockEntries] : gone();
        }
        void append(std::vector<DirectoryEntry> entries);
        void set(std::span<const uint64_t> indexes, const DirectoryEntry& entry);
    };
    uint64_t arranged_size() const { return arranged_ == nullptr ? 0 : arranged_->size(); }

    Numbered appended_;
    Numbered rewritten_;
    // The scan order of all chunks with appended numbers below arranged_until_, and of the rewritten ones.
    std::shared_ptr<const std::vector<uint64_t>> arranged_;
    uint64_t arranged_until_ = 0;
    std::vector<ChunkRun> history_;
};

}  // namespace kodiak::storage
