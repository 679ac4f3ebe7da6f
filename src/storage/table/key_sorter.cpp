#include "storage/table/key_sorter.hpp"

#include <fmt/format.h>

namespace kodiak::storage {

KeySorter::KeySorter(std::shared_ptr<Disk> disk, std::string directory, uint64_t memory_bytes)
    : disk_(std::move(disk)),
      directory_(std::move(directory)),
      memory_bytes_(disk_ == nullptr ? UINT64_MAX : memory_bytes) {}

std::unique_ptr<index::SortedRuns> KeySorter::make(index::KeyForm form, index::Duplicates duplicates,
                                                   uint32_t collectors) {
    return index::make_sorted_runs(disk_, {.form = form,
                                           .duplicates = duplicates,
                                           .memory_bytes = memory_bytes_,
                                           .collectors_max = collectors,
                                           .directory = directory_,
                                           .name = fmt::format("keys-{}", next_name_.fetch_add(1))});
}

}  // namespace kodiak::storage
