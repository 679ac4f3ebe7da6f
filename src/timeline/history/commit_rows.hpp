#pragma once

// Commit rows: what a commit did to rows, found again in the rows themselves.
//
// What       A row version tells which commit created it, its end which commit ended it. From these follow the net
//            changes that the commit was hashed over, wherever the rows lie by now.
// Threads    Pure reading of pinned directories.
// Cost       One look at each chunk's range of commits; rows only of chunks that the commit touched (2 ns each). A load
//            is described by one run per chunk, other changes by 48 bytes per row version and a sort.

#include <map>
#include <span>
#include <vector>

#include "base/result/result.hpp"
#include "storage/commit/net_changes.hpp"

namespace kodiak::timeline {

// One row version as some commit created or ended it.
struct RowEvent {
    uint64_t seq = 0;
    ObjectId table;
    RowId row;
    const storage::Chunk* chunk = nullptr;
    uint32_t slot = 0;
    bool created = false;
};

// Sorts by commit, table and row; of one row the new version comes first.
void sort_events(std::vector<RowEvent>& events);

// The primary keys that tables had over time, from the rows of `objects`.
class KeyHistory {
   public:
    Status load(const storage::ChunkDirectory& objects);
    // The key that a commit's deletes were made by: the table's key as that commit left it, or last had it.
    std::vector<ColumnId> key_at(ObjectId table, uint64_t seq) const;

   private:
    Status add(const storage::Chunk& chunk, uint32_t slot);
    std::map<ObjectId, std::map<uint64_t, std::vector<ColumnId>>> versions_;
};

// The changes that the events of one commit come to. Requires: sorted; `keys` has the tables with deletes.
std::vector<storage::TableNetChanges> changes_of_events(std::span<const RowEvent> events, const KeyHistory& keys);

struct PinnedTable {
    ObjectId table;
    storage::ChunkDirectory::Ptr chunks;
};
// The changes of one durable commit; they point into the chunks of `tables`, which are all tables of its branch.
// kCorruption when rows in files are damaged.
Result<std::vector<storage::TableNetChanges>> changes_of_commit(std::span<const PinnedTable> tables, uint64_t seq);

}  // namespace kodiak::timeline
