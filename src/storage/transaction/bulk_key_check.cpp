#include "storage/transaction/bulk_key_check.hpp"

#include <algorithm>

#include "base/threads/parallel_for.hpp"
#include "storage/transaction/key_probe.hpp"

namespace kodiak::storage {
namespace {

constexpr uint64_t kBulkRows = 8 * kRowsPerChunk;
constexpr uint32_t kCollectorsMax = 8;

// Adds the keys of the live rows of every `step`-th private chunk from `first` on.
Status collect(const TableWrites& writes, const std::vector<ColumnId>& columns, size_t first, size_t step,
               index::KeyCollector& collector) {
    KeyReader reader(writes.definition(), columns);
    for (size_t i = first; i < writes.chunks.size(); i += step) {
        KODIAK_TRY(writes.for_each_row_of(i, 0, [&](size_t chunk, uint32_t slot) -> Status {
            KODIAK_TRY_ASSIGN(const auto key, reader.read(*writes.chunks[chunk].chunk, slot));
            return key.has_value() ? collector.add(*key, TableWrites::local(chunk, slot).value) : Status();
        }));
    }
    collector.finish();
    return {};
}

Status collect_all(const TableWrites& writes, const std::vector<ColumnId>& columns, index::SortedRuns& runs,
                   uint32_t collectors) {
    std::vector<index::KeyCollector*> places(collectors);
    std::generate(places.begin(), places.end(), [&] { return &runs.new_collector(); });
    std::vector<Status> verdicts(collectors);
    parallel_for(collectors, [&](size_t i) { verdicts[i] = collect(writes, columns, i, collectors, *places[i]); });
    for (Status& verdict : verdicts) {
        KODIAK_TRY(std::move(verdict));
    }
    return {};
}

}  // namespace

bool is_bulk(const TableWrites& writes, const CheckScope& scope) {
    uint64_t earlier = scope.rows.slot;
    for (size_t i = 0; i < scope.rows.chunk; ++i) {
        earlier += writes.chunks[i].chunk->count();
    }
    const uint64_t fresh = writes.private_rows() - earlier;
    return fresh >= kBulkRows && fresh >= earlier / 2;
}

Result<std::optional<Locator>> find_taken_key(StoreTransaction& transaction, TableWrites& writes,
                                              const std::vector<ColumnId>& columns) {
    KODIAK_TRY_ASSIGN(KeyProbe committed, KeyProbe::make_committed(transaction, *writes.table(), columns,
                                                                   Moment::kStatement));
    const auto collectors = static_cast<uint32_t>(std::min<size_t>(writes.chunks.size(), kCollectorsMax));
    const auto runs = transaction.store().key_sorter().make(KeyReader(writes.definition(), columns).form(),
                                                            index::Duplicates::kRefuse, collectors);
    KODIAK_TRY(collect_all(writes, columns, *runs, collectors));
    KODIAK_TRY_ASSIGN(const auto sorted, runs->merge());
    while (true) {
        const auto entries = sorted->next();
        if (sorted->duplicate().has_value()) {
            return std::optional(Locator(sorted->duplicate()->second_ordinal));
        }
        KODIAK_TRY(entries);
        if (entries->empty()) {
            return std::optional<Locator>();
        }
        for (const index::Entry& entry : *entries) {
            if (committed.exists_committed(entry.key)) {
                return std::optional(entry.locator);
            }
        }
    }
}

}  // namespace kodiak::storage
