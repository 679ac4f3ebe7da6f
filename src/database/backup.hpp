#pragma once

// Backups of a database and databases from backups (timeline/backup.hpp), as programs and statements ask for them.
//
// What       back_up() copies a database directory that may be open and written to; restore() makes a database of a
//            backup, checks all of it, and takes it back to a point in history when one is named.
// Threads    From any thread.
// Errors     Those of timeline/backup.hpp and of points in history.

#include <optional>
#include <string>

#include "base/result/result.hpp"

namespace kodiak::database {

// What was done, in words: `copied 12 files, 3400 bytes, ...; head ...`.
Result<std::string> back_up(const std::string& source, const std::string& target, bool incremental);
// `point`: as it stands behind AS OF; the rows and definitions of then become a new commit.
Result<std::string> restore_from_backup(const std::string& backup, const std::string& target,
                                        const std::optional<std::string>& point);

}  // namespace kodiak::database
