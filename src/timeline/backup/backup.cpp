#include "timeline/backup.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/disk/replace_file.hpp"
#include "timeline/backup/data_files.hpp"
#include "timeline/checkpoint/manifest.hpp"

namespace kodiak::timeline {

namespace {

constexpr uint64_t kBlockBytes = uint64_t{4} << 20;
constexpr int kAttemptsMost = 100;

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') {
        path.pop_back();
    }
    return path;
}

Result<std::unique_ptr<DatabaseCore>> open_to_read(const Surroundings& surroundings, const std::string& path) {
    OpenOptions options;
    options.read_only = true;
    options.create_if_missing = false;
    return DatabaseCore::open(surroundings, path, options);
}

Error not_of_this_history(const std::string& target) {
    return make_error(ErrorCode::kProofMismatch, fmt::format("\"{}\" is not a backup of this database", target))
        .with_detail("Its commits are not the beginning of this history.")
        .with_hint("Name a new directory, or back up without INCREMENTAL.");
}

class Copier {
   public:
    Copier(Disk& disk, std::string source, std::string target)
        : disk_(disk), source_(std::move(source)), target_(std::move(target)) {}

    // Files of the older backup that need no copy.
    void keep(std::vector<std::string> names) { kept_.insert(names.begin(), names.end()); }

    Result<BackupReport> run() {
        for (const char* folder : {"", "/log", "/history", "/data"}) {
            KODIAK_TRY(disk_.create_directory(target_ + folder));
        }
        for (int attempt = 1; attempt <= kAttemptsMost; ++attempt) {
            KODIAK_TRY_ASSIGN(const std::string manifest, read_current(disk_, source_));
            const Status copied = copy_all(manifest);
            KODIAK_TRY_ASSIGN(const std::string now, read_current(disk_, source_));
            if (now != manifest) {
                continue;  // a checkpoint came: what it took away may be missing
            }
            KODIAK_TRY(copied);
            KODIAK_TRY_ASSIGN(const std::string current, read_file(disk_, source_ + "/CURRENT"));
            KODIAK_TRY(replace_file(disk_, target_ + "/CURRENT", current));
            remove_others(manifest);
            return report_;
        }
        return make_error(ErrorCode::kIo, fmt::format("cannot back up \"{}\": checkpoints overtake the copy", source_))
            .with_hint("Back up once more with INCREMENTAL, or while less is written.");
    }

   private:
    Status copy_all(const std::string& manifest) {
        // The log before the data: what it names is there by then. The files of the log in their order.
        for (const char* folder : {"/log", "/history", "/data"}) {
            const auto names = disk_.list(source_ + folder);
            if (!names.ok()) {
                continue;  // nothing was written there yet
            }
            for (const std::string& name : *names) {
                KODIAK_TRY(copy(folder + ("/" + name)));
            }
            KODIAK_TRY(disk_.sync_directory(target_ + folder));
        }
        KODIAK_TRY(copy("/" + manifest));
        return disk_.sync_directory(target_);
    }

    // Writes over what is there, which begins alike, and cuts what is longer.
    Status copy(const std::string& name) {
        present_.insert(name);
        if (kept_.contains(name)) {
            report_.files_kept += counted_.insert(name).second ? 1 : 0;
            return {};
        }
        const auto from = disk_.open(source_ + name, OpenMode::kRead);
        if (!from.ok()) {
            return from.error();
        }
        KODIAK_TRY_ASSIGN(const uint64_t size, (*from)->size());
        KODIAK_TRY_ASSIGN(const auto to, disk_.open(target_ + name, OpenMode::kCreateOrOpen));
        std::string block;
        for (uint64_t at = 0; at < size; at += block.size()) {
            block.resize(std::min(kBlockBytes, size - at));
            KODIAK_TRY((*from)->read(at, block.size(), block.data()));
            KODIAK_TRY(to->write(at, block));
            report_.bytes += block.size();
        }
        KODIAK_TRY_ASSIGN(const uint64_t there, to->size());
        if (there > size) {
            KODIAK_TRY(to->truncate(size));
        }
        report_.files += counted_.insert(name).second ? 1 : 0;
        return to->sync();
    }

    // What the new CURRENT does not need. Best effort: the next writer that opens the copy sweeps, too.
    void remove_others(const std::string& manifest) {
        for (const char* folder : {"", "/log", "/data"}) {
            const auto names = disk_.list(target_ + folder);
            for (const std::string& name : names.ok() ? *names : std::vector<std::string>()) {
                const std::string path = folder + ("/" + name);
                const bool is_old = *folder != '\0' ? !present_.contains(path)
                                                    : name.starts_with("manifest-") && name != manifest;
                if (is_old) {
                    (void)disk_.remove(target_ + path).ok();
                }
            }
        }
    }

    Disk& disk_;
    const std::string source_;
    const std::string target_;
    std::set<std::string> kept_;
    std::set<std::string> counted_;
    std::set<std::string> present_;  // in the source
    BackupReport report_;
};

// The data files that a backup has whole; kProofMismatch when it is not of this history.
Result<std::vector<std::string>> files_of_older(const Surroundings& surroundings, const std::string& source,
                                                const std::string& target) {
    auto older = open_to_read(surroundings, target);
    if (!older.ok()) {
        return older.error();
    }
    KODIAK_TRY_ASSIGN(const auto now, open_to_read(surroundings, source));
    KODIAK_TRY_ASSIGN(const TreeHead old_head, (*older)->history().head());
    if (old_head.size > now->history().size()) {
        return not_of_this_history(target);
    }
    KODIAK_TRY_ASSIGN(const TreeHead same, now->history().head_at(old_head.size));
    if (same != old_head) {
        return not_of_this_history(target);
    }
    std::vector<std::string> names;
    KODIAK_TRY_ASSIGN(const std::vector<std::string> paths, data_files_of(surroundings, target));
    for (const std::string& path : paths) {
        names.push_back(path.substr(target.size()));
    }
    return names;
}

}  // namespace

Result<BackupReport> back_up(const Surroundings& surroundings, const std::string& source_path,
                             const std::string& target_path, bool incremental) {
    const std::string source = without_slash(source_path);
    const std::string target = without_slash(target_path);
    Disk& disk = *surroundings.disk;
    KODIAK_TRY(read_current(disk, source));
    KODIAK_TRY_ASSIGN(const bool exists, disk.exists(target));
    Copier copier(disk, source, target);
    if (exists && incremental) {
        KODIAK_TRY_ASSIGN(std::vector<std::string> kept, files_of_older(surroundings, source, target));
        copier.keep(std::move(kept));
    } else if (exists) {
        return make_error(ErrorCode::kDuplicateObject, fmt::format("\"{}\" exists already", target))
            .with_hint("Name a new directory; INCREMENTAL brings an older backup up to date.");
    }
    KODIAK_TRY_ASSIGN(BackupReport report, copier.run());
    KODIAK_TRY_ASSIGN(const auto copy, open_to_read(surroundings, target));
    KODIAK_TRY_ASSIGN(report.head, copy->history().head());
    return report;
}

Result<BackupReport> restore_backup(const Surroundings& surroundings, const std::string& backup,
                                    const std::string& target) {
    KODIAK_TRY_ASSIGN(const BackupReport report, back_up(surroundings, backup, target, false));
    KODIAK_TRY_ASSIGN(const auto restored, open_to_read(surroundings, without_slash(target)));
    KODIAK_TRY_ASSIGN(const auto findings, restored->check());
    if (!findings.empty()) {
        return make_error(ErrorCode::kProofMismatch,
                          fmt::format("the restored database does not hold: {}: {}", findings.front().place,
                                      findings.front().problem))
            .with_detail(fmt::format("{} places in \"{}\" are damaged.", findings.size(), target))
            .with_hint("Restore another backup; kodiak check names all places.");
    }
    return report;
}

}  // namespace kodiak::timeline
