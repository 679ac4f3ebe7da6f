// Statements of code in a session.

#include "duckdb/transaction/meta_transaction.hpp"

#include "engine/code/code_executor.hpp"
#include "engine/code/code_statements.hpp"
#include "engine/connection/session.hpp"
#include "engine/errors/errors.hpp"

namespace kodiak::engine {

// The session's own context: nothing runs on it while code does.
class Session::CodeLane : public SqlLane {
   public:
    explicit CodeLane(Session& session) : session_(session) {}
    duckdb::ClientContext& take() override { return session_.context(); }
    void give_back() override {}
    bool is_nested() const override { return false; }

    Status recover() override {
        session_.context().ClearInterrupt();
        if (session_.connection_.HasActiveTransaction() &&
            !duckdb::ValidChecker::IsInvalidated(session_.context().ActiveTransaction())) {
            return ok_status();
        }
        return session_.restart_duckdb();
    }

    Status commit(const std::optional<std::string>& message) override {
        if (!session_.owned_by_code_) {
            return SqlLane::commit(message);
        }
        timeline::CommitOptions options = session_.statement_commit_options;
        options.message = message.value_or(options.message);
        auto outcome = session_.commit(options);
        if (outcome.ok()) {
            session_.last_commit = std::move(outcome).value();
        }
        KODIAK_TRY(session_.begin({}));
        return outcome.ok() ? ok_status() : Status(outcome.error());
    }

    Status rollback() override {
        if (!session_.owned_by_code_) {
            return SqlLane::rollback();
        }
        KODIAK_TRY(session_.rollback());
        return session_.begin({});
    }

   private:
    Session& session_;
};

void Session::interrupt() {
    code_->interrupt();
    context().Interrupt();
}

Result<std::optional<std::unique_ptr<duckdb::QueryResult>>> Session::run_code(std::string_view text) {
    close_stream();
    KODIAK_TRY(refuse_if_failed());
    code_->begin_statement();
    last_commit = {};
    router_.forget_names();
    const bool owned = !explicit_;
    if (owned) {
        KODIAK_TRY(begin({}));
    } else {
        statement_start_ = transactions_->mark();
    }
    owned_by_code_ = owned;
    CodeLane lane(*this);
    auto answer = CodeStatements(context(), *code_, *transactions_, lane).run(text);
    owned_by_code_ = false;
    if (!owned) {
        if (!answer.ok()) {
            return fail(answer.error());
        }
        KODIAK_TRY(finish_statement());
        return answer;
    }
    if (!answer.ok()) {
        if (explicit_) {
            KODIAK_TRY(rollback());
        }
        context().ClearInterrupt();
        return answer;
    }
    if (explicit_) {
        KODIAK_TRY_ASSIGN(timeline::CommitOutcome outcome, commit(statement_commit_options));
        last_commit = outcome.ulid.empty() ? last_commit : std::move(outcome);
    }
    return answer;
}

}  // namespace kodiak::engine
