#pragma once

// XXH3, 64 bits: the fast hash for checksums, hash tables and filters.
//
// What       xxh3() of one byte string; Xxh3 of a message in parts, with the same result.
// Why        Finds accidental damage and spreads keys at memory speed. It stops no attacker: whatever a proof rests
//            on uses base/hash/sha256.hpp. The function (seed 0) is stable since xxHash 0.8, so values go to disk.
// Threads    No shared state. One Xxh3 object belongs to one thread at a time.

#include <cstdint>
#include <memory>
#include <string_view>

namespace kodiak {

// Returns XXH3_64bits with seed 0. Never fails.
uint64_t xxh3(std::string_view bytes);
// The same with a seed, for independent hashes of one key. Seed 0 equals xxh3(bytes).
uint64_t xxh3(std::string_view bytes, uint64_t seed);

// XXH3 of a message given in parts; about 600 bytes of state on the heap.
class Xxh3 {
   public:
    Xxh3();
    ~Xxh3();
    Xxh3(Xxh3&&) noexcept;
    Xxh3& operator=(Xxh3&&) noexcept;

    // Adds bytes to the message.
    void update(std::string_view bytes);
    // Returns the hash of all bytes so far; more may follow.
    uint64_t digest() const;
    // Starts a new message.
    void reset();

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace kodiak
