#include "timeline/history/history_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kodiak::timeline {
namespace {

Result<HistoryCommit> shown(const HistoryEntry& entry) {
    KODIAK_TRY_ASSIGN(CommitRecord record, CommitRecord::decode(entry.record));
    return HistoryCommit{CommitSeq(entry.seq), entry.branch, commit_identity(entry.record), std::move(record),
                         entry.leaves};
}

Error damaged_index(const std::string& what) {
    return make_error(ErrorCode::kCorruption, "the index of the history is damaged: " + what)
        .with_hint("Run kodiak check.");
}

}  // namespace

Status HistoryReader::check_exists(uint64_t seq) const {
    if (seq == 0 || seq > size()) {
        return make_error(ErrorCode::kNotFound, fmt::format("there is no commit {}", seq))
            .with_detail(fmt::format("This database has the commits 1 to {}.", size()));
    }
    return {};
}

Result<HistoryCommit> HistoryReader::commit(uint64_t seq) {
    KODIAK_TRY(check_exists(seq));
    KODIAK_TRY_ASSIGN(const HistoryEntry entry, history_.entry(seq));
    return shown(entry);
}

Result<std::optional<uint64_t>> HistoryReader::find(const Ulid& id) {
    KODIAK_TRY_ASSIGN(const auto seq, history_.index().find(id, size()));
    if (seq.has_value()) {
        KODIAK_TRY_ASSIGN(const HistoryCommit found, commit(*seq));
        if (found.record.id != id) {
            return damaged_index(fmt::format("commit {} has another id", *seq));
        }
    }
    return seq;
}

Result<uint64_t> HistoryReader::newest_at(Timestamp time) {
    const uint64_t newest = size();
    KODIAK_TRY_ASSIGN(const uint64_t seq, history_.index().newest_at(time, newest));
    // The index alone is not believed: the records on both sides say whether it is right.
    if (seq > 0) {
        KODIAK_TRY_ASSIGN(const HistoryCommit found, commit(seq));
        if (found.record.timestamp.micros > time.micros) {
            return damaged_index(fmt::format("commit {} has another time", seq));
        }
    }
    if (seq < newest) {
        KODIAK_TRY_ASSIGN(const HistoryCommit next, commit(seq + 1));
        if (next.record.timestamp.micros <= time.micros) {
            return damaged_index(fmt::format("commit {} has another time", seq + 1));
        }
    }
    return seq;
}

Status HistoryReader::scan(uint64_t first, uint64_t last,
                           const std::function<Status(const HistoryCommit& commit)>& visit) {
    last = std::min(last, size());
    for (uint64_t at = std::max<uint64_t>(first, 1); at <= last;) {
        const uint64_t until = std::min(last, at + TiledArray::kTileEntries - 1);
        KODIAK_TRY_ASSIGN(const std::vector<HistoryEntry> entries, history_.entries(at, until));
        for (const HistoryEntry& entry : entries) {
            KODIAK_TRY_ASSIGN(const HistoryCommit commit, shown(entry));
            KODIAK_TRY(visit(commit));
        }
        at = until + 1;
    }
    return {};
}

Result<TreeHead> HistoryReader::head_at(uint64_t size_wanted) {
    const uint64_t newest = size();
    if (size_wanted > newest) {
        return check_exists(size_wanted).error();
    }
    return history_.head_at(size_wanted, newest);
}

Result<std::vector<TreeHead>> HistoryReader::recorded_heads() {
    KODIAK_TRY_ASSIGN(const std::vector<RecordedHead> recorded, history_.recorded_heads());
    std::vector<TreeHead> heads;
    for (const RecordedHead& head : recorded) {
        heads.push_back({history_.origin(), head.size, head.root});
    }
    return heads;
}

}  // namespace kodiak::timeline
