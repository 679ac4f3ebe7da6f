#include "timeline/checkpoint/compactor.hpp"

#include <set>

#include "storage/compaction/layout_record.hpp"
#include "timeline/commit/log_records.hpp"

namespace kodiak::timeline {
namespace {

uint64_t bytes_of(const storage::ChunkDirectory& directory, const storage::CompactionJob& job) {
    std::set<const storage::TableFile*> files;
    uint64_t bytes = 0;
    for (const uint64_t number : job) {
        const storage::DirectoryEntry& entry = directory[number];
        if (entry.file == nullptr) {
            bytes += entry.chunk->memory_bytes();
        } else if (files.insert(entry.file.get()).second) {
            bytes += entry.file->file->bytes();
        }
    }
    return bytes;
}

void count(const storage::Rewrite& rewrite, CompactionReport& report) {
    ++report.rewrites;
    for (const storage::TableFile& file : rewrite.files) {
        ++report.files_written;
        report.bytes_after += file.file->bytes();
        (file.is_history ? report.history_rows : report.rows) += file.file->rows();
    }
}

}  // namespace

Result<CompactionReport> Compactor::compact(storage::BranchTable& table, const storage::CompactionOptions& options,
                                            bool seal) {
    const std::unique_lock<std::mutex> exclusive = checkpointer_.keep_out();
    storage::BranchTable::PinnedLayout layout;
    uint64_t horizon = 0;
    {
        const std::lock_guard guard(store_.commit_mutex());
        if (seal) {
            table.seal_open_chunk();
        }
        layout = table.pin_layout();
        horizon = store_.oldest_view();
    }
    CompactionReport report;
    const Status done = [&]() -> Status {
        for (const storage::CompactionJob& job : storage::plan_compaction(*layout.directory, horizon, options)) {
            KODIAK_TRY(store_.disk().create_directory(store_.data_directory()));
            KODIAK_TRY_ASSIGN(storage::Rewrite rewrite,
                              storage::write_rewrite(store_, *layout.directory, job, horizon, options));
            report.bytes_before += bytes_of(*layout.directory, job);
            count(rewrite, report);
            const std::vector<storage::TableFile> files = rewrite.files;
            const Status published = publish(table, std::move(rewrite));
            if (!published.ok()) {
                storage::remove_files(store_, files);
                return published;
            }
        }
        return {};
    }();
    table.unpin_layout(layout.version);
    return done.ok() ? Result<CompactionReport>(report) : Result<CompactionReport>(done.error());
}

Status Compactor::publish(storage::BranchTable& table, storage::Rewrite rewrite) {
    KODIAK_TRY(store_.disk().sync_directory(store_.data_directory()));
    const std::lock_guard guard(store_.commit_mutex());
    KODIAK_TRY(pipeline_.heal());
    // What was applied must not be taken back at places that are gone.
    KODIAK_TRY(log_.flush());
    store_.publish_seq(store_.latest_seq());
    KODIAK_TRY(store_.collect_dead());
    (void)log_.append(kLayoutRecordType, storage::encode_layout(table, rewrite));
    const Status durable = log_.flush();
    if (!durable.ok()) {
        (void)pipeline_.heal().ok();
        return durable;
    }
    return storage::apply_rewrite(store_, table, std::move(rewrite));
}

}  // namespace kodiak::timeline
