#include "timeline/history/history_reader.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "timeline/history/row_prover.hpp"

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

namespace {

// The commit that made the version of `row` that commit `as_of` left in a chunk; nullopt when it left none there.
Result<std::optional<uint64_t>> version_in(const storage::DirectoryEntry& entry, RowId row, uint64_t as_of) {
    const storage::Chunk& chunk = *entry.chunk;
    if (chunk.count() == 0 || chunk.min_created() > as_of) {
        return std::optional<uint64_t>();
    }
    KODIAK_TRY(storage::verify_columns(entry, {}));
    const storage::ChunkEnds* ends = entry.state->ends();
    for (uint32_t slot = 0; slot < chunk.count(); ++slot) {
        if (chunk.row_id(slot) != row || chunk.created(slot) > as_of) {
            continue;
        }
        const uint64_t end = ends == nullptr ? 0 : ends->end(slot);
        if (end == 0 || end > as_of) {
            return std::optional(chunk.created(slot));
        }
    }
    return std::optional<uint64_t>();
}

}  // namespace

Result<RowChange> HistoryReader::change_of(ObjectId table, RowId row, uint64_t as_of) {
    as_of = std::min(as_of, size());
    for (const PinnedTable& pinned : pin_tables(kMainBranch)) {
        if (pinned.table != table) {
            continue;
        }
        std::optional<uint64_t> created;
        KODIAK_TRY(pinned.chunks->for_each([&](uint64_t, const storage::DirectoryEntry& entry) -> Status {
            if (!created.has_value()) {
                KODIAK_TRY_ASSIGN(created, version_in(entry, row, as_of));
            }
            return {};
        }));
        if (created.has_value()) {
            return RowChange{*created, table, row};
        }
    }
    return make_error(ErrorCode::kNotFound, fmt::format("table {} has no row {} of origin {:016x} as of commit {}",
                                                        table.value, row.counter, row.origin.value, as_of));
}

Result<RowChange> HistoryReader::change_of(ObjectId table, Locator version) {
    storage::BranchTable* const rows =
        version.is_transaction_local() ? nullptr : &store_.table(table, version.branch());
    const storage::ChunkDirectory::Ptr chunks = rows == nullptr ? nullptr : rows->directory();
    // The statement that asks may hold an older layout.
    version = rows == nullptr ? version : rows->locate(version).value_or(version);
    if (chunks == nullptr || version.slot() >= (*chunks)[version.chunk()].chunk->count()) {
        return make_error(ErrorCode::kInvalidValue, "cannot prove a row that is not committed");
    }
    const storage::DirectoryEntry& entry = (*chunks)[version.chunk()];
    KODIAK_TRY(storage::verify_columns(entry, {}));
    const RowChange change{entry.chunk->created(version.slot()), table, entry.chunk->row_id(version.slot())};
    KODIAK_TRY(check_exists(change.commit));
    return change;
}

std::vector<PinnedTable> HistoryReader::pin_tables(BranchId branch) const {
    std::vector<PinnedTable> tables;
    for (storage::BranchTable* table : store_.tables()) {
        if (table->branch() == branch) {
            tables.push_back({table->table(), table->directory()});
        }
    }
    return tables;
}

// The commits that a proof shows, each with its rows.
Result<std::map<uint64_t, std::vector<RowChange>>> HistoryReader::commits_to_prove(const ProofRequest& request,
                                                                                   uint64_t newest) const {
    std::map<uint64_t, std::vector<RowChange>> commits;
    for (const uint64_t seq : request.commits) {
        commits[seq];
    }
    for (const RowChange& change : request.rows) {
        commits[change.commit].push_back(change);
    }
    if (request.changes.has_value()) {
        const ChangeRange& range = *request.changes;
        if (!commits.empty() || range.after >= range.upto) {
            return make_error(ErrorCode::kInvalidValue,
                              fmt::format("cannot prove the changes between commit {} and commit {}", range.after,
                                          range.upto));
        }
        if (range.upto - range.after > ProofFile::kPartsMax) {
            return make_error(ErrorCode::kTooLarge,
                              fmt::format("a proof has room for {} commits", ProofFile::kPartsMax))
                .with_hint("Prove the changes in smaller ranges of commits.");
        }
        for (uint64_t seq = range.after + 1; seq <= range.upto; ++seq) {
            commits[seq];
        }
    }
    for (const auto& [seq, rows] : commits) {
        KODIAK_TRY(check_exists(seq));
        if (seq > newest) {
            return make_error(ErrorCode::kOutOfRange,
                              fmt::format("commit {} is not under the head of {} commits", seq, newest));
        }
    }
    return commits;
}

Status HistoryReader::prove_commit(const ProofRequest& request, uint64_t seq, const std::vector<RowChange>& rows,
                                   ProofFile& proof) {
    KODIAK_TRY_ASSIGN(HistoryEntry entry, history_.entry(seq));
    KODIAK_TRY_ASSIGN(InclusionProof place, history_.tree().prove_inclusion(seq - 1, proof.head.head.size));
    if (!rows.empty() || (request.changes.has_value() && entry.leaves > 0)) {
        KODIAK_TRY_ASSIGN(const auto prover, RowProver::create(history_, entry, pin_tables(entry.branch)));
        for (const RowChange& change : rows) {
            KODIAK_TRY_ASSIGN(ProvenRow row, prover->prove(change.table, change.row));
            proof.rows.push_back(std::move(row));
        }
        if (request.changes.has_value()) {
            KODIAK_TRY(prover->prove_table(request.changes->table, proof.rows));
        }
    }
    proof.commits.push_back({seq, entry.branch, std::move(entry.record), std::move(place.path)});
    return {};
}

Result<ProofFile> HistoryReader::prove(const ProofRequest& request) {
    if (request.commits.empty() && request.rows.empty() && !request.grown_from && !request.changes) {
        return make_error(ErrorCode::kInvalidValue, "cannot make a proof: nothing to prove is named");
    }
    const uint64_t size_under = request.under.value_or(size());
    KODIAK_TRY_ASSIGN(const TreeHead head, head_at(size_under));
    ProofFile proof{StatedHead::of(head), std::nullopt, {}, {}, std::nullopt};
    if (request.grown_from.has_value()) {
        KODIAK_TRY_ASSIGN(const TreeHead older, head_at(*request.grown_from));
        KODIAK_TRY_ASSIGN(ConsistencyProof growth, history_.tree().prove_consistency(older.size, head.size));
        proof.older = OlderHead{StatedHead::of(older), std::move(growth.path)};
    }
    KODIAK_TRY_ASSIGN(const auto commits, commits_to_prove(request, head.size));
    for (const auto& [seq, rows] : commits) {
        KODIAK_TRY(prove_commit(request, seq, rows, proof));
    }
    if (request.changes.has_value()) {
        StatedChanges changes{request.changes->table, request.changes->after, request.changes->upto, {}};
        changes.id = changes.id_under(proof.head.id);
        proof.changes = changes;
    }
    if (request.sign_with.has_value()) {
        proof.head.signature = sign_head(head, *request.sign_with);
        if (proof.older.has_value()) {
            proof.older->head.signature = sign_head(proof.older->head.head, *request.sign_with);
        }
    }
    const Status holds = proof.verify({proof.head.id, std::nullopt});
    if (!holds.ok()) {
        return make_error(ErrorCode::kCorruption, "the history is damaged: " + holds.error().message)
            .with_hint("Run kodiak check; restore the database from a backup.");
    }
    return proof;
}

Result<std::vector<CheckFinding>> HistoryReader::verify() {
    std::vector<CheckFinding> findings;
    KODIAK_TRY(history_.check(size(), [&](std::string place, std::string problem) {
        findings.push_back({std::move(place), std::move(problem)});
    }));
    return findings;
}

}  // namespace kodiak::timeline
