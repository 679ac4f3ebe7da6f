#include <algorithm>

#include "storage/compaction/compaction.hpp"

namespace kodiak::storage {
namespace {

// What is rewritten as a whole: a file, or a chunk in memory.
struct Unit {
    uint64_t place = 0;   // in the scan order
    uint64_t chunks = 0;
    uint64_t rows = 0;
    uint64_t gaps = 0;    // rows that need not stay where they are: history, or never alive
    SchemaVersion version;
    OriginId origin;
    bool in_memory = false;
    bool is_open = false;
    Tier tier = Tier::kWarm;
};

uint64_t gaps_in(const DirectoryEntry& entry, uint64_t horizon) {
    const ChunkEnds* ends = entry.state->ends();
    if (ends == nullptr || ends->count() == 0) {
        return 0;
    }
    uint64_t gaps = 0;
    for (uint32_t slot = 0; slot < entry.chunk->count(); ++slot) {
        const uint64_t end = ends->end(slot);
        gaps += end != 0 && (end <= horizon || end == entry.chunk->created(slot)) ? 1 : 0;
    }
    return gaps;
}

std::vector<Unit> units_of(const ChunkDirectory& directory, uint64_t horizon) {
    std::vector<Unit> units;
    for (uint64_t place = 0; place < directory.scan_count();) {
        const DirectoryEntry& first = directory[directory.scan_number(place)];
        Unit unit;
        unit.place = place;
        unit.chunks = first.file == nullptr ? 1 : first.file->chunks;
        unit.version = first.chunk->schema().version;
        unit.origin = first.chunk->row_id(0).origin;
        unit.in_memory = first.file == nullptr;
        unit.is_open = !first.chunk->is_sealed();
        unit.tier = first.file == nullptr ? Tier::kWarm : first.file->tier;
        for (uint64_t i = 0; i < unit.chunks; ++i) {
            const DirectoryEntry& entry = directory[directory.scan_number(place + i)];
            unit.rows += entry.chunk->count();
            unit.gaps += unit.is_open ? 0 : gaps_in(entry, horizon);
        }
        place += unit.chunks;
        units.push_back(unit);
    }
    return units;
}

bool is_worth_joining(const Unit& unit, const CompactionOptions& options) {
    if (unit.is_open) {
        return false;
    }
    const bool has_gaps = unit.gaps > 0 && static_cast<double>(unit.gaps) >=
                                               options.least_waste * static_cast<double>(unit.rows);
    const bool is_short = unit.rows < kFileChunks * kRowsPerChunk;
    const bool is_elsewhere = options.move_tier && unit.tier != options.to;
    return unit.in_memory || has_gaps || is_short || is_elsewhere;
}

// A lone short file without gaps would only be written again.
bool is_worth_doing(const std::vector<Unit>& run, const CompactionOptions& options) {
    uint64_t rows = 0;
    bool gains = run.size() > 1;
    for (const Unit& unit : run) {
        rows += unit.rows;
        const bool has_gaps = unit.gaps > 0 && static_cast<double>(unit.gaps) >=
                                                   options.least_waste * static_cast<double>(unit.rows);
        gains = gains || unit.in_memory || has_gaps || (options.move_tier && unit.tier != options.to);
    }
    return gains && rows >= options.least_rows;
}

}  // namespace

std::vector<CompactionJob> plan_compaction(const ChunkDirectory& directory, uint64_t horizon,
                                           const CompactionOptions& options) {
    std::vector<CompactionJob> jobs;
    std::vector<Unit> run;
    const auto close = [&] {
        if (is_worth_doing(run, options)) {
            CompactionJob& job = jobs.emplace_back();
            for (const Unit& unit : run) {
                for (uint64_t i = 0; i < unit.chunks; ++i) {
                    job.push_back(directory.scan_number(unit.place + i));
                }
            }
        }
        run.clear();
    };
    for (const Unit& unit : units_of(directory, horizon)) {
        const bool fits = run.empty() || (run.back().version == unit.version && run.back().origin == unit.origin &&
                                          (options.move_tier || run.back().tier == unit.tier));
        if (!fits) {
            close();
        }
        if (is_worth_joining(unit, options)) {
            run.push_back(unit);
        } else {
            close();
        }
    }
    close();
    return jobs;
}

}  // namespace kodiak::storage
