// COMPACT, OPTIMIZE, VACUUM, and the options of tables.

#include "database/script_session.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::database {
namespace {

std::string qualified(const std::vector<language::NamePart>& parts) {
    std::string name;
    for (const auto& part : parts) {
        name += (name.empty() ? "" : ".") + language::quote_name(part.name);
    }
    return name;
}

std::string list_of(const std::vector<std::string>& texts) {
    std::string list = "[";
    for (const std::string& text : texts) {
        list += (list.size() > 1 ? ", " : "") + language::quote_string(text);
    }
    return list + "]::VARCHAR[]";
}

// The caret belongs under the user's text, not into the query that was made of it.
Error without_place(Error error) {
    error.position = {};
    error.line_text.clear();
    return error;
}

}  // namespace

Result<std::vector<std::string>> ScriptSession::single_row(const std::string& sql) {
    KODIAK_TRY_ASSIGN(const auto result, connection_->execute(sql));
    engine::ResultChunk chunk;
    std::vector<std::string> row;
    // To the end: a statement outside a transaction ends with its result.
    for (bool more = true; more;) {
        KODIAK_TRY_ASSIGN(more, result->next(chunk));
        for (size_t column = 0; more && chunk.rows() > 0 && column < result->columns().size(); ++column) {
            row.emplace_back(chunk.text(column, 0));
        }
    }
    return row;
}

Result<Answer> ScriptSession::run(std::string_view text, const language::UpkeepStatement& upkeep, ResultSink& sink) {
    using What = language::UpkeepStatement::What;
    const std::string verb = upkeep.what == What::kCompact   ? "COMPACT"
                             : upkeep.what == What::kVacuum ? "VACUUM"
                                                            : "OPTIMIZE";
    if (connection_->in_transaction()) {
        return make_error(ErrorCode::kActiveTransaction, verb + " cannot run inside a transaction")
            .with_hint("COMMIT or ROLLBACK first.");
    }
    const std::string name = qualified(upkeep.table);
    const auto row = single_row(
        "SELECT \"rows\", history_rows, bytes_before, bytes_after FROM kodiak_compact(" +
        language::quote_string(name) + ", " + language::quote_string(upkeep.target) + ")");
    if (!row.ok()) {
        // Tables that are not ours (temporary ones, other databases) are the engine's to look after.
        const bool is_foreign = row.error().code == ErrorCode::kUnsupported && upkeep.what == What::kVacuum;
        return is_foreign ? run_in_engine(text, text, sink) : Result<Answer>(without_place(row.error()));
    }
    KODIAK_TRY(core_.checkpoint());
    Answer answer;
    answer.command = verb;
    answer.text = verb + ": " + (*row)[0] + " rows and " + (*row)[1] + " closed versions rewritten, " + (*row)[2] +
                  " bytes became " + (*row)[3];
    return answer;
}

Result<Answer> ScriptSession::run(std::string_view, const language::TableOptionsStatement& options, ResultSink&) {
    if (own_failure_) {
        return refused_in_failed_transaction();
    }
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const auto& [name, value] : options.set) {
        names.push_back(name);
        values.push_back(value);
    }
    const auto done = single_row("SELECT kodiak_set_options(" +
                                 language::quote_string(qualified(options.table)) + ", " + list_of(names) + ", " +
                                 list_of(values) + ", " + list_of(options.reset) + ")");
    if (!done.ok() && !(options.if_exists && done.error().code == ErrorCode::kUndefinedTable)) {
        return without_place(done.error());
    }
    Answer answer;
    answer.command = "ALTER TABLE";
    answer.text = answer.command;
    return answer;
}

}  // namespace kodiak::database
