#pragma once

// StoreTransaction: the Transaction over a Store, and the door through which the commit pipeline publishes it.
//
// What       Implements storage/transaction.hpp (whose contract holds); the lower half of the class is for key checks,
//            net changes and the commit pipeline only.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "storage/store/store.hpp"
#include "storage/transaction.hpp"
#include "storage/transaction/table_writes.hpp"

namespace kodiak::storage {

class StoreTransaction final : public Transaction {
   public:
    StoreTransaction(Store& store, BranchId branch, bool read_only);
    ~StoreTransaction() override;

    const ReadView& view() const override { return view_; }
    BranchId branch() const override { return view_.branch(); }
    bool read_only() const override { return read_only_; }
    catalog::CatalogState::Ptr catalog() const override { return catalog_; }
    bool has_changes() const override;

    ObjectId new_object_id() override { return store_.new_object_id(); }
    Status put_object(catalog::CatalogObject object) override;
    Status drop_object(ObjectId id) override;

    Result<TableSnapshotPtr> snapshot(ObjectId table) override;
    Result<catalog::CatalogState::Ptr> past_catalog(uint64_t upto) override;
    Result<TableSnapshotPtr> past_snapshot(const catalog::ObjectPtr& table, const PastPoint& point) override;
    Result<std::vector<RowChange>> changes(const catalog::CatalogObject& table, uint64_t after, uint64_t upto,
                                           std::span<const ColumnId> columns) override;
    Result<std::unique_ptr<WriteJob>> write(ObjectId table) override;
    Status erase(ObjectId table, std::span<const Locator> rows, bool* erased) override;
    Result<uint64_t> erase_all(ObjectId table) override;
    Result<std::vector<std::optional<Locator>>> find_by_key(ObjectId table, size_t key,
                                                            const BatchView& keys) override;

    Result<std::unique_ptr<PointReader>> point_reader(ObjectId table, size_t key,
                                                      std::vector<ColumnId> columns) override;
    Status take_over(PointReader& reader) override;

    Result<int64_t> next_value(ObjectId sequence) override;
    Result<int64_t> current_value(ObjectId sequence) override;

    Mark mark() override;
    void undo_to(Mark mark) override;
    void release(Mark mark) override;
    Status finish_statement() override;

    // --- for the commit pipeline and the key checks
    Store& store() const { return store_; }
    const std::map<ObjectId, std::shared_ptr<TableWrites>>& writes() const { return writes_; }
    const std::set<ObjectId>& drawn_sequences() const { return drawn_; }
    const catalog::CatalogState::Ptr& catalog_at_begin() const { return catalog_at_begin_; }
    uint32_t statement() const { return statement_; }
    // The private changes of a table, made when missing. kUndefinedTable.
    Result<std::shared_ptr<TableWrites>> writes_of(ObjectId table);
    std::shared_ptr<TableWrites> find_writes(ObjectId table) const;
    // The table's definition in this transaction, system tables included. nullptr when there is none.
    catalog::ObjectPtr find_table(ObjectId table) const;
    // The committed chunks of a table as this transaction found them when it first looked: what its locators name. Its
    // view is fixed, so it misses nothing.
    ChunkDirectory::Ptr committed(ObjectId table, BranchId branch) const;
    // True when compaction has not changed the layout since.
    bool holds_layout_of(const BranchTable& table) const;
    // True when a version is visible in this transaction right now, whatever statement made or ended it.
    bool sees(ObjectId table, Locator locator) const;
    // True when a commit changed the table's rows on this branch since this transaction's view was taken.
    bool rows_changed_since_begin(ObjectId table) const;
    // The index over `columns` of the committed rows, built when missing.
    Result<std::shared_ptr<TableIndex>> committed_index(const catalog::CatalogObject& table,
                                                        const std::vector<ColumnId>& columns);
    // Makes the locators that this transaction ended name the rows where compaction has put them meanwhile, so that
    // they can be judged against the newest state. Commit mutex held; the transaction reads no more afterwards.
    // kSerializationFailure when a row is gone.
    Status follow_moves();

   private:
    struct TablePosition {
        catalog::ObjectPtr table;
        TableWrites::Position end;
        size_t erasures = 0;
        TableWrites::Position checked;
        size_t checked_erasures = 0;
        size_t links = 0;
    };
    struct UndoPoint {
        catalog::CatalogState::Ptr catalog;
        std::map<ObjectId, TablePosition> tables;
    };
    // How far finish_statement() has come with a table.
    struct Checked {
        TableWrites::Position rows;
        size_t erasures = 0;
    };
    // The view as it was at commit `upto`.
    ReadView view_at(uint64_t upto) const;
    Status check_writable() const;
    Status write_object_row(const catalog::CatalogObject& object);
    Status erase_object_row(ObjectId id);

    struct LayoutPin {
        BranchTable* table = nullptr;
        BranchTable::PinnedLayout layout;
        // Of a layout that is no longer the table's.
        std::vector<std::shared_ptr<TableIndex>> indexes;
    };
    LayoutPin& pin_of(ObjectId table, BranchId branch) const;

    Store& store_;
    const bool read_only_;
    ReadView view_;
    catalog::CatalogState::Ptr catalog_at_begin_;
    catalog::CatalogState::Ptr catalog_;
    // Guards pinned_, layouts_ and the shape of writes_ where threads of one statement meet: snapshot(), erase().
    mutable std::mutex mutex_;
    mutable std::map<std::pair<ObjectId, BranchId>, LayoutPin> layouts_;  // guarded by mutex_
    std::map<ObjectId, std::shared_ptr<TableWrites>> writes_;
    std::map<ObjectId, Checked> checked_;
    std::vector<UndoPoint> undo_points_;
    uint32_t statement_ = 1;
    std::set<ObjectId> drawn_;
    std::map<ObjectId, int64_t> current_values_;
    // Snapshots of the running statement: vectors of the engine may point into their chunks until it ends.
    std::vector<TableSnapshotPtr> pinned_;
    // Of the past, which does not change: kept until the transaction ends.
    std::map<uint64_t, catalog::CatalogState::Ptr> past_catalogs_;
    std::map<std::pair<catalog::ObjectPtr, PastPoint>, TableSnapshotPtr> past_snapshots_;
};

}  // namespace kodiak::storage
