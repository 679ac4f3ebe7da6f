#include "timeline/commit/commit_pipeline.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "storage/transaction/key_checks.hpp"
#include "storage/transaction/key_links.hpp"
#include "timeline/commit/commit_hashing.hpp"

namespace kodiak::timeline {

using storage::StoreTransaction;

CommitPipeline::CommitPipeline(storage::Store& store, storage::Log& log, CommitHistory& history,
                               std::shared_ptr<Clock> clock, std::shared_ptr<RandomSource> random, bool synchronous,
                               TimelineState state)
    : store_(store),
      log_(log),
      history_(history),
      synchronous_(synchronous),
      clock_(clock),
      random_(random),
      ulids_(std::move(clock), std::move(random)),
      state_(std::move(state)) {}

std::vector<storage::SequencePosition> CommitPipeline::drawn_positions(const StoreTransaction& transaction) const {
    std::vector<storage::SequencePosition> positions;
    for (const ObjectId sequence : transaction.drawn_sequences()) {
        if (const auto position = store_.sequence_position(sequence)) {
            positions.push_back(*position);
        }
    }
    return positions;
}

Status CommitPipeline::keep_drawn_sequences(const StoreTransaction& transaction) {
    if (transaction.drawn_sequences().empty()) {
        return {};
    }
    storage::Lsn lsn;
    {
        // Positions only grow in the log: they are read and appended in one go.
        const std::lock_guard guard(store_.commit_mutex());
        KODIAK_TRY(heal());
        lsn = log_.append(kSequenceRecordType, encode_sequences(drawn_positions(transaction)));
    }
    return settle(lsn, 0);
}

Result<std::string> CommitPipeline::make_record(const CommitOptions& options, BranchId branch,
                                                const Hash256& changes_root, Ulid id, int64_t timestamp) {
    const BranchHead& head = state_.heads[branch];
    CommitRecord record;
    if (!head.identity.is_zero()) {
        record.parents.push_back(head.identity);
    }
    record.branch = head.name;
    record.timestamp = {timestamp};
    record.id = id;
    record.author = options.author;
    record.message = options.message;
    record.metadata = options.metadata;
    std::sort(record.metadata.begin(), record.metadata.end());
    record.roots = {{RootKind::kChanges, 1, changes_root}, {RootKind::kState, 1, Hash256{}}};
    return record.encode();
}

Result<CommitOutcome> CommitPipeline::commit(StoreTransaction& transaction, const CommitOptions& options) {
    if (!transaction.has_changes() && !options.allow_empty) {
        KODIAK_TRY(keep_drawn_sequences(transaction));
        return CommitOutcome{};
    }
    if (transaction.read_only()) {
        return make_error(ErrorCode::kReadOnly, "cannot commit changes: the transaction is read-only");
    }
    const Result<Published> published = publish(transaction, options);
    if (!published.ok()) {
        // Values that were shown to somebody stay drawn although the rows do not come.
        (void)keep_drawn_sequences(transaction).ok();
        return published.error();
    }
    if (published->outcome.seq.value > 0) {
        KODIAK_TRY(settle(published->lsn, published->outcome.seq.value));
    }
    return published->outcome;
}

Result<CommitPipeline::Published> CommitPipeline::publish(StoreTransaction& transaction,
                                                          const CommitOptions& options) {
    KODIAK_TRY(storage::write_key_links(transaction));
    std::vector<storage::TableNetChanges> changes = storage::net_changes_of(transaction);
    if (changes.empty() && !options.allow_empty) {
        KODIAK_TRY(keep_drawn_sequences(transaction));
        return Published{};
    }
    Salt seed;
    random_->fill(seed.data(), seed.size());
    HashedChanges hashed = hash_changes(changes, seed);
    if (hashed.piece_roots.size() < kLeastPieces) {
        hashed.piece_roots.clear();
    }
    const Ulid id = ulids_.next();

    const std::lock_guard guard(store_.commit_mutex());
    KODIAK_TRY(heal());
    while (!in_flight_.empty() && in_flight_.front().applied.seq <= store_.visible_seq()) {
        in_flight_.pop_front();
    }
    KODIAK_TRY(storage::follow_moves(transaction, changes));
    if (store_.latest_seq() != transaction.view().head()) {
        KODIAK_TRY(storage::check_conflicts(transaction));
    }
    const BranchId branch = transaction.branch();
    const uint64_t seq = store_.latest_seq() + 1;
    const int64_t timestamp = std::max(clock_->now().micros, state_.last_timestamp + 1);
    KODIAK_TRY_ASSIGN(std::string record, make_record(options, branch, hashed.changes_root, id, timestamp));
    KODIAK_TRY_ASSIGN(storage::AppliedCommit applied, storage::apply_changes(transaction, changes, seq));

    LoggedCommit logged{seq, branch, record, seed, hashed.leaves, {}, drawn_positions(transaction)};
    for (size_t i = 0; i < applied.tables.size(); ++i) {
        logged.tables.push_back({applied.tables[i], hashed.row_runs[i]});
    }
    BranchHead& head = state_.heads[branch];
    InFlight flight{std::move(applied), branch, head.identity, state_.last_timestamp, {}};
    flight.lsn = log_.append(kCommitRecordType, encode_commit(logged));
    head.identity = commit_identity(record);
    state_.last_timestamp = timestamp;
    history_.append({seq, branch, std::move(record), seed, hashed.leaves, std::move(hashed.piece_roots)}, {timestamp},
                    id, head.identity);
    store_.set_latest_seq(seq);
    Published published{{CommitSeq(seq), id.text()}, flight.lsn};
    in_flight_.push_back(std::move(flight));
    return published;
}

Status CommitPipeline::settle(storage::Lsn lsn, uint64_t seq) {
    const Status durable = log_.wait_durable(lsn);
    if (durable.ok()) {
        store_.publish_seq(seq);
        return durable;
    }
    // The first of the failed commits to get here takes all of them back; for the others nothing is left to do.
    const std::lock_guard guard(store_.commit_mutex());
    (void)heal().ok();  // when it fails, it is tried again before the next commit, which is refused otherwise
    return durable;
}

Status CommitPipeline::heal() {
    const Status health = log_.health();
    if (health.ok()) {
        return health;
    }
    take_back_all();
    // Without `synchronous` the failed records may be of commits that everybody has seen: the log cannot go on
    // without them.
    return synchronous_ ? log_.recover_after_failure() : health;
}

void CommitPipeline::take_back_all() {
    while (!in_flight_.empty()) {
        const InFlight& flight = in_flight_.back();
        if (flight.applied.seq <= store_.visible_seq() || log_.wait_durable(flight.lsn).ok()) {
            // Durable, and so are all before it; its own thread may not have come to say so yet.
            store_.publish_seq(flight.applied.seq);
            return;
        }
        storage::undo_changes(store_, flight.branch, flight.applied);
        state_.heads[flight.branch].identity = flight.former_identity;
        state_.last_timestamp = flight.former_timestamp;
        history_.take_back_from(flight.applied.seq);
        store_.set_latest_seq(flight.applied.seq - 1);
        in_flight_.pop_back();
    }
}

}  // namespace kodiak::timeline
