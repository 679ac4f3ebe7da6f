// The part of BranchTable that changes its layout.

#include <algorithm>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "storage/table/branch_table.hpp"

namespace kodiak::storage {
namespace {

Error misfit(const std::string& what) {
    return make_error(ErrorCode::kCorruption, "a change of layout does not fit its table: " + what);
}

// The rows of the new chunks must follow each other without gaps: only the last chunk may have room left.
Status check_dense(const Rewrite& rewrite, uint64_t kept) {
    uint64_t rows = 0;
    bool has_history = false;
    for (const TableFile& file : rewrite.files) {
        if (file.is_history) {
            has_history = true;
            continue;
        }
        if (has_history || rows % kRowsPerChunk != 0) {
            return misfit("its files are out of order");
        }
        rows += file.file->rows();
    }
    return rows == kept ? Status() : Status(misfit(fmt::format("{} rows stay, its files hold {}", kept, rows)));
}

}  // namespace

BranchTable::PinnedLayout BranchTable::pin_layout() {
    const std::lock_guard guard(directory_mutex_);
    pinned_layouts_.insert(layout_);
    return {directory_, layout_};
}

void BranchTable::unpin_layout(uint64_t version) {
    const std::lock_guard guard(directory_mutex_);
    const auto found = pinned_layouts_.find(version);
    KODIAK_ASSERT(found != pinned_layouts_.end());
    pinned_layouts_.erase(found);
    forget_moves();
}

uint64_t BranchTable::layout_version() const {
    const std::lock_guard guard(directory_mutex_);
    return layout_;
}

void BranchTable::forget_moves() {
    if (moved_.empty()) {
        return;
    }
    const uint64_t oldest = pinned_layouts_.empty() ? layout_ : *pinned_layouts_.begin();
    std::erase_if(moved_, [&](const auto& entry) { return entry.second.layout <= oldest; });
}

std::optional<Locator> BranchTable::locate(Locator old) const {
    const std::lock_guard guard(directory_mutex_);
    for (auto moved = moved_.find(old.chunk()); moved != moved_.end(); moved = moved_.find(old.chunk())) {
        const auto& runs = moved->second.runs;
        const auto after = std::upper_bound(runs.begin(), runs.end(), old.slot(),
                                            [](uint32_t slot, const auto& run) { return slot < run.slot; });
        if (after == runs.begin() || old.slot() >= std::prev(after)->slot + std::prev(after)->count) {
            return std::nullopt;
        }
        old = Locator(std::prev(after)->first.value + (old.slot() - std::prev(after)->slot));
    }
    return old;
}

bool BranchTable::reopen_file(const TableFile& old, TableFile opened) {
    ChunkDirectory::Ptr next = directory();
    if ((*next)[old.first_chunk].file.get() != &old) {
        return false;
    }
    opened.first_chunk = old.first_chunk;
    opened.chunks = old.chunks;
    const auto shared = std::make_shared<const TableFile>(std::move(opened));
    for (uint32_t i = 0; i < shared->chunks; ++i) {
        next = next->with_replaced(old.first_chunk + i, shared->file->chunks()[i], shared,
                                   old.is_history ? state_of(*shared, i) : nullptr);
    }
    swap_directory(std::move(next));
    return true;
}

void BranchTable::seal_open_chunk() {
    if (tail_ != nullptr && tail_->count() > 0) {
        seal_tail();
    }
}

Result<std::vector<MovedChunk>> BranchTable::plan_moves(const Rewrite& rewrite) const {
    const ChunkDirectory::Ptr now = directory();
    uint64_t place = 0;
    while (place < now->scan_count() && now->scan_number(place) != rewrite.sources.front().chunk) {
        ++place;
    }
    std::vector<MovedChunk> moves;
    // Slots are the lowest bits of a locator and chunks the next: places follow each other as numbers do.
    const Locator first(branch_, kRewrittenChunks + now->rewritten_size(), 0);
    uint64_t kept = 0;
    for (const RewriteSource& source : rewrite.sources) {
        if (place >= now->scan_count() || now->scan_number(place++) != source.chunk) {
            return misfit(fmt::format("chunk {} is not where it should be", source.chunk));
        }
        MovedChunk& moved = moves.emplace_back();
        moved.layout = layout_ + 1;
        uint64_t next = 0;
        for (const SlotRun& run : source.kept) {
            if (run.slot < next || run.count == 0 ||
                uint64_t{run.slot} + run.count > (*now)[source.chunk].chunk->count()) {
                return misfit(fmt::format("chunk {} has no such rows", source.chunk));
            }
            next = uint64_t{run.slot} + run.count;
            moved.runs.push_back({run.slot, run.count, Locator(first.value + kept)});
            kept += run.count;
        }
    }
    KODIAK_TRY(check_dense(rewrite, kept));
    return moves;
}

// Ends that came while the files were written, or that open views do not see yet, move with their rows.
void BranchTable::move_ends(const Rewrite& rewrite, const std::vector<MovedChunk>& moves, const ChunkDirectory& now) {
    for (size_t i = 0; i < moves.size(); ++i) {
        const ChunkEnds* ends = (*directory_)[rewrite.sources[i].chunk].state->ends();
        for (const MovedChunk::Run& run : ends == nullptr ? std::vector<MovedChunk::Run>() : moves[i].runs) {
            for (uint32_t k = 0; k < run.count; ++k) {
                if (const uint64_t end = ends->end(run.slot + k); end != 0) {
                    const Locator to(run.first.value + k);
                    now[to.chunk()].state->writable().set(to.slot(), end);
                }
            }
        }
    }
}

Status BranchTable::rewrite(Rewrite rewrite) {
    KODIAK_ASSERT(!rewrite.sources.empty());
    if (tail_ != nullptr && rewrite.sources.back().chunk + 1 == directory()->size()) {
        seal_tail();
    }
    KODIAK_TRY_ASSIGN(std::vector<MovedChunk> moves, plan_moves(rewrite));
    std::vector<DirectoryEntry> rows;
    std::vector<DirectoryEntry> history;
    uint64_t number = kRewrittenChunks + directory()->rewritten_size();
    for (TableFile& file : rewrite.files) {
        file.first_chunk = number;
        file.chunks = static_cast<uint32_t>(file.file->chunks().size());
        number += file.chunks;
        const auto shared = std::make_shared<const TableFile>(file);
        for (size_t i = 0; i < file.chunks; ++i) {
            (file.is_history ? history : rows).push_back({file.file->chunks()[i], state_of(file, i), shared});
        }
    }
    std::vector<uint64_t> sources;
    for (const RewriteSource& source : rewrite.sources) {
        sources.push_back(source.chunk);
    }
    ChunkDirectory::Ptr next = directory()->with_rewritten(sources, std::move(rows), std::move(history));
    move_ends(rewrite, moves, *next);
    const std::lock_guard indexes_guard(indexes_mutex_);
    indexes_.clear();
    const std::lock_guard guard(directory_mutex_);
    directory_ = std::move(next);
    ++layout_;
    for (size_t i = 0; i < moves.size(); ++i) {
        moved_[sources[i]] = std::move(moves[i]);
    }
    return {};
}

}  // namespace kodiak::storage
