#pragma once

// HistoryRunner: carries out statements on history (language/history_statement.hpp) for a session.
//
// What       Points and table names are resolved by the engine, in the session's transaction; the action itself works
//            on the storage transaction (timeline/named_points.hpp, timeline/restore.hpp) under the engine's rules for
//            statements. Outside a transaction the commit's message is the statement's text.
// Threads    Those of the session.

#include "database/result_sink.hpp"
#include "engine/engine.hpp"
#include "language/history_statement.hpp"

namespace kodiak::database {

// The number of the commit that a point means; `point` is an SQL value.
Result<uint64_t> resolve_point(engine::Connection& connection, const std::string& point);

class HistoryRunner {
   public:
    // All must outlive the runner. `catalog`: the database's name in SQL.
    HistoryRunner(engine::Connection& connection, timeline::DatabaseCore& core, const std::string& catalog)
        : connection_(connection), core_(core), catalog_(catalog) {}

    // Requires: `action` is no query. `text`: the statement.
    Result<Answer> run(std::string_view text, const language::HistoryAction& action);

   private:
    Result<Answer> change(std::string_view text, const language::HistoryAction& action,
                          const engine::Connection::StoreAction& store_action);
    Result<Answer> create_watermark(std::string_view text, const language::HistoryAction& action);
    Result<Answer> advance_watermark(std::string_view text, const language::HistoryAction& action);
    Result<Answer> copy_database(const language::HistoryAction& action);
    Result<Answer> revert(std::string_view text, const language::HistoryAction& action);
    Result<Answer> change_table(std::string_view text, const language::HistoryAction& action);
    // Schema and name of a table as the statement says them, the session's schema filled in.
    Result<std::pair<std::string, std::string>> place_of(const std::vector<std::string>& parts);

    engine::Connection& connection_;
    timeline::DatabaseCore& core_;
    const std::string& catalog_;
};

}  // namespace kodiak::database
