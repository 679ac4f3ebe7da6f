#include <algorithm>
#include <numeric>

#include "storage/compaction/compaction.hpp"
#include "storage/hot/sealed_chunk.hpp"
#include "storage/rows/open_chunk.hpp"
#include "storage/warm/cold_file.hpp"

namespace kodiak::storage {
namespace {

// Rows on their way into files: dense chunks, sixty to a file.
class FileFiller {
   public:
    FileFiller(Store& store, const Chunk& like, bool is_history, const CompactionOptions& options)
        : store_(store),
          schema_(like.schema_ptr()),
          compression_(options.compression),
          origin_(like.row_id(0).origin),
          is_history_(is_history),
          tier_(options.to),
          cancelled_(options.cancelled) {}

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
        if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) {
            return make_error(ErrorCode::kCancelled, "compaction was stopped: the database is being closed");
        }
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
        files.push_back(std::move(file));  // also what is left of a file that failed is removed
        KODIAK_TRY(write_to(store_.file_path(files.back().number, tier_),
                            {.chunks = sealed, .with_row_ids = true, .with_created = true, .ends = ends_}));
        KODIAK_TRY_ASSIGN(files.back().file, store_.open_file(files.back(), schema_));
        if (tier_ == Tier::kCold) {
            // The codec is not ours: what it wrote counts when it reads back the same. Opened anew, without the values.
            KODIAK_TRY(files.back().file->verify());
            KODIAK_TRY_ASSIGN(files.back().file, store_.open_file(files.back(), schema_));
        }
        KODIAK_TRY(files.back().file->verify_columns({}));
        chunks_.clear();
        ends_.clear();
        return {};
    }

    Status write_to(const std::string& path, const WarmContent& content) {
        if (tier_ == Tier::kCold) {
            return write_cold_file(store_.disk(), path, content, *store_.options().codec, compression_);
        }
        const auto written = write_warm_file(store_.disk(), path, content);
        return written.ok() ? Status() : Status(written.error());
    }

    Store& store_;
    const std::shared_ptr<const StoredSchema> schema_;
    const std::string compression_;
    const OriginId origin_;
    const bool is_history_;
    const Tier tier_;
    const std::atomic<bool>* const cancelled_;
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
          rows_(store, *directory[job[0]].chunk, false, options),
          history_(store, *directory[job[0]].chunk, true, for_history(store, options)) {}

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
    // Closed versions are an archive: small counts for more than the first read.
    static CompactionOptions for_history(const Store& store, CompactionOptions options) {
        options.to = store.options().codec == nullptr ? Tier::kWarm : Tier::kCold;
        return options;
    }

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
    if (options.to == Tier::kCold && options.move_tier && store.options().codec == nullptr) {
        return make_error(ErrorCode::kUnsupported, "cannot move rows to the cold tier: no Parquet codec is plugged in");
    }
    CompactionOptions chosen = options;
    if (!options.move_tier) {
        const auto& file = directory[job[0]].file;
        chosen.to = file == nullptr ? Tier::kWarm : file->tier;
    }
    Rewriter rewriter(store, directory, job, horizon, chosen);
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
        for (const std::string& path : store.paths_of(file)) {
            (void)store.disk().remove(path).ok();
        }
    }
}

}  // namespace kodiak::storage
