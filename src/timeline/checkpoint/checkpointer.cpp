#include "timeline/checkpoint/checkpointer.hpp"

#include <algorithm>

namespace kodiak::timeline {
namespace {

// Shorter runs of full chunks stay in the manifest: a file for a few thousand rows is not worth its name.
constexpr size_t kLeastWarmChunks = 15;

}  // namespace

Result<Checkpointer::Capture> Checkpointer::capture() {
    const std::lock_guard guard(store_.commit_mutex());
    KODIAK_TRY(pipeline_.heal());
    KODIAK_TRY_ASSIGN(const storage::Lsn from, log_.start_new_file());
    // Everything appended is durable now, so every commit made may be seen.
    store_.publish_seq(store_.latest_seq());
    const TimelineState& state = pipeline_.state();
    Capture capture;
    capture.head = {.origin = store_.origin(),
                    .log_id = state_.log_id,
                    .log_from = from.value,
                    .seq = store_.latest_seq(),
                    .last_timestamp = state.last_timestamp,
                    .next_object = store_.next_object_number(),
                    .next_file = 0,
                    .heads = state.heads,
                    .history_bytes = 0,
                    .history_commits = store_.latest_seq(),
                    .row_counters = store_.row_counters(),
                    .sequences = store_.sequence_positions()};
    capture.entries = history_.unsaved();
    capture.retired = store_.retired_files();
    for (storage::BranchTable* table : store_.tables()) {
        if (table->directory()->size() > 0) {
            capture.tables.push_back(storage::capture_table(*table, capture.head.seq));
        }
    }
    return capture;
}

Result<std::vector<std::pair<storage::BranchTable*, std::shared_ptr<const storage::TableFile>>>>
Checkpointer::write_files(Capture& capture) {
    std::vector<std::pair<storage::BranchTable*, std::shared_ptr<const storage::TableFile>>> files;
    KODIAK_TRY(store_.disk().create_directory(store_.data_directory()));
    for (storage::CapturedTable& table : capture.tables) {
        KODIAK_TRY_ASSIGN(const auto written, storage::write_warm_runs(store_, table, kLeastWarmChunks));
        for (const auto& file : written) {
            files.emplace_back(table.table, file);
        }
    }
    KODIAK_TRY(store_.disk().sync_directory(store_.data_directory()));
    return files;
}

Status Checkpointer::write_manifest(const Capture& capture) {
    Disk& disk = store_.disk();
    const std::string& directory = store_.options().directory;
    const std::string name = manifest_name(state_.manifest_number + 1);
    {
        KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk.open(directory + "/" + name, OpenMode::kCreateOrOpen));
        KODIAK_TRY(file->truncate(0));
        KODIAK_TRY(file->write(0, encode_manifest(capture.head, capture.tables)));
        KODIAK_TRY(file->sync());
    }
    KODIAK_TRY(disk.sync_directory(directory));
    return write_current(disk, directory, name);
}

// Neither the new manifest nor the log from its position on names them. Readers keep what they have mapped.
void Checkpointer::remove_retired(const Capture& capture) {
    for (const auto& file : capture.retired) {
        // Best effort: a file that stays is removed at the next open.
        for (const std::string& path : store_.paths_of(*file)) {
            (void)store_.disk().remove(path).ok();
        }
    }
    store_.forget_retired(capture.retired);
}

Status Checkpointer::checkpoint() {
    const std::lock_guard guard(mutex_);
    KODIAK_TRY_ASSIGN(Capture captured, capture());
    KODIAK_TRY_ASSIGN(const auto files, write_files(captured));
    captured.head.next_file = store_.next_file_number();
    KODIAK_TRY_ASSIGN(captured.head.history_bytes, history_.save(captured.entries));
    KODIAK_TRY(write_manifest(captured));
    state_.manifest_number += 1;
    history_.saved(captured.head.history_commits, captured.head.history_bytes);
    {
        const std::lock_guard commit_guard(store_.commit_mutex());
        for (const auto& [table, file] : files) {
            table->move_to_file(file);
        }
    }
    KODIAK_TRY(log_.retire_before(storage::Lsn{captured.head.log_from}));
    remove_retired(captured);
    if (state_.manifest_number > 1) {
        // Best effort: an old manifest that stays is removed at the next open.
        (void)store_.disk().remove(store_.options().directory + "/" + manifest_name(state_.manifest_number - 1)).ok();
    }
    return {};
}

void sweep(Disk& disk, const std::string& directory, const std::string& current, const std::set<std::string>& used) {
    const auto names = disk.list(directory);
    for (const std::string& name : names.ok() ? *names : std::vector<std::string>()) {
        if ((name.starts_with("manifest-") && name != current) || name == "CURRENT.new") {
            (void)disk.remove(directory + "/" + name).ok();
        }
    }
    const auto files = disk.list(directory + "/data");
    for (const std::string& name : files.ok() ? *files : std::vector<std::string>()) {
        const std::string path = directory + "/data/" + name;
        if (!used.contains(path)) {
            (void)disk.remove(path).ok();
        }
    }
}

}  // namespace kodiak::timeline
