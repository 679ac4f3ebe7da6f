#pragma once

// TableWrites: what a transaction changed in one table and has not committed.
//
// What       Private chunks of new row versions in insertion order, the versions ended, and private indexes over the
//            new rows.
// Rows       A private row is named by Locator(kTransactionLocalBranch, chunk, slot). A row that replaces a committed
//            version keeps its row id and is marked in `replaces_committed`: its net effect is an update.
// Threads    `mutex` guards chunks and indexes; a chunk's published rows may be read without it.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result/result.hpp"
#include "catalog/catalog_state.hpp"
#include "index/key_index.hpp"
#include "storage/rows/open_chunk.hpp"
#include "storage/table/chunk_directory.hpp"
#include "storage/table/key_reader.hpp"
#include "storage/table/key_sorter.hpp"
#include "storage/transaction/own_erasures.hpp"
#include "storage/warm/warm_file.hpp"

namespace kodiak::storage {

// A warm file written by a transaction that has not committed; removed when the transaction is undone.
struct PrivateFile {
    uint64_t number = 0;
    std::shared_ptr<WarmFile> file;
    bool with_row_ids = false;
    bool adopted = false;  // the table holds it now: it is not this transaction's to remove
};

struct PrivateChunk {
    std::shared_ptr<Chunk> chunk;
    std::shared_ptr<OpenChunk> open;              // the same chunk when it lies in memory, else nullptr
    std::shared_ptr<PrivateFile> file;            // the file it lies in, else nullptr
    std::vector<uint8_t> replaces_committed;      // per slot; empty = no row does
    bool replaces(uint32_t slot) const { return slot < replaces_committed.size() && replaces_committed[slot] != 0; }
};

// A row whose primary key changed goes on as another row.
struct KeyLink {
    RowId from;
    RowId to;
    bool from_committed = false;  // `from` was there before the transaction
};

class TableWrites {
   public:
    TableWrites(catalog::ObjectPtr table, OriginId origin);

    ObjectId id() const { return table_->id; }
    const catalog::ObjectPtr& table() const { return table_; }
    const catalog::TableDefinition& definition() const { return table_->table(); }
    const std::shared_ptr<const StoredSchema>& schema() const { return schema_; }
    OriginId origin() const { return origin_; }

    mutable std::mutex mutex;
    std::vector<PrivateChunk> chunks;   // guarded by mutex
    OwnErasures erasures;               // committed and private versions alike
    ChunkDirectory::Ptr committed;      // what locators of committed versions name
    // Rows whose primary key this statement changed; guarded by mutex.
    std::vector<KeyLink> rekeyed;
    // The same of the statements before.
    std::vector<KeyLink> links;

    // Rows in all private chunks, erased ones included.
    uint64_t private_rows() const;
    // How many of the erased versions are private ones.
    uint64_t private_erasures() const;

    // A position in the order of private rows.
    struct Position {
        size_t chunk = 0;
        uint32_t slot = 0;
        auto operator<=>(const Position&) const = default;
    };
    Position end() const;
    // Forgets all private rows from `position` on (with their files and index entries).
    void truncate(Position position, Disk& disk);
    // Calls visit(chunk number, slot) for private rows from `position` on that are not erased, until it fails.
    template <class Visit>
    Status for_each_row(Position from, Visit&& visit) const {
        for (size_t i = from.chunk; i < chunks.size(); ++i) {
            KODIAK_TRY(for_each_row_of(i, i == from.chunk ? from.slot : 0, visit));
        }
        return {};
    }
    // The same for the rows of one private chunk from `slot` on.
    template <class Visit>
    Status for_each_row_of(size_t chunk, uint32_t slot, Visit&& visit) const {
        const uint32_t count = chunks[chunk].chunk->count();
        const bool touched = erasures.touches(local(chunk, 0));
        for (; slot < count; ++slot) {
            if (!touched || !erasures.is_erased(local(chunk, slot))) {
                KODIAK_TRY(visit(chunk, slot));
            }
        }
        return {};
    }
    static Locator local(size_t chunk, uint32_t slot) { return {kTransactionLocalBranch, chunk, slot}; }

    // The private index over `columns`, holding all private rows up to now.
    Result<const index::KeyIndex*> index(const std::vector<ColumnId>& columns, KeySorter& sorter);

    // Moves private rows to a newer definition of the table; restore() can take it back.
    Status adopt(catalog::ObjectPtr table);
    // Goes back to the definition and the private rows of before adopt() left `table`.
    void restore(const catalog::ObjectPtr& table);

   private:
    struct Former {
        catalog::ObjectPtr table;
        std::shared_ptr<const StoredSchema> schema;
        std::vector<PrivateChunk> chunks;
    };
    struct LocalIndex {
        std::unique_ptr<index::KeyIndex> keys;
        KeyReader reader;
        Position upto;
    };
    Result<LocalIndex> make_local_index(const std::vector<ColumnId>& columns, KeySorter& sorter);
    template <class Add>
    Status add_keys(LocalIndex& index, Add&& add);

    catalog::ObjectPtr table_;
    std::shared_ptr<const StoredSchema> schema_;
    const OriginId origin_;
    std::vector<Former> formers_;
    std::map<std::vector<ColumnId>, LocalIndex> indexes_;  // guarded by mutex
};

}  // namespace kodiak::storage
