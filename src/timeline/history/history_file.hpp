#pragma once

// The history files of a database that are read by position: history/commits (docs/formats/manifest.md) and
// history/heads (docs/formats/history_tree.md).
//
// Errors: bytes are not trusted; kCorruption names file and offset.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/disk/disk.hpp"
#include "base/hash/sha256.hpp"
#include "base/ids/ids.hpp"
#include "base/result/result.hpp"
#include "timeline/salts/ggm_tree.hpp"

namespace kodiak::timeline {

// A commit as history keeps it.
struct HistoryEntry {
    uint64_t seq = 0;
    BranchId branch;
    std::string record;
    Salt seed{};
    uint64_t leaves = 0;
    // Roots of the pieces of a large commit's changes tree, when they are known: not part of the file.
    std::vector<Hash256> piece_roots;
};

std::string history_path(const std::string& directory);

struct AppendedHistory {
    uint64_t bytes = 0;             // the new valid length
    std::vector<uint64_t> offsets;  // where each entry lies
};
// Writes the entries as one block at offset `at` and syncs the file; its name is the caller's to sync.
Result<AppendedHistory> append_history(Disk& disk, const std::string& directory, uint64_t at,
                                       const std::vector<HistoryEntry>& entries);

// Calls visit(entry, offset) for all entries in the first `bytes` bytes, block by block.
Status for_each_history_entry(Disk& disk, const std::string& directory, uint64_t bytes,
                              const std::function<Status(HistoryEntry entry, uint64_t offset)>& visit);
// All of them.
Result<std::vector<HistoryEntry>> read_history(Disk& disk, const std::string& directory, uint64_t bytes);
// Reads the entry at the beginning of `bytes`.
Result<HistoryEntry> decode_history_entry(std::string_view bytes);

// Upper part of the changes tree of a commit with many leaves (docs/formats/history_tree.md, pieces).
inline constexpr uint64_t kLeastPieces = 16;  // fewer are hashed anew in a few milliseconds
Status write_pieces(Disk& disk, const std::string& directory, const HistoryEntry& entry);
// Nothing unless the file is there and leads to `root`.
std::vector<Hash256> read_pieces(Disk& disk, const std::string& directory, uint64_t seq, const Hash256& root);

// A tree head that a checkpoint wrote down.
struct RecordedHead {
    uint64_t size = 0;
    Hash256 root;
};
// The newest intact one with at most `size` commits, and its place in the file. Nothing when the file is missing.
struct FoundHead {
    uint64_t index = 0;
    RecordedHead head;
};
Result<std::optional<FoundHead>> find_head(Disk& disk, const std::string& directory, uint64_t size);
// Writes the head in place `index` and syncs the file.
Status write_head(Disk& disk, const std::string& directory, uint64_t index, const RecordedHead& head);
// The first `count` heads. kCorruption for one whose checksum does not fit.
Result<std::vector<RecordedHead>> read_heads(Disk& disk, const std::string& directory, uint64_t count);

}  // namespace kodiak::timeline
