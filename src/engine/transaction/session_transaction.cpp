#include "engine/transaction/session_transaction.hpp"

#include "duckdb/transaction/transaction.hpp"

#include "engine/transaction/kodiak_transaction.hpp"

namespace kodiak::engine {

storage::Transaction& transaction_of(duckdb::ClientContext& context, duckdb::Catalog& catalog) {
    return duckdb::Transaction::Get(context, catalog).Cast<KodiakTransaction>().storage();
}

const catalog::StatementNotes& notes_of(duckdb::ClientContext& context) {
    static const catalog::StatementNotes kNone;
    const auto session = SessionState::of(context);
    return session ? session->notes() : kNone;
}

SessionState::~SessionState() { rollback(); }

duckdb::shared_ptr<SessionState> SessionState::of(duckdb::ClientContext& context) {
    return context.registered_state->Get<SessionState>(kKey);
}

Result<storage::Transaction*> SessionState::transaction_on(timeline::DatabaseCore& core) {
    const std::lock_guard lock(mutex_);
    const auto found = transactions_.find(&core);
    if (found != transactions_.end()) {
        return found->second.transaction.get();
    }
    Begun begun;
    KODIAK_TRY_ASSIGN(begun.transaction, core.begin(kMainBranch, read_only_ || core.read_only()));
    if (is_explicit_) {
        begun.start = begun.transaction->mark();
    }
    ++serial_;
    storage::Transaction* result = begun.transaction.get();
    transactions_.emplace(&core, std::move(begun));
    return result;
}

bool SessionState::has_any() {
    const std::lock_guard lock(mutex_);
    return !transactions_.empty();
}

uint64_t SessionState::serial() {
    const std::lock_guard lock(mutex_);
    return serial_;
}

void SessionState::set_mode(bool is_explicit, bool read_only, std::optional<uint64_t> as_of) {
    const std::lock_guard lock(mutex_);
    is_explicit_ = is_explicit;
    read_only_ = read_only;
    as_of_ = as_of;
}

std::optional<uint64_t> SessionState::as_of() {
    const std::lock_guard lock(mutex_);
    return as_of_;
}

void SessionState::note_changes_read(const std::string& watermark, uint64_t upto) {
    const std::lock_guard lock(mutex_);
    changes_read_[catalog::fold_name(watermark)] = upto;
}

std::optional<uint64_t> SessionState::changes_read(const std::string& watermark) {
    const std::lock_guard lock(mutex_);
    const auto found = changes_read_.find(catalog::fold_name(watermark));
    return found == changes_read_.end() ? std::nullopt : std::optional(found->second);
}

void SessionState::forget_changes_read() {
    const std::lock_guard lock(mutex_);
    changes_read_.clear();
}

bool SessionState::read_only() {
    const std::lock_guard lock(mutex_);
    return read_only_;
}

SessionState::Marks SessionState::mark() {
    const std::lock_guard lock(mutex_);
    Marks marks;
    for (auto& [core, begun] : transactions_) {
        marks.values.emplace(core, begun.transaction->mark());
    }
    return marks;
}

void SessionState::undo_to(const Marks& marks) {
    const std::lock_guard lock(mutex_);
    for (auto& [core, begun] : transactions_) {
        // DuckDB's transaction may still refer to one that began later, so it is emptied, not ended.
        const auto mark = marks.values.find(core);
        begun.transaction->undo_to(mark != marks.values.end() ? mark->second : begun.start);
    }
}

void SessionState::release(const Marks& marks) {
    const std::lock_guard lock(mutex_);
    for (auto& [core, begun] : transactions_) {
        const auto mark = marks.values.find(core);
        if (mark != marks.values.end()) {
            begun.transaction->release(mark->second);
        }
    }
}

timeline::DatabaseCore* SessionState::changed() {
    const std::lock_guard lock(mutex_);
    for (auto& [core, begun] : transactions_) {
        if (begun.transaction->has_changes()) {
            return core;
        }
    }
    return nullptr;
}

Status SessionState::finish_statement() {
    const std::lock_guard lock(mutex_);
    for (auto& [core, begun] : transactions_) {
        if (begun.transaction->has_changes()) {
            KODIAK_TRY(begun.transaction->finish_statement());
        }
    }
    return ok_status();
}

Result<timeline::CommitOutcome> SessionState::commit(const timeline::CommitOptions& options) {
    const std::lock_guard lock(mutex_);
    timeline::CommitOutcome outcome;
    std::optional<Error> failure;
    for (auto& [core, begun] : transactions_) {
        const bool wanted = begun.transaction->has_changes() ||
                            (options.allow_empty && !begun.transaction->read_only());
        if (failure || !wanted) {
            core->rollback(std::move(begun.transaction));
            continue;
        }
        auto committed = core->commit(std::move(begun.transaction), options);
        if (committed.ok()) {
            outcome = std::move(committed).value();
        } else {
            failure = std::move(committed).error();
        }
    }
    transactions_.clear();
    if (failure) {
        return std::move(*failure);
    }
    return outcome;
}

void SessionState::rollback() {
    const std::lock_guard lock(mutex_);
    for (auto& [core, begun] : transactions_) {
        core->rollback(std::move(begun.transaction));
    }
    transactions_.clear();
}

void SessionState::note_value(const timeline::DatabaseCore& core, ObjectId sequence, int64_t value) {
    const std::lock_guard lock(mutex_);
    last_values_[{&core, sequence}] = value;
}

std::optional<int64_t> SessionState::last_value(const timeline::DatabaseCore& core, ObjectId sequence) {
    const std::lock_guard lock(mutex_);
    const auto found = last_values_.find({&core, sequence});
    return found != last_values_.end() ? std::optional(found->second) : std::nullopt;
}

}  // namespace kodiak::engine
