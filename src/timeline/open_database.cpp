// Opening and creating a database directory, and the DatabaseCore over it.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "catalog/system_tables.hpp"
#include "timeline/backup/data_files.hpp"
#include "timeline/check/consistency_check.hpp"
#include "timeline/checkpoint/checkpointer.hpp"
#include "timeline/checkpoint/compactor.hpp"
#include "timeline/checkpoint/replay.hpp"
#include "timeline/database_core.hpp"
#include "timeline/history/history_reader.hpp"
#include "timeline/upkeep/tier_upkeep.hpp"

namespace kodiak::timeline {
namespace {

using storage::StoreTransaction;

constexpr auto kUpkeepInterval = std::chrono::seconds(1);
// So many commits within an interval are a stream that upkeep does not disturb, for a minute at most.
constexpr uint64_t kBusyCommits = 1'000;
constexpr uint64_t kRoundsPutOffMost = 60;
// Decoded columns of cold files may take this share of the memory limit.
constexpr uint64_t kDecodedShare = 4;

// Everything of an open database, in the order in which it is taken down (last member first).
class OpenDatabase final : public DatabaseCore {
   public:
    OpenDatabase(Surroundings surroundings, std::string path, OpenOptions options)
        : surroundings_(std::move(surroundings)), path_(std::move(path)), options_(std::move(options)) {
        constexpr uint64_t kDefaultMemory = uint64_t{1} << 30;
        constexpr uint64_t kDefaultLogBytes = uint64_t{64} << 20;
        if (options_.memory_limit_bytes == 0) {
            options_.memory_limit_bytes = kDefaultMemory;
        }
        if (options_.checkpoint_log_bytes == 0) {
            options_.checkpoint_log_bytes = std::min(kDefaultLogBytes, options_.memory_limit_bytes / 2);
        }
    }

    ~OpenDatabase() override {
        {
            const std::lock_guard guard(background_mutex_);
            stopping_ = true;
        }
        if (upkeep_ != nullptr) {
            upkeep_->stop();
        }
        background_wake_.notify_all();
        background_done_.notify_all();
        if (background_.joinable()) {
            background_.join();
        }
        if (log_ != nullptr && !options_.synchronous) {
            (void)log_->flush().ok();
        }
    }

    Status open();
    // Paths of the files that manifest and log name.
    std::set<std::string> data_files() const;

    Result<std::unique_ptr<storage::Transaction>> begin(BranchId branch, bool read_only) override {
        return std::unique_ptr<storage::Transaction>(
            std::make_unique<StoreTransaction>(*store_, branch, read_only || options_.read_only));
    }

    Result<CommitOutcome> commit(std::unique_ptr<storage::Transaction> transaction,
                                 const CommitOptions& options) override {
        if (options_.read_only) {
            return CommitOutcome{};  // nothing can have been written
        }
        Result<CommitOutcome> outcome = pipeline_->commit(static_cast<StoreTransaction&>(*transaction), options);
        transaction.reset();
        wake_background_if_due();
        return outcome;
    }

    void rollback(std::unique_ptr<storage::Transaction> transaction) override {
        if (!options_.read_only) {
            // Values that were shown to somebody must not be given again; when the log refuses, nothing commits anyway.
            (void)pipeline_->keep_drawn_sequences(static_cast<StoreTransaction&>(*transaction)).ok();
        }
        transaction.reset();
    }

    Status checkpoint() override {
        if (options_.read_only) {
            return make_error(ErrorCode::kReadOnly, fmt::format("cannot checkpoint \"{}\": opened read-only", path_));
        }
        return checkpointer_->checkpoint();
    }

    Result<CompactionReport> compact(const CompactionRequest& request) override;

    Result<std::vector<CheckFinding>> check() override {
        return check_database(*store_, *history_, path_, store_->visible_seq());
    }

    std::vector<TableStatistics> table_statistics() override {
        std::vector<TableStatistics> all;
        for (const storage::BranchTable* table : store_->tables()) {
            if (table->directory()->scan_count() > 0 && catalog::find_system_table(table->table()) == nullptr) {
                all.push_back(statistics_of(*table, store_->visible_seq()));
            }
        }
        return all;
    }

    std::vector<TierMove> tier_moves() override {
        return upkeep_ == nullptr ? std::vector<TierMove>() : upkeep_->moves();
    }

    void settle() override {
        if (options_.read_only) {
            return;
        }
        std::unique_lock lock(background_mutex_);
        const uint64_t wanted = ++rounds_wanted_;
        background_wake_.notify_all();
        background_done_.wait(lock, [&] { return rounds_done_ >= wanted || stopping_; });
    }

    History& history() override { return *history_reader_; }
    const std::string& path() const override { return path_; }
    bool read_only() const override { return options_.read_only; }

    uint64_t bytes_on_disk() override {
        uint64_t bytes = log_ != nullptr ? log_->bytes_on_disk() : 0;
        std::set<const storage::TableFile*> seen;
        for (storage::BranchTable* table : store_->tables()) {
            (void)table->directory()->for_each([&](uint64_t, const storage::DirectoryEntry& entry) -> Status {
                if (entry.file != nullptr && seen.insert(entry.file.get()).second) {
                    bytes += entry.file->file->bytes();
                }
                return {};
            });
        }
        return bytes;
    }

    uint64_t bytes_in_memory() override {
        uint64_t bytes = 0;
        for (storage::BranchTable* table : store_->tables()) {
            bytes += table->hot_bytes() + table->index_bytes();
        }
        return bytes;
    }

   private:
    Status prepare_directory(bool* fresh);
    Status create();
    Status refuse_commits_without_current();
    Status load();
    Status finish_open();
    Status ensure_main_schema();
    void wake_background_if_due() {
        if (log_->bytes_on_disk() >= options_.checkpoint_log_bytes + log_bytes_at_checkpoint_) {
            const std::lock_guard guard(background_mutex_);
            checkpoint_due_ = true;
            background_wake_.notify_one();
        }
    }
    void run_background();

    Surroundings surroundings_;
    std::string path_;
    OpenOptions options_;
    std::unique_ptr<FileLock> lock_;
    std::unique_ptr<storage::Store> store_;
    std::unique_ptr<storage::Log> log_;
    std::unique_ptr<CommitHistory> history_;
    std::unique_ptr<HistoryReader> history_reader_;
    std::unique_ptr<CommitPipeline> pipeline_;
    std::unique_ptr<Checkpointer> checkpointer_;
    std::unique_ptr<Compactor> compactor_;
    std::unique_ptr<TierUpkeep> upkeep_;
    std::string current_;

    std::mutex background_mutex_;
    std::condition_variable background_wake_;
    bool stopping_ = false;        // guarded by background_mutex_
    bool checkpoint_due_ = false;  // guarded by background_mutex_
    std::condition_variable background_done_;
    uint64_t rounds_wanted_ = 0;   // guarded by background_mutex_
    uint64_t rounds_done_ = 0;     // guarded by background_mutex_
    std::atomic<uint64_t> log_bytes_at_checkpoint_{0};
    uint64_t seq_at_round_ = 0;    // background thread
    uint64_t rounds_put_off_ = 0;  // background thread
    std::thread background_;
};

// Names that a Kodiak directory may hold before CURRENT is there: what an interrupted creation leaves.
bool may_be_half_made(const std::string& name) {
    return name == "LOCK" || name == "log" || name == "tmp" || name == "CURRENT.new" || name == manifest_name(1);
}

// Names that come to be only after CURRENT.
bool is_of_a_database(const std::string& name) {
    return name == "data" || name == "history" || name.starts_with("manifest-");
}

Error current_is_missing(const std::string& path) {
    return make_error(ErrorCode::kCorruption,
                      fmt::format("cannot open database \"{}\": its file CURRENT is missing", path))
        .with_detail("The directory holds committed data; nothing was changed.")
        .with_hint("Restore the database from a backup.");
}

Status OpenDatabase::prepare_directory(bool* fresh) {
    Disk& disk = *surroundings_.disk;
    if (path_.empty()) {
        return make_error(ErrorCode::kNotFound, "cannot open a database: its path is empty");
    }
    KODIAK_TRY_ASSIGN(const bool exists, disk.exists(path_));
    if (!exists) {
        if (options_.read_only || !options_.create_if_missing) {
            return make_error(ErrorCode::kNotFound,
                              fmt::format("cannot open database \"{}\": it does not exist", path_));
        }
        KODIAK_TRY(disk.create_directory(path_));
    }
    KODIAK_TRY_ASSIGN(const bool is_directory, disk.is_directory(path_));
    if (!is_directory) {
        return make_error(ErrorCode::kNotADatabase,
                          fmt::format("cannot open \"{}\": it is a file, a Kodiak database is a directory", path_));
    }
    KODIAK_TRY_ASSIGN(const bool has_current, disk.exists(path_ + "/CURRENT"));
    *fresh = !has_current;
    if (has_current) {
        return {};
    }
    KODIAK_TRY_ASSIGN(const std::vector<std::string> names, disk.list(path_));
    for (const std::string& name : names) {
        if (!may_be_half_made(name) && is_of_a_database(name)) {
            return current_is_missing(path_);
        }
        if (!may_be_half_made(name)) {
            return make_error(ErrorCode::kNotADatabase,
                              fmt::format("cannot open \"{}\": it is not a Kodiak database", path_))
                .with_detail(fmt::format("The directory holds \"{}\" and no CURRENT file.", name))
                .with_hint("Name a new or empty directory, or an existing database.");
        }
    }
    if (options_.read_only) {
        KODIAK_TRY(refuse_commits_without_current());
        return make_error(ErrorCode::kNotADatabase,
                          fmt::format("cannot open \"{}\" read-only: no database was created there yet", path_));
    }
    return {};
}

// Commits follow CURRENT: where a log holds some, CURRENT was lost and not yet to come.
Status OpenDatabase::refuse_commits_without_current() {
    Disk& disk = *surroundings_.disk;
    const std::string manifest_path = path_ + "/" + manifest_name(1);
    const auto bytes = read_file(disk, manifest_path);
    if (!bytes.ok()) {
        return {};
    }
    const auto manifest = decode_manifest(*bytes, manifest_path);
    uint64_t records = 0;
    if (manifest.ok()) {
        (void)storage::Log::replay_read_only(disk, path_ + "/log", manifest->head.log_id,
                                             storage::Lsn{manifest->head.log_from},
                                             [&](storage::Lsn, storage::LogRecord) { return ++records, Status(); })
            .ok();
    }
    return records > 0 ? Status(current_is_missing(path_)) : Status();
}

// Writes the manifest of an empty database. An interrupted creation is begun anew.
Status OpenDatabase::create() {
    Disk& disk = *surroundings_.disk;
    KODIAK_TRY(refuse_commits_without_current());
    KODIAK_TRY(disk.create_directory(path_ + "/log"));
    KODIAK_TRY_ASSIGN(const std::vector<std::string> leftovers, disk.list(path_ + "/log"));
    for (const std::string& name : leftovers) {
        KODIAK_TRY(disk.remove(path_ + "/log/" + name));
    }
    ManifestHead head;
    head.origin = OriginId(surroundings_.random->next_u64());
    head.log_id = surroundings_.random->next_u64() | 1;
    head.next_object = catalog::kFirstUserObject;
    head.heads[kMainBranch] = {"main", Hash256{}};
    {
        KODIAK_TRY_ASSIGN(const auto log, storage::Log::create(surroundings_.disk, path_ + "/log", head.log_id,
                                                               storage::LogOptions{}));
        head.log_from = log->end().value;
    }
    {
        KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file,
                          disk.open(path_ + "/" + manifest_name(1), OpenMode::kCreateOrOpen));
        KODIAK_TRY(file->truncate(0));
        KODIAK_TRY(file->write(0, encode_manifest(head, {})));
        KODIAK_TRY(file->sync());
    }
    KODIAK_TRY(disk.sync_directory(path_));
    return write_current(disk, path_, manifest_name(1));
}

// Loads manifest and log.
Status OpenDatabase::load() {
    Disk& disk = *surroundings_.disk;
    KODIAK_TRY_ASSIGN(current_, read_current(disk, path_));
    const std::string manifest_path = path_ + "/" + current_;
    KODIAK_TRY_ASSIGN(const std::string bytes, read_file(disk, manifest_path));
    KODIAK_TRY_ASSIGN(const OpenedManifest manifest, decode_manifest(bytes, manifest_path));
    const ManifestHead& head = manifest.head;
    store_ = std::make_unique<storage::Store>(
        surroundings_.disk, storage::StoreOptions{path_, head.origin, options_.memory_limit_bytes, options_.read_only,
                                                  surroundings_.codec});
    store_->reserve_object_ids(head.next_object);
    store_->reserve_file_numbers(head.next_file);
    for (const auto& [table, next] : head.row_counters) {
        store_->reserve_row_counters(table, next);
    }
    for (const storage::SequencePosition& position : head.sequences) {
        store_->set_sequence_position(position);
    }
    ByteReader tables(manifest.tables);
    for (uint64_t i = 0; i < manifest.table_count; ++i) {
        KODIAK_TRY(storage::read_table_image(tables, *store_, head.seq, manifest.version));
    }
    store_->set_latest_seq(head.seq);
    store_->publish_seq(head.seq);
    for (const auto& [branch, branch_head] : head.heads) {
        KODIAK_TRY_ASSIGN(auto catalog, catalog_of_rows(store_->table(catalog::kObjectsTable, branch)));
        store_->set_catalog(branch, head.seq, std::move(catalog));
    }
    history_ = std::make_unique<CommitHistory>(surroundings_.disk, path_, head.origin);
    history_reader_ = std::make_unique<HistoryReader>(*store_, *history_);
    KODIAK_TRY(history_->load(head.history_commits, head.history_bytes, options_.read_only));
    TimelineState state{head.heads, head.last_timestamp};
    Replayer replayer(*store_, *history_, state);
    const auto visit = [&](storage::Lsn, storage::LogRecord record) { return replayer.apply(record); };
    if (options_.read_only) {
        KODIAK_TRY(storage::Log::replay_read_only(disk, path_ + "/log", head.log_id, storage::Lsn{head.log_from},
                                                  visit));
        return {};
    }
    storage::LogOptions log_options;
    log_options.synchronous = options_.synchronous;
    KODIAK_TRY_ASSIGN(log_, storage::Log::open(surroundings_.disk, path_ + "/log", head.log_id, log_options,
                                               storage::Lsn{head.log_from}, visit));
    pipeline_ = std::make_unique<CommitPipeline>(*store_, *log_, *history_, surroundings_.clock,
                                                 surroundings_.random, options_.synchronous, std::move(state));
    const uint64_t number = std::stoull(current_.substr(current_.find('-') + 1), nullptr, 16);
    checkpointer_ = std::make_unique<Checkpointer>(*store_, *log_, *pipeline_, *history_,
                                                   CheckpointState{head.log_id, number});
    compactor_ = std::make_unique<Compactor>(*store_, *log_, *pipeline_, *checkpointer_);
    upkeep_ = std::make_unique<TierUpkeep>(*store_, *compactor_, surroundings_.clock);
    return {};
}

Status OpenDatabase::ensure_main_schema() {
    if (store_->latest_catalog(kMainBranch)->find(catalog::kMainSchema) != nullptr) {
        return {};
    }
    StoreTransaction transaction(*store_, kMainBranch, false);
    catalog::CatalogObject schema;
    schema.id = catalog::kMainSchema;
    schema.kind = catalog::ObjectKind::kSchema;
    schema.name = "main";
    schema.definition = catalog::SchemaDefinition{};
    KODIAK_TRY(transaction.put_object(std::move(schema)));
    CommitOptions options;
    options.message = "create database";
    const auto outcome = pipeline_->commit(transaction, options);
    return outcome.ok() ? Status() : Status(outcome.error());
}

std::set<std::string> OpenDatabase::data_files() const {
    std::set<std::string> used;
    const auto paths_of = [this](const storage::TableFile& file) {
        const std::vector<std::string> paths = store_->paths_of(file);
        return std::set<std::string>(paths.begin(), paths.end());
    };
    for (storage::BranchTable* table : store_->tables()) {
        (void)table->directory()->for_each([&](uint64_t, const storage::DirectoryEntry& entry) -> Status {
            if (entry.file != nullptr) {
                used.merge(paths_of(*entry.file));
            }
            return {};
        });
    }
    // The manifest names these still: the next opening would look for them.
    for (const auto& file : store_->retired_files()) {
        used.merge(paths_of(*file));
    }
    return used;
}

Status OpenDatabase::finish_open() {
    sweep(*surroundings_.disk, path_, current_, data_files());
    KODIAK_TRY(ensure_main_schema());
    background_ = std::thread([this] { run_background(); });
    return {};
}

Result<CompactionReport> OpenDatabase::compact(const CompactionRequest& request) {
    if (options_.read_only) {
        return make_error(ErrorCode::kReadOnly, fmt::format("cannot compact \"{}\": opened read-only", path_));
    }
    storage::CompactionOptions options;
    options.least_waste = request.thorough ? 0 : options.least_waste;
    options.move_tier = request.target != CompactionRequest::Target::kSame;
    options.to = request.target == CompactionRequest::Target::kCold ? storage::Tier::kCold : storage::Tier::kWarm;
    CompactionReport total;
    bool found = request.table == kNoObject;
    for (storage::BranchTable* table : store_->tables()) {
        const bool wanted = request.table == kNoObject || request.table == table->table();
        if (!wanted || catalog::find_system_table(table->table()) != nullptr || table->directory()->scan_count() == 0) {
            found = found || wanted;
            continue;
        }
        found = true;
        KODIAK_TRY_ASSIGN(const CompactionReport report,
                          upkeep_->carry_out(*table, options, request.thorough, "asked for"));
        total.rewrites += report.rewrites;
        total.files_written += report.files_written;
        total.rows += report.rows;
        total.history_rows += report.history_rows;
        total.bytes_before += report.bytes_before;
        total.bytes_after += report.bytes_after;
    }
    if (!found && store_->latest_catalog(kMainBranch)->find(request.table) == nullptr) {
        return make_error(ErrorCode::kUndefinedTable,
                          fmt::format("cannot compact table {}: it does not exist", request.table.value));
    }
    return total;
}

void OpenDatabase::run_background() {
    std::unique_lock lock(background_mutex_);
    while (!stopping_) {
        background_wake_.wait_for(lock, kUpkeepInterval,
                                  [&] { return stopping_ || checkpoint_due_ || rounds_wanted_ > rounds_done_; });
        if (stopping_) {
            return;
        }
        const bool was_asked = rounds_wanted_ > rounds_done_;
        const uint64_t wanted = rounds_wanted_;
        bool checkpoints = std::exchange(checkpoint_due_, false);
        lock.unlock();
        // Beside a stream of commits the upkeep waits for quieter moments, but not for ever.
        const uint64_t commits = store_->latest_seq() - std::exchange(seq_at_round_, store_->latest_seq());
        const bool is_busy = commits > kBusyCommits && ++rounds_put_off_ < kRoundsPutOffMost;
        if (was_asked || !is_busy) {
            rounds_put_off_ = 0;
            checkpoints = upkeep_->round() || checkpoints;
            upkeep_->trim_cold(options_.memory_limit_bytes / kDecodedShare);
        }
        if (checkpoints) {
            const Status done = checkpointer_->checkpoint();
            // After a failure the next attempt waits for as much log again; the log simply stays.
            log_bytes_at_checkpoint_.store(done.ok() ? 0 : log_->bytes_on_disk());
        }
        lock.lock();
        rounds_done_ = std::max(rounds_done_, wanted);
        background_done_.notify_all();
    }
}

// What load() does not find is a part of the database, not the database.
static Status damage_when_missing(Status loaded) {
    if (!loaded.ok() && loaded.error().code == ErrorCode::kNotFound) {
        loaded.error().code = ErrorCode::kCorruption;
        loaded.error().with_hint("Restore the database from a backup.");
    }
    return loaded;
}

Status OpenDatabase::open() {
    bool fresh = false;
    KODIAK_TRY(prepare_directory(&fresh));
    if (!options_.read_only) {
        const std::string owner = describe_lock_owner(surroundings_.clock->now());
        auto locked = surroundings_.disk->lock(path_ + "/LOCK", owner);
        if (!locked.ok()) {
            const bool is_held = locked.error().code == ErrorCode::kLocked;
            return is_held ? locked.error().with_hint("End that process, or open the database read-only.")
                           : locked.error();
        }
        lock_ = std::move(*locked);
        // Another process may have created it since.
        KODIAK_TRY_ASSIGN(const bool has_current, surroundings_.disk->exists(path_ + "/CURRENT"));
        if (!has_current) {
            KODIAK_TRY(create());
        }
        KODIAK_TRY(damage_when_missing(load()));
        // A process that was killed may have left CURRENT's new name in the page cache only. From here on commits and
        // the removal of older files build upon it.
        KODIAK_TRY(surroundings_.disk->sync_directory(path_));
        return finish_open();
    }
    constexpr int kAttempts = 10;
    for (int attempt = 1;; ++attempt) {
        const Status loaded = damage_when_missing(load());
        if (loaded.ok() || attempt == kAttempts) {
            return loaded;
        }
        // A writer's checkpoint may have taken away what was being read; then a newer manifest names the rest.
        const auto newest = read_current(*surroundings_.disk, path_);
        if (!newest.ok() || *newest == current_) {
            return loaded;
        }
    }
}

}  // namespace

Surroundings Surroundings::real() { return {make_real_disk(), make_system_clock(), make_system_random()}; }

Result<std::vector<std::string>> data_files_of(const Surroundings& surroundings, const std::string& directory) {
    OpenOptions options;
    options.read_only = true;
    OpenDatabase database(surroundings, directory, options);
    KODIAK_TRY(database.open());
    const std::set<std::string> files = database.data_files();
    return std::vector<std::string>(files.begin(), files.end());
}

Result<std::unique_ptr<DatabaseCore>> DatabaseCore::open(Surroundings surroundings, const std::string& path,
                                                         const OpenOptions& options) {
    std::string directory = path;
    while (directory.size() > 1 && directory.back() == '/') {
        directory.pop_back();
    }
    auto database = std::make_unique<OpenDatabase>(std::move(surroundings), std::move(directory), options);
    KODIAK_TRY(database->open());
    return std::unique_ptr<DatabaseCore>(std::move(database));
}

}  // namespace kodiak::timeline
