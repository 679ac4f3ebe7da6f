#include "storage/store/store.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "storage/warm/cold_file.hpp"

namespace kodiak::storage {

namespace {

// Sorting bulk keys may take this share of the memory limit.
constexpr uint64_t kSortingShare = 8;
constexpr uint64_t kSortingMin = uint64_t{4} << 20;

}  // namespace

Store::Store(std::shared_ptr<Disk> disk, StoreOptions options)
    : disk_(std::move(disk)),
      options_(std::move(options)),
      key_sorter_(options_.read_only ? nullptr : disk_, data_directory(),
                  std::max(options_.memory_limit_bytes / kSortingShare, kSortingMin)) {}

BranchTable& Store::table(ObjectId table, BranchId branch) {
    const std::lock_guard guard(tables_mutex_);
    auto& slot = tables_[{table, branch}];
    if (slot == nullptr) {
        slot = std::make_unique<BranchTable>(table, branch, options_.origin);
    }
    return *slot;
}

std::vector<BranchTable*> Store::tables() {
    const std::lock_guard guard(tables_mutex_);
    std::vector<BranchTable*> all;
    for (const auto& [key, table] : tables_) {
        all.push_back(table.get());
    }
    return all;
}

void Store::publish_seq(uint64_t seq) {
    uint64_t current = visible_seq_.load();
    while (current < seq && !visible_seq_.compare_exchange_weak(current, seq)) {
    }
}

catalog::CatalogState::Ptr Store::catalog(BranchId branch, uint64_t seq) const {
    const std::lock_guard guard(catalog_mutex_);
    const auto found = catalogs_.find(branch);
    if (found == catalogs_.end()) {
        return catalog::CatalogState::empty();
    }
    const auto& states = found->second.states;
    const auto after = std::upper_bound(states.begin(), states.end(), seq,
                                        [](uint64_t wanted, const auto& entry) { return wanted < entry.first; });
    return after == states.begin() ? catalog::CatalogState::empty() : std::prev(after)->second;
}

catalog::CatalogState::Ptr Store::latest_catalog(BranchId branch) const { return catalog(branch, UINT64_MAX); }

void Store::set_catalog(BranchId branch, uint64_t seq, catalog::CatalogState::Ptr state) {
    const uint64_t oldest = oldest_view();
    const std::lock_guard guard(catalog_mutex_);
    auto& states = catalogs_[branch].states;
    states.emplace_back(seq, std::move(state));
    size_t keep = 0;
    while (keep + 1 < states.size() && states[keep + 1].first <= oldest) {
        ++keep;
    }
    states.erase(states.begin(), states.begin() + static_cast<std::ptrdiff_t>(keep));
}

void Store::forget_catalog_from(uint64_t seq) {
    const std::lock_guard guard(catalog_mutex_);
    for (auto& [branch, history] : catalogs_) {
        while (!history.states.empty() && history.states.back().first >= seq) {
            history.states.pop_back();
        }
    }
}

ReadView Store::open_view(BranchId branch) {
    const std::lock_guard guard(views_mutex_);
    ReadView view;
    view.path.push_back({branch, 0, visible_seq()});
    open_views_.insert(view.head());
    return view;
}

void Store::close_view(const ReadView& view) {
    const std::lock_guard guard(views_mutex_);
    const auto found = open_views_.find(view.head());
    KODIAK_ASSERT(found != open_views_.end());
    open_views_.erase(found);
}

uint64_t Store::oldest_view() const {
    const std::lock_guard guard(views_mutex_);
    return open_views_.empty() ? visible_seq() : *open_views_.begin();
}

ObjectId Store::new_object_id() {
    const auto origin_part = static_cast<uint32_t>(options_.origin.value >> 32) | 1u;
    return ObjectId((uint64_t{origin_part} << 32) | next_object_number_.fetch_add(1));
}

uint64_t Store::new_row_counters(ObjectId table, uint64_t count) {
    const std::lock_guard guard(tables_mutex_);
    uint64_t& next = next_row_counter_.try_emplace(table, 1).first->second;
    const uint64_t first = next;
    next += count;
    return first;
}

void Store::reserve_row_counters(ObjectId table, uint64_t below) {
    const std::lock_guard guard(tables_mutex_);
    uint64_t& next = next_row_counter_.try_emplace(table, 1).first->second;
    next = std::max(next, below);
}

void Store::reserve_object_ids(uint32_t below) {
    next_object_number_.store(std::max(next_object_number_.load(), below));
}

void Store::reserve_file_numbers(uint64_t below) {
    next_file_number_.store(std::max(next_file_number_.load(), below));
}

std::vector<std::pair<ObjectId, uint64_t>> Store::row_counters() const {
    const std::lock_guard guard(tables_mutex_);
    std::vector<std::pair<ObjectId, uint64_t>> all(next_row_counter_.begin(), next_row_counter_.end());
    std::sort(all.begin(), all.end());
    return all;
}

Result<int64_t> Store::draw(ObjectId sequence, const catalog::SequenceDefinition& definition,
                            const std::string& name) {
    const std::lock_guard guard(sequences_mutex_);
    auto [found, fresh] = sequences_.try_emplace(sequence, SequencePosition{sequence, definition.start, false});
    SequencePosition& position = found->second;
    if (position.exhausted) {
        const bool up = definition.increment > 0;
        return make_error(ErrorCode::kSequenceLimit,
                          fmt::format("nextval: sequence \"{}\" reached its {} value {}", name,
                                      up ? "maximum" : "minimum", up ? definition.max_value : definition.min_value));
    }
    const int64_t value = position.next;
    int64_t next = 0;
    const bool overflow = __builtin_add_overflow(value, definition.increment, &next);
    if (overflow || next > definition.max_value || next < definition.min_value) {
        position.exhausted = !definition.cycle;
        position.next = definition.increment > 0 ? definition.min_value : definition.max_value;
    } else {
        position.next = next;
    }
    return value;
}

std::optional<SequencePosition> Store::sequence_position(ObjectId sequence) const {
    const std::lock_guard guard(sequences_mutex_);
    const auto found = sequences_.find(sequence);
    return found == sequences_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<SequencePosition> Store::sequence_positions() const {
    const std::lock_guard guard(sequences_mutex_);
    std::vector<SequencePosition> all;
    for (const auto& [id, position] : sequences_) {
        all.push_back(position);
    }
    return all;
}

void Store::set_sequence_position(const SequencePosition& position) {
    const std::lock_guard guard(sequences_mutex_);
    sequences_[position.sequence] = position;
}

void Store::note_dead(uint64_t seq, ObjectId table, Locator locator) { dead_rows_.push_back({seq, table, locator}); }

Status Store::collect_dead() {
    const uint64_t oldest = oldest_view();
    while (!dead_rows_.empty() && dead_rows_.front().seq <= oldest) {
        const DeadRow row = dead_rows_.front();
        dead_rows_.pop_front();
        KODIAK_TRY(table(row.table, row.locator.branch()).unindex(row.locator));
    }
    return {};
}

void Store::forget_dead_from(uint64_t seq) {
    while (!dead_rows_.empty() && dead_rows_.back().seq >= seq) {
        dead_rows_.pop_back();
    }
}

void Store::follow_moves(const BranchTable& table) {
    std::erase_if(dead_rows_, [&](DeadRow& row) {
        if (row.table != table.table() || row.locator.branch() != table.branch()) {
            return false;
        }
        const std::optional<Locator> place = table.locate(row.locator);
        row.locator = place.value_or(row.locator);
        return !place.has_value();
    });
}

void Store::retire_files(std::vector<std::shared_ptr<const TableFile>> files) {
    const std::lock_guard guard(retired_mutex_);
    retired_.insert(retired_.end(), std::make_move_iterator(files.begin()), std::make_move_iterator(files.end()));
}

std::vector<std::shared_ptr<const TableFile>> Store::retired_files() const {
    const std::lock_guard guard(retired_mutex_);
    return retired_;
}

void Store::forget_retired(const std::vector<std::shared_ptr<const TableFile>>& files) {
    const std::lock_guard guard(retired_mutex_);
    std::erase_if(retired_, [&](const auto& file) {
        return std::find(files.begin(), files.end(), file) != files.end();
    });
}

std::string Store::data_directory() const { return options_.directory + "/data"; }

std::string Store::file_path(uint64_t number, Tier tier) const {
    return fmt::format("{}/{:08x}.{}", data_directory(), number, tier == Tier::kWarm ? "arrow" : "parquet");
}

std::vector<std::string> Store::paths_of(const TableFile& file) const {
    const std::string path = file_path(file.number, file.tier);
    return file.tier == Tier::kWarm ? std::vector<std::string>{path}
                                    : std::vector<std::string>{path, cold_layout_path(path)};
}

Result<std::shared_ptr<ChunkFile>> Store::open_file(const TableFile& file,
                                                    const std::shared_ptr<const StoredSchema>& schema) {
    const std::string path = file_path(file.number, file.tier);
    auto found = file.tier == Tier::kWarm ? open_warm_file(*disk_, path, schema, file.numbering)
                                          : open_cold_file(*disk_, path, schema, file.numbering, options_.codec);
    KODIAK_TRY_ASSIGN(std::shared_ptr<ChunkFile> opened, std::move(found));
    if ((opened->ends(0).ends != nullptr) != file.is_history) {
        return make_error(ErrorCode::kCorruption,
                          fmt::format("file is damaged: {}: it {} ends", path, file.is_history ? "lacks" : "has"));
    }
    return opened;
}

}  // namespace kodiak::storage
