#include "timeline/history/commit_history.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace kodiak::timeline {
namespace {

Hash256 leaf_of(const HistoryEntry& entry) {
    return history_leaf_hash(CommitSeq(entry.seq), entry.branch, commit_identity(entry.record));
}

Error other_commits(const std::string& directory, uint64_t size) {
    return make_error(ErrorCode::kCorruption,
                      fmt::format("the history of \"{}\" is damaged: its first {} commits are not those it had",
                                  directory, size))
        .with_detail("The commit records do not lead to the tree head that was recorded in history/heads.")
        .with_hint("Restore the database from a backup.");
}

}  // namespace

CommitHistory::CommitHistory(std::shared_ptr<Disk> disk, std::string directory, OriginId origin)
    : disk_(disk),
      directory_(std::move(directory)),
      origin_(origin),
      tree_(disk, directory_),
      index_(disk, directory_) {}

Status CommitHistory::load(uint64_t commits, uint64_t bytes, bool read_only) {
    saved_commits_ = commits;
    bytes_ = bytes;
    if (commits == 0) {
        return {};
    }
    KODIAK_TRY_ASSIGN(const std::optional<FoundHead> recorded, find_head(*disk_, directory_, commits));
    if (recorded.has_value()) {
        heads_ = recorded->index + 1;
        filed_ = recorded->head.size;
        if (filed_ == commits && tree_.tiles().load(commits).ok() && index_.tiles().load(commits).ok()) {
            KODIAK_TRY_ASSIGN(const Hash256 root, tree_.root_at(commits));
            if (root == recorded->head.root) {
                return {};
            }
        }
    }
    KODIAK_TRY(rebuild(commits, recorded));
    if (read_only) {
        return {};
    }
    KODIAK_TRY(write_tree(commits));
    saved(commits, bytes);
    return {};
}

Status CommitHistory::rebuild(uint64_t commits, const std::optional<FoundHead>& recorded) {
    (void)tree_.tiles().load(0).ok();  // whatever was loaded is forgotten
    (void)index_.tiles().load(0).ok();
    TreeBuilder builder;
    KODIAK_TRY(for_each_history_entry(*disk_, directory_, bytes_, [&](HistoryEntry entry, uint64_t offset) -> Status {
        const auto record = CommitRecord::decode(entry.record);
        if (!record.ok() || entry.seq != builder.size() + 1) {
            return make_error(ErrorCode::kCorruption, fmt::format("history file \"{}\" is damaged: commit {} is {}",
                                                                  history_path(directory_), builder.size() + 1,
                                                                  record.ok() ? "missing" : "not readable"));
        }
        const Hash256 leaf = leaf_of(entry);
        tree_.append(leaf);
        index_.append({offset, record->timestamp, record->id});
        builder.append(leaf);
        if (recorded.has_value() && recorded->head.size == builder.size() && builder.root() != recorded->head.root) {
            return other_commits(directory_, builder.size());
        }
        return {};
    }));
    if (builder.size() != commits) {
        return make_error(ErrorCode::kCorruption,
                          fmt::format("history file \"{}\" holds {} commits, {} expected", history_path(directory_),
                                      builder.size(), commits));
    }
    return {};
}

// Requires: the unsaved entries of both arrays up to `commits` are right.
Status CommitHistory::write_tree(uint64_t commits) {
    KODIAK_TRY(index_.tiles().save(commits));
    KODIAK_TRY(tree_.tiles().save(commits));
    KODIAK_TRY_ASSIGN(const Hash256 root, tree_.root_at(commits));
    // A head is written once for each size: a checkpoint without commits adds none.
    const bool is_new = filed_ != commits;
    if (is_new) {
        KODIAK_TRY(write_head(*disk_, directory_, heads_, {commits, root}));
    }
    return disk_->sync_directory(directory_ + "/history");
}

void CommitHistory::append(HistoryEntry entry, Timestamp timestamp, const Ulid& id, const Hash256& identity) {
    tree_.append(history_leaf_hash(CommitSeq(entry.seq), entry.branch, identity));
    index_.append({0, timestamp, id});
    const std::lock_guard guard(mutex_);
    unsaved_.push_back(std::move(entry));
}

void CommitHistory::take_back_from(uint64_t seq) {
    if (seq > size()) {
        return;
    }
    tree_.tiles().cut(seq - 1);
    index_.tiles().cut(seq - 1);
    const std::lock_guard guard(mutex_);
    while (!unsaved_.empty() && unsaved_.back().seq >= seq) {
        unsaved_.pop_back();
    }
}

std::vector<HistoryEntry> CommitHistory::unsaved() const {
    const std::lock_guard guard(mutex_);
    return {unsaved_.begin(), unsaved_.end()};
}

Result<uint64_t> CommitHistory::save(const std::vector<HistoryEntry>& entries) {
    if (entries.empty()) {
        return bytes_;
    }
    KODIAK_TRY_ASSIGN(const AppendedHistory appended, append_history(*disk_, directory_, bytes_, entries));
    for (size_t i = 0; i < entries.size(); ++i) {
        KODIAK_TRY(write_pieces(*disk_, directory_, entries[i]));
        KODIAK_TRY_ASSIGN(IndexedCommit commit, index_.commit(entries[i].seq));
        commit.offset = appended.offsets[i];
        index_.replace(entries[i].seq, commit);
    }
    KODIAK_TRY(write_tree(entries.back().seq));
    return appended.bytes;
}

void CommitHistory::saved(uint64_t commits, uint64_t bytes) {
    tree_.tiles().saved(commits);
    index_.tiles().saved(commits);
    const std::lock_guard guard(mutex_);
    heads_ += filed_ != commits ? 1 : 0;
    filed_ = commits;
    saved_commits_ = commits;
    bytes_ = bytes;
    while (!unsaved_.empty() && unsaved_.front().seq <= commits) {
        unsaved_.pop_front();
    }
}

Result<std::shared_ptr<File>> CommitHistory::commits_file() const {
    const std::lock_guard guard(mutex_);
    if (commits_file_ == nullptr) {
        KODIAK_TRY_ASSIGN(commits_file_, disk_->open(history_path(directory_), OpenMode::kRead));
    }
    return commits_file_;
}

Status CommitHistory::check_leaf(const HistoryEntry& entry, uint64_t seq, const Hash256& leaf) const {
    if (entry.seq == seq && leaf_of(entry) == leaf) {
        return {};
    }
    return make_error(ErrorCode::kCorruption,
                      fmt::format("the history of \"{}\" is damaged: the record of commit {} is not that in the tree",
                                  directory_, seq))
        .with_hint("Run kodiak check; restore the database from a backup.");
}

Result<HistoryEntry> CommitHistory::entry(uint64_t seq) const {
    KODIAK_TRY_ASSIGN(std::vector<HistoryEntry> one, entries(seq, seq));
    return std::move(one.front());
}

Result<std::vector<HistoryEntry>> CommitHistory::entries(uint64_t first, uint64_t last) const {
    std::vector<HistoryEntry> all;
    uint64_t from_file = last;  // the last one that must be read
    uint64_t saved = 0;
    uint64_t end = 0;
    {
        const std::lock_guard guard(mutex_);
        saved = saved_commits_;
        end = bytes_;
        from_file = std::min(last, saved);
        for (uint64_t seq = std::max(first, saved + 1); seq <= last; ++seq) {
            all.push_back(unsaved_[seq - saved - 1]);
        }
    }
    if (first <= from_file) {
        const uint64_t count = from_file - first + 1;
        const bool to_the_end = from_file == saved;
        KODIAK_TRY_ASSIGN(const auto places, index_.commits(first, count + (to_the_end ? 0 : 1)));
        end = to_the_end ? end : places.back().offset;
        KODIAK_TRY_ASSIGN(const std::shared_ptr<File> file, commits_file());
        const uint64_t begin = places.front().offset;
        constexpr uint64_t kReadMax = uint64_t{1} << 30;
        std::string bytes(end > begin && end - begin < kReadMax ? end - begin : 0, '\0');
        KODIAK_TRY(file->read(begin, bytes.size(), bytes.data()));
        std::vector<HistoryEntry> read;
        for (uint64_t i = 0; i < count; ++i) {
            const uint64_t at = places[i].offset - begin;
            auto entry = decode_history_entry(at < bytes.size() ? std::string_view(bytes).substr(at)
                                                                : std::string_view());
            read.push_back(entry.ok() ? std::move(entry).value() : HistoryEntry());  // refused below
        }
        all.insert(all.begin(), std::make_move_iterator(read.begin()), std::make_move_iterator(read.end()));
    }
    for (uint64_t seq = first; seq <= last; ++seq) {
        KODIAK_TRY_ASSIGN(const Hash256 leaf, tree_.leaf(seq - 1));
        KODIAK_TRY(check_leaf(all[seq - first], seq, leaf));
    }
    return all;
}

std::vector<Hash256> CommitHistory::piece_roots(const HistoryEntry& entry, const Hash256& changes_root) const {
    if (!entry.piece_roots.empty()) {
        return entry.piece_roots;
    }
    return read_pieces(*disk_, directory_, entry.seq, changes_root);
}

Result<Hash256> CommitHistory::root_of_newest(uint64_t size) const {
    {
        const std::lock_guard guard(mutex_);
        if (newest_head_.size == size && size > 0) {
            return newest_head_.root;
        }
    }
    KODIAK_TRY_ASSIGN(const Hash256 root, tree_.root_at(size));
    const std::lock_guard guard(mutex_);
    newest_head_ = {size, root};
    return root;
}

Result<TreeHead> CommitHistory::head_at(uint64_t size, uint64_t newest) const {
    KODIAK_TRY_ASSIGN(const Hash256 newest_root, root_of_newest(newest));
    if (size == newest) {
        return TreeHead{origin_, size, newest_root};
    }
    KODIAK_TRY_ASSIGN(const Hash256 root, tree_.root_at(size));
    KODIAK_TRY_ASSIGN(const ConsistencyProof proof, tree_.prove_consistency(size, newest));
    if (!verify_consistency(proof, root, newest_root).ok()) {
        return make_error(ErrorCode::kCorruption,
                          fmt::format("the history tree in \"{}/history\" is damaged: commits up to {} do not lead to "
                                      "its head",
                                      directory_, size))
            .with_hint("Run kodiak check.");
    }
    return TreeHead{origin_, size, root};
}

Result<std::vector<RecordedHead>> CommitHistory::recorded_heads() const {
    uint64_t count = 0;
    {
        const std::lock_guard guard(mutex_);
        count = heads_;
    }
    return read_heads(*disk_, directory_, count);
}

Status CommitHistory::for_each(uint64_t commits,
                               const std::function<Status(HistoryEntry entry, uint64_t offset)>& visit) const {
    uint64_t bytes = 0;
    std::deque<HistoryEntry> behind;
    {
        const std::lock_guard guard(mutex_);
        bytes = bytes_;
        behind = unsaved_;
    }
    KODIAK_TRY(for_each_history_entry(*disk_, directory_, bytes, visit));
    for (HistoryEntry& entry : behind) {
        if (entry.seq <= commits) {
            KODIAK_TRY(visit(std::move(entry), 0));
        }
    }
    return {};
}

Status CommitHistory::check_files(const TiledArray& computed, uint64_t filed,
                                  const std::function<void(std::string, std::string)>& found) const {
    std::vector<TiledArray::Entry> expected;
    for (uint32_t level = 0; filed >> (TiledArray::kTileBits * level) > 0 && level < TiledArray::kLevels; ++level) {
        expected.resize(filed >> (TiledArray::kTileBits * level));
        KODIAK_TRY(computed.read(level, 0, expected));
        std::string bytes(expected.size() * TiledArray::kEntryBytes, '\0');
        const auto file = disk_->open(computed.path(level), OpenMode::kRead);
        const Status read = file.ok() ? (*file)->read(0, bytes.size(), bytes.data()) : Status(file.error());
        if (!read.ok()) {
            found(computed.path(level), read.error().message);
            continue;
        }
        for (uint64_t i = 0; i < expected.size(); ++i) {
            if (std::memcmp(bytes.data() + i * TiledArray::kEntryBytes, expected[i].data(), expected[i].size()) != 0) {
                found(computed.path(level),
                      fmt::format("its entry {} does not fit the commits; the first commit under it is {}", i,
                                  (i << (TiledArray::kTileBits * level)) + 1));
                break;
            }
        }
    }
    return {};
}

// Whether the file holds the leaf of the last of the first `size` commits: then a program that knows the tree wrote it.
bool CommitHistory::is_in_file(const HistoryTree& computed, uint64_t size) const {
    const auto leaf = computed.leaf(size - 1);
    const auto file = disk_->open(computed.tiles().path(0), OpenMode::kRead);
    TiledArray::Entry entry{};
    return leaf.ok() && file.ok() &&
           (*file)->read((size - 1) * entry.size(), entry.size(), reinterpret_cast<char*>(entry.data())).ok() &&
           entry == leaf->bytes;
}

Status CommitHistory::check(uint64_t commits, const std::function<void(std::string, std::string)>& found) const {
    uint64_t filed = 0;
    uint64_t saved = 0;
    uint64_t heads = 0;
    {
        const std::lock_guard guard(mutex_);
        filed = filed_;
        saved = saved_commits_;
        heads = heads_;
    }
    HistoryTree tree(disk_, directory_);
    CommitIndex index(disk_, directory_);
    const Status read = for_each(commits, [&](HistoryEntry entry, uint64_t offset) -> Status {
        const auto record = CommitRecord::decode(entry.record);
        if (!record.ok()) {
            found(fmt::format("commit {}", entry.seq), record.error().message);
        }
        tree.append(leaf_of(entry));
        index.append(record.ok() ? IndexedCommit{offset, record->timestamp, record->id} : IndexedCommit{});
        return {};
    });
    if (!read.ok() || tree.tiles().size() < saved) {
        found(history_path(directory_), read.ok() ? fmt::format("it holds {} commits, {} expected",
                                                                tree.tiles().size(), saved)
                                                  : read.error().message);
        return {};
    }
    if (filed < saved && is_in_file(tree, saved)) {
        found(directory_ + "/history/heads", fmt::format("its head of {} commits is missing or damaged", saved));
    }
    KODIAK_TRY(check_files(tree.tiles(), filed, found));
    KODIAK_TRY(check_files(index.tiles(), filed, found));
    const auto recorded = read_heads(*disk_, directory_, heads);
    if (!recorded.ok()) {
        found(directory_ + "/history/heads", recorded.error().message);
        return {};
    }
    for (const RecordedHead& head : *recorded) {
        KODIAK_TRY_ASSIGN(const Hash256 root, tree.root_at(std::min(head.size, filed)));
        if (head.size > filed || root != head.root) {
            found(directory_ + "/history/heads", fmt::format("its head of {} commits is not theirs", head.size));
        }
    }
    return {};
}

}  // namespace kodiak::timeline
