#include "base/disk/replace_file.hpp"

namespace kodiak {

namespace {

Status write_fresh(Disk& disk, const std::string& path, std::string_view bytes) {
    KODIAK_TRY_ASSIGN(const auto file, disk.open(path, OpenMode::kCreateOrOpen));
    KODIAK_TRY(file->truncate(0));
    KODIAK_TRY(file->write(0, bytes));
    return file->sync();
}

}  // namespace

Status replace_file(Disk& disk, const std::string& path, std::string_view bytes) {
    const std::string fresh = path + ".new";
    Status replaced = write_fresh(disk, fresh, bytes);
    if (replaced.ok()) {
        replaced = disk.rename(fresh, path);
    }
    if (!replaced.ok()) {
        (void)disk.remove(fresh).ok();
        return replaced;
    }
    const size_t slash = path.rfind('/');
    return disk.sync_directory(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
}

}  // namespace kodiak
