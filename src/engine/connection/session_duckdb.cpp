// DuckDB's own transaction, which lives under a session's and may end before it.

#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

#include "engine/connection/session.hpp"
#include "engine/errors/errors.hpp"

namespace kodiak::engine {

Status Session::begin_duckdb() {
    // Native databases learn from DuckDB's transaction that it is read-only.
    try {
        const auto begun = connection_.Query(transactions_->read_only() ? "BEGIN TRANSACTION READ ONLY" : "BEGIN");
        return begun->HasError() ? Status(from_duckdb(begun->GetErrorObject())) : ok_status();
    } catch (const std::exception& exception) {
        return from_exception(exception);
    }
}

void Session::rollback_duckdb() {
    try {
        if (connection_.HasActiveTransaction()) {
            connection_.Rollback();
        }
    } catch (const std::exception&) {
        // DuckDB has let go of the transaction before it reports that undoing native changes failed.
        return;
    }
}

// A DuckDB transaction that an error has ended is replaced by a fresh one over the same storage transactions.
Status Session::restart_duckdb() {
    rollback_duckdb();
    KODIAK_TRY(begin_duckdb());
    timeline::DatabaseCore* written = transactions_->changed();
    return written == nullptr ? ok_status() : note_written(*written);
}

Status Session::note_written(timeline::DatabaseCore& core) {
    try {
        auto& manager = duckdb::DatabaseManager::Get(context());
        auto database = manager.GetDatabase(context(), cores_->name_of(&core));
        if (database) {
            context().ActiveTransaction().ModifyDatabase(*database, duckdb::DatabaseModificationType());
        }
        return ok_status();
    } catch (const std::exception& exception) {
        return from_exception(exception);
    }
}

}  // namespace kodiak::engine
