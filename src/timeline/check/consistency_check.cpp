#include "timeline/check/consistency_check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "catalog/system_tables.hpp"
#include "timeline/commit/commit_hashing.hpp"
#include "timeline/history/commit_rows.hpp"

namespace kodiak::timeline {
namespace {

using storage::BranchTable;
using storage::Chunk;

class Checker {
   public:
    Checker(storage::Store& store, const std::string& directory, uint64_t upto)
        : store_(store), directory_(directory), upto_(upto) {}

    std::vector<CheckFinding> findings;

    void check_files() {
        std::set<const storage::TableFile*> seen;
        for (const auto& [table, all, indexes] : pinned_) {
            (void)all->for_each([&](uint64_t, const storage::DirectoryEntry& entry) -> Status {
                const storage::TableFile* file = entry.file.get();
                if (file == nullptr || !seen.insert(file).second) {
                    return {};
                }
                const Status intact = file->file->verify();
                if (!intact.ok()) {
                    findings.push_back({file->file->path(), intact.error().message});
                }
                return {};
            });
        }
    }

    void pin() {
        for (BranchTable* table : store_.tables()) {
            pinned_.push_back({table, table->directory(), table->indexes()});
        }
    }

    Status check_commits(const std::vector<HistoryEntry>& entries) {
        KODIAK_TRY(collect_events());
        KeyHistory keys;
        KODIAK_TRY(keys.load(*store_.table(catalog::kObjectsTable, kMainBranch).directory()));
        std::map<BranchId, Hash256> heads;
        uint64_t expected = 1;
        size_t at = 0;
        for (const HistoryEntry& entry : entries) {
            if (entry.seq > upto_) {
                break;
            }
            if (entry.seq != expected++) {
                findings.push_back({directory_ + "/history/commits",
                                    fmt::format("commit {} is missing, commit {} follows", expected - 1, entry.seq)});
                return {};
            }
            size_t end = at;
            while (end < events_.size() && events_[end].seq == entry.seq) {
                ++end;
            }
            check_commit(entry, keys, at, end, heads[entry.branch]);
            at = end;
        }
        if (expected != upto_ + 1) {
            findings.push_back({directory_ + "/history/commits",
                                fmt::format("commits {} to {} are missing", expected, upto_)});
        }
        return {};
    }

    Status check_indexes() {
        for (const auto& [table, all, indexes] : pinned_) {
            for (const std::shared_ptr<storage::TableIndex>& index : indexes) {
                const Status intact = check_structure(*index);
                if (!intact.ok()) {
                    findings.push_back(
                        {fmt::format("index of table {}", table->table().value), intact.error().message});
                }
                KODIAK_TRY(check_index(*table, *all, *index));
            }
        }
        return {};
    }

   private:
    // Writers wait meanwhile: only readers may be beside the walk through an index.
    Status check_structure(const storage::TableIndex& index) {
        const std::lock_guard guard(store_.commit_mutex());
        return index.keys().check();
    }

    Status collect_events() {
        for (const auto& [table, all, indexes] : pinned_) {
            (void)all->for_each([&](uint64_t, const storage::DirectoryEntry& entry) -> Status {
                const Chunk& chunk = *entry.chunk;
                const storage::ChunkEnds* ends = entry.state->ends();
                for (uint32_t slot = 0; slot < chunk.count(); ++slot) {
                    const uint64_t created = chunk.created(slot);
                    const uint64_t end = ends == nullptr ? 0 : ends->end(slot);
                    if (end == created) {
                        continue;  // never came to life
                    }
                    if (created <= upto_) {
                        events_.push_back({created, table->table(), chunk.row_id(slot), &chunk, slot, true});
                    }
                    if (end != 0 && end <= upto_) {
                        events_.push_back({end, table->table(), chunk.row_id(slot), &chunk, slot, false});
                    }
                }
                return {};
            });
        }
        sort_events(events_);
        return {};
    }

    void check_commit(const HistoryEntry& entry, const KeyHistory& keys, size_t at, size_t end, Hash256& head) {
        const std::string place = fmt::format("commit {}", entry.seq);
        const auto record = CommitRecord::decode(entry.record);
        if (!record.ok()) {
            return;  // the history's own check tells
        }
        const bool follows = record->parents.empty() ? head.is_zero() : record->parents.front() == head;
        if (!follows) {
            findings.push_back({place, "its parent is not the commit before it on its branch"});
        }
        head = commit_identity(entry.record);
        const auto events = std::span(events_).subspan(at, end - at);
        const HashedChanges hashed = hash_changes(changes_of_events(events, keys), entry.seed);
        const Root* root = record->root(RootKind::kChanges);
        if (root == nullptr || hashed.leaves != entry.leaves || !(root->hash == hashed.changes_root)) {
            findings.push_back({place, "its changes root does not fit the rows that it created and ended"});
        }
    }

    Status check_index(const BranchTable& table, const storage::ChunkDirectory& all,
                       const storage::TableIndex& index) {
        storage::KeyReader reader = index.reader();
        index::LocatorList found;
        uint64_t missing = 0;
        for (uint64_t place = 0; place < all.scan_count(); ++place) {
            const uint64_t number = all.scan_number(place);
            const storage::DirectoryEntry& entry = all[number];
            const storage::ChunkEnds* ends = entry.state->ends();
            for (uint32_t slot = 0; slot < entry.chunk->count(); ++slot) {
                const bool was_ended = ends != nullptr && ends->end(slot) != 0;
                if (was_ended || entry.chunk->created(slot) > upto_) {
                    continue;  // rows of commits that come in meanwhile may not have reached the index yet
                }
                KODIAK_TRY_ASSIGN(const auto key, reader.read(*entry.chunk, slot));
                if (!key.has_value()) {
                    continue;
                }
                index.keys().find(*key, found);
                const Locator locator(table.branch(), number, slot);
                if (std::find(found.begin(), found.end(), locator) == found.end()) {
                    // It may have been ended and taken out between the two looks.
                    const storage::ChunkEnds* ends_now = entry.state->ends();
                    missing += ends_now == nullptr || ends_now->end(slot) == 0 ? 1 : 0;
                }
            }
        }
        if (missing > 0) {
            findings.push_back({fmt::format("index of table {}", table.table().value),
                                fmt::format("{} rows are not in it", missing)});
        }
        return {};
    }

    storage::Store& store_;
    const std::string& directory_;
    const uint64_t upto_;
    // Compaction may go on: an index fits the directory that was the table's beside it.
    struct PinnedRows {
        BranchTable* table;
        storage::ChunkDirectory::Ptr all;
        std::vector<std::shared_ptr<storage::TableIndex>> indexes;
    };
    std::vector<PinnedRows> pinned_;
    std::vector<RowEvent> events_;
};

}  // namespace

Result<std::vector<CheckFinding>> check_database(storage::Store& store, const CommitHistory& history,
                                                 const std::string& directory, uint64_t upto) {
    Checker checker(store, directory, upto);
    {
        const std::lock_guard guard(store.commit_mutex());
        checker.pin();
    }
    checker.check_files();
    if (!checker.findings.empty()) {
        return checker.findings;  // damaged files would only repeat themselves as wrong roots
    }
    std::vector<HistoryEntry> entries;
    const Status read = history.for_each(upto, [&](HistoryEntry entry, uint64_t) -> Status {
        entries.push_back(std::move(entry));
        return {};
    });
    if (!read.ok()) {
        checker.findings.push_back({directory + "/history/commits", read.error().message});
        return checker.findings;
    }
    KODIAK_TRY(checker.check_commits(entries));
    KODIAK_TRY(history.check(upto, [&](std::string place, std::string problem) {
        checker.findings.push_back({std::move(place), std::move(problem)});
    }));
    KODIAK_TRY(checker.check_indexes());
    return checker.findings;
}

}  // namespace kodiak::timeline
