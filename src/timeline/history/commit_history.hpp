#pragma once

// CommitHistory: all commits of an open database, those in memory and those in files, with tree and index over them.
//
// What       The commit pipeline and replay append to it, the checkpointer saves it, readers ask for commits, heads and
//            proofs. It knows nothing of visibility: callers name sizes that are durable.
// Threads    append(), take_back_from() and unsaved() under the commit mutex; save() and saved() by the checkpointer;
//            the rest from anywhere.
// Durability Commits are in the log when they are durable; here only after saved().
// Errors     A commit record whose leaf is not in the tree is kCorruption, never an answer.
// Cost       append: below 0.5 us and 300 bytes until it is saved.

#include <deque>
#include <mutex>

#include "timeline/history/commit_index.hpp"
#include "timeline/history/history_file.hpp"
#include "timeline/history/history_tree.hpp"
#include "timeline/merkle/commit_record.hpp"
#include "timeline/merkle/tree_head.hpp"

namespace kodiak::timeline {

class CommitHistory {
   public:
    CommitHistory(std::shared_ptr<Disk> disk, std::string directory, OriginId origin);

    // Begins with the `commits` commits in the first `bytes` bytes of history/commits. Builds the tree when there is
    // none that fits, and writes it down unless `read_only`. kCorruption when the commits are not those that a
    // recorded head knows.
    Status load(uint64_t commits, uint64_t bytes, bool read_only);

    // --- commit mutex
    void append(HistoryEntry entry, Timestamp timestamp, const Ulid& id, const Hash256& identity);
    void take_back_from(uint64_t seq);
    // Commits that are not saved, ascending.
    std::vector<HistoryEntry> unsaved() const;

    // --- checkpointer
    // Writes `entries`, which are the unsaved ones up to some commit, with tree, index and head; returns the new length
    // of history/commits. They count when the manifest does.
    Result<uint64_t> save(const std::vector<HistoryEntry>& entries);
    // The manifest counts `commits` commits in `bytes` bytes.
    void saved(uint64_t commits, uint64_t bytes);

    // --- anywhere. Requires: seq and sizes are at most size(), and durable.
    uint64_t size() const { return tree_.tiles().size(); }
    // Reads one commit. kCorruption, kIo.
    Result<HistoryEntry> entry(uint64_t seq) const;
    // Reads the commits [first, last].
    Result<std::vector<HistoryEntry>> entries(uint64_t first, uint64_t last) const;
    // Roots of the pieces of a large commit's changes tree; none when they must be computed.
    std::vector<Hash256> piece_roots(const HistoryEntry& entry, const Hash256& changes_root) const;
    const CommitIndex& index() const { return index_; }
    const HistoryTree& tree() const { return tree_; }
    OriginId origin() const { return origin_; }
    // Head over the first `size` commits. `newest` is the number of durable ones: an older head is checked to be one
    // of its past.
    Result<TreeHead> head_at(uint64_t size, uint64_t newest) const;
    // What checkpoints wrote down, and nothing behind it.
    Result<std::vector<RecordedHead>> recorded_heads() const;

    // Reads history/commits as far as it is saved, block by block, and what is unsaved, up to `commits`.
    Status for_each(uint64_t commits, const std::function<Status(HistoryEntry entry, uint64_t offset)>& visit) const;
    // Recomputes tree, index and heads from the first `commits` commits and compares them with the files; calls
    // found(place, problem) for the first commit and each file that do not fit.
    Status check(uint64_t commits, const std::function<void(std::string, std::string)>& found) const;

   private:
    Status rebuild(uint64_t commits, const std::optional<FoundHead>& recorded);
    Status write_tree(uint64_t commits);
    Result<Hash256> root_of_newest(uint64_t size) const;
    Status check_leaf(const HistoryEntry& entry, uint64_t seq, const Hash256& leaf) const;
    Status check_files(const TiledArray& computed, uint64_t filed,
                       const std::function<void(std::string, std::string)>& found) const;
    bool is_in_file(const HistoryTree& computed, uint64_t size) const;
    Result<std::shared_ptr<File>> commits_file() const;

    const std::shared_ptr<Disk> disk_;
    const std::string directory_;
    const OriginId origin_;
    HistoryTree tree_;
    CommitIndex index_;
    mutable std::mutex mutex_;  // guards the rest
    std::deque<HistoryEntry> unsaved_;
    uint64_t saved_commits_ = 0;  // in history/commits
    uint64_t bytes_ = 0;          // of history/commits
    uint64_t filed_ = 0;          // commits that the files of tree and index are to hold
    uint64_t heads_ = 0;          // recorded heads
    mutable std::shared_ptr<File> commits_file_;
    mutable RecordedHead newest_head_;  // the last one asked for
};

}  // namespace kodiak::timeline
