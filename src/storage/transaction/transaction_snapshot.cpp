#include "storage/transaction/transaction_snapshot.hpp"

#include <numeric>

#include "base/result/assert.hpp"
#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

TransactionSnapshot::TransactionSnapshot(const StoreTransaction& transaction, const ReadView& view,
                                         catalog::ObjectPtr table, std::shared_ptr<TableWrites> writes,
                                         uint32_t statement)
    : table_(std::move(table)), writes_(std::move(writes)), statement_(statement) {
    add_parts(transaction, view);
    for (const Part& part : parts_) {
        row_count_ += part.table->live_rows(part.interval.upto) - part.table->live_rows(part.interval.after);
    }
    if (writes_ != nullptr) {
        const std::lock_guard guard(writes_->mutex);
        for (const PrivateChunk& chunk : writes_->chunks) {
            private_.push_back({chunk.chunk, chunk.chunk->count()});
            row_count_ += private_.back().rows;
        }
        row_count_ -= writes_->erasures.size();
    }
}

TransactionSnapshot::TransactionSnapshot(const StoreTransaction& transaction, const ReadView& view,
                                         catalog::ObjectPtr table, uint64_t since)
    : table_(std::move(table)), statement_(0), is_past_(true), since_(since) {
    add_parts(transaction, view);
}

void TransactionSnapshot::add_parts(const StoreTransaction& transaction, const ReadView& view) {
    for (const BranchInterval& interval : view.path) {
        BranchTable& branch_table = transaction.store().table(table_->id, interval.branch);
        Part part{interval, &branch_table, transaction.committed(table_->id, interval.branch), committed_count_};
        if (part.directory->size() > 0) {
            part.tail_rows = (*part.directory)[part.directory->size() - 1].chunk->count();
        }
        committed_count_ += part.directory->scan_count();
        if (is_past_) {
            add_history(part);
            committed_count_ += part.history.size();
        }
        parts_.push_back(std::move(part));
    }
}

// Versions that ended before `upto` are not visible any more: a segment's ends ascend.
void TransactionSnapshot::add_history(Part& part) {
    for (const ChunkRun& run : part.directory->history()) {
        uint64_t low = run.first;
        for (uint64_t high = run.first + run.count; low < high;) {
            const uint64_t middle = low + (high - low) / 2;
            const bool has_ended = (*part.directory)[middle].state->ends()->last_seq() <= part.interval.upto;
            (has_ended ? low : high) = has_ended ? middle + 1 : middle;
        }
        for (; low < run.first + run.count; ++low) {
            if ((*part.directory)[low].chunk->min_created() <= part.interval.upto) {
                part.history.push_back(low);
            }
        }
    }
}

uint64_t TransactionSnapshot::row_count() const {
    if (is_past_) {
        std::call_once(counted_, [this] {
            std::vector<uint32_t> slots(kRowsPerChunk);
            for (size_t i = 0; i < chunk_count(); ++i) {
                bool all = false;
                row_count_ += visible(i, slots.data(), &all);
            }
        });
    }
    return row_count_;
}

const TransactionSnapshot::Part& TransactionSnapshot::part_of(size_t index) const {
    size_t at = parts_.size() - 1;
    while (parts_[at].first > index) {
        --at;
    }
    return parts_[at];
}

const Chunk& TransactionSnapshot::chunk(size_t index) const {
    if (index >= committed_count_) {
        return *private_[index - committed_count_].chunk;
    }
    const Part& part = part_of(index);
    return *(*part.directory)[part.number_of(index)].chunk;
}

// Private files were written by this process a moment ago; only committed ones can have suffered since.
Status TransactionSnapshot::verify(size_t index, std::span<const ColumnId> columns) const {
    if (index >= committed_count_) {
        return {};
    }
    const Part& part = part_of(index);
    return verify_columns((*part.directory)[part.number_of(index)], columns);
}

Status TransactionSnapshot::verify(Locator row, std::span<const ColumnId> columns) const {
    for (const Part& part : parts_) {
        if (part.interval.branch == row.branch()) {
            return verify_columns((*part.directory)[row.chunk()], columns);
        }
    }
    return {};
}

Locator TransactionSnapshot::locator(size_t index, uint32_t slot) const {
    if (index >= committed_count_) {
        return TableWrites::local(index - committed_count_, slot);
    }
    const Part& part = part_of(index);
    return {part.interval.branch, part.number_of(index), slot};
}

ChunkTier TransactionSnapshot::tier(size_t index) const {
    if (index >= committed_count_) {
        return ChunkTier::kHot;
    }
    const Part& part = part_of(index);
    const auto& file = (*part.directory)[part.number_of(index)].file;
    return file == nullptr ? ChunkTier::kHot : file->tier == Tier::kWarm ? ChunkTier::kWarm : ChunkTier::kCold;
}

uint32_t TransactionSnapshot::rows_in(size_t index) const {
    if (index >= committed_count_) {
        return private_[index - committed_count_].rows;
    }
    const Part& part = part_of(index);
    const uint64_t number = part.number_of(index);
    const bool last = number + 1 == part.directory->size();
    return last ? part.tail_rows : (*part.directory)[number].chunk->count();
}

bool TransactionSnapshot::is_visible(const Part& part, const Chunk& chunk, const ChunkEnds* ends,
                                     uint32_t slot) const {
    if (!part.interval.contains(chunk.created(slot)) || chunk.created(slot) < since_) {
        return false;
    }
    const uint64_t end = ends == nullptr ? 0 : ends->end(slot);
    return end == 0 || end > part.interval.upto;
}

size_t TransactionSnapshot::visible_committed(const Part& part, size_t index, uint32_t* slots, bool* all) const {
    const uint64_t number = part.number_of(index);
    const DirectoryEntry& entry = (*part.directory)[number];
    const Chunk& chunk = *entry.chunk;
    const uint32_t rows = rows_in(index);
    const ChunkEnds* ends = entry.state->ends();
    if (ends != nullptr && ends->first_seq() > part.interval.upto) {
        ends = nullptr;
    }
    const bool all_created = part.interval.contains(chunk.min_created()) &&
                             part.interval.contains(chunk.max_created()) && chunk.min_created() >= since_;
    if (chunk.max_created() < since_ || chunk.min_created() > part.interval.upto) {
        *all = rows == 0;
        return 0;
    }
    const Locator any(part.interval.branch, number, 0);
    const bool touched = writes_ != nullptr && writes_->erasures.touches(any);
    if (all_created && ends == nullptr && !touched) {
        *all = true;
        return rows;
    }
    size_t count = 0;
    for (uint32_t slot = 0; slot < rows; ++slot) {
        slots[count] = slot;
        count += is_visible(part, chunk, ends, slot) ? 1 : 0;
    }
    if (touched) {
        count = writes_->erasures.filter(any, statement_, slots, count);
    }
    *all = count == rows;
    return count;
}

size_t TransactionSnapshot::visible(size_t index, uint32_t* slots, bool* all) const {
    if (index < committed_count_) {
        return visible_committed(part_of(index), index, slots, all);
    }
    const uint32_t rows = rows_in(index);
    const Locator any = locator(index, 0);
    if (!writes_->erasures.touches(any)) {
        *all = true;
        return rows;
    }
    std::iota(slots, slots + rows, 0u);
    const size_t count = writes_->erasures.filter(any, statement_, slots, rows);
    *all = count == rows;
    return count;
}

std::optional<TableSnapshot::Place> TransactionSnapshot::find(Locator locator) const {
    if (locator.is_transaction_local()) {
        if (locator.chunk() >= private_.size() || locator.slot() >= private_[locator.chunk()].rows ||
            statement_erased(locator)) {
            return std::nullopt;
        }
        return Place{private_[locator.chunk()].chunk, locator.slot()};
    }
    for (const Part& part : parts_) {
        if (part.interval.branch != locator.branch()) {
            continue;
        }
        const DirectoryEntry& entry = (*part.directory)[locator.chunk()];
        if (locator.slot() < entry.chunk->count() &&
            is_visible(part, *entry.chunk, entry.state->ends(), locator.slot()) && !statement_erased(locator)) {
            return Place{entry.chunk, locator.slot()};
        }
    }
    return std::nullopt;
}

ColumnStatistics TransactionSnapshot::statistics(ColumnId id) const {
    const catalog::ColumnDefinition* column = table_->table().find_column(id);
    KODIAK_ASSERT(column != nullptr);
    if (is_past_) {
        return ColumnStatistics{};  // summaries are of the types of now
    }
    ColumnSummary summary;
    for (const Part& part : parts_) {
        summary.merge(part.table->summary(id, column->type));
    }
    for (const PrivatePart& part : private_) {
        if (const StoredColumn* stored = TableSnapshot::stored(*part.chunk, id)) {
            summary.observe(*stored, column->type, part.rows);
        }
    }
    ColumnStatistics result = summary.statistics();
    // Chunks older than the column show its missing value, which no summary has seen.
    for (const Part& part : parts_) {
        const ChunkDirectory& all = *part.directory;
        for (uint64_t place = 0; place < all.scan_count() && !column->is_generated(); ++place) {
            if (all[all.scan_number(place)].chunk->schema().position(id) < 0) {
                return ColumnStatistics{};
            }
        }
    }
    return result;
}

}  // namespace kodiak::storage
