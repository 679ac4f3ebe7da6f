#pragma once

// Backup: a copy of a database directory that is whole at one moment, made while others write.
//
// What       A backup is a database directory like any other: it opens read-only, answers, and proves the same tree
//            head. An incremental one brings an older backup up to date and copies only what that one lacks.
// How        Files in `data/` never change and go only after CURRENT names another manifest; the log and the history
//            only grow. So log, history, data and manifest are copied in this order, and the copy counts when CURRENT
//            is still the one that it began with; else what is new is copied, too. The backup's CURRENT is replaced
//            last.
// Threads    From any thread, beside writers of this and other processes; one backup per target at a time.
// Durability Everything is synced before the backup's CURRENT names it.
// Errors     kDuplicateObject when the target is there already, kProofMismatch when an older backup is not of this
//            history or the copy does not hold, kIo, kDiskFull, kNotFound, kNotADatabase.
// Cost       Reading and writing each file once; incrementally the new data files, the history and the log.

#include <string>

#include "base/disk/disk.hpp"
#include "base/result/result.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::timeline {

struct BackupReport {
    uint64_t files = 0;        // copied
    uint64_t bytes = 0;        // copied
    uint64_t files_kept = 0;   // were in the older backup
    TreeHead head;             // that the copy proves
};

// Copies the database in directory `source` to `target`, which must not exist; with `incremental` it may be an older
// backup of the same database.
Result<BackupReport> back_up(const Surroundings& surroundings, const std::string& source, const std::string& target,
                             bool incremental);
// The same from a backup to a new directory, and reads everything in it: kProofMismatch when a root does not hold; the
// directory is left for examination then.
Result<BackupReport> restore_backup(const Surroundings& surroundings, const std::string& backup,
                                    const std::string& target);

}  // namespace kodiak::timeline
