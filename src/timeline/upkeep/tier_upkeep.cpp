#include "timeline/upkeep/tier_upkeep.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "catalog/system_tables.hpp"

namespace kodiak::timeline {
namespace {

constexpr size_t kMovesKept = 1'000;
constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kLongestPause = 3600 * kSecond;

int64_t pause_after(uint64_t failures) { return std::min(kLongestPause, kSecond << std::min<uint64_t>(failures, 12)); }

const char* action_of(const storage::CompactionOptions& options) {
    if (!options.move_tier) {
        return "compact";
    }
    return options.to == storage::Tier::kCold ? "demote to cold" : "demote to warm";
}

}  // namespace

TableStatistics statistics_of(const storage::BranchTable& table, uint64_t seq) {
    TableStatistics all;
    all.table = table.table();
    all.live_rows = table.live_rows(seq);
    all.index_bytes = table.index_bytes();
    std::set<const storage::TableFile*> files;
    (void)table.directory()->for_each([&](uint64_t, const storage::DirectoryEntry& entry) -> Status {
        const uint64_t rows = entry.chunk->count();
        const bool is_history = entry.file != nullptr && entry.file->is_history;
        const bool is_cold = entry.file != nullptr && entry.file->tier == storage::Tier::kCold;
        uint64_t& counted = is_history              ? all.history_rows
                            : entry.file == nullptr ? all.hot_rows
                            : is_cold               ? all.cold_rows
                                                    : all.warm_rows;
        counted += rows;
        if (entry.file == nullptr) {
            all.hot_bytes += entry.chunk->memory_bytes();
        } else if (files.insert(entry.file.get()).second) {
            (is_history ? all.history_bytes : is_cold ? all.cold_bytes : all.warm_bytes) += entry.file->file->bytes();
        }
        if (const storage::ChunkEnds* ends = entry.state->ends(); ends != nullptr && !is_history) {
            all.closed_rows += ends->count();
        }
        return {};
    });
    all.files = files.size();
    return all;
}

std::optional<storage::TierSettings> TierUpkeep::settings_of(const storage::BranchTable& table) const {
    const catalog::ObjectPtr object = store_.latest_catalog(table.branch())->find(table.table());
    if (object == nullptr || object->kind != catalog::ObjectKind::kTable) {
        return std::nullopt;  // dropped: its rows are only read as the past
    }
    auto settings = storage::TierSettings::of(object->table().options);
    return settings.ok() ? std::optional(std::move(*settings)) : std::nullopt;
}

std::optional<TierUpkeep::Work> TierUpkeep::due(storage::BranchTable& table, const storage::TierSettings& settings) {
    const TableStatistics now = statistics_of(table, store_.visible_seq());
    Work work;
    work.options.move_tier = !settings.warm_tier;
    work.options.to = settings.warm_tier ? storage::Tier::kWarm : storage::Tier::kCold;
    work.options.compression = settings.cold_tier_compression;
    const uint64_t hot_live = now.hot_rows;
    if (settings.hot_tier_max_rows && hot_live > *settings.hot_tier_max_rows) {
        work.seal = true;
        work.reason = fmt::format("{} rows in the hot tier, hot_tier_max_rows = {}", hot_live,
                                  *settings.hot_tier_max_rows);
        return work;
    }
    const bool has_pressure = now.hot_bytes + now.index_bytes > store_.options().memory_limit_bytes;
    const uint64_t hot_limit = settings.hot_tier_max_size.value_or(has_pressure ? 0 : UINT64_MAX);
    if (now.hot_bytes > hot_limit) {
        work.reason = fmt::format("{} bytes in the hot tier, the limit is {}", now.hot_bytes, hot_limit);
        return work;
    }
    if (settings.warm_tier_max_size && now.warm_bytes > *settings.warm_tier_max_size) {
        work.options.move_tier = true;
        work.options.to = storage::Tier::kCold;
        work.reason = fmt::format("{} bytes in the warm tier, warm_tier_max_size = {}", now.warm_bytes,
                                  *settings.warm_tier_max_size);
        return work;
    }
    const uint64_t versions = now.hot_rows + now.warm_rows + now.cold_rows;
    const uint64_t bytes = now.hot_bytes + now.warm_bytes + now.cold_bytes;
    const uint64_t gap_bytes = versions == 0 ? 0 : bytes / versions * now.closed_rows;
    if (settings.enable_size_based_compaction && gap_bytes >= settings.min_compaction_size &&
        this->now() >= memories_[table.table()].last_compaction_us + settings.compaction_interval_us) {
        work.options.move_tier = false;
        work.options.to = storage::Tier::kWarm;
        work.reason = fmt::format("about {} bytes of closed versions, min_compaction_size = {}", gap_bytes,
                                  settings.min_compaction_size);
        return work;
    }
    return std::nullopt;
}

bool TierUpkeep::round() {
    bool moved = false;
    for (storage::BranchTable* table : store_.tables()) {
        if (catalog::find_system_table(table->table()) != nullptr || table->directory()->scan_count() == 0) {
            continue;
        }
        const std::optional<storage::TierSettings> settings = settings_of(*table);
        if (!settings.has_value()) {
            continue;
        }
        std::optional<Work> work;
        {
            const std::lock_guard guard(work_mutex_);
            work = due(*table, *settings);
            const Memory& memory = memories_[table->table()];
            if (!work.has_value() || (memory.not_before_us != 0 && now() < memory.not_before_us)) {
                continue;
            }
        }
        const auto report = carry_out(*table, work->options, work->seal, work->reason);
        moved = moved || (report.ok() && report->rewrites > 0);
    }
    return moved;
}

void TierUpkeep::trim_cold(uint64_t limit) {
    std::vector<std::pair<storage::BranchTable*, std::shared_ptr<const storage::TableFile>>> decoded;
    uint64_t bytes = 0;
    for (storage::BranchTable* table : store_.tables()) {
        (void)table->directory()->for_each([&](uint64_t, const storage::DirectoryEntry& entry) -> Status {
            const bool is_new = entry.file != nullptr && (decoded.empty() || decoded.back().second != entry.file);
            if (is_new && entry.file->tier == storage::Tier::kCold && entry.file->file->memory_bytes() > 0) {
                decoded.emplace_back(table, entry.file);
                bytes += entry.file->file->memory_bytes();
            }
            return {};
        });
    }
    for (const auto& [table, file] : bytes > limit ? decoded : decltype(decoded)()) {
        storage::TableFile opened = *file;
        auto again = store_.open_file(*file, file->file->chunks()[0]->schema_ptr());
        if (!again.ok()) {
            continue;  // who reads it next is told
        }
        opened.file = std::move(*again);
        const std::lock_guard guard(store_.commit_mutex());
        table->reopen_file(*file, std::move(opened));
    }
}

Result<CompactionReport> TierUpkeep::carry_out(storage::BranchTable& table, storage::CompactionOptions options,
                                               bool seal, const std::string& reason) {
    const std::lock_guard guard(work_mutex_);
    options.cancelled = &stopped_;
    const int64_t begun = now();
    Result<CompactionReport> report = compactor_.compact(table, options, seal);
    TierMove move{.time = {begun},
                  .table = table.table(),
                  .action = action_of(options),
                  .reason = reason,
                  .report = report.ok() ? *report : CompactionReport{},
                  .micros = now() - begun,
                  .error = report.ok() ? "" : report.error().message,
                  .attempt = 1,
                  .next_attempt = {}};
    Memory& memory = memories_[table.table()];
    memory.failures = report.ok() ? 0 : memory.failures + 1;
    memory.last_compaction_us = begun;
    memory.not_before_us = report.ok() ? 0 : begun + pause_after(memory.failures);
    move.attempt = std::max<uint64_t>(1, memory.failures);
    move.next_attempt = {memory.not_before_us};
    if (!report.ok() || report->rewrites > 0) {
        const std::lock_guard moves_guard(moves_mutex_);
        moves_.push_back(std::move(move));
        if (moves_.size() > kMovesKept) {
            moves_.pop_front();
        }
    }
    return report;
}

std::vector<TierMove> TierUpkeep::moves() const {
    const std::lock_guard guard(moves_mutex_);
    return {moves_.begin(), moves_.end()};
}

}  // namespace kodiak::timeline
