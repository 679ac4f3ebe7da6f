#pragma once

// Pins: which row versions that have ended must stay readable.
//
// What       Compaction asks before it lets a version go: retention, snapshots, watermarks, branches and replicas
//            answer. Without an answer everything is kept.
// Threads    Called from the compacting thread, without the commit mutex.

#include <cstdint>

namespace kodiak::storage {

class Pins {
   public:
    virtual ~Pins() = default;
    // True when no commit `seq` with created <= seq < ended has to be read any more. Must not change back to false.
    virtual bool may_drop(uint64_t created, uint64_t ended) const = 0;
};

}  // namespace kodiak::storage
