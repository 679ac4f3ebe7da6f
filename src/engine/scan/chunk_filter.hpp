#pragma once

// ChunkFilter: which rows of a chunk one thread of a scan passes on.
//
// How        First the zone maps of all filters: a chunk that one of them excludes costs nothing more, and filters that
//            let the whole chunk pass are left out. Then visibility, then the filters on the slots still alive,
//            cheapest first.
// Threads    One per thread.

#include <vector>

#include "duckdb/main/client_context.hpp"

#include "engine/scan/filter_node.hpp"
#include "engine/scan/output_packer.hpp"
#include "storage/table_snapshot.hpp"

namespace kodiak::engine {

class ChunkFilter {
   public:
    ChunkFilter(duckdb::ClientContext& context, const CompiledFilters& filters,
                const std::vector<ScannedColumn>& columns);

    // The rows of chunk `index` of the snapshot that go on; count 0 when none. Slots stay valid until the next call.
    ChunkRows rows_of(const storage::TableSnapshot& snapshot, size_t index);
    // The same for one visible row.
    ChunkRows row_at(const storage::Chunk& chunk, uint32_t slot, Locator locator);

   private:
    struct State {
        Verdict verdict = Verdict::kSome;
        bool given_up = false;
        uint32_t checked = 0;
        uint64_t seen = 0;
        uint64_t passed = 0;
    };
    bool excluded_by_zones(const storage::Chunk& chunk, int64_t first_locator, uint32_t count);
    void apply(ChunkRows& rows);
    FilteredColumn filtered(const ScanFilter& filter, const storage::Chunk& chunk) const;
    void set_row_ids(int64_t first_locator, uint32_t count);
    static void count_rows(const ScanFilter& filter, State& state, size_t seen, size_t passed);

    const CompiledFilters& filters_;
    const std::vector<ScannedColumn>& columns_;
    const std::vector<ColumnId> read_;  // their ids
    FilterThread thread_;
    std::vector<State> states_;
    std::vector<int64_t> row_ids_;        // of the current chunk; only for filters on them
    storage::StoredColumn row_id_column_;
    SlotBuffer visible_;
    SlotBuffer first_;
    SlotBuffer second_;
};

}  // namespace kodiak::engine
