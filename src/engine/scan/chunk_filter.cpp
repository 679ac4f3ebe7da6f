#include "engine/scan/chunk_filter.hpp"

#include <algorithm>

#include "engine/errors/errors.hpp"

namespace kodiak::engine {

ChunkFilter::ChunkFilter(duckdb::ClientContext& context, const CompiledFilters& filters,
                         const std::vector<ScannedColumn>& columns)
    : filters_(filters),
      columns_(columns),
      read_(stored_ids(columns)),
      thread_(context, filters.nodes),
      states_(filters.filters.size()) {
    const bool on_row_id = std::any_of(filters.filters.begin(), filters.filters.end(), [&](const ScanFilter& filter) {
        return columns[filter.column].kind == ScannedColumn::Kind::kRowId;
    });
    if (on_row_id) {
        row_ids_.resize(kRowsPerChunk);
        row_id_column_.physical = catalog::Physical::kInt64;
        row_id_column_.width = sizeof(int64_t);
        row_id_column_.data = reinterpret_cast<const uint8_t*>(row_ids_.data());
    }
}

ChunkRows ChunkFilter::rows_of(const storage::TableSnapshot& snapshot, size_t index) {
    const uint32_t count = snapshot.rows_in(index);
    if (count == 0) {
        return {};
    }
    ChunkRows rows;
    rows.chunk = &snapshot.chunk(index);
    // Slots are the lowest bits of a locator, so those of a chunk are consecutive.
    rows.first_locator = static_cast<int64_t>(snapshot.locator(index, 0).value);
    if (excluded_by_zones(*rows.chunk, rows.first_locator, count)) {
        return {};
    }
    throw_if_error(snapshot.verify(index, read_));
    bool all = false;
    rows.count = snapshot.visible(index, visible_.slots, &all);
    rows.slots = all ? nullptr : visible_.slots;
    apply(rows);
    return rows;
}

ChunkRows ChunkFilter::row_at(const storage::Chunk& chunk, uint32_t slot, Locator locator) {
    ChunkRows rows;
    rows.chunk = &chunk;
    rows.first_locator = static_cast<int64_t>(locator.value) - slot;
    if (excluded_by_zones(chunk, rows.first_locator, slot + 1)) {
        return {};
    }
    visible_.slots[0] = slot;
    rows.slots = visible_.slots;
    rows.count = 1;
    apply(rows);
    return rows;
}

bool ChunkFilter::excluded_by_zones(const storage::Chunk& chunk, int64_t first_locator, uint32_t count) {
    set_row_ids(first_locator, count);
    bool excluded = false;
    for (size_t i = 0; i < filters_.filters.size(); ++i) {
        const ScanFilter& filter = filters_.filters[i];
        states_[i].verdict = filter.node->zone(thread_, filtered(filter, chunk));
        if (states_[i].verdict == Verdict::kNone) {
            excluded = true;
            break;
        }
    }
    return excluded;
}

void ChunkFilter::set_row_ids(int64_t first_locator, uint32_t count) {
    if (row_ids_.empty()) {
        return;
    }
    for (uint32_t slot = 0; slot < count; ++slot) {
        row_ids_[slot] = first_locator + slot;
    }
    row_id_column_.has_range = true;
    row_id_column_.min = first_locator;
    row_id_column_.max = first_locator + count - 1;
}

FilteredColumn ChunkFilter::filtered(const ScanFilter& filter, const storage::Chunk& chunk) const {
    const ScannedColumn& column = columns_[filter.column];
    return {&column, column.kind == ScannedColumn::Kind::kRowId ? &row_id_column_ : &column.in(chunk)};
}

void ChunkFilter::apply(ChunkRows& rows) {
    for (size_t i = 0; i < filters_.filters.size() && rows.count > 0; ++i) {
        const ScanFilter& filter = filters_.filters[i];
        State& state = states_[i];
        if (state.verdict == Verdict::kAll || state.given_up) {
            continue;
        }
        SlotBuffer& out = rows.slots == first_.slots ? second_ : first_;
        const size_t kept = filter.node->select(thread_, filtered(filter, *rows.chunk), rows.slots, rows.count, out);
        count_rows(filter, state, rows.count, kept);
        if (kept != rows.count) {
            rows.slots = out.slots;
            rows.count = kept;
        }
    }
}

void ChunkFilter::count_rows(const ScanFilter& filter, State& state, size_t seen, size_t passed) {
    if (filter.checks == 0) {
        return;
    }
    state.seen += seen;
    state.passed += passed;
    if (++state.checked < filter.checks) {
        return;
    }
    state.given_up = static_cast<double>(state.passed) >
                     static_cast<double>(filter.give_up_share) * static_cast<double>(state.seen);
    state.checked = 0;
    state.seen = 0;
    state.passed = 0;
}

}  // namespace kodiak::engine
