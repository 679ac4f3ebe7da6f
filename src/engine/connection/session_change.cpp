// Changes that go past DuckDB, as statements of a session.

#include "engine/connection/session.hpp"
#include "engine/errors/errors.hpp"

namespace kodiak::engine {

Status Session::change(const Connection::StoreAction& action, const timeline::CommitOptions& options) {
    close_stream();
    KODIAK_TRY(refuse_if_failed());
    if (default_core_ == nullptr) {
        return make_error(ErrorCode::kUndefinedObject, "the connection has no Kodiak database");
    }
    last_commit = {};
    router_.forget_names();
    const auto transaction = transactions_->transaction_on(*default_core_);
    if (!transaction.ok()) {
        return fail(transaction.error());
    }
    if (explicit_) {
        statement_start_ = transactions_->mark();
    }
    if ((*transaction)->read_only()) {
        return fail(make_error(ErrorCode::kReadOnly, "the statement changes the database, which is read-only here"));
    }
    if (const Status noted = explicit_ ? note_written(*default_core_) : ok_status(); !noted.ok()) {
        return fail(noted.error());
    }
    if (const Status done = action(**transaction); !done.ok()) {
        return fail(done.error());
    }
    return finish_statement(options);
}

std::optional<uint64_t> Session::changes_read(const std::string& watermark) const {
    return transactions_->changes_read(watermark);
}

}  // namespace kodiak::engine
