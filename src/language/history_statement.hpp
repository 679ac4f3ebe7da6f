#pragma once

// Statements on history: snapshots, watermarks, restoring and reverting, and lists of them.
//
// What       parse_history_statement() reads what parse_statement() calls a HistoryStatement, by the grammar of the
//            statement table, into what is to be done. Points come as SQL values that the engine resolves
//            (kodiak_point), lists as queries.
// Threads    A pure function.
// Errors     kSyntax with position; what points in history refuse.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"

namespace kodiak::language {

struct HistoryAction {
    enum class What : uint8_t {
        kCreateSnapshot,
        kDropSnapshot,
        kCreateWatermark,
        kAdvanceWatermark,
        kDropWatermark,
        kRestoreTable,
        kRestoreDatabase,
        kUndropTable,
        kRevert,
        kBackUp,
        kRestoreBackup,
        kQuery,
    };
    What what = What::kQuery;
    std::string command;                           // what the answer calls it: CREATE SNAPSHOT
    std::string name;                              // of the snapshot or watermark
    std::vector<std::vector<std::string>> tables;  // each 1 to 3 parts; a watermark's: empty = all
    std::optional<std::string> point;              // SQL value
    std::optional<std::string> point_text;         // the same as it was written
    std::optional<std::string> last;               // REVERT ... TO: SQL value
    std::optional<std::string> message;
    std::string query;                             // kQuery: SQL of the engine
    std::string path;                              // kBackUp: where to; kRestoreBackup: from where
    std::string to;                                // kRestoreBackup
    bool incremental = false;
    bool or_replace = false;
    bool if_exists = false;
    bool force = false;
};

// Requires: parse_statement() says that `text` is a HistoryStatement.
Result<HistoryAction> parse_history_statement(std::string_view text);

}  // namespace kodiak::language
