#pragma once

// LeafHasher: net changes of a commit into the leaves of its changes tree, any range of them.
//
// Threads    One hasher per thread; the changes are only read.
// Cost       About 0.4 us per row and core, plus encoding (about 0.1 us).

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/commit/net_changes.hpp"
#include "storage/rows/canonical_row.hpp"
#include "timeline/merkle/change_leaf.hpp"
#include "timeline/salts/ggm_tree.hpp"

namespace kodiak::timeline {

// Leaves hashed by one thread at a time; a power of two, so that their subtrees fit the whole tree.
inline constexpr uint64_t kLeavesPerRun = 4096;

// The runs of all tables with their places among all leaves. Points into the changes.
class PlacedRuns {
   public:
    struct Run {
        const storage::NetRun* run = nullptr;
        size_t table = 0;
        uint64_t first_leaf = 0;
    };
    explicit PlacedRuns(const std::vector<storage::TableNetChanges>& changes);

    uint64_t leaves() const { return leaves_; }
    // Number of pieces of kLeavesPerRun leaves.
    uint64_t pieces() const { return (leaves_ + kLeavesPerRun - 1) / kLeavesPerRun; }
    // The run of a leaf, by position. Requires: leaf < leaves().
    size_t position_of(uint64_t leaf) const;
    const Run& operator[](size_t position) const { return runs_[position]; }
    // The leaves [begin, end) of a table; where they would be when it has none.
    std::pair<uint64_t, uint64_t> leaves_of(ObjectId table) const;
    // The leaf of a row.
    std::optional<uint64_t> find(ObjectId table, RowId row) const;

   private:
    const std::vector<storage::TableNetChanges>& changes_;
    std::vector<Run> runs_;
    uint64_t leaves_ = 0;
};

class LeafHasher {
   public:
    LeafHasher(const std::vector<storage::TableNetChanges>& changes, const PlacedRuns& runs, const GgmTree& salts)
        : changes_(changes), runs_(runs), salts_(salts) {}

    // Hashes of the leaves [begin, end), valid until the next call. With `row_runs`, appends the rows that the log
    // carries by table (docs/formats/log_records.md, "row runs").
    const std::vector<Hash256>& hash(uint64_t begin, uint64_t end, std::map<size_t, std::string>* row_runs = nullptr);

    // What a leaf was made of.
    struct OpenLeaf {
        ChangeHeader header;
        Salt salt;
        std::string row;
    };
    OpenLeaf open(uint64_t leaf);

   private:
    const storage::RowEncoder& encoder_of(const storage::Chunk& chunk);
    void encode(const PlacedRuns::Run& placed, uint32_t skip, uint32_t count);
    ChangeHeader header_of(const PlacedRuns::Run& placed, uint32_t skip) const;
    void hash_rows(const PlacedRuns::Run& placed, uint32_t skip, uint32_t count, SaltStream& salts,
                   std::map<size_t, std::string>* row_runs);

    const std::vector<storage::TableNetChanges>& changes_;
    const PlacedRuns& runs_;
    const GgmTree& salts_;
    // By schema: chunks of one table may have several schema versions (deletes show old rows).
    std::map<const storage::StoredSchema*, std::unique_ptr<storage::RowEncoder>> encoders_;
    std::vector<Hash256> leaves_;
    std::vector<uint32_t> slots_;
    std::vector<uint64_t> offsets_;
    std::string bytes_;
};

}  // namespace kodiak::timeline
