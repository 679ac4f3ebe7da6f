#pragma once

// Incremental processing: a consumer sees each change of a table once (CDC-05).
//
// What       process_incremental() hands the changes since a watermark to a function and moves the watermark, in one
//            transaction of the session. What the function writes through the same session commits with the position:
//            after a crash at any moment each change was used once or will be. An error of the function undoes both.
// Threads    Those of the session.
// Errors     Those of GET CHANGES, ADVANCE WATERMARK and COMMIT, and what the function returns; kActiveTransaction when
//            the session has a transaction open.
// Cost       The changes are held in memory, as text.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "database/database.hpp"

namespace kodiak::database {

// Changes as GET CHANGES answers them (docs/language/time_travel.md), in commit order.
struct ChangeSet {
    std::vector<ResultColumn> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;  // as text; nullopt = NULL
};

// `table` is a name as in SQL. Returns the number of changes; without any the function is not called.
Result<uint64_t> process_incremental(Session& session, const std::string& watermark, const std::string& table,
                                     const std::function<Status(const ChangeSet& changes)>& process);

}  // namespace kodiak::database
