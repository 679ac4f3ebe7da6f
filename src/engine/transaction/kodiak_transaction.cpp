#include "engine/transaction/kodiak_transaction.hpp"

#include "duckdb/main/client_context.hpp"

#include "base/result/assert.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

KodiakTransaction::KodiakTransaction(duckdb::TransactionManager& transaction_manager,
                                     duckdb::ClientContext& client_context, storage::Transaction* adopted,
                                     std::unique_ptr<storage::Transaction> owned)
    : duckdb::Transaction(transaction_manager, client_context), adopted_(adopted), owned_(std::move(owned)) {}

KodiakTransactionManager::KodiakTransactionManager(duckdb::AttachedDatabase& database, timeline::DatabaseCore& core)
    : duckdb::TransactionManager(database), core_(core) {}

duckdb::Transaction& KodiakTransactionManager::StartTransaction(duckdb::ClientContext& context) {
    std::unique_ptr<KodiakTransaction> started;
    if (const auto session = SessionState::of(context)) {
        storage::Transaction* adopted = value_or_throw(session->transaction_on(core_));
        started = std::make_unique<KodiakTransaction>(*this, context, adopted, nullptr);
    } else {
        auto owned = value_or_throw(core_.begin(kMainBranch, core_.read_only()));
        started = std::make_unique<KodiakTransaction>(*this, context, nullptr, std::move(owned));
    }
    KodiakTransaction& result = *started;
    const std::lock_guard lock(mutex_);
    live_.emplace(&result, std::move(started));
    return result;
}

std::unique_ptr<KodiakTransaction> KodiakTransactionManager::take(duckdb::Transaction& transaction) {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(&transaction);
    KODIAK_ASSERT(found != live_.end());
    auto result = std::move(found->second);
    live_.erase(found);
    return result;
}

duckdb::ErrorData KodiakTransactionManager::CommitTransaction(duckdb::ClientContext&,
                                                              duckdb::Transaction& transaction) {
    auto owned = take(transaction)->release();
    if (owned == nullptr) {
        return {};
    }
    const auto outcome = core_.commit(std::move(owned), {});
    return outcome.ok() ? duckdb::ErrorData() : to_error_data(outcome.error());
}

void KodiakTransactionManager::RollbackTransaction(duckdb::Transaction& transaction) {
    auto owned = take(transaction)->release();
    if (owned != nullptr) {
        core_.rollback(std::move(owned));
    }
}

void KodiakTransactionManager::Checkpoint(duckdb::ClientContext&, bool) { throw_if_error(core_.checkpoint()); }

}  // namespace kodiak::engine
