#pragma once

// Clock: the time of day, injectable so that tests decide what time it is.
//
// What       Microseconds since 1970 in UTC. Nothing in Kodiak asks the machine for the time in another way.
// Threads    Safe from many threads.

#include <cstdint>
#include <memory>

namespace kodiak {

// Microseconds since 1970-01-01 00:00:00 UTC.
struct Timestamp {
    int64_t micros = 0;
    constexpr auto operator<=>(const Timestamp&) const = default;
};

class Clock {
   public:
    virtual ~Clock() = default;
    // The current time; may jump back when somebody sets the machine's clock. Safe from many threads.
    virtual Timestamp now() = 0;
};

// The machine's clock.
std::shared_ptr<Clock> make_system_clock();

}  // namespace kodiak
