#include "storage/transaction/key_links.hpp"

#include <array>
#include <unordered_map>

#include "catalog/system_tables.hpp"

namespace kodiak::storage {
namespace {

// The rows of `key_changes` for one table, by columns.
class LinkRows {
   public:
    void add(ObjectId table, RowId from, RowId to) {
        table_.push_back(table.value);
        new_origin_.push_back(to.origin.value);
        new_row_.push_back(to.counter);
        old_origin_.push_back(from.origin.value);
        old_row_.push_back(from.counter);
    }
    Status write(RowWriter& writer) const {
        const std::array<ColumnView, 5> columns{{{table_.data()}, {new_origin_.data()}, {new_row_.data()},
                                                 {old_origin_.data()}, {old_row_.data()}}};
        return table_.empty() ? Status() : writer.append({table_.size(), columns});
    }
    void clear() { *this = {}; }
    size_t size() const { return table_.size(); }

   private:
    std::vector<uint64_t> table_;
    std::vector<uint64_t> new_origin_;
    std::vector<uint64_t> new_row_;
    std::vector<uint64_t> old_origin_;
    std::vector<uint64_t> old_row_;
};

// The committed row that each rekeyed row goes back to, over any number of steps.
std::unordered_map<RowId, RowId> roots_of(const std::vector<KeyLink>& links) {
    std::unordered_map<RowId, RowId> roots;
    for (const KeyLink& link : links) {
        const auto known = roots.find(link.from);
        if (link.from_committed) {
            roots[link.to] = link.from;
        } else if (known != roots.end()) {
            const RowId root = known->second;
            roots[link.to] = root;
        }
    }
    return roots;
}

Status write_links(const TableWrites& writes, RowWriter& writer) {
    const std::unordered_map<RowId, RowId> roots = roots_of(writes.links);
    LinkRows rows;
    const auto add = [&](size_t chunk, uint32_t slot) -> Status {
        const RowId id = writes.chunks[chunk].chunk->row_id(slot);
        if (const auto root = roots.find(id); root != roots.end()) {
            rows.add(writes.id(), root->second, id);
        }
        if (rows.size() == kRowsPerChunk) {
            KODIAK_TRY(rows.write(writer));
            rows.clear();
        }
        return {};
    };
    KODIAK_TRY(writes.for_each_row({}, add));
    return rows.write(writer);
}

}  // namespace

Status write_key_links(StoreTransaction& transaction) {
    std::vector<std::shared_ptr<TableWrites>> changed;
    for (const auto& [id, writes] : transaction.writes()) {
        if (!writes->links.empty() && transaction.find_table(id) != nullptr) {
            changed.push_back(writes);
        }
    }
    if (changed.empty()) {
        return {};
    }
    KODIAK_TRY_ASSIGN(const auto job, transaction.write(catalog::kKeyChangesTable));
    const auto writer = job->writer();
    for (const auto& writes : changed) {
        KODIAK_TRY(write_links(*writes, *writer));
    }
    KODIAK_TRY(writer->finish());
    return job->finish();
}

}  // namespace kodiak::storage
