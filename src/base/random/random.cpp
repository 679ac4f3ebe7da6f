#include "base/random/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "base/result/assert.hpp"

namespace kodiak {
namespace {

class SystemRandom final : public RandomSource {
   public:
    void fill(void* target, size_t bytes) override {
        auto* at = static_cast<char*>(target);
        while (bytes > 0) {
            const ssize_t got = ::getrandom(at, bytes, 0);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            KODIAK_ASSERT(got > 0);
            at += got;
            bytes -= static_cast<size_t>(got);
        }
    }
};

// splitmix64 (Steele, Lea, Flood 2014): small, well mixed, enough for repeatable tests.
class SeededRandom final : public RandomSource {
   public:
    explicit SeededRandom(uint64_t seed) : state_(seed) {}
    void fill(void* target, size_t bytes) override {
        const std::lock_guard guard(mutex_);
        auto* at = static_cast<char*>(target);
        while (bytes > 0) {
            const uint64_t word = next();
            const size_t part = bytes < sizeof word ? bytes : sizeof word;
            std::memcpy(at, &word, part);
            at += part;
            bytes -= part;
        }
    }

   private:
    uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ull;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    std::mutex mutex_;
    uint64_t state_;
};

}  // namespace

std::shared_ptr<RandomSource> make_system_random() { return std::make_shared<SystemRandom>(); }
std::shared_ptr<RandomSource> make_seeded_random(uint64_t seed) { return std::make_shared<SeededRandom>(seed); }

}  // namespace kodiak
