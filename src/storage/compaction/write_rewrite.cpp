#include <algorithm>
#include <numeric>

#include "storage/compaction/compaction.hpp"
#include "storage/hot/sealed_chunk.hpp"
#include "storage/rows/open_chunk.hpp"
#include "storage/warm/warm_file.hpp"

namespace kodiak::storage {
namespace {

// Rows on their way into files: dense chunks, sixty to a file.
class FileFiller {
   public:
    FileFiller(Store& store, std::shared_ptr<const StoredSchema> schema, OriginId origin, bool is_history, Tier tier)
        : store_(store), schema_(std::move(schema)), origin_(origin), is_history_(is_history), tier_(tier) {}

    // Adds rows of one chunk; `ends` goes with history.
    Status add(const Chunk& source, const uint32_t* slots, size_t count, const uint64_t* ends) {
        for (size_t done = 0; done < count;) {
            if (open_ == nullptr) {
                open_ = OpenChunk::make(schema_, origin_, static_cast<uint32_t>(kRowsPerChunk));
            }
            const uint32_t at = open_->filled();
            const uint32_t taken = open_->append_from(source, slots + done, count - done);
            for (uint32_t i = 0; i < taken; ++i) {
                open_->set_row(at + i, source.row_id(slots[done + i]).counter, source.created(slots[done + i]));
                if (is_history_) {
                    ends_.push_back(ends[done + i]);
                }
            }
            done += taken;
            if (open_->is_full()) {
                KODIAK_TRY(close_chunk());
            }
        }
        return {};
    }

    Status finish() {
        KODIAK_TRY(close_chunk());
        return chunks_.empty() ? Status() : write_file();
    }

    std::vector<TableFile> files;

   private:
    Status close_chunk() {
        if (open_ == nullptr) {
            return {};
        }
        uint64_t least = UINT64_MAX;
        uint64_t most = 0;
        for (uint32_t slot = 0; slot < open_->filled(); ++slot) {
            least = std::min(least, open_->created(slot));
            most = std::max(most, open_->created(slot));
        }
        open_->publish(open_->filled(), least, most);
        chunks_.push_back(std::move(open_));
        open_ = nullptr;
        return chunks_.size() == kFileChunks ? write_file() : Status();
    }

    Status write_file() {
        std::vector<const Chunk*> run;
        for (const auto& chunk : chunks_) {
            run.push_back(chunk.get());
        }
        const std::vector<std::shared_ptr<const Chunk>> sealed = seal_run(run);
        TableFile file{.number = store_.new_file_number(),
                       .tier = tier_,
                       .with_row_ids = true,
                       .with_created = true,
                       .is_history = is_history_,
                       .numbering = {origin_, 0, 0},
                       .first_chunk = 0,
                       .chunks = static_cast<uint32_t>(sealed.size()),
                       .file = nullptr};
        const auto written = write_warm_file(store_.disk(), store_.file_path(file.number, tier_),
                                             {.chunks = sealed, .with_row_ids = true, .with_created = true,
                                              .ends = ends_});
        files.push_back(std::move(file));  // also what is left of a file that failed is removed
        if (!written.ok()) {
            return written.error();
        }
        KODIAK_TRY_ASSIGN(files.back().file, store_.open_file(files.back(), schema_));
        KODIAK_TRY(files.back().file->verify_columns({}));
        chunks_.clear();
        ends_.clear();
        return {};
    }

    Store& store_;
    const std::shared_ptr<const StoredSchema> schema_;
    const OriginId origin_;
    const bool is_history_;
    const Tier tier_;
    std::shared_ptr<OpenChunk> open_;
    std::vector<std::shared_ptr<const Chunk>> chunks_;
    std::vector<uint64_t> ends_;
};

struct EndedVersion {
    uint64_t end = 0;
    uint64_t counter = 0;  // makes the order of one commit's versions the same each time
    uint32_t source = 0;
    uint32_t slot = 0;
    auto operator<=>(const EndedVersion&) const = default;
};

// What becomes of the rows of one job.
class Rewriter {
   public:
    Rewriter(Store& store, const ChunkDirectory& directory, const CompactionJob& job, uint64_t horizon,
             const CompactionOptions& options)
        : directory_(directory),
          job_(job),
          horizon_(horizon),
          options_(options),
          rows_(store, schema(), origin(), false, options.to),
          history_(store, schema(), origin(), true, Tier::kWarm) {}

    Status run() {
        for (uint32_t i = 0; i < job_.size(); ++i) {
            const DirectoryEntry& entry = directory_[job_[i]];
            KODIAK_TRY(verify_columns(entry, entry.chunk->schema().ids));
            KODIAK_TRY(sort_out(i, entry));
        }
        KODIAK_TRY(rows_.finish());
        std::sort(ended_.begin(), ended_.end());
        for (const EndedVersion& version : ended_) {
            KODIAK_TRY(history_.add(*directory_[job_[version.source]].chunk, &version.slot, 1, &version.end));
        }
        return history_.finish();
    }

    Rewrite take() {
        rewrite_.files = std::move(rows_.files);
        rewrite_.files.insert(rewrite_.files.end(), std::make_move_iterator(history_.files.begin()),
                              std::make_move_iterator(history_.files.end()));
        return std::move(rewrite_);
    }

   private:
    const std::shared_ptr<const StoredSchema>& schema() const { return directory_[job_[0]].chunk->schema_ptr(); }
    OriginId origin() const { return directory_[job_[0]].chunk->row_id(0).origin; }

    Status sort_out(uint32_t source, const DirectoryEntry& entry) {
        const Chunk& chunk = *entry.chunk;
        const ChunkEnds* ends = entry.state->ends();
        RewriteSource& described = rewrite_.sources.emplace_back();
        described.chunk = job_[source];
        slots_.clear();
        for (uint32_t slot = 0; slot < chunk.count(); ++slot) {
            const uint64_t end = ends == nullptr ? 0 : ends->end(slot);
            const uint64_t created = chunk.created(slot);
            if (end != 0 && end == created) {
                continue;  // its commit failed at the log
            }
            if (end != 0 && end <= horizon_) {
                if (options_.pins == nullptr || !options_.pins->may_drop(created, end)) {
                    ended_.push_back({end, chunk.row_id(slot).counter, source, slot});
                }
                continue;
            }
            if (!described.kept.empty() && described.kept.back().slot + described.kept.back().count == slot) {
                ++described.kept.back().count;
            } else {
                described.kept.push_back({slot, 1});
            }
            slots_.push_back(slot);
        }
        return rows_.add(chunk, slots_.data(), slots_.size(), nullptr);
    }

    const ChunkDirectory& directory_;
    const CompactionJob& job_;
    const uint64_t horizon_;
    const CompactionOptions& options_;
    FileFiller rows_;
    FileFiller history_;
    Rewrite rewrite_;
    std::vector<EndedVersion> ended_;
    std::vector<uint32_t> slots_;
};

}  // namespace

Result<Rewrite> write_rewrite(Store& store, const ChunkDirectory& directory, const CompactionJob& job,
                              uint64_t horizon, const CompactionOptions& options) {
    Rewriter rewriter(store, directory, job, horizon, options);
    const Status written = rewriter.run();
    Rewrite rewrite = rewriter.take();
    if (!written.ok()) {
        remove_files(store, rewrite.files);
        return written.error();
    }
    return rewrite;
}

void remove_files(Store& store, std::span<const TableFile> files) {
    for (const TableFile& file : files) {
        // Best effort: what stays is named by nothing and swept at the next opening.
        (void)store.disk().remove(store.file_path(file.number, file.tier)).ok();
    }
}

}  // namespace kodiak::storage
