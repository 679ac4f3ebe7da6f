#pragma once

// Store: all tables of an open database in memory, and what their transactions and commits share.
//
// What       Tables by (id, branch), definitions over time, open views, sequence counters, id counters, file names.
//            Knows nothing of the log or of hashes: the timeline room commits, logs and recovers through it.
// Time       visible_seq() is the newest durable commit: what a new transaction sees. latest_seq() also counts commits
//            that are applied but not yet durable; conflicts are judged against it.
// Threads    Everything is safe from many threads except functions marked *commit*, which run under commit_mutex().

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/disk/disk.hpp"
#include "base/result/result.hpp"
#include "catalog/catalog_state.hpp"
#include "storage/cold_codec.hpp"
#include "storage/read_view.hpp"
#include "storage/table/branch_table.hpp"

namespace kodiak::storage {

// One sequence's position: the value that the next draw gives, or exhausted.
struct SequencePosition {
    ObjectId sequence;
    int64_t next = 0;
    bool exhausted = false;
};

struct StoreOptions {
    std::string directory;
    OriginId origin;
    uint64_t memory_limit_bytes = uint64_t{1} << 30;
    bool read_only = false;  // no file is written, spilled keys included
    std::shared_ptr<ColdCodec> codec{};  // nullptr: no cold files
};

class Store {
   public:
    Store(std::shared_ptr<Disk> disk, StoreOptions options);

    Disk& disk() { return *disk_; }
    const StoreOptions& options() const { return options_; }
    OriginId origin() const { return options_.origin; }
    std::mutex& commit_mutex() { return commit_mutex_; }
    KeySorter& key_sorter() { return key_sorter_; }

    // The table as `branch` wrote it; made empty when first asked for.
    BranchTable& table(ObjectId table, BranchId branch);
    // All tables that exist, in order of (id, branch).
    std::vector<BranchTable*> tables();

    uint64_t visible_seq() const { return visible_seq_.load(std::memory_order_acquire); }
    uint64_t latest_seq() const { return latest_seq_.load(std::memory_order_acquire); }
    void set_latest_seq(uint64_t seq) { latest_seq_.store(seq, std::memory_order_release); }  // commit
    // Makes commits up to `seq` visible to new transactions; never goes back.
    void publish_seq(uint64_t seq);

    // Definitions of a branch as of commit `seq`.
    catalog::CatalogState::Ptr catalog(BranchId branch, uint64_t seq) const;
    catalog::CatalogState::Ptr latest_catalog(BranchId branch) const;
    void set_catalog(BranchId branch, uint64_t seq, catalog::CatalogState::Ptr state);  // commit
    // Takes back definitions of commits from `seq` on.
    void forget_catalog_from(uint64_t seq);  // commit

    // Opens a view of `branch` at the newest visible commit; close_view() must follow.
    ReadView open_view(BranchId branch);
    void close_view(const ReadView& view);
    // No open or future view is older.
    uint64_t oldest_view() const;

    // Numbers that are never given twice.
    ObjectId new_object_id();
    uint64_t new_file_number() { return next_file_number_.fetch_add(1); }
    // `count` row counters of a table; returns the first.
    uint64_t new_row_counters(ObjectId table, uint64_t count);
    void reserve_row_counters(ObjectId table, uint64_t below);  // recovery: all counters below are taken
    void reserve_object_ids(uint32_t below);
    void reserve_file_numbers(uint64_t below);
    uint32_t next_object_number() const { return next_object_number_.load(); }
    uint64_t next_file_number() const { return next_file_number_.load(); }
    std::vector<std::pair<ObjectId, uint64_t>> row_counters() const;

    // Draws the next value. kSequenceLimit at the end of a sequence that does not cycle.
    Result<int64_t> draw(ObjectId sequence, const catalog::SequenceDefinition& definition, const std::string& name);
    std::optional<SequencePosition> sequence_position(ObjectId sequence) const;
    std::vector<SequencePosition> sequence_positions() const;
    void set_sequence_position(const SequencePosition& position);

    // Remembers that commit `seq` ended `locator`, to take it out of the indexes once no view can see it.
    void note_dead(uint64_t seq, ObjectId table, Locator locator);  // commit
    Status collect_dead();                                          // commit
    // Takes back what was noted for commits from `seq` on.
    void forget_dead_from(uint64_t seq);  // commit
    // Makes what was noted name the rows of `table` where a rewrite has put them.
    void follow_moves(const BranchTable& table);  // commit

    // Files that no directory names any more, while the manifest or the log still do.
    void retire_files(std::vector<std::shared_ptr<const TableFile>> files);
    std::vector<std::shared_ptr<const TableFile>> retired_files() const;
    // They are named by nothing now.
    void forget_retired(const std::vector<std::shared_ptr<const TableFile>>& files);

    // Path of a table's file, e.g. <directory>/data/0000002a.arrow (.parquet), and of the directory of such files.
    std::string file_path(uint64_t number, Tier tier = Tier::kWarm) const;
    // All files that a table's file consists of.
    std::vector<std::string> paths_of(const TableFile& file) const;
    // Opens the file that `file` describes; a history file must hold ends. kNotFound, kIo, kCorruption.
    Result<std::shared_ptr<ChunkFile>> open_file(const TableFile& file,
                                                 const std::shared_ptr<const StoredSchema>& schema);
    std::string data_directory() const;

   private:
    struct DeadRow {
        uint64_t seq;
        ObjectId table;
        Locator locator;
    };
    struct CatalogHistory {
        std::vector<std::pair<uint64_t, catalog::CatalogState::Ptr>> states;  // ascending by seq
    };

    const std::shared_ptr<Disk> disk_;
    const StoreOptions options_;
    KeySorter key_sorter_;
    std::mutex commit_mutex_;

    mutable std::mutex tables_mutex_;
    std::map<std::pair<ObjectId, BranchId>, std::unique_ptr<BranchTable>> tables_;
    std::unordered_map<ObjectId, uint64_t> next_row_counter_;  // guarded by tables_mutex_

    std::atomic<uint64_t> visible_seq_{0};
    std::atomic<uint64_t> latest_seq_{0};
    std::atomic<uint32_t> next_object_number_{catalog::kFirstUserObject};
    std::atomic<uint64_t> next_file_number_{1};

    mutable std::mutex catalog_mutex_;
    std::map<BranchId, CatalogHistory> catalogs_;

    mutable std::mutex views_mutex_;
    std::multiset<uint64_t> open_views_;

    mutable std::mutex sequences_mutex_;
    std::map<ObjectId, SequencePosition> sequences_;

    std::deque<DeadRow> dead_rows_;  // commit_mutex_

    mutable std::mutex retired_mutex_;
    std::vector<std::shared_ptr<const TableFile>> retired_;
};

}  // namespace kodiak::storage
