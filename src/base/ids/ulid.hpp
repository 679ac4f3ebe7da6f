#pragma once

// Ulid: a 128-bit identity that sorts by the time it was made.
//
// What       48 bits of milliseconds since 1970 and 80 random bits, big-endian, so that byte order is time order.
//            Text form: 26 characters of Crockford's base 32, upper case; it sorts like the bytes.
// Why        A commit needs a name that no other clone can give to another commit, made without asking anybody
//            (ulid/spec, "Universally Unique Lexicographically Sortable Identifier").
// Invariants U1 one generator's ids rise strictly, also when the clock stands still or jumps back.
// Threads    UlidGenerator::next is safe from many threads. Ulid is a value.

#include <array>
#include <cstddef>
#include <compare>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock/clock.hpp"
#include "base/random/random.hpp"
#include "base/result/result.hpp"

namespace kodiak {

struct Ulid {
    static constexpr size_t kBytes = 16;
    static constexpr size_t kTextChars = 26;

    std::array<uint8_t, kBytes> bytes{};

    auto operator<=>(const Ulid&) const = default;
    // The raw bytes; valid as long as this value.
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
    // Returns the 26-character text form.
    std::string text() const;
    // Returns the milliseconds since 1970 in the first 48 bits.
    uint64_t millis() const;
    // Reads the text form in either case. kInvalidText: another length, a character outside the alphabet (I, L, O
    // and U are outside) or a first character above 7 (more than 128 bits).
    static Result<Ulid> parse(std::string_view text);
};

// Makes Ulids in rising order.
class UlidGenerator {
   public:
    UlidGenerator(std::shared_ptr<Clock> clock, std::shared_ptr<RandomSource> random);
    // Returns an id above all ids returned before (U1). Within one millisecond, or when the clock jumps back, the
    // random part counts up by one. Times before 1970 count as 1970.
    Ulid next();

   private:
    std::shared_ptr<Clock> clock_;
    std::shared_ptr<RandomSource> random_;
    std::mutex mutex_;
    Ulid last_;  // guarded by mutex_
};

}  // namespace kodiak
