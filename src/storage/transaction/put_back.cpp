#include "storage/put_back.hpp"

#include <algorithm>
#include <unordered_map>

#include "storage/rows/canonical_row.hpp"
#include "storage/rows/open_chunk.hpp"
#include "storage/table/branch_table.hpp"

namespace kodiak::storage {

namespace {

std::vector<ColumnId> stored_ids_of(const catalog::TableDefinition& table) {
    std::vector<ColumnId> ids;
    for (const catalog::ColumnDefinition* column : table.stored_columns()) {
        ids.push_back(column->id);
    }
    return ids;
}

// Calls visit(chunk index, slot) for the visible rows of a snapshot.
template <class Visit>
Status for_each_visible(const TableSnapshot& snapshot, Visit&& visit) {
    const std::vector<ColumnId> columns = stored_ids_of(snapshot.table()->table());
    std::vector<uint32_t> slots(kRowsPerChunk);
    for (size_t i = 0; i < snapshot.chunk_count(); ++i) {
        KODIAK_TRY(snapshot.verify(i, columns));
        bool all = false;
        const size_t count = snapshot.visible(i, slots.data(), &all);
        for (uint32_t k = 0; k < count; ++k) {
            visit(i, all ? k : slots[k]);
        }
    }
    return {};
}

// Writes up to 2,048 rows of one kind: all with a version now, or none.
class RowsWriter {
   public:
    RowsWriter(Transaction& transaction, catalog::ObjectPtr table)
        : transaction_(transaction), table_(std::move(table)), schema_(stored_schema_of(table_->table())) {}

    Status write(std::span<const RowPutBack* const> rows) {
        const auto carrier = OpenChunk::make(schema_, OriginId(), static_cast<uint32_t>(rows.size()));
        std::vector<Locator> replaced;
        for (const RowPutBack* row : rows) {
            KODIAK_TRY(carrier->append_from(*row->then.chunk, &row->then.slot, 1, table_->table()));
            if (row->now.chunk != nullptr) {
                replaced.push_back(row->now.locator);
            }
        }
        std::vector<ColumnView> columns;
        for (size_t i = 0; i < schema_->ids.size(); ++i) {
            columns.push_back({carrier->column(i).data, carrier->column(i).validity, nullptr});
        }
        KODIAK_TRY_ASSIGN(const std::unique_ptr<WriteJob> job, transaction_.write(table_->id));
        const std::unique_ptr<RowWriter> writer = job->writer();
        const BatchView batch{rows.size(), columns};
        KODIAK_TRY(replaced.empty() ? writer->append(batch) : writer->append_versions(batch, replaced));
        KODIAK_TRY(writer->finish());
        return job->finish();
    }

   private:
    Transaction& transaction_;
    catalog::ObjectPtr table_;
    std::shared_ptr<const StoredSchema> schema_;
};

Status write_all(RowsWriter& writer, std::span<const RowPutBack* const> rows) {
    for (size_t from = 0; from < rows.size(); from += kRowsPerChunk) {
        KODIAK_TRY(writer.write(rows.subspan(from, std::min<size_t>(kRowsPerChunk, rows.size() - from))));
    }
    return {};
}

// The canonical bytes of versions in the columns of `table`; empty when there is no version.
class VersionBytes {
   public:
    explicit VersionBytes(const catalog::TableDefinition& table)
        : table_(table), schema_(stored_schema_of(table)), encoder_(schema_) {}

    Result<std::string> of(const VersionPlace& version) const {
        std::string bytes;
        if (version.chunk != nullptr) {
            const auto carrier = OpenChunk::make(schema_, OriginId(), 1);
            KODIAK_TRY(carrier->append_from(*version.chunk, &version.slot, 1, table_));
            std::vector<uint64_t> offsets;
            encoder_.encode(*carrier, nullptr, 1, bytes, offsets);
        }
        return bytes;
    }

   private:
    const catalog::TableDefinition& table_;
    std::shared_ptr<const StoredSchema> schema_;
    RowEncoder encoder_;
};

// Takes out rows that need no writing: those that have their values again, and pairs of one that goes and one that
// comes back with the same values.
Status leave_out_equal(const catalog::TableDefinition& table, std::vector<RowPutBack>& rows) {
    const VersionBytes bytes(table);
    std::unordered_multimap<std::string, size_t> going;
    std::vector<bool> is_left_out(rows.size());
    std::vector<std::string> coming(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
        KODIAK_TRY_ASSIGN(std::string now, bytes.of(rows[i].now));
        KODIAK_TRY_ASSIGN(coming[i], bytes.of(rows[i].then));
        is_left_out[i] = now == coming[i];
        if (rows[i].then.chunk == nullptr && !is_left_out[i]) {
            going.emplace(std::move(now), i);
        }
    }
    for (size_t i = 0; i < rows.size(); ++i) {
        const bool comes = rows[i].now.chunk == nullptr && rows[i].then.chunk != nullptr;
        if (const auto pair = comes ? going.find(coming[i]) : going.end(); pair != going.end()) {
            is_left_out[i] = is_left_out[pair->second] = true;
            going.erase(pair);
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
        if (!is_left_out[i]) {
            std::swap(rows[kept++], rows[i]);
        }
    }
    rows.resize(kept);
    return {};
}

}  // namespace

Result<std::vector<RowPutBack>> find_put_back(Transaction& transaction, const catalog::CatalogObject& table,
                                              uint64_t upto) {
    const std::vector<ColumnId> columns = stored_ids_of(table.table());
    KODIAK_TRY_ASSIGN(const std::vector<RowChange> changes,
                      transaction.changes(table, upto, transaction.view().head(), columns));
    std::unordered_map<RowId, RowPutBack> by_row;
    for (const RowChange& change : changes) {
        const auto [row, is_first] = by_row.try_emplace(change.row);
        if (is_first) {
            row->second.then = change.before;
        }
        row->second.now = change.after;
    }
    std::vector<RowPutBack> rows;
    for (const RowChange& change : changes) {  // in the order of the history, each row once
        const auto row = by_row.find(change.row);
        if (row == by_row.end()) {
            continue;
        }
        rows.push_back(std::move(row->second));
        by_row.erase(row);
    }
    KODIAK_TRY(leave_out_equal(table.table(), rows));
    return rows;
}

Result<std::vector<RowPutBack>> all_rows_put_back(Transaction& transaction, const catalog::ObjectPtr& then,
                                                  uint64_t upto) {
    std::unordered_map<RowId, VersionPlace> now;
    KODIAK_TRY_ASSIGN(const TableSnapshotPtr current, transaction.snapshot(then->id));
    KODIAK_TRY(for_each_visible(*current, [&](size_t chunk, uint32_t slot) {
        const Locator locator = current->locator(chunk, slot);
        now.emplace(current->chunk(chunk).row_id(slot), VersionPlace{current->find(locator)->chunk, slot, locator});
    }));
    std::vector<RowPutBack> rows;
    KODIAK_TRY_ASSIGN(const TableSnapshotPtr past, transaction.past_snapshot(then, {upto, 0}));
    KODIAK_TRY(for_each_visible(*past, [&](size_t chunk, uint32_t slot) {
        const Locator locator = past->locator(chunk, slot);
        RowPutBack row;
        row.then = {past->find(locator)->chunk, slot, locator};
        if (const auto found = now.find(row.then.chunk->row_id(slot)); found != now.end()) {
            row.now = found->second;
            now.erase(found);
        }
        rows.push_back(std::move(row));
    }));
    for (const auto& [row, place] : now) {
        rows.push_back({place, {}});
    }
    return rows;
}

Status put_back(Transaction& transaction, ObjectId table, std::span<const RowPutBack> rows) {
    if (rows.empty()) {
        return {};  // not even touched
    }
    std::vector<Locator> ended;
    std::vector<const RowPutBack*> replaced;
    std::vector<const RowPutBack*> returning;
    for (const RowPutBack& row : rows) {
        if (row.now.chunk != nullptr) {
            ended.push_back(row.now.locator);
        }
        if (row.then.chunk != nullptr) {
            (row.now.chunk != nullptr ? replaced : returning).push_back(&row);
        }
    }
    const auto erased = std::make_unique<bool[]>(ended.size());
    KODIAK_TRY(transaction.erase(table, ended, erased.get()));
    RowsWriter writer(transaction, transaction.catalog()->find(table));
    KODIAK_TRY(write_all(writer, replaced));
    return write_all(writer, returning);
}

}  // namespace kodiak::storage
