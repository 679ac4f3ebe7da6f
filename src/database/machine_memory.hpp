#pragma once

// How much memory the database may plan with.

#include <cstdint>

namespace kodiak::database {

// Bytes of memory of the machine, or of the control group that this process is confined to, whichever is less.
uint64_t machine_memory_bytes();

}  // namespace kodiak::database
