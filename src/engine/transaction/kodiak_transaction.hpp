#pragma once

// KodiakTransactionManager: what DuckDB asks for transactions of a Kodiak catalog.
//
// How        See session_transaction.hpp: in a session, StartTransaction adopts the session's storage transaction and
//            commit and rollback here only let go of it. In a context without a session the storage transaction is
//            this one's own and ends with it.
// Errors     CommitTransaction returns errors, never of type INTERNAL (docs/decisions/0002, trap 20).
// Threads    Safe from many threads.

#include <memory>
#include <mutex>
#include <unordered_map>

#include "duckdb/transaction/transaction.hpp"
#include "duckdb/transaction/transaction_manager.hpp"

#include "storage/transaction.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::engine {

class KodiakTransaction : public duckdb::Transaction {
   public:
    // Adopts `adopted`, or takes over `owned`.
    KodiakTransaction(duckdb::TransactionManager& manager, duckdb::ClientContext& context,
                      storage::Transaction* adopted, std::unique_ptr<storage::Transaction> owned);

    storage::Transaction& storage() { return adopted_ != nullptr ? *adopted_ : *owned_; }
    // The own transaction when nothing was adopted; leaves this one empty.
    std::unique_ptr<storage::Transaction> release() { return std::move(owned_); }
    // A definition of the past as an entry of its own; see KodiakCatalog::past_entry_of(). Lives here because its plans
    // do not outlive this, while there may be as many moments as statements.
    struct PastEntry {
        catalog::CatalogState::Ptr state;
        duckdb::unique_ptr<duckdb::CatalogEntry> entry;
    };
    PastEntry& past_entry(const catalog::ObjectPtr& object, const storage::PastPoint& point) {
        const std::lock_guard lock(mutex_);
        return past_entries_[{object, point}];
    }
    // Serialises calls that the storage transaction does not allow from many threads (sequences).
    std::mutex& mutex() { return mutex_; }

   private:
    storage::Transaction* adopted_;
    std::unique_ptr<storage::Transaction> owned_;
    std::mutex mutex_;
    std::map<std::pair<catalog::ObjectPtr, storage::PastPoint>, PastEntry> past_entries_;  // guarded by mutex_
};

// The transaction in which DuckDB looks something up. Requires: it has one, and on a Kodiak database.
inline KodiakTransaction& asking_of(const duckdb::CatalogTransaction& lookup) {
    return const_cast<duckdb::Transaction&>(*lookup.transaction).Cast<KodiakTransaction>();
}

class KodiakTransactionManager : public duckdb::TransactionManager {
   public:
    KodiakTransactionManager(duckdb::AttachedDatabase& db, timeline::DatabaseCore& core);

    duckdb::Transaction& StartTransaction(duckdb::ClientContext& context) override;
    duckdb::ErrorData CommitTransaction(duckdb::ClientContext& context, duckdb::Transaction& transaction) override;
    void RollbackTransaction(duckdb::Transaction& transaction) override;
    void Checkpoint(duckdb::ClientContext& context, bool force) override;

   private:
    std::unique_ptr<KodiakTransaction> take(duckdb::Transaction& transaction);

    timeline::DatabaseCore& core_;
    std::mutex mutex_;  // guards live_
    std::unordered_map<duckdb::Transaction*, std::unique_ptr<KodiakTransaction>> live_;
};

}  // namespace kodiak::engine
