#include "database/machine_memory.hpp"

#include <algorithm>
#include <fstream>

#include <unistd.h>

namespace kodiak::database {

uint64_t machine_memory_bytes() {
    uint64_t bytes = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    // Both versions of the control group interface; "max" or a missing file is no limit.
    for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        std::ifstream stream(file);
        if (uint64_t limit = 0; stream >> limit && limit > 0) {
            bytes = std::min(bytes, limit);
        }
    }
    return bytes;
}

}  // namespace kodiak::database
