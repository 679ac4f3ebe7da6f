#pragma once

// Which storage::Transaction a piece of DuckDB's work belongs to.
//
// Why        The Kodiak session owns the transaction (ARCHITECTURE.md): DuckDB starts its own at the first touch of
//            a catalog, ends it on errors and knows no savepoints, so ours must outlive it.
// How        Each connection registers a SessionState with its ClientContext. KodiakTransactionManager adopts the
//            transaction found there and never commits it; the Connection does. A context without a SessionState
//            (DuckDB's own internal connections) gets a transaction that lives and commits with DuckDB's.
// Threads    A SessionState belongs to one connection; the work of one statement may ask from many threads.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"

#include "catalog/statement_notes.hpp"
#include "storage/transaction.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::engine {

// The notes of the statement that `context` runs; empty ones in a context without a session.
const catalog::StatementNotes& notes_of(duckdb::ClientContext& context);

// The transaction that work of `context` on `catalog` (a KodiakCatalog) belongs to; begins it when needed. Throws what
// DatabaseCore::begin() refuses. Valid until the statement's transaction ends.
storage::Transaction& transaction_of(duckdb::ClientContext& context, duckdb::Catalog& catalog);

class SessionState : public duckdb::ClientContextState {
   public:
    static constexpr const char* kKey = "kodiak_session";

    ~SessionState() override;

    // The state of a context; nullptr when it has none.
    static duckdb::shared_ptr<SessionState> of(duckdb::ClientContext& context);

    // The session's transaction on `core`, begun when there is none.
    Result<storage::Transaction*> transaction_on(timeline::DatabaseCore& core);
    // True when the session has begun a transaction on any database.
    bool has_any();
    // Counts the transactions that were begun: tells one from the next. From 1.
    uint64_t serial();
    // How transactions begin from now on: of a session's explicit transaction (statements and savepoints of it are
    // undone by marks) or of one statement; read-only or not.
    // `as_of`: names without a point of their own mean what they did as of this commit.
    void set_mode(bool is_explicit, bool read_only, std::optional<uint64_t> as_of = {});
    bool read_only();
    std::optional<uint64_t> as_of();

    // How far reads of changes since a watermark have come; forgotten when a transaction begins or is rolled back.
    void note_changes_read(const std::string& watermark, uint64_t upto);
    std::optional<uint64_t> changes_read(const std::string& watermark);
    void forget_changes_read();

    // Savepoint marks of all transactions of the session.
    struct Marks {
        std::unordered_map<timeline::DatabaseCore*, storage::Transaction::Mark> values;
    };
    Marks mark();
    // Undoes to `marks`; a transaction that began after the marks is emptied.
    void undo_to(const Marks& marks);

    // Forgets `marks` and later ones; what was done stays.
    void release(const Marks& marks);

    // The core whose transaction has changes; nullptr when there is none. At most one can (KD013).
    timeline::DatabaseCore* changed();
    // Checks keys and referential actions of what the current statement wrote.
    Status finish_statement();
    // Commits the changed transaction, ends the others.
    Result<timeline::CommitOutcome> commit(const timeline::CommitOptions& options);
    void rollback();

    // What the running statement said beyond its text; see catalog/statement_notes.hpp.
    void set_notes(catalog::StatementNotes notes) { notes_ = std::move(notes); }
    const catalog::StatementNotes& notes() const { return notes_; }

    // What nextval() last gave this session, for currval(): outlives transactions.
    void note_value(const timeline::DatabaseCore& core, ObjectId sequence, int64_t value);
    std::optional<int64_t> last_value(const timeline::DatabaseCore& core, ObjectId sequence);

   private:
    struct Begun {
        std::unique_ptr<storage::Transaction> transaction;
        storage::Transaction::Mark start;  // right after begin; in explicit transactions only
    };
    std::mutex mutex_;  // guards all below
    uint64_t serial_ = 0;
    bool is_explicit_ = false;
    bool read_only_ = false;
    std::optional<uint64_t> as_of_;
    std::map<std::string, uint64_t> changes_read_;  // by folded name
    std::unordered_map<timeline::DatabaseCore*, Begun> transactions_;
    std::map<std::pair<const timeline::DatabaseCore*, ObjectId>, int64_t> last_values_;
    catalog::StatementNotes notes_;  // set before a statement runs, only read meanwhile
};

}  // namespace kodiak::engine
