#include "base/hash/xxh3.hpp"

#define XXH_STATIC_LINKING_ONLY  // makes XXH3_state_t a complete type
#include <xxhash.h>

namespace kodiak {

struct Xxh3::State {
    XXH3_state_t state;
};

uint64_t xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }
uint64_t xxh3(std::string_view bytes, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Xxh3::Xxh3() : state_(std::make_unique<State>()) { reset(); }
Xxh3::~Xxh3() = default;
Xxh3::Xxh3(Xxh3&&) noexcept = default;
Xxh3& Xxh3::operator=(Xxh3&&) noexcept = default;

void Xxh3::update(std::string_view bytes) { XXH3_64bits_update(&state_->state, bytes.data(), bytes.size()); }
uint64_t Xxh3::digest() const { return XXH3_64bits_digest(&state_->state); }
void Xxh3::reset() { XXH3_64bits_reset(&state_->state); }

}  // namespace kodiak
