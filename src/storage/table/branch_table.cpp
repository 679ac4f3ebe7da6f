#include "storage/table/branch_table.hpp"

#include <algorithm>
#include <array>

#include "base/result/assert.hpp"
#include "storage/hot/sealed_chunk.hpp"

namespace kodiak::storage {
namespace {

// A selection that shows the same value in every row.
constexpr std::array<uint32_t, kRowsPerChunk> kFirstOnly{};

}  // namespace

std::shared_ptr<const StoredSchema> stored_schema_of(const catalog::TableDefinition& table) {
    auto schema = std::make_shared<StoredSchema>();
    schema->version = table.schema_version;
    for (const catalog::ColumnDefinition* column : table.stored_columns()) {
        schema->ids.push_back(column->id);
        schema->types.push_back(column->type);
    }
    return schema;
}

TableIndex::TableIndex(const catalog::TableDefinition& table, std::vector<ColumnId> columns)
    : columns_(std::move(columns)),
      definition_(std::make_shared<catalog::TableDefinition>(table)),
      writer_reader_(*definition_, columns_) {
    keys_ = index::make_index(writer_reader_.form());
}

Status TableIndex::add(const Chunk& chunk, uint32_t slot, Locator locator) {
    KODIAK_TRY_ASSIGN(const auto key, writer_reader_.read(chunk, slot));
    if (key.has_value()) {
        keys_->insert(*key, locator);
    }
    return {};
}

Status TableIndex::remove(const Chunk& chunk, uint32_t slot, Locator locator) {
    KODIAK_TRY_ASSIGN(const auto key, writer_reader_.read(chunk, slot));
    if (key.has_value()) {
        keys_->erase(*key, locator);
    }
    return {};
}

ChunkDirectory::Ptr BranchTable::directory() const {
    const std::lock_guard guard(directory_mutex_);
    return directory_;
}

void BranchTable::swap_directory(ChunkDirectory::Ptr next) {
    const std::lock_guard guard(directory_mutex_);
    directory_ = std::move(next);
}

uint64_t BranchTable::live_rows(uint64_t seq) const {
    const std::lock_guard guard(counts_mutex_);
    const auto after = std::upper_bound(live_.begin(), live_.end(), seq,
                                        [](uint64_t wanted, const auto& entry) { return wanted < entry.first; });
    return after == live_.begin() ? 0 : std::prev(after)->second;
}

uint64_t BranchTable::last_change() const {
    const std::lock_guard guard(counts_mutex_);
    return live_.empty() ? 0 : live_.back().first;
}

ColumnSummary BranchTable::summary(ColumnId column, const catalog::Type& type) const {
    ColumnSummary result;
    {
        const std::lock_guard guard(counts_mutex_);
        const auto found = summaries_.find(column);
        if (found != summaries_.end()) {
            result = found->second;
        }
    }
    // The open chunk is not summarised yet. It is the last one; sealed ones are.
    const ChunkDirectory::Ptr all = directory();
    if (all->size() > 0) {
        const Chunk& last = *(*all)[all->size() - 1].chunk;
        const int position = last.schema().position(column);
        if (!last.is_sealed() && position >= 0) {
            result.observe(last.column(static_cast<size_t>(position)), type, last.count());
        } else if (!last.is_sealed()) {
            result.observe_nulls(last.count());
        }
    }
    return result;
}

std::shared_ptr<TableIndex> BranchTable::find_index(const catalog::TableDefinition& table,
                                                    const std::vector<ColumnId>& columns, uint64_t layout) const {
    const std::lock_guard guard(indexes_mutex_);
    if (layout_version() != layout) {
        return nullptr;
    }
    for (const auto& index : indexes_) {
        if (index->columns() == columns && index->fits(KeyReader(table, columns))) {
            return index;
        }
    }
    return nullptr;
}

bool BranchTable::has_index(const TableIndex& index) const {
    const std::lock_guard guard(indexes_mutex_);
    return std::any_of(indexes_.begin(), indexes_.end(), [&](const auto& kept) { return kept.get() == &index; });
}

void BranchTable::observe(const Chunk& chunk) {
    const std::lock_guard guard(counts_mutex_);
    for (size_t i = 0; i < chunk.schema().ids.size(); ++i) {
        summaries_[chunk.schema().ids[i]].observe(chunk.column(i), chunk.schema().types[i], chunk.count());
    }
}

void BranchTable::seal_tail() {
    if (tail_ == nullptr) {
        return;
    }
    KODIAK_ASSERT(tail_->count() == tail_->filled());
    const uint64_t place = directory()->size() - 1;
    std::shared_ptr<const Chunk> sealed = seal(*tail_);
    observe(*sealed);
    swap_directory(directory()->with_replaced(place, std::move(sealed)));
    tail_ = nullptr;
}

OpenChunk& BranchTable::tail_for(const std::shared_ptr<const StoredSchema>& schema) {
    constexpr uint32_t kFirstCapacity = 64;
    constexpr uint32_t kGrowth = 8;
    if (tail_ != nullptr && tail_->schema().version != schema->version) {
        seal_tail();
    }
    if (tail_ != nullptr && tail_->is_full()) {
        if (tail_->capacity() == kRowsPerChunk) {
            seal_tail();
        } else {
            const auto capacity =
                std::min<uint32_t>(tail_->capacity() * kGrowth, static_cast<uint32_t>(kRowsPerChunk));
            tail_ = tail_->grown(capacity);
            swap_directory(directory()->with_replaced(directory()->size() - 1, tail_));
        }
    }
    if (tail_ == nullptr) {
        const bool small = directory()->size() == 0;
        tail_ = OpenChunk::make(schema, origin_, small ? kFirstCapacity : static_cast<uint32_t>(kRowsPerChunk));
        swap_directory(directory()->with_appended({{tail_, nullptr, nullptr}}));
    }
    return *tail_;
}

Locator BranchTable::next_locator(const StoredSchema& schema) const {
    const uint64_t size = directory()->size();
    if (tail_ == nullptr || tail_->schema().version != schema.version || tail_->filled() == kRowsPerChunk) {
        return {branch_, size, 0};
    }
    return {branch_, size - 1, tail_->filled()};
}

Status BranchTable::publish_tail(uint64_t seq) {
    KODIAK_ASSERT(tail_ != nullptr);
    const uint32_t from = tail_->count();
    const uint32_t to = tail_->filled();
    if (from == to) {
        return {};
    }
    const uint64_t min_created = from == 0 ? seq : tail_->min_created();
    tail_->publish(to, std::min(min_created, seq), std::max(tail_->max_created(), seq));
    const uint64_t place = directory()->size() - 1;
    const std::lock_guard guard(indexes_mutex_);
    for (const auto& index : indexes_) {
        for (uint32_t slot = from; slot < to; ++slot) {
            KODIAK_TRY(index->add(*tail_, slot, Locator(branch_, place, slot)));
        }
    }
    return {};
}

Result<uint64_t> BranchTable::publish_file(std::vector<std::shared_ptr<const Chunk>> chunks, TableFile file) {
    seal_tail();
    const uint64_t first = directory()->size();
    std::vector<DirectoryEntry> entries;
    file.first_chunk = first;
    file.chunks = static_cast<uint32_t>(chunks.size());
    const auto shared = std::make_shared<const TableFile>(std::move(file));
    for (const std::shared_ptr<const Chunk>& chunk : chunks) {
        observe(*chunk);
        entries.push_back({chunk, nullptr, shared});
    }
    // Before the indexes: who finds a locator there looks it up in the directory.
    swap_directory(directory()->with_appended(std::move(entries)));
    const std::lock_guard guard(indexes_mutex_);
    for (size_t i = 0; i < chunks.size(); ++i) {
        for (const auto& index : indexes_) {
            for (uint32_t slot = 0; slot < chunks[i]->count(); ++slot) {
                KODIAK_TRY(index->add(*chunks[i], slot, Locator(branch_, first + i, slot)));
            }
        }
    }
    return first;
}

void BranchTable::move_to_file(const std::shared_ptr<const TableFile>& file) {
    ChunkDirectory::Ptr next = directory();
    for (uint32_t i = 0; i < file->chunks; ++i) {
        next = next->with_replaced(file->first_chunk + i, file->file->chunks()[i], file);
    }
    swap_directory(std::move(next));
}

Status BranchTable::fill_dead(const std::shared_ptr<const StoredSchema>& schema, Locator until, uint64_t seq) {
    if (until.chunk() < directory()->size() && tail_ != nullptr && tail_->schema().version != schema->version) {
        return make_error(ErrorCode::kCorruption, "a logged row lies in a chunk of another schema version");
    }
    const uint64_t no_values = 0;
    const std::array<uint8_t, 16> zeros{};
    const std::vector<ColumnView> nulls(schema->ids.size(), ColumnView{zeros.data(), &no_values, kFirstOnly.data()});
    while (next_locator(*schema) < until) {
        OpenChunk& tail = tail_for(schema);
        const uint64_t place = directory()->size() - 1;
        const uint64_t end = place < until.chunk() ? tail.capacity() : until.slot();
        const uint32_t from = tail.filled();
        if (end <= from) {
            if (place >= until.chunk()) {
                break;
            }
            seal_tail();
            continue;
        }
        tail.append({end - from, nulls}, 0, end - from);
        for (uint32_t slot = from; slot < tail.filled(); ++slot) {
            tail.set_row(slot, 0, seq);
        }
        KODIAK_TRY(publish_tail(seq));
        ChunkEnds& ends = (*directory())[place].state->writable();
        for (uint32_t slot = from; slot < tail.filled(); ++slot) {
            ends.set(slot, seq);
        }
    }
    if (next_locator(*schema) != until) {
        return make_error(ErrorCode::kCorruption, "a logged row lies before the end of its table");
    }
    return {};
}

std::map<ColumnId, ColumnSummary> BranchTable::sealed_summaries() const {
    const std::lock_guard guard(counts_mutex_);
    return summaries_;
}

void BranchTable::record_live_change(uint64_t seq, int64_t change) {
    const std::lock_guard guard(counts_mutex_);
    const uint64_t before = live_.empty() ? 0 : live_.back().second;
    const uint64_t after = before + static_cast<uint64_t>(change);
    if (!live_.empty() && live_.back().first == seq) {
        live_.back().second = after;
    } else {
        live_.emplace_back(seq, after);
    }
}

void BranchTable::forget_live_change(uint64_t seq) {
    const std::lock_guard guard(counts_mutex_);
    while (!live_.empty() && live_.back().first >= seq) {
        live_.pop_back();
    }
}

void BranchTable::forget_live_before(uint64_t oldest) {
    const std::lock_guard guard(counts_mutex_);
    size_t keep = 0;
    while (keep + 1 < live_.size() && live_[keep + 1].first <= oldest) {
        ++keep;
    }
    live_.erase(live_.begin(), live_.begin() + static_cast<std::ptrdiff_t>(keep));
}

Result<std::shared_ptr<TableIndex>> BranchTable::ensure_index(const catalog::TableDefinition& table,
                                                              const std::vector<ColumnId>& columns,
                                                              uint64_t oldest_view, KeySorter& sorter) {
    if (auto found = find_index(table, columns, layout_version())) {
        return found;
    }
    KODIAK_TRY_ASSIGN(auto index, build_index(table, columns, *directory(), oldest_view, sorter));
    const std::lock_guard guard(indexes_mutex_);
    indexes_.push_back(index);
    return index;
}

Result<std::shared_ptr<TableIndex>> BranchTable::build_index(const catalog::TableDefinition& table,
                                                             const std::vector<ColumnId>& columns,
                                                             const ChunkDirectory& rows, uint64_t oldest_view,
                                                             KeySorter& sorter) const {
    auto index = std::make_shared<TableIndex>(table, columns);
    const auto runs = sorter.make(index->keys().form(), index::Duplicates::kKeep);
    index::KeyCollector& collector = runs->new_collector();
    KeyReader reader = index->reader();
    for (uint64_t place = 0; place < rows.scan_count(); ++place) {
        const uint64_t number = rows.scan_number(place);
        const DirectoryEntry& entry = rows[number];
        KODIAK_TRY(verify_columns(entry, columns));
        const Chunk& chunk = *entry.chunk;
        const ChunkEnds* ends = entry.state->ends();
        for (uint32_t slot = 0; slot < chunk.count(); ++slot) {
            const uint64_t end = ends == nullptr ? 0 : ends->end(slot);
            if (end != 0 && end <= oldest_view) {
                continue;
            }
            KODIAK_TRY_ASSIGN(const auto key, reader.read(chunk, slot));
            if (key.has_value()) {
                KODIAK_TRY(collector.add(*key, Locator(branch_, number, slot).value));
            }
        }
    }
    KODIAK_TRY_ASSIGN(const auto stream, runs->merge());
    KODIAK_TRY(index->writable_keys().bulk_load(*stream));
    return index;
}

Status BranchTable::unindex(Locator locator) {
    const ChunkDirectory::Ptr all = directory();
    const Chunk& chunk = *(*all)[locator.chunk()].chunk;
    const std::lock_guard guard(indexes_mutex_);
    for (const auto& index : indexes_) {
        KODIAK_TRY(verify_columns((*all)[locator.chunk()], index->columns()));
        KODIAK_TRY(index->remove(chunk, locator.slot(), locator));
    }
    return {};
}

bool BranchTable::has_indexes() const {
    const std::lock_guard guard(indexes_mutex_);
    return !indexes_.empty();
}

std::vector<std::shared_ptr<TableIndex>> BranchTable::indexes() const {
    const std::lock_guard guard(indexes_mutex_);
    return indexes_;
}

void BranchTable::drop_indexes() {
    const std::lock_guard guard(indexes_mutex_);
    indexes_.clear();
}

uint64_t BranchTable::hot_bytes() const {
    uint64_t bytes = 0;
    (void)directory()->for_each([&](uint64_t, const DirectoryEntry& entry) -> Status {
        bytes += entry.chunk->memory_bytes();
        return {};
    });
    return bytes;
}

uint64_t BranchTable::index_bytes() const {
    const std::lock_guard guard(indexes_mutex_);
    uint64_t bytes = 0;
    for (const auto& index : indexes_) {
        bytes += index->keys().memory_bytes();
    }
    return bytes;
}

void BranchTable::load(ChunkDirectory::Parts chunks, std::shared_ptr<OpenChunk> tail, uint64_t live_rows,
                       uint64_t seq, std::map<ColumnId, ColumnSummary> summaries) {
    swap_directory(ChunkDirectory::of(std::move(chunks)));
    tail_ = std::move(tail);
    live_ = {{seq, live_rows}};
    summaries_ = std::move(summaries);
}

}  // namespace kodiak::storage
