#pragma once

// parallel_for: runs independent pieces of work on all cores and waits for them.
//
// Threads    work(i) runs once for each i in [0, count), on this thread and on helpers made for the call; it must be
//            safe to run for different i at the same time and must not throw.
// Cost       Starting a helper costs about 20 us: use it for milliseconds of work.

#include <cstddef>
#include <functional>

namespace kodiak {

void parallel_for(size_t count, const std::function<void(size_t)>& work);

}  // namespace kodiak
