#pragma once

// RandomSource: unpredictable bytes, injectable so that tests repeat.
//
// What       The one source of ids, seeds and salts; nothing in Kodiak draws randomness in another way.
// Threads    Safe from many threads.

#include <cstdint>
#include <memory>

namespace kodiak {

class RandomSource {
   public:
    virtual ~RandomSource() = default;
    // Fills `target` with `bytes` random bytes. Safe from many threads. Never fails (the system source stops the
    // process when the kernel gives none: running on with guessable salts would be worse).
    virtual void fill(void* target, size_t bytes) = 0;
    uint64_t next_u64() {
        uint64_t value = 0;
        fill(&value, sizeof value);
        return value;
    }
};

// The kernel's cryptographic source (getrandom).
std::shared_ptr<RandomSource> make_system_random();
// A repeatable stream for tests: the same seed gives the same bytes. Not for secrets.
std::shared_ptr<RandomSource> make_seeded_random(uint64_t seed);

}  // namespace kodiak
