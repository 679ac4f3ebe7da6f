#include "storage/transaction/table_writes.hpp"

#include "base/result/assert.hpp"
#include "storage/table/branch_table.hpp"

namespace kodiak::storage {

TableWrites::TableWrites(catalog::ObjectPtr table, OriginId origin)
    : table_(std::move(table)), schema_(stored_schema_of(table_->table())), origin_(origin) {}

uint64_t TableWrites::private_rows() const {
    uint64_t rows = 0;
    for (const PrivateChunk& chunk : chunks) {
        rows += chunk.chunk->count();
    }
    return rows;
}

uint64_t TableWrites::private_erasures() const {
    uint64_t count = 0;
    for (const Locator locator : erasures.log()) {
        count += locator.is_transaction_local() ? 1 : 0;
    }
    return count;
}

TableWrites::Position TableWrites::end() const {
    if (chunks.empty()) {
        return {};
    }
    return {chunks.size() - 1, chunks.back().chunk->count()};
}

void TableWrites::truncate(Position position, Disk& disk) {
    const std::lock_guard guard(mutex);
    for (auto& [columns, index] : indexes_) {
        for (size_t i = position.chunk; i < chunks.size(); ++i) {
            for (uint32_t slot = i == position.chunk ? position.slot : 0; slot < chunks[i].chunk->count(); ++slot) {
                if (Position{i, slot} < index.upto) {
                    const auto key = index.reader.read(*chunks[i].chunk, slot);
                    if (key.ok() && key->has_value()) {
                        index.keys->erase(**key, local(i, slot));
                    }
                }
            }
        }
        index.upto = std::min(index.upto, position);
    }
    while (chunks.size() > position.chunk + 1 || (!chunks.empty() && position == Position{})) {
        if (chunks.back().file != nullptr && chunks.back().file.use_count() == 1 && !chunks.back().file->adopted) {
            // Best effort: a file that stays is unreferenced and swept at the next open.
            (void)disk.remove(chunks.back().file->file->path()).ok();
        }
        chunks.pop_back();
    }
    if (chunks.size() == position.chunk + 1 && position.slot < chunks.back().chunk->count()) {
        KODIAK_ASSERT(chunks.back().open != nullptr);
        chunks.back().open->truncate(position.slot);
        if (chunks.back().replaces_committed.size() > position.slot) {
            chunks.back().replaces_committed.resize(position.slot);
        }
    }
}

// Hands the keys of the rows that `index` does not hold yet to add(key, locator), and counts them as held.
template <class Add>
Status TableWrites::add_keys(LocalIndex& index, Add&& add) {
    for (size_t i = index.upto.chunk; i < chunks.size(); ++i) {
        const Chunk& chunk = *chunks[i].chunk;
        for (uint32_t slot = i == index.upto.chunk ? index.upto.slot : 0; slot < chunk.count(); ++slot) {
            KODIAK_TRY_ASSIGN(const auto key, index.reader.read(chunk, slot));
            if (key.has_value()) {
                KODIAK_TRY(add(*key, local(i, slot)));
            }
        }
    }
    index.upto = end();
    return {};
}

Result<TableWrites::LocalIndex> TableWrites::make_local_index(const std::vector<ColumnId>& columns,
                                                              KeySorter& sorter) {
    constexpr uint64_t kManyRows = 32 * kRowsPerChunk;
    KeyReader reader(definition(), columns);
    const index::KeyForm form = reader.form();
    if (private_rows() < kManyRows) {
        // A few rows for the life of a transaction: a learned index would pay for its arenas and readers in vain.
        return LocalIndex{index::make_btree_index(form), std::move(reader), {}};
    }
    LocalIndex made{index::make_index(form), std::move(reader), {}};
    const auto runs = sorter.make(form, index::Duplicates::kKeep);
    index::KeyCollector& collector = runs->new_collector();
    KODIAK_TRY(add_keys(made, [&](index::KeyRef key, Locator row) { return collector.add(key, row.value); }));
    KODIAK_TRY_ASSIGN(const auto sorted, runs->merge());
    KODIAK_TRY(made.keys->bulk_load(*sorted));
    return made;
}

Result<const index::KeyIndex*> TableWrites::index(const std::vector<ColumnId>& columns, KeySorter& sorter) {
    const std::lock_guard guard(mutex);
    auto found = indexes_.find(columns);
    if (found == indexes_.end()) {
        KODIAK_TRY_ASSIGN(LocalIndex made, make_local_index(columns, sorter));
        found = indexes_.emplace(columns, std::move(made)).first;
    }
    KODIAK_TRY(add_keys(found->second, [&](index::KeyRef key, Locator row) -> Status {
        found->second.keys->insert(key, row);
        return {};
    }));
    return found->second.keys.get();
}

Status TableWrites::adopt(catalog::ObjectPtr table) {
    const std::lock_guard guard(mutex);
    formers_.push_back({table_, schema_, chunks});
    table_ = std::move(table);
    indexes_.clear();
    if (table_->table().schema_version == schema_->version) {
        return {};
    }
    schema_ = stored_schema_of(table_->table());
    for (PrivateChunk& old : chunks) {
        const uint32_t count = old.chunk->count();
        auto fresh = OpenChunk::make(schema_, old.chunk->row_id(0).origin, static_cast<uint32_t>(kRowsPerChunk));
        KODIAK_TRY_ASSIGN(const uint32_t copied, fresh->append_from(*old.chunk, nullptr, count, definition()));
        KODIAK_ASSERT(copied == count);
        for (uint32_t slot = 0; slot < count; ++slot) {
            fresh->set_row(slot, old.chunk->row_id(slot).counter, 0);
        }
        fresh->publish(count, 0, 0);
        old.chunk = fresh;
        old.open = fresh;
        old.file = nullptr;
    }
    return {};
}

void TableWrites::restore(const catalog::ObjectPtr& table) {
    const std::lock_guard guard(mutex);
    while (table_ != table && !formers_.empty()) {
        table_ = std::move(formers_.back().table);
        schema_ = std::move(formers_.back().schema);
        chunks = std::move(formers_.back().chunks);
        formers_.pop_back();
        indexes_.clear();
    }
}

}  // namespace kodiak::storage
