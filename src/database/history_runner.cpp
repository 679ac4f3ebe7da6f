#include "database/history_runner.hpp"

#include <charconv>

#include "database/answer_rows.hpp"
#include "database/backup.hpp"
#include "database/query_value.hpp"
#include "language/lexer/words.hpp"
#include "timeline/named_points.hpp"
#include "timeline/restore.hpp"

namespace kodiak::database {

namespace {

using What = language::HistoryAction::What;

constexpr size_t kMessageMost = 200;

// The statement in one line, as the message of its commit.
std::string message_of(std::string_view text) {
    std::string message;
    for (const char letter : text.substr(0, kMessageMost)) {
        message += letter == '\n' || letter == '\t' || letter == '\r' ? ' ' : letter;
    }
    while (!message.empty() && (static_cast<unsigned char>(message.back()) & 0xC0U) == 0x80U &&
           text.size() > kMessageMost) {
        message.pop_back();  // not half of a character
    }
    while (!message.empty() && (message.back() == ' ' || message.back() == ';')) {
        message.pop_back();
    }
    return message;
}

}  // namespace

Result<uint64_t> resolve_point(engine::Connection& connection, const std::string& point) {
    KODIAK_TRY_ASSIGN(const std::string text,
                      without_position(query_value(connection, "SELECT kodiak_point(" + point + ")")));
    uint64_t commit = 0;
    std::from_chars(text.data(), text.data() + text.size(), commit);
    return commit;
}

Result<Answer> HistoryRunner::change(std::string_view text, const language::HistoryAction& action,
                                     const engine::Connection::StoreAction& store_action) {
    timeline::CommitOptions options;
    options.message = message_of(text);
    KODIAK_TRY(connection_.change(store_action, options));
    return answer_of(action.command);
}

Result<std::pair<std::string, std::string>> HistoryRunner::place_of(const std::vector<std::string>& parts) {
    if (parts.size() == 3 && !language::same_name(parts[0], catalog_)) {
        return make_error(ErrorCode::kUnsupported, "\"" + parts[0] + "\" is not the session's own database");
    }
    std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
    if (schema.empty()) {
        KODIAK_TRY_ASSIGN(schema, query_value(connection_, "SELECT current_schema()"));
    } else if (parts.size() == 2 && language::same_name(schema, catalog_)) {
        schema = "main";
    }
    return std::pair(std::move(schema), parts.back());
}

Result<Answer> HistoryRunner::create_watermark(std::string_view text, const language::HistoryAction& action) {
    timeline::NewWatermark watermark;
    watermark.name = action.name;
    KODIAK_TRY_ASSIGN(watermark.commit, resolve_point(connection_, action.point.value_or("'commit:HEAD'")));
    std::vector<std::pair<std::string, std::string>> places;
    for (const auto& parts : action.tables) {
        KODIAK_TRY_ASSIGN(auto place, place_of(parts));
        places.push_back(std::move(place));
    }
    return change(text, action, [&](storage::Transaction& transaction) -> Status {
        const auto state = transaction.catalog();
        for (const auto& [schema_name, table_name] : places) {
            const auto schema = state->find_schema(schema_name);
            const auto table =
                schema == nullptr ? nullptr : state->find(catalog::NameSpace::kRelations, schema->id, table_name);
            if (table == nullptr || table->kind != catalog::ObjectKind::kTable) {
                return make_error(ErrorCode::kUndefinedTable, "there is no table \"" + table_name + "\"");
            }
            watermark.tables.push_back(table->id);
        }
        return timeline::create_watermark(transaction, core_.history(), watermark);
    });
}

// Without TO: to where this transaction's read of the changes ended, else to what it sees.
Result<Answer> HistoryRunner::advance_watermark(std::string_view text, const language::HistoryAction& action) {
    std::optional<uint64_t> to = connection_.changes_read(action.name);
    if (action.point) {
        KODIAK_TRY_ASSIGN(to, resolve_point(connection_, *action.point));
    }
    return change(text, action, [&](storage::Transaction& transaction) {
        return timeline::advance_watermark(transaction, core_.history(), action.name,
                                           to.value_or(transaction.view().head()), action.force);
    });
}

Result<Answer> HistoryRunner::revert(std::string_view text, const language::HistoryAction& action) {
    KODIAK_TRY_ASSIGN(const uint64_t first, resolve_point(connection_, *action.point));
    KODIAK_TRY_ASSIGN(const uint64_t last, resolve_point(connection_, action.last.value_or(*action.point)));
    return change(text, action, [&](storage::Transaction& transaction) {
        return timeline::revert_commits(transaction, first, last);
    });
}

Result<Answer> HistoryRunner::change_table(std::string_view text, const language::HistoryAction& action) {
    KODIAK_TRY_ASSIGN(auto place, place_of(action.tables.at(0)));
    const timeline::TableName name{place.first, place.second};
    uint64_t upto = 0;
    if (action.point) {
        KODIAK_TRY_ASSIGN(upto, resolve_point(connection_, *action.point));
    }
    return change(text, action, [&](storage::Transaction& transaction) {
        return action.what == What::kUndropTable ? timeline::undrop_table(transaction, name)
                                                 : timeline::restore_table(transaction, name, upto);
    });
}

Result<Answer> HistoryRunner::copy_database(const language::HistoryAction& action) {
    if (!action.name.empty() && !language::same_name(action.name, catalog_)) {
        return make_error(ErrorCode::kUndefinedObject, "\"" + action.name + "\" is not the session's own database");
    }
    Answer answer = answer_of(action.command);
    if (action.what == What::kBackUp) {
        KODIAK_TRY_ASSIGN(answer.text, back_up(core_.path(), action.path, action.incremental));
    } else {
        KODIAK_TRY_ASSIGN(answer.text, restore_from_backup(action.path, action.to, action.point_text));
    }
    return answer;
}

Result<Answer> HistoryRunner::run(std::string_view text, const language::HistoryAction& action) {
    switch (action.what) {
        case What::kCreateSnapshot: {
            timeline::NewSnapshot snapshot{action.name, 0, action.message.value_or(""), action.or_replace};
            if (action.point) {
                KODIAK_TRY_ASSIGN(snapshot.commit, resolve_point(connection_, *action.point));
            }
            return change(text, action, [&](storage::Transaction& transaction) {
                return timeline::create_snapshot(transaction, core_.history(), snapshot);
            });
        }
        case What::kDropSnapshot:
            return change(text, action, [&](storage::Transaction& transaction) {
                return timeline::drop_snapshot(transaction, action.name, action.if_exists);
            });
        case What::kCreateWatermark:
            return create_watermark(text, action);
        case What::kAdvanceWatermark:
            return advance_watermark(text, action);
        case What::kDropWatermark:
            return change(text, action, [&](storage::Transaction& transaction) {
                return timeline::drop_watermark(transaction, action.name);
            });
        case What::kRestoreTable:
        case What::kUndropTable:
            return change_table(text, action);
        case What::kRestoreDatabase: {
            KODIAK_TRY_ASSIGN(const uint64_t upto, resolve_point(connection_, *action.point));
            return change(text, action, [&](storage::Transaction& transaction) {
                return timeline::restore_database(transaction, upto);
            });
        }
        case What::kRevert:
            return revert(text, action);
        case What::kBackUp:
        case What::kRestoreBackup:
            return copy_database(action);
        case What::kQuery:
            break;
    }
    return make_error(ErrorCode::kInternal, "a query is not run here");
}

}  // namespace kodiak::database
